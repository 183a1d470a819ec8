//! What is at the other end: an output that is full or gone, a ring that was removed, a file that takes its time.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use ipc_ring::{RingOptions, RingReader, RingWriter, SideState};
use ipc_ring_reference::{pops, until, wait_until};
use nix::fcntl::{fcntl, FcntlArg, OFlag};
use nix::sys::signal::{kill, Signal};
use nix::sys::stat::Mode;
use nix::unistd::{mkfifo, Pid};

use crate::arguments;
use crate::manners::wait_for_its_handlers;
use crate::tool::{
    command, full_pipe, idle, receive, ring, take_its_name, until_idle, until_sent, with, Input, Place, Run, LOSSES,
};

/// Waits until it sleeps, or has ended.
fn sleeps_or_has_ended(child: &mut Child) {
    until("it sleeps or has ended", || {
        let status = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
        let state = status.rsplit(") ").next().and_then(|rest| rest.chars().next());
        (matches!(state, Some('S')) || child.try_wait().unwrap().is_some()).then_some(())
    });
}

#[test]
fn an_output_that_is_full_and_does_not_block_gets_all_of_it() {
    let place = Place::new();
    idle(&place.ring(), &[b"one", b"two"]);
    let path = place.ring();
    for arguments in [
        arguments!["stat", path],
        arguments!["stat", path, "--json"],
        arguments!["doctor", path],
        arguments!["doctor", place.directory(), "--json"],
        arguments!["top", path, "--count", "1"],
        arguments!["peek", path],
        arguments!["completions", "zsh"],
        arguments!["man"],
        arguments!["--help"],
        arguments!["recv", "--help"],
        arguments!["help", "send"],
        arguments!["--version"],
        // Consumes what the others looked at.
        arguments!["recv", path, "--frames"],
    ] {
        let expected = match arguments[0].to_str() {
            Some("recv") if arguments.len() > 2 => b"\x03\0\0\0one\x03\0\0\0two".to_vec(),
            _ => ring(arguments).expect(),
        };
        let (mut read, write, mut filled) = full_pipe();
        let mut command = command(arguments);
        let mut child = command.stdin(Stdio::null()).stdout(write).stderr(Stdio::piped()).spawn().unwrap();
        drop(command);
        sleeps_or_has_ended(&mut child);
        let mut printed = Vec::new();
        read.read_to_end(&mut printed).unwrap();
        let ended = child.wait_with_output().unwrap();
        assert!(ended.status.success() && ended.stderr.is_empty(), "{arguments:?}: {ended:?}");
        filled.extend_from_slice(&expected);
        assert!(printed == filled, "{arguments:?}: {} bytes of {}", printed.len(), filled.len());
    }
}

#[test]
fn errors_that_have_to_wait_are_told() {
    let place = Place::new();
    for arguments in [arguments!["stat", place.ring()], arguments!["doctor", place.ring(), place.path("nor this")]] {
        let (mut read, write, filled) = full_pipe();
        let mut command = command(arguments);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(write).spawn().unwrap();
        drop(command);
        sleeps_or_has_ended(&mut child);
        let mut said = Vec::new();
        read.read_to_end(&mut said).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(3));
        let said = String::from_utf8_lossy(&said[filled.len()..]).into_owned();
        assert_eq!(said.matches("there is no ring at").count(), arguments.len() - 1, "{said}");
    }
}

/// As a sender whose errors nobody reads: it was asked to end, and does.
#[test]
fn a_signal_ends_who_waits_to_tell_something() {
    let place = Place::new();
    let (_read, write, _) = full_pipe();
    fcntl(&write, FcntlArg::F_SETFL(OFlag::empty())).unwrap();
    let mut command = command(arguments!["send", place.ring(), "--progress"]);
    let mut child = command.stdin(Stdio::piped()).stderr(write).spawn().unwrap();
    drop(command);
    child.stdin.take().unwrap().write_all(b"line\n").unwrap();
    until_sent(&place, 16);
    kill(Pid::from_raw(child.id() as i32), Signal::SIGTERM).unwrap();
    until("it ends", || child.try_wait().unwrap());
}

