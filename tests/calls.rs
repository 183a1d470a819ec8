//! The system calls that docs/operators.md lists for who confines a process are those that the library makes: each
//! operation runs under a tracer, and what it was seen to call is held against its row, in both directions.
#![cfg(all(target_os = "linux", not(any(loom, shuttle))))]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ipc_ring::{OpenError, PopError, PushError, RingOptions, RingReader, RingView, RingWriter, Trust, WaitStrategy};
use ipc_ring_reference::kernel::{fork, in_a_sandbox, reap, watching, Calls};
use ipc_ring_reference::{ring_by, sleeping, wait_until, waiting, Place, A_WHILE};

/// The names of system calls as the document has them. Where a number means many calls, the argument that tells them
/// apart is part of the name.
fn name_of(call: &libc::seccomp_data) -> String {
    let (number, [_, second, third, fourth, ..]) = (libc::c_long::from(call.nr), call.args);
    let which = |names: &[(libc::c_int, &str)], given: u64| {
        let found = names.iter().find(|(value, _)| *value == given as libc::c_int);
        found.map_or_else(|| format!("{given:#x}"), |(_, name)| name.to_string())
    };
    let argument = match number {
        libc::SYS_fcntl => Some(which(FCNTL, second)),
        libc::SYS_futex => Some(which(FUTEX, second)),
        libc::SYS_madvise => Some(which(MADVISE, third)),
        libc::SYS_membarrier => Some(which(MEMBARRIER, call.args[0])),
        libc::SYS_mmap if fourth as libc::c_int & libc::MAP_SHARED != 0 => Some("MAP_SHARED".into()),
        libc::SYS_mmap => Some("MAP_PRIVATE".into()),
        _ => None,
    };
    let known = CALLS.iter().find(|(known, _)| *known == number);
    let name = known.map_or_else(|| format!("system call {number}"), |(_, name)| name.to_string());
    argument.map_or(name.clone(), |argument| format!("{name} {argument}"))
}

macro_rules! named {
    ($($name:ident),* $(,)?) => { &[$((libc::$name as _, stringify!($name))),*] };
}

const FCNTL: &[(libc::c_int, &str)] = named![
    F_OFD_SETLK,
    F_OFD_GETLK,
    F_GETFL,
    F_SETFL,
    F_GETFD,
    F_SETFD,
    F_ADD_SEALS,
    F_GET_SEALS,
    F_DUPFD_CLOEXEC,
];
const FUTEX: &[(libc::c_int, &str)] = named![FUTEX_WAIT, FUTEX_WAKE];
const MADVISE: &[(libc::c_int, &str)] = &[
    (libc::MADV_DONTFORK, "MADV_DONTFORK"),
    (libc::MADV_DONTNEED, "MADV_DONTNEED"),
    (libc::MADV_HUGEPAGE, "MADV_HUGEPAGE"),
    (libc::MADV_POPULATE_READ, "MADV_POPULATE_READ"),
    (libc::MADV_POPULATE_WRITE, "MADV_POPULATE_WRITE"),
    (18, "MADV_WIPEONFORK"),
    (25, "MADV_COLLAPSE"),
];
// linux/membarrier.h
const MEMBARRIER: &[(libc::c_int, &str)] =
    &[(1 << 1, "GLOBAL_EXPEDITED"), (1 << 2, "REGISTER_GLOBAL_EXPEDITED")];

