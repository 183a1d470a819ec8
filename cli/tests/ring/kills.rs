//! Whoever dies, nothing that was sent is lost: sides that are killed in full swing, and started again.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use ipc_ring::RingView;
use ipc_ring_reference::{until, wait_until};
use nix::sys::signal::Signal;

use crate::arguments;
use crate::tool::{numbers, ring, sender_of, take_its_name, until_blocked, Input, Place, Run, LOSSES};

/// How often a side is killed.
const KILLS: u64 = 5;
/// What it has done when it is.
const ENOUGH: u64 = 200_000;

/// Asserts that each number is followed by the next.
fn assert_consecutive(numbers: &[u64]) {
    assert_eq!(numbers.windows(2).find(|pair| pair[1] != pair[0] + 1), None);
}

#[test]
fn a_receiver_that_is_killed_again_and_again_loses_nothing_and_repeats_at_most_its_last_batch() {
    let place = Place::new();
    let enough = AtomicBool::new(false);
    thread::scope(|threads| {
        // In here, so that it is killed, and ends what feeds it, where this fails.
        let mut sender = Run::start(arguments!["send", place.ring(), "--capacity", "64K"], Input::Pipe);
        let mut input = sender.take_stdin();
        let enough = &enough;
        let feeding = threads.spawn(move || {
            let mut sent = 0u64;
            while !enough.load(Ordering::Relaxed) {
                let lines: String = (sent..sent + 1000).map(|number| format!("{number}\n")).collect();
                input.write_all(lines.as_bytes()).unwrap();
                sent += 1000;
            }
            sent
        });
        // The first number that has not been received.
        let mut next = 0;
        for _ in 0..KILLS {
            let receiver = Run::start(arguments!["recv", place.ring()], Input::Nothing);
            wait_until("it receives", || receiver.stdout_len() >= ENOUGH);
            let received = numbers(&receiver.kill());
            next = goes_on(&received, next);
        }
        enough.store(true, Ordering::Relaxed);
        let receiver = Run::start(arguments!["recv", place.ring()], Input::Nothing);
        let sent = feeding.join().unwrap();
        sender.wait().expect();
        assert_eq!(goes_on(&numbers(&receiver.wait().expect()), next), sent);
    });
}

/// What comes next after these numbers, which have to be those from `next` on, after repeats of a batch at their
/// beginning.
fn goes_on(received: &[u64], next: u64) -> u64 {
    assert_consecutive(received);
    // A batch is what the ring holds at most: 64 KiB, at 16 bytes and more a message.
    assert!(received[0] <= next && next - received[0] <= (64 << 10) / 16, "from {} after {next}", received[0]);
    received[received.len() - 1] + 1
}

#[test]
fn senders_that_are_killed_one_after_another_leave_what_they_sent_whole_and_in_order() {
    let place = Place::new();
    let receiver = Run::start(arguments!["recv", place.ring(), "--follow"], Input::Nothing);
    // Each sender's numbers begin with a digit of its own.
    let first = |sender: u64| (sender + 1) * 1_000_000_000;
    for killed in 0..KILLS {
        let before = receiver.stdout_len();
        thread::scope(|threads| {
            let mut sender = Run::start(arguments!["send", place.ring(), "--capacity", "64K"], Input::Pipe);
            let mut input = sender.take_stdin();
            // Nobody may tell how far the sender has got, so it is killed with something in its hands.
            threads.spawn(move || (first(killed)..).try_for_each(|number| writeln!(input, "{number}")));
            wait_until("enough of it is received", || receiver.stdout_len() > before + ENOUGH);
            sender.kill();
        });
    }
    let mut sender = Run::start(arguments!["send", place.ring()], Input::Pipe);
    let last: String = (0..1000).map(|number| format!("{}\n", first(KILLS) + number)).collect();
    sender.stdin().write_all(last.as_bytes()).unwrap();
    sender.finish();
    let end = format!("{}\n", first(KILLS) + 999);
    until("all is received", || receiver.stdout().ends_with(end.as_bytes()).then_some(()));
    receiver.signal(Signal::SIGINT);
    let ended = receiver.wait();
    assert_eq!(ended.status.code(), Some(130), "{}", ended.stderr);

    let received = numbers(&ended.stdout);
    let mut of_each = received.chunk_by(|one, next| one / 1_000_000_000 == next / 1_000_000_000);
    for sender in 0..=KILLS {
        let of_this = of_each.next().unwrap();
        assert_eq!(of_this[0], first(sender), "from its first on");
        assert_consecutive(of_this);
    }
    assert_eq!(of_each.next(), None);
}

