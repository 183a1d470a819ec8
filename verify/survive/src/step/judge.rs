//! What a crash leaves, judged: a copy of the memory is taken over by both sides anew, in both orders, and then has to
//! work as any other ring.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use ipc_ring::{
    CountError, OpenError, PushError, RingOptions, RingReader, RingView, RingWriter, Side, SideState, TryPopError,
    TryPushError,
};

use super::ledger::Contents;
use super::work::message;

/// Takes over images of a ring, each as a file of its own.
pub struct Judge {
    path: PathBuf,
    /// The takeovers so far.
    pub checks: u64,
}

const AT_ONCE: Option<Duration> = Some(Duration::ZERO);
/// The number of the first message that is pushed after a takeover. No scenario has as many.
const AFTERWARDS: u64 = 1 << 32;

impl Judge {
    /// A judge that puts its copies at `path`, where nothing else is.
    pub fn new(path: PathBuf) -> Self {
        Self { path, checks: 0 }
    }

    /// What `image` holds for those who come after a crash; or what is wrong with it.
    pub fn contents(&mut self, image: &[u8]) -> Result<Contents, String> {
        let writer_first = self.take_over(image, Side::Writer)?;
        let reader_first = self.take_over(image, Side::Reader)?;
        let Taken { written, read, messages, ends, ever, peer_closed: reader_closed } = writer_first;
        let same = (written, read, &messages) == (reader_first.written, reader_first.read, &reader_first.messages);
        let writer_closed = reader_first.peer_closed;
        if !same {
            return Err(format!(
                "who takes over first matters: the writer finds {written} written, {read} read and {} messages; \
                 the reader {}, {} and {}",
                messages.len(),
                reader_first.written,
                reader_first.read,
                reader_first.messages.len()
            ));
        }
        if ever != reader_first.ever {
            return Err(format!("the writer tells of {ever:?} messages, the reader of {:?}", reader_first.ever));
        }
        Ok(Contents { written, read, messages, ends, ever: ever.ok(), writer_closed, reader_closed })
    }

    fn take_over(&mut self, image: &[u8], first: Side) -> Result<Taken, String> {
        // A file of its own each time: nobody holds a lock of it, as if all that did were dead.
        let _ = fs::remove_file(&self.path);
        fs::write(&self.path, image).map_err(|error| format!("cannot copy the ring: {error}; make space for it"))?;
        self.checks += 1;
        let (taken, writer, reader) = match first {
            Side::Writer => self.writer_first()?,
            Side::Reader => self.reader_first()?,
        };
        if reader.position() != writer.position() {
            let (read, written) = (reader.position(), writer.position());
            return Err(format!("all was popped, and the reader is at {read}, the writer at {written}"));
        }
        if reader.message_count() != writer.message_count() || writer.message_count().is_err() {
            let (read, written) = (reader.message_count(), writer.message_count());
            return Err(format!(
                "all was popped, and the reader tells of {read:?} messages, the writer of {written:?}"
            ));
        }
        goes_on(writer, reader, first)?;
        Ok(taken)
    }

    fn writer_first(&self) -> Result<(Taken, RingWriter, RingReader), String> {
        let mut writer = match RingOptions::new().attach(&self.path) {
            Err(OpenError::Full { .. }) => return self.full(),
            attached => attached.map_err(|error| format!("no writer attaches: {error}"))?,
        };
        let (written, used, ever) = (writer.position(), writer.used_bytes(), writer.message_count());
        let probe = writer.push(&[], AT_ONCE);
        let full = used + 8 == writer.capacity();
        let peer_closed = match probe {
            Ok(()) if !full => false,
            Err(PushError::TimedOut) if full => false,
            Err(PushError::Closed) => true,
            other => return Err(format!("with {used} bytes used, an empty message is pushed with {other:?}")),
        };
        let mut reader = self.open_to_stop()?;
        let read = reader.position();
        if written.wrapping_sub(read) != used as u64 {
            return Err(format!("{used} bytes are used where {written} are written and {read} read"));
        }
        let (mut messages, ends) = drain_streams(&mut reader)?;
        if probe.is_ok() && messages.pop() != Some((written + 8, Vec::new())) {
            return Err("the message that the writer pushed first is not the last that comes".into());
        }
        Ok((Taken { written, read, messages, ends, ever, peer_closed }, writer, reader))
    }

    /// Where no writer can come before a reader has: nothing else may be free but nothing.
    fn full(&self) -> Result<(Taken, RingWriter, RingReader), String> {
        let view = RingView::open(&self.path).map_err(|error| format!("nobody can look: {error}"))?;
        let seen = view.snapshot();
        if seen.used_bytes != view.capacity() {
            return Err(format!("a writer finds no room where {} bytes are used", seen.used_bytes));
        }
        let mut reader = self.open_to_stop()?;
        let read = reader.position();
        let (messages, ends) = drain_streams(&mut reader)?;
        let writer = RingOptions::new().attach(&self.path).map_err(|error| format!("no writer attaches: {error}"))?;
        let peer_closed = seen.reader.state == SideState::Closed;
        let (written, ever) = (seen.writer.position, writer.message_count());
        Ok((Taken { written, read, messages, ends, ever, peer_closed }, writer, reader))
    }

