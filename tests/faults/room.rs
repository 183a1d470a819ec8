//! Fault 48: an end of a stream for which there may be no room. A sender that comes has that room, or does not come.

use std::fs;
use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use crate::ends::{attach, receive, received, stopping, stream, NOTHING};
use ipc_ring::{OpenError, PopError, RingReader, RingView, RingWriter, SideState, TryPushError, WaitStrategy};
use ipc_ring_reference::{
    other_process, sleeping, wait_until, waiting, Other, Place, A_WHILE, CURSOR, END, EPOCH, LONG, STRATEGIES, WAKE_AT,
};

/// The smallest ring, full of empty streams.
fn full_of_ends() -> Place {
    let place = Place::with_a_ring(64);
    for _ in 1..8 {
        drop(RingWriter::attach(place.ring()).unwrap());
    }
    place
}

fn is_full<T>(attached: Result<T, OpenError>) -> bool {
    matches!(attached, Err(OpenError::Full { .. }))
}

// Checks: I18.
#[test]
fn f48_a_sender_for_whose_end_there_is_no_room_is_told_and_stores_nothing() {
    let place = full_of_ends();
    let words = place.words();
    assert!((0..8).all(|granule| words.get(words.byte(8 * granule)) == END));
    let view = RingView::open(place.ring()).unwrap();
    assert_eq!((view.snapshot().used_bytes, view.snapshot().writer.state), (64, SideState::Closed));
    let before = fs::read(place.ring()).unwrap();
    for _ in 0..3 {
        assert!(is_full(RingWriter::attach(place.ring())));
    }
    assert!(fs::read(place.ring()).unwrap() == before);
    let text = RingWriter::attach(place.ring()).err().unwrap().to_string();
    assert!(text.contains("no room for the end of another stream") && text.contains("read from it"), "{text}");

    // Each end makes room for one stream, which may be empty, and no more than that.
    let mut reader = stopping(&place);
    for taken in 1..20 {
        assert_eq!(receive(&mut reader), stream(&[]), "{taken}");
        let mut writer = RingWriter::attach(place.ring()).unwrap();
        assert_eq!((writer.free_bytes(), writer.try_push(b"")), (8, Err(TryPushError::Full)), "{taken}");
        drop(writer);
        assert!(is_full(RingWriter::attach(place.ring())), "{taken}");
    }
    for _ in 0..8 {
        assert_eq!(receive(&mut reader), stream(&[]));
    }
    assert_eq!(receive(&mut reader), NOTHING);
    assert_eq!((reader.message_count(), reader.used_bytes()), (Ok(0), 0));
}

// Checks: I18.
#[test]
fn f48_an_end_finds_room_behind_as_many_messages_as_there_can_be() {
    let (place, mut writer) = Place::with_a_writer(64);
    for lap in 0..3 {
        let mut pushed = 0;
        while writer.try_push(b"") == Ok(()) {
            pushed += 1;
        }
        assert_eq!((pushed, writer.free_bytes()), (7, 8), "{lap}");
        writer.finish();
        assert!(is_full(RingWriter::attach(place.ring())), "{lap}");
        assert_eq!(received(&place).0.len(), 7, "{lap}");
        writer = attach(place.ring());
    }
    // And after the longest message, however that is pushed, and after one that was not.
    let mut reader = stopping(&place);
    for way in ["push", "batch", "grant", "grant that is dropped"] {
        let taking = thread::spawn(move || {
            let mut popped = Vec::new();
            let told = loop {
                match reader.pop(&mut Vec::new(), Some(LONG)) {
                    Ok(len) => popped.push(len),
                    Err(told) => break told,
                }
            };
            assert!(reader.take_end());
            (popped, told, reader)
        });
        match way {
            "push" => writer.push(&[1; 48], Some(LONG)).unwrap(),
            "batch" => writer.batch().push(&[1; 48], Some(LONG)).unwrap(),
            "grant" => {
                let mut grant = writer.reserve(48, Some(LONG)).unwrap();
                grant.write_all(&[1; 48]).unwrap();
                grant.commit();
            }
            _ => drop(writer.reserve(48, Some(LONG)).unwrap()),
        }
        writer.finish();
        let (popped, told, back) = taking.join().unwrap();
        let expected: &[usize] = if way == "grant that is dropped" { &[] } else { &[48] };
        assert_eq!((&popped[..], told), (expected, PopError::Closed), "{way}");
        (reader, writer) = (back, attach(place.ring()));
    }
}

