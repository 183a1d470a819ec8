//! Measures a stream: one side sends, and the other receives and keeps the time.

use std::time::Instant;

use crate::console::Tell;
use crate::job::{Done, Job, Lap};
use crate::link::{Receiver, Sender};
use crate::Outcome;

/// Sends all messages of `job`.
pub fn send(job: &Job, link: &mut dyn Sender) -> Outcome<Done> {
    let mut outbox = job.outbox();
    outbox.add(job.in_all());
    link.send_all(&mut outbox)?;
    Ok(Done { passed: outbox.taken(), ..Done::default() })
}

/// Receives all messages of `job`, and measures each round.
///
/// The clock starts after the last message of the warm-up, or after the first message if there is no warm-up. Each
/// round begins where the one before ended, and nobody waits in between.
pub fn receive(job: &Job, link: &mut dyn Receiver, tell: Tell<'_>) -> Outcome<Done> {
    receive_by(&Instant::now, job, link, tell)
}

fn receive_by(clock: &dyn Fn() -> Instant, job: &Job, link: &mut dyn Receiver, tell: Tell<'_>) -> Outcome<Done> {
    let mut inbox = job.inbox();
    // Report in strides: few enough to cost nothing, but several a second.
    let stride = ((64 << 20) / job.size.max(1)).clamp(1, 1 << 16) as u64;
    let mut receive_until = |end: u64| {
        while inbox.received() < end {
            inbox.wait_for(end.min(inbox.received() + stride));
            link.receive_all(&mut inbox)?;
            inbox.verdict()?;
            tell(inbox.received())?;
        }
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>((inbox.received(), clock()))
    };
    let mut last = receive_until(job.warm_up.max(1))?;
    let mut laps = Vec::new();
    for round in 1..=job.rounds {
        let now = receive_until(job.warm_up.saturating_add(job.messages.saturating_mul(round)))?;
        laps.push(Lap { counted: now.0 - last.0, nanoseconds: (now.1 - last.1).as_nanos() as u64 });
        last = now;
    }
    Ok(Done { passed: last.0, laps, times: None })
}

/// Makes and checks messages without a link: the fastest that the work itself allows.
pub fn alone(job: &Job) -> Outcome<Done> {
    let (mut outbox, mut inbox) = (job.outbox(), job.inbox());
    outbox.add(job.in_all());
    let start = Instant::now();
    while outbox.due() > 0 {
        inbox.accept(outbox.take());
    }
    let lap = Lap { counted: inbox.received(), nanoseconds: start.elapsed().as_nanos() as u64 };
    inbox.verdict()?;
    Ok(Done { passed: inbox.received(), laps: vec![lap], times: None })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use super::*;
    use crate::job::Task;
    use crate::message::{Inbox, Look};

    /// Measures 3 rounds of 100 messages after a warm-up of 20, with `batch` messages at a time. A message takes 1 ns,
    /// and one of the warm-up 1000 ns.
    fn received(batch: u64) -> Vec<(u64, u64)> {
        let task = Task::Stream { toil: None };
        let (warm_up, messages, rounds) = (20, 100, 3);
        let job = Job { task, size: 8, look: Look::EveryByte, warm_up, messages, rounds, cores: None, tells: false };
        let (start, passed, mut outbox) = (Instant::now(), Cell::new(0), job.outbox());
        outbox.add(job.in_all());
        let clock = || start + Duration::from_nanos(passed.get());
        let mut link = |inbox: &mut Inbox| {
            for _ in 0..batch.min(outbox.due()) {
                let took = if outbox.taken() < 20 { 1000 } else { 1 };
                inbox.accept(outbox.take());
                passed.set(passed.get() + took);
            }
            Ok(())
        };
        let done = receive_by(&clock, &job, &mut link, &mut |_| Ok(())).expect("the messages are right");
        assert_eq!(done.passed, 320);
        done.laps.iter().map(|lap| (lap.counted, lap.nanoseconds)).collect()
    }

    #[test]
    fn the_clock_counts_no_message_of_the_warm_up() {
        assert_eq!(received(1), [(100, 100); 3]);
        assert_eq!(received(20), [(100, 100); 3]);
    }

    #[test]
    fn messages_of_a_batch_that_reaches_beyond_a_round_count_for_that_round() {
        assert_eq!(received(64), [(64, 64), (128, 128), (64, 64)]);
    }
}
