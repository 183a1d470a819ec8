//! How bytes are written and read through `std::io`, and messages pushed and taken by an iterator and by the handful.
//!
//! Every adaptor is made anew and used once, then dropped or forgotten: what it had not taken of the ring, whoever
//! comes next finds there.

use std::io::{BufRead, ErrorKind, Read, Write};
use std::time::Duration;

use ipc_ring::{ByteReader, ByteWriter, PopError, PopIntoError, PushError, RingReader, RingWriter};

use super::operation::{Access, Disposal, Manner, Outcome, Parcel, EQUAL};

/// Writes both pieces and flushes; what is forgotten is not flushed. No time-out at all means one of zero, which does
/// not wait and says so; so it does below. One of zero means the shortest there is, which has gone by as soon as
/// anybody looks.
pub fn write(
    writer: &mut RingWriter,
    (first, second): (&[u8], &[u8]),
    buffer: usize,
    disposal: Disposal,
    timeout: Option<Option<Duration>>,
) -> Outcome {
    let before = writer.message_count().unwrap();
    let mut stream = ByteWriter::with_capacity(buffer, &mut *writer);
    stream.set_timeout(bytewise(timeout));
    let all = stream.write_all(first).and_then(|()| stream.write_all(second)).and_then(|()| match disposal {
        Disposal::Dropped => stream.flush(),
        Disposal::Forgotten => Ok(()),
    });
    let refused = all.err().map(|error| match error.kind() {
        ErrorKind::WouldBlock => Outcome::Full,
        ErrorKind::TimedOut => Outcome::TimedOut,
        ErrorKind::BrokenPipe => Outcome::Closed,
        _ => panic!("write: {error}"),
    });
    disposal.of(stream);
    let pushed = (before..writer.message_count().unwrap()).map(|_| Outcome::Pushed);
    Outcome::Each(pushed.chain(refused).collect())
}

/// Takes up to `count` pieces of up to `most` bytes.
pub fn read(
    reader: &mut RingReader,
    (count, most): (usize, usize),
    access: Access,
    disposal: Disposal,
    timeout: Option<Option<Duration>>,
) -> Outcome {
    let mut stream = ByteReader::new(reader);
    stream.set_timeout(bytewise(timeout));
    let taken = read_from(&mut stream, (count, most), access);
    disposal.of(stream);
    taken
}

fn read_from(stream: &mut ByteReader<&mut RingReader>, (count, most): (usize, usize), access: Access) -> Outcome {
    let mut pieces = Vec::new();
    while pieces.len() < count {
        let piece = match access {
            Access::Copied => {
                let mut piece = vec![0xAA; most];
                stream.read(&mut piece).map(|length| piece[..length].to_vec())
            }
            Access::InPlace => stream.fill_buf().map(|bytes| bytes[..most.min(bytes.len())].to_vec()),
        };
        let end = match piece {
            Ok(piece) if !piece.is_empty() => {
                if access == Access::InPlace {
                    stream.consume(piece.len());
                }
                pieces.push(piece);
                continue;
            }
            Ok(_) => Outcome::Closed,
            Err(error) if error.kind() == ErrorKind::WouldBlock => Outcome::Nothing,
            Err(error) if error.kind() == ErrorKind::TimedOut => Outcome::TimedOut,
            Err(error) => panic!("read: {error}"),
        };
        return Outcome::Taken { pieces, end: Some(end.into()) };
    }
    Outcome::Taken { pieces, end: None }
}

fn bytewise(timeout: Option<Option<Duration>>) -> Option<Duration> {
    match timeout {
        None => Some(Duration::ZERO),
        Some(timeout) => timeout.map(|timeout| timeout.max(Duration::from_nanos(1))),
    }
}

/// Takes up to `count` messages.
pub fn iterate(
    reader: &mut RingReader,
    count: usize,
    access: Access,
    disposal: Disposal,
    timeout: Option<Option<Duration>>,
) -> Outcome {
    let mut messages = reader.iter(timeout.expect("it has no call that does not wait"));
    let taken = iterate_over(&mut messages, count, access);
    disposal.of(messages);
    taken
}