/// Starts `ring`, and gives the other end of its output: a pipe's or a socket's. No child has that open, too.
fn start(arguments: &[OsString], is_socket: bool) -> (Child, File) {
    let mut command = command(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let socket = is_socket.then(|| UnixStream::pair().unwrap()).map(|(one, other)| {
        command.stdout(OwnedFd::from(one));
        OwnedFd::from(other)
    });
    let mut child = command.spawn().unwrap();
    let read = socket.unwrap_or_else(|| child.stdout.take().unwrap().into());
    (child, read.into())
}

/// Waits until it ends, as one does whose output nobody reads.
fn ends_for_want_of_a_reader(mut child: Child) {
    let status = until("it ends", || child.try_wait().unwrap());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((status.code(), &*said), (Some(141), ""));
}

/// As `ring recv --follow R | head -1`, and no message comes after that.
#[test]
fn who_waits_for_messages_sees_that_nobody_reads_them_any_more() {
    for options in [&[][..], &["--follow"], &["--frames"], &["--count", "3"], &["--remove"]] {
        for is_socket in [false, true] {
            let place = Place::new();
            let mut writer = RingWriter::create(place.ring(), 4096).unwrap();
            let arguments = with(arguments!["recv", place.ring()], options);
            let (child, mut read) = start(&arguments, is_socket);
            writer.push(b"one", None).unwrap();
            read.read_exact(&mut [0; 4]).unwrap();
            wait_until("it waits for the next", || writer.is_empty());
            drop(read);
            ends_for_want_of_a_reader(child);
            // Nobody keeps the side.
            assert_eq!(place.seen().reader.state, SideState::Closed);
            let mut reader = RingReader::open(place.ring()).unwrap();
            writer.push(b"two", None).unwrap();
            pops(&mut reader, b"two");
        }
    }
}

#[test]
fn who_waits_for_a_ring_sees_that_nobody_reads_its_messages_any_more() {
    for options in [&[][..], &["--follow"]] {
        for is_socket in [false, true] {
            let place = Place::new();
            let arguments = with(arguments!["recv", place.ring()], options);
            let (child, read) = start(&arguments, is_socket);
            wait_for_its_handlers(child.id());
            drop(read);
            ends_for_want_of_a_reader(child);
            assert!(!place.ring().exists());
        }
    }
}

#[test]
fn top_does_not_look_for_nobody() {
    for is_socket in [false, true] {
        let place = Place::new();
        let (child, mut read) = start(arguments!["top", place.ring(), "--interval", "1h"], is_socket);
        read.read_exact(&mut [0; 4]).unwrap();
        drop(read);
        ends_for_want_of_a_reader(child);
    }
}

#[test]
fn a_sender_that_has_sent_nothing_yet_is_told_that_nobody_finds_its_ring() {
    for (another, expected) in LOSSES {
        for had_a_reader in [false, true] {
            let place = Place::new();
            // Its input stays open, and says nothing.
            let sender = Run::start(arguments!["send", place.ring()], Input::Pipe);
            until("the ring is there", || place.ring().exists().then_some(()));
            if had_a_reader {
                drop(RingReader::open(place.ring()).unwrap());
            }
            take_its_name(&place, another);
            let ended = sender.wait().fails(4, &[]);
            assert!(ended.stderr.contains(expected), "{ended:?}");
        }
    }
}

/// Who holds the ring still is sent to.
#[test]
fn a_sender_whose_receiver_lives_goes_on_without_a_name() {
    let place = Place::new();
    let mut sender = Run::start(arguments!["send", place.ring(), "--capacity", "4096"], Input::Pipe);
    until("the ring is there", || place.ring().exists().then_some(()));
    let mut reader = RingOptions::new().open(place.ring()).unwrap();
    // A sender that sends has its view of the ring, too.
    sender.stdin().write_all(b"line\n").unwrap();
    pops(&mut reader, b"line");
    fs::remove_file(place.ring()).unwrap();
    let mut message = Vec::new();
    for number in 0..3 {
        // It has asked meanwhile, and more than once.
        assert!(reader.pop(&mut message, Some(Duration::from_millis(1100))).is_err());
        sender.stdin().write_all(format!("line {number}\n").as_bytes()).unwrap();
        pops(&mut reader, format!("line {number}").as_bytes());
    }
    sender.finish();
}

/// Who holds the ring still can send. Where it is gone, nobody can.
#[test]
fn a_receiver_whose_sender_lives_goes_on_without_a_name_until_that_has_gone() {
    for (another, expected) in LOSSES {
        for options in [&[][..], &["--follow"]] {
            let place = Place::new();
            let mut writer = RingWriter::create(place.ring(), 4096).unwrap();
            let arguments = with(arguments!["recv", place.ring()], options);
            let receiver = Run::start(&arguments, Input::Nothing);
            until_idle(&place);
            take_its_name(&place, another);
            let mut expected_text = String::new();
            for number in 0..3 {
                writer.push(format!("line {number}").as_bytes(), None).unwrap();
                expected_text += &format!("line {number}\n");
                until("it is received", || writer.is_empty().then_some(()));
            }
            writer.abandon();
            let ended = receiver.wait();
            assert_eq!((ended.status.code(), ended.text()), (Some(4), &*expected_text), "{ended:?}");
            assert!(ended.stderr.contains(expected), "{ended:?}");
        }
    }
}

/// Whoever opens a FIFO waits until somebody writes to it.
#[test]
fn a_fifo_that_nobody_writes_to_is_not_waited_for_when_the_end_was_asked_for() {
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        let place = Place::new();
        mkfifo(&place.path("fifo"), Mode::S_IRWXU).unwrap();
        let sender = Run::start(arguments!["send", place.ring(), place.path("fifo")], Input::Nothing);
        wait_for_its_handlers(sender.id());
        sender.signal(signal);
        assert_eq!(sender.wait().status.code(), Some(128 + signal as i32));
        assert!(!place.ring().exists(), "nothing is made for an input that is not there");
    }
}

