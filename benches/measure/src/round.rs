//! A run of child processes, from the driver's side: it starts them, keeps them in step, and ends them in time.

use std::ffi::c_int;
use std::fmt;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::signal_name;

use crate::child::Child;
use crate::console::Said;
use crate::job::Done;

const SIGNALS: [c_int; 3] = [SIGHUP, SIGINT, SIGTERM];

/// What a driver waits for. All events come through one channel.
pub(crate) enum Event {
    /// The child with this process ID says something.
    Said(u32, Said),
    /// The child with this process ID has ended, or is about to.
    Ended(u32),
    /// A signal asks the run to stop.
    Signal(c_int),
}

/// The channel of everything that a driver waits for.
pub struct Events {
    sender: Sender<Event>,
    receiver: Receiver<Event>,
}

impl Events {
    /// Makes SIGHUP, SIGINT and SIGTERM events. After the drop of this value, they end the process.
    pub fn new() -> io::Result<Self> {
        let (sender, receiver) = mpsc::channel();
        let (mut signals, events) = (Signals::new(SIGNALS)?, sender.clone());
        thread::Builder::new().name("signals".into()).spawn(move || {
            for signal in signals.forever() {
                if events.send(Event::Signal(signal)).is_err() {
                    process::exit(128 + signal);
                }
            }
        })?;
        Ok(Self { sender, receiver })
    }

    /// Fails if a signal has asked the run to stop. To be called between two rounds: it drops all other events.
    pub fn go_on(&self) -> Result<(), Failure> {
        let signal = self.receiver.try_iter().find_map(|event| match event {
            Event::Signal(signal) => Some(signal),
            Event::Said(..) | Event::Ended(_) => None,
        });
        signal.map_or(Ok(()), |signal| Err(Failure::Signal(signal)))
    }
}

/// Why a run failed.
#[derive(Debug)]
pub enum Failure {
    /// A signal asked the run to stop.
    Signal(c_int),
    /// A child failed.
    Child {
        /// Its role.
        role: &'static str,
        /// The reason, for people.
        why: String,
    },
    /// The run was not done after this time.
    TooLate(Duration),
    /// The system refused to start a child, or to say how it ended.
    System(io::Error),
}

impl Failure {
    /// Returns the reason, without the role of the child.
    pub fn why(&self) -> String {
        match self {
            Failure::Child { why, .. } => why.clone(),
            Failure::Signal(_) | Failure::TooLate(_) | Failure::System(_) => self.to_string(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Signal(signal) => write!(f, "ended by {}", name(*signal)),
            Failure::Child { role, why } => write!(f, "the {role} failed: {why}"),
            Failure::TooLate(deadline) => write!(f, "not done after {deadline:?}, and killed"),
            Failure::System(error) => write!(f, "cannot start a process: {error}"),
        }
    }
}

impl std::error::Error for Failure {}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::System(error)
    }
}

/// A run of some children. Its drop kills all of them.
pub struct Round<'a> {
    events: &'a Events,
    children: Vec<Child>,
    deadline: Option<(Instant, Duration)>,
    has_begun: bool,
    alive: usize,
    /// The failure of a child whose peer left or died. The peer knows the reason, so the driver waits for its word.
    second_hand: Option<Failure>,
}

