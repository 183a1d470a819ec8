//! Measures the throughput: a JSON object for programs, and a line for people.

use std::time::Duration;

use indicatif::{BinaryBytes, HumanCount};
use ipc_ring_measure::enough;
use ipc_ring_measure::job::{Lap, Task};
use ipc_ring_measure::ring::Manner;
use ipc_ring_measure::round::Events;
use ipc_ring_measure::statistics::Summary;
use serde::Serialize;

use crate::args::Throughput;
use crate::driver::Driver;
use crate::error::Error;
use crate::number::counted;

const MIB: f64 = (1 << 20) as f64;

/// Measures the throughput, and returns the report.
pub fn measure(asked: &Throughput, events: &Events) -> Result<String, Error> {
    let &Throughput { ref options, seconds, rounds, batch, in_place } = asked;
    let driver = Driver::new(Task::Stream { toil: None }, Manner { batch, in_place }, options, events)?;
    let attempt = |messages| driver.run(messages, 1).map(|done| done.laps.first().copied());
    let messages = match options.messages {
        Some(messages) => messages,
        None => enough::messages(seconds, driver.ringful(), attempt)?,
    };
    let laps = driver.run(messages, rounds)?.laps;
    let report = Report::new(asked, &laps);
    let json = serde_json::to_string(&report).map_err(|error| Error::System("write the result", error.into()))?;
    let mut text = format!("{json}\n{}", report.for_people(&laps));
    if messages <= driver.ringful() {
        let all = if messages == 1 {
            "the message fits".into()
        } else {
            format!("all {} messages fit", HumanCount(messages))
        };
        text += &format!(
            "\n{all} in the ring of {} bytes: this measures how fast the ring is filled and drained",
            options.cap
        );
    }
    Ok(text)
}

/// The result. Its fields are the keys of the JSON object, in this order.
#[derive(Serialize, Clone, Copy, Debug)]
struct Report {
    messages: u64,
    msg_size: usize,
    elapsed_sec: f64,
    msgs_per_sec: f64,
    #[serde(rename = "MiB_per_sec")]
    mib_per_sec: f64,
    /// Only if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    batch: Option<u64>,
    /// Only if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    in_place: Option<bool>,
}

impl Report {
    /// Returns the result of the median round. The rates are 0 if no time has passed.
    fn new(asked: &Throughput, laps: &[Lap]) -> Self {
        let elapsed = Summary::of(laps.iter().map(|lap| lap.nanoseconds as f64 / 1e9));
        let elapsed_sec = elapsed.map_or(0.0, |elapsed| elapsed.median);
        let messages = laps.first().map_or(0, |lap| lap.counted);
        let msgs_per_sec = if elapsed_sec == 0.0 { 0.0 } else { messages as f64 / elapsed_sec };
        let msg_size = asked.options.msg_size;
        let mib_per_sec = msgs_per_sec * msg_size as f64 / MIB;
        let (batch, in_place) = (asked.batch, asked.in_place.then_some(true));
        Self { messages, msg_size, elapsed_sec, msgs_per_sec, mib_per_sec, batch, in_place }
    }

    /// Says the same for people, with the slowest and the fastest round.
    fn for_people(&self, laps: &[Lap]) -> String {
        let what = format!("{} of {}", counted(self.messages, "message"), BinaryBytes(self.msg_size as u64));
        let batch = self.batch.map(|batch| format!("{} at once", HumanCount(batch)));
        let ways = Vec::from_iter(batch.into_iter().chain(self.in_place.map(|_| "in place".into())));
        let what = if ways.is_empty() { what } else { format!("{what} ({})", ways.join(", ")) };
        let Some(rates) = Summary::of(laps.iter().map(Lap::rate)).filter(|_| self.elapsed_sec > 0.0) else {
            return format!("{what}: too short to measure");
        };
        let elapsed = Duration::from_secs_f64(self.elapsed_sec);
        let bytes = BinaryBytes((self.mib_per_sec * MIB) as u64);
        let [median, min, max] = [self.msgs_per_sec, rates.min, rates.max].map(scaled);
        let rounds = counted(laps.len() as u64, "round");
        format!("{what} in {elapsed:.1?}: {median} messages/s, {bytes}/s, median of {rounds} (min {min}, max {max})")
    }
}

/// Formats a number for people.
fn scaled(number: f64) -> String {
    match number {
        n if n >= 1e9 => format!("{:.1} G", n / 1e9),
        n if n >= 1e6 => format!("{:.1} M", n / 1e6),
        n if n >= 1e3 => format!("{:.1} k", n / 1e3),
        n => format!("{n:.1}"),
    }
}
