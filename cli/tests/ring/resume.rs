//! A file that is sent from its beginning again and again, by senders that are killed: each line goes in exactly once.

use std::ffi::OsString;
use std::os::unix::fs::FileExt;

use ipc_ring::{RingReader, RingWriter};
use ipc_ring_reference::wait_until;

use crate::arguments;
use crate::tool::{ring, with, Ended, Input, Place, Run};

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
        wait_until("it sends", || receiver.stdout_len() >= before + part / 2);
        assert!(receiver.stdout_len() < lines.len() as u64, "death {killed} came too late");
        sender.kill();
    }
    ring(arguments!["send", place.ring(), &file, "--resume"]).expect();
    wait_until("all has come", || receiver.stdout_len() >= lines.len() as u64);
    assert!(receiver.kill() == lines.as_bytes(), "what came is not what was sent");
}

#[test]
fn an_input_that_has_less_than_was_sent_already_is_told_so() {
    let place = Place::new();
    let file = place.file("lines", "one\ntwo\nthree\n");
    let send = |input| ring(arguments!["send", place.ring(), input, "--resume"]);
    send(&file).expect();
    send(&file).expect();
    let shorter = place.file("shorter", "one\n");
    send(&shorter).fails(5, &["the input lacks 2 messages sent before"]);
    // The streams that have ended are as they were: the second one was empty.
    for stream in ["one\ntwo\nthree\n", ""] {
        assert_eq!(crate::tool::receive(&place), stream.as_bytes());
    }
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
        let mut received = Vec::new();
        for _ in 0..2 {
            received.extend(ring(arguments!["recv", place.ring(), back]).expect());
        }
        assert_eq!(received, input);
    }
}

#[test]
fn where_nobody_knows_how_much_was_sent_nothing_is_sent_again() {
    let place = Place::new();
    let file = place.file("lines", "one\ntwo\n");
    let send = || ring(arguments!["send", place.ring(), &file, "--resume"]);
    send().expect();
    // Both of the writer's notes of how many messages there were up to where.
    let ring = std::fs::OpenOptions::new().write(true).open(place.ring()).unwrap();
    ring.write_all_at(&[0xee; 32], ipc_ring_reference::words::at(ipc_ring::layout::figure::NOTE) as u64).unwrap();
    for _ in 0..2 {
        send().fails(3, &["cannot tell how many", "without --resume"]);
    }
    assert_eq!(place.seen().used_bytes, 40, "two messages, and the end of their stream");
}

/// Sends a file with these contents, with these options.
fn send(place: &Place, contents: &str, options: &[&str]) -> Ended {
    let file = place.file("growing", contents);
    Run::start(&with(arguments!["send", place.ring(), file], options), Input::Nothing).wait()
}

/// The same with `--resume`, into a ring of 256 bytes.
fn resume(place: &Place, contents: &str, options: &[&str]) -> Ended {
    send(place, contents, &[&["--resume", "--capacity", "256"], options].concat())
}

/// All streams that are in the ring, one after the other.
fn receive_as(place: &Place, how: &[&str]) -> Vec<u8> {
    let options: Vec<OsString> = how.iter().map(OsString::from).collect();
    let mut received = Vec::new();
    while place.seen().used_bytes > 0 {
        // That one was not ended is no matter here.
        received.extend(ring(&[arguments!["recv", place.ring()], &options].concat()).stdout);
    }
    received
}

fn receive(place: &Place) -> Vec<u8> {
    receive_as(place, &["--raw"])
}

fn assert_refused(place: &Place, ended: Ended, says: &[&str]) {
    let before = place.seen().writer.message_count;
    assert_eq!(ended.status.code(), Some(5), "{ended:?}");
    assert!(says.iter().all(|text| ended.stderr.contains(text)), "{ended:?}");
    assert_eq!(place.seen().writer.message_count, before);
}

