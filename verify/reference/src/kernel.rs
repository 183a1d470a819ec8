//! What provokes a fault at an exact place: a system call that kills, fails, or is held while something happens; a
//! buffer that kills whoever copies past a page of it; signals by a timer; places in namespaces of their own.

use std::ffi::CString;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};

/// Says that something could not be provoked here, past what captures the output of tests that pass.
pub fn not_run(test: &str, why: impl std::fmt::Display) {
    io::stderr().write_all(format!("NOT RUN: {test}: {why}\n").as_bytes()).unwrap();
}

pub fn is_root() -> bool {
    // SAFETY: asks for a number.
    unsafe { libc::geteuid() == 0 }
}

/// Runs `body` in a thread of its own, to which alone filters, namespaces and the umask then belong.
pub fn in_a_thread<T: Send>(body: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|threads| match threads.spawn(body).join() {
        Ok(value) => value,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

/// System calls: those of a number, and of them, where it is given, those that have a value in some bits of an
/// argument.
#[derive(Clone, Copy, Debug)]
pub struct Calls {
    pub number: libc::c_long,
    /// Which argument, which bits of its low half, and their value.
    pub argument: Option<(u32, u32, u32)>,
}

impl Calls {
    pub const fn of(number: libc::c_long) -> Self {
        Self { number, argument: None }
    }

    pub const fn with(number: libc::c_long, argument: u32, bits: u32, value: u32) -> Self {
        Self { number, argument: Some((argument, bits, value)) }
    }
}

/// Waking who sleeps in another process, as this library does, not a thread of one's own.
pub const WAKES: Calls = Calls::with(libc::SYS_futex, 1, !0, libc::FUTEX_WAKE as u32);
/// Sleeping until another process wakes.
pub const SLEEPS: Calls = Calls::with(libc::SYS_futex, 1, !0, libc::FUTEX_WAIT as u32);
/// Taking or releasing the lock of a side.
pub const LOCKS: Calls = Calls::with(libc::SYS_fcntl, 1, !0, libc::F_OFD_SETLK as u32);
/// Opening a file with this value in these bits of the flags: by the one call or the other, as libc has it.
pub fn openings(bits: libc::c_int, value: libc::c_int) -> Vec<Calls> {
    vec![
        Calls::with(libc::SYS_openat, 2, bits as u32, value as u32),
        #[cfg(target_arch = "x86_64")]
        Calls::with(libc::SYS_open, 1, bits as u32, value as u32),
    ]
}
/// Mapping a file that is shared.
pub const SHARED_MAPS: Calls = Calls::with(libc::SYS_mmap, 3, libc::MAP_SHARED as u32, libc::MAP_SHARED as u32);

const fn instruction(code: u32, k: u32, skip_unless: u8) -> libc::sock_filter {
    libc::sock_filter { code: code as u16, jt: 0, jf: skip_unless, k }
}

/// A filter that does `action` at each of `calls`, and allows the rest.
fn filter(calls: &[Calls], action: u32) -> Vec<libc::sock_filter> {
    const LOAD: u32 = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
    const MASK: u32 = libc::BPF_ALU | libc::BPF_AND | libc::BPF_K;
    const EQUAL: u32 = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
    const RETURN: u32 = libc::BPF_RET | libc::BPF_K;
    let mut program = Vec::new();
    for call in calls {
        program.push(instruction(LOAD, 0, 0));
        program.push(instruction(EQUAL, call.number as u32, if call.argument.is_some() { 4 } else { 1 }));
        if let Some((argument, bits, value)) = call.argument {
            program.push(instruction(LOAD, 16 + 8 * argument, 0));
            program.push(instruction(MASK, bits, 0));
            program.push(instruction(EQUAL, value, 1));
        }
        program.push(instruction(RETURN, action, 0));
    }
    program.push(instruction(RETURN, libc::SECCOMP_RET_ALLOW, 0));
    program
}

/// Has the kernel filter the system calls that this thread makes from here on.
fn install(mut program: Vec<libc::sock_filter>, flags: libc::c_ulong) -> io::Result<libc::c_long> {
    let filter = libc::sock_fprog { len: program.len() as u16, filter: program.as_mut_ptr() };
    // SAFETY: takes effect for this thread alone.
    assert_eq!(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) }, 0);
    // Not given back: that may be one of the calls.
    std::mem::forget(program);
    // SAFETY: the filter is a valid program, which lives for ever, and is copied.
    match unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, flags, &filter) } {
        -1 => Err(io::Error::last_os_error()),
        done => Ok(done),
    }
}

