//! What a ring is tried with, and what a process of either side finds when it starts.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Arg, ArgMatches, Command};
use ipc_ring::{FenceMode, RingOptions, Side, WaitStrategy};

use super::event::{Event, Verdict};
use super::idle;
use super::journal::{Journal, Orders};
use super::plan::Plan;

/// The subcommand that is a process of this side.
pub fn command_name(side: Side) -> &'static str {
    match side {
        Side::Writer => "crash-writer",
        Side::Reader => "crash-reader",
    }
}

pub fn other(side: Side) -> Side {
    match side {
        Side::Writer => Side::Reader,
        Side::Reader => Side::Writer,
    }
}

pub fn journal(side: Side, directory: &Path) -> PathBuf {
    directory.join(format!("{side}.journal"))
}

/// How long a side pauses before it looks again for what is not there.
const PAUSE: Duration = Duration::from_micros(200);
const WAITS: [(&str, WaitStrategy); 3] = [
    ("spin", WaitStrategy::Spin),
    ("default", WaitStrategy::SpinThenSleep { spin: Duration::from_micros(50) }),
    ("sleep", WaitStrategy::Sleep),
];

/// How a side waits, by its name.
fn wait(name: &str) -> Option<WaitStrategy> {
    WAITS.iter().find(|(known, _)| *known == name).map(|&(_, strategy)| strategy)
}

pub fn command(side: Side) -> Command {
    Command::new(command_name(side))
        .about("A process of `crash`")
        .args(["directory", "seed", "capacity", "wait", "fences"].map(|name| Arg::new(name).required(true)))
}

/// A process of one side.
pub struct Site {
    pub own: Journal,
    pub peer: Journal,
    pub orders: Orders,
    pub plan: Plan,
    pub ring: PathBuf,
    pub options: RingOptions,
    pub random: fastrand::Rng,
    /// How often this process got its handle.
    lives: u64,
}

/// What a life may be numbered at most within its process.
const LIVES: u64 = 1 << 16;

/// The number of the last life of process number `process`.
pub fn last_life(process: u64) -> u64 {
    process * LIVES + LIVES - 1
}

impl Site {
    pub fn of(side: Side, matches: &ArgMatches) -> Result<Self, String> {
        let word = |name: &str| matches.get_one::<String>(name).cloned().ok_or(format!("it is not said which {name}"));
        let number = |name: &str| word(name)?.parse::<u64>().map_err(|why| format!("{name}: {why}"));
        let directory = PathBuf::from(word("directory")?);
        let open = |side: Side| Journal::open(&journal(side, &directory)).map_err(|why| format!("a journal: {why}"));
        let (own, peer) = (open(side)?, open(other(side))?);
        let mut options = RingOptions::new();
        options.wait_strategy(wait(&word("wait")?).ok_or("pass spin, default or sleep, which are the ways to wait")?);
        match word("fences")?.as_str() {
            "symmetric" => options.create_fence_mode(FenceMode::Symmetric),
            _ => &mut options,
        };
        let orders = own.orders();
        let plan = Plan { seed: number("seed")?, capacity: number("capacity")? };
        let random = fastrand::Rng::with_seed(orders.seed);
        Ok(Self { own, peer, orders, plan, ring: directory.join("ring"), options, random, lives: 0 })
    }

    /// Notes that a handle is held, which stands at `position`.
    pub fn arrive(&mut self, position: u64) {
        self.lives += 1;
        self.own.arrive(self.life());
        self.own.note(Event::Arrived(position));
        // Sometimes the peer comes to wait while this side is there and has done nothing yet.
        if self.random.u8(0..4) == 0 {
            idle(Duration::from_micros(self.random.u64(0..2000)));
        }
    }

    /// Notes that the handle is about to be dropped.
    pub fn depart(&self) {
        self.own.depart(self.life());
    }

    fn life(&self) -> u64 {
        self.orders.process * LIVES + self.lives.min(LIVES - 1)
    }

    /// How long a call may wait: mostly as long as it takes.
    pub fn patience(&mut self) -> Option<Duration> {
        match self.random.u8(0..10) {
            0 => Some(Duration::ZERO),
            1 | 2 => Some(Duration::from_micros(self.random.u64(0..3000))),
            _ => None,
        }
    }

    /// Notes the verdict of a call that began when the peer's last arrival was `peer`, and had `patience`. Then lets
    /// the peer come.
    pub fn told(&self, verdict: Verdict, patience: Option<Duration>, peer: u64) {
        let was_there = peer > 0 && self.peer.is_still_in(peer);
        let may_be_so = match verdict {
            Verdict::Nothing => patience.is_some(),
            Verdict::Full => !was_there,
            Verdict::BetweenStreams => patience.is_some() && !was_there,
            Verdict::Closed => !was_there,
            Verdict::PeerGone => !was_there && patience != Some(Duration::ZERO),
            Verdict::NotFound => peer == 0,
        };
        self.own.note(if may_be_so { Event::Told(verdict) } else { Event::Misled(verdict) });
        if verdict != Verdict::Nothing {
            idle(PAUSE);
        }
    }

    /// An error that nobody should get, which ends the process.
    pub fn refuse(&self, doing: &str, error: impl std::fmt::Display) -> String {
        self.depart();
        let what = format!("{doing}: {error}");
        self.own.complain(&what);
        what
    }
}
