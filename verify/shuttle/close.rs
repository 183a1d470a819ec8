//! Property: a side that leaves is missed, with 1,000 messages behind it; a successor goes on.

use crate::bodies::close::{self, Going};
use crate::bodies::{Stream, STARTS};
use crate::engine::check;

#[test]
fn a_reader_drains_and_then_learns_that_the_writer_left() {
    for start in STARTS {
        let stream = Stream::new(32 * 1024, start, &[9; 1000]);
        check("close by the writer, 1,000 messages", start, 16, move || close::by_the_writer(&stream));
    }
}

#[test]
fn a_reader_drains_and_then_learns_whether_the_stream_has_ended() {
    for start in STARTS {
        for (model, going) in [
            ("finished by the writer, 1,000 messages", Going::Finished),
            ("abandoned by the writer, 1,000 messages", Going::Abandoned),
            ("dropped by a panic of the writer's, 1,000 messages", Going::ByAPanic),
        ] {
            let stream = Stream::new(32 * 1024, start, &[9; 1000]);
            check(model, start, 4, move || close::by_the_writer_who_may_say_so(&stream, going));
        }
    }
}

#[test]
fn a_writer_learns_that_the_reader_left() {
    for start in STARTS {
        let stream = Stream::new(256, start, &[40; 1000]);
        check("close by the reader, 1,000 messages", start, 32, move || close::by_the_reader(&stream, 500));
    }
}

#[test]
fn a_successor_of_the_writer_goes_on() {
    for start in STARTS {
        let stream = Stream::new(32 * 1024, start, &[8; 1000]);
        check("successor of the writer, 1,000 messages", start, 16, move || {
            close::and_a_successor_of_the_writer(&stream)
        });
    }
}

#[test]
fn sides_that_await_successors_are_told_of_no_end() {
    for start in STARTS {
        let roomy = Stream::new(32 * 1024, start, &[8; 1000]);
        check("successor awaited by the reader, 1,000 messages", start, 16, move || {
            close::and_the_reader_awaits_a_successor(&roomy);
        });
        let narrow = Stream::new(256, start, &[8; 1000]);
        check("successor awaited by the writer, 1,000 messages", start, 16, move || {
            close::and_the_writer_awaits_a_successor(&narrow);
        });
    }
}

#[test]
fn a_successor_goes_on_although_nobody_waits() {
    for start in STARTS {
        let stream = Stream::new(32 * 1024, start, &[8; 1000]);
        check("successor, nobody waits", start, 16, move || close::and_a_successor_without_waiting(&stream, 100));
    }
}

#[test]
fn a_successor_of_a_dead_reader_goes_on() {
    for start in STARTS {
        let stream = Stream::new(32 * 1024, start, &[24; 2046]);
        check("successor of a dead reader", start, 16, move || {
            close::and_a_successor_of_a_dead_reader(&stream, 1023);
        });
    }
}
