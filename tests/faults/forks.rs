//! Fault 36: a fork by another thread, or in a signal handler, while a ring is made, opened or removed.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ffi::CString;
use std::fs;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::mpsc::{channel, Receiver, Sender, TryRecvError};
use std::sync::{Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use ipc_ring::{PopError, RingOptions, RingReader, RingWriter, Trust};
use ipc_ring_reference::kernel::{fork, holding, in_a_sandbox, openings, reap, Calls, SHARED_MAPS};
use ipc_ring_reference::{other_process, wait_until, Other, Place, LONG};

mod own;
mod signals;

/// Every system call that is made for a ring. In none of them is the allocator, whose lock the test needs itself.
const EACH: &[Calls] = &[
    Calls::of(libc::SYS_openat),
    Calls::of(libc::SYS_fcntl),
    SHARED_MAPS,
    Calls::with(libc::SYS_madvise, 2, !0, libc::MADV_DONTFORK as u32),
    Calls::of(libc::SYS_fallocate),
    Calls::of(libc::SYS_ftruncate),
    Calls::of(libc::SYS_pwrite64),
    Calls::of(libc::SYS_pread64),
    Calls::of(libc::SYS_fchmod),
    Calls::of(libc::SYS_linkat),
    Calls::of(libc::SYS_renameat2),
    Calls::of(libc::SYS_unlinkat),
    Calls::of(libc::SYS_memfd_create),
    Calls::of(libc::SYS_membarrier),
    Calls::of(libc::SYS_statx),
    Calls::of(libc::SYS_newfstatat),
    Calls::of(libc::SYS_fstatfs),
    Calls::of(libc::SYS_close),
    #[cfg(target_arch = "x86_64")]
    Calls::of(libc::SYS_unlink),
    #[cfg(target_arch = "x86_64")]
    Calls::of(libc::SYS_open),
];

/// What a child does that is to be looked at: nothing, until it is killed.
fn linger() -> i32 {
    // SAFETY: plain numbers.
    unsafe { libc::alarm(120) };
    loop {
        // SAFETY: as above.
        unsafe { libc::pause() };
    }
}

/// Waits until the child lingers: its parent may return from the fork before the child has.
fn lingers(child: libc::pid_t) {
    let stat = format!("/proc/{child}/stat");
    wait_until("the child lingers", || fs::read_to_string(&stat).unwrap().contains(") S "));
}

/// A thread that forks when it is asked to, and may have to wait.
struct Forker {
    thread: i32,
    ask: Sender<()>,
    forked: Receiver<libc::pid_t>,
    is_asked: bool,
    children: Vec<libc::pid_t>,
}

impl Forker {
    fn new() -> Self {
        let (ask, asked) = channel::<()>();
        let (tell, forked) = channel();
        let (say, said) = channel();
        thread::spawn(move || {
            // SAFETY: asks for a number.
            say.send(unsafe { libc::gettid() }).unwrap();
            for () in asked {
                tell.send(fork(linger)).unwrap();
            }
        });
        Self { thread: said.recv().unwrap(), ask, forked, is_asked: false, children: Vec::new() }
    }

    /// Has it fork, unless it waits to, and returns when it has forked, or has been seen to wait several times.
    fn fork_or_wait(&mut self) {
        if !self.is_asked {
            self.ask.send(()).unwrap();
            self.is_asked = true;
        }
        let stat = format!("/proc/self/task/{}/stat", self.thread);
        let mut asleep = 0;
        wait_until("the fork returns or waits", || {
            self.collect();
            asleep += u32::from(fs::read_to_string(&stat).unwrap().contains(") S "));
            thread::yield_now();
            !self.is_asked || asleep > 50
        });
    }

    fn collect(&mut self) {
        match self.forked.try_recv() {
            Ok(child) => {
                lingers(child);
                self.children.push(child);
                self.is_asked = false;
            }
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => panic!("the thread that forks has ended"),
        }
    }

    /// Waits until the last fork that was asked for has returned, and looks at all children: how many there were, and
    /// what they have of the file `ring` by other descriptors than `inherited`.
    fn look(mut self, ring: (u64, u64), inherited: &BTreeSet<RawFd>) -> (usize, Vec<String>) {
        wait_until("the last fork returns", || {
            self.collect();
            !self.is_asked
        });
        let found = self.children.iter().flat_map(|&child| parts(child, ring, inherited)).collect();
        for &child in &self.children {
            // SAFETY: it was not waited for, so its number is its own.
            unsafe { libc::kill(child, libc::SIGKILL) };
            reap(child);
        }
        (self.children.len(), found)
    }
}

/// What a process has of a file: descriptors other than `inherited`, and mappings.
fn parts(process: libc::pid_t, ring: (u64, u64), inherited: &BTreeSet<RawFd>) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(format!("/proc/{process}/fd")).unwrap() {
        let entry = entry.unwrap();
        let number: RawFd = entry.file_name().to_str().unwrap().parse().unwrap();
        let is_the_ring = fs::metadata(entry.path()).is_ok_and(|file| (file.dev(), file.ino()) == ring);
        if is_the_ring && !inherited.contains(&number) {
            found.push(format!("descriptor {number}"));
        }
    }
    for line in fs::read_to_string(format!("/proc/{process}/maps")).unwrap().lines() {
        let inode = line.split_whitespace().nth(4).unwrap();
        if inode == ring.1.to_string() {
            found.push(line.to_string());
        }
    }
    found
}