#[test]
fn a_log_whose_last_line_was_half_written_is_not_gone_on_with_until_that_is_sent_again() {
    // At all places of the ring, and whether the half was received or not.
    for (before, is_received) in (0..17).flat_map(|before| [(before, true), (before, false)]) {
        let place = Place::new();
        let mut log = "a line\n".repeat(before);
        let mut writer = RingWriter::create(place.ring(), 256).unwrap();
        let mut reader = RingReader::open(place.ring()).unwrap();
        for line in log.lines() {
            writer.push(line.as_bytes(), None).unwrap();
            reader.pop(&mut Vec::new(), None).unwrap();
        }
        writer.abandon();
        drop(reader);
        let send = |log: &str, options: &[&str]| resume(&place, log, options);
        log += "same\nsa";
        send(&log, &[]).expect();
        let mut received = if is_received { receive(&place) } else { Vec::new() };
        // If the last message ended with the ring, the end of its stream begins the next lap. Then nobody can tell any
        // more what the message was.
        let is_hidden = || place.seen().writer.position % 256 == 8;
        match is_hidden() {
            true => assert_refused(&place, send(&log, &[]), &["cannot be told"]),
            false => drop(send(&log, &[]).expect()),
        }
        received.extend(receive(&place));
        assert_eq!(received, b"samesa\n\\ No newline at end of file");

        log += "me\nsame\n";
        for _ in 0..2 {
            let says = match is_hidden() {
                true => ["cannot be told", "its place is used again", "--resend", "nothing was sent now"],
                false => ["was not whole when it was sent", "--resend", "--complete-lines", "nothing was sent now"],
            };
            assert_refused(&place, send(&log, &[]), &says);
            assert_eq!(receive(&place), b"", "after {before}");
        }
        send(&log, &["--resend"]).expect();
        assert_eq!(receive(&place), b"\nsamesame", "the line again, below the part that was written, and the rest");
        assert_eq!(place.seen().writer.repeated, 1);

        // From then on it is as ever, though the ring has had one message more than the log.
        log += "same\n";
        send(&log, &[]).expect();
        assert_eq!(receive(&place), b"same", "after {before}");
        let again = if is_hidden() { &b"\nsame"[..] } else { b"" };
        send(&log, &["--resend"]).expect();
        assert_eq!(receive(&place), again);
        let counts = place.seen().writer;
        assert_eq!(counts.message_count.unwrap() - counts.repeated, log.lines().count() as u64);
    }
}

#[test]
fn a_line_may_grow_more_than_once_and_only_by_a_newline() {
    let place = Place::new();
    resume(&place, "one\nt", &[]).expect();
    resume(&place, "one\ntw", &["--resend"]).expect();
    assert_refused(&place, resume(&place, "one\ntwo", &[]), &["message 2 of the input was not whole"]);
    resume(&place, "one\ntwo", &["--resend"]).expect();
    resume(&place, "one\ntwo", &[]).expect();
    assert_refused(&place, resume(&place, "one\ntwo\n", &[]), &["message 2 of the input was not whole"]);
    resume(&place, "one\ntwo\nthree\n", &["--resend"]).expect();
    assert_eq!(receive_as(&place, &[]), b"one\nt\ntw\ntwo\ntwo\nthree\n");
    // It has shrunk, or is another log.
    assert_refused(&place, resume(&place, "one\ntwo\n", &["--resend"]), &["the input lacks 1 message sent before"]);
    let says = ["message 3 of the input is not the last one that was sent", "without --resume"];
    for options in [&[][..], &["--resend"]] {
        assert_refused(&place, resume(&place, "four\nfive\nsix\nseven\n", options), &says);
    }
    assert_eq!(receive_as(&place, &[]), b"");
}

#[test]
fn a_block_that_was_not_whole_is_sent_again_as_it_is() {
    let place = Place::new();
    let blocks = ["--block-size", "4"];
    resume(&place, "one two th", &blocks).expect();
    assert_refused(&place, resume(&place, "one two three", &blocks), &["message 3 of the input was not whole"]);
    resume(&place, "one two three", &["--block-size", "4", "--resend"]).expect();
    assert_eq!(receive(&place), b"one two ththree");
    resume(&place, "one two three", &blocks).expect();
    assert_eq!(receive(&place), b"");
}

#[test]
fn an_unfinished_line_is_held_back_if_that_is_asked_for() {
    let place = Place::new();
    let whole = |log: &str| resume(&place, log, &["--complete-lines"]);
    for (log, new, held_back) in
        [("one\ntw", "one", "2 B"), ("one\ntwo", "", "3 B"), ("one\ntwo\nthree\n", "twothree", "")]
    {
        let ended = whole(log);
        assert!(ended.status.success(), "{ended:?}");
        match held_back {
            "" => assert_eq!(ended.stderr, ""),
            bytes => assert!(ended.stderr.contains("held back") && ended.stderr.contains(bytes), "{ended:?}"),
        }
        assert_eq!(receive(&place), new.as_bytes());
    }
    // One that would not fit with the words that say that it has no newline may when it has one.
    let ended = whole(&format!("one\ntwo\nthree\n{}", "x".repeat(230)));
    assert!(ended.status.success() && ended.stderr.contains("230 B"), "{ended:?}");
    // And one that was sent already is no less sent.
    resume(&place, "one\ntwo\nthree\nfo", &[]).expect();
    whole("one\ntwo\nthree\nfo").expect();
    assert_refused(&place, whole("one\ntwo\nthree\nfour\n"), &["message 4 of the input was not whole"]);
}

