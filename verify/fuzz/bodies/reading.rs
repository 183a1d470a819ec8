//! What the reader does, by every way out.

use std::time::Duration;

use ipc_ring::{InvalidPosition, Message, PopError, ReadBatch, RingReader};

use super::input::Input;
use super::rig::{Held, Rig};

const AT_ONCE: Option<Duration> = Some(Duration::ZERO);

impl Rig {
    pub fn read(&mut self, input: &mut Input) {
        let Some(mut held) = self.reader.take() else { return };
        let before = held.side.position();
        let choice = input.byte();
        match choice % 6 {
            0 => self.pop(&mut held, |reader, buffer| reader.pop(buffer, AT_ONCE)),
            1 => self.pop(&mut held, |reader, buffer| reader.try_pop(buffer)?.ok_or(PopError::TimedOut)),
            2 => self.peek(&mut held, |reader| reader.peek(AT_ONCE)),
            3 => self.peek(&mut held, |reader| reader.try_peek()?.ok_or(PopError::TimedOut)),
            4 => self.batch(&mut held, input),
            _ if choice >= 128 => self.take_end(&mut held),
            _ => {
                let is_empty = held.side.is_empty();
                self.passes_no_message(before, held.side.position());
                let stops = self.stops && self.oracle.is_at_an_end(held.side.position());
                let foretold = stops || self.oracle.queue.is_empty();
                assert!(self.lied_to || is_empty == foretold, "is_empty() is {is_empty}");
                assert!(held.failed.is_none() || !is_empty, "a ring that is corrupt is not empty");
            }
        }
        let past = self.oracle.reader_is_at(held.side.position());
        assert!(self.lied_to || past == 0 || !self.stops, "a reader that stops at ends went past {past}");
        self.reader = Some(held);
    }

    /// Takes the end that comes next, if there is one and the reader has seen so far.
    fn take_end(&mut self, held: &mut Held<RingReader>) {
        let before = held.side.position();
        let took = held.side.take_end();
        assert!(held.failed.is_none() || !took, "a verdict stays");
        let moved = held.side.position().wrapping_sub(before);
        assert_eq!(moved, if took { 8 } else { 0 });
        if took && !self.lied_to {
            assert!(self.oracle.is_at_an_end(before), "there is no end");
            self.oracle.reader_is_at(held.side.position());
        }
    }

    fn pop(&mut self, held: &mut Held<RingReader>, pop: fn(&mut RingReader, &mut Vec<u8>) -> Result<usize, PopError>) {
        let mut buffer = b"before".to_vec();
        let before = held.side.position();
        match pop(&mut held.side, &mut buffer) {
            Ok(len) => {
                held.may_go_on();
                assert_eq!(buffer.len(), len);
                self.can_be(len, before, held.side.position());
                if !self.lied_to {
                    assert_eq!(Some(buffer), self.oracle.queue.pop_front(), "what was pushed comes out");
                }
            }
            Err(error) => {
                assert_eq!(buffer, b"before");
                self.nothing_came(held, before, error);
            }
        }
    }

    fn peek(&mut self, held: &mut Held<RingReader>, peek: fn(&mut RingReader) -> Result<Message<'_>, PopError>) {
        let before = held.side.position();
        let copied = peek(&mut held.side).map(|message| self.copied(&message, before));
        match copied {
            Ok(copy) => {
                held.may_go_on();
                assert!(self.lied_to || Some(&copy) == self.oracle.queue.front(), "what was pushed is seen");
            }
            Err(error) => self.nothing_came(held, before, error),
        }
    }

    fn batch(&mut self, held: &mut Held<RingReader>, input: &mut Input) {
        let (most, taken, end) = (input.below(5), input.below(5), input.below(5));
        let before = held.side.position();
        let pass = |batch| self.pass(batch, before, [most, taken, end]);
        let released = match input.below(2) {
            0 => held.side.batch(most, AT_ONCE).map(|batch| Some(pass(batch))),
            _ => held.side.try_batch(most).map(|batch| batch.map(pass)).map_err(PopError::from),
        };
        match released.and_then(|released| released.ok_or(PopError::TimedOut)) {
            Ok(released) => {
                held.may_go_on();
                if !self.lied_to {
                    self.oracle.queue.drain(..released);
                }
            }
            Err(error) => self.nothing_came(held, before, error),
        }
    }

    /// Passes up to `taken` messages of a batch of up to `most`, and ends it. Returns how many it releases.
    fn pass(&self, mut batch: ReadBatch, mut before: u64, [most, taken, end]: [usize; 3]) -> usize {
        let mut passed = 0;
        for message in batch.messages().take(taken) {
            let copy = self.copied(&message, before);
            before = message.position();
            assert!(self.lied_to || Some(&copy) == self.oracle.queue.get(passed), "a batch has what was pushed");
            passed += 1;
        }
        assert!(passed <= most.min(taken));
        assert!(self.lied_to || passed > 0 || most.min(taken) == 0, "a batch begins with a message");
        match end {
            0 => batch.commit(),
            1 => {
                drop(batch);
                return 0;
            }
            2 => {
                #[allow(clippy::forget_non_drop)] // that there is no difference is what is to be seen
                std::mem::forget(batch);
                return 0;
            }
            3 => {
                let released = batch.commit_through(before);
                assert!(self.lied_to || released.is_ok() == (passed > 0), "{released:?} of {passed} messages");
                return if released.is_ok() { passed } else { 0 };
            }
            _ => {
                let given = before.wrapping_add(4); // in the midst of a granule
                assert_eq!(batch.commit_through(given), Err(InvalidPosition { given }));
                return 0;
            }
        }
        passed
    }

    /// The bytes of a message that stands in the ring, after position `before`: the same by both ways to them.
    fn copied(&self, message: &Message, before: u64) -> Vec<u8> {
        self.can_be(message.len(), before, message.position());
        let mut copy = Vec::new();
        message.copy_to(&mut copy);
        assert!(copy.len() == message.len() && message.is_empty() == copy.is_empty());
        // SAFETY: T7 (there is one thread, and it stores nothing while it has the slice).
        assert_eq!(copy, unsafe { message.as_slice() });
        copy
    }

    /// Compares why no message came with what had to come.
    fn nothing_came(&self, held: &mut Held<RingReader>, before: u64, error: PopError) {
        self.passes_no_message(before, held.side.position());
        let is_at_an_end = self.stops && self.oracle.is_at_an_end(held.side.position());
        let has_ended = is_at_an_end || !self.stops && self.writer.is_none();
        let foretold = if has_ended { PopError::Closed } else { PopError::TimedOut };
        if !self.lied_to {
            let is_drained = is_at_an_end || self.oracle.queue.is_empty();
            assert!(is_drained, "what was pushed comes out, in place of {error:?}");
            assert_eq!(error, foretold);
        }
        match error {
            PopError::Corrupt { check } => held.says(check),
            PopError::TimedOut | PopError::Closed => held.may_go_on(),
            other => panic!("a pop that does not wait ended with {other:?}"),
        }
    }
}
