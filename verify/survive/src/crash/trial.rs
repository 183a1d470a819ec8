//! One ring, its sides killed and started again until enough died; then undisturbed until all is delivered.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;

use super::finding::Sort;
use super::judge::{Judge, Steps};
use super::process::Processes;
use super::setting::Setting;
use super::site::Side;
use super::tally::{Instants, Tally, Victims};

/// How long a side may take for one step while its peer lives.
const DEADLINE: Duration = Duration::from_secs(10);
/// How long it is waited for that a side falls asleep, which it need not.
const DROWSY: Duration = Duration::from_millis(20);
/// Whoever sleeps longer than this does not pause by itself, but sleeps until its peer does something.
const LONGEST_PAUSE: Duration = Duration::from_micros(2500);

pub struct Trial {
    setting: Setting,
    writer: Processes,
    reader: Processes,
    judge: Judge,
    random: Rng,
    tally: Tally,
    /// Where ring and journals are; removed with it.
    _directory: tempfile::TempDir,
}

/// Tries one ring with `kills` kills, and tells what came of it.
pub fn run(setting: Setting, kills: u64) -> Result<Tally, String> {
    let shared_memory = Path::new("/dev/shm");
    let parent = if shared_memory.is_dir() { shared_memory.to_path_buf() } else { std::env::temp_dir() };
    let make = || -> std::io::Result<Trial> {
        let directory = tempfile::tempdir_in(parent)?;
        let writer = Processes::of(Side::Writer, &setting, directory.path())?;
        let reader = Processes::of(Side::Reader, &setting, directory.path())?;
        let (judge, random) = (Judge::new(setting.plan()), Rng::with_seed(setting.seed));
        let tally = Tally::default();
        Ok(Trial { setting, writer, reader, judge, random, tally, _directory: directory })
    };
    let mut trial = make().map_err(|why| format!("{why} when making a place for a ring: make space in /dev/shm"))?;
    trial.start(Side::Writer)?;
    trial.start(Side::Reader)?;
    while trial.tally.killed() < kills && trial.judge.findings.is_empty() {
        trial.kill()?;
    }
    trial.finish()?;
    Ok(trial.into_tally())
}

impl Trial {
    fn of(&mut self, side: Side) -> &mut Processes {
        match side {
            Side::Writer => &mut self.writer,
            Side::Reader => &mut self.reader,
        }
    }

    fn steps(&self, side: Side) -> &Steps {
        match side {
            Side::Writer => &self.judge.written.steps,
            Side::Reader => &self.judge.delivered.steps,
        }
    }

    fn start(&mut self, side: Side) -> Result<(), String> {
        let seed = self.random.u64(..);
        let next = match side {
            Side::Writer => self.judge.written.next(),
            Side::Reader => self.judge.delivered.next(),
        };
        let begun = self.judge.written.begun();
        self.of(side).start(seed, next, begun)
    }

    /// One death, or two at once, and what comes after it.
    fn kill(&mut self) -> Result<(), String> {
        let victims = self.random.choice(Victims::ALL).unwrap_or(Victims::Both);
        let sides = victims.sides();
        let side = *self.random.choice(sides).unwrap_or(&Side::Writer);
        let mut stopped = None;
        let instant = match self.random.u8(0..16) {
            0..=3 => self.after_the_start(),
            4..=7 => self.at_the_entrance(side),
            8..=9 if victims != Victims::Both => {
                stopped = Some(side.other());
                self.asleep(side)?
            }
            _ => self.at_work(side),
        };
        for &side in sides {
            self.of(side).kill()?;
        }
        if let Some(peer) = stopped {
            self.of(peer).signal(libc::SIGCONT)?;
        }
        for &side in sides {
            if self.of(side).reap()? {
                let what = format!("the {side:?} ended by itself before it was killed");
                self.judge.findings.add(Sort::Hang, what);
            }
        }
        self.look();
        self.tally.count(victims, instant);
        if victims != Victims::Both && self.random.u8(0..12) == 0 {
            self.survivor_learns(side);
        }
        let order = if self.random.bool() { sides.to_vec() } else { sides.iter().rev().copied().collect() };
        order.into_iter().try_for_each(|side| self.start(side))
    }

    /// Soon after the last start, whatever the process is at: bursts come of this.
    fn after_the_start(&mut self) -> Instants {
        self.pause(4000);
        Instants::AfterTheStart
    }

    /// While `side` attaches, opens or creates, or soon after.
    fn at_the_entrance(&mut self, side: Side) -> Instants {
        let process = self.of(side).started;
        self.wait_for(side, "start", |trial| trial.steps(side).entered == process);
        self.pause(300);
        Instants::AtTheEntrance
    }

