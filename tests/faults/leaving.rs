//! Fault 37: what is left by `?`, `break` or a panic, dropped or forgotten. No message is lost by it, and no part of a
//! stream passes for the whole.

use std::io::{self, Read, Write};
use std::thread;
use std::time::Duration;

use ipc_ring::{ByteReader, ByteWriter, InvalidPosition, PopError, RingReader, RingWriter, SideState, WaitStrategy};
use ipc_ring_reference::wrong::panics_with;
use ipc_ring_reference::{other_process, ring, ring_by, sleeping, waiting, Other, Place, LONG};

fn push_events(writer: &mut RingWriter, count: u8) {
    (0..count).for_each(|number| writer.push(format!("event {number}").as_bytes(), None).unwrap());
}

/// The message that is next, which stays.
fn next(reader: &mut RingReader) -> String {
    let mut buffer = Vec::new();
    reader.peek(Some(LONG)).unwrap().copy_to(&mut buffer);
    String::from_utf8(buffer).unwrap()
}

/// A log that takes lines until its disk is full.
struct Log {
    lines: Vec<String>,
    space: usize,
}

impl Log {
    fn with_space_for(space: usize) -> Self {
        Self { lines: Vec::new(), space }
    }

    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if self.lines.len() == self.space {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.lines.push(String::from_utf8(line.to_vec()).unwrap());
        Ok(())
    }
}

/// The loop of the guide for what must never be lost: a batch is committed once all of it is dealt with.
fn log_all(reader: &mut RingReader, log: &mut Log) -> Result<(), Box<dyn std::error::Error>> {
    let mut buffer = Vec::new();
    let mut batch = reader.batch(1000, Some(LONG))?;
    for message in &mut batch {
        message.copy_to(&mut buffer);
        log.write(&buffer)?;
    }
    batch.commit();
    Ok(())
}

/// The other loop of the guide: what was dealt with does not come again.
fn log_each(reader: &mut RingReader, log: &mut Log) -> Result<(), Box<dyn std::error::Error>> {
    let (mut buffer, mut logged) = (Vec::new(), None);
    let mut batch = reader.batch(1000, Some(LONG))?;
    let result = batch.messages().try_for_each(|message| {
        message.copy_to(&mut buffer);
        log.write(&buffer)?;
        logged = Some(message.position());
        Ok(())
    });
    if let Some(logged) = logged {
        batch.commit_through(logged)?;
    }
    result
}

// Checks: I14.
#[test]
fn f37_a_log_that_fails_loses_no_event() {
    let (_place, mut writer, mut reader) = ring(4096);
    push_events(&mut writer, 6);
    let mut log = Log::with_space_for(3);
    assert!(log_all(&mut reader, &mut log).is_err());
    assert_eq!((log.lines.len(), &*next(&mut reader)), (3, "event 0"), "all of the batch comes again");

    let mut log = Log::with_space_for(3);
    assert!(log_each(&mut reader, &mut log).is_err());
    assert_eq!(log.lines, ["event 0", "event 1", "event 2"]);
    assert_eq!(next(&mut reader), "event 3", "what was not logged is next");
    log.space = 6;
    log_each(&mut reader, &mut log).unwrap();
    assert_eq!(log.lines, ["event 0", "event 1", "event 2", "event 3", "event 4", "event 5"]);
    assert!(writer.is_empty());
}

// Checks: I14.
#[test]
fn f37_a_batch_that_is_not_committed_releases_nothing_however_it_is_left() {
    let (place, mut writer, mut reader) = ring(4096);
    push_events(&mut writer, 3);
    let used = writer.used_bytes();
    type Leave = fn(&mut RingReader);
    let leave: [(&str, Leave); 5] = [
        ("dropped", |reader| {
            let mut batch = reader.batch(9, Some(LONG)).unwrap();
            assert_eq!(batch.messages().count(), 3);
        }),
        ("forgotten", |reader| {
            let mut batch = reader.batch(9, Some(LONG)).unwrap();
            assert_eq!(batch.messages().count(), 3);
            #[allow(clippy::forget_non_drop)] // that there is no difference is what is to be seen
            std::mem::forget(batch);
        }),
        ("left by break", |reader| {
            for message in &mut reader.batch(9, Some(LONG)).unwrap() {
                if !message.is_empty() {
                    break;
                }
            }
        }),
        ("left by ?", |reader| {
            let mut left = || -> Result<(), Box<dyn std::error::Error>> {
                let mut batch = reader.batch(9, Some(LONG))?;
                assert!(batch.messages().next().is_some());
                "no number".parse::<u8>()?;
                batch.commit();
                Ok(())
            };
            assert!(left().is_err());
        }),
        ("left by a panic", |reader| {
            panics_with(|| {
                let mut batch = reader.batch(9, Some(LONG)).unwrap();
                assert_eq!(batch.messages().count(), 3);
                batch
            });
        }),
    ];
    for (how, leave) in leave {
        leave(&mut reader);
        assert_eq!((reader.position(), reader.message_count(), writer.used_bytes()), (0, Ok(0), used), "{how}");
        assert_eq!(next(&mut reader), "event 0", "{how}");
    }
    // Nor does it to another reader.
    drop(reader);
    let mut reader = RingReader::open(place.ring()).unwrap();
    let all: Vec<_> = reader.iter(Some(LONG)).take(3).map(|message| String::from_utf8(message.unwrap())).collect();
    assert_eq!(all, [Ok("event 0".into()), Ok("event 1".into()), Ok("event 2".into())]);
}