impl<'a> Round<'a> {
    /// Starts this program again for each of `roles`. The run fails after `deadline`, if there is one.
    pub fn start(
        events: &'a Events,
        roles: &[&'static str],
        job: &impl Serialize,
        deadline: Option<Duration>,
    ) -> Result<Self, Failure> {
        Self::start_program(&std::env::current_exe()?, events, roles, job, deadline)
    }

    /// Starts `program` for each of `roles`: this program, or another build of it.
    pub fn start_program(
        program: &Path,
        events: &'a Events,
        roles: &[&'static str],
        job: &impl Serialize,
        deadline: Option<Duration>,
    ) -> Result<Self, Failure> {
        let children = roles.iter().map(|role| Child::start(program, role, job, events.sender.clone()));
        let children: Vec<_> = children.collect::<io::Result<_>>()?;
        let deadline = deadline.map(|deadline| (Instant::now() + deadline, deadline));
        Ok(Self { events, alive: children.len(), children, deadline, has_begun: false, second_hand: None })
    }

    /// Waits until all children have reached the next step, and lets them go on.
    pub fn step(&mut self) -> Result<(), Failure> {
        self.all_say(|said| matches!(said, Said::Step).then_some(()))?;
        self.has_begun = true;
        self.children.iter_mut().for_each(Child::go_on);
        Ok(())
    }

    /// Waits until all children are done and have ended, and returns the report of the one with the clock.
    pub fn finish(mut self, mut progress: impl FnMut(u64)) -> Result<Done, Failure> {
        let all = self.all_say(|said| match said {
            Said::Done(done) => Some(done),
            Said::Progress(done) => {
                progress(done);
                None
            }
            Said::Step | Said::Failed { .. } => None,
        })?;
        self.children.iter_mut().for_each(Child::go_on);
        while self.alive > 0 {
            self.hear(self.deadline)?;
        }
        let measured = all.into_iter().find(|done| !done.laps.is_empty());
        measured.ok_or_else(|| self.failed(0, "it ended without a result".into()))
    }

    /// Waits for `duration`, and fails if a child says anything meanwhile.
    pub fn stay_silent(&mut self, duration: Duration) -> Result<(), Failure> {
        match self.hear(Some((Instant::now() + duration, duration))) {
            Err(Failure::TooLate(_)) => Ok(()),
            Err(failure) => Err(failure),
            Ok((index, said)) => Err(self.failed(index, format!("not idle: {said:?}"))),
        }
    }

    /// Returns the process IDs of the children.
    pub fn ids(&self) -> Vec<u32> {
        self.children.iter().map(|child| child.process.id()).collect()
    }

    /// Waits until every child has said something that `wanted` accepts, and returns what it made of these.
    fn all_say<T>(&mut self, mut wanted: impl FnMut(Said) -> Option<T>) -> Result<Vec<T>, Failure> {
        let mut all = Vec::from_iter(self.children.iter().map(|_| None));
        while all.iter().any(Option::is_none) {
            match self.hear(self.deadline)? {
                (index, Some(said)) => all[index] = all[index].take().or(wanted(said)),
                (_, None) if self.alive > 0 && self.second_hand.is_some() => {}
                (index, None) => {
                    let why = "it ended without a result".into();
                    return Err(self.second_hand.take().unwrap_or_else(|| self.failed(index, why)));
                }
            }
        }
        Ok(all.into_iter().flatten().collect())
    }

    /// Waits for what a child says next. `None` means that it has ended well. Returns its index among the roles, too.
    fn hear(&mut self, deadline: Option<(Instant, Duration)>) -> Result<(usize, Option<Said>), Failure> {
        loop {
            let left = deadline.map_or(Duration::MAX, |(until, _)| until.saturating_duration_since(Instant::now()));
            let (id, said) = match self.events.receiver.recv_timeout(left) {
                Ok(Event::Said(id, said)) => (id, Some(said)),
                Ok(Event::Ended(id)) => (id, None),
                Ok(Event::Signal(signal)) => return Err(Failure::Signal(signal)),
                // The channel stays open: `events` holds a sender.
                Err(_) => return Err(Failure::TooLate(deadline.map_or(Duration::MAX, |(_, deadline)| deadline))),
            };
            // Skip the events of an earlier run.
            let Some(index) = self.children.iter().position(|child| child.process.id() == id) else { continue };
            match said {
                Some(Said::Failed { why, second_hand: false }) => return Err(self.failed(index, why)),
                Some(Said::Failed { why, second_hand: true }) => {
                    let failure = self.failed(index, why);
                    self.second_hand.get_or_insert(failure);
                }
                Some(said) => return Ok((index, Some(said))),
                None => {
                    self.alive -= 1;
                    let status = self.children[index].process.wait()?;
                    return match status.signal() {
                        // A signal to the driver's process group, which the child had not left yet.
                        Some(signal) if !self.has_begun && SIGNALS.contains(&signal) => Err(Failure::Signal(signal)),
                        Some(signal) => Err(self.failed(index, format!("it was killed by {}", name(signal)))),
                        None if status.success() => Ok((index, None)),
                        None => Err(self.failed(index, format!("it ended with {status}"))),
                    };
                }
            }
        }
    }

    fn failed(&self, index: usize, why: String) -> Failure {
        Failure::Child { role: self.children[index].role, why }
    }
}

fn name(signal: c_int) -> &'static str {
    signal_name(signal).unwrap_or("a signal")
}
