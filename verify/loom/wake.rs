//! Property: no wake is lost. A side left asleep is a deadlock, and loom reports it.
//!
//! Bounds: stated at each model. One message shows every order of one announcement and one store; the second
//! shows that what the first left behind (an announcement that was not slept on, a wake that came too late)
//! does no harm; in `both`, each side may sleep at every message. One thief, who falls asleep once, before the side or
//! after it, on the same word, shows that a wake is for all who sleep there.
//!
//! The futex of the models is a mutex and a bell, whose mutex orders more than the kernel's need: weakened
//! orderings of the cursors are for the models in `publish.rs` to find.

use crate::bodies::{wake, Stream, STARTS};
use crate::engine::{check, Preemptions::AtMost, Preemptions::Unbounded, ALWAYS_UNBOUNDED};

#[test]
fn a_reader_asleep_is_woken() {
    for start in STARTS {
        let empty = Stream::new(64, start, &[0]);
        check("wake the reader, empty message", start, ALWAYS_UNBOUNDED, move || wake::the_reader(&empty));
        let one = Stream::new(64, start, &[8]);
        check("wake the reader, 1 message", start, ALWAYS_UNBOUNDED, move || wake::the_reader(&one));
        let two = Stream::new(64, start, &[8, 16]);
        check("wake the reader, 2 messages", start, (AtMost(4), Unbounded), move || wake::the_reader(&two));
    }
}

#[test]
fn a_writer_asleep_is_woken() {
    for start in STARTS {
        let one = Stream::new(64, start, &[24, 16, 8]);
        check("wake the writer, 1 message", start, ALWAYS_UNBOUNDED, move || wake::the_writer(&one, 2));
        let two = Stream::new(64, start, &[24, 16, 16, 8]);
        check("wake the writer, 2 messages", start, ALWAYS_UNBOUNDED, move || wake::the_writer(&two, 2));
    }
}

#[test]
fn both_sides_asleep_in_turn_are_woken() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[48, 48]);
        check("wake both", start, (AtMost(2), AtMost(6)), move || wake::both(&stream));
    }
}

#[test]
fn a_side_asleep_is_woken_beside_others_who_sleep_on_the_same_word() {
    for start in STARTS {
        let ends = Stream::new(64, start, &[]);
        check("wake the reader beside a thief, the end", start, (AtMost(3), AtMost(4)), move || {
            wake::the_reader_beside_a_thief(&ends);
        });
        let one = Stream::new(64, start, &[8]);
        check("wake the reader beside a thief, 1 message", start, (AtMost(2), AtMost(3)), move || {
            wake::the_reader_beside_a_thief(&one);
        });
        let full = Stream::new(64, start, &[24, 16, 8]);
        check("wake the writer beside a thief, 1 message", start, (AtMost(3), AtMost(4)), move || {
            wake::the_writer_beside_a_thief(&full, 2);
        });
    }
}