/// Twelve records of 24 bytes in a ring of 128, in batches that begin anywhere in a lap: padding stands within them.
// Checks: I14.
#[test]
fn f37_a_position_at_which_no_message_of_the_batch_ends_releases_nothing() {
    for start in [0, (1 << 32) - 64, u64::MAX - 63] {
        let place = Place::new();
        ipc_ring_reference::ring_at(&place.ring(), 128, start);
        let mut writer = RingWriter::attach(place.ring()).unwrap();
        let mut reader = RingReader::open(place.ring()).unwrap();
        for first in 0..12u8 {
            let mut pushed = 0;
            while writer.try_push(&[first + pushed; 16]).is_ok() {
                pushed += 1;
            }
            assert!(reader.try_peek().unwrap().is_some()); // which takes the padding before it
            let before = reader.position();
            for passed in 0..=usize::from(pushed) {
                let ends = |batch: &mut ipc_ring::ReadBatch<'_>| -> Vec<u64> {
                    batch.messages().take(passed).map(|message| message.position()).collect()
                };
                let near = (0..160).map(|bytes| before.wrapping_sub(16).wrapping_add(bytes));
                for given in near.chain([0, 1, u64::MAX, before ^ 1 << 63]) {
                    let mut batch = reader.batch(9, Some(LONG)).unwrap();
                    if !ends(&mut batch).contains(&given) {
                        assert_eq!(batch.commit_through(given), Err(InvalidPosition { given }), "{passed} of {pushed}");
                        assert_eq!(reader.position(), before);
                    }
                }
            }
            let mut batch = reader.batch(9, Some(LONG)).unwrap();
            let ends: Vec<u64> = batch.messages().map(|message| message.position()).collect();
            assert_eq!(ends.len(), usize::from(pushed));
            batch.commit_through(ends[0]).unwrap();
            assert_eq!(reader.position(), ends[0]);
            let mut buffer = Vec::new();
            if ends.len() > 1 {
                reader.peek(Some(LONG)).unwrap().copy_to(&mut buffer);
                assert_eq!(buffer, [first + 1; 16], "and what follows is the next message");
            }
            let mut batch = reader.batch(9, Some(LONG)).unwrap();
            assert_eq!(batch.messages().map(|message| message.position()).collect::<Vec<_>>(), ends[1..]);
            batch.commit_through(*ends.last().unwrap()).unwrap();
            assert_eq!(reader.position(), *ends.last().unwrap());
        }
        let text = InvalidPosition { given: 7 }.to_string();
        assert!(text.contains("position()") && text.contains("ends at 7"), "{text}");
    }
}

// Checks: I13.
#[test]
fn f37_what_a_batch_that_was_forgotten_left_is_in_the_ring_when_its_writer_goes() {
    let go: [fn(RingWriter); 4] = [drop, RingWriter::finish, RingWriter::abandon, |writer| panics_with(|| writer)];
    for go in go {
        let (_place, mut writer, mut reader) = ring(4096);
        std::mem::forget(writer.reserve(10, None).unwrap());
        let mut batch = writer.batch();
        batch.push(b"whole", None).unwrap();
        std::mem::forget(batch);
        go(writer);
        assert_eq!(next(&mut reader), "whole");
        reader.pop(&mut Vec::new(), Some(LONG)).unwrap();
        assert!(matches!(reader.pop(&mut Vec::new(), Some(LONG)), Err(PopError::Closed | PopError::PeerGone)));
    }
}