macro_rules! calls {
    ($($(#[$only:meta])* $number:ident $name:ident),* $(,)?) => { &[$($(#[$only])* (libc::$number, stringify!($name))),*] };
}

const CALLS: &[(libc::c_long, &str)] = calls![
    SYS_brk brk,
    SYS_clock_gettime clock_gettime,
    SYS_clock_nanosleep clock_nanosleep,
    SYS_clone clone,
    SYS_close close,
    SYS_dup2 dup2,
    SYS_dup3 dup3,
    SYS_exit_group exit_group,
    SYS_fallocate fallocate,
    SYS_fchmod fchmod,
    SYS_fchown fchown,
    SYS_fcntl fcntl,
    SYS_fstat fstat,
    SYS_fstatfs fstatfs,
    SYS_ftruncate ftruncate,
    SYS_futex futex,
    SYS_getdents64 getdents64,
    SYS_geteuid geteuid,
    SYS_getpid getpid,
    SYS_getrandom getrandom,
    SYS_gettid gettid,
    SYS_linkat linkat,
    SYS_lseek lseek,
    SYS_madvise madvise,
    SYS_membarrier membarrier,
    SYS_memfd_create memfd_create,
    SYS_mmap mmap,
    SYS_mprotect mprotect,
    SYS_mremap mremap,
    SYS_munmap munmap,
    SYS_nanosleep nanosleep,
    SYS_newfstatat newfstatat,
    SYS_openat openat,
    SYS_pread64 pread64,
    SYS_prlimit64 prlimit64,
    SYS_pwrite64 pwrite64,
    SYS_read read,
    SYS_renameat2 renameat2,
    SYS_rt_sigaction rt_sigaction,
    SYS_rt_sigprocmask rt_sigprocmask,
    SYS_sched_yield sched_yield,
    SYS_set_robust_list set_robust_list,
    SYS_statx statx,
    SYS_unlinkat unlinkat,
    SYS_wait4 wait4,
    #[cfg(target_arch = "x86_64")]
    SYS_link link,
    #[cfg(target_arch = "x86_64")]
    SYS_open open,
    #[cfg(target_arch = "x86_64")]
    SYS_rename rename,
    #[cfg(target_arch = "x86_64")]
    SYS_unlink unlink,
];

#[test]
fn probe() {
    for (operation, calls) in seen() {
        println!("{operation}: {calls:?}");
    }
}

/// What each operation was seen to call.
fn seen() -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut seen = BTreeMap::new();
    for (operation, run) in OPERATIONS {
        let mut calls = BTreeSet::new();
        run(&mut Tracer(&mut calls));
        seen.insert(*operation, calls);
    }
    seen
}

/// What notes the system calls of a piece of code.
struct Tracer<'a>(&'a mut BTreeSet<String>);

impl Tracer<'_> {
    /// Runs `body` in a thread whose system calls are noted while it is inside [`Noted::note`].
    fn run<T: Send>(&mut self, body: impl FnOnce(&Noted) -> T + Send) -> T {
        let noted = Noted(AtomicUsize::new(0));
        // With room from the beginning: a fork has the locks of the allocator.
        let mut calls = Vec::with_capacity(MOST);
        let note = |call: &libc::seccomp_data| {
            if noted.0.load(Ordering::SeqCst) > 0 {
                assert!(calls.len() < MOST, "more than {MOST} system calls");
                calls.push(*call);
            }
        };
        let value = watching(note, || body(&noted));
        self.0.extend(calls.iter().map(name_of));
        value
    }

    /// The same where all of `body` is noted.
    fn all<T: Send>(&mut self, body: impl FnOnce() -> T + Send) -> T {
        self.run(|noted| noted.note(body))
    }
}

/// Whether system calls are noted now.
struct Noted(AtomicUsize);

impl Noted {
    fn note<T>(&self, body: impl FnOnce() -> T) -> T {
        self.0.fetch_add(1, Ordering::SeqCst);
        let value = body();
        self.0.fetch_sub(1, Ordering::SeqCst);
        value
    }
}

type Run = fn(&mut Tracer);

const CAPACITY: usize = 4096;
/// More system calls than any operation makes.
const MOST: usize = 100_000;

const OPERATIONS: &[(&str, Run)] = &[
    ("create", create),
    ("create, where no nameless file can be named", create_by_a_temporary_name),
    ("create_sealed", create_sealed),
    ("open, attach", open),
    ("open_wait", open_wait),
    ("push, pop awake", awake),
    ("wait awake", wait_awake),
    ("wait asleep", asleep),
    ("wait where no peer is", without_a_peer),
    ("wake", wake),
    ("drop", close),
    ("view", view),
    ("remove", remove),
    ("fork", forks),
];

fn create(tracer: &mut Tracer) {
    // SAFETY: asks for a number.
    let own_group = unsafe { libc::getegid() };
    for options in [RingOptions::new(), RingOptions::new().huge_pages(true).create_group(own_group).clone()] {
        let place = Place::new();
        let ring = place.ring();
        let writer = tracer.all(|| options.create(&ring, CAPACITY)).unwrap();
        drop(writer);
    }
}

fn create_by_a_temporary_name(tracer: &mut Tracer) {
    let place = Place::new();
    let ring = place.ring();
    let writer = in_a_sandbox(&[Calls::of(libc::SYS_linkat)], libc::EPERM, || {
        tracer.all(|| RingWriter::create(&ring, CAPACITY))
    });
    writer.unwrap();
}

