//! What asks for the end: Ctrl-C and its like. It is noted, whatever waits for input or output is told, and the work
//! ends where nothing is lost. Whoever asks again, and not in the same breath, does not wait for that.

use std::ffi::c_int;
use std::io::{self, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};
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
    /// What can be read from once one has. None where they are not noted.
    bell: Option<UnixStream>,
}

/// What a process notes, it notes once.
static NOTED: OnceLock<Stop> = OnceLock::new();

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
    pub fn new() -> Result<&'static Self, Error> {
        match NOTED.get() {
            Some(noted) => Ok(noted),
            None => Self::noting().map(|noted| NOTED.get_or_init(|| noted)).map_err(Error::system("listen to signals")),
        }
    }

    /// Those that are noted in this process, if any are.
    pub fn current() -> &'static Self {
        static NONE: LazyLock<Stop> = LazyLock::new(Stop::at_once);
        NOTED.get().unwrap_or(&NONE)
    }

    /// For what leaves nothing undone wherever it ends: signals are not noted, and end this process as they end others.
    pub fn at_once() -> Self {
        Self { asked: Arc::default(), bell: None }
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
        Ok(Self { asked, bell: Some(bell) })
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

    /// Does what may block for as long as others like, as opening a FIFO does, and waits for it unless the end is asked
    /// for. It is done in a thread of its own, which is left to itself then.
    pub fn unless_asked<T: Send + 'static>(&self, call: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let failed = |error| Error::system("start a thread")(error);
        let (mut done, mut says_so) = UnixStream::pair().map_err(failed)?;
        let calls = move || {
            // They are for the thread that waits.
            let _ = SigSet::all().thread_block();
            let returned = call();
            // Who waits reads it, or has gone.
            let _ = says_so.write_all(&[0]);
            returned
        };
        let thread = thread::Builder::new().name("call".into()).spawn(calls).map_err(failed)?;
        self.wait(Some((done.as_fd(), PollFlags::POLLIN)), PollTimeout::NONE)?;
        let _ = done.read(&mut [0]);
        thread.join().map_err(|_| failed(io::Error::from(io::ErrorKind::Other)))
    }

    /// Whether nobody is at the other end of the descriptor any more.
    pub fn is_hung_up(descriptor: BorrowedFd<'_>) -> bool {
        writing_now(descriptor).intersects(PollFlags::POLLERR | PollFlags::POLLHUP)
    }

    /// Whether the descriptor can be written to now.
    pub fn takes_more(descriptor: BorrowedFd<'_>) -> bool {
        writing_now(descriptor).contains(PollFlags::POLLOUT)
    }

    /// Waits for the descriptor, for so long. Whether it was that which ended it, and not the time.
    fn wait(&self, what: Option<(BorrowedFd<'_>, PollFlags)>, timeout: PollTimeout) -> Result<bool, Error> {
        let bell = self.bell.as_ref().map(|bell| PollFd::new(bell.as_fd(), PollFlags::POLLIN));
        let mut waited_for = Vec::from_iter(bell);
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

/// What is to be said now of writing to the descriptor. Nothing where it cannot be told.
fn writing_now(descriptor: BorrowedFd<'_>) -> PollFlags {
    // On macOS, who does not ask about writing is not told of the end of it.
    let mut looked_at = [PollFd::new(descriptor, PollFlags::POLLOUT)];
    let _ = poll(&mut looked_at, PollTimeout::ZERO);
    looked_at[0].revents().unwrap_or(PollFlags::empty())
}
