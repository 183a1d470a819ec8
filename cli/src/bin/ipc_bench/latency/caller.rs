//! The caller's process: sends a message, waits for the answer, and keeps the time between.

use std::time::Instant;

use ipc_ring::{RingReader, RingWriter};

use super::times::Times;
use super::warm_up;
use crate::args::Options;
use crate::finish::nothing_follows;
use crate::leash::Leash;
use crate::measured::Measured;
use crate::message::{Checker, Maker};
use crate::mode::back;
use crate::pace::Pace;
use crate::said::{Said, Trouble};

/// Makes all round trips once the driver says go, and says how long they took.
pub fn run(options: &Options, leash: &Leash) -> Result<(), Trouble> {
    let there = options.ring_options().attach(&options.ring)?;
    Said::Ready.say()?;

    leash.wait_for_go();
    // The echo is ready: its side of this ring is taken, and the stream in it not at its end.
    let back = options.ring_options().open(back(&options.ring))?;
    let mut calls = Calls::new(there, back, options.msg_size);
    for _ in 0..warm_up(options.messages) {
        calls.next()?;
    }
    let (mut times, mut pace) = (Times::new(), Pace::new(options.progress));
    for done in 1..=options.messages {
        let (from, to) = calls.next()?;
        times.record(to - from);
        pace.tell(to, done)?;
    }
    calls.end()?;
    Ok(Said::Measured(Measured::RoundTrips(times)).say()?)
}

/// Round trips, one after the other.
struct Calls {
    there: RingWriter,
    back: RingReader,
    messages: Maker,
    answers: Checker,
    answer: Vec<u8>,
}

impl Calls {
    fn new(there: RingWriter, back: RingReader, msg_size: usize) -> Self {
        let (messages, answers) = (Maker::new(msg_size), Checker::new(msg_size));
        Self { there, back, messages, answers, answer: Vec::with_capacity(msg_size) }
    }

    /// Makes the next one, and returns when it began and when it was over.
    fn next(&mut self) -> Result<(Instant, Instant), Trouble> {
        let done = self.answers.checked();
        let message = self.messages.make();
        let from = Instant::now();
        self.there.push(message, None).map_err(|error| Trouble::pushing(error, done))?;
        self.back.pop(&mut self.answer, None).map_err(|error| Trouble::popping(error, done))?;
        let to = Instant::now();
        self.answers.check(&self.answer)?;
        Ok((from, to))
    }

    /// Hangs up, and sees to it that the echo has nothing more to say.
    fn end(mut self) -> Result<(), Trouble> {
        drop(self.there);
        nothing_follows(&mut self.back, self.answers.checked())
    }
}