type Go = fn(RingWriter);

/// How a writer goes, and whether its stream has ended then.
fn ways_to_go() -> [(&'static str, Go, bool); 6] {
    /// Does with its writer in a panic what it is told.
    struct InAPanic(Option<RingWriter>, fn(RingWriter));
    impl Drop for InAPanic {
        fn drop(&mut self) {
            assert!(thread::panicking());
            self.1(self.0.take().unwrap());
        }
    }
    [
        ("dropped", drop, true),
        (
            "dropped by ?",
            |writer| {
                let left = move || -> Result<(), Box<dyn std::error::Error>> {
                    let _writer = writer;
                    "no number".parse::<u8>()?;
                    Ok(())
                };
                assert!(left().is_err());
            },
            true,
        ),
        ("finished", RingWriter::finish, true),
        ("finished in a panic", |writer| panics_with(|| InAPanic(Some(writer), RingWriter::finish)), true),
        ("abandoned", RingWriter::abandon, false),
        ("dropped by a panic", |writer| panics_with(|| writer), false),
    ]
}

// Checks: I9.
#[test]
fn f37_a_reader_asleep_takes_no_part_of_a_stream_for_the_whole() {
    for (how, go, ends) in ways_to_go() {
        for strategy in [WaitStrategy::Sleep, WaitStrategy::Spin] {
            let (place, mut writer, mut reader) = ring_by(&waiting(strategy), 4096);
            push_events(&mut writer, 2);
            let reading = thread::spawn(move || {
                let told = loop {
                    if let Err(told) = reader.pop(&mut Vec::new(), Some(LONG)) {
                        break told;
                    }
                };
                (told, reader.position(), reader)
            });
            if strategy == WaitStrategy::Sleep {
                place.until_reader_sleeps(40);
            }
            let position = writer.position();
            go(writer);
            let (told, read, _reader) = reading.join().unwrap();
            let expected = if ends { (PopError::Closed, position + 8) } else { (PopError::PeerGone, position) };
            assert_eq!((told, read), expected, "{how}");
            let state = place.seen().writer.state;
            assert_eq!(state, if ends { SideState::Closed } else { SideState::Died }, "{how}");
            // Its side is free at once.
            RingWriter::attach(place.ring()).unwrap();
        }
    }
}

// Checks: I9.
#[test]
fn f37_a_writer_that_is_made_and_dropped_in_a_panic_ends_nothing() {
    struct Sends(Place);
    impl Drop for Sends {
        fn drop(&mut self) {
            let mut writer = RingWriter::attach(self.0.ring()).unwrap();
            writer.push(b"last words", None).unwrap();
        }
    }
    let (place, writer, mut reader) = ring(4096);
    drop(writer);
    panics_with(|| Sends(place));
    assert_eq!(reader.iter(Some(LONG)).next(), Some(Ok(b"last words".to_vec())));
    assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Err(PopError::PeerGone));
}

#[test]
#[ignore = "the other process of the test below"]
fn writer_whose_thread_panics() {
    let (path, mut steps) = other_process();
    let mut writer = RingWriter::create(path, 4096).unwrap();
    push_events(&mut writer, 2);
    steps.step("pushed");
    let panicking = thread::spawn(move || {
        push_events(&mut writer, 1);
        panic!("as this test wants it");
    });
    assert!(panicking.join().is_err());
    steps.step("goes on without it");
    steps.say("still lives");
}

// Checks: I9.
#[test]
fn f37_a_process_that_outlives_the_panic_of_a_thread_does_not_pass_its_half_for_the_whole() {
    let place = Place::new();
    let mut other = Other::start("leaving::writer_whose_thread_panics", &place.ring()).after("pushed");
    let mut reader = sleeping().open(place.ring()).unwrap();
    other.go_on();
    let got: Vec<_> = reader.iter(Some(LONG)).collect();
    let event = |number: u8| Ok(format!("event {number}").into_bytes());
    assert_eq!(got, [event(0), event(1), event(0), Err(PopError::PeerGone)]);
    other.expect("goes on without it");
    other.goes_on_to("still lives");
}

/// A stream of bytes that could not push its last ones.
fn with_bytes_that_find_no_space(writer: &mut RingWriter) -> ByteWriter<&mut RingWriter> {
    writer.push(&[1; 4000], None).unwrap();
    let mut stream = ByteWriter::with_capacity(200, writer);
    stream.set_timeout(Some(Duration::ZERO));
    stream.write_all(&[2; 100]).unwrap();
    stream
}