    fn open_to_stop(&self) -> Result<RingReader, String> {
        RingOptions::new()
            .reader_stops_at_ends(true)
            .open(&self.path)
            .map_err(|error| format!("no reader opens: {error}"))
    }

    fn reader_first(&self) -> Result<(Taken, RingWriter, RingReader), String> {
        let mut reader = RingOptions::new().open(&self.path).map_err(|error| format!("no reader opens: {error}"))?;
        let (read, released) = (reader.position(), reader.message_count());
        let (messages, end) = drain(&mut reader)?;
        let ever = released.map(|released| released + messages.len() as u64);
        let peer_closed = match end {
            None => false,
            Some(TryPopError::Closed) => true,
            Some(other) => return Err(format!("after the last message, a reader gets {other:?}")),
        };
        let writer = RingOptions::new().attach(&self.path).map_err(|error| format!("no writer attaches: {error}"))?;
        let written = writer.position();
        match reader.try_pop(&mut Vec::new()) {
            Ok(None) => Ok((Taken { written, read, messages, ends: Vec::new(), ever, peer_closed }, writer, reader)),
            other => Err(format!("all was popped, a writer has come, and a reader gets {other:?}")),
        }
    }
}

/// What was found in a ring that was taken over.
struct Taken {
    written: u64,
    read: u64,
    messages: Messages,
    /// Where the ends of streams end, for a reader that stops at them.
    ends: Vec<u64>,
    /// How many were ever written, as the side that comes first tells.
    ever: Result<u64, CountError>,
    /// Whether the side that comes first learns that its peer has left.
    peer_closed: bool,
}

/// Messages, each with the position at which it ends.
type Messages = Vec<(u64, Vec<u8>)>;

/// Pops everything. Returns it, and the error after it, if there was one.
pub fn drain(reader: &mut RingReader) -> Result<(Messages, Option<TryPopError>), String> {
    let mut messages = Vec::new();
    loop {
        let mut message = Vec::new();
        match reader.try_pop(&mut message) {
            Ok(Some(_)) => messages.push((reader.position(), message)),
            Ok(None) => return Ok((messages, None)),
            Err(error) => return Ok((messages, Some(error))),
        }
        if messages.len() > reader.capacity() {
            return Err("messages come without end".into());
        }
    }
}

/// As [`drain`], by a reader that stops at ends: it takes them, and is told of them alone. Returns where they end, too.
pub fn drain_streams(reader: &mut RingReader) -> Result<(Messages, Vec<u64>), String> {
    let (mut messages, mut ends) = (Vec::new(), Vec::new());
    loop {
        let (some, told) = drain(reader)?;
        messages.extend(some);
        match told {
            None if reader.take_end() => return Err("an end is taken that was not told".into()),
            None => return Ok((messages, ends)),
            Some(TryPopError::Closed) if reader.take_end() => ends.push(reader.position()),
            Some(told) => return Err(format!("after its last message, a reader that stops at ends gets {told:?}")),
        }
        if ends.len() > reader.capacity() {
            return Err("ends come without end".into());
        }
    }
}

/// Passes messages of every size through an empty ring, and then one side closes.
pub fn goes_on(mut writer: RingWriter, mut reader: RingReader, closes: Side) -> Result<(), String> {
    let max = writer.max_message_len();
    for (number, len) in (AFTERWARDS..).zip(sizes(max)) {
        let pushed = message(number, len);
        let mut popped = Vec::new();
        let mut answer = writer.push(&pushed, AT_ONCE);
        if answer == Err(PushError::TimedOut) {
            // Padding went ahead alone.
            match reader.try_pop(&mut popped) {
                Ok(None) => answer = writer.push(&pushed, AT_ONCE),
                other => return Err(format!("from a ring with padding alone a successor pops {other:?}")),
            }
        }
        if answer != Ok(()) {
            return Err(format!("a successor's push of {len} bytes into an empty ring returns {answer:?}"));
        }
        if reader.try_pop(&mut popped) != Ok(Some(len)) || popped != pushed {
            return Err(format!("a successor's message of {len} bytes does not come out as it went in"));
        }
    }
    let failed = |answer| Err(format!("the successor of the {closes:?} closed, and its peer gets {answer}"));
    match closes {
        Side::Writer => {
            drop(writer);
            let answer = reader.try_pop(&mut Vec::new());
            if answer == Err(TryPopError::Closed) {
                Ok(())
            } else {
                failed(format!("{answer:?}"))
            }
        }
        Side::Reader => {
            drop(reader);
            let answer = writer.try_push(&[]);
            if answer == Err(TryPushError::Closed) {
                Ok(())
            } else {
                failed(format!("{answer:?}"))
            }
        }
    }
}

/// Every length of up to 64 bytes, and those around every further power of two and the longest.
fn sizes(max: usize) -> impl Iterator<Item = usize> {
    (0..=max).filter(move |&len| {
        let near = |mark: usize| len.abs_diff(mark) <= 1;
        len <= 64 || max - len <= 9 || near(len.next_power_of_two()) || near(len.next_power_of_two() / 2)
    })
}