#[test]
fn where_what_was_sent_last_is_not_to_be_found_that_is_said() {
    let place = Place::new();
    // They end where the ring does, and the last one looks as if there were another in it.
    let header_of_an_empty_message = "\0\0\0\0\u{1}\0\0\0";
    let log = format!("{}\n{:.<24}{header}{header}\n", "x".repeat(200), "", header = header_of_an_empty_message);
    // The ring has no room for all of it at once.
    let receiver = Run::start(arguments!["recv", place.ring()], Input::Nothing);
    resume(&place, &log, &[]).expect();
    assert_eq!(receiver.wait().expect(), log.as_bytes());
    let log = log + "two\n";
    let says = ["whether message 2 of the input was whole when it was sent", "cannot be told", "--resend"];
    assert_refused(&place, resume(&place, &log, &[]), &says);
    resume(&place, &log, &["--resend"]).expect();
    assert_eq!(
        receive(&place),
        [&b"\n"[..], log.split_once('\n').unwrap().1.replacen('\n', "", 2).as_bytes()].concat()
    );
}

#[test]
fn a_line_that_is_sent_again_and_does_not_get_in_can_be_sent_again() {
    let place = Place::new();
    let send = |log: &str, options: &[&str]| send(&place, log, &[&["--capacity", "128"], options].concat());
    send("a\nbc", &[]).expect();
    let log = format!("a\nbc{}\ne\n", "7".repeat(60));
    for _ in 0..2 {
        // There is no space for it.
        send(&log, &["--resume", "--resend", "--timeout", "10ms"]).fails(6, &[]);
        assert_eq!(place.seen().writer.repeated, 0);
    }
    let mut received = receive(&place);
    // Nor is there ever for one that is a byte too long with the newline before it.
    let too_long = send(&format!("a\nbc{}\n", "7".repeat(110)), &["--resume", "--resend"]);
    assert_eq!((too_long.status.code(), place.seen().writer.repeated), (Some(5), 0), "{too_long:?}");
    // It needs all of the ring, once somebody has passed the padding before it.
    let receiver = Run::start(arguments!["recv", place.ring(), "--raw"], Input::Nothing);
    send(&log, &["--resume", "--resend"]).expect();
    received.extend(receiver.wait().expect());
    assert_eq!(received, format!("abc\n\\ No newline at end of file\nbc{}e", "7".repeat(60)).as_bytes());
    assert_eq!(place.seen().writer.repeated, 1);
}

#[test]
fn a_sender_that_came_and_sent_nothing_hides_no_line_that_has_grown() {
    let place = Place::new();
    // The unfinished line and the end of its stream end where the ring does.
    resume(&place, &format!("{}\nb", "a".repeat(200)), &[]).expect();
    assert_eq!((receive(&place).len(), place.seen().writer.position), (200 + 29, 256));
    let idle = Run::start(arguments!["send", place.ring()], Input::Pipe);
    wait_until("it has come", || place.seen().writer.epoch == 2);
    idle.kill();
    let grown = format!("{}\nbcd\ne\n", "a".repeat(200));
    assert_refused(&place, resume(&place, &grown, &[]), &["message 2 of the input was not whole"]);
}

#[test]
fn a_sender_that_waited_in_vain_hides_no_line_that_has_grown() {
    let place = Place::new();
    let send = |input: &str, options: &[&str]| send(&place, input, &[&["--capacity", "64"], options].concat());
    send("a\nb", &[]).expect();
    assert_eq!(place.seen().used_bytes, 64);
    assert_eq!(send("", &["--timeout", "10ms"]).status.code(), Some(6));
    receive(&place);
    let grown = send("a\nbcd\ne\n", &["--resume"]);
    assert_refused(&place, grown, &["message 2 of the input was not whole"]);
}