#[test]
fn a_fifo_is_read_as_cat_reads_it_until_its_last_writer_has_closed_it() {
    let place = Place::new();
    let fifo = place.path("fifo");
    mkfifo(&fifo, Mode::S_IRWXU).unwrap();
    let open = |path: &Path| fs::OpenOptions::new().write(true).open(path).unwrap();
    let mut sender = Run::start(arguments!["send", place.ring(), fifo], Input::Nothing);
    let receiver = Run::start(arguments!["recv", place.ring()], Input::Nothing);
    wait_for_its_handlers(sender.id());
    assert!(sender.is_running());
    // The second comes before the first has gone.
    let mut first = open(&fifo);
    first.write_all(b"one\n").unwrap();
    wait_until("it comes out", || receiver.stdout() == b"one\n");
    let mut second = open(&fifo);
    drop(first);
    second.write_all(b"two\nand no newline").unwrap();
    wait_until("it comes out", || receiver.stdout() == b"one\ntwo\n");
    drop(second);
    sender.wait().expect();
    assert_eq!(receiver.wait().expect(), b"one\ntwo\nand no newline");

    // One that has nothing to say.
    let place = Place::new();
    mkfifo(&place.path("fifo"), Mode::S_IRWXU).unwrap();
    let sender = Run::start(arguments!["send", place.ring(), place.path("fifo")], Input::Nothing);
    drop(open(&place.path("fifo")));
    sender.wait().expect();
    assert_eq!(receive(&place), b"");
}

#[test]
fn what_is_no_file_holds_up_neither_the_doctor_nor_who_asks_it_to_end() {
    let place = Place::new();
    idle(&place.ring(), &[b"one"]);
    mkfifo(&place.path("fifo"), Mode::S_IRWXU).unwrap();
    let socket = std::os::unix::net::UnixListener::bind(place.path("socket")).unwrap();
    let told = ring(arguments!["doctor", place.directory(), "--all"]).expect();
    assert_eq!(String::from_utf8(told).unwrap().matches("nobody holds it").count(), 1);
    for named in ["fifo", "socket"] {
        let ended = ring(arguments!["doctor", place.path(named)]).fails(0, &[]);
        assert!(ended.text().starts_with("foreign ") || ended.text().starts_with("unknown "), "{ended:?}");
    }
    for command in ["stat", "peek", "recv", "send", "rm"] {
        assert_eq!(ring(arguments![command, place.path("fifo")]).status.code(), Some(3), "{command}");
    }
    drop(socket);

    // A page that is a FIFO is opened for writing, and nobody reads it.
    fs::create_dir(place.path("pages")).unwrap();
    mkfifo(&place.path("pages").join("ring.1"), Mode::S_IRWXU).unwrap();
    let man = Run::start(arguments!["man", place.path("pages")], Input::Nothing);
    man.signal(Signal::SIGTERM);
    assert_eq!(man.wait().status.signal(), Some(Signal::SIGTERM as i32));
}