fn identity(file: &fs::Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}

/// Makes something in a thread that is held at each of its system calls while another thread forks; looks at the
/// children while what was made is still there.
fn fork_at_each_call<T: Send>(
    what: &str,
    make: impl FnOnce() -> T + Send,
    of: impl FnOnce(&T) -> ((u64, u64), BTreeSet<RawFd>),
) -> T {
    let mut forker = Forker::new();
    let made = holding(EACH, |_| forker.fork_or_wait(), make);
    let (ring, inherited) = of(&made);
    let (children, found) = forker.look(ring, &inherited);
    assert!(children > 0, "{what}: no children");
    assert!(found.is_empty(), "{what}: of {children} children some have a part of the ring: {found:?}");
    made
}

// Checks: I16.
#[test]
fn f36_a_child_that_is_forked_at_any_system_call_of_another_thread_has_no_part_of_its_ring() {
    let place = Place::new();
    let path = &place.ring();
    let at_path = |path: &Path| (identity(&fs::metadata(path).unwrap()), BTreeSet::new());
    let mut huge = RingOptions::new();
    huge.huge_pages(true);

    let writer = fork_at_each_call("create", || RingWriter::create(path, 4096).unwrap(), |_| at_path(path));
    let reader = fork_at_each_call("open", || RingReader::open(path).unwrap(), |_| at_path(path));
    drop((writer, reader));
    let writer = fork_at_each_call("attach", || RingWriter::attach(path).unwrap(), |_| at_path(path));
    let reader = fork_at_each_call("open, huge", || huge.open(path).unwrap(), |_| at_path(path));
    drop((writer, reader));
    let removed = identity(&fs::metadata(path).unwrap());
    fork_at_each_call("remove", || ipc_ring::remove(path, Trust::new()).unwrap(), |_| (removed, BTreeSet::new()));

    let by_name = || {
        in_a_sandbox(&openings(libc::O_TMPFILE, libc::O_TMPFILE), libc::EOPNOTSUPP, || {
            fork_at_each_call("create by a name", || RingWriter::create(path, 4096).unwrap(), |_| at_path(path))
        })
    };
    drop(by_name());

    let options = RingOptions::new();
    let memory_of = |memory: &std::os::fd::OwnedFd| {
        let file = fs::metadata(format!("/proc/self/fd/{}", memory.as_raw_fd())).unwrap();
        (identity(&file), BTreeSet::from([memory.as_raw_fd()]))
    };
    let (writer, memory) =
        fork_at_each_call("create_sealed", || options.create_sealed(4096).unwrap(), |made| memory_of(&made.1));
    let reader = fork_at_each_call("open_memory", || options.open_memory(&memory).unwrap(), |_| memory_of(&memory));
    drop((writer, reader));
    fork_at_each_call("attach_memory", || options.attach_memory(&memory).unwrap(), |_| memory_of(&memory));
}

