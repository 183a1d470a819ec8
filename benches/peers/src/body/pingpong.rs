//! A message goes forth and back before the next one does: how long it takes.

use std::time::Instant;

use hdrhistogram::Histogram;

use crate::boxes::{Inbox, Outbox};
use crate::job::{Done, Job, Latency};
use crate::link::{Outcome, Receiver, Sender};

/// Begins: sends each message and waits until it is back. One look at the clock ends a way and begins the next.
pub fn ping(job: &Job, forth: &mut impl Sender, back: &mut impl Receiver) -> Outcome<Done> {
    let mut outbox = Outbox::new(job.geometry.size, 0, 0);
    let mut inbox = Inbox::new(job.geometry.size, 0);
    let mut ways = Histogram::<u64>::new_with_bounds(1, 60_000_000_000, 3)?;
    let mut begun = Instant::now();
    let mut start = begun;
    for number in 0..job.in_all() {
        outbox.add_one();
        forth.send(&mut outbox)?;
        forth.flush()?;
        while inbox.received() <= number {
            back.receive(&mut inbox)?;
        }
        let now = Instant::now();
        if number >= job.warm_up {
            ways.saturating_record((now - begun).as_nanos() as u64);
        } else {
            start = now;
        }
        begun = now;
    }
    let nanoseconds = (begun - start).as_nanos() as u64;
    inbox.verdict()?;
    let latency = Latency {
        median: ways.value_at_quantile(0.5),
        p99: ways.value_at_quantile(0.99),
        p999: ways.value_at_quantile(0.999),
    };
    Ok(Done { passed: job.in_all(), counted: job.messages, nanoseconds, latency: Some(latency) })
}

/// Sends each message back.
pub fn pong(job: &Job, forth: &mut impl Receiver, back: &mut impl Sender) -> Outcome<Done> {
    let mut outbox = Outbox::new(job.geometry.size, 0, 0);
    let mut inbox = Inbox::new(job.geometry.size, 0);
    for number in 0..job.in_all() {
        while inbox.received() <= number {
            forth.receive(&mut inbox)?;
        }
        outbox.add_one();
        back.send(&mut outbox)?;
        back.flush()?;
    }
    inbox.verdict()?;
    Ok(Done { passed: job.in_all(), ..Done::default() })
}
