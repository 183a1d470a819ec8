//! Unix manners: outputs that close, Ctrl-C, colours, help.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::process::Stdio;

use ipc_ring::{RingOptions, RingWriter, SideState};
use ipc_ring_reference::until;
use nix::pty::openpty;
use nix::sys::signal::{kill, Signal};
use nix::sys::termios::{tcflow, FlowArg};
use nix::unistd::Pid;

use crate::arguments;
use crate::tool::{
    command, numbers, receive, ring, send, sender_of, text_of, until_blocked, until_idle, Input, Place, Run,
};

/// A ring with the numbers from 0 on as messages, as many as fit, and how many that are. It is closed.
fn full_of_numbers(place: &Place) -> u64 {
    let mut writer = RingWriter::create(place.ring(), 4 << 20).unwrap();
    let mut number = 0u64;
    while writer.try_push(number.to_string().as_bytes()).is_ok() {
        number += 1;
    }
    number
}

/// Asserts that the two outputs together have all numbers up to `end`, in order; repeats may be among them.
fn assert_all(first: &[u64], then: &[u64], end: u64) {
    let expected: Vec<u64> = (0..first.len() as u64).collect();
    assert_eq!(first, expected);
    let begin = then.first().copied().unwrap_or(end);
    assert!(begin <= first.len() as u64, "{begin} after {}", first.len());
    assert!(then.iter().copied().eq(begin..end));
}

