//! What goes in comes out: order, contents, sizes, and what the handles say of it.
#![cfg(not(any(loom, shuttle)))]

use ipc_ring::model::HeapRing;
use ipc_ring::{FenceMode, OpenError, PushError, RingReader, RingWriter, TryPushError, WaitStrategy};
use ipc_ring_reference::wrong::panics_with;
use ipc_ring_reference::{pops, ring, Place};

fn message(length: usize, salt: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 7 + salt * 13 + 1) as u8).collect()
}

// Checks: I1.
#[test]
fn one_byte_more_than_the_maximum_is_too_large_at_once() {
    for capacity in [64, 4096] {
        let (_place, mut writer, _reader) = ring(capacity);
        let max = capacity - 16;
        assert_eq!(writer.max_message_len(), max);
        let too_large = Err(PushError::TooLarge { len: max + 1, max });
        assert_eq!(writer.push(&vec![0; max + 1], None), too_large);
        assert_eq!(writer.try_push(&vec![0; max + 1]).map_err(PushError::from), too_large);
        writer.push(&vec![0; max], None).unwrap();
        assert_eq!(writer.push(&vec![0; max + 1], None), too_large, "on a full ring too");
        let text = writer.try_push(&vec![0; max + 1]).unwrap_err().to_string();
        assert!(text.contains("split it") && text.contains(&max.to_string()), "{text}");
    }
}

#[test]
fn a_pop_replaces_the_buffers_content_and_keeps_its_allocation() {
    let (_place, mut writer, mut reader) = ring(4096);
    let mut buffer = Vec::with_capacity(1000);
    buffer.extend_from_slice(&[0xEE; 900]);
    let allocation = (buffer.as_ptr(), buffer.capacity());
    for length in [5, 0, 1000] {
        writer.push(&message(length, 0), None).unwrap();
        pops(&mut reader, message(length, 0));
        assert_eq!((buffer.as_ptr(), buffer.capacity()), allocation);
    }
    writer.push(&message(1001, 0), None).unwrap();
    pops(&mut reader, message(1001, 0));
}

#[test]
fn a_pop_that_fails_leaves_the_buffer_as_it_was() {
    let (_place, writer, mut reader) = ring(64);
    let mut buffer = b"before".to_vec();
    assert_eq!(reader.try_pop(&mut buffer), Ok(None));
    assert!(reader.pop(&mut buffer, Some(std::time::Duration::ZERO)).is_err());
    drop(writer);
    assert!(reader.try_pop(&mut buffer).is_err());
    assert_eq!(buffer, b"before");
}

#[test]
fn the_handles_say_how_much_is_used_and_where_they_stand() {
    let (_place, mut writer, mut reader) = ring(128);
    assert_eq!((writer.capacity(), reader.capacity()), (128, 128));
    assert_eq!((writer.max_message_len(), reader.max_message_len()), (112, 112));
    assert!(writer.is_empty() && reader.is_empty());
    writer.push(&[1; 5], None).unwrap();
    writer.push(&[2; 8], None).unwrap();
    assert!(!writer.is_empty() && !reader.is_empty());
    assert_eq!((writer.used_bytes(), writer.free_bytes(), writer.position()), (32, 96, 32));
    assert_eq!((reader.used_bytes(), reader.free_bytes(), reader.position()), (32, 96, 0));
    reader.pop(&mut Vec::new(), None).unwrap();
    assert_eq!((writer.used_bytes(), writer.position(), reader.position()), (16, 32, 16));
}

#[test]
fn a_ring_that_holds_only_padding_is_empty_for_the_reader() {
    let (_place, mut writer, mut reader) = ring(64);
    writer.push(&[1; 8], None).unwrap();
    reader.pop(&mut Vec::new(), None).unwrap();
    assert_eq!(writer.try_push(&[2; 48]), Err(TryPushError::Full));
    assert_eq!(reader.used_bytes(), 48);
    assert!(reader.is_empty());
    assert_eq!((reader.position(), writer.try_push(&[2; 48])), (16, Err(TryPushError::Full)), "asking changes nothing");
    assert_eq!(reader.try_pop(&mut Vec::new()), Ok(None));
    writer.try_push(&[2; 48]).unwrap();
    assert!(!reader.is_empty());
}

