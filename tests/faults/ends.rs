//! Fault 48: an end of a stream that nobody has seen when the next sender comes. Each end is told to one receiver, in
//! its place between the messages, whatever becomes of the senders and receivers before and after it.

use std::fs;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::thread;

use ipc_ring::{
    ByteReader, InvalidPosition, PopError, RingOptions, RingReader, RingView, RingWriter, Trust, TryPopError,
    TryPushError, WaitStrategy,
};
use ipc_ring_reference::kernel::{die_at, reap, WAKES};
use ipc_ring_reference::{other_process, push_all, waiting, Other, Place, A_WHILE, END, LONG, STRATEGIES};

/// A reader that stops at ends.
pub fn stopping(place: &Place) -> RingReader {
    RingOptions::new().reader_stops_at_ends(true).open(place.ring()).unwrap()
}

/// A writer that waits for the next reader, where the last one has left.
pub fn attach(path: impl AsRef<Path>) -> RingWriter {
    RingOptions::new().await_successors(true).attach(path).unwrap()
}

/// One stream, which ends: each of these in a message.
fn send(place: &Place, messages: &[&str]) {
    let mut writer = attach(place.ring());
    push_all(&mut writer, messages);
}

/// What a receiver gets that takes one stream: its messages, and what it was told then. Where that was the end, it
/// takes it.
pub fn receive(reader: &mut RingReader) -> (Vec<String>, PopError) {
    let (mut messages, mut buffer) = (Vec::new(), Vec::new());
    loop {
        match reader.pop(&mut buffer, A_WHILE) {
            Ok(_) => messages.push(String::from_utf8(buffer.clone()).unwrap()),
            Err(told) => {
                assert_eq!(reader.take_end(), told == PopError::Closed);
                return (messages, told);
            }
        }
    }
}

/// As [`receive`], by a receiver that takes one stream and leaves.
pub fn received(place: &Place) -> (Vec<String>, PopError) {
    receive(&mut stopping(place))
}

pub fn stream(messages: &[&str]) -> (Vec<String>, PopError) {
    (messages.iter().map(|message| message.to_string()).collect(), PopError::Closed)
}

/// Nothing came, and there is nobody to tell of: the next sender is waited for.
pub const NOTHING: (Vec<String>, PopError) = (Vec::new(), PopError::TimedOut);

/// Sends what it is told, a message a word, and goes in the way that the last word says.
#[test]
#[ignore = "the other process of the tests below"]
fn sender() {
    let (path, mut steps) = other_process();
    let mut writer = match RingWriter::create(&path, 4096) {
        Ok(writer) => writer,
        Err(_) => attach(&path),
    };
    let told = steps.told();
    let (messages, by) = told.rsplit_once(' ').unwrap();
    push_all(&mut writer, messages.split_whitespace());
    steps.step("sent");
    match by {
        "finish" => writer.finish(),
        "abandon" => writer.abandon(),
        _ => drop(writer),
    }
    steps.say("left");
}

fn sender_of(place: &Place, messages: &str, by: &str) -> Other {
    Other::start_told("ends::sender", &place.ring(), format!("{messages} {by}")).after("sent")
}

/// A sender that has sent a stream and left.
fn sent_by_another(place: &Place, messages: &str, by: &str) {
    let mut sender = sender_of(place, messages, by);
    sender.goes_on_to("left");
    assert!(sender.ended().success());
}

// Checks: I18.
#[test]
fn f48_each_end_goes_to_one_receiver_in_its_place_whatever_the_next_sender_does() {
    for by in ["drop", "finish"] {
        let place = Place::new();
        sent_by_another(&place, "one two", by);
        // The next sender has come, and then sends: nobody has seen the end of the first.
        let mut second = sender_of(&place, "three", by);
        assert_eq!(received(&place), stream(&["one", "two"]));
        let mut reader = stopping(&place);
        assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Ok(5));
        assert_eq!(reader.pop(&mut Vec::new(), A_WHILE), Err(PopError::TimedOut), "its sender lives");
        drop(reader);
        second.goes_on_to("left");
        assert_eq!(received(&place), stream(&[]), "what is left of the second");
        assert_eq!(received(&place), NOTHING, "an end is told once");
    }
}

