//! `ring send`: reads messages from the input, pushes them, and ends the stream.
//!
//! If it does not reach the end of its input, it abandons the ring: the receiver learns that, and a successor goes on.

use std::fs;
use std::mem;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use ipc_ring::{CreateError, OpenError, PushError, RingOptions, RingView, RingWriter, SideState, WriteBatch};

use crate::args::{Send, WhenFull};
use crate::error::Error;
use crate::fences::Fences;
use crate::input::Input;
use crate::look::{bytes, view};
use crate::number::counted;
use crate::output::complain;
use crate::progress::Progress;
use crate::quoted::quoted;
use crate::split::{again, of_the_input, unfinished, Last, Next, Splitter, Splitting};
use crate::stop::Stop;
use crate::turn::take;

/// How long a push waits for space before asking whether to go on.
const PATIENCE: Duration = Duration::from_millis(100);
/// How often to ask whether the ring still has its path.
const LOOKS_EVERY: Duration = Duration::from_secs(1);
/// The capacity of a new ring, unless `--capacity` says another one.
const CAPACITY: usize = 4 << 20;
/// The capacity less the longest message: 8 bytes for its header, and 8 kept for the end of the stream.
const BESIDES: usize = 16;

/// What happened to a message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// It is in the ring: pushed now, or by an earlier sender.
    Done,
    /// There was no space: it has to be dropped.
    NoSpace,
    /// An earlier sender sent a part of it: it has to be sent again.
    Grown,
}

/// A sender: what it was asked to do, and how far it is.
struct Sender<'a> {
    asked: &'a Send,
    stop: &'a Stop,
    progress: Progress,
    /// How many messages of the input were read so far.
    number: u64,
    /// How many messages are still to be skipped, because the ring has had them.
    to_skip: u64,
    /// A view, which tells whether a reader holds the ring. `None` if the ring lost its path before it was opened.
    view: Option<RingView>,
    /// The last message that was sent, to compare with the input; `None` if it cannot or need not be compared.
    last: Option<Vec<u8>>,
    /// Whether the last message may have been sent before it was whole, and nobody can tell.
    is_untold: bool,
    /// How many messages were dropped.
    dropped: u64,
    /// When `look_for_the_ring` last looked.
    looked: Instant,
}

pub fn run(asked: &Send) -> Result<(), Error> {
    let stop = Stop::new()?;
    let input = Input::open(&asked.input, stop)?;
    input.is_not(&asked.ring)?;
    let mut writer = attach_or_create(asked, stop)?;
    let sent = send_all(asked, stop, input, &mut writer);
    match sent {
        Ok(()) => writer.finish(),
        Err(_) => writer.abandon(),
    }
    sent
}

/// Sends the whole input. The caller ends the stream after `Ok`.
fn send_all(asked: &Send, stop: &Stop, mut input: Input, writer: &mut RingWriter) -> Result<(), Error> {
    let max = writer.max_message_len();
    let progress = Progress::new("sent", asked.progress);
    let (to_skip, last) = if asked.resume { had(asked, writer)? } else { (0, None) };
    let is_untold = asked.resume && to_skip > 0 && writer.last_message().is_none() && writer.follows_an_end();
    let view = view(&asked.ring, &asked.trust).ok().filter(|view| view.id() == writer.id());
    let looked = Instant::now();
    let mut sender = Sender { asked, stop, progress, number: 0, to_skip, view, last, is_untold, dropped: 0, looked };
    let mut splitter = Splitter::new(asked.splitting(), max);
    // Every read is published before the next read may wait, so messages of a slow input are not held back.
    while input.fill(stop, || sender.look_for_the_ring(writer))? {
        let taken = sender.send(&mut splitter, input.unread(), writer, max)?;
        input.consume(taken);
        sender.progress.show();
    }
    let number = sender.number + 1;
    match splitter.last(input.unread()) {
        Last::Nothing => {}
        Last::Message(message) if asked.complete_lines && sender.to_skip == 0 => sender.hold_back(&message),
        Last::Message(message) => sender.push_alone(writer, &message)?,
        // Nobody knows yet whether the whole line will fit.
        Last::TooLarge if asked.complete_lines => sender.hold_back(input.unread()),
        Last::TooLarge if asked.splitting() == Splitting::Lines => return Err(Error::Unended { number, max }),
        Last::TooLarge => return Err(Error::TooLarge { number, max }),
        Last::CutShort => return Err(Error::CutShort { number }),
    }
    if sender.to_skip > 0 {
        return Err(Error::AlreadyFurther { missing: sender.to_skip });
    }
    sender.wait_until_it_will_be_found(writer)
}

