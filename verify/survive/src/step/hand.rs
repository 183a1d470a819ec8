//! Who does the work, with the production code: the process that is stepped, and the tracer for its peer.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use ipc_ring::{CreateError, OpenError, RingOptions, RingReader, RingWriter, Side, WaitStrategy};

use super::ledger::FULL;
use super::work::{got, message, Ending, Work};

/// The handles of a ring that a process holds.
pub struct Hand {
    path: PathBuf,
    pub writer: Option<RingWriter>,
    pub reader: Option<RingReader>,
    /// How its sides wait. Who is stepped sleeps at once: an instruction takes so long then that it comes to the same.
    pub strategy: WaitStrategy,
    /// Whether the reader stops at ends.
    pub stops: bool,
    /// Whether it has released a message, and taken no end since.
    pub is_in_a_stream: bool,
    /// Where messages are popped to. Never grown, so that who watches this process knows where to look.
    pub buffer: Vec<u8>,
}

/// The longest message of any scenario.
const LONGEST: usize = 1 << 13;

impl Hand {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let (stops, is_in_a_stream, buffer) = (false, false, Vec::with_capacity(LONGEST));
        Self {
            path: path.into(),
            writer: None,
            reader: None,
            strategy: WaitStrategy::Sleep,
            stops,
            is_in_a_stream,
            buffer,
        }
    }

    /// Does `work`, whose first message has this number, and says what came of it. Calls `pause` right before, right
    /// after, and where one part of the work ends and another begins.
    ///
    /// # Errors
    /// If the work needs a handle that is not held: the scenario is at fault.
    pub fn work(&mut self, number: u64, work: &Work, mut pause: impl FnMut()) -> Result<String, String> {
        let no_writer = "no writer is held: let the scenario create or attach first";
        let no_reader = "no reader is held: let the scenario open first";
        let answer = match work {
            Work::Create { .. } | Work::Attach { .. } | Work::Open | Work::OpenToStop => self.come(work, &mut pause),
            Work::Push { .. } | Work::WriteBatch { .. } | Work::Grant { .. } => {
                write(self.writer.as_mut().ok_or(no_writer)?, number, work, &mut pause)
            }
            Work::Pop { .. } | Work::Peek | Work::ReadBatch { .. } => {
                let reader = self.reader.as_mut().ok_or(no_reader)?;
                let before = reader.message_count();
                let answer = read(reader, &mut self.buffer, work, &mut pause);
                self.is_in_a_stream |= reader.message_count() != before;
                answer
            }
            Work::TakeEnd => {
                let reader = self.reader.as_mut().ok_or(no_reader)?;
                pause();
                let is_taken = reader.take_end();
                pause();
                self.is_in_a_stream &= !is_taken;
                if is_taken { "took it" } else { "no end" }.into()
            }
            Work::Close(side) => self.close(*side, &mut pause),
        };
        let position = match work.side() {
            Side::Writer => self.writer.as_ref().map(RingWriter::position),
            Side::Reader => self.reader.as_ref().map(RingReader::position),
        };
        Ok(position.map_or(answer.clone(), |position| format!("{answer} at {position}")))
    }

    /// Takes a side.
    fn come(&mut self, work: &Work, pause: &mut dyn FnMut()) -> String {
        let mut options = RingOptions::new();
        options.wait_strategy(self.strategy);
        let created = |error: CreateError| match error {
            CreateError::AlreadyExists { .. } => "AlreadyExists".to_string(),
            other => other.to_string(),
        };
        let opened = |error: OpenError| match error {
            OpenError::Full { .. } => FULL.to_string(),
            other => other.to_string(),
        };
        let stops = *work == Work::OpenToStop;
        options.reader_stops_at_ends(stops);
        pause();
        let (writer, reader) = match *work {
            Work::Create { capacity } => (Some(options.create(&self.path, capacity).map_err(created)), None),
            Work::Attach { patience } => {
                (Some(options.attach_wait(&self.path, patience.timeout()).map_err(opened)), None)
            }
            _ => (None, Some(options.open(&self.path).map_err(opened))),
        };
        pause();
        let writer = writer.map(|writer| writer.map(|writer| self.writer = Some(writer)));
        let reader = reader.map(|reader| {
            reader.map(|reader| (self.reader, self.stops, self.is_in_a_stream) = (Some(reader), stops, false))
        });
        done(writer.or(reader).unwrap_or(Ok(())))
    }

    fn close(&mut self, side: Side, pause: &mut dyn FnMut()) -> String {
        pause();
        match side {
            Side::Writer => self.writer = None,
            Side::Reader => self.reader = None,
        }
        pause();
        done(Ok(()))
    }
}

fn done(what: Result<(), String>) -> String {
    what.map_or_else(|error| error, |()| "done".into())
}

const AT_ONCE: Option<Duration> = Some(Duration::ZERO);

fn write(writer: &mut RingWriter, number: u64, work: &Work, pause: &mut dyn FnMut()) -> String {
    let made =
        |lens: &[usize]| -> Vec<Vec<u8>> { (number..).zip(lens).map(|(number, &len)| message(number, len)).collect() };
    let pushed = match work {
        Work::Push { len, patience } => {
            let message = message(number, *len);
            pause();
            let pushed = writer.push(&message, patience.timeout());
            pause();
            pushed
        }
        Work::WriteBatch { lens } => {
            let messages = made(lens);
            pause();
            let mut batch = writer.batch();
            let pushed = messages.iter().try_for_each(|message| batch.push(message, AT_ONCE));
            pause();
            drop(batch);
            pause();
            pushed
        }
        Work::Grant { reserved, filled, used } => {
            let message = message(number, *filled);
            pause();
            let grant = writer.reserve(*reserved, AT_ONCE).map(|mut grant| {
                grant.write_all(&message).expect("there is space for what was reserved");
                grant
            });
            pause();
            let committed = grant.map(|mut grant| match used {
                Some(used) => {
                    grant.truncate(*used);
                    grant.commit();
                }
                None => drop(grant),
            });
            pause();
            committed
        }
        other => unreachable!("a writer does not {other:?}"),
    };
    done(pushed.map_err(|error| format!("{error:?}")))
}

fn read(reader: &mut RingReader, buffer: &mut Vec<u8>, work: &Work, pause: &mut dyn FnMut()) -> String {
    let mut messages = Vec::with_capacity(16);
    pause();
    let read = match work {
        Work::Pop { patience } => reader.pop(buffer, patience.timeout()).map(|_| messages.push(buffer.clone())),
        Work::Peek => reader.peek(AT_ONCE).map(|message| {
            message.copy_to(buffer);
            messages.push(buffer.clone());
        }),
        Work::ReadBatch { max, ending } => {
            let mut first = None;
            let batch = reader.batch(*max, AT_ONCE).map(|mut batch| {
                for message in &mut batch {
                    first.get_or_insert(message.position());
                    message.copy_to(buffer);
                    messages.push(buffer.clone());
                }
                batch
            });
            pause();
            batch.map(|batch| match ending {
                Ending::Commit => batch.commit(),
                Ending::CommitInPart => {
                    let first = first.expect("a batch has a message");
                    batch.commit_through(first).expect("it was iterated over");
                }
                Ending::Drop => drop(batch),
            })
        }
        other => unreachable!("a reader does not {other:?}"),
    };
    pause();
    match read {
        Ok(()) => got(messages.iter().map(Vec::as_slice)),
        Err(error) => format!("{error:?}"),
    }
}