#[test]
fn a_reservation_that_is_given_up_leaves_the_ring_as_it_was_for_both_sides() {
    let (_place, mut writer, mut reader) = ring(64);
    writer.push(&[1; 32], None).unwrap();
    reader.pop(&mut Vec::new(), None).unwrap();
    drop(writer.reserve(24, None).unwrap()); // padding would fill the lap before it
    assert_eq!((writer.used_bytes(), writer.free_bytes(), writer.position()), (0, 64, 40));
    assert!(writer.is_empty() && reader.is_empty());
    writer.push(&[2; 16], None).unwrap();
    assert_eq!((writer.used_bytes(), writer.position()), (24, 64), "and the rest of the lap is not wasted");
    assert_eq!(reader.pop(&mut Vec::new(), None), Ok(16));
}

#[test]
fn a_batch_that_is_forgotten_withholds_nothing_for_good() {
    let (_place, mut writer, mut reader) = ring(64);
    let mut batch = writer.batch();
    batch.push(&[1; 8], None).unwrap();
    std::mem::forget(batch);
    drop(writer.reserve(0, None).unwrap()); // takes back no more than its own
    (2..4).for_each(|byte| writer.push(&[byte; 8], None).unwrap());

    let popped: Vec<_> = reader.iter(None).take(3).collect();
    assert_eq!(popped, [1, 2, 3].map(|byte| Ok(vec![byte; 8])));
}

#[test]
fn a_commit_in_a_panic_is_a_commit() {
    struct Drains(RingReader, std::sync::mpsc::Sender<usize>);
    impl Drop for Drains {
        fn drop(&mut self) {
            assert!(std::thread::panicking());
            while let Some(mut batch) = self.0.try_batch(1).unwrap() {
                self.1.send(batch.messages().count()).unwrap();
                batch.commit();
            }
        }
    }
    let (_place, mut writer, reader) = ring(4096);
    (0..3).for_each(|byte| writer.push(&[byte], None).unwrap());
    let (sender, drained) = std::sync::mpsc::channel();
    panics_with(|| Drains(reader, sender));
    assert_eq!(drained.iter().collect::<Vec<_>>(), [1, 1, 1]);
    assert!(writer.is_empty());
}

#[test]
fn a_batch_may_be_iterated_over_in_parts_and_releases_what_it_passed() {
    let (_place, mut writer, mut reader) = ring(4096);
    (0..4).for_each(|byte| writer.push(&[byte], None).unwrap());
    let mut batch = reader.batch(3, None).unwrap();
    let position = batch.messages().next().unwrap().position();
    assert_eq!(batch.messages().next().unwrap().position(), position + 16);
    batch.commit();
    assert_eq!((reader.position(), reader.message_count(), writer.used_bytes()), (32, Ok(2), 2 * 16));
    let mut batch = reader.batch(9, None).unwrap();
    assert_eq!(batch.messages().map(|message| message.position()).collect::<Vec<_>>(), [48, 64]);
    assert!(batch.messages().next().is_none());
    batch.commit();
    assert!(writer.is_empty());
    writer.push(b"one more", None).unwrap();
    reader.batch(9, None).unwrap().commit();
    assert_eq!(writer.used_bytes(), 16, "what was not iterated over is not released");
}