fn create_sealed(tracer: &mut Tracer) {
    let (writer, memory) = tracer.all(|| RingOptions::new().create_sealed(CAPACITY)).unwrap();
    drop(tracer.all(|| RingOptions::new().open_memory(&memory)).unwrap());
    drop(writer);
}

fn open(tracer: &mut Tracer) {
    let (place, writer) = Place::with_a_writer(CAPACITY);
    drop(writer);
    let ring = place.ring();
    let reader = tracer.all(|| RingReader::open(&ring)).unwrap();
    let writer = tracer.all(|| RingOptions::new().huge_pages(true).attach(&ring)).unwrap();
    drop((reader, writer));
}

fn open_wait(tracer: &mut Tracer) {
    let place = Place::new();
    let ring = place.ring();
    let opened = tracer.all(|| RingReader::open_wait(&ring, Some(Duration::from_millis(5))));
    assert!(matches!(opened, Err(OpenError::NotFound { .. })));
}

fn awake(tracer: &mut Tracer) {
    let (_place, mut writer, mut reader) = ring_by(&RingOptions::new(), CAPACITY);
    tracer.run(|noted| {
        let mut buffer = Vec::with_capacity(CAPACITY);
        for len in 0..1000 {
            noted.note(|| writer.push(&[1; 1000][..len], None)).unwrap();
            noted.note(|| reader.pop(&mut buffer, None)).unwrap();
        }
        noted.note(|| assert_eq!(reader.try_pop(&mut buffer), Ok(None)));
    });
}

fn wait_awake(tracer: &mut Tracer) {
    for spin in [WaitStrategy::Spin, WaitStrategy::SpinThenSleep { spin: Duration::from_secs(60) }] {
        let (_place, _writer, mut reader) = ring_by(&waiting(spin), CAPACITY);
        let popped = tracer.run(|noted| noted.note(|| reader.pop(&mut Vec::new(), A_WHILE)));
        assert_eq!(popped, Err(PopError::TimedOut));
    }
}

fn asleep(tracer: &mut Tracer) {
    let (_place, mut writer, mut reader) = ring_by(&sleeping(), 64);
    assert_eq!(tracer.all(|| reader.pop(&mut Vec::new(), A_WHILE)), Err(PopError::TimedOut));
    while writer.try_push(b"full").is_ok() {}
    assert_eq!(tracer.all(|| writer.push(b"full", A_WHILE)), Err(PushError::TimedOut));
}

fn without_a_peer(tracer: &mut Tracer) {
    let (place, writer, mut reader) = ring_by(sleeping().await_successors(true), CAPACITY);
    drop(writer);
    fs::remove_file(place.ring()).unwrap();
    assert_eq!(tracer.all(|| reader.pop(&mut Vec::new(), None)), Err(PopError::Removed));
    assert!(!tracer.all(move || reader.still_named()));
}

fn wake(tracer: &mut Tracer) {
    let (place, mut writer, mut reader) = ring_by(&sleeping(), CAPACITY);
    std::thread::scope(|threads| {
        threads.spawn(|| reader.pop(&mut Vec::new(), None).unwrap());
        let awaits = || place.seen().reader.awaits.is_some();
        wait_until("the reader announces that it sleeps", awaits);
        tracer.all(|| writer.push(b"data", None)).unwrap();
    });
}

fn close(tracer: &mut Tracer) {
    let (_place, writer, reader) = ring_by(&RingOptions::new(), CAPACITY);
    tracer.all(|| drop(writer));
    tracer.all(|| drop(reader));
}

fn view(tracer: &mut Tracer) {
    let (place, mut writer, reader) = ring_by(&RingOptions::new(), CAPACITY);
    writer.push(b"data", None).unwrap();
    let ring = place.ring();
    let messages = tracer.all(|| {
        let view = RingView::open(&ring).unwrap();
        view.snapshot();
        view.messages(usize::MAX).count()
    });
    assert_eq!(messages, 1);
    drop((writer, reader));
}

fn remove(tracer: &mut Tracer) {
    let place = Place::with_a_ring(CAPACITY);
    let ring = place.ring();
    tracer.all(|| ipc_ring::remove(&ring, Trust::new())).unwrap();
}

fn forks(tracer: &mut Tracer) {
    let (_place, writer, mut reader) = ring_by(&RingOptions::new(), CAPACITY);
    let status = tracer.all(|| {
        reap(fork(|| i32::from(reader.try_pop(&mut Vec::new()).is_ok())))
    });
    assert_eq!(status, 0);
    drop((writer, reader));
}