/// Whether this process has the file open. Makes system calls alone.
fn has_open(ring: (u64, u64)) -> bool {
    (0..256).any(|number| {
        // SAFETY: plain data, for which zeroes are valid.
        let mut file: libc::stat = unsafe { std::mem::zeroed() };
        // SAFETY: a place for the answer.
        let is_open = unsafe { libc::fstat(number, &mut file) } == 0;
        is_open && (file.st_dev, file.st_ino) == ring
    })
}

/// How long the loop of the next test goes on, in seconds: by default as long as CI has for it.
fn seconds() -> u64 {
    std::env::var("IPC_RING_FORK_SECONDS").map_or(10, |seconds| seconds.parse().unwrap())
}

// Checks: I16.
#[test]
fn f36_no_child_of_a_process_that_opens_and_drops_a_ring_all_the_time_has_its_descriptor() {
    let (place, writer) = Place::with_a_writer(4096);
    drop(writer);
    let ring = identity(&fs::metadata(place.ring()).unwrap());
    let is_over = AtomicBool::new(false);
    let (mut children, mut with_a_descriptor, mut opened) = (0, 0, 0);
    thread::scope(|threads| {
        let opening = threads.spawn(|| {
            let mut opened = 0;
            while !is_over.load(Ordering::Relaxed) {
                drop(RingReader::open(place.ring()).unwrap());
                opened += 1;
            }
            opened
        });
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(seconds()) {
            let status = reap(fork(|| i32::from(has_open(ring))));
            assert!(libc::WIFEXITED(status), "a child died: {status:#x}");
            with_a_descriptor += libc::WEXITSTATUS(status);
            children += 1;
        }
        is_over.store(true, Ordering::Relaxed);
        opened = opening.join().unwrap();
    });
    println!("{opened} times opened, {children} children, {with_a_descriptor} with a descriptor of the ring");
    assert!(children > 0 && opened > 0);
    assert_eq!(with_a_descriptor, 0, "of {children} children");
}

/// A capacity of 1 GiB where memory has room for that twice, else of 16 MiB.
fn large(directory: &Path) -> usize {
    let path = CString::new(directory.as_os_str().as_bytes()).unwrap();
    // SAFETY: plain data, for which zeroes are valid.
    let mut space: libc::statvfs = unsafe { std::mem::zeroed() };
    // SAFETY: a C string, and a place for the answer.
    assert_eq!(unsafe { libc::statvfs(path.as_ptr(), &mut space) }, 0);
    let free = space.f_bavail * space.f_frsize;
    if free > 4 << 30 {
        1 << 30
    } else {
        16 << 20
    }
}

#[test]
#[ignore = "the other process of the test below"]
fn creator_of_a_large_ring_with_children() {
    let (path, mut steps) = other_process();
    let capacity = large(path.parent().unwrap());
    let is_over = AtomicBool::new(false);
    let children = Mutex::new(Vec::new());
    let writer = thread::scope(|threads| {
        threads.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                let child = fork(linger);
                lingers(child);
                children.lock().unwrap().push(child);
            }
        });
        wait_until("a child is forked", || !children.lock().unwrap().is_empty());
        let mut writer = RingWriter::create(&path, capacity).unwrap();
        is_over.store(true, Ordering::Relaxed);
        writer.push(b"data", None).unwrap();
        writer
    });
    let children: Vec<String> = children.lock().unwrap().iter().map(i32::to_string).collect();
    steps.step(children.join(" "));
    drop(writer);
}

// Checks: I16.
#[test]
fn f36_a_writer_that_is_killed_after_forks_during_its_create_is_gone_though_its_children_live() {
    let place = Place::new();
    let mut creator = Other::start("forks::creator_of_a_large_ring_with_children", &place.ring());
    let children: Vec<libc::pid_t> = creator.says().unwrap().split(' ').map(|number| number.parse().unwrap()).collect();
    let mut reader = RingReader::open(place.ring()).unwrap();
    assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Ok(4));
    creator.kill();
    let begin = Instant::now();
    let popped = reader.pop(&mut Vec::new(), Some(LONG));
    println!("{} children, {popped:?} after {:?}", children.len(), begin.elapsed());
    let successor = RingWriter::attach(place.ring());
    for child in children {
        let is_alive = fs::read_to_string(format!("/proc/{child}/stat")).is_ok_and(|stat| !stat.contains(") Z"));
        // SAFETY: it ends by itself in two minutes, which have not passed.
        unsafe { libc::kill(child, libc::SIGKILL) };
        assert!(is_alive, "{child} has ended before anybody asked");
    }
    assert_eq!(popped, Err(PopError::PeerGone));
    successor.unwrap();
}

