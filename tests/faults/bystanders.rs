//! Fault 38: what somebody can do who may only read a ring's file.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use ipc_ring::{OpenError, PopError, PushError, RingReader, RingWriter, SideState};
use ipc_ring_reference::kernel::{holding, SLEEPS};
use ipc_ring_reference::{
    other_process, ring_by, sleeping, until, wait_until, Other, Place, Words, A_WHILE, CURSOR, LONG,
};

const THIEVES: usize = 3;

/// Sleeps on `word` as long as it is `expected`, until it is woken or `timeout` has passed.
fn sleep_on(word: *const u32, expected: u32, timeout: Duration) -> io::Result<()> {
    let timeout = libc::timespec { tv_sec: timeout.as_secs() as _, tv_nsec: timeout.subsec_nanos() as _ };
    // SAFETY: the kernel checks the address; the time is a valid one.
    match unsafe { libc::syscall(libc::SYS_futex, word, libc::FUTEX_WAIT, expected, &timeout) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// The thread that runs.
fn thread() -> usize {
    // SAFETY: asks for a number.
    unsafe { libc::gettid() as usize }
}

/// Whether this process's `thread` sleeps on the word at this address. Within that call it may also wait for the lock
/// of the address space, and cannot be interrupted then: it does not sleep on the word yet.
fn is_asleep(thread: usize, word: usize) -> bool {
    let ask = |what| std::fs::read_to_string(format!("/proc/self/task/{thread}/{what}")).unwrap_or_default();
    let calls = ask("syscall").starts_with(&format!("{} {word:#x} {:#x} ", libc::SYS_futex, libc::FUTEX_WAIT));
    calls && ask("status").contains("\nState:\tS")
}

#[test]
#[ignore = "the other process of the tests below"]
fn thieves() {
    let (path, mut steps) = other_process();
    let offset: usize = steps.told().parse().unwrap();
    let file = File::open(path).unwrap();
    let (shared, len) = (libc::MAP_SHARED, offset + 8);
    // SAFETY: a new mapping, of a file that is opened and mapped for reading alone.
    let file = unsafe { libc::mmap(std::ptr::null_mut(), len, libc::PROT_READ, shared, file.as_raw_fd(), 0) };
    assert!(file != libc::MAP_FAILED);
    let word = file as usize + offset;
    for _ in 0..THIEVES {
        std::thread::spawn(move || steal(word));
    }
    let own = thread();
    wait_until("the thieves are asleep", || {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap();
        let threads = tasks.map(|task| task.unwrap().file_name().into_string().unwrap().parse().unwrap());
        threads.filter(|&thread| thread != own && is_asleep(thread, word)).count() == THIEVES
    });
    steps.step("asleep");
}

/// Sleeps on the word again and again.
fn steal(word: usize) {
    loop {
        // SAFETY: mapped for ever, and aligned.
        let value = unsafe { &*(word as *const AtomicU64) }.load(Ordering::Relaxed);
        let _ = sleep_on(word as *const u32, value as u32, LONG);
    }
}

/// Thieves fall asleep on the word at `offset` of the ring's file. After them in the kernel's queue `side` does, by
/// its own call; then its `peer` does what it waits for. Its sleep is made here in its stead, and is as long as a
/// test's: no nap ends it. Returns what ended it.
fn asleep_behind_thieves(
    place: &Place,
    offset: usize,
    side: impl FnOnce() + Send,
    peer: impl FnOnce() + Send,
) -> io::Result<()> {
    let _thieves = Other::start_told("bystanders::thieves", &place.ring(), offset).after("asleep");
    let (own, word) = (thread(), AtomicUsize::new(0));
    let mut ended = None;
    std::thread::scope(|threads| {
        threads.spawn(|| {
            wait_until("the side is asleep", || {
                let word = word.load(Ordering::SeqCst);
                word != 0 && is_asleep(own, word)
            });
            peer();
        });
        let sleep = |call: &libc::seccomp_data| {
            word.store(call.args[0] as usize, Ordering::SeqCst);
            let how = sleep_on(call.args[0] as *const u32, call.args[2] as u32, LONG);
            ended.get_or_insert(how);
        };
        holding(&[SLEEPS], sleep, side);
    });
    ended.expect("the side slept")
}

/// A ring whose sides sleep as soon as they have to wait.
fn sleepers() -> (Place, RingWriter, RingReader, Words) {
    let (place, writer, reader) = ring_by(&sleeping(), 64);
    let words = place.words();
    (place, writer, reader, words)
}

// Checks: I11.
#[test]
fn f38_a_reader_asleep_is_woken_by_a_message_and_by_the_end_though_others_sleep_where_it_does() {
    let (place, mut writer, mut reader, words) = sleepers();
    let ended = asleep_behind_thieves(
        &place,
        words.writer(CURSOR),
        || assert_eq!(reader.pop(&mut Vec::new(), None), Ok(7)),
        || writer.push(b"message", None).unwrap(),
    );
    assert!(ended.is_ok(), "the push woke others: {ended:?}");
    let ended = asleep_behind_thieves(
        &place,
        words.writer(CURSOR),
        || assert_eq!(reader.pop(&mut Vec::new(), None), Err(PopError::Closed)),
        || drop(writer),
    );
    assert!(ended.is_ok(), "the end woke others: {ended:?}");
}

// Checks: I11.
#[test]
fn f38_a_writer_asleep_is_woken_by_space_and_by_the_end_though_others_sleep_where_it_does() {
    let (place, mut writer, mut reader, words) = sleepers();
    writer.push(&[1; 48], None).unwrap();
    let ended = asleep_behind_thieves(
        &place,
        words.reader(CURSOR),
        || assert_eq!(writer.push(b"", None), Ok(())),
        || assert_eq!(reader.pop(&mut Vec::new(), None), Ok(48)),
    );
    assert!(ended.is_ok(), "the pop woke others: {ended:?}");
    let ended = asleep_behind_thieves(
        &place,
        words.reader(CURSOR),
        || assert_eq!(writer.push(&[3; 48], None), Err(PushError::Closed)),
        || drop(reader),
    );
    assert!(ended.is_ok(), "the end woke others: {ended:?}");
}

#[test]
#[ignore = "the other process of the test below"]
fn writer_that_is_killed() {
    let (path, mut steps) = other_process();
    let _writer = RingWriter::attach(path).unwrap();
    steps.step("attached");
}

/// A lock for reading, on a descriptor for reading, is all that it takes to pass for a living side.
// Checks: T3.
#[test]
fn f38_who_may_only_read_the_file_can_lock_a_side_as_is_documented() {
    let place = Place::with_a_ring(64);
    let lock = |byte: i64| {
        let file = File::open(place.ring()).unwrap();
        // SAFETY: plain data, for which zeroes are valid.
        let mut request: libc::flock = unsafe { std::mem::zeroed() };
        request.l_type = libc::F_RDLCK as _;
        request.l_whence = libc::SEEK_SET as _;
        request.l_start = byte;
        request.l_len = 1;
        // SAFETY: the descriptor is open, and the command takes a `flock`.
        (unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_SETLK, &mut request) } == 0).then_some(file)
    };
    // Nobody comes as long as the side is locked.
    let locked = lock(1).expect("nobody holds the side");
    assert!(matches!(RingReader::open(place.ring()), Err(OpenError::Busy { .. })));
    drop(locked);
    // A child that another test forks may have the test's own descriptor until it runs a program or ends.
    let mut reader = until("nobody has the lock any more", || RingReader::open(place.ring()).ok());
    assert!(lock(1).is_none(), "a side that is held cannot be locked");

    // A death is hidden, for whoever waits and for views.
    let mut dying = Other::start("bystanders::writer_that_is_killed", &place.ring()).after("attached");
    dying.kill();
    let locked = lock(0).expect("nobody holds the side");
    assert_eq!(reader.pop(&mut Vec::new(), A_WHILE), Err(PopError::TimedOut));
    let seen = || place.seen().writer.state;
    assert_eq!(seen(), SideState::Attached);
    drop(locked);
    assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Err(PopError::PeerGone));
    assert_eq!(seen(), SideState::Died);
}