// Checks: I18.
#[test]
fn f48_senders_that_leave_before_anybody_sees_an_end_leave_one_each() {
    let place = Place::new();
    for messages in ["one two", "", "", "three", ""] {
        sent_by_another(&place, messages, "drop");
    }
    assert_eq!(received(&place), stream(&["one", "two"]));
    let mut reader = stopping(&place);
    for messages in [&[][..], &[], &["three"]] {
        assert_eq!(receive(&mut reader), stream(messages), "in one process as in many");
    }
    drop(reader);
    assert_eq!(received(&place), stream(&[]));
    assert_eq!(received(&place), NOTHING);
}

// Checks: I18.
#[test]
fn f48_a_sender_that_is_killed_or_gives_up_ends_nothing_and_takes_no_end_of_another() {
    for gives_up in [false, true] {
        let place = Place::new();
        sent_by_another(&place, "one", "drop");
        let mut second = sender_of(&place, "two", "abandon");
        if gives_up {
            second.goes_on_to("left");
        } else {
            second.kill();
        }
        assert_eq!(received(&place), stream(&["one"]));
        assert_eq!(received(&place), (vec!["two".into()], PopError::PeerGone), "a part that nobody ended");
        assert_eq!(received(&place), NOTHING, "and whoever comes then has had nothing of it");
        // A successor goes on with the stream, and ends it.
        sent_by_another(&place, "three", "drop");
        assert_eq!(received(&place), stream(&["three"]));
    }
}

/// The reader that comes after a message that was released is in the midst of a stream only by what it released itself.
// Checks: I18.
#[test]
fn f48_a_reader_that_stops_at_ends_is_told_of_a_death_in_the_midst_of_a_stream_alone() {
    for strategy in STRATEGIES {
        let place = Place::new();
        let mut options = waiting(strategy);
        options.reader_stops_at_ends(true);
        let mut first = sender_of(&place, "one", "drop");
        let mut reader = options.open(place.ring()).unwrap();
        assert_eq!(reader.peek(A_WHILE).map(|message| message.len()), Ok(3));
        first.kill();
        assert_eq!(reader.pop(&mut Vec::new(), A_WHILE), Ok(3));
        for _ in 0..2 {
            assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Err(PopError::PeerGone));
        }
        sent_by_another(&place, "two", "drop");
        assert_eq!(receive(&mut reader), stream(&["two"]));
        // Between two streams: nobody lives, and the next one is waited for.
        assert_eq!(reader.pop(&mut Vec::new(), A_WHILE), Err(PopError::TimedOut));
        sender_of(&place, "", "drop").kill();
        assert_eq!(reader.pop(&mut Vec::new(), A_WHILE), Err(PopError::TimedOut), "of a stream that brought nothing");
        let waiting = thread::spawn(move || (reader.pop(&mut Vec::new(), Some(LONG)), reader));
        let mut third = sender_of(&place, "three", "drop");
        let (popped, mut reader) = waiting.join().unwrap();
        assert_eq!(popped, Ok(5), "it comes while it is waited for");
        third.kill();
        assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Err(PopError::PeerGone));
    }
}

// Checks: I18.
#[test]
fn f48_a_reader_that_waits_for_the_next_stream_is_told_that_the_ring_lost_its_name() {
    type Lose = fn(&Place);
    let replaced: Lose = |place| {
        let another = place.ring().with_extension("another");
        drop(RingWriter::create(&another, 64).unwrap());
        fs::rename(another, place.ring()).unwrap();
    };
    let removed: Lose = |place| fs::remove_file(place.ring()).unwrap();
    for (lose, lost) in [(removed, PopError::Removed), (replaced, PopError::Replaced)] {
        let place = Place::new();
        sent_by_another(&place, "one", "drop");
        let mut reader = stopping(&place);
        lose(&place);
        assert_eq!(receive(&mut reader), stream(&["one"]), "what is there comes first, and its end");
        assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Err(lost));
    }
}

#[test]
#[ignore = "the other process of the test below"]
fn receiver_that_dies_at_an_end() {
    let (path, mut steps) = other_process();
    let mut reader = RingOptions::new().reader_stops_at_ends(true).open(path).unwrap();
    assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Ok(3));
    assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Err(PopError::Closed));
    steps.step("at the end");
    match steps.told().as_str() {
        "taking it" => {
            // A writer waits for the room: the wake is all that comes after the cursor's store.
            die_at(WAKES);
            reader.take_end();
            steps.say("survived");
        }
        _ => {
            assert!(reader.take_end());
            steps.step("took it");
        }
    }
}

