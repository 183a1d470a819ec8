//! `ring send`: what is read goes into the ring, and the stream ends with it. Where it does not come so far, it does
//! not end: whoever receives learns that, and a successor goes on.

use std::path::Path;
use std::time::{Duration, Instant};

use ipc_ring::{CreateError, OpenError, PushError, RingWriter, WriteBatch};

use crate::args::Send;
use crate::error::Error;
use crate::fences::Fences;
use crate::input::Input;
use crate::look::view;
use crate::progress::Progress;
use crate::split::{Last, Next, Splitter, Splitting};
use crate::stop::Stop;
use crate::turn::take;

/// How long a push waits for space before it is asked whether to go on.
const PATIENCE: Duration = Duration::from_millis(100);
/// How often it is asked whether the ring is to be found.
const LOOKS_EVERY: Duration = Duration::from_secs(1);
/// What a ring that is created has, unless something else is asked for.
const CAPACITY: usize = 4 << 20;
/// What the longest message leaves of a ring: its header's bytes, and those kept for the end of the stream.
const BESIDES: usize = 16;

/// What is sent, and where.
struct Sender<'a> {
    ring: &'a Path,
    stop: &'a Stop,
    progress: Progress,
    /// The messages of the input so far.
    number: u64,
    /// Those of them that are left out, for the ring has had them.
    to_skip: u64,
    /// When it was last asked whether the ring is to be found.
    looked: Instant,
}

pub fn run(asked: &Send) -> Result<(), Error> {
    let stop = Stop::new()?;
    let input = Input::open(&asked.input)?;
    let mut writer = attach_or_create(asked, &stop)?;
    let sent = send_all(asked, &stop, input, &mut writer);
    match sent {
        Ok(()) => writer.finish(),
        Err(_) => writer.abandon(),
    }
    sent
}

fn send_all(asked: &Send, stop: &Stop, mut input: Input, writer: &mut RingWriter) -> Result<(), Error> {
    let max = writer.max_message_len();
    let progress = Progress::new("sent", asked.progress);
    let to_skip = match asked.resume {
        true => writer.messages().ok_or_else(|| Error::Uncounted { ring: asked.ring.clone() })?,
        false => 0,
    };
    let mut sender = Sender { ring: &asked.ring, stop, progress, number: 0, to_skip, looked: Instant::now() };
    let mut splitter = Splitter::new(asked.splitting(), max);
    // What one reading has brought is published before the next one may wait: a slow input is not held back.
    while input.fill(stop, || sender.look_for_the_ring(writer))? {
        let taken = sender.send(&mut splitter, input.unread(), writer, max)?;
        input.consume(taken);
        sender.progress.show();
    }
    let number = sender.number + 1;
    match splitter.last(input.unread()) {
        Last::Nothing => {}
        Last::Message(message) => sender.push(&mut writer.batch(), &message)?,
        Last::TooLarge if asked.splitting() == Splitting::Lines => return Err(Error::Unended { number, max }),
        Last::TooLarge => return Err(Error::TooLarge { number, max }),
        Last::CutShort => return Err(Error::CutShort { number }),
    }
    if sender.to_skip > 0 {
        return Err(Error::AlreadyFurther { missing: sender.to_skip });
    }
    sender.see_to_it(writer)
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
                Next::TooLarge => return Err(Error::TooLarge { number: self.number + 1, max }),
            }
        }
    }

    #[inline]
    fn push(&mut self, batch: &mut WriteBatch<'_>, message: &[u8]) -> Result<(), Error> {
        self.number += 1;
        if self.to_skip > 0 {
            self.to_skip -= 1;
            return Ok(());
        }
        loop {
            match batch.push(message, Some(PATIENCE)) {
                Ok(()) => break,
                Err(PushError::TimedOut) => self.stop.check()?,
                Err(error) => return Err(self.refused(error, message.len())),
            }
        }
        self.progress.count(1, message.len());
        Ok(())
    }

    #[cold]
    fn refused(&self, error: PushError, len: usize) -> Error {
        let ring = self.ring.into();
        match error {
            PushError::TooLarge { max, .. } => Error::TooLarge { number: self.number, max },
            PushError::Corrupt { check } => Error::Corrupt { ring, check },
            PushError::Removed => Error::Removed { ring },
            PushError::Replaced => Error::Replaced { ring },
            error => Error::system(format!("push a message of {len} bytes"))(error.into()),
        }
    }

    /// Asks each second whether the ring is to be found still: where it has lost its name, and nobody is there who has
    /// it all the same, what waits in it is lost, and what comes.
    fn look_for_the_ring(&mut self, writer: &mut RingWriter) -> Result<(), Error> {
        if self.looked.elapsed() < LOOKS_EVERY {
            return Ok(());
        }
        self.looked = Instant::now();
        self.is_taken(writer).map(drop)
    }

    /// Sees to it that what waits will be found: where the ring has lost its name, whoever holds it still has to take
    /// it all.
    fn see_to_it(&self, writer: &mut RingWriter) -> Result<(), Error> {
        while !self.is_taken(writer)? {
            self.stop.check()?;
        }
        Ok(())
    }

    /// Whether the ring is to be found, or nothing waits in it. Waits for that a while, and as long as somebody is
    /// there who can take what waits.
    fn is_taken(&self, writer: &mut RingWriter) -> Result<bool, Error> {
        if writer.still_named() || writer.is_empty() {
            return Ok(true);
        }
        // There is space for the largest message when nothing waits.
        match writer.reserve(writer.max_message_len(), Some(PATIENCE)) {
            Ok(unused) => drop(unused),
            Err(PushError::TimedOut) => return Ok(false),
            Err(error) => return Err(self.refused(error, 0)),
        }
        Ok(true)
    }
}

/// Goes on with the ring that was asked for, or creates it.
fn attach_or_create(asked: &Send, stop: &Stop) -> Result<RingWriter, Error> {
    let mut options = asked.trust.options();
    options.await_successors(true).any_boot(asked.any_boot);
    let asked_fences = asked.fences.map(Fences::mode);
    if let Some(fences) = asked_fences {
        options.fence_mode(fences);
    }
    loop {
        // Before anything is made, or a stream begun again that had ended.
        let (capacity, fences) = match view(&asked.ring, &asked.trust) {
            Ok(view) => (view.capacity(), Some(view.fence_mode())),
            Err(OpenError::NotFound { .. }) => (asked.capacity.unwrap_or(CAPACITY), asked_fences),
            Err(error) => return Err(error.into()),
        };
        if let Some(other) = asked.capacity.filter(|&other| other != capacity) {
            return Err(Error::Capacity { ring: asked.ring.clone(), capacity, asked: other });
        }
        if asked_fences.is_some() && asked_fences != fences {
            return Err(Error::Fences { ring: asked.ring.clone() });
        }
        match asked.splitting() {
            Splitting::Blocks(size) if size > capacity - BESIDES => {
                return Err(Error::BlockSize { size, max: capacity - BESIDES });
            }
            _ => {}
        }
        match take(stop, || options.attach(&asked.ring))? {
            Err(OpenError::NotFound { .. } | OpenError::Replaced { .. }) => {}
            attached => return Ok(attached?),
        }
        match options.create(&asked.ring, capacity) {
            Err(CreateError::AlreadyExists { .. }) => {}
            created => return Ok(created?),
        }
    }
}
