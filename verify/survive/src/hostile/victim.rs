//! The process that is lied to: it opens its side of the ring, uses all that the library offers, and when that says
//! that the peer broke the protocol, it makes sure that this stays said, drops the handle and opens the side again.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use clap::ArgMatches;
use fastrand::Rng;
use ipc_ring::{Check, OpenError, RingOptions, Side, WaitStrategy};

use super::found::Found;
use super::order::Order;
use super::reading;
use super::watch::{set_alarm, Watch};
use super::writing;
use crate::report::Report;

/// The most calls of one handle: then it is dropped though nothing happened, for another way to wait.
const CALLS_A_HANDLE: u32 = 2000;
/// How long a call waits, from not at all to long enough to sleep.
const TIMEOUTS: [u64; 5] = [0, 0, 20, 200, 2000];

/// And now and then: longer than a liar is kept from the processor, whose storm must not make it longer yet.
const LONG: Duration = Duration::from_millis(20);

/// What came of a call.
pub enum Came {
    /// This many messages.
    Messages(u64),
    /// None, which is in order.
    Nothing,
    /// The peer seems to have left or died.
    Alone,
    /// The peer broke the protocol.
    Verdict(Check),
}

/// A side of a ring in the hands of a victim.
pub trait Victim: Sized {
    /// How many ways there are to call it. Each has to be refused once the peer broke the protocol.
    const WAYS: usize;

    fn open(options: &RingOptions, path: &Path) -> Result<Self, OpenError>;
    /// Makes the call that is number `way` of the ways there are.
    fn call(&mut self, way: usize, patience: Duration, rng: &mut Rng, watch: &mut Watch) -> Came;
    /// Looks at what can be had without waiting. `failed` if the peer broke the protocol.
    fn figures(&mut self, failed: bool, watch: &mut Watch);
}

pub fn run(matches: &ArgMatches) -> Result<Report, String> {
    let order = Order::of(matches)?;
    set_alarm(order.duration);
    let found = match order.side {
        Side::Reader => suffer::<reading::Reader>(&order),
        Side::Writer => suffer::<writing::Writer>(&order),
    };
    println!("{}", found.to_line());
    Ok(Report::default())
}

fn suffer<V: Victim>(order: &Order) -> Found {
    let mut rng = Rng::with_seed(order.seed);
    let mut watch = Watch::new(order.capacity);
    let end = Instant::now() + order.duration;
    while Instant::now() < end {
        let mut options = RingOptions::new();
        options.wait_strategy(strategy(&mut rng)).prefault(rng.bool()).reader_stops_at_ends(rng.bool());
        watch.found.openings += 1;
        match V::open(&options, &order.path) {
            Ok(mut victim) => hold(&mut victim, &mut rng, &mut watch, end),
            Err(error) => {
                *watch.found.refusals.entry(reason(&error)).or_default() += 1;
                // The liar may be waiting for this very processor to put things right.
                thread::yield_now();
            }
        }
    }
    watch.found
}

/// Uses a handle until its peer broke the protocol, or for long enough.
fn hold<V: Victim>(victim: &mut V, rng: &mut Rng, watch: &mut Watch, end: Instant) {
    for _ in 0..rng.u32(1..=CALLS_A_HANDLE) {
        if Instant::now() >= end {
            return;
        }
        let short = Duration::from_micros(TIMEOUTS[rng.usize(..TIMEOUTS.len())]);
        let patience = if rng.u8(..64) == 0 { LONG } else { short };
        match victim.call(rng.usize(..V::WAYS), patience, rng, watch) {
            Came::Messages(count) => watch.found.messages += count,
            Came::Nothing => {}
            // It goes on some of the time: who says to have left may lie about that, too.
            Came::Alone if rng.u8(..) > 8 => thread::yield_now(),
            Came::Alone => return,
            Came::Verdict(check) => {
                *watch.found.verdicts.entry(format!("{check:?}")).or_default() += 1;
                return stays(victim, check, rng, watch);
            }
        }
        victim.figures(false, watch);
    }
}

/// Every call has to say the same from here on, whatever the peer stores meanwhile.
fn stays<V: Victim>(victim: &mut V, check: Check, rng: &mut Rng, watch: &mut Watch) {
    for way in 0..V::WAYS {
        let came = victim.call(way, Duration::from_micros(100), rng, watch);
        let stayed = matches!(came, Came::Verdict(again) if again == check);
        watch.holds(stayed, || format!("{check:?} did not stay: call {way} said something else"));
        victim.figures(true, watch);
    }
}

fn strategy(rng: &mut Rng) -> WaitStrategy {
    match rng.u8(..4) {
        0 => WaitStrategy::Spin,
        1 => WaitStrategy::Sleep,
        2 => WaitStrategy::SpinThenSleep { spin: Duration::from_micros(rng.u64(..100)) },
        _ => WaitStrategy::default(),
    }
}

/// Why a ring was not opened, without its path.
fn reason(error: &OpenError) -> String {
    match error {
        OpenError::Corrupt { check, .. } => format!("{check:?}"),
        OpenError::NotARing { .. } => "NotARing".into(),
        OpenError::Incompatible { .. } => "Incompatible".into(),
        OpenError::Full { .. } => "Full".into(),
        other => format!("{other:?}"),
    }
}
