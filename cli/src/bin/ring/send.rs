//! `ring send`: what is read goes into the ring, and the stream ends with it.

use std::path::Path;
use std::time::Duration;

use ipc_ring::{CreateError, OpenError, PushError, RingOptions, RingWriter, WriteBatch};

use crate::args::Send;
use crate::error::Error;
use crate::input::Input;
use crate::progress::Progress;
use crate::split::{Last, Next, Splitter, Splitting};
use crate::stop::Stop;
use crate::turn::take;

/// How long a push waits for space before it is asked whether to go on.
const PATIENCE: Duration = Duration::from_millis(100);

/// What is sent, and where.
struct Sender<'a> {
    ring: &'a Path,
    stop: &'a Stop,
    progress: Progress,
    /// The messages that the ring has had already.
    to_skip: u64,
}

pub fn run(asked: &Send) -> Result<(), Error> {
    let stop = Stop::new()?;
    let mut input = Input::open(&asked.input)?;
    let mut writer = attach_or_create(&asked.ring, asked.capacity, &stop)?;
    let max = writer.max_message_len();
    if let Splitting::Blocks(size) = asked.splitting() {
        if size > max {
            return Err(Error::BlockSize { size, max });
        }
    }
    let progress = Progress::new("sent", asked.progress);
    let to_skip = if asked.resume { writer.messages() } else { 0 };
    let mut sender = Sender { ring: &asked.ring, stop: &stop, progress, to_skip };
    let mut splitter = Splitter::new(asked.splitting(), max);
    // What one reading has brought is published before the next one may wait: a slow input is not held back.
    while input.fill(&stop)? {
        let taken = sender.send(&mut splitter, input.unread(), &mut writer, max)?;
        input.consume(taken);
        sender.progress.show();
    }
    let number = sender.progress.messages() + 1;
    match splitter.last(input.unread()) {
        Last::Nothing => {}
        Last::Message(message) => sender.push(&mut writer.batch(), &message)?,
        Last::TooLarge => return Err(Error::TooLarge { number, max }),
        Last::CutShort => return Err(Error::CutShort { number }),
    }
    match sender.to_skip {
        0 => Ok(()),
        missing => Err(Error::AlreadyFurther { missing }),
    }
}

impl Sender<'_> {
    /// Sends the messages that are whole in `input`, in a batch, which is published whatever becomes of it. The bytes
    /// that they take.
    fn send(
        &mut self,
        splitter: &mut Splitter,
        input: &[u8],
        writer: &mut RingWriter,
        max: usize,
    ) -> Result<usize, Error> {
        let mut batch = writer.batch();
        let mut taken = 0;
        loop {
            match splitter.next(&input[taken..]) {
                Next::Message(message, takes) => {
                    self.push(&mut batch, message)?;
                    taken += takes;
                }
                Next::Part => return Ok(taken),
                Next::TooLarge => return Err(Error::TooLarge { number: self.progress.messages() + 1, max }),
            }
        }
    }

    #[inline]
    fn push(&mut self, batch: &mut WriteBatch<'_>, message: &[u8]) -> Result<(), Error> {
        if self.to_skip > 0 {
            self.to_skip -= 1;
            return Ok(());
        }
        loop {
            match batch.push(message, Some(PATIENCE)) {
                Ok(()) => break,
                Err(PushError::TimedOut) => {
                    self.stop.check()?;
                    // The library waits for a reader that never came also where none can find the ring.
                    if !self.ring.exists() {
                        return Err(Error::Removed { ring: self.ring.into() });
                    }
                }
                Err(error) => return Err(self.refused(error, message.len())),
            }
        }
        self.progress.count(message.len());
        Ok(())
    }

    #[cold]
    fn refused(&self, error: PushError, len: usize) -> Error {
        let ring = self.ring.into();
        match error {
            PushError::TooLarge { max, .. } => Error::TooLarge { number: self.progress.messages() + 1, max },
            PushError::Corrupt { check } => Error::Corrupt { ring, check },
            // Successors are awaited, so only a ring that none can find is left.
            PushError::PeerGone | PushError::Closed => Error::Removed { ring },
            error => Error::system(format!("push a message of {len} bytes"))(error.into()),
        }
    }
}

/// Goes on with the ring at `path`, or creates it.
fn attach_or_create(path: &Path, capacity: usize, stop: &Stop) -> Result<RingWriter, Error> {
    let mut options = RingOptions::new();
    options.await_successors(true);
    loop {
        match take(stop, || options.attach(path))? {
            Err(OpenError::NotFound { .. } | OpenError::Replaced { .. }) => {}
            attached => return Ok(attached?),
        }
        match options.create(path, capacity) {
            Err(CreateError::AlreadyExists { .. }) => {}
            created => return Ok(created?),
        }
    }
}
