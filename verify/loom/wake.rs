//! Property: no wake is lost. A side left asleep is a deadlock, and loom reports it.
//!
//! Bounds: stated at each model. One message shows every order of one announcement and one store; the second
//! shows that what the first left behind (an announcement that was not slept on, a wake that came too late)
//! does no harm; in `both`, each side may sleep at every message. One thief, who falls asleep once, before the side or
//! after it, on the same word, shows that a wake is for all who sleep there.
//!
//! The futex of the models is a mutex and a bell, whose mutex orders more than the kernel's need: weakened
//! orderings of the cursors are for the models in `publish.rs` to find.

use ipc_ring_reference::bodies::wake;

use crate::engine::{check, Preemptions::AtMost, Preemptions::Unbounded, ALWAYS};

// Checks: I11, O5, O6, O9, O10, O11.
#[test]
fn a_reader_asleep_is_woken() {
    check("wake the reader, empty message", ALWAYS, &[0], wake::the_reader);
    check("wake the reader, 1 message", ALWAYS, &[8], wake::the_reader);
    check("wake the reader, 2 messages", (AtMost(4), Unbounded), &[8, 16], wake::the_reader);
}

// Checks: I11, O7, O8, O9, O11.
#[test]
fn a_writer_asleep_is_woken() {
    check("wake the writer, 1 message", ALWAYS, &[24, 16, 8], |stream| wake::the_writer(stream, 2));
    check("wake the writer, 2 messages", ALWAYS, &[24, 16, 16, 8], |stream| wake::the_writer(stream, 2));
}

// Checks: I5, I11.
#[test]
fn both_sides_asleep_in_turn_are_woken() {
    check("wake both", (AtMost(2), AtMost(6)), &[48, 48], wake::both);
}

// Checks: I11.
#[test]
fn a_side_asleep_is_woken_beside_others_who_sleep_on_the_same_word() {
    let (one, two) = ((AtMost(2), AtMost(3)), (AtMost(3), AtMost(4)));
    check("wake the reader beside a thief, the end", two, &[], wake::the_reader_beside_a_thief);
    check("wake the reader beside a thief, 1 message", one, &[8], wake::the_reader_beside_a_thief);
    let body = |stream: &_| wake::the_writer_beside_a_thief(stream, 2);
    check("wake the writer beside a thief, 1 message", two, &[24, 16, 8], body);
}