// Checks: I18.
#[test]
fn f48_a_receiver_that_is_killed_before_it_took_an_end_leaves_it_and_after_that_has_taken_it() {
    for by in ["before", "taking it", "after"] {
        let (place, mut writer) = Place::with_a_writer(64);
        writer.push(b"one", None).unwrap();
        drop(writer);
        let mut dying = Other::start_told("ends::receiver_that_dies_at_an_end", &place.ring(), by).after("at the end");
        match by {
            "before" => dying.kill(),
            "taking it" => {
                let mut options = RingOptions::new();
                let mut writer = options.wait_strategy(WaitStrategy::Sleep).attach(place.ring()).unwrap();
                writer.push(&[2; 32], None).unwrap();
                writer.push(b"", None).unwrap();
                let writing = thread::spawn(move || (writer.push(b"", Some(LONG)), writer));
                place.until_writer_sleeps(24);
                dying.go_on();
                assert_eq!(dying.ended().signal(), Some(libc::SIGSYS), "it dies where it would have woken the writer");
                let (pushed, writer) = writing.join().unwrap();
                assert_eq!(pushed, Ok(()));
                writer.abandon();
            }
            _ => {
                dying.goes_on_to("took it");
                dying.kill();
            }
        }
        let mut reader = stopping(&place);
        match by {
            "before" => {
                assert_eq!(receive(&mut reader), stream(&[]), "it comes again");
                assert_eq!(receive(&mut reader), NOTHING);
            }
            "taking it" => assert_eq!(reader.pop(&mut Vec::new(), A_WHILE), Ok(32), "the end was taken"),
            _ => assert_eq!(receive(&mut reader), NOTHING, "it was taken"),
        }
    }
}

/// What is counted, told or released is messages, and no end is one of them.
// Checks: I18.
#[test]
fn f48_ends_are_no_messages() {
    let place = Place::with_a_ring(4096);
    send(&place, &["one"]);
    send(&place, &[]);
    send(&place, &["two", "three"]);
    let mut writer = RingWriter::attach(place.ring()).unwrap();
    // 4 ends of 8 bytes, and 3 messages of 16.
    assert_eq!((writer.message_count(), writer.position(), writer.used_bytes()), (Ok(3), 80, 80));
    writer.push(b"four", None).unwrap();
    assert_eq!(writer.message_count(), Ok(4));
    let view = RingView::open(place.ring()).unwrap();
    let waiting: Vec<_> = view.messages(10).map(|message| message.unwrap()).collect();
    let positions: Vec<u64> = waiting.iter().map(|message| message.position).collect();
    assert_eq!(positions, [24, 56, 72, 96]);
    assert_eq!(view.messages(3).map(|message| message.unwrap().bytes).last(), Some(b"three".to_vec()));

    // By a reader that passes ends: where a message ends it may commit, and where an end does it may not.
    let mut reader = RingReader::open(place.ring()).unwrap();
    for given in (0..=96).filter(|at| !positions.contains(at)) {
        let mut batch = reader.batch(9, Some(LONG)).unwrap();
        assert_eq!(batch.messages().map(|message| message.position()).collect::<Vec<_>>(), positions);
        assert_eq!(batch.commit_through(given), Err(InvalidPosition { given }));
    }
    // What is before the first message was passed by looking for it, and what is after a message is not.
    assert_eq!((reader.position(), reader.message_count()), (8, Ok(0)));
    let mut batch = reader.batch(9, Some(LONG)).unwrap();
    assert_eq!(batch.messages().count(), 4);
    batch.commit_through(24).unwrap();
    assert_eq!((reader.position(), reader.message_count()), (24, Ok(1)));
    let seen = view.snapshot();
    assert_eq!((seen.reader.message_count, seen.reader.position, seen.writer.message_count), (Ok(1), 24, Ok(4)));
    assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Ok(3));
    assert_eq!((reader.position(), reader.message_count()), (56, Ok(2)));
    drop(reader);

    // By one that stops at them.
    let mut reader = stopping(&place);
    assert_eq!(receive(&mut reader), stream(&["three"]));
    assert_eq!((reader.position(), reader.message_count()), (80, Ok(3)));
    assert_eq!(view.snapshot().reader.message_count, Ok(3));
    writer.abandon();
    assert_eq!(receive(&mut reader).0, ["four"]);
    assert_eq!(reader.message_count(), Ok(4));
}

