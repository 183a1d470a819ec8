//! Measures the latency: a JSON object for programs, and a summary and a histogram for people.

use std::time::Duration;

use console::Term;
use indicatif::BinaryBytes;
use ipc_ring_measure::job::Task;
use ipc_ring_measure::ring::Manner;
use ipc_ring_measure::round::Events;
use ipc_ring_measure::times::Times;
use serde::Serialize;

use crate::args::Options;
use crate::driver::Driver;
use crate::error::Error;
use crate::histogram::histogram;
use crate::number::counted;

/// The width of the histogram if stdout is not a terminal.
const WIDTH: usize = 80;

/// Measures the latency, and returns the report.
pub fn measure(options: &Options, events: &Events) -> Result<String, Error> {
    let driver = Driver::new(Task::PingPong, Manner::default(), options, events)?;
    let times = driver.run(options.messages.unwrap_or(1), 1)?.times.unwrap_or_default();
    let report = Report::new(options.msg_size, &times);
    let json = serde_json::to_string(&report).map_err(|error| Error::System("write the result", error.into()))?;
    Ok(format!("{json}\n{}", report.for_people(&times)))
}

/// The result. Its fields are the keys of the JSON object, in this order; times are in nanoseconds.
#[derive(Serialize, Clone, Copy, PartialEq, Eq, Debug)]
struct Report {
    messages: u64,
    msg_size: usize,
    min_ns: u64,
    p50_ns: u64,
    p90_ns: u64,
    p99_ns: u64,
    p99_9_ns: u64,
    max_ns: u64,
}

impl Report {
    /// Summarises round trips with messages of `msg_size` bytes.
    fn new(msg_size: usize, times: &Times) -> Self {
        let [p50_ns, p90_ns, p99_ns, p99_9_ns] = [0.5, 0.9, 0.99, 0.999].map(|part| times.within(part));
        let (messages, min_ns, max_ns) = (times.count(), times.min(), times.max());
        Self { messages, msg_size, min_ns, p50_ns, p90_ns, p99_ns, p99_9_ns, max_ns }
    }

    /// Returns the summary and the histogram.
    fn for_people(&self, times: &Times) -> String {
        let (_, columns) = Term::stdout().size_checked().unwrap_or((0, 0));
        let width = if columns == 0 { WIDTH } else { columns.into() };
        format!("{}\n\n{}", self.summary(), histogram(times, width).trim_end())
    }

    /// Says the percentiles in one line.
    fn summary(&self) -> String {
        let what = format!("{} of {}", counted(self.messages, "round trip"), BinaryBytes(self.msg_size as u64));
        let [p50, p90, p99, p99_9, max] =
            [self.p50_ns, self.p90_ns, self.p99_ns, self.p99_9_ns, self.max_ns].map(short);
        format!("{what}: 50% within {p50}, 90% {p90}, 99% {p99}, 99.9% {p99_9}, all {max}")
    }
}

/// Formats a time for people.
pub fn short(nanoseconds: u64) -> String {
    let text = format!("{:.2?}", Duration::from_nanos(nanoseconds));
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let number = text[..text.len() - unit.len()].trim_end_matches('0').trim_end_matches('.');
    format!("{number}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_is_said_in_a_line_for_programs_and_in_one_for_people() {
        let times = Times::from(vec![(300, 949), (400, 40), (2_040, 10), (1_000_000, 1)]);
        let report = Report::new(64, &times);
        let keys =
            r#"{"messages":1000,"msg_size":64,"min_ns":300,"p50_ns":300,"p90_ns":300,"p99_ns":2040,"p99_9_ns":2040,"#;
        assert_eq!(serde_json::to_string(&report).unwrap(), format!("{keys}\"max_ns\":1000447}}"));
        let summary = "1,000 round trips of 64 B: 50% within 300ns, 90% 300ns, 99% 2.04µs, 99.9% 2.04µs, all 1ms";
        assert_eq!(report.summary(), summary);
    }

    #[test]
    fn times_are_written_without_digits_that_say_nothing() {
        for (nanoseconds, text) in [
            (0, "0ns"),
            (100, "100ns"),
            (1_250, "1.25µs"),
            (20_000, "20µs"),
            (10_100_000, "10.1ms"),
            (3_600_000_000_000, "3600s"),
        ] {
            assert_eq!(short(nanoseconds), text);
        }
    }
}
