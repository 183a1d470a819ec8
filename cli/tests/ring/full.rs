//! What becomes of a message for which there is no space: it waits, is dropped and counted, or ends the sender.

use std::io::Write;
use std::thread;

use crate::arguments;
use crate::tool::{json_of, ring, text_of, until_blocked, with, Ended, Input, Place, Run};
use ipc_ring_reference::{until, wait_until};

/// More lines than fit a ring of 256 bytes, of 16 bytes each in it.
const LINES: u64 = 40;

fn lines(range: std::ops::Range<u64>) -> String {
    range.map(|number| format!("{number:07}\n")).collect()
}

/// Starts a sender of the file into a small ring.
fn start(place: &Place, file: &std::path::Path, options: &[&str]) -> Run {
    let arguments = with(arguments!["send", place.ring(), file, "--capacity", "256"], options);
    Run::start(&arguments, Input::Nothing)
}

fn send(place: &Place, file: &std::path::Path, options: &[&str]) -> Ended {
    start(place, file, options).wait()
}

/// The messages that went into the ring, and those that were dropped, as `ring stat` has it.
fn counts(place: &Place) -> (u64, u64) {
    let seen = json_of(arguments!["stat", place.ring(), "--json"]);
    let of = |name: &str| seen["writer"][name].as_u64().unwrap();
    (of("messages"), of("dropped"))
}

fn received(place: &Place) -> String {
    let ended = ring(arguments!["recv", place.ring()]);
    assert!(matches!(ended.status.code(), Some(0 | 4)), "{ended:?}");
    ended.text().into()
}

#[test]
fn a_sender_that_is_to_fail_says_where_and_is_resumed_there() {
    for (options, says) in [
        (&["--when-full", "fail"][..], " is full, and message "),
        (&["--when-full", "fail", "--timeout", "20ms"], " was full for 20ms, and message "),
        (&["--timeout", "30ms"], " was full for 30ms, and message "),
    ] {
        let place = Place::new();
        let file = place.file("lines", lines(0..LINES));
        let ended = send(&place, &file, options).fails(6, &[]);
        let (sent, dropped) = counts(&place);
        assert!((1..LINES).contains(&sent) && dropped == 0, "{sent} {dropped}");
        let said = format!("{says}{} of the input is not in it", sent + 1);
        assert!(ended.stderr.contains(&said) && ended.stderr.contains("--resume"), "{ended:?}");
        let first = ring(arguments!["recv", place.ring()]);
        assert_eq!((first.status.code(), first.text()), (Some(4), &*lines(0..sent)), "the stream has not ended");

        let receiver = Run::start(arguments!["recv", place.ring(), "--follow", "--count", "1G"], Input::Nothing);
        send(&place, &file, &["--resume"]).expect();
        wait_until("all has come", || receiver.stdout() == lines(sent..LINES).as_bytes());
        receiver.kill();
    }
}

#[test]
fn a_message_that_is_to_wait_does_until_there_is_a_reader() {
    for options in [&[][..], &["--when-full", "block"], &["--when-full", "drop-newest", "--timeout", "1h"]] {
        let place = Place::new();
        let file = place.file("lines", lines(0..LINES));
        let sender = start(&place, &file, options);
        until_blocked(&place);
        assert_eq!(received(&place), lines(0..LINES));
        sender.wait().expect();
        assert_eq!(counts(&place), (LINES, 0));
    }
}

#[test]
fn what_is_dropped_is_counted_and_is_not_sent_when_the_rest_is() {
    for options in [&["--when-full", "drop-newest"][..], &["--when-full", "drop-newest", "--timeout", "2ms"]] {
        let place = Place::new();
        // The last without a newline: it is a message of its own kind, and dropped as the others.
        let file = place.file("lines", lines(0..LINES).trim_end());
        let ended = send(&place, &file, options);
        let (sent, dropped) = counts(&place);
        assert!((1..LINES).contains(&sent) && sent + dropped == LINES, "{sent} {dropped}");
        let note = format!("note: dropped {dropped} messages, because ");
        assert!(ended.status.success() && ended.stderr.starts_with(&note), "{ended:?}");
        let text = text_of(arguments!["stat", place.ring()]);
        assert!(text.contains(&format!(" messages, {dropped} dropped, ")), "{text}");
        assert_eq!(received(&place), lines(0..sent));

        let more = place.file("more", lines(0..LINES + 3));
        send(&place, &more, &["--resume"]).expect();
        assert_eq!(received(&place), lines(LINES..LINES + 3));
        let again = send(&place, &file, &["--resume"]);
        assert_eq!(again.status.code(), Some(5), "{again:?}");
    }
}

/// Senders that drop, and are killed at any moment: each line was sent once, or dropped once.
#[test]
fn a_sender_that_drops_and_is_killed_neither_repeats_nor_forgets_a_line() {
    const LINES: u64 = 300_000;
    const KILLS: u64 = 5;
    let place = Place::new();
    let all = lines(0..LINES);
    let file = place.file("lines", &all);
    let receiver = Run::start(arguments!["recv", place.ring(), "--follow"], Input::Nothing);
    let arguments = ["--when-full", "drop-newest", "--resume"];
    for killed in 1..=KILLS {
        let arguments =
            [arguments!["send", place.ring(), "-", "--capacity", "256"], &arguments.map(Into::into)].concat();
        let mut sender = Run::start(&arguments, Input::Pipe);
        // Its input does not end, so that it does not before it is killed.
        let (mut input, lines) = (sender.take_stdin(), all.clone());
        let writing = thread::spawn(move || input.write_all(lines.as_bytes()).map(|()| input));
        until("it is in the midst of it", || {
            let writer = ipc_ring::RingView::open(place.ring()).ok()?.snapshot().writer;
            (writer.message_count.ok()? + writer.dropped >= killed * LINES / (KILLS + 1)).then_some(())
        });
        sender.kill();
        let _ = writing.join().unwrap();
    }
    let ended = send(&place, &file, &arguments);
    assert!(ended.status.success(), "{ended:?}");
    let (sent, dropped) = counts(&place);
    assert!(sent > 0 && dropped > 0 && sent + dropped == LINES, "{sent} and {dropped}");
    wait_until("all has come", || receiver.stdout_len() >= 8 * sent);
    let output = String::from_utf8(receiver.kill()).unwrap();
    let numbers: Vec<u64> = output.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(numbers.len() as u64, sent);
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "a line came twice");
}
