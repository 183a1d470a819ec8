//! Sides that come before there is a ring, and sides that wait for whoever succeeds a peer: between real processes.

use std::fs;
use std::time::{Duration, Instant};

use ipc_ring::{OpenError, PopError, PushError, RingOptions, RingReader, RingWriter, TryPopError, TryPushError};
use ipc_ring_reference::{
    numbers, other_process, pop_all, push_all, wait_until, waiting, Other, Place, A_WHILE, LONG, STRATEGIES,
};

#[test]
#[ignore = "the other process of the tests below"]
fn writer() {
    let (path, mut steps) = other_process();
    let mut writer = match RingWriter::create(&path, 64) {
        Ok(writer) => writer,
        Err(_) => RingWriter::attach(&path).unwrap(),
    };
    push_all(&mut writer, numbers(0..2));
    steps.step(format!("writer {}", writer.epoch()));
}

#[test]
#[ignore = "the other process of the tests below"]
fn reader() {
    let (path, mut steps) = other_process();
    let mut reader = RingReader::open(&path).unwrap();
    let mut buffer = Vec::new();
    reader.pop(&mut buffer, Some(LONG)).unwrap();
    steps.step(format!("reader {}", reader.epoch()));
}

// Checks: I8.
#[test]
fn f01_a_reader_that_comes_first_waits_until_the_ring_is_created_by_another_process() {
    let place = Place::new();
    let path = place.ring();
    let reading = std::thread::spawn(move || {
        let mut reader = RingReader::open_wait(path, Some(LONG)).unwrap();
        let mut buffer = Vec::new();
        (reader.epoch(), reader.pop(&mut buffer, Some(LONG)), buffer)
    });
    let _other = Other::start("succession::writer", &place.ring()).after("writer 1");
    assert_eq!(reading.join().unwrap(), (1, Ok(8), 0u64.to_le_bytes().to_vec()));
}

// Checks: I8.
#[test]
fn f01_a_reader_for_whom_no_ring_is_created_is_told_at_its_deadline() {
    let place = Place::new();
    for timeout in [Duration::ZERO, Duration::from_millis(60)] {
        let begin = Instant::now();
        let error = RingReader::open_wait(place.ring(), Some(timeout)).err();
        assert!(matches!(error, Some(OpenError::NotFound { .. })), "{error:?}");
        assert!(begin.elapsed() >= timeout && begin.elapsed() < LONG);
    }
}

// Checks: I8.
#[test]
fn f01_a_reader_that_waits_for_a_ring_is_told_at_once_of_what_is_none() {
    let place = Place::new();
    fs::write(place.ring(), vec![b'x'; 10_000]).unwrap();
    let begin = Instant::now();
    let error = RingReader::open_wait(place.ring(), Some(2 * LONG)).err();
    assert!(matches!(error, Some(OpenError::NotARing { .. })), "{error:?}");
    fs::remove_file(place.ring()).unwrap();
    let _writer = RingWriter::create(place.ring(), 64).unwrap();
    let _reader = RingReader::open(place.ring()).unwrap();
    let error = RingReader::open_wait(place.ring(), Some(2 * LONG)).err();
    assert!(matches!(error, Some(OpenError::Busy { .. })), "{error:?}");
    assert!(begin.elapsed() < LONG);
}

// Checks: I9.
#[test]
fn f04_a_reader_that_awaits_successors_outlives_writers_that_are_killed_and_that_leave() {
    for strategy in STRATEGIES {
        let place = Place::new();
        let mut dying = Other::start("succession::writer", &place.ring()).after("writer 1");
        let mut options = RingOptions::new();
        let mut reader = options.wait_strategy(strategy).await_successors(true).open(place.ring()).unwrap();
        let mut buffer = Vec::new();
        for epoch in 1..5u64 {
            pop_all(&mut reader, numbers(0..2));
            assert_eq!((reader.epoch(), reader.peer_epoch()), (1, epoch));
            if epoch % 2 == 1 {
                dying.kill();
            } else {
                dying.go_on();
                assert!(dying.ended().success());
            }
            // Longer than a reader that does not wait for another needs to be told.
            assert_eq!(reader.pop(&mut buffer, A_WHILE), Err(PopError::TimedOut));
            assert_eq!(reader.try_pop(&mut buffer), Ok(None));
            // The next one comes while it waits.
            let waiting = std::thread::spawn(move || {
                let message = reader.peek(Some(LONG)).map(|message| message.len());
                (message, reader)
            });
            dying = Other::start("succession::writer", &place.ring());
            dying.expect(&format!("writer {}", epoch + 1));
            let (message, back) = waiting.join().unwrap();
            assert_eq!(message, Ok(8));
            reader = back;
        }
    }
}

// Checks: I9.
#[test]
fn f04_a_writer_that_awaits_successors_fills_the_ring_and_outlives_readers_that_are_killed_and_that_leave() {
    for strategy in STRATEGIES {
        let place = Place::new();
        let mut options = RingOptions::new();
        let mut writer = options.wait_strategy(strategy).await_successors(true).create(place.ring(), 64).unwrap();
        let fill = |writer: &mut RingWriter| while writer.try_push(b"") == Ok(()) {};
        fill(&mut writer);
        let mut dying = Other::start("succession::reader", &place.ring()).after("reader 1");
        for epoch in 1..5u64 {
            assert_eq!((writer.epoch(), writer.peer_epoch()), (1, epoch));
            if epoch % 2 == 1 {
                dying.kill();
            } else {
                dying.go_on();
                assert!(dying.ended().success());
            }
            fill(&mut writer);
            assert_eq!((writer.used_bytes(), writer.try_push(b"")), (56, Err(TryPushError::Full)));
            assert_eq!(writer.push(b"", A_WHILE), Err(PushError::TimedOut));
            let waiting = std::thread::spawn(move || (writer.push(b"", Some(LONG)), writer));
            dying = Other::start("succession::reader", &place.ring());
            dying.expect(&format!("reader {}", epoch + 1));
            let (pushed, back) = waiting.join().unwrap();
            assert_eq!(pushed, Ok(()));
            writer = back;
        }
    }
}

/// Without the option, the same peers end the calls.
// Checks: I9.
#[test]
fn f19_a_side_that_awaits_no_successor_is_told_of_the_end_and_goes_on_with_the_next_peer() {
    for strategy in STRATEGIES {
        let place = Place::new();
        let mut dying = Other::start("succession::writer", &place.ring()).after("writer 1");
        let mut reader = waiting(strategy).open(place.ring()).unwrap();
        (0..2).for_each(|_| assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Ok(8)));
        dying.kill();
        assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Err(PopError::PeerGone));
        let mut next = Other::start("succession::writer", &place.ring()).after("writer 2");
        (0..2).for_each(|_| assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Ok(8)));
        next.go_on();
        wait_until("the second writer leaves", || reader.try_pop(&mut Vec::new()) == Err(TryPopError::Closed));
        assert_eq!(reader.peer_epoch(), 2);
    }
}