#[test]
fn the_last_message_can_be_seen_wherever_it_stands_and_whoever_has_had_it() {
    let place = Place::new();
    let (mut buffer, mut last, mut found) = (Vec::new(), None, 0);
    drop(RingWriter::create(place.ring(), 128).unwrap());
    for (number, length) in (0..40).chain([0, 40, 3, 64, 8]).cycle().take(2000).enumerate() {
        let mut reader = RingReader::open(place.ring()).unwrap();
        let mut writer = loop {
            match RingWriter::attach(place.ring()) {
                Err(OpenError::Full { .. }) => assert!(reader.try_pop(&mut buffer).is_ok()),
                attached => break attached.unwrap(),
            }
        };
        let is_it = |writer: &RingWriter, last: &Option<Vec<u8>>| match writer.last_message() {
            None => 0,
            seen => {
                assert_eq!(seen, *last, "about message {number}");
                1
            }
        };
        found += is_it(&writer, &last);
        let message = message(length, number);
        if writer.try_push(&message).is_err() {
            // What was tried may have left padding, which is none.
            found += is_it(&writer, &last);
            while writer.try_push(&message).is_err() {
                let _ = reader.try_pop(&mut buffer).unwrap();
            }
        }
        last = Some(message);
        assert_eq!(writer.last_message(), last);
        if number % 3 == 0 {
            // A grant that was dropped is none, but it may have been where this lap's records are.
            drop(writer.try_reserve(8));
            found += is_it(&writer, &last);
        }
        while number % 2 == 0 && reader.try_pop(&mut buffer).unwrap().is_some() {}
        drop((writer, reader));
        // Nor is one who comes and pushes nothing.
        let _ = RingWriter::attach(place.ring());
    }
    assert!(found > 2500, "it was found {found} times");
}

#[test]
fn the_last_message_of_a_batch_is_one_before_it_is_published() {
    let (_place, mut writer, _reader) = ring(256);
    writer.push(b"before", None).unwrap();
    let mut batch = writer.batch();
    batch.push(b"one", None).unwrap();
    batch.push(b"two", None).unwrap();
    std::mem::forget(batch);
    assert_eq!(writer.last_message().as_deref(), Some(&b"two"[..]));
}

/// Once something may have been written after a message that ended with the ring, no byte of it can be relied on.
#[test]
fn the_last_message_of_a_lap_is_found_until_the_next_lap_begins() {
    for ends in 0..3 {
        let (place, mut writer, mut reader) = ring(128);
        for message in [&[1; 40][..], &[2; 40], &[3; 24]] {
            writer.push(message, None).unwrap();
            reader.pop(&mut Vec::new(), None).unwrap();
        }
        writer.abandon();
        (0..ends).for_each(|_| drop(RingWriter::attach(place.ring()).unwrap()));
        let found = RingWriter::attach(place.ring()).unwrap().last_message();
        assert_eq!(found.as_deref(), Some(&[3; 24][..]).filter(|_| ends == 0), "{ends} after it");
    }
}

/// The last message looks like the end of a stream, if its last 8 bytes alone are looked at.
#[test]
fn a_message_is_not_mistaken_for_the_end_of_a_stream() {
    let looks_so = (3u64 << 32).to_le_bytes();
    for before in 0..20 {
        let (place, mut writer, mut reader) = ring(64);
        for _ in 0..before {
            writer.push(b"another", None).unwrap();
            reader.pop(&mut Vec::new(), None).unwrap();
        }
        writer.push(&looks_so, None).unwrap();
        assert!(!writer.follows_an_end());
        reader.pop(&mut Vec::new(), None).unwrap();
        writer.abandon();
        let again = RingWriter::attach(place.ring()).unwrap();
        assert!(!again.follows_an_end(), "after {before} others");
        drop(again);
        assert!(RingWriter::attach(place.ring()).unwrap().follows_an_end(), "after {before} others");
    }
}

