//! A file that is sent from its beginning again and again, by senders that are killed: each line goes in exactly once.

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
    let received = Run::start(arguments!["recv", place.ring()], Input::Nothing).wait().expect();
    assert_eq!(received, b"one\ntwo\nthree\n");
}