    /// While it is at work.
    fn at_work(&mut self, side: Side) -> Instants {
        let (done, process) = (self.steps(side).done, self.of(side).started);
        let works = |trial: &Self| trial.steps(side).done > done && trial.steps(side).arrived == process;
        self.wait_for(side, "get a message through", works);
        let longest = if self.random.u8(0..4) == 0 { 40_000 } else { 2000 };
        self.pause(longest);
        Instants::AtWork
    }

    /// While `side` sleeps because its peer stands still; at work, if it does not fall asleep.
    fn asleep(&mut self, side: Side) -> Result<Instants, String> {
        let process = self.of(side).started;
        self.wait_for(side, "get its handle", |trial| trial.steps(side).arrived == process);
        self.of(side.other()).signal(libc::SIGSTOP)?;
        let begin = Instant::now();
        let mut awake = begin;
        while begin.elapsed() < DROWSY {
            self.look();
            if !self.of(side).is_asleep() || !self.of(side.other()).is_stopped() {
                awake = Instant::now();
            }
            if awake.elapsed() > LONGEST_PAUSE {
                return Ok(Instants::Asleep);
            }
            thread::sleep(Duration::from_micros(100));
        }
        Ok(Instants::AtWork)
    }

    /// Nobody takes the place of `dead` before its peer has learnt that it is away. A peer that never met it waits.
    fn survivor_learns(&mut self, dead: Side) {
        if self.steps(dead).arrivals > 0 {
            let survivor = dead.other();
            let told = self.steps(survivor).told_away;
            self.wait_for(survivor, "learn of its peer's death", |trial| trial.steps(survivor).told_away > told);
        }
    }

    /// Lets the rest through, and ends both sides in good order.
    fn finish(&mut self) -> Result<(), String> {
        let (stretch, done) = (self.setting.stretch(), self.judge.delivered.steps.done);
        let passes = move |trial: &Self| trial.judge.delivered.steps.done >= done + stretch;
        self.wait_for(Side::Reader, &format!("get {stretch} messages undisturbed"), passes);
        for side in [Side::Writer, Side::Reader] {
            self.of(side).journal.stop();
            let begin = Instant::now();
            while self.judge.findings.is_empty() && !self.of(side).has_ended() {
                self.look();
                if begin.elapsed() > DEADLINE {
                    self.find_hung(side, "end");
                }
                thread::sleep(Duration::from_micros(100));
            }
            self.look();
            if self.judge.findings.is_empty() && !self.of(side).reap()? {
                self.judge.findings.add(Sort::Hang, format!("the {side:?} did not end in good order"));
            }
        }
        if self.judge.findings.is_empty() {
            self.judge.end();
        }
        Ok(())
    }

    /// Waits until `holds`, which is for `side` to bring about. A finding, if it does not in time.
    fn wait_for(&mut self, side: Side, what: &str, holds: impl Fn(&Self) -> bool) {
        let begin = Instant::now();
        self.tally.waits += 1;
        loop {
            self.look();
            if !self.judge.findings.is_empty() || holds(self) {
                return;
            }
            for side in [Side::Writer, Side::Reader] {
                if self.of(side).has_ended() {
                    self.judge.findings.add(Sort::Hang, format!("the {side:?} ended though nobody killed it"));
                }
            }
            if begin.elapsed() > DEADLINE {
                self.find_hung(side, what);
            }
            thread::sleep(Duration::from_micros(100));
        }
    }

    fn find_hung(&mut self, side: Side, what: &str) {
        let (written, delivered) = (self.judge.written.next().number, self.judge.delivered.next().number);
        let what = format!("the {side:?} did not {what} in {DEADLINE:?}: {written} written, {delivered} delivered");
        self.judge.findings.add(Sort::Hang, what);
    }

    /// Lets up to `micros` microseconds pass, none perhaps. The sides do not wait for the harness meanwhile.
    fn pause(&mut self, micros: u64) {
        let pause = Duration::from_micros(self.random.u64(0..micros));
        let begin = Instant::now();
        while begin.elapsed() < pause {
            self.look();
            thread::sleep((pause.saturating_sub(begin.elapsed())).min(Duration::from_micros(500)));
        }
    }

    /// Reads what was noted since: the reader's no further than when the writer's is read, so that no message seems to
    /// come before it was pushed.
    fn look(&mut self) {
        let noted = self.reader.journal.noted();
        let Self { writer, reader, judge, .. } = self;
        writer.journal.read(writer.journal.noted(), |event| judge.writer_noted(event));
        reader.journal.read(noted, |event| judge.reader_noted(event));
        for Processes { side, journal, .. } in [&*writer, &*reader] {
            if let Some(complaint) = journal.complaint() {
                if judge.findings.is_empty() {
                    judge.findings.add(Sort::Verdict, format!("the {side:?} could not {complaint}"));
                }
            }
        }
    }

    fn into_tally(mut self) -> Tally {
        self.tally.take(&self.setting, self.judge);
        self.tally
    }
}
