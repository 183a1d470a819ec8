//! Faults 32, 33 and 34: signals without end, clocks, numbers of processes, and futexes between processes.

use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ipc_ring::{FenceMode, OpenError, PopError, PushError, RingOptions, RingReader, RingWriter, Side};
use ipc_ring_reference::kernel::{failing, holding, in_a_storm_of_signals, is_root, not_run, Calls};
use ipc_ring_reference::{
    numbers, other_process, pop_all, pops, push_all, ring_by, sleeping, waiting, Other, Place, EVERY_STRATEGY, LONG,
};

/// Were the time-out to begin again with each signal, no call would end.
// Checks: I10.
#[test]
fn f32_a_deadline_holds_in_a_storm_of_signals() {
    const TIMEOUT: Duration = Duration::from_millis(200);
    for strategy in EVERY_STRATEGY {
        let (_place, mut writer, mut reader) = ring_by(&waiting(strategy), 64);
        let (elapsed, signals) = in_a_storm_of_signals(|| {
            let begin = Instant::now();
            assert_eq!(reader.pop(&mut Vec::new(), Some(TIMEOUT)), Err(PopError::TimedOut));
            let first = begin.elapsed();
            writer.push(&[1; 48], Some(LONG)).unwrap();
            assert_eq!(writer.push(b"", Some(TIMEOUT)), Err(PushError::TimedOut));
            (first, begin.elapsed() - first)
        });
        assert!(elapsed.0 >= TIMEOUT && elapsed.1 >= TIMEOUT, "{elapsed:?}");
        assert!(elapsed.0 < LONG && elapsed.1 < LONG, "{elapsed:?}");
        assert!(signals > 10, "no storm: {signals} signals");
    }
}

// Checks: I10.
#[test]
fn f32_messages_pass_in_a_storm_of_signals() {
    for strategy in EVERY_STRATEGY {
        let (_place, mut writer, mut reader) = ring_by(&waiting(strategy), 64);
        std::thread::scope(|threads| {
            threads.spawn(|| in_a_storm_of_signals(|| push_all(&mut writer, numbers(0..2_000))));
            in_a_storm_of_signals(|| pop_all(&mut reader, numbers(0..2_000)));
        });
        // And so does the news of a death.
        let place = Place::new();
        let mut dying = Other::start("death::writer_of_three", &place.ring()).after("pushed");
        let mut reader = waiting(strategy).open(place.ring()).unwrap();
        dying.kill();
        in_a_storm_of_signals(|| {
            pop_all(&mut reader, numbers(0..3));
            assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Err(PopError::PeerGone));
        });
    }
}

/// Allocating takes longer than the time between two signals. Newer kernels let no signal end it; the older ones are
/// imitated by refusing to allocate all at once.
// Checks: I10.
#[test]
fn f32_a_large_ring_is_created_in_a_storm_of_signals() {
    const LENGTH: u32 = (1 << 28) + 8192;
    let place = Place::new();
    let path = place.ring();
    let create = || RingOptions::new().prefault(false).create(&path, 1 << 28).map(drop);
    let (created, _) = in_a_storm_of_signals(create);
    created.unwrap();
    assert_eq!(RingReader::open(&path).unwrap().capacity(), 1 << 28);
    std::fs::remove_file(&path).unwrap();
    failing(Calls::with(libc::SYS_fallocate, 3, !0, LENGTH), libc::EINTR, create).unwrap();
    let metadata = std::fs::metadata(&path).unwrap();
    assert_eq!(metadata.len(), u64::from(LENGTH));
    assert!(metadata.blocks() * 512 >= u64::from(LENGTH), "all of it is allocated");
}

/// What both sides ask of the kernel while they wait, with the operation and the time-out of each futex call.
// Checks: I10.
#[test]
fn f32_sleeps_are_relative_and_monotonic_and_f34_futexes_are_shared() {
    let (_place, mut writer, mut reader) = ring_by(&sleeping(), 64);
    let (mut operations, mut clocks) = (Vec::new(), Vec::new());
    // The thread's own beginning and end are no part of it.
    let inside = AtomicBool::new(false);
    let of_rings = [Calls::of(libc::SYS_futex), Calls::of(libc::SYS_clock_gettime), Calls::of(libc::SYS_gettimeofday)];
    let note = |call: &libc::seccomp_data| {
        if !inside.load(Ordering::SeqCst) {
        } else if i64::from(call.nr) == libc::SYS_futex {
            operations.push(call.args[1] as i32);
        } else {
            clocks.push((call.nr, call.args[0]));
        }
    };
    holding(&of_rings, note, || {
        // Big enough from the beginning: an allocator has futexes of its own.
        let mut buffer = Vec::with_capacity(64);
        inside.store(true, Ordering::SeqCst);
        for _ in 0..3 {
            assert_eq!(reader.pop(&mut buffer, Some(Duration::from_millis(20))), Err(PopError::TimedOut));
            // It has announced that it sleeps, so each of these wakes.
            writer.push(&[1; 24], None).unwrap();
            assert_eq!(writer.push(&[2; 24], Some(Duration::from_millis(20))), Err(PushError::TimedOut));
            reader.pop(&mut buffer, None).unwrap();
        }
        inside.store(false, Ordering::SeqCst);
    });
    let count = |operation| operations.iter().filter(|found| **found == operation).count();
    // FUTEX_WAIT takes a time-out that is relative, on the monotonic clock. A private futex has another number.
    assert!(count(libc::FUTEX_WAIT) >= 6 && count(libc::FUTEX_WAKE) >= 6, "{operations:?}");
    assert_eq!(count(libc::FUTEX_WAIT) + count(libc::FUTEX_WAKE), operations.len(), "{operations:?}");
    // The clock is read without a system call, or else it is this one.
    let monotonic = (libc::SYS_clock_gettime as i32, libc::CLOCK_MONOTONIC as u64);
    assert!(clocks.iter().all(|clock| *clock == monotonic));
}

