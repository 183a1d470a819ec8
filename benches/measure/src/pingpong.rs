//! Measures how long a message takes there and back, one message at a time.
//!
//! A time is from when a message has been made to when the answer has come, two looks at the clock included: neither
//! the making nor the look at the answer is in it. What the other side does with a message is.

use std::time::Instant;

use crate::console::Tell;
use crate::job::{Done, Job, Lap};
use crate::link::{Receiver, Sender};
use crate::times::Times;
use crate::Outcome;

/// Begins: sends each message and waits until it is back.
pub fn ping(job: &Job, forth: &mut dyn Sender, back: &mut dyn Receiver, tell: Tell<'_>) -> Outcome<Done> {
    let (mut outbox, mut inbox) = (job.outbox(), job.inbox());
    let (mut times, mut start) = (Times::default(), Instant::now());
    (outbox.left, inbox.arrived) = (Some(start), Some(start));
    for number in 1..=job.in_all() {
        outbox.add(1);
        forth.send(&mut outbox)?;
        inbox.wait_for(number);
        back.receive_all(&mut inbox)?;
        inbox.verdict()?;
        if let (true, Some(left), Some(arrived)) = (number > job.warm_up, outbox.left, inbox.arrived) {
            times.record(arrived - left);
            tell(number)?;
        } else {
            start = Instant::now();
        }
    }
    let lap = Lap { counted: job.in_all() - job.warm_up, nanoseconds: start.elapsed().as_nanos() as u64 };
    Ok(Done { passed: inbox.received(), laps: vec![lap], times: Some(times) })
}

/// Sends each message back.
pub fn pong(job: &Job, forth: &mut dyn Receiver, back: &mut dyn Sender) -> Outcome<Done> {
    let (mut outbox, mut inbox) = (job.outbox(), job.inbox());
    for number in 1..=job.in_all() {
        inbox.wait_for(number);
        forth.receive_all(&mut inbox)?;
        inbox.verdict()?;
        outbox.add(1);
        back.send(&mut outbox)?;
    }
    Ok(Done { passed: inbox.received(), ..Done::default() })
}
