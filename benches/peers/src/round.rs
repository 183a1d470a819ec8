//! One round of one peer, as the driver sees it: starts its processes, keeps them in step, and ends them in time.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use nix::time::ClockId;
use nix::unistd::Pid;

use crate::child::{Child, Heard};
use crate::console::Said;
use crate::job::{Done, Job, Part, Task};
use crate::link::Outcome;
use crate::peers::{Peer, Run};

/// What came of a round.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Sample {
    /// Of a stream or a ping-pong: what the side with the clock says.
    Passed(Done),
    /// Of two idle sides: which part of a core each used.
    Idle([f64; 2]),
}

/// What bounds a round.
#[derive(Clone, Copy, Debug)]
pub struct Bounds<'a> {
    /// After so long it is given up.
    pub deadline: Duration,
    /// How long two sides are watched doing nothing.
    pub idle: Duration,
    /// Whether the whole run is to end.
    pub interrupted: &'a AtomicBool,
}

/// Runs a round, in a directory of its own, which it leaves to be cleared away.
pub fn run(peer: &Peer, job: &Job, bounds: Bounds<'_>) -> Outcome<Sample> {
    fs::create_dir(&job.directory)?;
    Round::start(peer, job, bounds)?.play(job.task)
}

struct Round<'a> {
    children: Vec<Child>,
    heard: Receiver<Heard>,
    until: Instant,
    bounds: Bounds<'a>,
    between_processes: bool,
}

impl<'a> Round<'a> {
    fn start(peer: &Peer, job: &Job, bounds: Bounds<'a>) -> Outcome<Self> {
        let parts: &[Part] = match peer.run {
            Run::Processes(_) => &[Part::Left, Part::Right],
            Run::Threads(_) | Run::Alone(_) => &[Part::Both],
        };
        let (hears, heard) = mpsc::channel();
        let start = |(index, part): (usize, &Part)| Child::start(job, *part, index, hears.clone());
        let children = parts.iter().enumerate().map(start).collect::<Outcome<Vec<_>>>()?;
        let until = Instant::now() + bounds.deadline;
        Ok(Self { between_processes: children.len() == 2, children, heard, until, bounds })
    }

    fn play(&mut self, task: Task) -> Outcome<Sample> {
        if self.between_processes {
            self.all_say(|said| matches!(said, Said::Created))?;
            self.go_on();
        }
        self.all_say(|said| matches!(said, Said::Ready))?;
        self.go_on();
        match task {
            Task::Idle => self.watch(),
            Task::Stream { .. } | Task::PingPong => {
                let said = self.all_say(|said| matches!(said, Said::Done(_)))?;
                for child in &mut self.children {
                    child.end()?;
                }
                Ok(Sample::Passed(measured(&said)?))
            }
        }
    }

    fn go_on(&mut self) {
        self.children.iter_mut().for_each(Child::go_on);
    }

    /// Waits until every child has said what is expected, and returns that.
    fn all_say(&mut self, expected: impl Fn(&Said) -> bool) -> Outcome<Vec<Said>> {
        let mut all: Vec<Option<Said>> = vec![None; self.children.len()];
        while all.iter().any(Option::is_none) {
            match self.hear(self.until)? {
                Some((index, said)) if expected(&said) => all[index] = Some(said),
                Some((_, said)) => return Err(format!("out of step: {said:?}").into()),
                None => return Err(format!("not done after {:?}, and killed", self.bounds.deadline).into()),
            }
        }
        Ok(all.into_iter().flatten().collect())
    }

    /// The next line of a child, or nothing until then.
    fn hear(&mut self, until: Instant) -> Outcome<Option<(usize, Said)>> {
        const LOOK_UP: Duration = Duration::from_millis(50);
        loop {
            if self.bounds.interrupted.load(Ordering::Relaxed) {
                return Err("interrupted".into());
            }
            let left = until.saturating_duration_since(Instant::now());
            match self.heard.recv_timeout(left.min(LOOK_UP)) {
                Ok(Heard::Line(_, Said::Failed(why))) => return Err(why.into()),
                Ok(Heard::Line(index, said)) => return Ok(Some((index, said))),
                Ok(Heard::End(index)) => return Err(self.children[index].how_it_ended().into()),
                Err(RecvTimeoutError::Timeout) if left.is_zero() => return Ok(None),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err("all children have ended".into()),
            }
        }
    }

    /// Watches the clocks of two sides that have nothing to do, from when they have noticed it.
    fn watch(&mut self) -> Outcome<Sample> {
        const SETTLE: Duration = Duration::from_millis(500);
        self.stay_silent(SETTLE)?;
        let before = self.clocks()?;
        let start = Instant::now();
        self.stay_silent(self.bounds.idle)?;
        let after = self.clocks()?;
        let share = |side: usize| (after[side] - before[side]).as_secs_f64() / start.elapsed().as_secs_f64();
        Ok(Sample::Idle([share(0), share(1)]))
    }

    fn stay_silent(&mut self, duration: Duration) -> Outcome<()> {
        match self.hear(Instant::now() + duration)? {
            Some((_, said)) => Err(format!("not idle: {said:?}").into()),
            None => Ok(()),
        }
    }

    /// The processor time that each child has used so far.
    fn clocks(&self) -> Outcome<[Duration; 2]> {
        let clock = |child: &Child| -> Outcome<Duration> {
            Ok(ClockId::pid_cpu_clock_id(Pid::from_raw(child.id() as i32))?.now()?.into())
        };
        match &self.children[..] {
            [left, right] => Ok([clock(left)?, clock(right)?]),
            _ => Err("two processes are watched, and no other number".into()),
        }
    }
}

/// What the side with the clock measured: the one that receives, or gets its messages back. All were passed, says
/// every side.
fn measured(said: &[Said]) -> Outcome<Done> {
    let done = |said: &Said| if let Said::Done(done) = said { Some(*done) } else { None };
    let all: Vec<Done> = said.iter().filter_map(done).collect();
    if all.windows(2).any(|two| two[0].passed != two[1].passed) {
        return Err(format!("the sides do not agree on how many were passed: {all:?}").into());
    }
    let with_clock = all.iter().rev().find(|done| done.latency.is_some()).or(all.last());
    with_clock.copied().ok_or_else(|| "nothing was measured".into())
}