/// As `ring recv | head -1`.
#[test]
fn an_output_that_closes_ends_recv_in_silence_and_what_it_had_not_taken_comes_again() {
    let place = Place::new();
    let all = full_of_numbers(&place);
    let mut receiver = command(arguments!["recv", place.ring()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(receiver.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "0\n");
    drop(output);
    let status = until("it ends", || receiver.try_wait().unwrap());
    let mut complaint = String::new();
    receiver.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
    assert_eq!((status.code(), &*complaint), (Some(141), ""));
    assert_eq!(place.seen().reader.state, SideState::Closed);

    // What the pipe had taken may be gone, and it has room for 64 KiB; nothing else is.
    let rest = numbers(&receive(&place));
    assert!(rest[0] < 64 << 10, "{}", rest[0]);
    assert!(rest.iter().copied().eq(rest[0]..all));
}

#[test]
fn printing_to_a_closed_output_is_no_error_to_speak_of() {
    let place = Place::new();
    full_of_numbers(&place);
    for arguments in [&["stat"][..], &["doctor"], &["peek"]] {
        let (read, write) = nix::unistd::pipe().unwrap();
        drop(read);
        let mut command = command(arguments);
        let output = command.arg(place.ring()).stdout(write).output().unwrap();
        assert_eq!((output.status.code(), &*output.stderr), (Some(141), &b""[..]), "{arguments:?}");
    }
}

#[test]
fn a_ctrl_c_ends_a_receiver_that_waits_and_it_closes_its_end() {
    let place = Place::new();
    // Without a ring to wait at, too.
    let receiver = Run::start(arguments!["recv", place.ring()], Input::Nothing);
    let _writer = until("the receiver waits", || RingWriter::create(place.ring(), 4096).ok());
    until_idle(&place);
    receiver.signal(Signal::SIGINT);
    let ended = receiver.wait();
    assert_eq!((ended.status.code(), &*ended.stderr), (Some(130), ""));
    assert_eq!(place.seen().reader.state, SideState::Closed);
}

#[test]
fn a_ctrl_c_ends_a_receiver_that_waits_for_a_ring() {
    let place = Place::new();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let receiver = Run::start(arguments!["recv", place.ring()], Input::Nothing);
        wait_for_its_handlers(receiver.id());
        receiver.signal(signal);
        assert_eq!(receiver.wait().status.code(), Some(128 + signal as i32));
    }
}

/// Waits until a process that was just started handles signals.
pub fn wait_for_its_handlers(id: u32) {
    until("it handles signals", || {
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:\t")).unwrap();
        let caught = u64::from_str_radix(caught, 16).unwrap();
        // SIGTERM, and by then SIGINT; SIGHUP is the last.
        (caught & 1 << (Signal::SIGHUP as i32 - 1) != 0).then_some(())
    });
}

#[test]
fn a_ctrl_c_ends_a_receiver_whose_output_is_stuck_and_what_that_did_not_take_comes_again() {
    // A pipe that is full before it is written to, and one that has room for a part of what is written.
    for there_before in [0, 5000] {
        let place = Place::new();
        let all = full_of_numbers(&place);
        let (pipe, to) = nix::unistd::pipe().unwrap();
        let (mut pipe, mut to) = (File::from(pipe), File::from(to));
        to.write_all(&vec![0; there_before]).unwrap();
        let mut command = command(arguments!["recv", place.ring()]);
        let mut receiver = command.stdin(Stdio::null()).stdout(to).spawn().unwrap();
        drop(command);
        until("the pipe is full", || {
            let mut waiting: nix::libc::c_int = 0;
            // SAFETY: the descriptor is open, and the answer is an int.
            unsafe { nix::libc::ioctl(pipe.as_raw_fd(), nix::libc::FIONREAD, &mut waiting) };
            (waiting >= 60_000).then_some(())
        });
        kill(Pid::from_raw(receiver.id() as i32), Signal::SIGINT).unwrap();
        let status = until("it ends", || receiver.try_wait().unwrap());
        assert_eq!(status.code(), Some(130));
        assert_eq!(place.seen().reader.state, SideState::Closed);
        let mut taken = Vec::new();
        pipe.read_to_end(&mut taken).unwrap();
        let rest = numbers(&receive(&place));
        assert_all(&numbers(&taken[there_before..]), &rest, all);
    }
}

#[test]
fn a_ctrl_c_ends_a_sender_that_waits_for_input_and_what_it_has_read_is_sent() {
    let place = Place::new();
    let sender = sender_of(&place, b"one\ntwo\nhal", 32);
    sender.signal(Signal::SIGINT);
    assert_eq!(sender.wait().status.code(), Some(130));
    // All that was read is sent, and it was not all: whoever receives is told so.
    assert_eq!(place.seen().writer.state, SideState::Died);
    let ended = ring(arguments!["recv", place.ring(), "--remove"]);
    assert_eq!((ended.status.code(), ended.text()), (Some(4), "one\ntwo\n"));
    assert!(ended.stderr.contains("interrupted"), "{ended:?}");
    // And who sends it all again goes on there.
    send(&place, "one\ntwo\nhalf\n", &["--resume"]).expect();
    assert_eq!(receive(&place), b"half\n");
}

#[test]
fn a_ctrl_c_ends_a_sender_that_waits_for_space_and_nothing_that_is_in_the_ring_is_lost() {
    let place = Place::new();
    let file = place.file("input", (0..10_000).map(|number| format!("{number}\n")).collect::<String>());
    let sender = Run::start(arguments!["send", place.ring(), file, "--capacity", "4096"], Input::Nothing);
    until_blocked(&place);
    let waiting = place.seen().used_bytes as u64 / 16;
    sender.signal(Signal::SIGINT);
    assert_eq!(sender.wait().status.code(), Some(130));
    assert_eq!(place.seen().writer.state, SideState::Died);
    let ended = ring(arguments!["recv", place.ring()]).fails(4, &[]);
    assert_eq!(numbers(&ended.stdout), (0..waiting).collect::<Vec<u64>>());
}

/// As `timeout` asks: the process, and its group with it.
#[test]
fn who_asks_twice_in_one_breath_is_waited_for() {
    for _ in 0..10 {
        let place = Place::new();
        let file = place.file("input", (0..10_000).map(|number| format!("{number}\n")).collect::<String>());
        let sender = Run::start(arguments!["send", place.ring(), file, "--capacity", "4096"], Input::Nothing);
        until_blocked(&place);
        sender.signal(Signal::SIGTERM);
        sender.signal(Signal::SIGTERM);
        let sent = place.seen().used_bytes;
        assert_eq!(sender.wait().status.code(), Some(143));
        assert_eq!((place.seen().writer.state, place.seen().used_bytes), (SideState::Died, sent));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn who_asks_again_and_again_does_not_wait_for_what_may_never_end() {
    let place = Place::new();
    // A terminal that somebody has stopped, as by Ctrl-S: to draw there waits, and goes on waiting when a signal came.
    let terminal = openpty(None, None).unwrap();
    tcflow(&terminal.slave, FlowArg::TCOOFF).unwrap();
    let mut command = command(arguments!["send", place.ring(), "--progress"]);
    let mut sender = command.stdin(Stdio::piped()).stderr(terminal.slave).env("TERM", "xterm").spawn().unwrap();
    drop(command);
    let mut input = sender.stdin.take().unwrap();
    until("it draws", || {
        input.write_all(b"line\n").unwrap();
        let in_call = fs::read_to_string(format!("/proc/{}/syscall", sender.id())).unwrap();
        in_call.starts_with(&format!("{} 0x2 ", nix::libc::SYS_write)).then_some(())
    });
    let status = until("it ends", || {
        kill(Pid::from_raw(sender.id() as i32), Signal::SIGINT).unwrap();
        sender.try_wait().unwrap()
    });
    assert_eq!(status.code(), Some(130));
}

#[test]
fn a_sender_outlives_its_receivers() {
    let place = Place::new();
    let mut sender = Run::start(arguments!["send", place.ring()], Input::Pipe);
    until("the ring is there", || place.ring().exists().then_some(()));
    // One that closes its end, before anything was sent.
    drop(RingOptions::new().open(place.ring()).unwrap());
    sender.stdin().write_all(b"one\n").unwrap();
    sender.finish();
    assert_eq!(receive(&place), b"one\n");
}

/// As `nohup` starts a program, and a shell that has no job control what it puts into the background.
#[test]
fn a_signal_that_was_ignored_before_is_ignored() {
    let place = Place::new();
    for signal in ["HUP", "INT", "TERM"] {
        let script = format!("trap '' {signal}; exec \"$0\" recv \"$1\"");
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_ring")]).arg(place.ring()).stdout(Stdio::piped());
        let mut receiver = command.spawn().unwrap();
        let mut writer = until("the ring can be made", || RingWriter::create(place.ring(), 4096).ok());
        until_idle(&place);
        kill(Pid::from_raw(receiver.id() as i32), format!("SIG{signal}").parse::<Signal>().unwrap()).unwrap();
        writer.push(b"still there", None).unwrap();
        drop(writer);
        assert_eq!(until("it ends", || receiver.try_wait().unwrap()).code(), Some(0), "{signal}");
        ring(arguments!["rm", place.ring()]).expect();
    }
}

/// What a command prints to a terminal.
fn on_a_terminal(arguments: &[std::ffi::OsString], no_color: bool) -> String {
    let terminal = openpty(None, None).unwrap();
    let to: OwnedFd = terminal.slave;
    let mut command = command(arguments);
    command.stdin(Stdio::null()).stdout(to).env("TERM", "xterm");
    if no_color {
        command.env("NO_COLOR", "1");
    }
    let mut child = command.spawn().unwrap();
    drop(command);
    let mut printed = Vec::new();
    // The end of a terminal whose last user has gone is an error.
    let _ = File::from(terminal.master).read_to_end(&mut printed);
    child.wait().unwrap();
    String::from_utf8(printed).unwrap()
}

#[test]
fn colours_are_for_terminals_and_not_for_those_who_want_none() {
    let place = Place::new();
    full_of_numbers(&place);
    let doctor = arguments!["doctor", place.ring()];
    let coloured = on_a_terminal(doctor, false);
    assert!(coloured.contains("\x1b[36midle"), "{coloured:?}");
    let plain = on_a_terminal(doctor, true);
    assert!(plain.contains("idle") && !plain.contains('\x1b'), "{plain:?}");
    let piped = text_of(doctor);
    assert!(piped.contains("idle") && !piped.contains('\x1b'), "{piped:?}");
    // As ring(1) says under ENVIRONMENT.
    let forced = command(doctor).env("NO_COLOR", "1").env("CLICOLOR_FORCE", "1").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&forced.stdout), coloured.replace("\r\n", "\n"));
}

#[test]
fn top_stays_where_it_is_on_a_terminal() {
    let place = Place::new();
    full_of_numbers(&place);
    let printed = on_a_terminal(arguments!["top", place.ring(), "--count", "3", "--interval", "10ms"], true);
    // Up by the head and a line, each time but the first.
    assert_eq!(printed.matches("\x1b[2A").count(), 2, "{printed:?}");
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines.len(), 6, "{printed:?}");
    assert!(lines.iter().all(|line| line.trim_end().ends_with("\x1b[K")), "{printed:?}");
}

