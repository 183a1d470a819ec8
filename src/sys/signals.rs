//! Keeps signals waiting where their handlers must not run, which is inside the gate (`fork`).

use std::mem::MaybeUninit;
use std::ptr;

/// Signals of faults: their handler is about what the thread is doing just then. They cannot wait: the kernel would
/// kill the process instead.
const FAULTS: [libc::c_int; 6] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGTRAP, libc::SIGSYS];

/// Signals that end a program, for instance one that hangs in a system call. Without a handler they must not wait.
const ENDS: [libc::c_int; 5] = [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGALRM];

/// Blocks signals of this thread until it is dropped. Signals that come meanwhile are handled then.
pub(crate) struct Blocked {
    /// The mask from before. `None` if a sandbox did not let it be changed.
    before: Option<libc::sigset_t>,
}

impl Blocked {
    /// Blocks all signals that a program may handle: all except faults, and except those that end a program and have no
    /// handler.
    pub(crate) fn handled() -> Self {
        let (mut handled, mut before) = (MaybeUninit::uninit(), MaybeUninit::uninit());
        // SAFETY: fills in the set.
        unsafe { libc::sigfillset(handled.as_mut_ptr()) };
        for signal in FAULTS.into_iter().chain(ENDS.into_iter().filter(|&signal| !has_handler(signal))) {
            // SAFETY: a set that was filled in.
            unsafe { libc::sigdelset(handled.as_mut_ptr(), signal) };
        }
        // SAFETY: a set that was filled in, and a place for the answer.
        let failed = unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, handled.as_ptr(), before.as_mut_ptr()) };
        // SAFETY: the call succeeded, so it was filled in.
        Self { before: (failed == 0).then(|| unsafe { before.assume_init() }) }
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            // SAFETY: a set that the system gave.
            unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before, ptr::null_mut()) };
        }
    }
}

fn has_handler(signal: libc::c_int) -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: a place for the answer.
    if unsafe { libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) } != 0 {
        return false;
    }
    // SAFETY: the call succeeded, so it was filled in.
    let handler = unsafe { action.assume_init() }.sa_sigaction;
    handler != libc::SIG_DFL && handler != libc::SIG_IGN
}