/// Returns how many messages of the input the ring has had, and the last one, if it can and has to be compared.
fn had(asked: &Send, writer: &RingWriter) -> Result<(u64, Option<Vec<u8>>), Error> {
    let sent = writer.message_count().map_err(|_| Error::Uncounted { ring: asked.ring.clone() })?;
    let dropped = writer.dropped();
    let had = sent.wrapping_add(dropped).wrapping_sub(writer.repeated());
    let last = writer.last_message().map(|last| of_the_input(asked.splitting(), &last).to_vec());
    // After drops, the input may have a dropped message in that place; but never in place of one that ended its input.
    let is_comparable = |last: &Vec<u8>| dropped == 0 || unfinished(asked.splitting(), last).is_some();
    Ok((had, last.filter(is_comparable)))
}

impl Sender<'_> {
    /// Sends the whole messages at the beginning of `input`, in a batch, and returns how many bytes they take.
    ///
    /// The batch is published also after an error.
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
                    let outcome = self.push(&mut batch, message)?;
                    if outcome != Outcome::Done {
                        drop(batch);
                        self.settle(outcome, writer, message)?;
                        batch = writer.batch();
                    }
                    taken += takes;
                }
                Next::Part => return Ok(taken),
                Next::TooLarge => return Err(Error::TooLarge { number: self.number + 1, max }),
            }
        }
    }

    /// Pushes the next message of the input, or skips it if the ring has had it.
    #[inline]
    fn push(&mut self, batch: &mut WriteBatch<'_>, message: &[u8]) -> Result<Outcome, Error> {
        self.number += 1;
        if self.to_skip > 0 {
            return self.skip(message);
        }
        let all = self.asked.patience();
        let mut left = all;
        loop {
            let patience = left.map_or(PATIENCE, |left| left.min(PATIENCE));
            match batch.push(message, Some(patience)) {
                Ok(()) => break,
                Err(PushError::TimedOut) => self.stop.check()?,
                Err(error) => return Err(self.refused(error, message.len())),
            }
            left = left.map(|left| left - patience);
            if let (Some(Duration::ZERO), Some(waited)) = (left, all) {
                return match self.asked.when_full {
                    WhenFull::DropNewest => Ok(Outcome::NoSpace),
                    _ => Err(Error::Full { ring: self.asked.ring.clone(), number: Some(self.number), waited }),
                };
            }
        }
        self.progress.count(1, message.len());
        Ok(Outcome::Done)
    }

    /// Skips a message, and compares the last one that has to be skipped with what the ring has had.
    fn skip(&mut self, message: &[u8]) -> Result<Outcome, Error> {
        self.to_skip -= 1;
        if self.to_skip == 0 && self.is_untold {
            return match self.asked.resend {
                true => Ok(Outcome::Grown),
                false => Err(Error::Untold { ring: self.asked.ring.clone(), number: self.number }),
            };
        }
        let Some(last) = self.last.take_if(|last| self.to_skip == 0 && last != message) else {
            return Ok(Outcome::Done);
        };
        let has_grown = unfinished(self.asked.splitting(), &last).is_some_and(|part| message.starts_with(part));
        match (has_grown, self.asked.resend) {
            (true, true) => Ok(Outcome::Grown),
            (true, false) => Err(Error::Grown {
                ring: self.asked.ring.clone(),
                number: self.number,
                is_a_line: self.asked.splitting() == Splitting::Lines,
            }),
            (false, _) => Err(Error::AnotherInput { ring: self.asked.ring.clone(), number: self.number }),
        }
    }

    /// Counts a message that is dropped, or sends a message again that had grown.
    fn settle(&mut self, outcome: Outcome, writer: &mut RingWriter, message: &[u8]) -> Result<(), Error> {
        match outcome {
            Outcome::Done => {}
            // Count it before the next message is published: then a resumed sender skips both.
            Outcome::NoSpace => {
                writer.count_dropped(1);
                self.dropped += 1;
            }
            Outcome::Grown => {
                self.number -= 1;
                let again = again(self.asked.splitting(), message);
                let mut batch = writer.batch();
                if self.push(&mut batch, &again)? != Outcome::Done {
                    let (ring, number) = (self.asked.ring.clone(), Some(self.number));
                    return Err(Error::Full { ring, number, waited: self.asked.patience().unwrap_or_default() });
                }
                // The count has to come before the message is published. Forgetting the batch leaves the message in the
                // ring unpublished; dropping the next batch publishes it.
                mem::forget(batch);
                writer.count_repeated(1);
                drop(writer.batch());
            }
        }
        Ok(())
    }

    /// Says that the last line is not sent, because it may be half written.
    fn hold_back(&self, line: &[u8]) {
        let line = unfinished(Splitting::Lines, line).unwrap_or(line);
        let note = "the last line was held back, because it has no newline: send it with --resume when it has one";
        complain(&format!("note: {note} ({})\n", bytes(line.len())));
    }

    /// Pushes a message in a batch of its own, and settles its outcome.
    fn push_alone(&mut self, writer: &mut RingWriter, message: &[u8]) -> Result<(), Error> {
        let outcome = self.push(&mut writer.batch(), message)?;
        self.settle(outcome, writer, message)
    }

    /// Returns the error of a push that failed.
    #[cold]
    fn refused(&self, error: PushError, len: usize) -> Error {
        let ring = self.asked.ring.clone();
        match error {
            PushError::TooLarge { max, .. } => Error::TooLarge { number: self.number, max },
            PushError::Corrupt { check } => Error::Corrupt { ring, check },
            PushError::Removed => Error::Removed { ring },
            PushError::Replaced => Error::Replaced { ring },
            error => Error::system(format!("push a message of {}", counted(len as u64, "byte")))(error.into()),
        }
    }

    /// Returns an error if nobody can find the ring any more: it has lost its path, and no reader holds it.
    ///
    /// Then everything that is sent would be lost. Looks at most once a second.
    fn look_for_the_ring(&mut self, writer: &mut RingWriter) -> Result<(), Error> {
        if self.looked.elapsed() < LOOKS_EVERY {
            return Ok(());
        }
        self.looked = Instant::now();
        match self.is_taken(writer)? && !writer.still_named() && !self.has_a_reader() {
            true => Err(Error::lost(&self.asked.ring)),
            false => Ok(()),
        }
    }

    /// Returns whether a reader holds the ring.
    fn has_a_reader(&self) -> bool {
        self.view.as_ref().is_some_and(|view| view.snapshot().reader.state == SideState::Attached)
    }

    /// Waits until everything that was sent will be found.
    ///
    /// If the ring has its path, it will be. If not, the reader that still holds the ring has to take everything first.
    fn wait_until_it_will_be_found(&self, writer: &mut RingWriter) -> Result<(), Error> {
        while !self.is_taken(writer)? {
            self.stop.check()?;
        }
        // Somebody still has to find the end of the stream.
        match writer.still_named() || self.has_a_reader() {
            true => Ok(()),
            false => Err(Error::lost(&self.asked.ring)),
        }
    }

    /// Waits a moment, and returns whether the ring has its path or nothing waits in it.
    ///
    /// Returns an error if the ring has lost its path and no reader is left to take what waits.
    fn is_taken(&self, writer: &mut RingWriter) -> Result<bool, Error> {
        if writer.still_named() || writer.is_empty() {
            return Ok(true);
        }
        // There is space for the longest message as soon as nothing waits.
        match writer.reserve(writer.max_message_len(), Some(PATIENCE)) {
            Ok(unused) => drop(unused),
            Err(PushError::TimedOut) => return Ok(false),
            Err(error) => return Err(self.refused(error, 0)),
        }
        Ok(true)
    }
}

