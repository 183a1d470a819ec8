//! What is told of a ring whose words say anything: by a view, and by sides that count. Nothing panics, nothing
//! overflows (the tests are built with checks for that), and a message is shown as a record that can be, or not at all.
#![cfg(not(any(loom, shuttle)))]

use std::time::Duration;

use ipc_ring::{RingOptions, RingReader, RingState, RingView, RingWriter, Side};
use ipc_ring_reference::words::{at, figure};
use ipc_ring_reference::{push_all, random_words, Place, Words, A_WHILE, CURSOR, EPOCH, WAKE_AT};

const CAPACITY: usize = 128;

/// The ends of what a word can hold, and of what a position, a length, a time and a number of notes can be.
const EXTREME: [u64; 14] = [
    0,
    1,
    7,
    8,
    CAPACITY as u64,
    CAPACITY as u64 + 8,
    u32::MAX as u64,
    1 << 32,
    i64::MAX as u64,
    1 << 63,
    u64::MAX - CAPACITY as u64,
    u64::MAX - 7,
    u64::MAX - 1,
    u64::MAX,
];

/// Where the words of both sides stand that say something.
fn places(words: &Words) -> Vec<usize> {
    let of_a_side = [EPOCH, CURSOR, WAKE_AT].into_iter().chain((0..figure::COUNT).map(at));
    let both = |word| [Side::Writer, Side::Reader].map(|side| words.of_side(side, word));
    of_a_side.flat_map(both).collect()
}

/// All that a view tells, twice, and that it keeps to what can be.
fn looked_at(view: &RingView) {
    let (earlier, later) = (view.snapshot(), view.snapshot());
    for seen in [earlier, later, view.snapshot_since(&earlier)] {
        assert!(seen.used_bytes <= CAPACITY, "{seen:?}");
        if let RingState::Corrupt { .. } = seen.state {
            assert_eq!(seen.used_bytes, CAPACITY);
        }
    }
    let mut records = 0;
    for message in view.messages(usize::MAX) {
        records += 1;
        if let Ok(message) = message {
            assert!(message.bytes.len() <= view.max_message_len() + 8, "{message:?}");
        }
    }
    assert!(records <= CAPACITY / 8);
}

/// All that the two sides tell of themselves.
fn asked(writer: &RingWriter, reader: &RingReader) {
    let _ = (writer.message_count(), reader.message_count());
    let _ = (writer.epoch(), writer.peer_epoch(), reader.epoch(), reader.peer_epoch());
    let _ = (writer.last_message(), writer.follows_an_end());
    for (used, free) in [(writer.used_bytes(), writer.free_bytes()), (reader.used_bytes(), reader.free_bytes())] {
        assert_eq!(used + free, CAPACITY);
    }
    let _ = (reader.is_empty(), writer.is_empty());
}

/// The ring goes on as far as it can: no message is invented, and an error is one of the library's.
fn used(writer: &mut RingWriter, reader: &mut RingReader) {
    let mut message = Vec::new();
    for _ in 0..3 {
        let _ = writer.try_push(b"pushed");
        if let Ok(Some(length)) = reader.try_pop(&mut message) {
            assert_eq!((length, message.len() <= CAPACITY), (message.len(), true));
        }
    }
    // Asleep, which counts.
    let soon = Some(Duration::from_millis(1));
    let _ = reader.pop(&mut message, soon);
}

fn with_a_ring(say: impl FnOnce(&Place, &Words, &RingView, RingWriter, RingReader)) {
    let place = Place::new();
    let mut options = RingOptions::new();
    options.wait_strategy(ipc_ring::WaitStrategy::Sleep);
    let mut writer = options.create(place.ring(), CAPACITY).unwrap();
    let mut reader = options.open(place.ring()).unwrap();
    push_all(&mut writer, [b"one", b"two", b"six"]);
    reader.try_pop(&mut Vec::new()).unwrap();
    let (words, view) = (place.words(), RingView::open(place.ring()).unwrap());
    say(&place, &words, &view, writer, reader);
}

/// Somebody may take a side whatever the words say, or is told why not.
fn succeeded(place: &Place, view: &RingView) {
    let (writer, reader) = (RingWriter::attach(place.ring()), RingReader::open(place.ring()));
    looked_at(view);
    if let (Ok(mut writer), Ok(mut reader)) = (writer, reader) {
        asked(&writer, &reader);
        used(&mut writer, &mut reader);
    }
    looked_at(view);
}

// Checks: I6, I17.
#[test]
fn whatever_one_word_says_what_is_told_of_the_ring_can_be() {
    with_a_ring(|_, words, _, _, _| assert_eq!(places(words).len(), 2 * (3 + figure::COUNT)));
    for number in 0..2 * (3 + figure::COUNT) {
        for value in EXTREME {
            with_a_ring(|place, words, view, mut writer, mut reader| {
                words.set(places(words)[number], value);
                looked_at(view);
                asked(&writer, &reader);
                used(&mut writer, &mut reader);
                asked(&writer, &reader);
                looked_at(view);
                drop((writer, reader));
                words.set(places(words)[number], value);
                looked_at(view);
                succeeded(place, view);
            });
        }
    }
}

// Checks: I6, I17.
#[test]
fn whatever_all_words_say_what_is_told_of_the_ring_can_be() {
    let mut random = random_words();
    for _ in 0..300 {
        with_a_ring(|place, words, view, mut writer, mut reader| {
            let mut scribble = || {
                for place in places(words) {
                    match random() % 4 {
                        0 => words.set(place, EXTREME[random() as usize % EXTREME.len()]),
                        1 => words.set(place, random()),
                        2 => words.set(place, random() % 256),
                        _ => {}
                    }
                }
            };
            for _ in 0..4 {
                scribble();
                looked_at(view);
                asked(&writer, &reader);
                used(&mut writer, &mut reader);
            }
            drop((writer, reader));
            scribble();
            looked_at(view);
            succeeded(place, view);
        });
    }
}

/// A holder's number is counted from 1, also where the number before is the last that there is: 0 says that nobody has
/// come yet, and a side would wait for a peer that died.
// Checks: I9.
#[test]
fn a_side_that_was_held_as_often_as_can_be_counted_does_not_pass_for_one_that_nobody_came_to() {
    let place = Place::with_a_ring(64);
    let words = place.words();
    words.set(words.writer(EPOCH), u64::MAX);
    let writer = RingWriter::attach(place.ring()).unwrap();
    let mut reader = RingReader::open(place.ring()).unwrap();
    assert_eq!((writer.epoch(), reader.peer_epoch()), (1, 1));
    writer.abandon();
    assert_eq!(reader.pop(&mut Vec::new(), A_WHILE), Err(ipc_ring::PopError::PeerGone));
}