// Checks: I18.
#[test]
fn f48_a_sender_that_waits_for_room_is_woken_by_a_receiver_that_takes_an_end() {
    let place = full_of_ends();
    let mut reader = stopping(&place);
    assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Err(PopError::Closed));
    let (path, view) = (place.ring(), RingView::open(place.ring()).unwrap());
    let waiting = thread::spawn(move || sleeping().attach_wait(path, Some(LONG)).map(|writer| writer.epoch()));
    place.until_writer_sleeps(8);
    assert!(matches!(RingWriter::attach(place.ring()), Err(OpenError::Busy { .. })), "it has the side meanwhile");
    assert_eq!((view.snapshot().writer.epoch, view.snapshot().reader.wakes), (8, 0), "and has not come yet");
    assert!(reader.take_end());
    assert_eq!(view.snapshot().reader.wakes, 1);
    assert_eq!(waiting.join().unwrap().unwrap(), 9);
}

#[test]
#[ignore = "the other process of the test below"]
fn receiver_that_stays() {
    let (path, mut steps) = other_process();
    let _reader = RingReader::open(path).unwrap();
    steps.step("opened");
}

// Checks: I18.
#[test]
fn f48_a_sender_that_waits_for_room_gives_up_at_its_deadline_and_where_nobody_will_make_any() {
    for strategy in STRATEGIES {
        let place = full_of_ends();
        let words = place.words();
        let before = [CURSOR, EPOCH].map(|word| words.get(words.writer(word)));
        let mut options = waiting(strategy);
        // No reader has come yet: one may.
        let begin = Instant::now();
        assert!(is_full(options.attach_wait(place.ring(), A_WHILE)));
        assert!(begin.elapsed() >= A_WHILE.unwrap() && begin.elapsed() < LONG);
        assert!(is_full(options.attach_wait(place.ring(), Some(Duration::ZERO))));

        let mut killed = Other::start("room::receiver_that_stays", &place.ring()).after("opened");
        let path = place.ring();
        let (send, told) = std::sync::mpsc::channel();
        thread::spawn(move || send.send(is_full(waiting(strategy).attach_wait(path, None))));
        assert_eq!(told.recv_timeout(A_WHILE.unwrap()).ok(), None, "the reader lives");
        killed.kill();
        assert_eq!(told.recv_timeout(LONG), Ok(true), "it was killed");
        // Who awaits successors waits for another reader.
        options.await_successors(true);
        assert!(is_full(options.attach_wait(place.ring(), A_WHILE)));
        drop(stopping(&place));
        let sleeps = || place.seen().writer.sleeps;
        let slept = sleeps();
        assert!(is_full(waiting(strategy).attach_wait(place.ring(), None)), "it left");
        assert_eq!(sleeps(), slept, "which is told at once");
        assert!(is_full(options.attach_wait(place.ring(), A_WHILE)));
        assert_eq!([CURSOR, EPOCH].map(|word| words.get(words.writer(word))), before);
        if strategy == WaitStrategy::Sleep {
            words.set(words.writer(WAKE_AT), 0);
            let path = place.ring();
            let waiting = thread::spawn(move || options.attach_wait(path, Some(10 * LONG)));
            place.until_writer_sleeps(8);
            fs::rename(place.ring(), place.ring().with_extension("elsewhere")).unwrap();
            wait_until("it gives up where no reader can find the ring", || waiting.is_finished());
            assert!(matches!(waiting.join().unwrap(), Err(OpenError::NotFound { .. })));
        }
    }
}
