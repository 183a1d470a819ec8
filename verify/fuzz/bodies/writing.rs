//! What the writer does, by every way in.

use std::io::Write;
use std::time::Duration;

use ipc_ring::{Grant, PushError, RingWriter};

use super::input::Input;
use super::oracle::fits;
use super::rig::{Held, Rig};

const AT_ONCE: Option<Duration> = Some(Duration::ZERO);

impl Rig {
    pub fn write(&mut self, input: &mut Input) {
        let Some(mut held) = self.writer.take() else { return };
        match input.below(5) {
            0 => self.push_one(&mut held, input, |writer, message| writer.push(message, AT_ONCE)),
            1 => self.push_one(&mut held, input, |writer, message| Ok(writer.try_push(message)?)),
            2 => self.batch_of_pushes(&mut held, input),
            3 => self.grant(&mut held, input, false),
            _ => self.grant(&mut held, input, true),
        }
        self.writer = Some(held);
    }

    /// The length of the next message: any that a ring can hold, and a few that it cannot.
    fn length(&self, input: &mut Input) -> usize {
        input.number(if self.capacity() > 256 { 2 } else { 1 }) as usize % (self.words.capacity() + 4)
    }

    fn push_one(
        &mut self,
        held: &mut Held<RingWriter>,
        input: &mut Input,
        push: fn(&mut RingWriter, &[u8]) -> Result<(), PushError>,
    ) {
        let message = self.length(input);
        let message = self.oracle.make(message);
        let foretold = self.foretold(&held.side, message.len());
        let pushed = push(&mut held.side, &message);
        self.pushed(held, pushed, foretold, message);
    }

    fn batch_of_pushes(&mut self, held: &mut Held<RingWriter>, input: &mut Input) {
        for _ in 0..input.below(6) {
            // A batch for every two, as `foretold` asks the writer, which a batch borrows.
            let pair = [self.length(input), self.length(input)].map(|len| self.oracle.make(len));
            let foretold = self.foretold(&held.side, pair[0].len());
            let mut batch = held.side.batch();
            let first = batch.push(&pair[0], AT_ONCE);
            if input.below(2) == 0 {
                batch.publish();
            }
            let second = batch.try_push(&pair[1]);
            drop(batch);
            let [one, other] = pair;
            self.pushed(held, first, foretold, one);
            // The second is foretold by nothing but its own success: what comes out is compared all the same.
            let second = second.map_err(PushError::from);
            self.pushed(held, second, second.err(), other);
        }
    }

    fn grant(&mut self, held: &mut Held<RingWriter>, input: &mut Input, in_a_batch: bool) {
        let (len, choice) = (self.length(input), input.byte());
        let foretold = self.foretold(&held.side, len);
        let message = self.oracle.make(len);
        let filled = match in_a_batch {
            true => {
                held.side.batch().try_reserve(len).map_err(PushError::from).map(|grant| fill(grant, message, choice))
            }
            false => held.side.reserve(len, AT_ONCE).map(|grant| fill(grant, message, choice)),
        };
        match filled {
            Ok(Some(message)) => self.pushed(held, Ok(()), foretold, message),
            Ok(None) => held.may_go_on(),
            Err(error) => self.pushed(held, Err(error), foretold, Vec::new()),
        }
    }

    /// The error that pushing `len` bytes has to end with, if nobody lied; `None` if it has to succeed.
    fn foretold(&self, writer: &RingWriter, len: usize) -> Option<PushError> {
        let max = writer.max_message_len();
        let Some(reader) = &self.reader else {
            return Some(if len > max { PushError::TooLarge { len, max } } else { PushError::Closed });
        };
        if len > max {
            Some(PushError::TooLarge { len, max })
        } else if self.lied_to || fits(self.capacity(), writer.position(), reader.side.position(), len) {
            None
        } else {
            Some(PushError::TimedOut)
        }
    }

    /// Compares what came of a push with what had to, and remembers the message if it is in the ring.
    fn pushed(
        &mut self,
        held: &mut Held<RingWriter>,
        pushed: Result<(), PushError>,
        foretold: Option<PushError>,
        message: Vec<u8>,
    ) {
        if !self.lied_to {
            assert_eq!(pushed.err(), foretold, "a push into a ring that nobody lied to");
        }
        match pushed {
            Ok(()) => {
                held.may_go_on();
                self.oracle.queue.push_back(message);
            }
            Err(PushError::Corrupt { check }) => held.says(check),
            // Said of what was asked, before the ring is looked at.
            Err(PushError::TooLarge { len, max }) => assert!(len > max),
            Err(PushError::TimedOut | PushError::Closed) => held.may_go_on(),
            Err(other) => panic!("a push that does not wait ended with {other:?}"),
        }
    }
}

/// Fills a grant in a way that is chosen, and commits all or half of it, or nothing. Returns what was committed.
fn fill(mut grant: Grant<'_>, mut message: Vec<u8>, choice: u8) -> Option<Vec<u8>> {
    let len = message.len();
    assert!(grant.capacity() == len && grant.is_empty());
    let used = if choice & 1 == 0 { len } else { len / 2 };
    let written = match choice >> 1 & 3 {
        0 => {
            // SAFETY: T7 (there is one thread, and it stores nothing while it has the slice).
            unsafe { grant.as_mut_slice() }.copy_from_slice(&message);
            len
        }
        1 => len,
        2 => len / 3,
        _ => 0,
    };
    if choice >> 1 & 3 != 0 {
        grant.write_all(&message[..written]).expect("there is space for what was reserved");
    }
    assert_eq!(grant.len(), written);
    if choice & 8 != 0 {
        return None;
    }
    grant.truncate(used);
    grant.commit();
    message.truncate(used.min(written));
    Some(message)
}
