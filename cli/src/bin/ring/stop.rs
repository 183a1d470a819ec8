//! What asks for the end: Ctrl-C and its like. It is noted, whatever waits for input or output is told, and the work
//! ends where nothing is lost. Whoever asks again, and not in the same breath, does not wait for that.

use std::ffi::c_int;
use std::io::{self, Read};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;
use nix::poll::{poll, PollFd, PollFlags, PollTimeout};
use nix::sys::signal::SigSet;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

use crate::error::Error;

/// What is one breath: `timeout` for one sends its signal twice, to the process and to its group.
const BREATH: Duration = Duration::from_millis(500);

/// The signals that ask for the end, noted from when this is made.
pub struct Stop {
    /// The signal that asked; 0 as long as none has.
    asked: Arc<AtomicUsize>,
    /// What can be read from once one has.
    bell: UnixStream,
}

/// Whether whoever started this wants the signal to be ignored, as `nohup` does, and a shell of what it puts into the
/// background.
fn is_ignored(signal: c_int) -> io::Result<bool> {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: it changes nothing, and stores an action where there is place for one.
    if unsafe { libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: all of it may be zero, and was stored.
    Ok(unsafe { action.assume_init() }.sa_sigaction == libc::SIG_IGN)
}

impl Stop {
    pub fn new() -> Result<Self, Error> {
        Self::noting().map_err(Error::system("listen to signals"))
    }

    fn noting() -> io::Result<Self> {
        let asked = Arc::new(AtomicUsize::new(0));
        let is_impatient = Arc::new(AtomicBool::new(false));
        let (bell, rung) = UnixStream::pair()?;
        let (mut first, first_rung) = UnixStream::pair()?;
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            if is_ignored(signal)? {
                continue;
            }
            // Noted first, so that none is missed.
            flag::register_usize(signal, Arc::clone(&asked), signal as usize)?;
            low_level::pipe::register(signal, rung.try_clone()?)?;
            low_level::pipe::register(signal, first_rung.try_clone()?)?;
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&is_impatient))?;
        }
        let grow_impatient = move || {
            // It is the thread that works whose write is to end half way, where it blocks.
            let _ = SigSet::all().thread_block();
            // Of no other use than to be waited for.
            let _ = first.read(&mut [0]);
            thread::sleep(BREATH);
            is_impatient.store(true, Ordering::Relaxed);
        };
        thread::Builder::new().name("impatience".into()).spawn(grow_impatient)?;
        Ok(Self { asked, bell })
    }

    /// An error, once the end was asked for.
    pub fn check(&self) -> Result<(), Error> {
        match self.asked.load(Ordering::Relaxed) {
            0 => Ok(()),
            signal => Err(Error::Signal(signal as c_int)),
        }
    }

    /// Waits until the descriptor can be read from, or for so long. Whether it can.
    pub fn wait_to_read(&self, from: BorrowedFd<'_>, patience: Duration) -> Result<bool, Error> {
        self.wait(Some((from, PollFlags::POLLIN)), PollTimeout::try_from(patience).unwrap_or(PollTimeout::MAX))
    }

    /// Waits until the descriptor can be written to, if only a little.
    pub fn wait_to_write(&self, to: BorrowedFd<'_>) -> Result<(), Error> {
        self.wait(Some((to, PollFlags::POLLOUT)), PollTimeout::NONE).map(drop)
    }

    /// Lets some time pass.
    pub fn wait_for(&self, time: Duration) -> Result<(), Error> {
        self.wait(None, PollTimeout::try_from(time).unwrap_or(PollTimeout::MAX)).map(drop)
    }

    /// Waits for the descriptor, for so long. Whether it was that which ended it, and not the time.
    fn wait(&self, what: Option<(BorrowedFd<'_>, PollFlags)>, timeout: PollTimeout) -> Result<bool, Error> {
        let bell = PollFd::new(self.bell.as_fd(), PollFlags::POLLIN);
        let mut waited_for = vec![bell];
        waited_for.extend(what.map(|(descriptor, events)| PollFd::new(descriptor, events)));
        loop {
            self.check()?;
            match poll(&mut waited_for, timeout) {
                Ok(ready) => return self.check().map(|()| ready > 0),
                Err(Errno::EINTR) => {}
                Err(error) => return Err(Error::system("wait for input or output")(error.into())),
            }
        }
    }
}
