//! Fault 36, its second half: signals that come to a thread while it opens or removes a ring.

use std::fs;
use std::path::Path;
use std::process::id;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};

use super::{identity, Forker};
use ipc_ring::{OpenError, RingReader, RingWriter, Trust};
use ipc_ring_reference::kernel::{holding, in_a_thread, not_run, trap_at, Calls, LOCKS, SHARED_MAPS};
use ipc_ring_reference::{other_process, wait_until, Other, Place};

/// The calls that are made inside the gate, and openings of other files. In none of them is the allocator.
const CALLS: &[Calls] = &[
    Calls::of(libc::SYS_openat),
    #[cfg(target_arch = "x86_64")]
    Calls::of(libc::SYS_open),
    LOCKS,
    SHARED_MAPS,
    Calls::with(libc::SYS_madvise, 2, !0, libc::MADV_DONTFORK as u32),
];

/// Whether a call of these is made inside the gate: all but the release of a lock, and openings of other files than the
/// ring, which alone is opened for reading and writing.
fn is_inside(call: &libc::seccomp_data) -> bool {
    let is_the_ring = |flags: u64| flags as libc::c_int & libc::O_ACCMODE == libc::O_RDWR;
    match libc::c_long::from(call.nr) {
        libc::SYS_openat => is_the_ring(call.args[2]),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_open => is_the_ring(call.args[1]),
        // SAFETY: the thread is held in the call, which has it.
        libc::SYS_fcntl => unsafe { &*(call.args[2] as *const libc::flock) }.l_type != libc::F_UNLCK as libc::c_short,
        _ => true,
    }
}

fn handle(signal: libc::c_int, handler: extern "C" fn(libc::c_int)) {
    // SAFETY: plain data, for which zeroes are valid.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler as libc::sighandler_t;
    action.sa_flags = libc::SA_RESTART;
    // SAFETY: a handler that does what a handler may where this signal comes.
    assert_eq!(unsafe { libc::sigaction(signal, &action, ptr::null_mut()) }, 0);
}

/// Sends a signal to a thread of this process.
fn send(thread: i32, signal: libc::c_int) {
    // SAFETY: plain numbers.
    assert_eq!(unsafe { libc::syscall(libc::SYS_tgkill, id(), thread, signal) }, 0);
}

/// Whether a signal waits for a thread of this process that has blocked it.
fn is_pending(thread: i32, signal: libc::c_int) -> bool {
    let status = fs::read_to_string(format!("/proc/self/task/{thread}/status")).unwrap();
    let pending = status.lines().find_map(|line| line.strip_prefix("SigPnd:")).unwrap().trim();
    u64::from_str_radix(pending, 16).unwrap() & 1 << (signal - 1) != 0
}

/// The handlers below that have begun, and that have returned.
static BEGAN: AtomicI32 = AtomicI32::new(0);
static HANDLED: AtomicI32 = AtomicI32::new(0);
/// How the last of their children ended that did not end as it should.
static STRANGE: AtomicI32 = AtomicI32::new(0);

/// Forks. The child returns and goes on with what was interrupted, too.
extern "C" fn forks(_signal: libc::c_int) {
    BEGAN.fetch_add(1, Ordering::SeqCst);
    // SAFETY: the thread is at a system call, and has none of libc's locks.
    let child = unsafe { libc::fork() };
    if child == 0 {
        // SAFETY: plain numbers.
        unsafe { libc::alarm(20) };
        return;
    }
    let mut status = 0;
    // SAFETY: a place for the answer.
    if unsafe { libc::waitpid(child, &mut status, 0) } != child || status != 0 {
        STRANGE.store(status, Ordering::Relaxed);
    }
    HANDLED.fetch_add(1, Ordering::Relaxed);
}

/// The exit status of a child that cannot tell.
const KCMP_FAILED: i32 = 3;

/// Whether this process has an open file of `ring` that it shares with its parent. An error if that cannot be told.
fn shares_with_its_parent(ring: (u64, u64)) -> std::io::Result<bool> {
    const KCMP_FILE: libc::c_int = 0;
    let (own, parent) = (id(), std::os::unix::process::parent_id());
    for number in 0..256 {
        // SAFETY: plain data, for which zeroes are valid.
        let mut file: libc::stat = unsafe { std::mem::zeroed() };
        // SAFETY: a place for the answer.
        if unsafe { libc::fstat(number, &mut file) } != 0 || (file.st_dev, file.st_ino) != ring {
            continue;
        }
        // SAFETY: plain numbers.
        match unsafe { libc::syscall(libc::SYS_kcmp, own, parent, KCMP_FILE, number, number) } {
            0 => return Ok(true),
            -1 if std::io::Error::last_os_error().raw_os_error() != Some(libc::EBADF) => {
                return Err(std::io::Error::last_os_error())
            }
            _ => {}
        }
    }
    Ok(false)
}

