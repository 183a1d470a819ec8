//! The ring behind the traits of `std::io`, as an iterator, and by the handful.
#![cfg(not(any(loom, shuttle)))]

use std::io::{self, BufRead, ErrorKind, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ipc_ring::{ByteReader, ByteWriter, PopError, PushError, RingReader, RingWriter, TryPushError};
use ipc_ring_reference::wrong::panics_with;
use ipc_ring_reference::{push_all, ring, wait_until, Place, CURSOR, LONG};

fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at ^ (at >> 8)) as u8).collect()
}

/// All messages there are now.
fn messages(reader: &mut RingReader) -> Vec<Vec<u8>> {
    let (mut all, mut buffer) = (Vec::new(), Vec::new());
    while reader.try_pop(&mut buffer).unwrap().is_some() {
        all.push(buffer.clone());
    }
    all
}

fn nobody_reads(path: &std::path::Path) {
    drop(RingReader::open(path).unwrap());
}

#[test]
fn bytes_that_are_written_in_pieces_are_read_in_other_pieces() {
    for capacity in [64, 4096, 1 << 20] {
        let (_place, writer, reader) = ring(capacity);
        let sent = bytes(100_000);
        let expected = sent.clone();
        let writing = thread::spawn(move || {
            let mut stream = ByteWriter::new(writer);
            let mut left = &sent[..];
            for len in (0..).map(|round| (round * 37) % 1003) {
                let (piece, rest) = left.split_at(len.min(left.len()));
                stream.write_all(piece).unwrap();
                left = rest;
                if left.is_empty() {
                    break;
                }
            }
            // Dropped, it pushes what is left and ends the stream.
        });
        let mut got = Vec::new();
        let mut stream = ByteReader::new(reader);
        loop {
            let mut piece = [0; 101];
            match stream.read(&mut piece).unwrap() {
                0 => break,
                len => got.extend_from_slice(&piece[..len]),
            }
        }
        writing.join().unwrap();
        assert!(got == expected, "through {capacity} bytes");
    }
}

#[test]
fn a_stream_is_cut_into_messages_of_the_capacity_of_its_buffer() {
    let (_place, mut writer, mut reader) = ring(4096);
    let mut stream = ByteWriter::with_capacity(10, &mut writer);
    stream.write_all(b"0123456").unwrap();
    assert_eq!(messages(&mut reader), [b""; 0], "nothing is pushed before the buffer is full");
    stream.write_all(b"789abc").unwrap();
    stream.flush().unwrap();
    stream.flush().unwrap();
    assert_eq!(messages(&mut reader), [&b"0123456789"[..], b"abc"], "and no empty message ever");
    // What fills the buffer by itself does not pass through it.
    assert_eq!(stream.write(&bytes(25)).unwrap(), 10);
    assert_eq!(stream.buffer(), b"");
    drop(stream);
    assert_eq!(messages(&mut reader), [&bytes(10)[..]]);
}

#[test]
fn the_buffer_is_never_larger_than_a_message_may_be_and_by_default_an_eighth_of_the_ring() {
    let (_place, mut writer, mut reader) = ring(64);
    ByteWriter::with_capacity(usize::MAX, &mut writer).write_all(&[1; 48]).unwrap();
    assert_eq!(messages(&mut reader), [[1; 48]]);
    ByteWriter::with_capacity(0, &mut writer).write_all(&[1, 2]).unwrap();
    assert_eq!(messages(&mut reader), [[1], [2]]);
    ByteWriter::new(&mut writer).write_all(&[1; 12]).unwrap();
    assert_eq!(messages(&mut reader), [&[1; 8][..], &[1; 4]]);
    let (_place, mut writer, mut reader) = ring(1 << 20);
    ByteWriter::new(&mut writer).write_all(&[1; 8193]).unwrap();
    assert_eq!(messages(&mut reader), [&[1; 8192][..], &[1; 1]]);
}

#[test]
fn a_stream_that_is_dropped_pushes_what_is_in_its_buffer_also_in_a_panic() {
    let (_place, mut writer, mut reader) = ring(4096);
    ByteWriter::new(&mut writer).write_all(b"dropped").unwrap();
    panics_with(|| {
        let mut stream = ByteWriter::new(writer);
        stream.write_all(b"panicked").unwrap();
        stream
    });
    let got: Vec<_> = reader.iter(Some(LONG)).collect();
    assert_eq!(got, [Ok(b"dropped".to_vec()), Ok(b"panicked".to_vec()), Err(PopError::PeerGone)]);
}

