//! Counts how long round trips took, to three significant digits.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// The longest time that is distinguished, in nanoseconds: an hour.
const LONGEST: u64 = 3_600_000_000_000;
/// How many significant digits of a time are kept.
const DIGITS: u8 = 3;

/// How long round trips took. As JSON: a list of times in nanoseconds, with their counts.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
#[serde(from = "Vec<(u64, u64)>", into = "Vec<(u64, u64)>")]
pub struct Times(Histogram<u64>);

impl Default for Times {
    /// Counts no round trips yet.
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

    /// Returns how many round trips were counted.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// Returns the shortest time, in nanoseconds.
    pub fn min(&self) -> u64 {
        self.0.min()
    }

    /// Returns the longest time, in nanoseconds.
    pub fn max(&self) -> u64 {
        self.0.max()
    }

    /// Returns the time, in nanoseconds, within which this part of all round trips was over; 1 is all.
    pub fn within(&self, part: f64) -> u64 {
        self.0.value_at_quantile(part)
    }

    /// Returns the times in nanoseconds, in order, with how many round trips took each.
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
    fn times_are_the_same_after_a_way_through_json() {
        for times in [of([]), of([0, 1, 1, 2047, 2048, 2049, 123_456_789, u64::MAX]), of(1..5000)] {
            let told = serde_json::to_string(&times).unwrap();
            assert_eq!(serde_json::from_str::<Times>(&told).unwrap(), times, "{told}");
        }
    }
}
