//! What is sent comes out as it was, however it is sent, and whoever comes first.

use std::fs;
use std::io::Write;
use std::path::Path;

use ipc_ring::{RingReader, RingWriter, SideState};
use ipc_ring_reference::{random_words, until, wait_until};
use nix::sys::signal::Signal;

use crate::arguments;
use crate::tool::{receive, ring, send, until_sent, with, Input, Place, Run};

/// Lines of all lengths, of all bytes, and a last one without a newline.
fn motley(len: usize) -> Vec<u8> {
    let mut random = random_words();
    let mut bytes = Vec::with_capacity(len + 70_000);
    while bytes.len() < len {
        let line = match random() % 100 {
            0 => random() % 60_000,
            1..=20 => 0,
            _ => random() % 300,
        };
        bytes.extend((0..line).map(|_| random() as u8).map(|byte| if byte == b'\n' { b'\r' } else { byte }));
        bytes.push(b'\n');
    }
    bytes.extend_from_slice(b"and no newline");
    bytes
}

/// Sends `input` from a file, and receives it when all is in the ring.
fn through(input: &[u8], send: &[&str], recv: &[&str]) -> Vec<u8> {
    let place = Place::new();
    let file = place.file("input", input);
    ring(&with(arguments!["send", place.ring(), file], send)).expect();
    let received = ring(&with(arguments!["recv", place.ring()], recv));
    received.expect()
}

#[test]
fn lines_come_out_as_they_were_whatever_they_end_in() {
    for input in ["", "\n", "one", "one\n", "one\ntwo", "\n\n", "one\n\ntwo\r\n", "\0\n\u{fe}\n", "\\ No newline"] {
        assert_eq!(through(input.as_bytes(), &[], &[]), input.as_bytes(), "{input:?}");
    }
    let motley = motley(3 << 20);
    assert!(through(&motley, &[], &[]) == motley);
}

#[test]
fn bytes_come_out_as_they_were_in_blocks_of_any_size() {
    let motley = motley(1 << 20);
    for size in ["1", "7", "4K", "300000"] {
        let few = if size == "1" { &motley[..10_000] } else { &motley };
        assert!(through(few, &["--block-size", size], &["--raw"]) == few, "{size}");
    }
}

#[test]
fn frames_come_out_as_they_were() {
    let mut frames = Vec::new();
    for len in [0u32, 1, 5, 8, 70_000, 0, 300_000] {
        frames.extend_from_slice(&len.to_le_bytes());
        frames.extend((0..len).map(|byte| (byte % 251) as u8));
    }
    assert!(through(&frames, &["--frames"], &["--frames"]) == frames);
}

/// What a message is: a line without its newline, the bytes of a frame, a block.
#[test]
fn a_message_in_the_ring_is_a_line_or_a_frame_or_a_block() {
    for (options, input, messages) in [
        (&[][..], &b"one\n\nthree"[..], &[&b"one"[..], b"", b"three\n\\ No newline at end of file"][..]),
        (&["--frames"], b"\x03\0\0\0one\0\0\0\0", &[b"one", b""]),
        (&["--block-size", "4"], b"one\ntwo", &[b"one\n", b"two"]),
    ] {
        let place = Place::new();
        let file = place.file("input", input);
        ring(&with(arguments!["send", place.ring(), file], options)).expect();
        let mut reader = RingReader::open(place.ring()).unwrap();
        for message in messages {
            let mut buffer = Vec::new();
            reader.pop(&mut buffer, None).unwrap();
            assert_eq!(&buffer, message);
        }
        assert!(reader.is_empty());
    }
}

#[test]
fn messages_that_programs_push_are_received_each_by_itself() {
    let place = Place::new();
    let mut writer = RingWriter::create(place.ring(), 4096).unwrap();
    for message in [&b"two\nlines"[..], b"", b"ended\n"] {
        writer.push(message, None).unwrap();
    }
    drop(writer);
    let received = ring(arguments!["recv", place.ring(), "--frames"]).expect();
    assert_eq!(received, b"\x09\0\0\0two\nlines\0\0\0\0\x06\0\0\0ended\n");
}