impl Drop for Sender<'_> {
    /// Says how many messages were dropped, also after an error.
    fn drop(&mut self) {
        if self.dropped > 0 {
            let (messages, ring) = (counted(self.dropped, "message"), quoted(&self.asked.ring));
            complain(&format!("note: dropped {messages}, because {ring} had no space\n"));
        }
    }
}

/// Attaches to the ring as its writer, or creates the ring.
fn attach_or_create(asked: &Send, stop: &Stop) -> Result<RingWriter, Error> {
    let mut options = RingOptions::new();
    options.await_successors(true).trust(asked.trust.granted().any_boot(asked.any_boot));
    let asked_fences = asked.fences.map(Fences::mode);
    if let Some(fences) = asked_fences {
        options.create_fence_mode(fences);
    }
    if let Some(mode) = asked.mode {
        options.create_mode(mode);
    }
    if let Some(group) = asked.group {
        options.create_group(group);
    }
    let begin = Instant::now();
    loop {
        // Check the options before anything is created, or a stream begins.
        let (capacity, fences) = match view(&asked.ring, &asked.trust) {
            Ok(view) => {
                check_mode_and_group(asked)?;
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
            Splitting::Blocks(size) if size > capacity - BESIDES => {
                return Err(Error::BlockSize { size, max: capacity - BESIDES });
            }
            _ => {}
        }
        match take(stop, || options.attach_wait(&asked.ring, Some(PATIENCE)))? {
            Err(OpenError::NotFound { .. } | OpenError::Replaced { .. }) => {}
            // No space for the end of another stream. A receiver makes some.
            Err(OpenError::Full { .. }) => {
                stop.check()?;
                let waited = begin.elapsed();
                match asked.patience() {
                    Some(patience) if waited >= patience => {
                        return Err(Error::Full { ring: asked.ring.clone(), number: None, waited: patience })
                    }
                    _ => continue,
                }
            }
            attached => return Ok(attached?),
        }
        match options.create(&asked.ring, capacity) {
            Err(CreateError::AlreadyExists { .. }) => {}
            created => return Ok(created?),
        }
    }
}

/// Returns an error if the ring has another mode or group than was asked for.
fn check_mode_and_group(asked: &Send) -> Result<(), Error> {
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
