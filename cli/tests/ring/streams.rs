//! One stream after the other: each ends once, for one receiver, in its place, whoever comes, goes or dies meanwhile.

use std::io::Write;
use std::process::Command;

use ipc_ring::{RingView, SideState};
use ipc_ring_reference::wait_until;
use nix::sys::signal::Signal;

use crate::arguments;
use crate::tool::{receive, ring, send, until_blocked, until_idle, Ended, Input, Place, Run};

fn receiver(place: &Place) -> Run {
    Run::start(arguments!["recv", place.ring()], Input::Nothing)
}

/// A receiver that waits, as the ring says.
fn waiting_receiver(place: &Place) -> Run {
    let receiver = receiver(place);
    until_idle(place);
    receiver
}

/// Nothing is left: a receiver waits for the next sender.
fn nothing_is_left(place: &Place) {
    let mut receiver = waiting_receiver(place);
    assert!(receiver.is_running());
    assert_eq!((place.seen().used_bytes, receiver.kill()), (0, Vec::new()));
}

#[test]
fn three_days_of_a_receiver_and_a_sender_in_a_shell_are_three_days() {
    let place = Place::new();
    let script = "for day in 1 2 3; do
        $RING recv ring > day.$day & receiver=$!
        echo \"day $day\" | $RING send ring
        wait $receiver || exit
        cat day.$day
    done";
    let mut days = Command::new("sh");
    days.args(["-ec", script]).env("RING", env!("CARGO_BIN_EXE_ring")).current_dir(place.directory());
    let done = days.output().unwrap();
    assert!(done.status.success() && done.stderr.is_empty(), "{done:?}");
    assert_eq!(String::from_utf8_lossy(&done.stdout), "day 1\nday 2\nday 3\n");
}

#[test]
fn a_receiver_that_comes_first_has_its_day_and_one_that_comes_last_waits_for_the_next() {
    let place = Place::new();
    send(&place, "day 0\n", &[]).expect();
    assert_eq!(receive(&place), b"day 0\n");
    for day in 1..4 {
        let receiver = waiting_receiver(&place);
        send(&place, format!("day {day}\n"), &[]).expect();
        assert_eq!(receiver.wait().expect(), format!("day {day}\n").as_bytes());
    }
    nothing_is_left(&place);
}

#[test]
fn streams_that_nobody_has_seen_come_one_by_one_also_where_they_are_empty() {
    let place = Place::new();
    let days = ["day 1\n", "", "", "day 2\nand more\n", ""];
    days.iter().for_each(|day| drop(send(&place, day, &[]).expect()));
    for day in days {
        assert_eq!(receive(&place), day.as_bytes());
    }
    nothing_is_left(&place);
}

#[test]
fn who_follows_is_told_of_no_end() {
    let place = Place::new();
    ["one\n", "", "two\n"].iter().for_each(|stream| drop(send(&place, stream, &[]).expect()));
    let receiver = Run::start(arguments!["recv", place.ring(), "--follow", "--count", "2"], Input::Nothing);
    assert_eq!(receiver.wait().expect(), b"one\ntwo\n");
    // It had enough before the last end, which is another one's.
    assert_eq!(receive(&place), b"");
    nothing_is_left(&place);
}

#[test]
fn a_count_sees_messages_and_no_ends() {
    let place = Place::new();
    ["1\n2\n", "3\n"].iter().for_each(|stream| drop(send(&place, stream, &[]).expect()));
    let take = |count| ring(arguments!["recv", place.ring(), "--count", count]).expect();
    assert_eq!((take("2"), take("2"), take("5")), (b"1\n2\n".to_vec(), b"".to_vec(), b"3\n".to_vec()));
    nothing_is_left(&place);
}

/// A second sender, whose input is not at its end, has come before anybody has seen the end of the first stream.
fn second_sender(place: &Place) -> Run {
    send(place, "day 1\n", &[]).expect();
    let mut second = Run::start(arguments!["send", place.ring()], Input::Pipe);
    second.stdin().write_all(b"day 2\n").unwrap();
    wait_until("it has sent", || place.seen().writer.message_count == Ok(2));
    second
}

#[test]
fn a_sender_that_comes_early_takes_no_end_away() {
    let place = Place::new();
    let mut second = second_sender(&place);
    assert_eq!(receive(&place), b"day 1\n");
    let receiver = receiver(&place);
    wait_until("it has received", || receiver.stdout_len() == 6);
    second.stdin().write_all(b"and more\n").unwrap();
    second.end_input();
    second.wait().expect();
    assert_eq!(receiver.wait().expect(), b"day 2\nand more\n");
    nothing_is_left(&place);
}

#[test]
fn a_sender_that_comes_early_and_is_killed_takes_no_end_away_and_leaves_none() {
    let place = Place::new();
    second_sender(&place).kill();
    assert_eq!(place.seen().writer.state, SideState::Died);
    assert_eq!(receive(&place), b"day 1\n");
    let ended: Ended = receiver(&place).wait();
    assert_eq!((ended.status.code(), ended.text()), (Some(4), "day 2\n"), "{ended:?}");
    // That its stream has no end is told to who had a part of it. Who comes now waits for the rest.
    let receiver = waiting_receiver(&place);
    let whole = place.file("whole", "day 1\nday 2\nthe rest\n");
    ring(arguments!["send", place.ring(), whole, "--resume"]).expect();
    assert_eq!(receiver.wait().expect(), b"the rest\n");
}