#[test]
fn much_more_than_the_ring_holds_gets_through_whoever_comes_first() {
    let motley = motley(4 << 20);
    for receiver_first in [true, false] {
        let place = Place::new();
        let file = place.file("input", &motley);
        let recv = || Run::start(arguments!["recv", place.ring()], Input::Nothing);
        let send = || Run::start(arguments!["send", place.ring(), "-", "--capacity", "64K"], Input::File(&file));
        let (mut first, second);
        let (sender, receiver) = if receiver_first {
            first = recv();
            assert!(first.is_running(), "it waits");
            second = send();
            (second, first)
        } else {
            first = send();
            wait_until("the ring is full", || place.ring().exists() && place.seen().used_bytes > 1000);
            second = recv();
            (first, second)
        };
        sender.wait().expect();
        assert!(receiver.wait().expect() == motley);
    }
}

#[test]
fn a_slow_input_is_not_held_back() {
    let place = Place::new();
    let mut sender = Run::start(arguments!["send", place.ring()], Input::Pipe);
    let receiver = Run::start(arguments!["recv", place.ring()], Input::Nothing);
    let mut expected = String::new();
    for number in 0..20 {
        let line = format!("line {number}\n");
        expected += &line;
        sender.stdin().write_all(line.as_bytes()).unwrap();
        wait_until("the line comes out", || receiver.stdout() == expected.as_bytes());
    }
    // A line that is not whole waits for the rest of it.
    sender.stdin().write_all(b"the end").unwrap();
    sender.finish();
    assert_eq!(receiver.wait().expect(), (expected + "the end").as_bytes());
}

#[test]
fn who_follows_receives_from_one_sender_after_another() {
    let place = Place::new();
    let receiver = Run::start(arguments!["recv", place.ring(), "--follow"], Input::Nothing);
    for word in ["one", "two", "three"] {
        send(&place, format!("{word}\n"), &[]).expect();
        until("it is received", || receiver.stdout().ends_with(format!("{word}\n").as_bytes()).then_some(()));
    }
    receiver.signal(Signal::SIGTERM);
    let ended = receiver.wait();
    assert_eq!((ended.status.code(), ended.text()), (Some(143), "one\ntwo\nthree\n"));
}

#[test]
fn a_ring_is_removed_when_its_stream_has_ended_and_it_is_drained() {
    let place = Place::new();
    send(&place, "one\ntwo\n", &[]).expect();
    assert_eq!(ring(arguments!["recv", place.ring(), "--remove"]).expect(), b"one\ntwo\n");
    assert!(!place.ring().exists());
    // Not before that: the second sender's messages are received, too.
    let receiver = Run::start(arguments!["recv", place.ring(), "--remove"], Input::Nothing);
    let mut writer = until("the receiver waits", || RingWriter::create(place.ring(), 4096).ok());
    writer.push(b"three", None).unwrap();
    until("it is received", || writer.is_empty().then_some(()));
    assert!(place.ring().exists());
    drop(writer);
    assert_eq!(receiver.wait().expect(), b"three\n");
    assert!(!place.ring().exists());
}

/// A sender that has taken the writer's side, and is not attached yet: it has the lock of the file's first byte.
#[test]
#[cfg(target_os = "linux")]
fn a_ring_that_somebody_is_about_to_send_into_is_not_removed() {
    let place = Place::new();
    send(&place, "one\n", &[]).expect();
    let held = fs::OpenOptions::new().read(true).write(true).open(place.ring()).unwrap();
    let lock = nix::libc::flock { l_type: 1, l_whence: 0, l_start: 0, l_len: 1, l_pid: 0 };
    nix::fcntl::fcntl(&held, nix::fcntl::FcntlArg::F_OFD_SETLK(&lock)).unwrap();
    let ended = ring(arguments!["recv", place.ring(), "--remove"]);
    assert_eq!((ended.status.code(), ended.text()), (Some(0), "one\n"), "{ended:?}");
    assert!(ended.stderr.contains("is not removed"), "{ended:?}");
    assert!(place.ring().exists());
    drop(held);
}

#[test]
fn a_ring_that_took_the_place_of_one_that_is_to_be_removed_is_none_of_its_business() {
    let place = Place::new();
    let mut writer = RingWriter::create(place.ring(), 4096).unwrap();
    writer.push(b"one", None).unwrap();
    let receiver = Run::start(arguments!["recv", place.ring(), "--remove"], Input::Nothing);
    wait_until("it is received", || receiver.stdout_len() == 4);
    fs::remove_file(place.ring()).unwrap();
    // As young as that one, at the same place, and its sender was killed.
    let mut sender = Run::start(arguments!["send", place.ring(), "--capacity", "4096"], Input::Pipe);
    sender.stdin().write_all(b"two\n").unwrap();
    until_sent(&place, 16);
    sender.kill();
    drop(writer);
    // What is there now waits for another receiver, and its stream has not ended.
    let ended = receiver.wait();
    assert_eq!((ended.status.code(), ended.text()), (Some(0), "one\n"), "{ended:?}");
    assert_eq!((place.seen().writer.state, place.seen().used_bytes), (SideState::Died, 16));
}