#[test]
fn top_shows_no_more_rings_than_a_terminal_has_lines() {
    let place = Place::new();
    full_of_numbers(&place);
    let mut top = arguments!["top", "--count", "2", "--interval", "10ms"].to_vec();
    top.extend((0..30).map(|_| place.ring().into_os_string()));
    let printed = on_a_terminal(&top, true);
    // A terminal has 24 lines unless somebody says otherwise: a head, 20 rings, and what is not shown.
    assert_eq!(printed.matches("idle").count(), 2 * 21, "{printed:?}");
    assert_eq!(printed.matches("and 9 more").count(), 2, "{printed:?}");
    assert_eq!(printed.matches("\x1b[23A").count(), 1, "{printed:?}");
}

#[test]
fn the_help_has_examples_and_the_exit_statuses() {
    let help = text_of(&["--help"]);
    for words in ["Examples:", "| ring send", "Exit status:", "141", "doctor"] {
        assert!(help.contains(words), "{words}: {help}");
    }
    for command in ["send", "recv"] {
        let help = text_of(&[command, "--help"]);
        assert!(help.contains(&format!("ring {command} /dev/shm/")), "{help}");
    }
    let version = text_of(&["--version"]);
    assert_eq!(version, format!("ring {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn completions_have_the_commands_and_options() {
    for (shell, word) in [("bash", "complete -F _ring"), ("zsh", "#compdef ring"), ("fish", "complete -c ring")] {
        let script = text_of(&["completions", shell]);
        assert!(script.contains(word) && script.contains("block-size"), "{shell}: {script}");
    }
}

#[test]
fn man_prints_ring_1_and_writes_all_pages_as_they_are() {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("man");
    assert_eq!(text_of(&["man"]), fs::read_to_string(pages.join("ring.1")).unwrap());
    let place = Place::new();
    let directory = place.path("share/man1");
    ring(arguments!["man", directory]).expect();
    let contents = |directory: &Path| -> BTreeMap<_, _> {
        let files = fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
        files.map(|file| (file.file_name().unwrap().to_owned(), fs::read_to_string(&file).unwrap())).collect()
    };
    assert_eq!(contents(&directory), contents(&pages));
}