fn iterate_over(messages: &mut ipc_ring::Iter<'_>, count: usize, access: Access) -> Outcome {
    let mut pieces = Vec::new();
    while pieces.len() < count {
        let message = match access {
            Access::Copied => messages.next(),
            Access::InPlace => messages.next_ref().map(|message| message.map(<[u8]>::to_vec)),
        };
        let end = match message {
            Some(Ok(message)) => {
                pieces.push(message);
                continue;
            }
            Some(Err(PopError::TimedOut)) => {
                assert_eq!(messages.next(), Some(Err(PopError::TimedOut)), "it goes on waiting");
                Outcome::TimedOut
            }
            Some(Err(error)) => panic!("iterate: {error}"),
            None => {
                assert_eq!(messages.next(), None, "the end is the end");
                Outcome::Closed
            }
        };
        return Outcome::Taken { pieces, end: Some(end.into()) };
    }
    Outcome::Taken { pieces, end: None }
}

/// Takes up to `max` messages.
pub fn pop_many(reader: &mut RingReader, max: usize, timeout: Option<Option<Duration>>) -> Outcome {
    let before = [b"before".to_vec()];
    let mut messages = before.to_vec();
    let popped = reader.pop_many(&mut messages, max, timeout.expect("it has no call that does not wait"));
    let pieces = messages.split_off(1);
    assert_eq!(messages, before, "what was there stays there");
    let end = match popped {
        Ok(count) => {
            assert_eq!(count, pieces.len());
            None
        }
        Err(PopError::TimedOut) => Some(Outcome::TimedOut),
        Err(PopError::Closed) => Some(Outcome::Closed),
        Err(error) => panic!("pop_many: {error}"),
    };
    Outcome::Taken { pieces, end: end.map(Box::new) }
}

/// Pushes up to `count` messages of one length.
pub fn push_equal(writer: &mut RingWriter, number: usize, count: usize, timeout: Option<Option<Duration>>) -> Outcome {
    let messages: Vec<_> = (0..count).map(|at| equal(number, at)).collect();
    match writer.push_many(&messages, timeout.expect("it has no call that does not wait")) {
        Ok(pushed) => {
            let rest = (pushed < count).then_some(Outcome::Full);
            Outcome::Each(vec![Outcome::Pushed; pushed].into_iter().chain(rest).collect())
        }
        Err(PushError::TimedOut) => Outcome::TimedOut,
        Err(PushError::Closed) => Outcome::Closed,
        Err(error) => panic!("push_many: {error}"),
    }
}

/// What the `at`th message of one length holds of the operation of this number.
pub fn equal(number: usize, at: usize) -> [u8; EQUAL] {
    Parcel { length: EQUAL, manner: Manner::Copied }.message(number, at).try_into().unwrap()
}

/// Takes up to `max` messages of one length.
pub fn pop_equal(reader: &mut RingReader, max: usize, timeout: Option<Option<Duration>>) -> Outcome {
    const BEFORE: [u8; EQUAL] = [0xAA; EQUAL];
    let mut messages = vec![BEFORE; max];
    let popped = reader.pop_many_into(&mut messages, timeout.expect("it has no call that does not wait"));
    let rest = messages.split_off(*popped.as_ref().unwrap_or(&0));
    assert!(rest.iter().all(|message| *message == BEFORE), "what was not popped was written");
    let end = match popped {
        Ok(popped) => (popped < max).then_some(Outcome::Nothing),
        Err(PopIntoError::OtherLength { len, element }) => {
            assert_eq!(element, EQUAL);
            Some(Outcome::OtherLength(len))
        }
        Err(PopIntoError::Pop(PopError::TimedOut)) => Some(Outcome::TimedOut),
        Err(PopIntoError::Pop(PopError::Closed)) => Some(Outcome::Closed),
        Err(error) => panic!("pop_many_into: {error}"),
    };
    Outcome::Taken { pieces: messages.iter().map(|message| message.to_vec()).collect(), end: end.map(Box::new) }
}
