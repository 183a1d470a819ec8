//! The driver: makes the ring, starts both sides, hears them out, and sees to it that nothing of them stays.
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

use std::os::unix::process::ExitStatusExt;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use ipc_ring::Side;

use crate::args::Args;
use crate::child::Child;
use crate::error::Error;
use crate::event::{catch_signals, Event, SIGNALS};
use crate::pin::{Cores, Pin};
use crate::progress::Progress;
use crate::ring_file::RingFile;
use crate::said::Said;

/// Passes the messages from one process to another. Returns the time from the first to the last as the reader saw it.
///
/// However this returns, both processes have ended and the ring is gone.
pub fn run(args: &Args) -> Result<Duration, Error> {
    let cores = args.pin.map(Pin::cores).transpose().map_err(Error::Pin)?;
    let (sender, events) = mpsc::channel();
    // Before there is anything to clean up.
    catch_signals(sender.clone()).map_err(Error::system("listen to signals"))?;
    let ring = RingFile::create(&args.ring, args.cap, args.msg_size)?;
    let mut run = Run { args, cores, sender, events, children: Vec::new(), running: 0, second_hand: None, _ring: ring };

    run.start(Side::Writer)?;
    run.start(Side::Reader)?;
    if let Some(writer) = run.child(Side::Writer) {
        writer.go();
    }

    let mut progress = Progress::new(args.messages);
    let mut measured = None;
    while let Some(said) = run.hear()? {
        match said {
            Said::Progress(done) => progress.show(done),
            Said::Measured(elapsed) => measured = Some(elapsed),
            Said::Ready | Said::Failed(_) => {}
        }
    }
    match (run.second_hand, measured) {
        (Some(error), _) => Err(error),
        (None, Some(elapsed)) => Ok(elapsed),
        (None, None) => Err(Error::Side { side: Side::Reader, why: "it ended without a result".into() }),
    }
}

/// A run, and what has to end with it, in the order in which it is dropped: the processes, then the ring.
struct Run<'a> {
    args: &'a Args,
    cores: Option<Cores>,
    sender: Sender<Event>,
    events: Receiver<Event>,
    children: Vec<Child>,
    running: usize,
    /// The failure of a side whose peer left or died. The peer knows better why, and is heard out first.
    second_hand: Option<Error>,
    _ring: RingFile,
}

impl Run<'_> {
    /// Starts `side` and waits until it is ready.
    fn start(&mut self, side: Side) -> Result<(), Error> {
        let child = Child::start(side, self.args, self.cores, self.sender.clone());
        self.children.push(child.map_err(Error::system("start this program again"))?);
        self.running += 1;
        let heard = self.hear();
        if let Err(Error::Died { status, .. }) = &heard {
            // Meant for the driver's whole process group, which this side had not left yet.
            if let Some(signal) = status.signal().filter(|signal| SIGNALS.contains(signal)) {
                return Err(Error::Signal(signal));
            }
        }
        match heard? {
            Some(Said::Ready) => Ok(()),
            _ => Err(Error::Side { side, why: "it never got ready".into() }),
        }
    }

    /// What a side says next; `None` when all that were started have ended. A signal ends the run, and so does a side
    /// that fails.
    fn hear(&mut self) -> Result<Option<Said>, Error> {
        while self.running > 0 {
            // The channel stays open: `self` holds a sender.
            let Ok(event) = self.events.recv() else { break };
            match event {
                Event::Signal(signal) => return Err(Error::Signal(signal)),
                Event::Said(side, Said::Failed(trouble)) => {
                    let error = Error::Side { side, why: trouble.why };
                    if !trouble.second_hand {
                        return Err(error);
                    }
                    self.second_hand.get_or_insert(error);
                }
                Event::Said(_, said) => return Ok(Some(said)),
                Event::Ended(side) => {
                    self.running -= 1;
                    if let Some(child) = self.child(side) {
                        let status = child.wait().map_err(Error::system("wait for a process"))?;
                        if !status.success() {
                            return Err(Error::Died { side, status });
                        }
                    }
                }
            }
        }
        Ok(None)
    }

    /// The process of `side`, if it was started.
    fn child(&mut self, side: Side) -> Option<&mut Child> {
        self.children.iter_mut().find(|child| child.side() == side)
    }
}
