//! What came of it: a JSON object for programs, a line for people.

use std::time::Duration;

use indicatif::{BinaryBytes, HumanCount};
use serde::Serialize;

use crate::args::Passing;

const MIB: f64 = (1 << 20) as f64;

/// The result. Its fields are the keys of the JSON object, in this order.
#[derive(Serialize, Clone, Copy, Debug)]
pub struct Report {
    messages: u64,
    msg_size: usize,
    elapsed_sec: f64,
    msgs_per_sec: f64,
    #[serde(rename = "MiB_per_sec")]
    mib_per_sec: f64,
    /// Where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    batch: Option<u64>,
    /// Where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    in_place: Option<bool>,
}

impl Report {
    /// The result of `messages` messages of `msg_size` bytes, `elapsed` from the first to the last. Where no time
    /// has passed there is no rate: 0.
    pub fn new(messages: u64, msg_size: usize, passing: Passing, elapsed: Duration) -> Self {
        let elapsed_sec = elapsed.as_secs_f64();
        let msgs_per_sec = if elapsed.is_zero() { 0.0 } else { messages as f64 / elapsed_sec };
        let mib_per_sec = msgs_per_sec * msg_size as f64 / MIB;
        let (batch, in_place) = (passing.batch, passing.in_place.then_some(true));
        Self { messages, msg_size, elapsed_sec, msgs_per_sec, mib_per_sec, batch, in_place }
    }

    /// The same for people.
    pub fn for_people(&self) -> String {
        let noun = if self.messages == 1 { "message" } else { "messages" };
        let what = format!("{} {noun} of {}", HumanCount(self.messages), BinaryBytes(self.msg_size as u64));
        let batch = self.batch.map(|batch| format!("{} at once", HumanCount(batch)));
        let ways = Vec::from_iter(batch.into_iter().chain(self.in_place.map(|_| "in place".into())));
        let what = if ways.is_empty() { what } else { format!("{what} ({})", ways.join(", ")) };
        if self.elapsed_sec == 0.0 {
            return format!("{what}: too short to measure");
        }
        let (rate, unit) = scaled(self.msgs_per_sec);
        let bytes = BinaryBytes((self.mib_per_sec * MIB) as u64);
        let elapsed = Duration::from_secs_f64(self.elapsed_sec);
        format!("{what} in {elapsed:.1?}: {rate:.1}{unit} messages/s, {bytes}/s")
    }
}

/// A number as people write it.
fn scaled(number: f64) -> (f64, &'static str) {
    match number {
        n if n >= 1e9 => (n / 1e9, " G"),
        n if n >= 1e6 => (n / 1e6, " M"),
        n if n >= 1e3 => (n / 1e3, " k"),
        n => (n, ""),
    }
}
