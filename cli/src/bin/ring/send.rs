//! `ring send`: what is read goes into the ring, and the stream ends with it. Where it does not come so far, it does
//! not end: whoever receives learns that, and a successor goes on.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use ipc_ring::{CreateError, OpenError, PushError, RingWriter, WriteBatch};

use crate::args::{Send, WhenFull};
use crate::error::Error;
use crate::fences::Fences;
use crate::input::Input;
use crate::look::view;
use crate::progress::Progress;
use crate::quoted::quoted;
use crate::split::{Last, Next, Splitter, Splitting};
use crate::stop::Stop;
use crate::turn::take;

/// How long a push waits for space before it is asked whether to go on.
const PATIENCE: Duration = Duration::from_millis(100);
/// How often it is asked whether the ring is to be found.
const LOOKS_EVERY: Duration = Duration::from_secs(1);
/// What a ring that is created has, unless something else is asked for.
const CAPACITY: usize = 4 << 20;
/// What a message takes besides its bytes.
const HEADER: usize = 8;

/// What is sent, and where.
struct Sender<'a> {
    ring: &'a Path,
    stop: &'a Stop,
    progress: Progress,
    /// The messages of the input so far.
    number: u64,
    /// Those of them that are left out, for the ring has had them.
    to_skip: u64,
    /// How long a message waits for space, if not as long as it takes, and what becomes of it then.
    patience: Option<Duration>,
    when_full: WhenFull,
    /// The messages that were given up.
    dropped: u64,
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
        true => {
            let sent = writer.messages().ok_or_else(|| Error::Uncounted { ring: asked.ring.clone() })?;
            sent.wrapping_add(writer.dropped())
        }
        false => 0,
    };
    let mut sender = Sender {
        ring: &asked.ring,
        stop,
        progress,
        number: 0,
        to_skip,
        patience: asked.patience(),
        when_full: asked.when_full,
        dropped: 0,
        looked: Instant::now(),
    };
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
        Last::Message(message) => sender.push_or_drop(writer, &message)?,
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
                    if !self.push(&mut batch, message)? {
                        // Before another one is published: whoever resumes learns of the two together.
                        drop(batch);
                        self.count_dropped(writer);
                        batch = writer.batch();
                    }
                    taken += takes;
                }
                Next::Part => return Ok(taken),
                Next::TooLarge => return Err(Error::TooLarge { number: self.number + 1, max }),
            }
        }
    }

    /// Pushes the next message of the input, unless the ring has had it. Whether it is not to be dropped.
    #[inline]
    fn push(&mut self, batch: &mut WriteBatch<'_>, message: &[u8]) -> Result<bool, Error> {
        self.number += 1;
        if self.to_skip > 0 {
            self.to_skip -= 1;
            return Ok(true);
        }
        let mut left = self.patience;
        loop {
            let patience = left.map_or(PATIENCE, |left| left.min(PATIENCE));
            match batch.push(message, Some(patience)) {
                Ok(()) => break,
                Err(PushError::TimedOut) => self.stop.check()?,
                Err(error) => return Err(self.refused(error, message.len())),
            }
            left = left.map(|left| left - patience);
            if let (Some(Duration::ZERO), Some(waited)) = (left, self.patience) {
                return match self.when_full {
                    WhenFull::DropNewest => Ok(false),
                    _ => Err(Error::Full { ring: self.ring.into(), number: self.number, waited }),
                };
            }
        }
        self.progress.count(1, message.len());
        Ok(true)
    }

    /// As `push`, of a message by itself.
    fn push_or_drop(&mut self, writer: &mut RingWriter, message: &[u8]) -> Result<(), Error> {
        if !self.push(&mut writer.batch(), message)? {
            self.count_dropped(writer);
        }
        Ok(())
    }

    fn count_dropped(&mut self, writer: &mut RingWriter) {
        writer.count_dropped(1);
        self.dropped += 1;
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

impl Drop for Sender<'_> {
    /// Says what was given up, however it ended.
    fn drop(&mut self) {
        if self.dropped > 0 {
            let messages = if self.dropped == 1 { "1 message".into() } else { format!("{} messages", self.dropped) };
            // Whom to tell that nobody listens?
            let _ = writeln!(io::stderr(), "note: dropped {messages}, for which {} had no space", quoted(self.ring));
        }
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
    if let Some(mode) = asked.mode {
        options.mode(mode);
    }
    if let Some(group) = asked.group {
        options.group(group);
    }
    loop {
        // Before anything is made, or a stream begun again that had ended.
        let (capacity, fences) = match view(&asked.ring, &asked.trust) {
            Ok(view) => {
                is_shared_so(asked)?;
                (view.capacity(), Some(view.fence_mode()))
            }
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
            Splitting::Blocks(size) if size > capacity - HEADER => {
                return Err(Error::BlockSize { size, max: capacity - HEADER });
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

/// Whether the ring that is there is for those for whom it is asked.
fn is_shared_so(asked: &Send) -> Result<(), Error> {
    let ring = || asked.ring.clone();
    let Ok(metadata) = fs::symlink_metadata(&asked.ring) else { return Ok(()) };
    let (mode, group) = (metadata.mode() & 0o7777, metadata.gid());
    if let Some(other) = asked.mode.filter(|&other| other != mode) {
        return Err(Error::Mode { ring: ring(), mode, asked: other });
    }
    if let Some(other) = asked.group.filter(|&other| other != group) {
        return Err(Error::Group { ring: ring(), group, asked: other });
    }
    Ok(())
}