// Checks: I18.
#[test]
fn f48_no_batch_goes_past_an_end_at_which_its_reader_stops_and_one_of_another_reader_does() {
    let place = Place::with_a_ring(4096);
    for messages in [&["a", "b"][..], &["c"], &[], &["d"]] {
        send(&place, messages);
    }
    let mut reader = stopping(&place);
    assert!(reader.try_batch(9).is_err_and(|told| told == TryPopError::Closed), "the end of the ring's first stream");
    assert!(reader.take_end());
    let mut lens = Vec::new();
    for _ in 0..2 {
        let mut batch = reader.batch(9, Some(LONG)).unwrap();
        lens.push(batch.messages().count());
        assert!(batch.messages().next().is_none(), "nor when it is asked again");
        batch.commit();
        assert_eq!(reader.batch(9, Some(LONG)).err(), Some(PopError::Closed));
        assert!(reader.take_end());
    }
    assert_eq!((lens, reader.position()), (vec![2, 1], 8 + 2 * 16 + 8 + 16 + 8));
    // Nor does one that is committed in part, or not at all, or was all of its messages.
    assert!(reader.take_end());
    let mut batch = reader.batch(1, Some(LONG)).unwrap();
    let end = batch.messages().next().unwrap().position();
    batch.commit_through(end).unwrap();
    assert_eq!((reader.position(), reader.try_pop(&mut Vec::new())), (end, Err(TryPopError::Closed)));
    drop(reader);

    send(&place, &["e"]);
    send(&place, &["f"]);
    let mut reader = RingReader::open(place.ring()).unwrap();
    let mut batch = reader.batch(9, Some(LONG)).unwrap();
    assert_eq!(batch.messages().count(), 2, "a default reader passes ends");
    batch.commit();
    assert_eq!(reader.try_pop(&mut Vec::new()), Err(TryPopError::Closed));
    assert_eq!(reader.used_bytes(), 0);
}

fn bytes_of(reader: &mut RingReader) -> ByteReader<&mut RingReader> {
    let mut bytes = ByteReader::new(reader);
    bytes.set_timeout(Some(LONG));
    bytes
}

// Checks: I18.
#[test]
fn f48_iterators_and_streams_of_bytes_end_at_an_end_and_go_on_when_it_is_taken() {
    let (place, mut writer) = Place::with_a_writer(4096);
    writer.push(b"a", None).unwrap();
    writer.push(b"b", None).unwrap();
    drop(writer);
    for messages in [&["c", "d"][..], &["e", "f"], &["g", "h"]] {
        send(&place, messages);
    }
    let mut reader = stopping(&place);
    let mut messages = Vec::new();
    assert_eq!(reader.pop_many(&mut messages, 9, Some(LONG)), Ok(2));
    assert_eq!(reader.pop_many(&mut messages, 9, Some(LONG)), Err(PopError::Closed));
    assert_eq!(messages, [b"a", b"b"]);
    assert!(reader.take_end());

    for _ in 0..2 {
        assert_eq!(reader.iter(Some(LONG)).collect::<Result<Vec<_>, _>>().unwrap(), [b"c", b"d"][messages.len() - 2..]);
        messages = vec![Vec::new(); 4]; // and the second time there is none
    }
    assert!(reader.take_end());

    for expected in ["ef", ""] {
        let mut read = String::new();
        bytes_of(&mut reader).read_to_string(&mut read).unwrap();
        assert_eq!(read, expected);
    }
    assert!(reader.take_end());
    assert_eq!(reader.iter(Some(LONG)).collect::<Result<Vec<_>, _>>().unwrap(), [b"g", b"h"]);
    assert!(reader.take_end());
    assert_eq!(receive(&mut reader), NOTHING);

    // A default reader reads on.
    for messages in [&["i"][..], &["j"]] {
        send(&place, messages);
    }
    drop(reader);
    let mut reader = RingReader::open(place.ring()).unwrap();
    let mut read = String::new();
    bytes_of(&mut reader).read_to_string(&mut read).unwrap();
    assert_eq!(read, "ij");
}

