//! How often a process says how far it is: now and then, if anybody wants to know.

use std::io;
use std::time::{Duration, Instant};

use crate::said::Said;

/// How often to say it, at most.
const OFTEN: Duration = Duration::from_millis(100);

/// When it was last said.
pub struct Pace {
    wanted: bool,
    last: Instant,
}

impl Pace {
    /// Begins now; says nothing at all where it is not wanted.
    pub fn new(wanted: bool) -> Self {
        Self { wanted, last: Instant::now() }
    }

    /// Says that so much is done at this time, if it is time to say so.
    #[inline]
    pub fn tell(&mut self, now: Instant, done: u64) -> io::Result<()> {
        if !self.wanted || now.duration_since(self.last) < OFTEN {
            return Ok(());
        }
        self.last = now;
        Said::Progress(done).say()
    }
}
