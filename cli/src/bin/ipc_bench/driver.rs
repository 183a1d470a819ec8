//! The driver: creates the rings, lets two processes pass messages through them, and removes the rings.

use ipc_ring::{RingOptions, TryPopError};
use ipc_ring_measure::enough;
use ipc_ring_measure::job::{self, Done, Task};
use ipc_ring_measure::message::Look;
use ipc_ring_measure::ring::{self, Manner};
use ipc_ring_measure::round::{Events, Failure, Round};

use crate::args::Options;
use crate::error::Error;
use crate::job::Job;
use crate::pin::Pin;
use crate::progress;
use crate::ring_file::RingFile;

/// The rings, which are removed on drop, and what has to pass through them.
pub struct Driver<'a> {
    events: &'a Events,
    job: Job,
    /// How many messages the ring holds, if messages are streamed; 0 for round trips.
    ringful: u64,
    _rings: Vec<RingFile>,
}

impl<'a> Driver<'a> {
    /// Creates the rings for `task`.
    pub fn new(task: Task, manner: Manner, options: &Options, events: &'a Events) -> Result<Self, Error> {
        let &Options { msg_size: size, cap, .. } = options;
        let cores = options.pin.map(Pin::cores).transpose()?;
        let tells = progress::is_wanted();
        let passes = job::Job { task, size, look: Look::EveryByte, warm_up: 0, messages: 0, rounds: 0, cores, tells };
        let (ring, wait) = (options.ring.clone().into(), options.wait.clone());
        let job = Job { ring, wait, manner, passes };
        let rings = job.rings().iter().map(|path| RingFile::create(path, options)).collect::<Result<_, _>>()?;
        let ringful = if task == Task::PingPong { 0 } else { ring::ringful(size, cap) };
        Ok(Self { events, job, ringful, _rings: rings })
    }

    /// Returns how many messages the ring holds, if messages are streamed; 0 for round trips.
    pub fn ringful(&self) -> u64 {
        self.ringful
    }

    /// Passes a warm-up and `rounds` of `messages` between two processes, and waits until both have ended.
    pub fn run(&self, messages: u64, rounds: u64) -> Result<Done, Error> {
        let mut job = self.job.clone();
        let warm_up = enough::warm_up(messages, self.ringful);
        job.passes = job::Job { warm_up, messages, rounds, ..job.passes };
        let roles = job.roles();
        let mut round = Round::start(self.events, &roles, &job, None)?;
        round.step()?;
        round.step()?;
        let done = round.finish(progress::bar(job.passes.in_all()))?;
        // A message that was pushed twice at the end would still be in the ring, before the end of the stream.
        for (ring, role) in job.rings().iter().zip([roles[1], roles[0]]) {
            let why = match RingOptions::new().prefault(false).open(ring).map(|mut ring| ring.try_pop(&mut Vec::new()))
            {
                Ok(Err(TryPopError::Closed)) => continue,
                Ok(Ok(Some(_))) => format!("after {} messages in all came one more", done.passed),
                Ok(Ok(None)) => "the stream has no end".into(),
                Ok(Err(error)) => error.to_string(),
                Err(error) => error.to_string(),
            };
            return Err(Failure::Child { role, why }.into());
        }
        Ok(done)
    }
}
