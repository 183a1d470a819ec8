//! The state of the machine, by the time that a line of the cache takes to the other core and back.
//!
//! A virtual machine may move its cores: to two threads of one core, to two cores of one chip, to two chips. The speed
//! of everything that two cores share changes by a factor of 4 to 20 then. A state lasts for seconds or minutes. Two
//! figures are comparable only if they are from the same state.

use std::hint;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use ipc_ring_measure::{pin, Outcome};
use serde::{Deserialize, Serialize};

/// How far apart two cores are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// They share a cache of the next level: 85 to 131 ns there and back where we measured it.
    Near,
    /// They are two threads of one core: 29 to 54 ns.
    Smt,
    /// They share no cache: 380 to 471 ns.
    Far,
}

impl State {
    /// All states, the one to report first if there is a choice.
    pub const ALL: [State; 3] = [State::Near, State::Smt, State::Far];

    /// Returns the state in which a line takes this long there and back, in nanoseconds.
    pub fn of(nanoseconds: f64) -> Self {
        // Between those that were measured, at about the same ratio to both.
        match nanoseconds {
            ..68.0 => State::Smt,
            ..223.0 => State::Near,
            _ => State::Far,
        }
    }

    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            State::Near => "near",
            State::Smt => "smt",
            State::Far => "far",
        }
    }
}

/// The time of the bare line before a round and after it, in nanoseconds there and back.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Around {
    /// Before the round.
    pub before: f64,
    /// After the round.
    pub after: f64,
}

impl Around {
    /// Returns the state of the round. `None` if the state changed meanwhile.
    pub fn state(self) -> Option<State> {
        let state = State::of(self.before);
        (state == State::of(self.after)).then_some(state)
    }
}

/// A word on a line of its own, also where lines are fetched in pairs.
#[derive(Default)]
#[repr(align(128))]
struct Line(AtomicU64);

impl Line {
    /// Waits until the word is at least `value`, and returns it.
    fn wait_for(&self, value: u64) -> u64 {
        loop {
            let found = self.0.load(Acquire);
            if found >= value {
                return found;
            }
            hint::spin_loop();
        }
    }
}

/// What the word says when there are no more trips.
const OVER: u64 = u64::MAX;

/// Returns how long a line takes there and another one back between these cores, in nanoseconds: the median of several
/// times.
///
/// Each side stores to a line of its own and waits for that of the other. It takes a millisecond at most, and some of
/// them on a busy machine.
pub fn line(cores: [usize; 2]) -> Outcome<f64> {
    const TIMES: usize = 21;
    const TRIPS: u64 = 100;
    const LONG: Duration = Duration::from_millis(10);
    let (forth, back, both) = (Line::default(), Line::default(), Barrier::new(2));
    let there = || {
        let pinned = pin::to_core(cores[1]);
        both.wait();
        let mut trip = 1;
        while forth.wait_for(trip) != OVER {
            back.0.store(trip, Release);
            trip += 1;
        }
        pinned
    };
    let here = || {
        let pinned = pin::to_core(cores[0]);
        both.wait();
        let (start, mut times, mut trips) = (Instant::now(), Vec::new(), 0);
        while times.len() < TIMES && (times.len() < 3 || start.elapsed() < LONG) {
            let start = Instant::now();
            for trip in trips + 1..=trips + TRIPS {
                forth.0.store(trip, Release);
                back.wait_for(trip);
            }
            trips += TRIPS;
            times.push(start.elapsed().as_nanos() as f64 / TRIPS as f64);
        }
        forth.0.store(OVER, Release);
        times.sort_by(f64::total_cmp);
        pinned.map(|()| times[times.len() / 2])
    };
    thread::scope(|scope| {
        let (there, here) = (scope.spawn(there), scope.spawn(here));
        let panicked = |_| Outcome::<()>::Err("a thread panicked".into());
        there.join().unwrap_or_else(panicked)?;
        here.join().unwrap_or_else(|_| Err("a thread panicked".into()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_has_the_times_that_were_measured_in_it() {
        let times = [29.0, 54.0, 85.0, 131.0, 380.0, 471.0];
        assert_eq!(times.map(|time| State::of(time).name()), ["smt", "smt", "near", "near", "far", "far"]);
    }

    #[test]
    fn a_round_in_which_the_state_changed_has_none() {
        assert_eq!(Around { before: 90.0, after: 120.0 }.state(), Some(State::Near));
        assert_eq!(Around { before: 90.0, after: 400.0 }.state(), None);
    }

    #[test]
    fn a_line_takes_some_time_between_two_cores() -> Outcome<()> {
        let cores = pin::allowed()?;
        if let [one, other, ..] = cores[..] {
            let time = line([one, other])?;
            assert!(time > 1.0 && time.is_finite(), "{time}");
        }
        Ok(())
    }
}