/// A lock of a user's, which is taken before each fork, as an allocator's are.
static USERS: Mutex<()> = Mutex::new(());

thread_local! {
    static TAKEN: RefCell<Option<MutexGuard<'static, ()>>> = const { RefCell::new(None) };
}

extern "C" fn users_before() {
    TAKEN.with(|taken| *taken.borrow_mut() = Some(USERS.lock().unwrap()));
}

extern "C" fn users_after() {
    TAKEN.with(|taken| *taken.borrow_mut() = None);
}

#[test]
#[ignore = "the other process of the test below"]
fn user_with_a_lock_of_its_own() {
    let (path, mut steps) = other_process();
    // SAFETY: three functions that live for ever.
    unsafe { libc::pthread_atfork(Some(users_before), Some(users_after), Some(users_after)) };
    thread::scope(|threads| {
        let creating = threads.spawn(|| {
            for number in 0..2000 {
                let path = path.with_extension(number.to_string());
                let locked = USERS.lock().unwrap();
                let writer = RingWriter::create(&path, 64).unwrap();
                drop(locked);
                drop(writer);
                fs::remove_file(path).unwrap();
            }
        });
        while !creating.is_finished() {
            reap(fork(|| 0));
        }
    });
    steps.step("done");
}

// Checks: I16.
#[test]
fn f36_a_users_lock_that_is_taken_before_each_fork_and_around_each_create_hangs_nobody() {
    let place = Place::new();
    Other::start("forks::user_with_a_lock_of_its_own", &place.ring()).expect("done");
}

/// A ring that a user's handler drops in each child.
static TO_DROP: Mutex<Option<(RingWriter, RingReader)>> = Mutex::new(None);

extern "C" fn drops_in_the_child() {
    drop(TO_DROP.lock().unwrap().take());
}

#[test]
#[ignore = "the other process of the test below"]
fn user_that_drops_in_its_child() {
    let (path, mut steps) = other_process();
    // SAFETY: a function that lives for ever.
    unsafe { libc::pthread_atfork(None, None, Some(drops_in_the_child)) };
    let mut writer = RingWriter::create(&path, 64).unwrap();
    writer.push(b"data", None).unwrap();
    *TO_DROP.lock().unwrap() = Some((writer, RingReader::open(&path).unwrap()));
    let status = reap(fork(|| 7));
    steps.step(format!("{status:#x}"));
}

// Checks: I16.
#[test]
fn f36_a_handle_that_a_users_handler_drops_in_the_child_stays_its_parents() {
    let place = Place::new();
    let _user = Other::start("forks::user_that_drops_in_its_child", &place.ring()).after("0x700");
    assert!(RingWriter::attach(place.ring()).is_err(), "the writer's lock is the parent's");
    assert!(RingReader::open(place.ring()).is_err(), "the reader's lock is the parent's");
    let view = place.seen();
    assert_eq!((view.writer.position, view.writer.state), (16, ipc_ring::SideState::Attached));
}

/// What the handlers below do, which were registered before this library's: nothing, drop a ring, or take a lock.
static EARLY: AtomicI32 = AtomicI32::new(0);
const DROPS_BEFORE: i32 = 1;
const DROPS_IN_THE_CHILD: i32 = 2;
const LOCKS_BEFORE: i32 = 3;
static EARLY_BEGAN: AtomicBool = AtomicBool::new(false);

extern "C" fn early_before() {
    match EARLY.load(Ordering::SeqCst) {
        DROPS_BEFORE => drop(TO_DROP.lock().unwrap().take()),
        LOCKS_BEFORE => {
            EARLY_BEGAN.store(true, Ordering::SeqCst);
            users_before();
        }
        _ => {}
    }
}

extern "C" fn early_in_the_parent() {
    users_after();
}

extern "C" fn early_in_the_child() {
    if EARLY.load(Ordering::SeqCst) == DROPS_IN_THE_CHILD {
        drop(TO_DROP.lock().unwrap().take());
    }
    users_after();
}