// Checks: I9.
#[test]
fn f37_a_stream_of_bytes_ends_only_where_it_is_whole() {
    type Goes = fn(ByteWriter);
    let whole: [(&str, Goes, bool); 3] = [
        ("dropped", drop, true),
        ("finished", |stream| stream.finish().unwrap(), true),
        ("abandoned", ByteWriter::abandon, false),
    ];
    let short: [(&str, Goes, bool); 3] = [
        ("dropped without its last bytes", drop, false),
        (
            "finished without its last bytes",
            |stream| {
                assert_eq!(stream.finish().unwrap_err().kind(), io::ErrorKind::WouldBlock);
            },
            false,
        ),
        ("abandoned without its last bytes", ByteWriter::abandon, false),
    ];
    for (space, ways) in [(4000, whole), (50, short)] {
        for (how, go, ends) in ways {
            let (_place, mut writer, reader) = ring(4096);
            writer.push(&vec![1; 4096 - 16 - space], None).unwrap();
            let mut stream = ByteWriter::with_capacity(200, writer);
            stream.set_timeout(Some(Duration::ZERO));
            stream.write_all(&[2; 100]).unwrap();
            go(stream);
            let (mut all, mut stream) = (Vec::new(), ByteReader::new(reader));
            stream.set_timeout(Some(LONG));
            let read = stream.read_to_end(&mut all).map_err(|error| error.kind());
            let filler = 4096 - 16 - space;
            let length = if space > 100 { filler + 100 } else { filler };
            assert_eq!(all.len(), length, "{how}");
            assert_eq!(read, if ends { Ok(length) } else { Err(io::ErrorKind::ConnectionReset) }, "{how}");
        }
    }
}

/// Whoever wrote was told that bytes did not get through, and may have given up the rest: what comes of a drop does not
/// hang on how much was written at once, nor on whether there is space again.
// Checks: I9.
#[test]
fn f37_a_stream_of_bytes_whose_last_write_or_flush_failed_is_not_whole() {
    let gives_up: fn(ByteWriter) = drop;
    let takes_apart: fn(ByteWriter) = |stream| drop(stream.into_inner());
    for (at_once, makes_space, leave) in [
        (10_000, false, gives_up),
        (10_000, false, takes_apart),
        (10_000, true, gives_up),
        (10_000, true, takes_apart),
        (100, false, gives_up),
        (100, false, takes_apart),
        (100, true, gives_up),
    ] {
        let (_place, writer, mut reader) = ring(4096);
        let mut stream = ByteWriter::with_capacity(1000, writer);
        stream.set_timeout(Some(Duration::ZERO));
        let failed = (0..10_000 / at_once).try_for_each(|_| stream.write_all(&vec![7; at_once])).unwrap_err();
        assert_eq!(failed.kind(), io::ErrorKind::WouldBlock);
        if makes_space {
            (0..2).for_each(|_| assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Ok(1000)));
        }
        leave(stream);
        let mut read = ByteReader::new(reader);
        read.set_timeout(Some(LONG));
        let ended = read.read_to_end(&mut Vec::new()).map_err(|error| error.kind());
        assert_eq!(ended, Err(io::ErrorKind::ConnectionReset), "{at_once} bytes at once, space again: {makes_space}");
    }
    // A failure that is made good is none.
    let (_place, writer, mut reader) = ring(4096);
    let mut stream = ByteWriter::with_capacity(1000, writer);
    stream.set_timeout(Some(Duration::ZERO));
    while stream.write_all(&[7; 100]).is_ok() {}
    (0..2).for_each(|_| assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Ok(1000)));
    stream.flush().unwrap();
    drop(stream);
    let mut read = ByteReader::new(reader);
    read.set_timeout(Some(LONG));
    assert!(read.read_to_end(&mut Vec::new()).is_ok());
}

// Checks: I9.
#[test]
fn f37_a_writer_that_was_lent_to_a_stream_that_lost_bytes_ends_the_stream_only_if_it_is_told_to() {
    let finish: fn(RingWriter) = RingWriter::finish;
    for (go, told) in [(drop as fn(RingWriter), PopError::PeerGone), (finish, PopError::Closed)] {
        let (_place, mut writer, mut reader) = ring(4096);
        drop(with_bytes_that_find_no_space(&mut writer));
        go(writer);
        assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Ok(4000));
        assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Err(told));
    }
}
