//! Two real processes: the tests' own program, started again as the other side.
#![cfg(not(any(loom, shuttle)))]

mod common;

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use common::{wait_until, Place, Words, LONG, WAKE_AT};
use ipc_ring::{OpenError, PopError, PushError, RingOptions, RingReader, RingWriter, Side, WaitStrategy};

/// The other side: does what its environment says, a step for each line on its standard input, and says so.
#[test]
#[ignore = "the other process of the tests in this file"]
fn other_side() {
    let path = std::env::var_os("IPC_RING_PATH").unwrap();
    let mut lines = std::io::stdin().lines();
    let mut step = |done: &str| {
        println!("\n> {done}");
        lines.next();
    };
    match std::env::var("IPC_RING_ROLE").unwrap().as_str() {
        "writer" => {
            let mut writer = RingWriter::create(&path, 4096).unwrap();
            step("created");
            for number in 0..10_000u64 {
                writer.push(&number.to_le_bytes(), None).unwrap();
            }
            step("pushed");
        }
        "writer of three" => {
            let mut writer = RingWriter::create(&path, 4096).unwrap();
            for number in 0..3u64 {
                writer.push(&number.to_le_bytes(), None).unwrap();
            }
            step("pushed");
        }
        "reader" => {
            let mut reader = RingReader::open(&path).unwrap();
            step("opened");
            let mut buffer = Vec::new();
            for number in 0..10_000u64 {
                reader.pop(&mut buffer, None).unwrap();
                assert_eq!(buffer, number.to_le_bytes());
            }
            step("popped");
        }
        "sleeping reader" => {
            let mut reader = RingOptions::new().wait(WaitStrategy::Sleep).open(&path).unwrap();
            step("opened");
            let result = reader.pop(&mut Vec::new(), None);
            step(&format!("{result:?}"));
        }
        role => panic!("no role {role}"),
    }
}