/// From here on, this process is killed when this thread makes one of `calls`, before it is done.
pub fn die_at(calls: Calls) {
    install(filter(&[calls], libc::SECCOMP_RET_KILL_PROCESS), 0).unwrap();
}

/// From here on, this thread gets SIGSYS in place of `calls`.
pub fn trap_at(calls: Calls) {
    install(filter(&[calls], libc::SECCOMP_RET_TRAP), 0).unwrap();
}

/// Runs `body` in a thread in which `calls` fail, undone.
pub fn failing<T: Send>(calls: Calls, errno: libc::c_int, body: impl FnOnce() -> T + Send) -> T {
    in_a_sandbox(&[calls], errno, body)
}

/// The same with several calls, which all fail in one way.
pub fn in_a_sandbox<T: Send>(refused: &[Calls], errno: libc::c_int, body: impl FnOnce() -> T + Send) -> T {
    in_a_thread(|| {
        enter_a_sandbox(refused, errno);
        body()
    })
}

/// From here on, `refused` fail when this thread makes them, or one that it starts.
pub fn enter_a_sandbox(refused: &[Calls], errno: libc::c_int) {
    install(filter(refused, libc::SECCOMP_RET_ERRNO | errno as u32), 0).unwrap();
}

/// Runs `body` in a thread whose `calls` are each held until `at_each` has run, with what it is called with, and then
/// done.
pub fn holding<T: Send>(
    calls: &[Calls],
    at_each: impl FnMut(&libc::seccomp_data),
    body: impl FnOnce() -> T + Send,
) -> T {
    supervised(filter(calls, libc::SECCOMP_RET_USER_NOTIF), making(at_each), body)
}

/// The same with every system call that there is.
pub fn watching<T: Send>(at_each: impl FnMut(&libc::seccomp_data), body: impl FnOnce() -> T + Send) -> T {
    supervised(vec![EVERY_CALL], making(at_each), body)
}

/// What becomes of a system call that is held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It is made.
    Made,
    /// It fails with this error, undone.
    Refused(libc::c_int),
}

/// Runs `operation` in a thread. Each of its system calls is held until `fate` has said what becomes of it; they are
/// numbered from 0. Returns how many there were, too.
pub fn deciding<T: Send>(
    mut fate: impl FnMut(usize, &libc::seccomp_data) -> Fate,
    operation: impl FnOnce() -> T + Send,
) -> (T, usize) {
    let mut calls = 0;
    let decide = |call: &libc::seccomp_data| {
        calls += 1;
        fate(calls - 1, call)
    };
    let value = supervised(vec![EVERY_CALL], decide, operation);
    (value, calls)
}

const EVERY_CALL: libc::sock_filter = instruction(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_USER_NOTIF, 0);

fn making(mut at_each: impl FnMut(&libc::seccomp_data)) -> impl FnMut(&libc::seccomp_data) -> Fate {
    move |call| {
        if !is_for_a_lock_of_musl(call) {
            at_each(call);
        }
        Fate::Made
    }
}

/// Whether musl sleeps for a lock of its own, of one process or of several. It does that without a time-out, as this
/// library never does.
fn is_for_a_lock_of_musl(call: &libc::seccomp_data) -> bool {
    let how = call.args[1] as libc::c_int & !libc::FUTEX_PRIVATE_FLAG;
    let is_a_sleep = libc::c_long::from(call.nr) == libc::SYS_futex && how == libc::FUTEX_WAIT;
    cfg!(target_env = "musl") && is_a_sleep && call.args[3] == 0
}