/// Calls `take` and sends `signal`, whose handler forks, to its thread at the first of its calls, the next time at the
/// second, and so on. At each call another thread wants to fork, too, and waits where the call is inside the gate: in
/// some libcs under a lock that the handler's fork needs. Returns how many calls were inside.
fn interrupted_at_each_call<T: Send>(
    signal: libc::c_int,
    path: &Path,
    take: impl Fn() -> Result<T, OpenError> + Sync,
) -> i32 {
    handle(signal, forks);
    let own = id();
    let (mut inside, mut handled_inside) = (0, Vec::new());
    for nth in 0.. {
        if !path.exists() {
            drop(RingWriter::create(path, 64).unwrap());
        }
        let ring = identity(&fs::metadata(path).unwrap());
        let (calls, taker, is_told) = (AtomicUsize::new(0), AtomicI32::new(0), AtomicBool::new(false));
        let mut forker = Forker::new();
        let interrupt = |call: &libc::seccomp_data| {
            if calls.fetch_add(1, Ordering::Relaxed) != nth {
                return;
            }
            forker.fork_or_wait();
            let (thread, before) = (taker.load(Ordering::Relaxed), BEGAN.load(Ordering::SeqCst));
            is_told.store(is_inside(call), Ordering::Relaxed);
            send(thread, signal);
            if is_inside(call) {
                inside += 1;
                let begins = || BEGAN.load(Ordering::SeqCst) > before;
                wait_until("the signal comes, or waits", || begins() || is_pending(thread, signal));
                if begins() {
                    handled_inside.push(nth);
                }
            }
        };
        let taken = holding(CALLS, interrupt, || {
            // SAFETY: asks for a number.
            taker.store(unsafe { libc::gettid() }, Ordering::Relaxed);
            let taken = take();
            if id() != own {
                let says_so = taken.is_err_and(|error| format!("{error:?}").contains("this process was forked"));
                let verdict = match shares_with_its_parent(ring) {
                    Ok(true) => 1,
                    Ok(false) if is_told.load(Ordering::Relaxed) && !says_so => 2,
                    Ok(false) => 0,
                    Err(_) => KCMP_FAILED,
                };
                // SAFETY: ends the child.
                unsafe { libc::_exit(verdict) };
            }
            taken
        });
        taken.unwrap();
        if calls.load(Ordering::Relaxed) <= nth {
            break;
        }
        let (_, found) = forker.look(ring, &[].into());
        assert!(found.is_empty(), "interrupted at call {nth}, a child of another thread's has {found:?}");
        match STRANGE.swap(0, Ordering::Relaxed) {
            0 => {}
            status if libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == KCMP_FAILED => {
                not_run("f36_a_handler_forks_outside_the_gate", "kcmp is not to be had")
            }
            status => panic!("interrupted at call {nth}, the child ended with {status:#x}"),
        }
    }
    assert!(handled_inside.is_empty(), "inside the gate, at the calls {handled_inside:?}, the handler ran");
    inside
}

// Checks: I16.
#[test]
fn f36_a_handler_forks_outside_the_gate_and_hangs_nobody_and_its_child_shares_nothing() {
    let place = Place::new();
    let opened = interrupted_at_each_call(libc::SIGUSR1, &place.ring(), || RingReader::open(place.ring()));
    assert!(opened >= 5, "{opened} calls inside the gate, not the file, the lock and three mappings");
    // By default this one ends a program.
    let removed =
        interrupted_at_each_call(libc::SIGQUIT, &place.ring(), || ipc_ring::remove(place.ring(), Trust::new()));
    assert!(removed >= 2, "{removed} calls inside the gate, not the file and the lock");
    let handled = HANDLED.load(Ordering::Relaxed);
    assert!(handled >= opened + removed, "{handled} handlers ran");
}

/// Starts the other process of a test below, and returns the signal that ended it, or else its exit status.
fn end_of(role: &str, signal: libc::c_int) -> (Option<i32>, Option<i32>) {
    use std::os::unix::process::ExitStatusExt;
    let place = Place::with_a_ring(64);
    let mut other = Other::start_told(role, &place.ring(), signal);
    let status = other.ended();
    (status.signal(), status.code())
}

#[test]
#[ignore = "the other process of the test below"]
fn opener_that_gets_a_signal_inside_the_gate() {
    let (path, steps) = other_process();
    let signal: libc::c_int = steps.told().parse().unwrap();
    // SAFETY: no handler. Whoever started this may have it ignored.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
    let opener = AtomicI32::new(0);
    let end = |_: &libc::seccomp_data| {
        send(opener.load(Ordering::Relaxed), signal);
        wait_until("the signal ends this process", || false);
    };
    // A side is mapped inside the gate.
    let opened = holding(&[SHARED_MAPS], end, || {
        // SAFETY: asks for a number.
        opener.store(unsafe { libc::gettid() }, Ordering::Relaxed);
        RingReader::open(path)
    });
    opened.unwrap();
}

// Checks: I16.
#[test]
fn f36_a_signal_that_ends_a_program_ends_it_inside_the_gate_too() {
    for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGALRM] {
        let end = end_of("forks::signals::opener_that_gets_a_signal_inside_the_gate", signal);
        assert_eq!(end, (Some(signal), None));
    }
}

extern "C" fn ends(_signal: libc::c_int) {
    // SAFETY: ends the process.
    unsafe { libc::_exit(7) };
}

#[test]
#[ignore = "the other process of the test below"]
fn opener_that_is_trapped_inside_the_gate() {
    let (path, steps) = other_process();
    handle(steps.told().parse().unwrap(), ends);
    in_a_thread(|| {
        trap_at(SHARED_MAPS);
        RingReader::open(path).unwrap()
    });
}

// Checks: I16.
#[test]
fn f36_a_sandbox_that_handles_system_calls_by_signals_handles_those_inside_the_gate_too() {
    let end = end_of("forks::signals::opener_that_is_trapped_inside_the_gate", libc::SIGSYS);
    assert_eq!(end, (None, Some(7)));
}