struct Other {
    process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Other {
    fn start(role: &str, path: &Path) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "other_side", "--nocapture"])
            .env("IPC_RING_ROLE", role)
            .env("IPC_RING_PATH", path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = process.stdin.take().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, input, output }
    }

    /// Waits until it says that it has done `step`.
    fn expect(&mut self, step: &str) {
        let done = self.output.find_map(|line| line.unwrap().strip_prefix("> ").map(str::to_string));
        assert_eq!(done.as_deref(), Some(step));
    }

    /// Lets it go on to its next step.
    fn go_on(&mut self) {
        self.input.write_all(b"\n").unwrap();
    }

    fn signal(&self, signal: libc::c_int) {
        // SAFETY: the child was not waited for, so its PID is its own.
        assert_eq!(unsafe { libc::kill(self.process.id() as libc::pid_t, signal) }, 0);
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn messages_come_from_another_process_in_order() {
    let place = Place::new();
    let mut writer = Other::start("writer", &place.ring());
    writer.expect("created");
    let mut reader = RingReader::open(place.ring()).unwrap();
    writer.go_on();
    let mut buffer = Vec::new();
    for number in 0..10_000u64 {
        reader.pop(&mut buffer, Some(LONG)).unwrap();
        assert_eq!(buffer, number.to_le_bytes());
    }
    writer.expect("pushed");
    writer.go_on();
    assert_eq!(reader.pop(&mut buffer, Some(LONG)), Err(PopError::Closed));
}

#[test]
fn messages_go_to_another_process_in_order() {
    let place = Place::new();
    let mut writer = RingWriter::create(place.ring(), 4096).unwrap();
    let mut reader = Other::start("reader", &place.ring());
    reader.expect("opened");
    reader.go_on();
    for number in 0..10_000u64 {
        writer.push(&number.to_le_bytes(), Some(LONG)).unwrap();
    }
    reader.expect("popped");
    reader.go_on();
    wait_until("the reader leaves", || writer.try_push(b"") == Err(PushError::Closed));
}

#[test]
fn a_side_that_another_process_holds_is_busy() {
    let place = Place::new();
    let mut writer = Other::start("writer of three", &place.ring());
    writer.expect("pushed");
    match RingWriter::attach(place.ring()) {
        Err(OpenError::Busy { side: Side::Writer, .. }) => {}
        other => panic!("{:?}", other.err()),
    }
    writer.signal(libc::SIGKILL);
    wait_until("the kernel releases the lock of the dead", || RingWriter::attach(place.ring()).is_ok());
}

#[test]
fn a_reader_drains_and_then_learns_that_the_writer_was_killed() {
    let place = Place::new();
    let mut writer = Other::start("writer of three", &place.ring());
    writer.expect("pushed");
    let mut reader = RingReader::open(place.ring()).unwrap();
    writer.signal(libc::SIGKILL);
    let mut buffer = Vec::new();
    for number in 0..3u64 {
        reader.pop(&mut buffer, Some(LONG)).unwrap();
        assert_eq!(buffer, number.to_le_bytes());
    }
    // Each takes as long as it takes to notice a death: were that seconds, all of them would exceed the deadline.
    let begin = Instant::now();
    for _ in 0..20 {
        assert_eq!(reader.pop(&mut buffer, None), Err(PopError::PeerGone));
        assert!(begin.elapsed() < LONG);
    }
    // Short time-outs do not keep the news from it.
    let begin = Instant::now();
    while reader.pop(&mut buffer, Some(Duration::from_millis(1))) != Err(PopError::PeerGone) {
        assert!(begin.elapsed() < LONG);
    }
    // A successor goes on.
    let mut writer = RingWriter::attach(place.ring()).unwrap();
    writer.push(b"successor", None).unwrap();
    assert_eq!(reader.pop(&mut buffer, Some(LONG)), Ok(9));
}

#[test]
fn a_writer_with_no_space_learns_that_the_reader_was_killed() {
    for strategy in [WaitStrategy::Spin, WaitStrategy::Sleep] {
        let place = Place::new();
        let mut writer = RingOptions::new().wait(strategy).create(place.ring(), 64).unwrap();
        let mut reader = Other::start("sleeping reader", &place.ring());
        reader.expect("opened");
        writer.push(&[1; 56], None).unwrap();
        reader.signal(libc::SIGKILL);
        assert_eq!(writer.push(&[2; 56], Some(LONG)), Err(PushError::PeerGone));
        let mut reader = RingReader::open(place.ring()).unwrap();
        reader.pop(&mut Vec::new(), None).unwrap();
        writer.push(&[2; 56], Some(LONG)).unwrap();
    }
}

#[test]
fn a_reader_that_has_not_come_yet_is_waited_for() {
    let place = Place::new();
    let mut writer = RingWriter::create(place.ring(), 64).unwrap();
    writer.push(&[1; 56], None).unwrap();
    // Longer than it takes to notice a death.
    assert_eq!(writer.push(&[2; 56], Some(Duration::from_millis(200))), Err(PushError::TimedOut));
}

#[test]
fn a_writer_that_is_stopped_is_not_gone() {
    let place = Place::new();
    let mut writer = Other::start("writer of three", &place.ring());
    writer.expect("pushed");
    let mut reader = RingReader::open(place.ring()).unwrap();
    let mut buffer = Vec::new();
    for _ in 0..3 {
        reader.pop(&mut buffer, Some(LONG)).unwrap();
    }
    writer.signal(libc::SIGSTOP);
    assert_eq!(reader.pop(&mut buffer, Some(Duration::from_millis(200))), Err(PopError::TimedOut));
    writer.signal(libc::SIGCONT);
    writer.go_on();
    assert_eq!(reader.pop(&mut buffer, Some(LONG)), Err(PopError::Closed));
}

#[test]
fn a_reader_asleep_in_another_process_is_woken_by_a_message_and_by_the_end() {
    for message in [true, false] {
        let place = Place::new();
        let mut writer = RingWriter::create(place.ring(), 64).unwrap();
        let mut reader = Other::start("sleeping reader", &place.ring());
        reader.expect("opened");
        reader.go_on();
        let words = Words::of(&place.ring());
        wait_until("the reader announces that it sleeps", || words.get(words.reader(WAKE_AT)) == 8);
        if message {
            writer.push(b"four", None).unwrap();
            reader.expect("Ok(4)");
        } else {
            drop(writer);
            reader.expect("Err(Closed)");
        }
    }
}
