//! What is told of a ring whose words say anything: by a view, and by sides that count. Nothing panics, nothing
//! overflows (the tests are built with checks for that), and a message is shown as a record that can be, or not at all.
//! And what a side's own words say is nothing to that side.
#![cfg(not(any(loom, shuttle)))]

use std::fs;
use std::path::Path;
use std::time::Duration;

use ipc_ring::{RingOptions, RingReader, RingState, RingView, RingWriter, Side, TryPopError};
use ipc_ring_reference::words::{at, figure};
use ipc_ring_reference::{push_all, random_words, ring, Place, Words, A_WHILE, CURSOR, EPOCH, WAKE_AT};

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

/// After the largest number a holder gets 1, and not 0. 0 says that nobody has come yet, so a side would wait for a
/// peer that died.
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

/// Words of its own that a side finds changed: at its next store they say again what the side knows itself.
// Checks: I0, T9.
#[test]
fn a_side_goes_by_what_it_knows_of_itself_and_not_by_what_its_own_words_say() {
    let (place, mut writer, mut reader) = ring(CAPACITY);
    let words = place.words();
    let mut message = Vec::new();
    let lie = |side, value| [CURSOR, WAKE_AT, EPOCH].map(|word| words.set(words.of_side(side, word), value));
    let says = |side, word| words.get(words.of_side(side, word));
    for value in EXTREME {
        for round in 0..5 {
            lie(Side::Writer, value);
            match round {
                0 => writer.push(b"data", None).unwrap(),
                1 => writer.batch().push(b"data", None).unwrap(),
                2 => writer.reserve(4, None).map(|grant| grant.commit()).unwrap(),
                3 => writer.try_push(b"data").unwrap(),
                _ => {
                    drop(writer.reserve(4, None).unwrap());
                    writer.push(b"data", Some(Duration::ZERO)).unwrap();
                }
            }
            assert_eq!(says(Side::Writer, CURSOR), writer.position(), "{value}, {round}");
            assert_eq!(writer.epoch(), 1);
            // The peer is to believe it again.
            words.set(words.writer(WAKE_AT), writer.position().wrapping_sub(CAPACITY as u64));
            lie(Side::Reader, value);
            match round {
                0 => drop(reader.pop(&mut message, None).unwrap()),
                1 => {
                    let mut batch = reader.batch(1, None).unwrap();
                    assert_eq!(batch.messages().count(), 1);
                    batch.commit();
                }
                2 => {
                    reader.peek(None).unwrap();
                    let mut batch = reader.batch(1, None).unwrap();
                    let end = batch.messages().next().unwrap().position();
                    batch.commit_through(end).unwrap();
                }
                3 => assert!(reader.try_pop(&mut message).unwrap().is_some()),
                _ => assert_eq!(reader.pop_many(&mut Vec::new(), 1, None), Ok(1)),
            }
            assert_eq!(says(Side::Reader, CURSOR), reader.position(), "{value}, {round}");
            assert_eq!((reader.epoch(), reader.position()), (1, writer.position()));
            words.set(words.reader(WAKE_AT), reader.position());
            for word in [words.writer(EPOCH), words.reader(EPOCH)] {
                words.set(word, 1);
            }
        }
        // Nothing comes to these, so nothing is stored; and it is asked for.
        lie(Side::Reader, value);
        assert_eq!(reader.try_pop(&mut message), Ok(None), "{value}");
        words.set(words.reader(CURSOR), reader.position());
        words.set(words.reader(WAKE_AT), reader.position());
        words.set(words.reader(EPOCH), 1);
    }
    lie(Side::Writer, 0);
    let end = writer.position() + 8;
    drop(writer);
    assert_eq!(says(Side::Writer, CURSOR), end | 1);
    lie(Side::Reader, 0);
    assert_eq!(reader.try_pop(&mut message), Err(TryPopError::Closed));
    assert_eq!(says(Side::Reader, CURSOR), end);
    lie(Side::Reader, 8);
    drop(reader);
    assert_eq!(says(Side::Reader, CURSOR), end | 1);
}

/// The sources of the heart load no word of a side's own but where it attaches, by the edge that is for that.
// Checks: I0, T9.
#[test]
fn no_side_loads_a_word_of_its_own_unless_it_attaches() {
    let heart = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/protocol");
    let mut resumes = 0;
    for file in fs::read_dir(heart).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
        let text: String = fs::read_to_string(&file).unwrap().split_whitespace().collect::<Vec<_>>().concat();
        for (at, _) in text.match_indices(".load(") {
            let whose = |letter: char| letter.is_alphanumeric() || "_.".contains(letter);
            let word = text[..at].rsplit(|letter| !whose(letter)).next().unwrap();
            let edge = text[at + ".load(".len()..].split(')').next().unwrap();
            let is_own = word.split('.').any(|part| part == "own");
            assert_eq!(is_own, edge == "RESUME", "{}: {word}.load({edge})", file.display());
            resumes += usize::from(edge == "RESUME");
        }
    }
    assert_eq!(resumes, 2, "its cursor, and the number of its holders");
    let endpoint =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/protocol/endpoint.rs")).unwrap();
    let (_, resume) = endpoint.split_once("fn resume(").unwrap();
    let (resume, _) = resume.split_once("\n    }\n").unwrap();
    assert_eq!(resume.matches("RESUME").count(), 2);
}