extern "C" fn registers_early() {
    // SAFETY: three functions that live for ever.
    unsafe { libc::pthread_atfork(Some(early_before), Some(early_in_the_parent), Some(early_in_the_child)) };
}

/// As where a program is started, and loads this library afterwards.
#[used]
#[link_section = ".init_array.00101"]
static REGISTERS_EARLY: extern "C" fn() = registers_early;

#[test]
#[ignore = "the other process of the test below"]
fn user_whose_handlers_came_first() {
    let (path, mut steps) = other_process();
    for early in [DROPS_BEFORE, DROPS_IN_THE_CHILD] {
        let path = path.with_extension(early.to_string());
        let mut writer = RingWriter::create(&path, 64).unwrap();
        writer.push(b"data", None).unwrap();
        *TO_DROP.lock().unwrap() = Some((writer, RingReader::open(&path).unwrap()));
        EARLY.store(early, Ordering::SeqCst);
        assert_eq!(reap(fork(|| 7)), 0x700, "{early}");
        EARLY.store(0, Ordering::SeqCst);
        let is_held = RingWriter::attach(&path).is_err() && RingReader::open(&path).is_err();
        assert_eq!(is_held, early == DROPS_IN_THE_CHILD, "the parent's locks");
        drop(TO_DROP.lock().unwrap().take());
    }
    EARLY.store(LOCKS_BEFORE, Ordering::SeqCst);
    thread::scope(|threads| {
        let (has_lock, locked) = channel();
        let path = &path;
        threads.spawn(move || {
            let lock = USERS.lock().unwrap();
            has_lock.send(()).unwrap();
            wait_until("the fork has begun", || EARLY_BEGAN.load(Ordering::SeqCst));
            drop(RingWriter::create(path, 64).unwrap());
            drop(lock);
        });
        locked.recv().unwrap();
        assert_eq!(reap(fork(|| 7)), 0x700);
    });
    steps.step("done");
}

// Checks: I16.
#[test]
fn f36_handlers_that_were_registered_before_the_librarys_hang_nobody_and_take_no_lock_in_the_child() {
    let place = Place::new();
    Other::start("forks::user_whose_handlers_came_first", &place.ring()).expect("done");
}

#[test]
#[ignore = "the other process of the test below"]
fn parent_whose_child_may_have_little_memory() {
    let (path, mut steps) = other_process();
    let writer = RingWriter::create(&path, 128 << 20).unwrap();
    let little = libc::rlimit { rlim_cur: 64 << 20, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: a valid question.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_DATA, &little) }, 0);
    let status = reap(fork(move || {
        let own: Vec<Vec<u8>> = (0..16).map(|number| vec![number; 1 << 20]).collect();
        drop(writer);
        i32::from((0..16).all(|number| own[number as usize].iter().all(|&byte| byte == number)))
    }));
    steps.step(format!("{status:#x}"));
}

// Checks: I16.
#[test]
fn f36_a_child_that_may_not_have_as_much_memory_as_a_ring_keeps_its_own_when_it_drops_the_handle() {
    let place = Place::new();
    Other::start("forks::parent_whose_child_may_have_little_memory", &place.ring()).expect("0x100");
}

#[test]
#[ignore = "the other process of the test below"]
fn parent_of_a_bare_clone() {
    let (path, mut steps) = other_process();
    let (mut writer, mut reader) = (RingWriter::create(&path, 64).unwrap(), RingReader::open(&path).unwrap());
    // SAFETY: as a fork, but no handlers run; the child ends at once.
    let child = unsafe { libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) } as libc::pid_t;
    if child == 0 {
        drop((writer, reader));
        // SAFETY: ends the process.
        unsafe { libc::_exit(7) };
    }
    let status = reap(child);
    let is_held = RingWriter::attach(&path).is_err() && RingReader::open(&path).is_err();
    writer.push(b"data", None).unwrap();
    let popped = reader.pop(&mut Vec::new(), Some(LONG));
    steps.step(format!("{status:#x} {is_held} {popped:?}"));
}

// Checks: I16.
#[test]
fn f36_a_handle_that_a_child_without_handlers_drops_stays_its_parents() {
    let place = Place::new();
    Other::start("forks::parent_of_a_bare_clone", &place.ring()).expect("0x700 true Ok(4)");
}