#[test]
fn a_stream_that_is_dropped_in_a_panic_does_not_wait_for_space() {
    let (_place, mut writer, mut reader) = ring(64);
    writer.push(&[1; 48], None).unwrap();
    let panicking = thread::spawn(move || {
        panics_with(|| {
            let mut stream = ByteWriter::new(writer);
            stream.write_all(b"lost").unwrap();
            stream
        });
    });
    wait_until("the thread ends though nobody reads", || panicking.is_finished());
    panicking.join().unwrap();
    let got: Vec<_> = reader.iter(Some(LONG)).collect();
    assert_eq!(got, [Ok(vec![1; 48]), Err(PopError::PeerGone)]);
}

#[test]
fn a_write_that_fails_has_taken_nothing_and_loses_nothing() {
    let (_place, mut writer, mut reader) = ring(64);
    let mut stream = ByteWriter::with_capacity(16, &mut writer);
    stream.set_timeout(Some(Duration::ZERO));
    stream.write_all(&bytes(48)[..44]).unwrap(); // two messages leave no space for a third,
    stream.write_all(&bytes(48)[44..]).unwrap(); // which fills the buffer
    let taken = stream.get_ref().used_bytes();
    for _ in 0..2 {
        assert_eq!(stream.write(b"more").unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(stream.flush().unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!((stream.buffer(), taken), (&bytes(48)[32..], 48));
    }
    assert_eq!(stream.write(&[0; 99]).unwrap_err().kind(), ErrorKind::WouldBlock);
    stream.set_timeout(Some(Duration::from_millis(1)));
    assert_eq!(stream.write(b"more").unwrap_err().kind(), ErrorKind::TimedOut);
    let mut all = messages(&mut reader);
    stream.set_timeout(None);
    stream.write_all(b"more").unwrap();
    stream.flush().unwrap();
    all.extend(messages(&mut reader));
    assert_eq!(all.concat(), [&bytes(48)[..], b"more"].concat());
}

#[test]
fn a_stream_to_a_reader_that_left_is_a_broken_pipe() {
    let (place, mut writer) = Place::with_a_writer(4096);
    nobody_reads(&place.ring());
    let mut stream = ByteWriter::new(&mut writer);
    stream.write_all(b"data").unwrap();
    assert_eq!(stream.flush().unwrap_err().kind(), ErrorKind::BrokenPipe);
    let mut reader = RingReader::open(place.ring()).unwrap();
    stream.flush().unwrap();
    assert_eq!(messages(&mut reader), [b"data"]);
}

#[test]
fn empty_messages_are_no_end_of_the_stream() {
    let (_place, mut writer, mut reader) = ring(4096);
    push_all(&mut writer, [&b""[..], b"a", b"", b"", b"b", b""]);
    drop(writer);
    let mut all = String::new();
    assert_eq!(ByteReader::new(&mut reader).read_to_string(&mut all).unwrap(), 2);
    assert_eq!(all, "ab");
    assert_eq!(reader.used_bytes(), 0);
}

#[test]
fn lines_are_found_across_messages() {
    let (_place, mut writer, reader) = ring(4096);
    push_all(&mut writer, ["first\nsec", "ond", "\n", "third"]);
    drop(writer);
    let lines: Vec<String> = ByteReader::new(reader).lines().map(Result::unwrap).collect();
    assert_eq!(lines, ["first", "second", "third"]);
}

#[test]
fn a_message_is_released_when_its_last_byte_is_consumed_and_not_before() {
    let (_place, mut writer, mut reader) = ring(4096);
    writer.push(b"data", None).unwrap();
    writer.push(b"more", None).unwrap();
    {
        let mut stream = ByteReader::new(&mut reader);
        assert_eq!(stream.fill_buf().unwrap(), b"data");
        stream.consume(0);
        stream.consume(3);
        assert_eq!(stream.fill_buf().unwrap(), b"a");
        assert_eq!(writer.used_bytes(), 32);
    }
    let mut stream = ByteReader::new(&mut reader);
    assert_eq!(stream.fill_buf().unwrap(), b"data", "all of it comes again");
    stream.consume(4);
    assert_eq!(writer.used_bytes(), 16, "before another byte is asked for");
    stream.consume(9);
    assert_eq!(writer.used_bytes(), 16, "and only what was handed out is consumed");
    let mut rest = [0; 9];
    assert_eq!(stream.read(&mut rest).unwrap(), 4);
    assert_eq!(&rest[..4], b"more");
    assert!(writer.is_empty());
}

#[test]
fn a_read_waits_as_long_as_it_was_told() {
    let (place, mut writer, reader) = ring(4096);
    let mut stream = ByteReader::new(reader);
    for (timeout, kind) in [(0, ErrorKind::WouldBlock), (1, ErrorKind::TimedOut)] {
        stream.set_timeout(Some(Duration::from_millis(timeout)));
        let error = stream.read(&mut [0]).unwrap_err();
        assert_eq!(error.kind(), kind);
        let source = error.get_ref().and_then(|source| source.downcast_ref::<PopError>());
        assert_eq!(source, Some(&PopError::TimedOut));
    }
    writer.push(b"data", None).unwrap();
    let mut all = Vec::new();
    drop(writer);
    stream.read_to_end(&mut all).unwrap();
    assert_eq!(stream.read(&mut [0]).unwrap(), 0, "the end stays one");
    RingWriter::attach(place.ring()).unwrap().push(b" of a successor", None).unwrap();
    stream.read_to_end(&mut all).unwrap();
    assert_eq!(all, b"data of a successor");
}

#[test]
fn empty_messages_do_not_make_a_read_wait_longer_than_it_was_told() {
    let (_place, mut writer, reader) = ring(4096);
    let mut stream = ByteReader::new(reader);
    stream.set_timeout(Some(Duration::from_millis(50)));
    let returned = &AtomicBool::new(false);
    thread::scope(|threads| {
        threads.spawn(move || {
            let begin = Instant::now();
            while !returned.load(Ordering::Relaxed) && begin.elapsed() < LONG {
                writer.push(b"", Some(LONG)).unwrap();
            }
            writer.push(b"data", Some(LONG)).unwrap();
        });
        let read = stream.read(&mut [0]).map_err(|error| error.kind());
        returned.store(true, Ordering::Relaxed);
        assert_eq!(read, Err(ErrorKind::TimedOut));
        stream.set_timeout(Some(LONG));
        assert_eq!(stream.fill_buf().unwrap(), b"data", "nothing is lost");
    });
}

#[test]
fn a_read_that_does_not_wait_passes_over_the_empty_messages_that_are_there() {
    let (_place, mut writer, reader) = ring(4096);
    let mut stream = ByteReader::new(reader);
    stream.set_timeout(Some(Duration::ZERO));
    push_all(&mut writer, [&b""[..], b"", b"a", b"", b""]);
    let mut read = [0; 2];
    assert_eq!((stream.read(&mut read).unwrap(), read), (1, *b"a\0"));
    assert_eq!(stream.read(&mut read).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert!(writer.is_empty());
}

#[test]
fn a_read_into_nothing_does_not_wait() {
    let (_place, _writer, reader) = ring(4096);
    let mut stream = ByteReader::new(reader);
    stream.set_timeout(Some(Duration::ZERO));
    assert_eq!(stream.read(&mut []).unwrap(), 0);
}

#[test]
fn the_errors_of_the_ring_are_those_of_io_with_themselves_as_source() {
    let check = ipc_ring::Check::CursorRange;
    let pushes = [
        (PushError::TooLarge { len: 2, max: 1 }, ErrorKind::InvalidInput),
        (PushError::TimedOut, ErrorKind::TimedOut),
        (PushError::Closed, ErrorKind::BrokenPipe),
        (PushError::PeerGone, ErrorKind::BrokenPipe),
        (PushError::Removed, ErrorKind::NotFound),
        (PushError::Replaced, ErrorKind::NotFound),
        (PushError::Corrupt { check }, ErrorKind::InvalidData),
        (PushError::Forked, ErrorKind::PermissionDenied),
    ];
    for (error, kind) in pushes {
        let converted = io::Error::from(error);
        assert_eq!(converted.kind(), kind, "{error:?}");
        assert_eq!(converted.get_ref().unwrap().downcast_ref(), Some(&error));
    }
    let full = io::Error::from(TryPushError::Full);
    assert_eq!(full.kind(), ErrorKind::WouldBlock);
    assert_eq!(full.get_ref().unwrap().downcast_ref(), Some(&TryPushError::Full));
    let pops = [
        (PopError::TimedOut, ErrorKind::TimedOut),
        (PopError::Closed, ErrorKind::UnexpectedEof),
        (PopError::PeerGone, ErrorKind::ConnectionReset),
        (PopError::Removed, ErrorKind::NotFound),
        (PopError::Replaced, ErrorKind::NotFound),
        (PopError::Corrupt { check }, ErrorKind::InvalidData),
        (PopError::Forked, ErrorKind::PermissionDenied),
    ];
    for (error, kind) in pops {
        let converted = io::Error::from(error);
        assert_eq!(converted.kind(), kind, "{error:?}");
        assert_eq!(converted.get_ref().unwrap().downcast_ref(), Some(&error));
    }
}

#[test]
fn an_iterator_goes_on_after_a_time_out_and_a_new_one_with_the_next_writer() {
    let (place, mut writer, mut reader) = ring(256);
    let mut got = reader.iter(Some(Duration::from_millis(1)));
    assert_eq!(got.next(), Some(Err(PopError::TimedOut)));
    writer.push(b"late", None).unwrap();
    assert_eq!(got.next(), Some(Ok(b"late".to_vec())));
    drop(writer);
    assert_eq!(got.next(), None);
    let mut writer = RingWriter::attach(place.ring()).unwrap();
    writer.push(b"successor", None).unwrap();
    assert_eq!(got.next(), None, "what has ended stays so");
    assert_eq!(reader.iter(None).next(), Some(Ok(b"successor".to_vec())));
}

#[test]
fn any_other_error_is_the_last_item_of_an_iterator() {
    let (place, mut writer, mut reader) = ring(256);
    writer.push(b"data", None).unwrap();
    let words = place.words();
    words.set(words.writer(CURSOR), 3 << 1); // no multiple of 8
    let got: Vec<_> = reader.iter(Some(LONG)).collect();
    assert_eq!(got, [Err(PopError::Corrupt { check: ipc_ring::Check::CursorAlignment })]);
    let error = ByteReader::new(&mut reader).read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
}

#[test]
fn a_message_that_is_lent_is_the_next_one_in_the_same_buffer() {
    let (_place, mut writer, mut reader) = ring(256);
    push_all(&mut writer, [&b"the longest of them"[..], b"", b"short"]);
    drop(writer);
    let mut got = reader.iter(None);
    let longest = got.next_ref().unwrap().unwrap();
    let allocation = longest.as_ptr();
    assert_eq!(longest, b"the longest of them");
    assert_eq!(got.next_ref(), Some(Ok(&b""[..])));
    let short = got.next_ref().unwrap().unwrap();
    assert_eq!((short, short.as_ptr()), (&b"short"[..], allocation));
    assert_eq!(got.next_ref(), None);
}

#[test]
fn many_messages_are_popped_as_far_as_they_are_there_and_as_many_as_were_asked_for() {
    let (_place, mut writer, mut reader) = ring(4096);
    (0..5u8).for_each(|byte| writer.push(&vec![byte; byte.into()], None).unwrap());
    let mut got = vec![b"before".to_vec()];
    assert_eq!(reader.pop_many(&mut got, 0, None), Ok(0));
    assert_eq!(reader.pop_many(&mut got, 3, None), Ok(3));
    assert_eq!(got, [&b"before"[..], &[], &[1], &[2, 2]]);
    assert_eq!(reader.pop_many(&mut got, usize::MAX, None), Ok(2));
    assert_eq!(got[4..], [&[3; 3][..], &[4; 4]]);
    assert!(writer.is_empty());
    assert_eq!(reader.pop_many(&mut got, 3, Some(Duration::from_millis(1))), Err(PopError::TimedOut));
    drop(writer);
    assert_eq!(reader.pop_many(&mut got, 3, None), Err(PopError::Closed));
    assert_eq!(got.len(), 6);
}

#[test]
fn many_messages_are_waited_for_until_there_is_one() {
    let (_place, mut writer, mut reader) = ring(4096);
    let waiting = thread::spawn(move || {
        let mut got = Vec::new();
        reader.pop_many(&mut got, 10, Some(LONG)).map(|popped| (popped, got))
    });
    writer.push(b"the first", None).unwrap();
    assert_eq!(waiting.join().unwrap(), Ok((1, vec![b"the first".to_vec()])));
}

#[test]
fn streams_may_move_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<ByteWriter>();
    is_send::<ByteReader>();
    is_send::<ByteWriter<&mut RingWriter>>();
}
