//! A file that is sent from its beginning again and again, by senders that are killed: each line goes in exactly once.

use std::os::unix::fs::FileExt;

use crate::arguments;
use crate::tool::{Input, Place, Run};
use crate::until::until;

/// How often the sender is killed.
const KILLS: u64 = 5;
const LINES: u64 = 400_000;

#[test]
fn a_file_that_is_sent_again_after_each_death_goes_in_exactly_once() {
    let place = Place::new();
    let lines: String = (0..LINES).map(|number| format!("{number}\n")).collect();
    let file = place.file("lines", &lines);
    let receiver = Run::start(arguments!["recv", place.ring(), "--follow"], Input::Nothing);
    for killed in 0..KILLS {
        let before = receiver.stdout_len();
        let sender =
            Run::start(arguments!["send", place.ring(), &file, "--capacity", "64K", "--resume"], Input::Nothing);
        // In the midst of it, as far as the lines before the last part go.
        let part = lines.len() as u64 / (KILLS + 1);
        until("it sends", || (receiver.stdout_len() >= before + part / 2).then_some(()));
        assert!(receiver.stdout_len() < lines.len() as u64, "death {killed} came too late");
        sender.kill();
    }
    Run::start(arguments!["send", place.ring(), &file, "--resume"], Input::Nothing).wait().expect();
    until("all has come", || (receiver.stdout_len() >= lines.len() as u64).then_some(()));
    assert!(receiver.kill() == lines.as_bytes(), "what came is not what was sent");
}

#[test]
fn an_input_that_has_less_than_was_sent_already_is_told_so() {
    let place = Place::new();
    let file = place.file("lines", "one\ntwo\nthree\n");
    let send = |input| Run::start(arguments!["send", place.ring(), input, "--resume"], Input::Nothing).wait();
    send(&file).expect();
    send(&file).expect();
    let shorter = place.file("shorter", "one\n");
    let ended = send(&shorter);
    assert_eq!(ended.status.code(), Some(5), "{ended:?}");
    assert!(ended.stderr.contains("2 messages more were sent already"), "{ended:?}");
    let received = Run::start(arguments!["recv", place.ring()], Input::Nothing).wait();
    assert_eq!((received.status.code(), received.text()), (Some(4), "one\ntwo\nthree\n"));
}

#[test]
fn frames_and_blocks_are_left_out_as_lines_are() {
    for (options, input) in
        [(&["--frames"][..], &b"\x03\0\0\0one\0\0\0\0\x05\0\0\0three"[..]), (&["--block-size", "4"], b"one two three")]
    {
        let place = Place::new();
        let part = place.file("part", &input[..if options.len() == 1 { 11 } else { 8 }]);
        let whole = place.file("whole", input);
        for file in [part, whole] {
            let options: Vec<_> = ["--resume"].iter().chain(options).map(Into::into).collect();
            Run::start(&[arguments!["send", place.ring(), file], &options[..]].concat(), Input::Nothing)
                .wait()
                .expect();
        }
        let back = if options.len() == 1 { "--frames" } else { "--raw" };
        assert_eq!(Run::start(arguments!["recv", place.ring(), back], Input::Nothing).wait().expect(), input);
    }
}

#[test]
fn where_nobody_knows_how_much_was_sent_nothing_is_sent_again() {
    let place = Place::new();
    let file = place.file("lines", "one\ntwo\n");
    let send = || Run::start(arguments!["send", place.ring(), &file, "--resume"], Input::Nothing).wait();
    send().expect();
    // Both of the writer's notes of how many messages there were up to where.
    let ring = std::fs::OpenOptions::new().write(true).open(place.ring()).unwrap();
    for note in [560, 576] {
        ring.write_all_at(&[0xee; 16], note).unwrap();
    }
    for _ in 0..2 {
        let ended = send();
        assert_eq!(ended.status.code(), Some(3), "{ended:?}");
        assert!(ended.stderr.contains("cannot be told") && ended.stderr.contains("without --resume"), "{ended:?}");
    }
    assert_eq!(place.seen().used_bytes, 40);
}
