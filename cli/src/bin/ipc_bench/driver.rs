//! The driver: makes the rings, starts both processes, hears them out, and sees to it that nothing of them stays.
//!
//! ```text
//!    driver                     writer                     reader
//!    make the ring
//!    start ------------------>  attach
//!           <------------------ Ready
//!    start ------------------------------------------->    open
//!           <--------------------------------------------- Ready
//!    go ---------------------->  push ...                  pop, check ...
//!           <--------------------------------------------- Progress ...
//!           <------------------ close the ring, end
//!           <--------------------------------------------- Measured, end
//!    remove the ring
//! ```
//!
//! The reader is ready before the first message is pushed. The writer comes first, because the driver leaves the ring
//! closed: a reader would find the stream at its end.
//!
//! A caller and an echo are started in the same way. The caller is the writer of the first ring, and opens the second
//! when it is told to go; it is the caller who measures.

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, Sender};

use crate::child::Child;
use crate::error::Error;
use crate::event::{catch_signals, Event, SIGNALS};
use crate::job::Job;
use crate::measured::Measured;
use crate::pin::{Cores, Pin};
use crate::progress::Progress;
use crate::ring_file::RingFile;
use crate::role::Role;
use crate::said::Said;

/// Passes the messages between two processes, and returns what the one that measures has measured.
///
/// However this returns, both processes have ended and the rings are gone.
pub fn run(job: &Job) -> Result<Measured, Error> {
    let cores = job.options.pin.map(Pin::cores).transpose().map_err(Error::Pin)?;
    let (sender, events) = mpsc::channel();
    // Before there is anything to clean up.
    catch_signals(sender.clone()).map_err(Error::system("listen to signals"))?;
    let make = |path: PathBuf| RingFile::create(&path, &job.options);
    let rings = job.rings().into_iter().map(make).collect::<Result<_, _>>()?;
    let mut run =
        Run { job, cores, sender, events, children: Vec::new(), running: 0, second_hand: None, _rings: rings };

    let [first, second] = job.mode.roles();
    run.start(first)?;
    run.start(second)?;
    if let Some(first) = run.child(first) {
        first.go();
    }

    let mut progress = Progress::new(job.options.messages);
    let mut measured = None;
    while let Some(said) = run.hear()? {
        match said {
            Said::Progress(done) => progress.show(done),
            Said::Measured(result) => measured = Some(result),
            Said::Ready | Said::Failed(_) => {}
        }
    }
    let role = if first.measures() { first } else { second };
    match (run.second_hand, measured) {
        (Some(error), _) => Err(error),
        (None, Some(measured)) => Ok(measured),
        (None, None) => Err(Error::Failed { role, why: "it ended without a result".into() }),
    }
}

/// A run, and what has to end with it, in the order in which it is dropped: the processes, then the rings.
struct Run<'a> {
    job: &'a Job,
    cores: Option<Cores>,
    sender: Sender<Event>,
    events: Receiver<Event>,
    children: Vec<Child>,
    running: usize,
    /// The failure of a process whose peer left or died. The peer knows better why, and is heard out first.
    second_hand: Option<Error>,
    _rings: Vec<RingFile>,
}

impl Run<'_> {
    /// Starts the process of `role` and waits until it is ready.
    fn start(&mut self, role: Role) -> Result<(), Error> {
        let child = Child::start(role, self.job, self.cores, self.sender.clone());
        self.children.push(child.map_err(Error::system("start this program again"))?);
        self.running += 1;
        let heard = self.hear();
        if let Err(Error::Died { status, .. }) = &heard {
            // Meant for the driver's whole process group, which this one had not left yet.
            if let Some(signal) = status.signal().filter(|signal| SIGNALS.contains(signal)) {
                return Err(Error::Signal(signal));
            }
        }
        match heard? {
            Some(Said::Ready) => Ok(()),
            _ => Err(Error::Failed { role, why: "it never got ready".into() }),
        }
    }

    /// What a process says next; `None` when all that were started have ended. A signal ends the run, and so does a
    /// process that fails.
    fn hear(&mut self) -> Result<Option<Said>, Error> {
        while self.running > 0 {
            // The channel stays open: `self` holds a sender.
            let Ok(event) = self.events.recv() else { break };
            match event {
                Event::Signal(signal) => return Err(Error::Signal(signal)),
                Event::Said(role, Said::Failed(trouble)) => {
                    let error = Error::Failed { role, why: trouble.why };
                    if !trouble.second_hand {
                        return Err(error);
                    }
                    self.second_hand.get_or_insert(error);
                }
                Event::Said(_, said) => return Ok(Some(said)),
                Event::Ended(role) => {
                    self.running -= 1;
                    if let Some(child) = self.child(role) {
                        let status = child.wait().map_err(Error::system("wait for a process"))?;
                        if !status.success() {
                            return Err(Error::Died { role, status });
                        }
                    }
                }
            }
        }
        Ok(None)
    }

    /// The process of `role`, if it was started.
    fn child(&mut self, role: Role) -> Option<&mut Child> {
        self.children.iter_mut().find(|child| child.role() == role)
    }
}