// Checks: I18.
#[test]
fn f48_an_end_is_taken_where_it_was_told_and_at_no_other_place() {
    let (place, mut writer) = Place::with_a_writer(64);
    let mut reader = stopping(&place);
    assert!(!reader.take_end(), "there is nothing");
    writer.push(b"one", None).unwrap();
    assert!(reader.try_peek().unwrap().is_some() && !reader.take_end(), "there is a message");
    drop(writer);
    assert!(!reader.take_end());
    assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Ok(3));
    assert!(reader.is_empty(), "nothing is to be popped where a stream ends");
    let before = reader.position();
    for _ in 0..3 {
        assert_eq!(reader.try_pop(&mut Vec::new()), Err(TryPopError::Closed));
        assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Err(PopError::Closed));
        assert_eq!(reader.peek(Some(LONG)).err(), Some(PopError::Closed));
        assert_eq!((reader.position(), reader.used_bytes()), (before, 8), "it stays until it is taken");
    }
    send(&place, &["two"]);
    assert!(reader.is_empty(), "also where another stream is there already");
    assert!(reader.take_end() && !reader.take_end());
    assert!(!reader.is_empty());
    assert_eq!(receive(&mut reader), stream(&["two"]));
    assert!(reader.is_empty() && !reader.take_end());

    // Where it stands at the beginning of a lap, with padding before it.
    let (place, mut writer) = Place::with_a_writer(64);
    writer.push(&[1; 24], None).unwrap();
    let mut reader = stopping(&place);
    assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Ok(24));
    assert_eq!(writer.try_push(&[2; 48]), Err(TryPushError::Full)); // its padding goes ahead
    assert_eq!(writer.position(), 64);
    drop(writer);
    let words = place.words();
    assert_eq!(words.get(words.byte(0)), END);
    assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Err(PopError::Closed));
    assert!(reader.take_end());
    assert_eq!(reader.position(), 72);
}

// Checks: I18.
#[test]
fn f48_a_ring_is_drained_when_its_last_end_was_taken() {
    let place = Place::with_a_ring(4096);
    send(&place, &["one"]);
    let is_removed = || ipc_ring::remove_drained(place.ring(), Trust::new()).unwrap();
    assert_eq!(received(&place), stream(&[]));
    let mut reader = stopping(&place);
    assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Ok(3));
    assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Err(PopError::Closed));
    drop(reader);
    assert!(!is_removed(), "its end was told, and not taken");
    assert_eq!(received(&place), stream(&[]));
    assert!(is_removed());
}

#[test]
#[ignore = "the other process of the test below"]
fn parent_whose_child_has_no_part_in_an_end() {
    let (path, mut steps) = other_process();
    drop(RingWriter::create(&path, 64).unwrap());
    let mut reader = RingOptions::new().reader_stops_at_ends(true).open(&path).unwrap();
    assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Err(PopError::Closed));
    let writer = RingWriter::attach(&path).unwrap();
    let before = fs::read(&path).unwrap();
    let by_a_fork = steps.told() == "fork";
    let child = match by_a_fork {
        // SAFETY: the child calls nothing that needs another thread, and ends at once.
        true => unsafe { libc::fork() },
        // SAFETY: as above; no handlers run.
        false => unsafe { libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) as libc::pid_t },
    };
    if child == 0 {
        let took = by_a_fork && reader.take_end();
        drop((writer, reader));
        // SAFETY: ends the process.
        unsafe { libc::_exit(if took { 1 } else { 7 }) };
    }
    let status = reap(child);
    let is_as_before = fs::read(&path).unwrap() == before;
    let took = reader.take_end();
    steps.step(format!("{status:#x} {is_as_before} {took} {:?}", reader.try_pop(&mut Vec::new())));
    drop(writer);
    steps.step(format!("{:?} {}", reader.try_pop(&mut Vec::new()), reader.take_end()));
}

// Checks: I18.
#[test]
fn f48_a_child_that_drops_its_parents_handles_ends_no_stream_and_takes_no_end() {
    for by in ["fork", "clone"] {
        let place = Place::new();
        let role = "ends::parent_whose_child_has_no_part_in_an_end";
        let mut parent = Other::start_told(role, &place.ring(), by).after("0x700 true true Ok(None)");
        parent.goes_on_to("Err(Closed) true");
    }
}
