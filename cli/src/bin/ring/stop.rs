//! The signals that ask to stop: SIGINT (Ctrl-C), SIGTERM and SIGHUP.
//!
//! The first one is noted. It wakes whatever waits for input or output, and the work stops at a point where nothing is
//! lost. A second one, half a second later or more, ends the process at once.

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

/// Signals within this time count as one: `timeout` sends its signal twice, to the process and to its group.
const BREATH: Duration = Duration::from_millis(500);

/// Notes the signals that ask to stop.
pub struct Stop {
    /// The signal that came; 0 until one does.
    asked: Arc<AtomicUsize>,
    /// A descriptor that is readable once a signal has come. `None` if signals are not noted.
    bell: Option<UnixStream>,
}

/// The one `Stop` of this process that notes signals.
static NOTED: OnceLock<Stop> = OnceLock::new();

/// Returns whether this process inherited that the signal is ignored.
///
/// `nohup` does that, and a shell without job control for what it puts into the background.
fn is_ignored(signal: c_int) -> io::Result<bool> {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: the null pointer makes it change nothing; it stores an action where there is space for one.
    if unsafe { libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: zeros are a valid action, and the call succeeded.
    Ok(unsafe { action.assume_init() }.sa_sigaction == libc::SIG_IGN)
}

impl Stop {
    /// Begins to note signals, if this process does not yet.
    pub fn new() -> Result<&'static Self, Error> {
        match NOTED.get() {
            Some(noted) => Ok(noted),
            None => Self::noting().map(|noted| NOTED.get_or_init(|| noted)).map_err(Error::system("listen to signals")),
        }
    }

    /// Returns what `new` has made, or else one that notes nothing.
    pub fn current() -> &'static Self {
        static NONE: LazyLock<Stop> = LazyLock::new(Stop::at_once);
        NOTED.get().unwrap_or(&NONE)
    }

    /// Returns one that notes nothing: a signal ends the process at once. For commands that leave nothing undone.
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
            // Note the signal before ringing the bell, so that whoever hears the bell finds it.
            flag::register_usize(signal, Arc::clone(&asked), signal as usize)?;
            low_level::pipe::register(signal, rung.try_clone()?)?;
            low_level::pipe::register(signal, first_rung.try_clone()?)?;
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&is_impatient))?;
        }
        let grow_impatient = move || {
            // A signal has to interrupt a blocking write of the main thread, so this thread must not get it.
            let _ = SigSet::all().thread_block();
            // Wait for the first signal.
            let _ = first.read(&mut [0]);
            thread::sleep(BREATH);
            is_impatient.store(true, Ordering::Relaxed);
        };
        thread::Builder::new().name("impatience".into()).spawn(grow_impatient)?;
        Ok(Self { asked, bell: Some(bell) })
    }

    /// Returns an error once a signal has come.
    pub fn check(&self) -> Result<(), Error> {
        match self.asked.load(Ordering::Relaxed) {
            0 => Ok(()),
            signal => Err(Error::Signal(signal as c_int)),
        }
    }

    /// Waits until the descriptor is readable, for `patience` at most. Returns whether it is.
    pub fn wait_to_read(&self, from: BorrowedFd<'_>, patience: Duration) -> Result<bool, Error> {
        self.wait(Some((from, PollFlags::POLLIN)), PollTimeout::try_from(patience).unwrap_or(PollTimeout::MAX))
    }

    /// Waits until the descriptor takes at least a little.
    pub fn wait_to_write(&self, to: BorrowedFd<'_>) -> Result<(), Error> {
        self.wait(Some((to, PollFlags::POLLOUT)), PollTimeout::NONE).map(drop)
    }

    /// Waits for this time.
    pub fn wait_for(&self, time: Duration) -> Result<(), Error> {
        self.wait(None, PollTimeout::try_from(time).unwrap_or(PollTimeout::MAX)).map(drop)
    }

    /// Makes a call that may block for ever, as opening a FIFO may, and returns early if a signal comes.
    ///
    /// The call runs in a thread of its own. After a signal, that thread is left to itself.
    pub fn unless_asked<T: Send + 'static>(&self, call: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let failed = |error| Error::system("start a thread")(error);
        let (mut done, mut says_so) = UnixStream::pair().map_err(failed)?;
        let calls = move || {
            // Signals have to wake the thread that waits.
            let _ = SigSet::all().thread_block();
            let returned = call();
            // If this fails, nobody waits any more.
            let _ = says_so.write_all(&[0]);
            returned
        };
        let thread = thread::Builder::new().name("call".into()).spawn(calls).map_err(failed)?;
        self.wait(Some((done.as_fd(), PollFlags::POLLIN)), PollTimeout::NONE)?;
        let _ = done.read(&mut [0]);
        thread.join().map_err(|_| failed(io::Error::from(io::ErrorKind::Other)))
    }

    /// Returns whether nobody is at the other end of the descriptor any more.
    pub fn is_hung_up(descriptor: BorrowedFd<'_>) -> bool {
        writing_now(descriptor).intersects(PollFlags::POLLERR | PollFlags::POLLHUP)
    }

    /// Returns whether the descriptor takes anything now.
    pub fn takes_more(descriptor: BorrowedFd<'_>) -> bool {
        writing_now(descriptor).contains(PollFlags::POLLOUT)
    }

    /// Waits for the descriptor, for `timeout` at most. Returns false if the time is over.
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

/// Polls the descriptor for writing, without waiting. Empty if `poll` fails.
fn writing_now(descriptor: BorrowedFd<'_>) -> PollFlags {
    // macOS reports a hang-up only to a poll that asks about writing.
    let mut looked_at = [PollFd::new(descriptor, PollFlags::POLLOUT)];
    let _ = poll(&mut looked_at, PollTimeout::ZERO);
    looked_at[0].revents().unwrap_or(PollFlags::empty())
}
