//! Faults 29, 30, 31 and 35: programs that do what they should not, and handles in unusual places.

use std::io::Write;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::mpsc::channel;
use std::thread;

use ipc_ring::{OpenError, PopError, PushError, RingReader, RingWriter, Side, TryPopError, TryPushError};
use ipc_ring_reference::wrong::panics_with;
use ipc_ring_reference::{
    numbers, other_process, pop_all, pops, push_all, ring, ring_by, sleeping, Other, Place, LONG,
};

fn busy(error: Option<OpenError>, expected: Side) {
    match error {
        Some(OpenError::Busy { side, .. }) => assert_eq!(side, expected),
        other => panic!("{other:?}"),
    }
}

// Checks: I3.
#[test]
fn f29_a_second_writer_or_reader_in_the_same_process_is_busy() {
    let (place, writer, reader) = ring(64);
    for _ in 0..3 {
        // That it was tried leaves the lock where it was.
        busy(RingWriter::attach(place.ring()).err(), Side::Writer);
        busy(RingReader::open(place.ring()).err(), Side::Reader);
        busy(
            thread::scope(|threads| threads.spawn(|| RingWriter::attach(place.ring()).err()).join().unwrap()),
            Side::Writer,
        );
    }
    drop(writer);
    let writer = RingWriter::attach(place.ring()).unwrap();
    busy(RingReader::open(place.ring()).err(), Side::Reader);
    drop(reader);
    RingReader::open(place.ring()).unwrap();
    busy(RingWriter::attach(place.ring()).err(), Side::Writer);
    drop(writer);
}

#[test]
#[ignore = "the other process of the test below"]
fn holder_of_both_sides() {
    let (path, mut steps) = other_process();
    let mut writer = RingWriter::create(&path, 4096).unwrap();
    let _reader = RingReader::open(&path).unwrap();
    writer.push(b"kept", None).unwrap();
    steps.step("holds both");
}

// Checks: T3.
#[test]
fn f29_a_side_that_another_process_holds_is_busy() {
    let place = Place::new();
    let mut holder = Other::start("misuse::holder_of_both_sides", &place.ring()).after("holds both");
    for _ in 0..3 {
        busy(RingWriter::attach(place.ring()).err(), Side::Writer);
        busy(RingReader::open(place.ring()).err(), Side::Reader);
    }
    holder.kill();
    let _writer = RingWriter::attach(place.ring()).unwrap();
    assert_eq!(RingReader::open(place.ring()).unwrap().pop(&mut Vec::new(), None), Ok(4));
}

// Checks: I1.
#[test]
fn f30_the_empty_message_and_the_longest_pass_and_one_byte_more_is_too_large() {
    for capacity in [64, 4096, 1 << 20] {
        let (_place, mut writer, mut reader) = ring(capacity);
        let max = capacity - 16;
        assert_eq!((writer.max_message_len(), reader.max_message_len()), (max, max));
        let mut buffer = b"before".to_vec();
        let longest: Vec<u8> = (0..max).map(|at| (at ^ at >> 8) as u8).collect();
        // Up to the end of the ring, and where the longest needs padding before it.
        for empty in [1, 2, 3] {
            for _ in 0..empty {
                writer.push(b"", None).unwrap();
                pops(&mut reader, b"");
            }
            let place = thread::scope(|threads| {
                let pushing = threads.spawn(|| writer.push(&longest, Some(LONG)));
                let popped = reader.pop(&mut buffer, Some(LONG));
                (pushing.join().unwrap(), popped)
            });
            assert_eq!(place, (Ok(()), Ok(max)));
            assert!(buffer == longest);
        }
        let before = (writer.position(), writer.used_bytes());
        let too_long = vec![0; max + 1];
        let too_large = PushError::TooLarge { len: max + 1, max };
        assert_eq!(writer.push(&too_long, Some(LONG)), Err(too_large));
        assert_eq!(writer.try_push(&too_long).map_err(PushError::from), Err(too_large));
        assert_eq!(writer.reserve(max + 1, Some(LONG)).err(), Some(too_large));
        for len in [1 << 32, usize::MAX - 7, usize::MAX] {
            assert_eq!(writer.reserve(len, None).err(), Some(PushError::TooLarge { len, max }));
            assert_eq!(writer.batch().try_reserve(len).err(), Some(TryPushError::TooLarge { len, max }));
        }
        let mut batch = writer.batch();
        assert_eq!(batch.push(&too_long, Some(LONG)), Err(too_large));
        assert_eq!(batch.reserve(max + 1, Some(LONG)).err(), Some(too_large));
        drop(batch);
        assert_eq!((writer.position(), writer.used_bytes()), before);
        assert_eq!(reader.try_pop(&mut buffer), Ok(None));
    }
}