#[test]
fn so_many_messages_as_were_asked_for_are_taken_and_no_more() {
    let place = Place::new();
    send(&place, "1\n2\n3\n4\n5\n", &[]).expect();
    assert_eq!(ring(arguments!["recv", place.ring(), "-n", "2"]).expect(), b"1\n2\n");
    assert_eq!(ring(arguments!["recv", place.ring(), "--count", "1"]).expect(), b"3\n");
    assert_eq!(receive(&place), b"4\n5\n");
}

#[test]
fn a_message_that_never_fits_is_refused_and_what_came_before_it_was_sent() {
    let long = [b"first\n", &[b'x'; 5000][..], b"\nlast\n"].concat();
    let frame = b"\x05\0\0\0first\0\0\x01\0and so on";
    for (input, options) in [(&long[..], &[][..]), (frame, &["--frames"])] {
        let place = Place::new();
        let file = place.file("input", input);
        let options: Vec<_> = ["--capacity", "4096"].iter().chain(options).map(Into::into).collect();
        let ended = ring(&[arguments!["send", place.ring(), file], &options[..]].concat()).fails(5, &[]);
        assert!(ended.stderr.starts_with("error: message 2 of the input is longer than the 4080 bytes"), "{ended:?}");
        assert!(ended.stderr.contains("--capacity"), "{ended:?}");
        assert_eq!(received_unended(&place), "first\n");
        // It is the same message when the first is left out.
        let ended = ring(&[arguments!["send", place.ring(), file, "--resume"], &options[..]].concat());
        assert!(ended.stderr.starts_with("error: message 2 of the input is longer"), "{ended:?}");
    }
}

#[test]
fn a_frame_that_is_cut_short_is_refused() {
    let place = Place::new();
    let file = place.file("input", b"\x02\0\0\0ok\x05\0\0\0shor");
    ring(arguments!["send", place.ring(), file, "--frames"]).fails(5, &["within frame 2"]);
    assert_eq!(received_unended(&place), "ok\n");
    let ended = ring(arguments!["send", place.ring(), file, "--frames", "--resume"]);
    assert!(ended.stderr.contains("within frame 2"), "{ended:?}");
}

/// What is received of a stream whose sender failed: it is no end, and no reason to remove the ring.
fn received_unended(place: &Place) -> String {
    let ended = ring(arguments!["recv", place.ring(), "--remove"]).fails(4, &[]);
    assert!(place.ring().exists());
    ended.text().into()
}

#[test]
fn a_last_line_that_has_no_newline_is_refused_with_its_own_words() {
    let place = Place::new();
    let file = place.file("input", [b"first\n", &[b'x'; 4072][..]].concat());
    let ended = ring(arguments!["send", place.ring(), file, "--capacity", "4096"]).fails(5, &[]);
    let words = "message 2, the last line of the input, has no newline";
    assert!(ended.stderr.contains(words) && ended.stderr.contains("end it with a newline"), "{ended:?}");
}

#[test]
fn an_output_that_takes_nothing_gets_it_again() {
    let place = Place::new();
    send(&place, "one\ntwo\n", &[]).expect();
    if Path::new("/dev/full").exists() {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let status =
            crate::tool::command(arguments!["recv", place.ring(), "--progress"]).stdout(full).output().unwrap();
        assert_eq!(status.status.code(), Some(1));
        // Nor is it counted.
        let said = String::from_utf8_lossy(&status.stderr).into_owned();
        assert!(said.starts_with("received 0 messages, 0 B in ") && said.contains("error: cannot write the output"));
        assert_eq!(place.seen().reader.state, SideState::Closed);
    }
    assert_eq!(receive(&place), b"one\ntwo\n");
}

#[test]
fn progress_is_told_on_stderr_and_only_if_it_was_asked_for() {
    let place = Place::new();
    let ended = send(&place, "one\ntwo\n", &["--progress"]);
    assert!(ended.stderr.starts_with("sent 2 messages, 6 B in "), "{ended:?}");
    let ended = ring(arguments!["recv", place.ring(), "--progress"]);
    assert!(ended.stderr.starts_with("received 2 messages, 6 B in "), "{ended:?}");
    assert_eq!(ended.stdout, b"one\ntwo\n");
}
