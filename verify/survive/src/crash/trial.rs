//! One ring, its sides killed and started again until enough died; then undisturbed until all is delivered.

use std::time::{Duration, Instant};

use fastrand::Rng;
use ipc_ring::Side;
use ipc_ring_reference::Place;

use super::finding::Sort;
use super::idle;
use super::pair::Pair;
use super::setting::Setting;
use super::site::other;
use super::tally::{Instants, Tally, Victims};

/// How long it is waited for that a side falls asleep, which it need not.
const DROWSY: Duration = Duration::from_millis(20);
/// Whoever sleeps longer than this does not pause by itself, but sleeps until its peer does something.
const LONGEST_PAUSE: Duration = Duration::from_micros(2500);

struct Trial {
    setting: Setting,
    pair: Pair,
    random: Rng,
    tally: Tally,
    /// Where ring and journals are; removed with it.
    _place: Place,
}

/// Tries one ring with `kills` kills, and tells what came of it.
pub fn run(setting: Setting, kills: u64) -> Result<Tally, String> {
    let make = || -> std::io::Result<Trial> {
        let place = Place::make()?;
        let pair = Pair::of(&setting, place.directory())?;
        let (random, tally) = (Rng::with_seed(setting.seed), Tally::default());
        Ok(Trial { setting, pair, random, tally, _place: place })
    };
    let mut trial = make().map_err(|why| format!("{why} when making a place for a ring: make space in /dev/shm"))?;
    trial.start(Side::Writer)?;
    trial.start(Side::Reader)?;
    while trial.tally.killed() < kills && trial.pair.is_clean() {
        trial.kill(kills - trial.tally.killed())?;
    }
    trial.finish()?;
    let Trial { setting, pair, mut tally, .. } = trial;
    tally.take(&setting, pair);
    Ok(tally)
}

impl Trial {
    fn start(&mut self, side: Side) -> Result<(), String> {
        self.pair.start(side, self.random.u64(..))
    }

    /// One death, or two at once where there are `left` as many to come, and what comes after it.
    fn kill(&mut self, left: u64) -> Result<(), String> {
        // The first to die does so while it creates the ring, or just before or after.
        let is_first = self.tally.killed() == 0;
        let drawn = self.random.choice(Victims::at_most(left)).unwrap_or(Victims::Writer);
        let victims = if is_first { Victims::Writer } else { drawn };
        let sides = victims.sides();
        let side = *self.random.choice(sides).unwrap_or(&Side::Writer);
        let mut stopped = None;
        let instant = match self.random.u8(0..16) {
            _ if is_first => self.at_the_entrance(side),
            0..=3 => self.after_the_start(),
            4..=7 => self.at_the_entrance(side),
            8..=9 if victims != Victims::Both => {
                stopped = Some(other(side));
                self.asleep(side)?
            }
            _ => self.at_work(side),
        };
        if !self.pair.is_clean() {
            return Ok(());
        }
        for &side in sides {
            self.pair.side(side).kill()?;
        }
        if let Some(peer) = stopped {
            self.pair.side(peer).signal(libc::SIGCONT)?;
        }
        for &side in sides {
            if self.pair.side(side).reap()? {
                self.pair.find(Sort::Hang, format!("the {side:?} ended by itself before it was killed"));
            }
        }
        self.pair.look();
        self.tally.count(victims, instant);
        if victims != Victims::Both && self.random.u8(0..12) == 0 {
            self.survivor_learns(side);
        }
        let order = if self.random.bool() { sides.to_vec() } else { sides.iter().rev().copied().collect() };
        order.into_iter().try_for_each(|side| self.start(side))
    }

    /// Lets up to `micros` microseconds pass, none perhaps.
    fn pause(&mut self, micros: u64) {
        self.pair.let_pass(Duration::from_micros(self.random.u64(0..micros)));
    }

    /// Soon after the last start, whatever the process is at: bursts come of this.
    fn after_the_start(&mut self) -> Instants {
        self.pause(4000);
        Instants::AfterTheStart
    }

    /// While `side` attaches, opens or creates, or soon after.
    fn at_the_entrance(&mut self, side: Side) -> Instants {
        let process = self.pair.side(side).started;
        self.pair.wait_for(side, "start", |pair| pair.steps(side).entered == process);
        self.pause(300);
        Instants::AtTheEntrance
    }

    /// While it is at work.
    fn at_work(&mut self, side: Side) -> Instants {
        let (done, process) = (self.pair.steps(side).done, self.pair.side(side).started);
        let works = |pair: &Pair| pair.steps(side).done > done && pair.steps(side).arrived == process;
        self.pair.wait_for(side, "get a message through", works);
        let longest = if self.random.u8(0..4) == 0 { 40_000 } else { 2000 };
        self.pause(longest);
        Instants::AtWork
    }

    /// While `side` sleeps because its peer stands still; at work, if it does not fall asleep.
    fn asleep(&mut self, side: Side) -> Result<Instants, String> {
        let process = self.pair.side(side).started;
        self.pair.wait_for(side, "get its handle", |pair| pair.steps(side).arrived == process);
        if !self.pair.is_clean() {
            return Ok(Instants::AtWork);
        }
        self.pair.side(other(side)).signal(libc::SIGSTOP)?;
        let begin = Instant::now();
        let mut awake = begin;
        while begin.elapsed() < DROWSY {
            self.pair.look();
            if !self.pair.side(side).is_asleep() || !self.pair.side(other(side)).is_stopped() {
                awake = Instant::now();
            }
            if awake.elapsed() > LONGEST_PAUSE {
                return Ok(Instants::Asleep);
            }
            idle(Duration::from_micros(100));
        }
        Ok(Instants::AtWork)
    }

    /// Nobody takes the place of `dead` before its peer has learnt that it is away. A peer that never met it waits.
    fn survivor_learns(&mut self, dead: Side) {
        if self.pair.steps(dead).arrivals > 0 {
            let survivor = other(dead);
            let told = self.pair.steps(survivor).told_away;
            let learns = |pair: &Pair| pair.steps(survivor).told_away > told;
            self.pair.wait_for(survivor, "learn of its peer's death", learns);
        }
    }

    /// Lets the rest through, and ends both sides in good order.
    fn finish(&mut self) -> Result<(), String> {
        let (stretch, done) = (self.setting.stretch(), self.pair.steps(Side::Reader).done);
        let passes = |pair: &Pair| pair.steps(Side::Reader).done >= done + stretch;
        self.pair.wait_for(Side::Reader, &format!("get {stretch} messages undisturbed"), passes);
        for side in [Side::Writer, Side::Reader] {
            self.pair.side(side).journal.stop();
            self.pair.wait_for_the_end(side)?;
        }
        if self.pair.is_clean() {
            self.pair.judge.end();
        }
        Ok(())
    }
}
