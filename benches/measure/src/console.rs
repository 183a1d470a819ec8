//! A child's end of the conversation with its driver. The child ends when its driver does.

use std::io::{self, BufRead, Write};
use std::process::{self, ExitCode};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use ipc_ring::{PopError, PushError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::job::Done;
use crate::Outcome;

/// The first argument of a child. Its role and its job follow.
pub(crate) const CHILD: &str = "--child";

/// What a child says.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) enum Said {
    /// It has reached the next step, and waits until all children have.
    Step,
    /// This many messages are done.
    Progress(u64),
    /// Its part is done, and it waits until those of all children are.
    Done(Done),
    /// Its part failed.
    Failed {
        /// The reason, for people.
        why: String,
        /// Whether it failed only because its peer left or died. Then the peer knows the reason.
        second_hand: bool,
    },
}

/// A function that is called now and then with how many messages are done.
pub type Tell<'a> = &'a mut dyn FnMut(u64) -> Outcome<()>;

/// Returns the role and the job of this process, if it is a child.
pub fn role<Job: DeserializeOwned>() -> Option<Outcome<(String, Job)>> {
    let [_, child, role, job] = <[_; 4]>::try_from(Vec::from_iter(std::env::args_os().take(4))).ok()?;
    let (role, job) = (role.into_string().ok()?, job.into_string().ok()?);
    (child == CHILD).then(|| Ok((role, serde_json::from_str(&job)?)))
}

/// A child's end of the conversation.
#[derive(Debug)]
pub struct Console {
    going_on: Receiver<()>,
    leash: JoinHandle<()>,
}

impl Console {
    /// Makes this process end when its driver ends, however that happens, after dropping `leftovers`.
    pub fn new<T: Send + 'static>(leftovers: T) -> io::Result<Self> {
        let (goes_on, going_on) = mpsc::channel();
        let watch = move || {
            for _ in io::stdin().lock().lines().map_while(Result::ok) {
                let _ = goes_on.send(());
            }
            drop(leftovers);
            process::exit(1);
        };
        Ok(Self { going_on, leash: thread::Builder::new().name("leash".into()).spawn(watch)? })
    }

    /// Waits until all children have reached this step.
    pub fn step(&self) -> Outcome<()> {
        self.say_and_wait(&Said::Step)
    }

    /// Says what was done, and waits until all children have: until then a peer may still read this one's memory.
    pub fn done(&self, done: Done) -> Outcome<()> {
        self.say_and_wait(&Said::Done(done))
    }

    /// Returns a function that tells the driver how many messages are done, ten times a second, if `wanted`.
    pub fn progress(&self, wanted: bool) -> impl FnMut(u64) -> Outcome<()> + '_ {
        const OFTEN: Duration = Duration::from_millis(100);
        let mut last = Instant::now();
        move |done| {
            if wanted && last.elapsed() >= OFTEN {
                last = Instant::now();
                self.say(&Said::Progress(done))?;
            }
            Ok(())
        }
    }

    /// Returns the exit code for `part`. Tells the driver about a failure; the driver reports it, so this is success.
    pub fn end(self, part: Outcome<()>) -> ExitCode {
        let Err(error) = part else { return ExitCode::SUCCESS };
        let second_hand = matches!(error.downcast_ref(), Some(PushError::Closed | PushError::PeerGone))
            || matches!(error.downcast_ref(), Some(PopError::Closed | PopError::PeerGone));
        if self.say(&Said::Failed { why: error.to_string(), second_hand }).is_err() {
            // The driver is gone, so stdin ends soon, and that ends this process.
            let _ = self.leash.join();
        }
        ExitCode::SUCCESS
    }

    fn say_and_wait(&self, said: &Said) -> Outcome<()> {
        self.say(said)?;
        Ok(self.going_on.recv()?)
    }

    fn say(&self, said: &Said) -> Outcome<()> {
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{}", serde_json::to_string(said)?)?;
        Ok(stdout.flush()?)
    }
}