#[test]
#[ignore = "the other process of the test below"]
fn side_in_a_namespace() {
    let (path, mut steps) = other_process();
    // SAFETY: asks for a number.
    let own = unsafe { libc::getpid() };
    let told = steps.told();
    if told != "reader" {
        let mut options = RingOptions::new();
        if told == "symmetric" {
            options.create_fence_mode(FenceMode::Symmetric);
        }
        let mut writer = options.create(&path, 64).unwrap();
        steps.step(format!("process {own} writes"));
        push_all(&mut writer, numbers(0..1000));
        steps.step("pushed");
    } else {
        let mut reader = RingReader::open(&path).unwrap();
        assert!(matches!(RingWriter::attach(&path), Err(OpenError::Busy { side: Side::Writer, .. })));
        steps.step(format!("process {own} reads"));
        let mut buffer = Vec::new();
        pop_all(&mut reader, numbers(0..1000));
        steps.step("popped");
        steps.step(format!("{:?}", reader.pop(&mut buffer, Some(LONG))));
    }
}

/// Goes on as the first process of a new namespace, in a child of the one that calls this, which waits for it.
fn enter_a_namespace() -> std::io::Result<()> {
    // SAFETY: a plain system call, by a process that has but this thread.
    if unsafe { libc::unshare(libc::CLONE_NEWPID) } != 0 {
        return Err(std::io::Error::last_os_error());
    }
    // SAFETY: as above.
    match unsafe { libc::fork() } {
        -1 => return Err(std::io::Error::last_os_error()),
        0 => {
            // SAFETY: as above. It dies with the one that waits for it.
            unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
            return Ok(());
        }
        _ => {}
    }
    // SAFETY: nobody uses these descriptors here, and somebody waits for the last copies of them to be closed.
    unsafe { libc::syscall(libc::SYS_close_range, 0, !0u32, 0) };
    // SAFETY: waits for the one child there is.
    unsafe { libc::waitpid(-1, std::ptr::null_mut(), 0) };
    // SAFETY: ends the process.
    unsafe { libc::_exit(0) }
}

fn in_a_namespace(side: &str, place: &Place) -> Other {
    let mut command = Command::new(std::env::current_exe().unwrap());
    // SAFETY: it makes system calls alone.
    unsafe { command.pre_exec(enter_a_namespace) };
    Other::start_by(&mut command, "system::side_in_a_namespace", &place.ring(), side)
}

// Checks: I9.
#[test]
fn f33_sides_that_are_the_same_number_in_two_namespaces_are_told_apart_and_their_deaths_noticed() {
    if !is_root() {
        return not_run("f33", "only root can make a namespace of processes");
    }
    for fences in ["symmetric", "as there are"] {
        let place = Place::new();
        let mut writer = in_a_namespace(fences, &place);
        writer.expect("process 1 writes");
        let mut reader = in_a_namespace("reader", &place);
        reader.expect("process 1 reads");
        assert!(matches!(RingReader::open(place.ring()), Err(OpenError::Busy { side: Side::Reader, .. })));
        writer.go_on();
        reader.goes_on_to("popped");
        writer.expect("pushed");
        writer.kill();
        reader.goes_on_to("Err(PeerGone)");
        drop(reader);
        let mut successor = RingWriter::attach(place.ring()).unwrap();
        successor.push(b"on it goes", None).unwrap();
    }
}

#[test]
#[ignore = "the other process of the test below"]
fn echo() {
    let (path, mut steps) = other_process();
    let options = sleeping();
    let mut from = options.open(&path).unwrap();
    let mut to = options.create(path.with_extension("back"), 64).unwrap();
    steps.step("ready");
    let mut buffer = Vec::new();
    while from.pop(&mut buffer, Some(LONG)).is_ok() {
        to.push(&buffer, Some(LONG)).unwrap();
    }
}

/// The other side sleeps each time. Were futexes private, each wake would be the 50 ms after which a sleeper looks by
/// itself.
// Checks: I11.
#[test]
fn f34_a_side_asleep_in_another_process_is_woken_and_does_not_sleep_out_its_nap() {
    const ROUNDS: u32 = 200;
    let place = Place::new();
    let options = sleeping();
    let mut writer = options.create(place.ring(), 64).unwrap();
    let mut other = Other::start("system::echo", &place.ring()).after("ready");
    let mut reader = options.open(place.ring().with_extension("back")).unwrap();
    other.go_on();
    let begin = Instant::now();
    for number in 0..ROUNDS {
        place.until_reader_sleeps(writer.position() + 8);
        writer.push(&number.to_le_bytes(), Some(LONG)).unwrap();
        pops(&mut reader, number.to_le_bytes());
    }
    let elapsed = begin.elapsed();
    assert!(elapsed < ROUNDS * Duration::from_millis(25), "{elapsed:?}");
}
