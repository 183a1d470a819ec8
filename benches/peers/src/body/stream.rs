//! One side sends, the other receives: how many messages a second.

use std::time::Instant;

use crate::boxes::{Inbox, Outbox};
use crate::job::{Done, Job, Task};
use crate::link::{Outcome, Receiver, Sender, Side};

/// Sends all messages of `job`.
pub fn send(job: &Job, link: &mut impl Sender) -> Outcome<Done> {
    let mut outbox = Outbox::new(job.geometry.size, job.in_all(), work_of(job, Side::Sender));
    let start = Instant::now();
    while outbox.due() > 0 {
        link.send(&mut outbox)?;
    }
    link.flush()?;
    Ok(done(outbox.taken(), outbox.taken(), start))
}

/// Receives all messages of `job`. The clock runs from the last that does not count, or else the first, to the last.
pub fn receive(job: &Job, link: &mut impl Receiver) -> Outcome<Done> {
    let mut inbox = Inbox::new(job.geometry.size, work_of(job, Side::Receiver));
    while inbox.received() < job.warm_up.max(1) {
        link.receive(&mut inbox)?;
    }
    let first = inbox.received();
    let start = Instant::now();
    while inbox.received() < job.in_all() {
        link.receive(&mut inbox)?;
    }
    let done = done(inbox.received(), inbox.received() - first, start);
    inbox.verdict()?;
    Ok(done)
}

/// The work alone, with nobody on the other side: as fast as a slow side can be.
pub fn alone(job: &Job) -> Outcome<Done> {
    let mut outbox = Outbox::new(job.geometry.size, job.in_all(), work_of(job, Side::Sender));
    let mut inbox = Inbox::new(job.geometry.size, work_of(job, Side::Receiver));
    let start = Instant::now();
    while outbox.due() > 0 {
        inbox.accept(outbox.take());
    }
    let done = done(inbox.received(), inbox.received(), start);
    inbox.verdict()?;
    Ok(done)
}

/// How much work a side has with a message.
fn work_of(job: &Job, side: Side) -> u32 {
    match job.task {
        Task::Stream { toil: Some(toil) } if toil.side == side => toil.turns,
        _ => 0,
    }
}

fn done(passed: u64, counted: u64, start: Instant) -> Done {
    Done { passed, counted, nanoseconds: start.elapsed().as_nanos() as u64, latency: None }
}
