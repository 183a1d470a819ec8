//! The time that a side sleeps, by the models' clock.

use super::Mutant;

const WAIT: &str = "protocol/wait.rs";

pub const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "a sleep ignores the deadline, by up to 50 ms",
        breaks: "I10",
        file: WAIT,
        piece: "        to_deadline.min(to_asking)\n",
        broken: "        to_deadline.min(to_asking).max(to_asking)\n",
        killer: "a_writer_that_times_out_is_woken_at_its_next_sleep",
        how: "a sleep would go past the deadline",
    },
    Mutant {
        name: "a sleep ignores the next question",
        breaks: "I10",
        file: WAIT,
        piece: "        to_deadline.min(to_asking)\n",
        broken: "        to_deadline.min(to_asking.max(NAP))\n",
        killer: "a_reader_whose_sleep_a_signal_ended_is_woken_at_its_next",
        how: "a sleep would go past the next question",
    },
    Mutant {
        name: "a deadline is put off by what ends a sleep",
        breaks: "I10",
        file: WAIT,
        piece: "(ring, target, clock.nap(now));\n",
        broken: "(ring, target, clock.nap(now));\n            \
                 clock.deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));\n",
        killer: "a_reader_whose_sleep_a_signal_ended_is_woken_at_its_next",
        how: "a sleep would go past the deadline",
    },
    Mutant {
        name: "a question is put off by what ends a sleep",
        breaks: "I10",
        file: WAIT,
        piece: "(ring, target, clock.nap(now));\n",
        broken: "(ring, target, clock.nap(now));\n            \
                 clock.ask_at = Instant::now().checked_add(NAP);\n",
        killer: "a_reader_whose_sleep_a_signal_ended_is_woken_at_its_next",
        how: "a sleep would go past the next question",
    },
    Mutant {
        name: "a side that spins sleeps",
        breaks: "I10",
        file: WAIT,
        piece: "WaitStrategy::Spin => (None, None),",
        broken: "WaitStrategy::Spin => (None, Some(now)),",
        killer: "a_reader_has_all_messages_before_it_learns_that_their_writer_died",
        how: "a side that spins would sleep",
    },
];
