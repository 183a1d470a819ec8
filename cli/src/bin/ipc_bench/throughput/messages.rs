//! The messages as the reader gets them: popped one by one or in batches, checked in a buffer or where they stand.

use ipc_ring::RingReader;

use crate::args::{Options, Passing};
use crate::finish::nothing_follows;
use crate::message::Checker;
use crate::said::Trouble;

/// The messages that come, each of which is checked.
pub struct Messages {
    reader: RingReader,
    passing: Passing,
    checker: Checker,
    buffer: Vec<u8>,
}

impl Messages {
    /// Of none that came yet.
    pub fn new(options: &Options, passing: Passing) -> Result<Self, Trouble> {
        let reader = options.ring_options().open(&options.ring)?;
        let (checker, buffer) = (Checker::new(options.msg_size), Vec::with_capacity(options.msg_size));
        Ok(Self { reader, passing, checker, buffer })
    }

    /// How many came.
    pub fn taken(&self) -> u64 {
        self.checker.checked()
    }

    /// Takes and checks the next `count`.
    pub fn take(&mut self, count: u64) -> Result<(), Trouble> {
        let end = self.taken() + count;
        match self.passing {
            Passing { batch: None, in_place: false } => (0..count).try_for_each(|_| self.pop()),
            Passing { batch, .. } => {
                while self.taken() < end {
                    self.pop_batch(batch.unwrap_or(1).min(end - self.taken()))?;
                }
                Ok(())
            }
        }
    }

    #[inline]
    fn pop(&mut self) -> Result<(), Trouble> {
        let taken = self.taken();
        self.reader.pop(&mut self.buffer, None).map_err(|error| Trouble::popping(error, taken))?;
        Ok(self.checker.check(&self.buffer)?)
    }

    /// Takes a batch of at most so many.
    fn pop_batch(&mut self, most: u64) -> Result<(), Trouble> {
        let taken = self.taken();
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let mut batch = self.reader.batch(most, None).map_err(|error| Trouble::popping(error, taken))?;
        for message in &mut batch {
            if self.passing.in_place {
                // SAFETY: T7 (the writer is this very program, and stores to no message that it has published).
                self.checker.check(unsafe { message.as_slice() })?;
            } else {
                message.copy_to(&mut self.buffer);
                self.checker.check(&self.buffer)?;
            }
        }
        batch.commit();
        Ok(())
    }

    /// Sees to it that none comes after.
    pub fn end(mut self) -> Result<(), Trouble> {
        let taken = self.taken();
        nothing_follows(&mut self.reader, taken)
    }
}
