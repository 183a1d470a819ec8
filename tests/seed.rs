//! What the users of the ring's ancestor, `ipc_ring` 0.2, rely on: written anew from what its own tests show, by its
//! signatures alone. However the API changes, this stays as it is: where a new type would break it, the type gives way.
#![cfg(not(any(loom, shuttle)))]

use std::error::Error;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use ipc_ring::layout::record_size;
use ipc_ring::{RingReader, RingWriter};
use ipc_ring_reference::Place;

/// What a call of the ancestor's gets at most, so that a message that is lost fails a test.
const TIMEOUT: Option<Duration> = Some(Duration::from_secs(20));

/// What may be done with any error of the ancestor's.
fn as_any<E: Error + Send + Sync + 'static>(error: E) -> Box<dyn Error + Send + Sync> {
    error.into()
}

/// The number of a message, and bytes that belong to that number alone.
fn numbered(number: u64, len: usize) -> Vec<u8> {
    let pattern = (0..len as u64).map(|at| (number.wrapping_mul(31) + at) as u8);
    number.to_le_bytes().into_iter().chain(pattern.skip(8)).collect()
}

/// Passes `messages` messages of `len` bytes from this thread to another.
fn pass(capacity: usize, messages: u64, len: usize) {
    let place = Place::new();
    let path = place.ring();
    let mut writer = RingWriter::create(&path, capacity).unwrap();
    let reading = thread::spawn(move || {
        let mut reader = RingReader::open(&path).unwrap();
        let mut buffer = Vec::with_capacity(len);
        for number in 0..messages {
            let popped: usize = reader.pop(&mut buffer, TIMEOUT).unwrap();
            assert_eq!((popped, &buffer), (len, &numbered(number, len)), "message {number}");
        }
    });
    for number in 0..messages {
        writer.push(&numbered(number, len), TIMEOUT).unwrap();
    }
    reading.join().unwrap();
}

#[test]
fn twenty_thousand_messages_pass_through_64_kib_in_order() {
    pass(64 << 10, 20_000, 256);
}

/// Of 300 bytes none fits the end of the ring as it goes round.
#[test]
fn five_thousand_messages_cross_the_end_of_4_kib() {
    pass(4096, 5_000, 300);
}

#[test]
fn three_messages_with_pauses_between_them_arrive_at_a_reader_that_waits_without_a_deadline() {
    let place = Place::new();
    let path = place.ring();
    let mut writer = RingWriter::create(&path, 4096).unwrap();
    let reading = thread::spawn(move || {
        let mut reader = RingReader::open(&path).unwrap();
        let mut buffer = Vec::new();
        let mut pop = || {
            let len = reader.pop(&mut buffer, None).unwrap();
            buffer[..len].to_vec()
        };
        [pop(), pop(), pop()]
    });
    // A pause is as long as it takes the reader to fall asleep, which it says in the ring's file.
    let mut position = 0;
    for message in ["red", "green", "ultramarine"] {
        place.until_reader_sleeps(position + 8);
        writer.push(message.as_bytes(), None).unwrap();
        position += record_size(message.len()) as u64;
    }
    assert_eq!(reading.join().unwrap(), [&b"red"[..], b"green", b"ultramarine"]);
}

#[test]
fn the_first_message_can_be_tried_before_a_reader_is_there() {
    let place = Place::new();
    let mut writer = RingWriter::create(place.ring(), 1024).unwrap();
    writer.try_push(b"first").unwrap();
    let mut reader = RingReader::open(place.ring()).unwrap();
    let mut buffer = Vec::new();
    assert_eq!(reader.try_pop(&mut buffer).unwrap(), Some(5));
    assert_eq!(buffer, b"first");
    assert_eq!(reader.try_pop(&mut buffer).unwrap(), None);
}

/// Each call by the types of its arguments and of its success, spelled out.
#[test]
fn the_calls_take_and_return_what_the_ancestors_did() -> Result<(), Box<dyn Error + Send + Sync>> {
    let create: fn(PathBuf, usize) -> Result<RingWriter, _> = RingWriter::create;
    let create_by_text: fn(&'static str, usize) -> Result<RingWriter, _> = RingWriter::create;
    let open: fn(PathBuf) -> Result<RingReader, _> = RingReader::open;
    let open_by_text: fn(String) -> Result<RingReader, _> = RingReader::open;
    let push: fn(&mut RingWriter, &[u8], Option<Duration>) -> Result<(), _> = RingWriter::push;
    let try_push: fn(&mut RingWriter, &[u8]) -> Result<(), _> = RingWriter::try_push;
    let pop: fn(&mut RingReader, &mut Vec<u8>, Option<Duration>) -> Result<usize, _> = RingReader::pop;
    let try_pop: fn(&mut RingReader, &mut Vec<u8>) -> Result<Option<usize>, _> = RingReader::try_pop;

    let place = Place::new();
    create_by_text("/dev/null", 4096).map_err(as_any).unwrap_err();
    open_by_text("/dev/null".into()).map_err(as_any).unwrap_err();
    let mut writer = create(place.ring(), 64).map_err(as_any)?;
    let mut reader = open(place.ring()).map_err(as_any)?;
    push(&mut writer, b"one", TIMEOUT).map_err(as_any)?;
    try_push(&mut writer, b"two").map_err(as_any)?;
    let mut buffer = Vec::new();
    assert_eq!(pop(&mut reader, &mut buffer, TIMEOUT).map_err(as_any)?, 3);
    assert_eq!(try_pop(&mut reader, &mut buffer).map_err(as_any)?, Some(3));
    assert_eq!(buffer, b"two");
    // What is an error, not a value: no space at once, and no message in time.
    push(&mut writer, &[0; 24], None).map_err(as_any)?;
    try_push(&mut writer, &[0; 16]).map_err(as_any)?;
    try_push(&mut writer, b"").map_err(as_any).unwrap_err();
    push(&mut writer, b"", Some(Duration::ZERO)).map_err(as_any).unwrap_err();
    assert_eq!(pop(&mut reader, &mut buffer, None).map_err(as_any)?, 24);
    assert_eq!(pop(&mut reader, &mut buffer, TIMEOUT).map_err(as_any)?, 16);
    pop(&mut reader, &mut buffer, Some(Duration::ZERO)).map_err(as_any).unwrap_err();
    Ok(())
}
