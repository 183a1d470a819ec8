//! Property: no wake is lost, over and over. A side left asleep is a deadlock, and shuttle reports it.

use crate::bodies::{wake, Stream, STARTS};
use crate::engine::check;

#[test]
fn a_reader_asleep_is_woken() {
    for start in STARTS {
        let stream = Stream::new(32 * 1024, start, &[16; 1000]);
        check("wake the reader, 1,000 messages", start, 16, move || wake::the_reader(&stream));
    }
}

#[test]
fn a_writer_asleep_is_woken() {
    for start in STARTS {
        let stream = Stream::new(32 * 1024, start, &[24; 2046]);
        check("wake the writer, 1,023 messages", start, 16, move || wake::the_writer(&stream, 1023));
    }
}

#[test]
fn both_sides_asleep_in_turn_are_woken() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[48; 1000]);
        check("wake both, 1,000 messages", start, 32, move || wake::both(&stream));
    }
}

#[test]
fn a_side_asleep_is_woken_beside_others_who_sleep_on_the_same_word() {
    for start in STARTS {
        let ends = Stream::new(64, start, &[]);
        check("wake the reader beside a thief, the end", start, 16, move || wake::the_reader_beside_a_thief(&ends));
        let full = Stream::new(64, start, &[24, 16, 8]);
        check("wake the writer beside a thief", start, 16, move || wake::the_writer_beside_a_thief(&full, 2));
    }
}
