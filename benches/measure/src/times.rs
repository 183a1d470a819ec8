//! How long round trips took: a count for each time, to three digits.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// The longest time that is told from longer ones, in nanoseconds: an hour.
const LONGEST: u64 = 3_600_000_000_000;
/// How many digits of a time are kept.
const DIGITS: u8 = 3;

/// How long round trips took. Told from process to process as times in nanoseconds and their counts.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
#[serde(from = "Vec<(u64, u64)>", into = "Vec<(u64, u64)>")]
pub struct Times(Histogram<u64>);

impl Default for Times {
    /// Of no round trips yet.
    fn default() -> Self {
        Self(Histogram::new_with_bounds(1, LONGEST, DIGITS).expect("these are bounds that a histogram may have"))
    }
}

impl Times {
    /// Counts a round trip.
    #[inline]
    pub fn record(&mut self, took: Duration) {
        self.0.saturating_record(u64::try_from(took.as_nanos()).unwrap_or(LONGEST));
    }

    /// How many there were.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The shortest, in nanoseconds.
    pub fn min(&self) -> u64 {
        self.0.min()
    }

    /// The longest, in nanoseconds.
    pub fn max(&self) -> u64 {
        self.0.max()
    }

    /// The nanoseconds within which such a part of all was over, 1 being all.
    pub fn within(&self, part: f64) -> u64 {
        self.0.value_at_quantile(part)
    }

    /// The times in nanoseconds, in order, and how many round trips took each.
    pub fn counts(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.0.iter_recorded().map(|step| (step.value_iterated_to(), step.count_at_value()))
    }
}

impl From<Vec<(u64, u64)>> for Times {
    fn from(counts: Vec<(u64, u64)>) -> Self {
        let mut times = Self::default();
        counts.into_iter().for_each(|(time, count)| times.0.saturating_record_n(time, count));
        times
    }
}

impl From<Times> for Vec<(u64, u64)> {
    fn from(times: Times) -> Self {
        times.counts().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(nanoseconds: impl IntoIterator<Item = u64>) -> Times {
        let mut times = Times::default();
        nanoseconds.into_iter().for_each(|time| times.record(Duration::from_nanos(time)));
        times
    }

    #[test]
    fn a_part_of_all_is_over_within_its_time_and_no_time_is_too_long() {
        let times = of(1..=1000);
        assert_eq!((times.count(), times.min(), times.max()), (1000, 1, 1000));
        assert_eq!([0.5, 0.9, 0.99, 0.999].map(|part| times.within(part)), [500, 900, 990, 999]);
        let times = of([1, u64::MAX]);
        assert!(times.count() == 2 && times.max() >= LONGEST);
    }

    #[test]
    fn what_is_told_from_process_to_process_is_the_same_there() {
        for times in [of([]), of([0, 1, 1, 2047, 2048, 2049, 123_456_789, u64::MAX]), of(1..5000)] {
            let told = serde_json::to_string(&times).unwrap();
            assert_eq!(serde_json::from_str::<Times>(&told).unwrap(), times, "{told}");
        }
    }
}