/// Writers push, die with a batch that they have not published, drop grants that they have written, and end their
/// streams. All that they write looks like headers of messages.
#[test]
fn whatever_writers_did_before_the_last_message_is_the_last_one_or_is_not_told() {
    let looks_like_headers = |number: u64, length: usize| -> Vec<u8> {
        let words = (number..).map(|number| ((1 << 32) | (number % 64)).to_le_bytes());
        words.flatten().take(length).collect()
    };
    let (mut found, mut unknown, mut random) = (0, 0, 1u64);
    let mut any = |below: u64| {
        random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (random >> 33) % below
    };
    for _ in 0..3000 {
        let ring = HeapRing::new(64, 0, FenceMode::Symmetric);
        // SAFETY: each side is taken once, or where its last holder does nothing any more.
        let mut writer = unsafe { ring.writer(WaitStrategy::Sleep) }.unwrap();
        // SAFETY: as above.
        let mut reader = unsafe { ring.reader(WaitStrategy::Sleep) }.unwrap();
        let mut last = None;
        for number in 0..12 {
            let message = looks_like_headers(number, [0, 8, 16, 24, 40, 48][any(6) as usize]);
            match any(4) {
                0 => drop(writer.try_push(&message)),
                1 => {
                    if let Ok(mut grant) = writer.try_reserve(message.len()) {
                        let _ = std::io::Write::write(&mut grant, &message);
                    }
                }
                2 => {
                    let mut batch = writer.batch();
                    for _ in 0..any(4) {
                        let _ = batch.try_push(&message);
                    }
                    std::mem::forget(batch);
                    std::mem::forget(writer);
                    // SAFETY: as above.
                    writer = unsafe { ring.writer(WaitStrategy::Sleep) }.unwrap();
                }
                _ => {
                    if any(2) == 0 {
                        writer.finish();
                    } else {
                        writer.abandon();
                    }
                    // SAFETY: as above.
                    writer = unsafe { ring.writer(WaitStrategy::Sleep) }.unwrap();
                }
            }
            let mut popped = Vec::new();
            while let Ok(Some(_)) = reader.try_pop(&mut popped) {
                last = Some(popped.clone());
            }
            match writer.last_message() {
                None => unknown += u32::from(last.is_some()),
                told => {
                    assert_eq!(told, last);
                    found += 1;
                }
            }
        }
    }
    assert!(found > unknown, "found {found} times, and {unknown} times not");
}

#[test]
fn what_a_writer_that_died_did_not_publish_is_never_the_last_message() {
    let number = |number: u64| number.to_le_bytes();
    let mut found = 0;
    for (published, unpublished) in (1..20).flat_map(|published| (0..4).map(move |more| (published, more))) {
        let ring = HeapRing::new(64, 0, FenceMode::Symmetric);
        // SAFETY: each side is taken once, or where its last holder does nothing any more.
        let mut writer = unsafe { ring.writer(WaitStrategy::Sleep) }.unwrap();
        // SAFETY: as above.
        let mut reader = unsafe { ring.reader(WaitStrategy::Sleep) }.unwrap();
        for at in 0..published {
            writer.push(&number(at), None).unwrap();
            reader.pop(&mut Vec::new(), None).unwrap();
        }
        let mut batch = writer.batch();
        let _ = (0..unpublished).try_for_each(|at| batch.try_push(&number(published + at)));
        std::mem::forget(batch);
        std::mem::forget(writer);
        // Where the ring was full for it, a part of the batch was published.
        let more = std::iter::from_fn(|| reader.try_pop(&mut Vec::new()).unwrap()).count() as u64;
        let true_one = Some(number(published + more - 1).to_vec());
        // It goes on, comes again, and ends nothing or a stream.
        for ends in [false, true, true] {
            // SAFETY: as above.
            let successor = unsafe { ring.writer(WaitStrategy::Sleep) }.unwrap();
            let last = successor.last_message();
            assert!(last.is_none() || last == true_one, "{published} and {unpublished}: {last:?}");
            found += u32::from(last.is_some());
            if ends {
                successor.finish();
            } else {
                successor.abandon();
            }
        }
    }
    assert!(found > 100, "it was found {found} times");
}