/// What a forked child makes of its parent's handles, as the first thing that is not as it should be.
fn misused(mut writer: RingWriter, mut reader: RingReader, path: &std::path::Path) -> &'static str {
    let mut buffer = b"before".to_vec();
    let forked = [
        ("push", writer.push(b"x", None) == Err(PushError::Forked)),
        ("try_push", writer.try_push(b"x") == Err(TryPushError::Forked)),
        ("reserve", writer.reserve(1, None).err() == Some(PushError::Forked)),
        ("batch of the writer", writer.batch().push(b"x", None) == Err(PushError::Forked)),
        ("pop", reader.pop(&mut buffer, None) == Err(PopError::Forked)),
        ("try_pop", reader.try_pop(&mut buffer) == Err(TryPopError::Forked)),
        ("peek", reader.peek(None).err() == Some(PopError::Forked)),
        ("batch of the reader", reader.batch(1, None).err() == Some(PopError::Forked)),
        ("the buffer", buffer == b"before"),
    ];
    drop((writer, reader));
    // A ring of its own it can have, and what is its parent's it cannot.
    let own = RingWriter::create(path.with_extension("child"), 64).map(|mut own| {
        let pushed = own.push(b"own", None) == Ok(());
        let popped = RingReader::open(path.with_extension("child")).map(|mut reader| reader.pop(&mut buffer, None));
        pushed && matches!(popped, Ok(Ok(3)))
    });
    let busy = matches!(RingWriter::attach(path), Err(OpenError::Busy { .. }));
    match forked.iter().find(|(_, holds)| !holds) {
        Some((what, _)) => what,
        None if !matches!(own, Ok(true)) => "a ring of its own",
        None if !busy => "the parent's lock",
        None => "forked",
    }
}

#[test]
#[ignore = "the other process of the test below"]
fn parent_that_forks() {
    let (path, mut steps) = other_process();
    let mut writer = RingWriter::create(&path, 4096).unwrap();
    let mut reader = RingReader::open(path.with_extension("other way")).unwrap();
    push_all(&mut writer, numbers(0..3));
    // SAFETY: the child calls nothing that needs another thread: the allocator and the library see to their own locks.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let verdict = misused(writer, reader, &path);
        // SAFETY: asks for a number.
        let says = format!("\n> child {} {verdict}\n", unsafe { libc::getpid() });
        let mut input = libc::pollfd { fd: 0, events: 0, revents: 0 };
        // SAFETY: the bytes are there.
        unsafe { libc::write(1, says.as_ptr().cast(), says.len()) };
        // SAFETY: one entry. It lives on until the test has closed this input.
        unsafe { libc::poll(&mut input, 1, -1) };
        // SAFETY: ends the process.
        unsafe { libc::_exit(0) };
    }
    let mut status = 0;
    // SAFETY: a place for the answer. It has not ended.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, libc::WNOHANG) }, 0);
    steps.step("forked");
    writer.push(&3u64.to_le_bytes(), None).unwrap();
    let mut buffer = Vec::new();
    assert_eq!(reader.pop(&mut buffer, Some(LONG)), Ok(3));
    steps.step("goes on");
}

// Checks: I16.
#[test]
fn f31_a_child_that_is_forked_with_an_open_end_is_told_so_and_keeps_no_lock() {
    let place = Place::new();
    let other_way = place.ring().with_extension("other way");
    let mut writer = RingWriter::create(&other_way, 64).unwrap();
    writer.push(b"way", None).unwrap();
    let mut parent = Other::start("misuse::parent_that_forks", &place.ring());
    let (mut child, mut forked) = (None, false);
    while child.is_none() || !forked {
        let said = parent.says().expect("both say something");
        match said.strip_prefix("child ") {
            Some(of_child) => child = of_child.split_once(' ').map(|(id, said)| (id.to_string(), said.to_string())),
            None => forked = said == "forked",
        }
    }
    let (id, verdict) = child.unwrap();
    assert_eq!(verdict, "forked");

    // What the child did, and that it dropped its handles, has reached nobody: both sides of the parent go on.
    let mut reader = RingReader::open(place.ring()).unwrap();
    parent.goes_on_to("goes on");
    let mut buffer = Vec::new();
    pop_all(&mut reader, numbers(0..4));
    parent.kill();
    assert_eq!(reader.pop(&mut buffer, Some(LONG)), Err(PopError::PeerGone));
    let _successor = RingWriter::attach(place.ring()).unwrap();
    let _other_successor = RingReader::open(&other_way).unwrap();
    let state = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    assert!(!state.contains(") Z"), "the child lives on: {state}");
}