#[test]
fn a_sender_that_fails_takes_no_end_away_and_leaves_none() {
    let place = Place::new();
    send(&place, "one\ntwo\n", &[]).expect();
    let failed = ring(arguments!["send", place.ring(), place.file("shorter", "one\n"), "--resume"]);
    assert_eq!(failed.status.code(), Some(5), "{failed:?}");
    assert_eq!(receive(&place), b"one\ntwo\n");
    nothing_is_left(&place);
}

/// The smallest ring holds eight ends. Whoever would send then waits until somebody has received one, and says so.
#[test]
fn a_sender_waits_where_there_is_no_room_for_another_end() {
    let place = Place::new();
    let begin = || Run::start(arguments!["send", place.ring(), "--capacity", "64"], Input::Nothing);
    (0..8).for_each(|_| drop(begin().wait().expect()));
    assert_eq!((place.seen().used_bytes, place.seen().writer.state), (64, SideState::Closed));
    for signal in [None, Some(Signal::SIGTERM)] {
        let sender = begin();
        until_blocked(&place);
        match signal {
            Some(signal) => {
                sender.signal(signal);
                assert_eq!(sender.wait().status.code(), Some(143));
            }
            None => {
                assert_eq!(receive(&place), b"");
                sender.wait().expect();
            }
        }
        assert_eq!(place.seen().used_bytes, 64);
    }
    (0..8).for_each(|_| assert_eq!(receive(&place), b""));
    nothing_is_left(&place);
}

/// A receiver that is killed at a system call, from where its output has taken the last message until it has ended,
/// which is before its first one after that or before a later one.
#[cfg(target_os = "linux")]
mod killed {
    use super::*;
    use nix::sys::ptrace;
    use nix::sys::wait::{waitpid, WaitStatus};
    use nix::unistd::Pid;
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Stdio};

    /// Goes on to its next system call, or the end of one. Whether it has come so far, and not ended before.
    fn step(pid: Pid) -> bool {
        let mut signal = None;
        loop {
            ptrace::syscall(pid, signal).unwrap();
            match waitpid(pid, None).unwrap() {
                WaitStatus::PtraceSyscall(_) => return true,
                WaitStatus::Stopped(_, stopped_by) => signal = Some(stopped_by),
                WaitStatus::Exited(..) | WaitStatus::Signaled(..) => return false,
                _ => signal = None,
            }
        }
    }

    /// A receiver into a file, stopped as soon as that has a stream of these bytes.
    fn stopped_receiver(place: &Place, stream: &str) -> (Child, Pid) {
        let mut command = crate::tool::command(arguments!["recv", place.ring()]);
        command.stdout(std::fs::File::create(place.path("first")).unwrap()).stdin(Stdio::null());
        // SAFETY: a system call, and nothing else.
        unsafe { command.pre_exec(|| Ok(ptrace::traceme()?)) };
        let child = command.spawn().unwrap();
        let pid = Pid::from_raw(child.id() as i32);
        waitpid(pid, None).unwrap();
        ptrace::setoptions(pid, ptrace::Options::PTRACE_O_TRACESYSGOOD).unwrap();
        while std::fs::read(place.path("first")).unwrap() != stream.as_bytes() {
            assert!(step(pid), "it ended before it had written all");
        }
        (child, pid)
    }

    #[test]
    fn a_receiver_that_is_killed_at_any_system_call_after_the_last_message_has_taken_the_end_or_leaves_it() {
        let mut ways = Vec::new();
        for calls in 0.. {
            let place = Place::new();
            ["one\ntwo\n", "three\n"].iter().for_each(|stream| drop(send(&place, stream, &[]).expect()));
            let (mut child, pid) = stopped_receiver(&place, "one\ntwo\n");
            let is_there = (0..calls).all(|_| step(pid));
            let _ = child.kill();
            let _ = waitpid(pid, None);
            let _ = child.wait();
            let mut left = Vec::new();
            while RingView::open(place.ring()).unwrap().snapshot().used_bytes > 0 {
                left.push(String::from_utf8(receive(&place)).unwrap());
            }
            ways.push(left.concat());
            let left: Vec<&str> = left.iter().map(|stream| &**stream).collect();
            match &left[..] {
                // Again as a whole, its end alone, or nothing of it.
                ["one\ntwo\n", "three\n"] | ["", "three\n"] | ["three\n"] => {}
                _ => panic!("after {calls} calls: {left:?}"),
            }
            if !is_there {
                assert_eq!(left, ["three\n"], "it has ended, and taken the end");
                break;
            }
        }
        assert!(ways.len() > 3, "it was killed at {} calls", ways.len());
        assert_eq!((&*ways[0], &*ways[ways.len() - 1]), ("one\ntwo\nthree\n", "three\n"));
        ways.dedup();
        assert!(ways.len() <= 3, "what is taken comes back: {ways:?}");
    }
}
