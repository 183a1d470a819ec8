//! The programs in `examples/`, each as a user would run it.
#![cfg(not(any(loom, shuttle)))]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use flate2::read::GzDecoder;
use ipc_ring::{RingView, SideState};
use ipc_ring_reference::{wait_until, Place};

/// The program of an example, which `cargo test` has built.
fn example(name: &str) -> Command {
    let test = std::env::current_exe().unwrap(); // target/<profile>/deps/examples-...
    let program = test.parent().and_then(Path::parent).unwrap().join("examples").join(name);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(name).with_extension("rs");
    let changed = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified());
    let written = changed(&source).unwrap();
    let is_built = changed(&program).is_ok_and(|built| built >= written);
    assert!(is_built, "{} is not built, or not anew: run `cargo test`, which does", program.display());
    Command::new(program)
}

/// A process that is killed if the test ends before it.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Self {
        Self(command.spawn().unwrap())
    }

    /// Stops the process, unless it has ended.
    fn stop(&self) {
        self.signal(libc::SIGSTOP);
        let changes = libc::WSTOPPED | libc::WEXITED | libc::WNOWAIT;
        // SAFETY: plain data, for which zeroes are valid.
        let mut state = unsafe { std::mem::zeroed() };
        // SAFETY: the call writes to `state` alone.
        let told = unsafe { libc::waitid(libc::P_PID, self.0.id(), &mut state, changes) };
        assert_eq!(told, 0, "{}", std::io::Error::last_os_error());
    }

    fn signal(&self, signal: libc::c_int) {
        // SAFETY: the process was not waited for, so its number is its own.
        assert_eq!(unsafe { libc::kill(self.0.id() as libc::pid_t, signal) }, 0);
    }

    fn ends_well(mut self) {
        wait_until("the process ends", || self.0.try_wait().unwrap().is_some());
        let status = self.0.wait().unwrap();
        assert!(status.success(), "{status}");
    }
}

/// The lock of a writer that has ended its stream and not let go yet.
struct LeavingWriter(fs::File);

impl LeavingWriter {
    fn of(ring: &Path) -> Self {
        let leaving = Self(fs::File::open(ring).unwrap());
        assert_eq!(leaving.lock(libc::F_RDLCK), 0);
        leaving
    }

    fn lock(&self, kind: libc::c_int) -> libc::c_int {
        // SAFETY: plain data, for which zeroes are valid.
        let mut lock: libc::flock = unsafe { std::mem::zeroed() };
        (lock.l_type, lock.l_whence, lock.l_start, lock.l_len) =
            (kind as _, libc::SEEK_SET as _, ipc_ring::layout::lock::WRITER as _, 1);
        // SAFETY: the descriptor is open, and the command takes a `flock`.
        unsafe { libc::fcntl(self.0.as_raw_fd(), libc::F_OFD_SETLK, &mut lock) }
    }
}