// Checks: I3.
#[test]
fn f35_a_handle_goes_on_in_another_thread_where_it_stood() {
    let (place, mut writer, mut reader) = ring(64);
    let mut buffer = Vec::new();
    for number in 0..50u64 {
        writer = thread::spawn(move || {
            writer.push(&number.to_le_bytes(), Some(LONG)).unwrap();
            writer
        })
        .join()
        .unwrap();
        (reader, buffer) = thread::spawn(move || {
            reader.pop(&mut buffer, Some(LONG)).unwrap();
            (reader, buffer)
        })
        .join()
        .unwrap();
        assert_eq!(buffer, number.to_le_bytes());
    }
    // Nor is the lock that of the thread that took it.
    busy(RingWriter::attach(place.ring()).err(), Side::Writer);
    busy(RingReader::open(place.ring()).err(), Side::Reader);
    assert_eq!((writer.position(), reader.position()), (800, 800));
}

// Checks: I9.
#[test]
fn f35_a_handle_that_is_dropped_while_the_peer_sleeps_tells_it() {
    for panics in [false, true] {
        let options = sleeping();
        let (place, writer, mut reader) = ring_by(&options, 64);
        let reading = thread::spawn(move || reader.pop(&mut Vec::new(), Some(LONG)));
        place.until_reader_sleeps(8);
        let dropping = thread::spawn(move || {
            let _writer = writer;
            assert!(!panics, "as this test wants it");
        });
        assert_eq!(dropping.join().is_err(), panics);
        assert_eq!(reading.join().unwrap(), Err(if panics { PopError::PeerGone } else { PopError::Closed }));

        // The other way round.
        let place = Place::new();
        let mut writer = options.create(place.ring(), 64).unwrap();
        let reader = options.open(place.ring()).unwrap();
        writer.push(&[1; 48], None).unwrap();
        let writing = thread::spawn(move || writer.push(b"", Some(LONG)));
        place.until_writer_sleeps(8);
        let dropping = thread::spawn(move || {
            let _reader = reader;
            assert!(!panics, "as this test wants it");
        });
        assert_eq!(dropping.join().is_err(), panics);
        assert_eq!(writing.join().unwrap(), Err(PushError::Closed));
    }
}

// Checks: I14.
#[test]
fn f35_what_is_dropped_during_unwinding_publishes_whole_messages_and_releases_none() {
    let (place, mut writer, mut reader) = ring(4096);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let mut batch = writer.batch();
        batch.push(b"whole", None).unwrap();
        let mut grant = batch.reserve(100, None).unwrap();
        grant.write_all(b"half").unwrap();
        panic!("as this test wants it");
    }));
    assert!(panicked.is_err());
    panics_with(|| {
        let mut grant = writer.reserve(100, None).unwrap();
        grant.write_all(b"half").unwrap();
        grant
    });
    writer.push(b"behind", None).unwrap();
    panics_with(|| {
        let mut batch = reader.batch(10, None).unwrap();
        assert_eq!(batch.messages().map(|message| message.len()).collect::<Vec<_>>(), [5, 6]);
        batch
    });
    let mut buffer = Vec::new();
    pop_all(&mut reader, [&b"whole"[..], b"behind"]);
    assert_eq!(reader.try_pop(&mut buffer), Ok(None));

    // A handle that goes down with its thread leaves its side to the next.
    let (send, receive) = channel();
    let dying = thread::spawn(move || {
        let _handles = (writer, reader);
        send.send(()).unwrap();
        panic!("as this test wants it");
    });
    receive.recv().unwrap();
    assert!(dying.join().is_err());
    let mut reader = RingReader::open(place.ring()).unwrap();
    assert_eq!(reader.try_pop(&mut buffer), Ok(None), "a panic has ended no stream");
    assert_eq!(reader.pop(&mut buffer, Some(LONG)), Err(PopError::PeerGone));
    RingWriter::attach(place.ring()).unwrap();
}
