//! Time-outs, ends of streams, and what a wait costs.
#![cfg(not(any(loom, shuttle)))]

use std::time::{Duration, Instant};

use ipc_ring::{PopError, PushError, RingReader, RingWriter};
use ipc_ring_reference::{pops, ring, ring_by, sleeping, waiting, Place, EVERY_STRATEGY, LONG};

#[test]
fn a_timeout_of_zero_tries_once() {
    for strategy in EVERY_STRATEGY {
        let (_place, mut writer, mut reader) = ring_by(&waiting(strategy), 64);
        let mut buffer = Vec::new();
        assert_eq!(reader.pop(&mut buffer, Some(Duration::ZERO)), Err(PopError::TimedOut));
        writer.push(&[7; 48], Some(Duration::ZERO)).unwrap();
        assert_eq!(writer.push(b"", Some(Duration::ZERO)), Err(PushError::TimedOut));
        assert_eq!(reader.pop(&mut buffer, Some(Duration::ZERO)), Ok(48));
    }
}

#[test]
fn a_timeout_without_end_is_no_panic() {
    let (place, mut writer, mut reader) = ring_by(&sleeping(), 64);
    let reading = std::thread::spawn(move || reader.pop(&mut Vec::new(), Some(Duration::MAX)));
    place.until_reader_sleeps(8);
    writer.push(b"x", Some(Duration::MAX)).unwrap();
    assert_eq!(reading.join().unwrap(), Ok(1));
}

#[test]
fn a_reader_asleep_is_woken_by_a_message_and_by_the_end() {
    let (place, mut writer, mut reader) = ring_by(&sleeping(), 64);
    let reading = std::thread::spawn(move || {
        let mut buffer = Vec::new();
        let first = reader.pop(&mut buffer, Some(LONG));
        (first, reader.pop(&mut buffer, Some(LONG)))
    });
    place.until_reader_sleeps(8);
    writer.push(b"x", None).unwrap();
    place.until_reader_sleeps(24);
    drop(writer);
    assert_eq!(reading.join().unwrap(), (Ok(1), Err(PopError::Closed)));
}

#[test]
fn a_writer_asleep_is_woken_by_space_and_by_the_end() {
    let (place, mut writer, mut reader) = ring_by(&sleeping(), 64);
    writer.push(&[1; 48], None).unwrap();
    let writing = std::thread::spawn(move || {
        let first = writer.push(b"", Some(LONG));
        (first, writer.push(&[3; 48], Some(LONG)))
    });
    place.until_writer_sleeps(8);
    reader.pop(&mut Vec::new(), None).unwrap();
    place.until_writer_sleeps(64);
    drop(reader);
    assert_eq!(writing.join().unwrap(), (Ok(()), Err(PushError::Closed)));
}

/// Were wakes lost, each would cost the nap after which a sleeper looks for itself, and all of them the deadline.
// Checks: I5, I11.
#[test]
fn sides_that_sleep_at_every_message_are_woken_at_every_message() {
    const ROUNDS: usize = 2_000;
    let (_there, mut to, mut there) = ring_by(&sleeping(), 64);
    let (_back, mut from, mut back) = ring_by(&sleeping(), 64);
    let begin = Instant::now();
    let echo = std::thread::spawn(move || {
        let mut buffer = Vec::new();
        for _ in 0..ROUNDS {
            there.pop(&mut buffer, Some(LONG)).unwrap();
            from.push(&buffer, Some(LONG)).unwrap();
        }
    });
    for round in 0..ROUNDS {
        to.push(&round.to_le_bytes(), Some(LONG)).unwrap();
        pops(&mut back, round.to_le_bytes());
        assert!(begin.elapsed() < LONG, "{round} rounds only");
    }
    echo.join().unwrap();
}

/// The CPU time that the calling thread has used.
#[cfg(target_os = "linux")]
fn cpu_time() -> Duration {
    // SAFETY: plain data, for which zeroes are valid.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: `usage` is a valid place for the answer.
    assert_eq!(unsafe { libc::getrusage(libc::RUSAGE_THREAD, &mut usage) }, 0);
    let time = |time: libc::timeval| Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1000);
    time(usage.ru_utime) + time(usage.ru_stime)
}

#[cfg(target_os = "linux")]
#[test]
fn a_side_that_waits_asleep_uses_hardly_any_cpu() {
    let (_place, mut writer, mut reader) = ring(64);
    // Away from position 0, where the two halves of a cursor are alike.
    writer.push(b"", None).unwrap();
    reader.pop(&mut Vec::new(), None).unwrap();
    let before = cpu_time();
    assert_eq!(reader.pop(&mut Vec::new(), Some(Duration::from_secs(2))), Err(PopError::TimedOut));
    let used = cpu_time() - before;
    assert!(used < Duration::from_millis(20), "{used:?} in 2 s");
}

/// A child process forbids itself all system calls but read, write and exit, which the kernel enforces with SIGKILL,
/// and goes on pushing and popping.
#[cfg(target_os = "linux")]
#[test]
fn no_push_and_no_pop_makes_a_system_call_while_there_is_space_and_data() {
    let place = Place::new();
    // SAFETY: the child calls nothing that needs another thread: the allocator and the library see to their own locks.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let mut writer = RingWriter::create(place.ring(), 4096).unwrap();
        let mut reader = RingReader::open(place.ring()).unwrap();
        let mut buffer = Vec::with_capacity(100);
        // SAFETY: takes effect for this process alone.
        unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_STRICT) };
        let mut done = 0;
        for number in 0..10_000u64 {
            done += (writer.push(&number.to_le_bytes(), None) == Ok(())) as u32;
            done += (reader.pop(&mut buffer, None) == Ok(8)) as u32;
        }
        // SAFETY: ends the process. `_exit` would be another system call than the one allowed.
        unsafe { libc::syscall(libc::SYS_exit, (done != 20_000) as libc::c_int) };
    }
    let status = ipc_ring_reference::kernel::reap(child);
    assert!(libc::WIFEXITED(status), "killed by signal {}", libc::WTERMSIG(status));
    assert_eq!(libc::WEXITSTATUS(status), 0);
}