impl Drop for LeavingWriter {
    fn drop(&mut self) {
        // A child that another test starts just then has a copy of the descriptor: to close this one is not enough.
        assert_eq!(self.lock(libc::F_UNLCK), 0);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_reader_prints_what_the_writer_was_given_whichever_comes_first() {
    for reader_first in [true, false] {
        let place = Place::new();
        let read = || Running::start(example("reader").arg(place.ring()).stdout(Stdio::piped()));
        let write = || Running::start(example("writer").arg(place.ring()).args(["one", "", "two\nlines"]));
        let mut reader = if reader_first {
            let reader = read();
            write().ends_well();
            reader
        } else {
            write().ends_well();
            read()
        };
        let mut printed = String::new();
        reader.0.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
        reader.ends_well();
        assert_eq!(printed, "one\n\ntwo\nlines\n");
        assert!(place.entries().is_empty());
    }
}

#[test]
fn a_second_writer_goes_on_behind_what_the_first_left() {
    let place = Place::new();
    for message in ["first", "second"] {
        Running::start(example("writer").arg(place.ring()).arg(message)).ends_well();
    }
    let printed = example("reader").arg(place.ring()).output().unwrap();
    assert_eq!(printed.stdout, b"first\nsecond\n");
}

/// Each of the examples that remove the ring is stopped after the end of the stream, while it waits to remove it.
#[test]
fn a_writer_that_comes_after_the_end_and_before_the_removal_loses_nothing() {
    for name in ["reader", "log_collector", "json_archive"] {
        let place = Place::new();
        let log = |name| {
            let mut logger = example("logger");
            Running::start(logger.arg(place.ring()).args([name, "1"]).stdout(Stdio::null())).ends_well();
        };
        log("first");
        let leaving = LeavingWriter::of(&place.ring());
        let mut reader = example(name);
        let reader = Running::start(reader.arg(place.ring()).arg(place.path("file")).stdout(Stdio::null()));
        wait_until("it has left the ring, which is there", || {
            let ring = RingView::open(place.ring()).unwrap_or_else(|error| panic!("{name}: {error}"));
            ring.snapshot().reader.state == SideState::Closed
        });
        reader.stop();
        drop(leaving);
        log("second");
        reader.signal(libc::SIGCONT);
        reader.ends_well();
        let printed = example("reader").arg(place.ring()).output().unwrap();
        assert_eq!(printed.stdout, b"second 0\n", "{name}");
        assert!(!place.ring().exists());
    }
}

#[test]
fn json_events_are_archived_as_they_were_given_with_their_numbers() {
    let place = Place::new();
    let archive = place.path("events.gz");
    let collector = Running::start(example("json_archive").arg(place.ring()).arg(&archive));
    let mut events = Running::start(example("json_events").arg(place.ring()).stdin(Stdio::piped()));
    let event = |number: u64| {
        let text = format!("\"{number}\" → \u{1F980}\n\t\\ {}", "x".repeat(number as usize % 300));
        serde_json::json!({ "event": "request", "duration": number as f64 / 8.0, "text": text, "tags": [number, null] })
    };
    let mut input = events.0.stdin.take().unwrap();
    for number in 0..20_000 {
        writeln!(input, "{}", event(number)).unwrap();
    }
    drop(input);
    events.ends_well();
    collector.ends_well();
    let lines = BufReader::new(GzDecoder::new(fs::File::open(&archive).unwrap())).lines();
    let mut number = 0;
    for line in lines {
        let mut expected = event(number);
        expected["number"] = number.into();
        assert_eq!(line.unwrap().parse::<serde_json::Value>().unwrap(), expected);
        number += 1;
    }
    assert_eq!(number, 20_000);
    assert_eq!(place.entries(), ["events.gz"]);
}

#[test]
fn an_event_that_is_no_json_leaves_those_before_it_and_no_end_of_the_stream() {
    let place = Place::new();
    let mut events = example("json_events");
    let mut events = Running::start(events.arg(place.ring()).stdin(Stdio::piped()).stderr(Stdio::null()));
    events.0.stdin.take().unwrap().write_all(b"{\"event\": 1}\nno JSON\n{}\n").unwrap();
    assert!(!events.0.wait().unwrap().success());
    let archive = place.path("events.gz");
    let told = example("json_archive").arg(place.ring()).arg(&archive).output().unwrap();
    assert!(!told.status.success() && String::from_utf8(told.stderr).unwrap().contains("PeerGone"));
    let (mut text, mut events) = (String::new(), GzDecoder::new(fs::File::open(&archive).unwrap()));
    assert!(events.read_to_string(&mut text).is_err(), "the archive says that it is whole");
    assert_eq!(text, "{\"event\":1,\"number\":0}\n");
    assert!(place.ring().exists(), "the ring stays for a successor");
}

#[test]
fn what_an_application_logged_before_it_was_killed_is_collected_and_its_successor_goes_on() {
    let place = Place::new();
    let file = place.path("application.log");
    let mut collector = example("log_collector");
    let mut collector = Running::start(collector.arg(place.ring()).arg(&file).stderr(Stdio::piped()));
    let mut noticed = BufReader::new(collector.0.stderr.take().unwrap()).lines();
    let logger = |name: &str, lines: u64| {
        let mut command = example("logger");
        Running::start(command.arg(place.ring()).args([name, &lines.to_string()]).stdout(Stdio::piped()))
    };
    let mut acknowledged = Vec::new();
    for name in ["first", "second", "third"] {
        let mut application = logger(name, u64::MAX);
        let mut told = BufReader::new(application.0.stdout.take().unwrap()).lines();
        let mut count = told.by_ref().take(2000).count();
        application.0.kill().unwrap(); // SIGKILL
        application.0.wait().unwrap();
        count += told.count();
        if name == "first" {
            // It comes back after its death was noticed; the others come back before, or not.
            assert_eq!(noticed.next().unwrap().unwrap(), "the application died: waiting for it to come back");
        }
        acknowledged.push((name, count));
    }
    let mut last = logger("last", 100);
    let told = BufReader::new(last.0.stdout.take().unwrap()).lines().count();
    assert_eq!(told, 100);
    last.ends_well();
    acknowledged.push(("last", 100));
    collector.ends_well();

    let collected = fs::read_to_string(&file).unwrap();
    let mut collected = collected.lines().peekable();
    for (name, count) in acknowledged {
        assert!(count >= 100);
        for number in 0..count {
            assert_eq!(collected.next(), Some(&format!("{name} {number}")[..]));
        }
        // It may have been killed after a line was in the ring and before it was told so.
        collected.next_if(|line| *line == format!("{name} {count}"));
    }
    assert_eq!(collected.next(), None);
    assert_eq!(place.entries(), ["application.log"]);
}