fn supervised<T: Send>(
    program: Vec<libc::sock_filter>,
    mut fate: impl FnMut(&libc::seccomp_data) -> Fate,
    body: impl FnOnce() -> T + Send,
) -> T {
    const RECEIVE: libc::c_ulong = 0xc050_2100; // linux/seccomp.h: SECCOMP_IOCTL_NOTIF_RECV
    const SEND: libc::c_ulong = 0xc018_2101; // SECCOMP_IOCTL_NOTIF_SEND
    const NONE: libc::c_int = -1;
    // By a word, since whatever makes a system call to tell may be held.
    let listener = AtomicI32::new(NONE);
    // What the thread does before and after the body is no part of it: it may wait for a lock of the C library.
    let is_inside = AtomicBool::new(false);
    std::thread::scope(|threads| {
        let running = threads.spawn(|| {
            let made = install(program, libc::SECCOMP_FILTER_FLAG_NEW_LISTENER).unwrap();
            listener.store(made as libc::c_int, Ordering::SeqCst);
            is_inside.store(true, Ordering::SeqCst);
            let value = body();
            is_inside.store(false, Ordering::SeqCst);
            value
        });
        while listener.load(Ordering::SeqCst) == NONE && !running.is_finished() {
            std::thread::yield_now();
        }
        let made = match listener.load(Ordering::SeqCst) {
            NONE => return running.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            made => made,
        };
        // SAFETY: it is new, and nobody else's.
        let listener = unsafe { OwnedFd::from_raw_fd(made) };
        // Until the thread has ended altogether: it may make such calls until then.
        loop {
            let mut poll = libc::pollfd { fd: listener.as_raw_fd(), events: libc::POLLIN, revents: 0 };
            // SAFETY: one entry.
            unsafe { libc::poll(&mut poll, 1, -1) };
            if poll.revents & (libc::POLLIN | libc::POLLHUP) == libc::POLLHUP {
                break;
            }
            // SAFETY: plain data, for which zeroes are valid.
            let mut call: libc::seccomp_notif = unsafe { std::mem::zeroed() };
            // SAFETY: a place for what is received.
            if unsafe { libc::ioctl(listener.as_raw_fd(), RECEIVE as _, &mut call) } != 0 {
                continue;
            }
            let made = if is_inside.load(Ordering::SeqCst) { fate(&call.data) } else { Fate::Made };
            let (error, flags) = match made {
                Fate::Made => (0, libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32),
                Fate::Refused(errno) => (-errno, 0),
            };
            let mut answer = libc::seccomp_notif_resp { id: call.id, val: 0, error, flags };
            // SAFETY: a valid answer.
            unsafe { libc::ioctl(listener.as_raw_fd(), SEND as _, &mut answer) };
        }
        match running.join() {
            Ok(value) => value,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Two pages, and what they begin with: the second kills whoever touches it. Never unmapped.
pub fn pages_that_kill() -> (*mut u8, usize) {
    let page = 4096;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: a new mapping.
    let start = unsafe { libc::mmap(ptr::null_mut(), 2 * page, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0) };
    assert!(start != libc::MAP_FAILED);
    let start = start.cast::<u8>();
    // SAFETY: the first page of what was mapped.
    unsafe { start.write_bytes(0xab, page) };
    let second = start.wrapping_add(page);
    // SAFETY: the second, which nobody uses.
    assert_eq!(unsafe { libc::mprotect(second.cast(), page, libc::PROT_NONE) }, 0);
    (start, page)
}

static SIGNALS: AtomicUsize = AtomicUsize::new(0);

extern "C" fn count(_signal: libc::c_int) {
    SIGNALS.fetch_add(1, Ordering::Relaxed);
}

/// Runs `body` in a thread that gets a signal every millisecond, which ends what it sleeps in; returns how many came.
pub fn in_a_storm_of_signals<T: Send>(body: impl FnOnce() -> T + Send) -> (T, usize) {
    in_a_thread(|| {
        // SAFETY: plain data, for which zeroes are valid. No SA_RESTART: the signal ends the system call.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        action.sa_sigaction = count as extern "C" fn(libc::c_int) as libc::sighandler_t;
        // SAFETY: the handler adds to a counter.
        assert_eq!(unsafe { libc::sigaction(libc::SIGUSR2, &action, ptr::null_mut()) }, 0);
        // SAFETY: as above.
        let mut event: libc::sigevent = unsafe { std::mem::zeroed() };
        event.sigev_notify = libc::SIGEV_THREAD_ID;
        event.sigev_signo = libc::SIGUSR2;
        // SAFETY: asks for a number.
        event.sigev_notify_thread_id = unsafe { libc::gettid() };
        let mut timer = ptr::null_mut();
        // SAFETY: valid places for question and answer.
        assert_eq!(unsafe { libc::timer_create(libc::CLOCK_MONOTONIC, &mut event, &mut timer) }, 0);
        let millisecond = libc::timespec { tv_sec: 0, tv_nsec: 1_000_000 };
        let times = libc::itimerspec { it_interval: millisecond, it_value: millisecond };
        let before = SIGNALS.load(Ordering::Relaxed);
        // SAFETY: the timer was created above.
        assert_eq!(unsafe { libc::timer_settime(timer, 0, &times, ptr::null_mut()) }, 0);
        let value = body();
        // SAFETY: as above.
        assert_eq!(unsafe { libc::timer_delete(timer) }, 0);
        (value, SIGNALS.load(Ordering::Relaxed) - before)
    })
}

/// Mounts a filesystem. The thread is one of those in [`with_own_mounts`].
pub fn mount(source: &str, at: &Path, kind: &str, flags: libc::c_ulong, options: &str) -> io::Result<()> {
    let text = |text: &[u8]| CString::new(text).unwrap();
    let (source, at) = (text(source.as_bytes()), text(at.as_os_str().as_bytes()));
    let (kind, options) = (text(kind.as_bytes()), text(options.as_bytes()));
    // SAFETY: C strings that outlive the call.
    match unsafe { libc::mount(source.as_ptr(), at.as_ptr(), kind.as_ptr(), flags, options.as_ptr().cast()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Runs `body` in a thread whose mounts nobody else sees, and which are gone with it. An error if that is not to be
/// had.
pub fn with_own_mounts<T: Send>(body: impl FnOnce() -> T + Send) -> io::Result<T> {
    in_a_thread(|| {
        // SAFETY: takes effect for this thread alone.
        if unsafe { libc::unshare(libc::CLONE_NEWNS) } != 0 {
            return Err(io::Error::last_os_error());
        }
        mount("none", Path::new("/"), "", libc::MS_REC | libc::MS_PRIVATE, "")?;
        Ok(body())
    })
}

/// Mounts a filesystem of this kind at `at` and runs `body` with it, where nobody else sees it.
pub fn mounted<T: Send>(kind: &str, at: &Path, options: &str, body: impl FnOnce() -> T + Send) -> io::Result<T> {
    with_own_mounts(|| {
        mount(kind, at, kind, libc::MS_NOSUID | libc::MS_NODEV, options)?;
        Ok(body())
    })?
}

/// Runs `body` in a thread that sees the file `of` where others see the one at `at`.
pub fn in_place_of<T: Send>(at: &Path, of: &str, body: impl FnOnce() -> T + Send) -> io::Result<T> {
    with_own_mounts(|| {
        mount(of, at, "", libc::MS_BIND, "")?;
        Ok(body())
    })?
}

/// Forks. The child runs `body`, which may do what a signal handler may, and ends with what that returns.
pub fn fork(body: impl FnOnce() -> i32) -> libc::pid_t {
    // SAFETY: the child does what a signal handler may.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let status = body();
        // SAFETY: ends the process.
        unsafe { libc::_exit(status) };
    }
    assert!(child > 0);
    child
}

/// Waits for the end of a child: the status that the kernel gives.
pub fn reap(child: libc::pid_t) -> i32 {
    let mut status = 0;
    // SAFETY: a place for the answer.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    status
}
