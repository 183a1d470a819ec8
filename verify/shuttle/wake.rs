//! Property: no wake is lost, over and over. A side left asleep is a deadlock, and shuttle reports it.

use ipc_ring_reference::bodies::wake;

use crate::engine::check;

// Checks: I11.
#[test]
fn a_reader_asleep_is_woken() {
    check("wake the reader, 1,000 messages", 16, 32 * 1024, &[16; 1000], wake::the_reader);
}

// Checks: I11.
#[test]
fn a_writer_asleep_is_woken() {
    check("wake the writer, 1,023 messages", 16, 32 * 1024, &[24; 2046], |stream| wake::the_writer(stream, 1023));
}

// Checks: I5, I11.
#[test]
fn both_sides_asleep_in_turn_are_woken() {
    check("wake both, 1,000 messages", 32, 64, &[48; 1000], wake::both);
}

// Checks: I11.
#[test]
fn a_side_asleep_is_woken_beside_others_who_sleep_on_the_same_word() {
    check("wake the reader beside a thief, the end", 16, 64, &[], wake::the_reader_beside_a_thief);
    check("wake the writer beside a thief", 16, 64, &[24, 16, 8], |stream| wake::the_writer_beside_a_thief(stream, 2));
}
