//! Two real processes: the tests' own program, started again as the other side.
#![cfg(not(any(loom, shuttle)))]

use ipc_ring::{PopError, RingReader, RingWriter, TryPushError};
use ipc_ring_reference::{numbers, other_process, pop_all, push_all, sleeps, wait_until, Other, Place, LONG};

#[test]
#[ignore = "the other process of a test below"]
fn writer() {
    let (path, mut steps) = other_process();
    let mut writer = RingWriter::create(path, 4096).unwrap();
    steps.step("created");
    push_all(&mut writer, numbers(0..10_000));
    steps.step("pushed");
}

#[test]
#[ignore = "the other process of a test below"]
fn reader() {
    let (path, mut steps) = other_process();
    let mut reader = RingReader::open(path).unwrap();
    steps.step("opened");
    pop_all(&mut reader, numbers(0..10_000));
    steps.step("popped");
}

#[test]
#[ignore = "the other process of a test below"]
fn reader_asleep() {
    sleeps();
}

// Checks: I7.
#[test]
fn messages_come_from_another_process_in_order() {
    let place = Place::new();
    let mut writer = Other::start("writer", &place.ring()).after("created");
    let mut reader = RingReader::open(place.ring()).unwrap();
    writer.go_on();
    let mut buffer = Vec::new();
    pop_all(&mut reader, numbers(0..10_000));
    writer.expect("pushed");
    writer.go_on();
    assert_eq!(reader.pop(&mut buffer, Some(LONG)), Err(PopError::Closed));
}

// Checks: I7.
#[test]
fn messages_go_to_another_process_in_order() {
    let (place, mut writer) = Place::with_a_writer(4096);
    let mut reader = Other::start("reader", &place.ring()).after("opened");
    reader.go_on();
    push_all(&mut writer, numbers(0..10_000));
    reader.expect("popped");
    reader.go_on();
    wait_until("the reader leaves", || writer.try_push(b"") == Err(TryPushError::Closed));
}

// Checks: I9.
#[test]
fn a_reader_asleep_in_another_process_is_woken_by_a_message_and_by_the_end() {
    for message in [true, false] {
        let (place, mut writer) = Place::with_a_writer(64);
        let mut reader = Other::start("reader_asleep", &place.ring()).after("opened");
        reader.go_on();
        place.until_reader_sleeps(8);
        if message {
            writer.push(b"four", None).unwrap();
            reader.expect("Ok(4)");
        } else {
            drop(writer);
            reader.expect("Err(Closed)");
        }
    }
}
