//! `ring send`: what is read goes into the ring, and the stream ends with it. Where it does not come so far, it does
//! not end: whoever receives learns that, and a successor goes on.

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

/// How long a push waits for space before it is asked whether to go on.
const PATIENCE: Duration = Duration::from_millis(100);
/// How often it is asked whether the ring is to be found.
const LOOKS_EVERY: Duration = Duration::from_secs(1);
/// What a ring that is created has, unless something else is asked for.
const CAPACITY: usize = 4 << 20;
/// What the longest message leaves of a ring: its header's bytes, and those kept for the end of the stream.
const BESIDES: usize = 16;

/// What became of a message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// It is in the ring.
    Done,
    /// It is to be dropped.
    NoSpace,
    /// It was sent when only a part of it was there, and is to be sent again.
    Grown,
}

/// What is sent, and where.
struct Sender<'a> {
    asked: &'a Send,
    stop: &'a Stop,
    progress: Progress,
    /// The messages of the input so far.
    number: u64,
    /// Those of them that are left out, for the ring has had them.
    to_skip: u64,
    /// The ring as an onlooker sees it, who is told whether a reader has it. None where it was lost before it was seen.
    view: Option<RingView>,
    /// The last of those, as the ring has had it, if that is to be seen to.
    last: Option<Vec<u8>>,
    /// Whether nobody can tell what that is, though it may have ended its input, and not been whole.
    is_untold: bool,
    /// The messages that were given up.
    dropped: u64,
    /// When it was last asked whether the ring is to be found.
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

fn send_all(asked: &Send, stop: &Stop, mut input: Input, writer: &mut RingWriter) -> Result<(), Error> {
    let max = writer.max_message_len();
    let progress = Progress::new("sent", asked.progress);
    let (to_skip, last) = if asked.resume { had(asked, writer)? } else { (0, None) };
    let is_untold = asked.resume && to_skip > 0 && writer.last_message().is_none() && writer.follows_an_end();
    let view = view(&asked.ring, &asked.trust).ok().filter(|view| view.id() == writer.id());
    let looked = Instant::now();
    let mut sender = Sender { asked, stop, progress, number: 0, to_skip, view, last, is_untold, dropped: 0, looked };
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
        Last::Message(message) if asked.complete_lines && sender.to_skip == 0 => sender.hold_back(&message),
        Last::Message(message) => sender.push_alone(writer, &message)?,
        // Whether it fits in the end nobody knows yet.
        Last::TooLarge if asked.complete_lines => sender.hold_back(input.unread()),
        Last::TooLarge if asked.splitting() == Splitting::Lines => return Err(Error::Unended { number, max }),
        Last::TooLarge => return Err(Error::TooLarge { number, max }),
        Last::CutShort => return Err(Error::CutShort { number }),
    }
    if sender.to_skip > 0 {
        return Err(Error::AlreadyFurther { missing: sender.to_skip });
    }
    sender.see_to_it(writer)
}

/// How many messages of the input the ring has had, and the last of them, where that can and has to be compared.
fn had(asked: &Send, writer: &RingWriter) -> Result<(u64, Option<Vec<u8>>), Error> {
    let sent = writer.message_count().map_err(|_| Error::Uncounted { ring: asked.ring.clone() })?;
    let dropped = writer.dropped();
    let had = sent.wrapping_add(dropped).wrapping_sub(writer.repeated());
    let last = writer.last_message().map(|last| of_the_input(asked.splitting(), &last).to_vec());
    // Where messages were dropped, one of them may stand in its place; not in that of one that ended its input.
    let is_comparable = |last: &Vec<u8>| dropped == 0 || unfinished(asked.splitting(), last).is_some();
    Ok((had, last.filter(is_comparable)))
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

    /// Pushes the next message of the input, unless the ring has had it.
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

    /// Leaves a message out that the ring has had, if it has.
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

    /// Does what is to be done about a message that was not pushed.
    fn settle(&mut self, outcome: Outcome, writer: &mut RingWriter, message: &[u8]) -> Result<(), Error> {
        match outcome {
            Outcome::Done => {}
            // Before another one is published: whoever resumes learns of the two together.
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
                // It is counted as soon as there is space for it, and published then: not before the count, nor by a
                // wait.
                mem::forget(batch);
                writer.count_repeated(1);
                drop(writer.batch());
            }
        }
        Ok(())
    }

    /// Says that a last line is not sent, for it may not be whole.
    fn hold_back(&self, line: &[u8]) {
        let line = unfinished(Splitting::Lines, line).unwrap_or(line);
        let note = "held back the last line, which has no newline: send it with --resume when it has one";
        complain(&format!("note: {note} ({})\n", bytes(line.len())));
    }

    /// As `push`, of a message by itself, and with what is to be done about it.
    fn push_alone(&mut self, writer: &mut RingWriter, message: &[u8]) -> Result<(), Error> {
        let outcome = self.push(&mut writer.batch(), message)?;
        self.settle(outcome, writer, message)
    }

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

    /// Asks each second whether the ring is to be found still: where it has lost its name, and nobody is there who has
    /// it all the same, what waits in it is lost, and what comes. So is what comes where nothing waits yet.
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

    /// Whether a reader has the ring.
    fn has_a_reader(&self) -> bool {
        self.view.as_ref().is_some_and(|view| view.snapshot().reader.state == SideState::Attached)
    }

    /// Sees to it that what waits will be found: where the ring has lost its name, whoever holds it still has to take
    /// it all.
    fn see_to_it(&self, writer: &mut RingWriter) -> Result<(), Error> {
        while !self.is_taken(writer)? {
            self.stop.check()?;
        }
        // The end of the stream is still to be found, also where nothing else waits.
        match writer.still_named() || self.has_a_reader() {
            true => Ok(()),
            false => Err(Error::lost(&self.asked.ring)),
        }
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
            let (messages, ring) = (counted(self.dropped, "message"), quoted(&self.asked.ring));
            complain(&format!("note: dropped {messages}, for which {ring} had no space\n"));
        }
    }
}

/// Goes on with the ring that was asked for, or creates it.
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
        // Before anything is made, or a stream begun.
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
            Splitting::Blocks(size) if size > capacity - BESIDES => {
                return Err(Error::BlockSize { size, max: capacity - BESIDES });
            }
            _ => {}
        }
        match take(stop, || options.attach_wait(&asked.ring, Some(PATIENCE)))? {
            Err(OpenError::NotFound { .. } | OpenError::Replaced { .. }) => {}
            // No room for the end of another stream, let alone a message: who receives makes some.
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
