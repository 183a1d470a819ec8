//! Every way in which a side waits for its peer.

use std::any::Any;
use std::io::{self, BufRead, Read, Write};
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use ipc_ring::{ByteReader, ByteWriter, OpenError, PopError, PopIntoError, PushError, RingOptions};
use ipc_ring::{RingReader, RingWriter, Side};

use crate::place::{ring_by, Place};
use crate::words::{at, Words, CURSOR, WAKE_AT};

type Timeout = Option<Duration>;

/// A call that waits. It returns whether a time-out ended it.
#[derive(Clone, Copy)]
pub enum Way {
    /// A reader of an empty ring.
    Reads(&'static str, fn(&mut RingReader, Timeout) -> bool),
    /// A writer of a full ring.
    Writes(&'static str, fn(&mut RingWriter, Timeout) -> bool),
    /// A writer that comes, and finds no room for the end of its stream.
    Attaches,
}

use Way::{Attaches, Reads, Writes};

pub const WAYS: [Way; 17] = [
    Reads("RingReader::pop", |reader, timeout| reader.pop(&mut Vec::new(), timeout) == Err(PopError::TimedOut)),
    Reads("RingReader::pop_into", |reader, timeout| {
        matches!(reader.pop_into(&mut [], timeout), Err(PopIntoError::Pop(PopError::TimedOut)))
    }),
    Reads("RingReader::pop_many", |reader, timeout| {
        reader.pop_many(&mut Vec::new(), 2, timeout) == Err(PopError::TimedOut)
    }),
    Reads("RingReader::pop_many_into", |reader, timeout| {
        matches!(reader.pop_many_into(&mut [[0; 8]], timeout), Err(PopIntoError::Pop(PopError::TimedOut)))
    }),
    Reads("RingReader::iter", |reader, timeout| reader.iter(timeout).next() == Some(Err(PopError::TimedOut))),
    Reads("Iter::next_ref", |reader, timeout| reader.iter(timeout).next_ref() == Some(Err(PopError::TimedOut))),
    Reads("RingReader::peek", |reader, timeout| matches!(reader.peek(timeout), Err(PopError::TimedOut))),
    Reads("RingReader::batch", |reader, timeout| matches!(reader.batch(2, timeout), Err(PopError::TimedOut))),
    Reads("ByteReader::read", |reader, timeout| timed_out(bytes_of(reader, timeout).read(&mut [0; 8]))),
    Reads("ByteReader::fill_buf", |reader, timeout| timed_out(bytes_of(reader, timeout).fill_buf())),
    Writes("RingWriter::push", |writer, timeout| writer.push(&[2; 40], timeout) == Err(PushError::TimedOut)),
    Writes("RingWriter::push_many", |writer, timeout| {
        writer.push_many(&[[2; 40]], timeout) == Err(PushError::TimedOut)
    }),
    Writes("RingWriter::reserve", |writer, timeout| matches!(writer.reserve(40, timeout), Err(PushError::TimedOut))),
    Writes("WriteBatch::push", |writer, timeout| writer.batch().push(&[2; 40], timeout) == Err(PushError::TimedOut)),
    Writes("WriteBatch::reserve", |writer, timeout| {
        matches!(writer.batch().reserve(40, timeout), Err(PushError::TimedOut))
    }),
    Writes("ByteWriter::write", |writer, timeout| {
        let mut bytes = ByteWriter::with_capacity(40, writer);
        bytes.set_timeout(timeout);
        let written = timed_out(bytes.write_all(&[2; 40]).and_then(|()| bytes.flush()));
        // Else its drop would wait again.
        std::mem::forget(bytes);
        written
    }),
    Attaches,
];

fn bytes_of(reader: &mut RingReader, timeout: Timeout) -> ByteReader<&mut RingReader> {
    let mut bytes = ByteReader::new(reader);
    bytes.set_timeout(timeout);
    bytes
}

fn timed_out<T>(result: io::Result<T>) -> bool {
    result.is_err_and(|error| error.kind() == io::ErrorKind::TimedOut)
}

/// A side that has to wait if it makes its call, as its ring's file shows it.
pub struct Waiter {
    pub place: Place,
    words: Words,
    side: Side,
}

/// A call that waits, with what it needs. It may be made by another thread.
pub struct Call {
    way: Way,
    options: RingOptions,
    path: PathBuf,
    reader: Option<RingReader>,
    writer: Option<RingWriter>,
}

impl Way {
    pub fn name(self) -> &'static str {
        match self {
            Reads(name, _) | Writes(name, _) => name,
            Attaches => "RingOptions::attach_wait",
        }
    }

    /// A side that would wait in this way, on a new ring by these options, and its peer.
    pub fn waiter(self, options: &RingOptions) -> (Waiter, Call, Box<dyn Any>) {
        let (place, mut writer, reader) = ring_by(options, 64);
        let mut call = Call { way: self, options: options.clone(), path: place.ring(), reader: None, writer: None };
        let peer: Box<dyn Any> = match self {
            Reads(..) => {
                call.reader = Some(reader);
                Box::new(writer)
            }
            Writes(..) => {
                writer.push(&[1; 40], None).unwrap();
                call.writer = Some(writer);
                Box::new(reader)
            }
            Attaches => {
                drop(writer);
                while options.attach(place.ring()).is_ok() {}
                Box::new(reader)
            }
        };
        let side = if matches!(self, Reads(..)) { Side::Reader } else { Side::Writer };
        (Waiter { words: place.words(), place, side }, call, peer)
    }
}

impl Waiter {
    pub fn wake_at(&self) -> &AtomicU64 {
        self.words.word(self.words.of_side(self.side, WAKE_AT))
    }

    pub fn figure(&self, figure: usize) -> &AtomicU64 {
        self.words.word(self.words.of_side(self.side, at(figure)))
    }

    /// Wakes it, if it sleeps, although nothing has come of what it waits for.
    pub fn wake_in_vain(&self) {
        let peer = if self.side == Side::Writer { Side::Reader } else { Side::Writer };
        self.words.wake(self.words.of_side(peer, CURSOR));
    }
}

impl Call {
    /// Makes the call, and returns whether a time-out ended it.
    pub fn make(&mut self, timeout: Timeout) -> bool {
        match self.way {
            Reads(_, wait) => wait(self.reader.as_mut().unwrap(), timeout),
            Writes(_, wait) => wait(self.writer.as_mut().unwrap(), timeout),
            Attaches => matches!(self.options.attach_wait(&self.path, timeout), Err(OpenError::Full { .. })),
        }
    }
}