#[test]
fn a_receiver_whose_sender_was_killed_has_everything_and_says_that_there_may_be_more() {
    let place = Place::new();
    let sender = sender_of(&place, b"one\ntwo\nhal", 32);
    sender.kill();
    let ended = ring(arguments!["recv", place.ring()]);
    assert_eq!((ended.status.code(), ended.text()), (Some(4), "one\ntwo\n"));
    assert!(
        ended.stderr.contains("the sender did not end the stream") && ended.stderr.contains("--follow"),
        "{ended:?}"
    );
}

#[test]
fn both_sides_are_told_when_the_ring_is_removed_under_them() {
    let place = Place::new();
    let file = place.file("input", b"line\n".repeat(5000));
    let send = || Run::start(arguments!["send", place.ring(), file, "--capacity", "4096"], Input::Nothing);
    // As one ought not to: by rm, and not by ring rm. It does not matter whether there ever was a reader.
    for had_a_reader in [false, true] {
        let sender = send();
        until_blocked(&place);
        if had_a_reader {
            drop(ipc_ring::RingReader::open(place.ring()).unwrap());
        }
        std::fs::remove_file(place.ring()).unwrap();
        sender.wait().fails(4, &["was removed"]);
    }

    // Where all of it fits, too, and so nobody ever waits; a receiver that holds it still is given to drain it.
    for is_received in [false, true] {
        let mut sender = sender_of(&place, b"one\n", 16);
        let receiver = is_received.then(|| Run::start(arguments!["recv", place.ring()], Input::Nothing));
        if let Some(receiver) = &receiver {
            wait_until("it is received", || receiver.stdout_len() == 4);
        }
        let view = RingView::open(place.ring()).unwrap();
        std::fs::remove_file(place.ring()).unwrap();
        if let Some(receiver) = &receiver {
            receiver.signal(Signal::SIGSTOP);
        }
        sender.stdin().write_all(b"two\n").unwrap();
        sender.end_input();
        match receiver {
            Some(receiver) => {
                until("the sender waits until all is taken", || view.snapshot().writer.awaits);
                receiver.signal(Signal::SIGCONT);
                sender.wait().expect();
                assert_eq!(receiver.wait().expect(), b"one\ntwo\n");
            }
            None => {
                sender.wait().fails(4, &["was removed"]);
            }
        }
    }

    for (another, expected) in LOSSES {
        let receiver = Run::start(arguments!["recv", place.ring(), "--follow"], Input::Nothing);
        drop(until("the receiver waits", || ipc_ring::RingWriter::create(place.ring(), 4096).ok()));
        wait_until("it has opened the ring", || place.seen().reader.epoch == 1);
        take_its_name(&place, another);
        let ended = receiver.wait().fails(4, &[]);
        assert!(ended.stderr.contains(expected), "{ended:?}");
    }
}

/// A log that says little: nobody waits for space, and nobody ends the input.
#[test]
fn a_sender_with_space_and_nothing_to_send_is_told_that_nobody_finds_what_it_sent() {
    for (another, expected) in LOSSES {
        let place = Place::new();
        let mut sender = sender_of(&place, b"one\n", 16);
        take_its_name(&place, another);
        wait_until("it ends", || !sender.is_running());
        let ended = sender.wait().fails(4, &[]);
        assert!(ended.stderr.contains(expected), "{ended:?}");
    }
}

#[test]
fn a_side_is_taken_from_who_was_killed_that_very_moment() {
    let place = Place::new();
    let holder = |nth: u64| {
        let mut run = Run::start(arguments!["send", place.ring()], Input::Pipe);
        until("it holds the side", || {
            assert!(run.is_running(), "it ended");
            let seen = RingView::open(place.ring()).ok()?.snapshot();
            (seen.writer.epoch == nth).then_some(())
        });
        run
    };
    let mut held = holder(1);
    for nth in 2..=20 {
        held.signal(Signal::SIGKILL);
        held = holder(nth);
    }
}
