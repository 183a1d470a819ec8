//! What a handle offers beside `push` and `pop`: taking a ring that may be there, buffers of a fixed length, grants
//! that are cut, and what errors say.
#![cfg(not(any(loom, shuttle)))]

use std::collections::VecDeque;
use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use ipc_ring::{
    remove, BufferTooSmall, ByteReader, ByteWriter, Check, CountError, CreateError, CreateOrAttachError, FenceMode,
    InvalidCapacity, InvalidPosition, OpenError, PopError, PopIntoError, PushError, RingOptions, RingReader,
    RingWriter, Side, SideState, Trust, TryPopError, TryPushError, WaitStrategy,
};
use ipc_ring_reference::{wait_until, Place};

#[test]
fn a_ring_is_created_where_nothing_is_and_attached_to_where_it_is() {
    let place = Place::new();
    let mut writer = RingWriter::create_or_attach(place.ring(), 4096).unwrap();
    writer.push(b"one", None).unwrap();
    drop(writer);
    let writer = RingWriter::create_or_attach(place.ring(), 64).unwrap();
    assert_eq!((writer.epoch(), writer.capacity(), writer.message_count()), (2, 4096, Ok(1)), "it stays as it is");
    match RingWriter::create_or_attach(place.ring(), 4096) {
        Err(CreateOrAttachError::Attach(OpenError::Busy { side: Side::Writer, .. })) => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_no_ring_is_left_alone_and_what_cannot_be_made_is_not_made() {
    let place = Place::new();
    fs::write(place.ring(), "something else").unwrap();
    match RingWriter::create_or_attach(place.ring(), 4096) {
        Err(CreateOrAttachError::Attach(OpenError::NotARing { .. })) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(fs::read(place.ring()).unwrap(), b"something else");
    fs::remove_file(place.ring()).unwrap();

    std::os::unix::fs::symlink("nowhere", place.ring()).unwrap();
    assert!(matches!(RingWriter::create_or_attach(place.ring(), 4096), Err(CreateOrAttachError::Attach(_))));
    fs::remove_file(place.ring()).unwrap();

    match RingWriter::create_or_attach(place.ring(), 5000) {
        Err(CreateOrAttachError::Create(CreateError::InvalidCapacity(InvalidCapacity { given: 5000 }))) => {}
        other => panic!("{other:?}"),
    }
    let missing = place.ring().with_file_name("missing").join("ring");
    match RingWriter::create_or_attach(missing, 4096) {
        Err(CreateOrAttachError::Create(CreateError::Io { .. })) => {}
        other => panic!("{other:?}"),
    }
    assert!(!place.ring().exists());
}

#[test]
fn an_error_of_either_way_says_what_that_way_says() {
    let place = Place::new();
    fs::write(place.ring(), "something else").unwrap();
    let [either, attach] = [
        RingWriter::create_or_attach(place.ring(), 4096).unwrap_err().to_string(),
        RingWriter::attach(place.ring()).unwrap_err().to_string(),
    ];
    assert_eq!((&either, either.is_empty()), (&attach, false));
    let [either, create] = [
        RingWriter::create_or_attach("/tmp/never", 5000).unwrap_err().to_string(),
        RingWriter::create("/tmp/never", 5000).unwrap_err().to_string(),
    ];
    assert_eq!((&either, either.is_empty()), (&create, false));
}

#[test]
fn a_ring_in_which_a_message_comes_after_padding_or_an_end_is_not_empty() {
    let place = Place::new();
    let mut writer = RingWriter::create(place.ring(), 64).unwrap();
    let mut reader = RingReader::open(place.ring()).unwrap();
    writer.push(&[1; 32], None).unwrap();
    reader.pop(&mut Vec::new(), None).unwrap();
    assert!(reader.is_empty());
    writer.push(&[2; 24], None).unwrap(); // after padding
    assert!(!reader.is_empty());
    reader.pop(&mut Vec::new(), None).unwrap();
    writer.finish();
    assert!(reader.is_empty(), "an end is no message");
    RingWriter::attach(place.ring()).unwrap().push(b"more", None).unwrap();
    assert!(!reader.is_empty());
    drop(reader);
    let mut reader = RingOptions::new().reader_stops_at_ends(true).open(place.ring()).unwrap();
    assert!(reader.is_empty(), "it does not pass the end");
    assert!(reader.take_end() && !reader.is_empty());
}

/// A writer that dies in the middle of a stream is missed. One that dies before the first message of a stream is not: a
/// reader that stops at ends waits for another. Padding makes no difference.
#[test]
fn padding_neither_begins_a_stream_nor_ends_one() {
    let place = Place::new();
    let mut writer = RingWriter::create(place.ring(), 64).unwrap();
    let mut reader = RingOptions::new().reader_stops_at_ends(true).open(place.ring()).unwrap();
    let mut buffer = Vec::new();
    let passes_padding = |writer: &mut RingWriter, reader: &mut RingReader| {
        let before = reader.position();
        assert_eq!(writer.try_push(&[2; 40]), Err(TryPushError::Full)); // it wrote padding
        assert_eq!(reader.try_pop(&mut Vec::new()), Ok(None));
        assert!(reader.position() > before);
    };
    writer.push(&[1; 24], None).unwrap();
    reader.pop(&mut buffer, None).unwrap();
    passes_padding(&mut writer, &mut reader);
    writer.abandon();
    assert_eq!(reader.pop(&mut buffer, Some(Duration::from_secs(20))), Err(PopError::PeerGone));

    let mut writer = RingWriter::attach(place.ring()).unwrap();
    writer.push(&[3; 24], None).unwrap();
    reader.pop(&mut buffer, None).unwrap();
    writer.finish();
    assert_eq!(reader.pop(&mut buffer, None), Err(PopError::Closed));
    assert!(reader.take_end());
    let mut writer = RingWriter::attach(place.ring()).unwrap();
    passes_padding(&mut writer, &mut reader);
    writer.abandon();
    assert_eq!(reader.pop(&mut buffer, Some(Duration::from_millis(200))), Err(PopError::TimedOut));
}

/// Says what became of it, then what to do; no two say the same, unless the same is to be done.
#[test]
fn every_error_of_a_ring_in_use_says_what_to_do_and_has_a_kind() {
    use ErrorKind::{
        BrokenPipe, ConnectionReset, Interrupted, InvalidData, InvalidInput, NotFound, PermissionDenied, TimedOut,
        UnexpectedEof, WouldBlock,
    };
    let small = BufferTooSmall { len: 9, given: 4 };
    let checks = [
        (Check::CursorAlignment, "a cursor is not a multiple of 8"),
        (Check::CursorRange, "the peer's cursor is out of range"),
        (Check::RecordKind, "a record is of no known kind"),
        (Check::RecordLength, "a record's length is out of range"),
        (Check::RecordPadding, "a padding record stands where none belongs"),
    ];
    let corrupt = checks.iter().flat_map(|&(check, what)| {
        let said = |who: &str| format!("the {who} broke the protocol: {what}; stop using this ring and create another");
        let [push, pop] = [said("reader"), said("writer")];
        [
            (io::Error::from(PushError::Corrupt { check }), InvalidData, push.clone()),
            (TryPushError::Corrupt { check }.into(), InvalidData, push),
            (PopError::Corrupt { check }.into(), InvalidData, pop.clone()),
            (TryPopError::Corrupt { check }.into(), InvalidData, pop),
        ]
    });
    let too_large = "a message of 9 bytes is too large, 4 is the most; split it, or create a larger ring";
    let (len, max) = (9, 4);
    let forked = "this handle is the parent process's; use it there, and a ring of your own here";
    let reader_closed = "the reader closed the ring; push again once another reader opens it";
    let ended = "all was read, and the writer ended the stream";
    let others = [
        (PushError::TooLarge { len, max }.into(), InvalidInput, too_large),
        (PushError::TimedOut.into(), TimedOut, "the ring was full until the deadline; push again, or wait longer"),
        (PushError::Closed.into(), BrokenPipe, reader_closed),
        (
            PushError::PeerGone.into(),
            BrokenPipe,
            "the ring is full, and its reader died; push again once another reader opens it",
        ),
        (PushError::Removed.into(), NotFound, "the ring is full, and was removed; create it anew"),
        (PushError::Replaced.into(), NotFound, "the ring is full, and another file has its name; attach to that one"),
        (PushError::Forked.into(), PermissionDenied, forked),
        (TryPushError::TooLarge { len, max }.into(), InvalidInput, too_large),
        (TryPushError::Full.into(), WouldBlock, "the ring is full; try again, or push with a time-out"),
        (TryPushError::Closed.into(), BrokenPipe, reader_closed),
        (TryPushError::Forked.into(), PermissionDenied, forked),
        (PopError::TimedOut.into(), TimedOut, "no message came until the deadline; pop again, or wait longer"),
        (PopError::Closed.into(), UnexpectedEof, ended),
        (
            PopError::PeerGone.into(),
            ConnectionReset,
            "all was read, and the writer died or abandoned the ring; pop again once another attaches",
        ),
        (
            PopError::Removed.into(),
            NotFound,
            "all was read, and the ring was removed; open it once a writer has created it anew",
        ),
        (PopError::Replaced.into(), NotFound, "all was read, and another file has the ring's name; open that one"),
        (PopError::Forked.into(), PermissionDenied, forked),
        (TryPopError::Closed.into(), UnexpectedEof, ended),
        (TryPopError::Forked.into(), PermissionDenied, forked),
        (PopIntoError::Pop(PopError::Closed).into(), UnexpectedEof, ended),
        (
            PopIntoError::BufferTooSmall(small).into(),
            InvalidInput,
            "the message has 9 bytes, the buffer 4; pass one of max_message_len() bytes",
        ),
        (
            PopIntoError::OtherLength { len: 9, element: 4 }.into(),
            InvalidInput,
            "the message has 9 bytes, an element of the array 4; take it with pop()",
        ),
        (small.into(), InvalidInput, "the message has 9 bytes, the buffer 4; pass one of max_message_len() bytes"),
        (
            InvalidPosition { given: 8 }.into(),
            InvalidInput,
            "no message of this batch ends at 8; pass the position() of a message that it iterated over",
        ),
        (CountError::Damaged.into(), InvalidData, "the ring's count of messages is damaged; go by positions"),
        (CountError::Outrun.into(), Interrupted, "a side moved faster than its messages could be counted; ask again"),
        (
            InvalidCapacity { given: 1 }.into(),
            InvalidInput,
            "a ring cannot have a capacity of 1 byte; pass a power of two from 64 to 2147483648",
        ),
        (
            InvalidCapacity { given: 5000 }.into(),
            InvalidInput,
            "a ring cannot have a capacity of 5000 bytes; pass a power of two from 64 to 2147483648, for instance 8192",
        ),
    ];
    let others = others.into_iter().map(|(error, kind, said)| (error, kind, said.to_string()));
    for (error, kind, said) in corrupt.chain(others) {
        let error: io::Error = error;
        assert_eq!((error.kind(), error.to_string()), (kind, said));
    }
}

#[test]
fn what_a_debugger_prints_of_a_handle_and_of_a_batch_is_where_it_stands() {
    let (mut writer, mut reader) = ipc_ring::pair(4096).unwrap();
    writer.push(b"data", None).unwrap();
    for (said, position) in [
        (format!("{writer:?}"), 16),
        (format!("{:?}", writer.batch()), 16),
        (format!("{reader:?}"), 0),
        (format!("{:?}", reader.batch(1, None).unwrap()), 0),
    ] {
        assert!(said.contains(&format!("capacity: 4096, position: {position}")), "{said}");
    }
}

/// Many at once, at a path where a ring comes and goes.
#[test]
fn of_many_that_create_or_attach_at_once_one_is_the_writer_and_the_others_are_told_that_it_lives() {
    const THREADS: usize = 4;
    const ROUNDS: usize = 200;
    let place = Place::new();
    let (begin, end) = (Barrier::new(THREADS), Barrier::new(THREADS));
    let attempt = |thread: usize| {
        let mut won = 0;
        for round in 0..ROUNDS {
            begin.wait();
            let taken = RingWriter::create_or_attach(place.ring(), 64);
            end.wait();
            match taken {
                Ok(_writer) => won += 1,
                Err(CreateOrAttachError::Attach(OpenError::Busy { side: Side::Writer, .. })) => {}
                Err(error) => panic!("{error}"),
            }
            begin.wait();
            if thread == 0 && round % 2 == 0 {
                remove(place.ring(), Trust::new()).unwrap();
            }
            end.wait();
        }
        won
    };
    let won: usize = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || attempt(thread))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(won, ROUNDS, "one writer each time");
}

/// While somebody removes the ring again and again, whoever wants to be its writer becomes one each time.
#[test]
fn a_ring_that_is_removed_meanwhile_is_created_anew() {
    const ROUNDS: usize = 500;
    let place = Place::new();
    let going = Arc::new(());
    let over = Arc::downgrade(&going);
    thread::scope(|scope| {
        let _going = going; // also where this fails
        scope.spawn(|| {
            while over.strong_count() > 0 {
                match remove(place.ring(), Trust::new()) {
                    Ok(()) | Err(OpenError::NotFound { .. } | OpenError::Busy { .. } | OpenError::Replaced { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        });
        for _ in 0..ROUNDS {
            let mut writer = RingWriter::create_or_attach(place.ring(), 64).unwrap();
            let mut reader = RingReader::open(place.ring()).unwrap();
            writer.try_push(b"data").unwrap();
            assert!(writer.still_named(), "nobody removes a ring that is held");
            assert_eq!(reader.pop(&mut Vec::new(), None), Ok(4));
        }
    });
}

#[test]
fn a_message_that_is_longer_than_a_buffer_stays_and_leaves_it_as_it_was() {
    let (mut writer, mut reader) = ipc_ring::pair(256).unwrap();
    for len in [0, 1, 7, 8, 9, 100] {
        let message: Vec<u8> = (0..len).map(|at| at as u8 ^ 0x5A).collect();
        writer.push(&message, None).unwrap();
        for given in 0..len {
            let small = BufferTooSmall { len, given };
            let mut buffer = vec![0xEE; given];
            assert_eq!(reader.pop_into(&mut buffer, None), Err(PopIntoError::BufferTooSmall(small)));
            assert_eq!(reader.peek(None).unwrap().copy_to_slice(&mut buffer).map(drop), Err(small));
            assert_eq!(buffer, vec![0xEE; given]);
        }
        let mut buffer = vec![0xEE; len + 3];
        assert_eq!(reader.peek(None).unwrap().to_vec(), message);
        assert_eq!(reader.peek(None).unwrap().copy_to_slice(&mut buffer).unwrap(), message);
        assert_eq!(reader.pop_into(&mut buffer, None), Ok(len));
        assert_eq!(buffer, [&message[..], &[0xEE; 3]].concat());
        let late = reader.pop_into(&mut buffer, Some(Duration::ZERO));
        assert_eq!(late, Err(PopIntoError::Pop(PopError::TimedOut)));
    }
}

#[test]
fn messages_are_popped_into_whatever_can_be_extended() {
    let (mut writer, mut reader) = ipc_ring::pair(256).unwrap();
    for message in [b"one", b"two", b"six"] {
        writer.push(message, None).unwrap();
    }
    let mut messages = VecDeque::new();
    assert_eq!(reader.pop_many(&mut messages, 0, None), Ok(0));
    assert_eq!(reader.pop_many(&mut messages, 2, None), Ok(2));
    assert_eq!(reader.pop_many(&mut messages, 2, None), Ok(1));
    assert_eq!(messages, [b"one", b"two", b"six"]);
    assert_eq!(reader.pop_many(&mut messages, 2, Some(Duration::ZERO)), Err(PopError::TimedOut));
}

#[test]
fn of_a_grant_what_was_written_and_not_cut_is_the_message() {
    let (mut writer, mut reader) = ipc_ring::pair(256).unwrap();
    let mut pop = || {
        let mut buffer = Vec::new();
        reader.pop(&mut buffer, None).unwrap();
        buffer
    };
    let mut grant = writer.reserve(10, None).unwrap();
    assert_eq!((grant.capacity(), grant.len(), grant.is_empty()), (10, 0, true));
    grant.write_all(b"12345").unwrap();
    grant.truncate(3);
    grant.truncate(9); // no more is there
    grant.write_all(b"6789abc").unwrap();
    assert_eq!(grant.write(b"too much").unwrap(), 0);
    assert_eq!((grant.capacity(), grant.len()), (10, 10));
    grant.commit();
    assert_eq!(pop(), b"1236789abc");

    let mut grant = writer.reserve(10, None).unwrap();
    // SAFETY: T7 (the reader is this very thread).
    unsafe { grant.as_mut_slice() }.copy_from_slice(b"0123456789");
    grant.truncate(4);
    grant.commit();
    assert_eq!(pop(), b"0123");

    writer.reserve(10, None).unwrap().commit();
    assert_eq!(pop(), b"", "nothing was written");
}

#[test]
fn a_stream_gives_back_the_handle_that_it_is_made_of() {
    let (writer, reader) = ipc_ring::pair(64).unwrap();
    let mut stream = ByteWriter::with_capacity(40, writer);
    stream.set_timeout(Some(Duration::ZERO));
    stream.write_all(&[1; 40]).unwrap();
    stream.write_all(&[2; 20]).unwrap();
    // The first 40 bytes are in the ring: there is no space for the others.
    let (stream, error) = stream.into_inner().unwrap_err();
    assert_eq!((error.kind(), stream.buffer()), (ErrorKind::WouldBlock, &[2; 20][..]));
    let mut received = ByteReader::new(reader);
    received.read_exact(&mut [0; 39]).unwrap();
    let mut reader = received.into_inner();
    assert_eq!(reader.pop(&mut Vec::new(), None), Ok(40), "it was not consumed to its end");
    let writer = stream.into_inner().map_err(|(_, error)| error).unwrap();
    assert_eq!(reader.pop(&mut Vec::new(), None), Ok(20));
    drop(writer);
    assert_eq!(reader.try_pop(&mut Vec::new()), Err(TryPopError::Closed));
}

/// A vector that takes no more than there is room for.
struct Bounded(Vec<Vec<u8>>, usize);

impl Extend<Vec<u8>> for Bounded {
    fn extend<I: IntoIterator<Item = Vec<u8>>>(&mut self, messages: I) {
        let room = self.1 - self.0.len();
        self.0.extend(messages.into_iter().take(room));
    }
}

#[test]
fn what_is_not_taken_stays_in_the_ring() {
    let (mut writer, mut reader) = ipc_ring::pair(256).unwrap();
    ["one", "two", "six"].iter().for_each(|message| writer.push(message.as_bytes(), None).unwrap());
    let mut some = Bounded(Vec::new(), 2);
    assert_eq!(reader.pop_many(&mut some, 9, None), Ok(2));
    assert_eq!(reader.pop_many(&mut some, 9, None), Ok(0), "it takes no more");
    assert_eq!(some.0, [b"one", b"two"]);
    assert_eq!(reader.message_count(), Ok(2));
    assert_eq!(reader.peek(None).unwrap().to_vec(), b"six");
}

#[test]
fn of_a_pair_a_side_that_is_gone_without_an_end_is_told_as_a_death() {
    let pair = || ipc_ring::pair(64).unwrap();
    let (mut writer, mut reader) = pair();
    writer.push(b"one", None).unwrap();
    writer.abandon();
    assert_eq!(reader.pop(&mut Vec::new(), None), Ok(3));
    assert_eq!(reader.pop(&mut Vec::new(), None), Err(PopError::PeerGone));

    let (mut writer, mut reader) = pair();
    let reading = thread::spawn(move || {
        let popped: Vec<_> = reader.iter(None).collect();
        popped
    });
    let panicking = thread::spawn(move || {
        writer.push(b"one", None).unwrap();
        panic!("as this test wants it");
    });
    assert!(panicking.join().is_err());
    assert_eq!(reading.join().unwrap(), [Ok(b"one".to_vec()), Err(PopError::PeerGone)]);

    let (mut writer, reader) = pair();
    drop(reader);
    assert_eq!(writer.push(b"", None), Err(PushError::Closed));
}

/// The last reader has died, so to speak, and nobody can come.
#[test]
fn who_waits_for_room_for_an_end_is_told_that_the_ring_is_gone() {
    let place = Place::new();
    drop(RingWriter::create(place.ring(), 64).unwrap());
    (1..8).for_each(|_| drop(RingWriter::attach(place.ring()).unwrap()));
    let mut options = RingOptions::new();
    options.await_successors(true).wait_strategy(WaitStrategy::Sleep);
    thread::scope(|scope| {
        let attaching = scope.spawn(|| options.attach_wait(place.ring(), None));
        // It holds the side, and waits: then the name goes.
        let view = ipc_ring::RingView::open(place.ring()).unwrap();
        wait_until("it waits for room", || view.snapshot().writer.state == SideState::Attached);
        fs::rename(place.ring(), place.ring().with_extension("old")).unwrap();
        assert!(matches!(attaching.join().unwrap(), Err(OpenError::NotFound { .. })));
    });
}

/// Both sides of a pair are handles as all others, though there is no file.
#[test]
fn a_pair_passes_messages_between_two_threads_and_ends_as_a_ring_does() {
    for given in [0, 63, 100, 1 << 32] {
        assert_eq!(ipc_ring::pair(given).err(), Some(InvalidCapacity { given }));
    }
    let (mut writer, mut reader) = ipc_ring::pair(64).unwrap();
    let reading = thread::spawn(move || reader.iter(None).map(Result::unwrap).collect::<Vec<_>>());
    let messages: Vec<Vec<u8>> = (0..1000).map(|number: u32| number.to_le_bytes().to_vec()).collect();
    messages.iter().for_each(|message| writer.push(message, None).unwrap());
    assert!(writer.still_named());
    drop(writer);
    assert_eq!(reading.join().unwrap(), messages);
}

#[test]
fn an_option_that_is_for_creating_changes_nothing_of_a_ring_that_is_there() {
    let place = Place::new();
    drop(RingOptions::new().create_fence_mode(FenceMode::Symmetric).create(place.ring(), 64).unwrap());
    let mut options = RingOptions::new();
    options.create_mode(0o666).create_fence_mode(FenceMode::Asymmetric);
    drop(options.attach(place.ring()).unwrap());
    let view = ipc_ring::RingView::open(place.ring()).unwrap();
    assert_eq!(view.fence_mode(), FenceMode::Symmetric);
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(fs::metadata(place.ring()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn arrays_of_any_length_get_through_and_what_does_not_fit_is_told() {
    let (mut writer, mut reader) = ipc_ring::pair(64).unwrap();
    assert_eq!(writer.push_many(&[[]; 9], None), Ok(7), "each takes 8 bytes, and the end has room, too");
    assert_eq!(reader.pop_many_into(&mut [[]; 9], None), Ok(7));
    assert_eq!(writer.push_many(&[[0; 49]], None), Err(PushError::TooLarge { len: 49, max: 48 }));
    assert_eq!(writer.push_many::<49>(&[], None), Ok(0));
    assert_eq!(reader.pop_many_into::<49>(&mut [], None), Ok(0));

    // The lap ends after 8 bytes.
    let mut messages = [[0; 8]; 4];
    assert_eq!(writer.push_many(&[[1; 8], [2; 8], [3; 8], [4; 8]], None), Ok(3));
    assert_eq!(writer.push_many(&[[4; 8]], Some(Duration::ZERO)), Err(PushError::TimedOut));
    assert_eq!(reader.pop_many_into(&mut messages[..2], None), Ok(2));
    assert_eq!(writer.push_many(&[[4; 8]], None), Ok(1));
    assert_eq!(reader.pop_many_into(&mut messages[2..], None), Ok(1), "the other was not seen yet");
    assert_eq!(reader.pop_many_into(&mut messages[3..], None), Ok(1));
    assert_eq!(messages, [[1; 8], [2; 8], [3; 8], [4; 8]]);

    std::mem::forget({
        let mut batch = writer.batch();
        batch.push(b"odd", None).unwrap();
        batch
    });
    assert_eq!(writer.push_many::<8>(&[], None), Ok(0), "nothing is published by nothing");
    assert!(reader.is_empty());
    assert_eq!(writer.push_many(&[[5; 3]], None), Ok(1));
    let other = PopIntoError::OtherLength { len: 3, element: 8 };
    assert_eq!(reader.pop_many_into(&mut messages, None), Err(other));
    let mut odd = [[0; 3]; 3];
    assert_eq!(reader.pop_many_into(&mut odd, None), Ok(2));
    assert_eq!(odd, [*b"odd", [5; 3], [0; 3]]);

    drop(writer);
    assert_eq!(reader.pop_many_into(&mut odd, None), Err(PopIntoError::Pop(PopError::Closed)));
    let (mut writer, reader) = ipc_ring::pair(64).unwrap();
    drop(reader);
    assert_eq!(writer.push_many(&[[1; 8]], None), Err(PushError::Closed));
}
