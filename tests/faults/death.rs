//! Faults 14 to 21: processes that die, each at the very place that the fault is about.
//!
//! The deaths are real: a copy that runs into a page that kills, a system call at which the kernel kills, SIGKILL while
//! a side sleeps. What lies between two system calls, an instruction at a time, is what `cargo xtask step` kills at.

use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

use ipc_ring::{PopError, PushError, RingOptions, RingReader, RingWriter, Side, WaitStrategy};
use ipc_ring_reference::kernel::{die_at, holding, pages_that_kill, WAKES};
use ipc_ring_reference::{
    numbers, other_process, pop_all, pops, push_all, ring, sleeping, sleeps, wait_until, waiting, Other, Place, CURSOR,
    EVERY_STRATEGY, LONG, PADDING, STRATEGIES,
};

/// A message whose copy kills: it is as long as two pages, and only the first can be read.
fn deadly_message() -> &'static [u8] {
    let (start, page) = pages_that_kill();
    // SAFETY: mapped for ever. Whoever reads the second page is dead before it has read a byte of it.
    unsafe { std::slice::from_raw_parts(start, 2 * page) }
}

#[test]
#[ignore = "the other process of the tests below"]
fn writer_that_dies_while_copying() {
    let (path, mut steps) = other_process();
    let mut writer = RingOptions::new().create(path, 1 << 14).unwrap();
    writer.push(b"before", None).unwrap();
    let deadly = deadly_message();
    match steps.told().as_str() {
        "push" => {
            steps.step("pushed");
            writer.push(deadly, None).unwrap();
        }
        "a batch" => {
            let mut batch = writer.batch();
            batch.push(b"published", None).unwrap();
            batch.publish();
            batch.push(b"held back", None).unwrap();
            steps.step("pushed");
            batch.push(deadly, None).unwrap();
        }
        _ => {
            let mut grant = writer.reserve(1 << 13, None).unwrap();
            steps.step("pushed");
            std::io::Write::write_all(&mut grant, deadly).unwrap();
            grant.commit();
        }
    }
    steps.say("survived");
}

// Checks: I7.
#[test]
fn f14_a_writer_that_dies_while_copying_leaves_nothing_of_the_message() {
    for by in ["push", "a batch", "a grant"] {
        let place = Place::new();
        let mut dying = Other::start_told("death::writer_that_dies_while_copying", &place.ring(), by).after("pushed");
        let mut reader = RingReader::open(place.ring()).unwrap();
        dying.go_on();
        assert_eq!(dying.ended().signal(), Some(libc::SIGSEGV), "by {by}");

        // It did die in the midst of the copy: a part of the message stands in the ring.
        let words = place.words();
        let copied = (0..1 << 14).step_by(8).filter(|&at| words.get(words.byte(at)) == u64::from_le_bytes([0xab; 8]));
        assert!((1..1024).contains(&copied.count()), "by {by}");

        pops(&mut reader, b"before");
        if by == "a batch" {
            pops(&mut reader, b"published");
        }
        assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Err(PopError::PeerGone));
        let mut writer = RingWriter::attach(place.ring()).unwrap();
        assert_eq!(writer.used_bytes(), 0);
        writer.push(b"after", None).unwrap();
        pops(&mut reader, b"after");
        assert_eq!(reader.try_pop(&mut Vec::new()), Ok(None));
    }
}

#[test]
#[ignore = "the other process of the tests below"]
fn writer_that_dies_behind_its_padding() {
    let (path, mut steps) = other_process();
    let mut writer = sleeping().create(path, 1 << 14).unwrap();
    let together = steps.told() == "together";
    // With the message that follows, padding that is published with it; or padding that has to go ahead. With what is
    // before it, that takes all of the ring but the room for the end once the empty message is gone.
    if !together {
        writer.push(b"", None).unwrap();
    }
    let first = if together { 9_000 } else { 6_000 };
    writer.push(&vec![1; first], None).unwrap();
    steps.step("pushed");
    if together {
        writer.push(deadly_message(), None).unwrap();
    } else {
        writer.push(&[3; (1 << 14) - 16], None).unwrap();
    }
    steps.say("survived");
}

// Checks: I12.
#[test]
fn f15_a_writer_that_dies_between_padding_and_message_is_succeeded_where_its_cursor_stands() {
    // Padding that was not published yet: its writer died in the message after it.
    let place = Place::new();
    let mut dying =
        Other::start_told("death::writer_that_dies_behind_its_padding", &place.ring(), "together").after("pushed");
    let mut reader = RingReader::open(place.ring()).unwrap();
    let mut buffer = Vec::new();
    reader.pop(&mut buffer, None).unwrap();
    dying.go_on();
    assert_eq!(dying.ended().signal(), Some(libc::SIGSEGV));
    let words = place.words();
    assert_eq!(words.get(words.byte(9_008)) >> 32, PADDING >> 32, "padding was written");
    assert_eq!(words.get(words.writer(CURSOR)), 9_008, "and not published");
    assert_eq!(words.get(words.byte(8)), u64::from_le_bytes([0xab; 8]), "and the message begun");
    let mut writer = RingWriter::attach(place.ring()).unwrap();
    assert_eq!(writer.position(), 9_008);
    for message in [b"in its place".to_vec(), vec![7; 9_000]] {
        writer.push(&message, Some(LONG)).unwrap();
        pops(&mut reader, message);
    }

    // Padding that went ahead: its writer died asleep, for want of space for the message.
    let place = Place::new();
    let mut dying =
        Other::start_told("death::writer_that_dies_behind_its_padding", &place.ring(), "ahead").after("pushed");
    let mut reader = RingReader::open(place.ring()).unwrap();
    assert_eq!(reader.pop(&mut buffer, Some(LONG)), Ok(0));
    dying.go_on();
    place.until_writer_sleeps(1 << 14);
    dying.kill();
    let words = place.words();
    assert_eq!(words.get(words.writer(CURSOR)), 1 << 14, "padding was published");
    let mut writer = RingWriter::attach(place.ring()).unwrap();
    assert_eq!((writer.position(), writer.free_bytes()), (1 << 14, 8));
    pops(&mut reader, vec![1; 6_000]);
    writer.push(b"in its place", Some(LONG)).unwrap();
    pops(&mut reader, b"in its place");
    assert_eq!(reader.try_pop(&mut buffer), Ok(None));
}

#[test]
#[ignore = "the other process of the tests below"]
fn writer_that_dies_before_its_wake() {
    let (path, mut steps) = other_process();
    let mut writer = RingWriter::create(path, 64).unwrap();
    steps.step("created");
    die_at(WAKES);
    writer.push(b"last words", None).unwrap();
    steps.say("survived");
}

// Checks: I9.
#[test]
fn f16_a_writer_that_dies_between_commit_and_wake_does_not_leave_the_reader_asleep() {
    let place = Place::new();
    let mut dying = Other::start("death::writer_that_dies_before_its_wake", &place.ring()).after("created");
    let mut reader = sleeping().open(place.ring()).unwrap();
    let reading = std::thread::spawn(move || {
        let mut buffer = Vec::new();
        let popped = reader.pop(&mut buffer, Some(10 * LONG)).map(|_| buffer);
        (popped, reader.pop(&mut Vec::new(), Some(10 * LONG)))
    });
    place.until_reader_sleeps(8);
    dying.go_on();
    assert_eq!(dying.ended().signal(), Some(libc::SIGSYS), "it dies where it would have woken the reader");
    wait_until("the reader looks by itself", || reading.is_finished());
    assert_eq!(reading.join().unwrap(), (Ok(b"last words".to_vec()), Err(PopError::PeerGone)));
}

#[test]
#[ignore = "the other process of the tests below"]
fn reader_asleep() {
    sleeps();
}

// Checks: I11.
#[test]
fn f17_a_reader_that_dies_asleep_costs_its_writer_one_wake_too_many_and_nothing_else() {
    let (place, mut writer) = Place::with_a_writer(4096);
    let mut dying = Other::start("death::reader_asleep", &place.ring()).after("opened");
    dying.go_on();
    place.until_reader_sleeps(8);
    dying.kill();
    let mut wakes = 0;
    let mut writer = holding(
        &[WAKES],
        |_| wakes += 1,
        || {
            push_all(&mut writer, numbers(0..10));
            writer
        },
    );
    assert_eq!(wakes, 1);
    let mut reader = RingReader::open(place.ring()).unwrap();
    writer.push(&10u64.to_le_bytes(), None).unwrap();
    pop_all(&mut reader, numbers(0..11));
}

#[test]
#[ignore = "the other process of the tests below"]
fn reader_that_dies() {
    let (path, mut steps) = other_process();
    let mut reader = RingReader::open(path).unwrap();
    steps.step("opened");
    match steps.told().as_str() {
        "copying" => {
            let (start, page) = pages_that_kill();
            // SAFETY: nobody frees it: this process dies when it touches the second page.
            let mut deadly = unsafe { Vec::from_raw_parts(start, 0, 2 * page) };
            reader.pop(&mut deadly, None).unwrap();
        }
        "a batch" => {
            let mut batch = reader.batch(10, None).unwrap();
            let lengths: Vec<usize> = batch.messages().map(|message| message.len()).collect();
            steps.step(format!("{lengths:?}"));
        }
        _ => {
            die_at(WAKES);
            reader.pop(&mut Vec::new(), None).unwrap();
        }
    }
    steps.say("survived");
}

fn reader_that_dies_by(by: &str, place: &Place) -> Other {
    Other::start_told("death::reader_that_dies", &place.ring(), by).after("opened")
}

// Checks: I14.
#[test]
fn f18_what_a_reader_had_not_committed_when_it_died_is_delivered_again() {
    for by in ["copying", "a batch"] {
        let (place, mut writer) = Place::with_a_writer(1 << 14);
        let messages = [vec![1; 8_000], vec![2; 10], vec![]];
        push_all(&mut writer, &messages);
        let mut dying = reader_that_dies_by(by, &place);
        dying.go_on();
        if by == "copying" {
            assert_eq!(dying.ended().signal(), Some(libc::SIGSEGV));
        } else {
            dying.expect("[8000, 10, 0]");
            dying.kill();
        }
        let mut reader = RingReader::open(place.ring()).unwrap();
        assert_eq!(reader.position(), 0);
        pop_all(&mut reader, &messages);
        assert_eq!(reader.try_pop(&mut Vec::new()), Ok(None));
    }
}

// Checks: I9.
#[test]
fn f18_a_reader_that_dies_between_its_cursor_and_the_wake_does_not_leave_the_writer_asleep() {
    let place = Place::new();
    let mut writer = sleeping().create(place.ring(), 64).unwrap();
    writer.push(&[1; 40], None).unwrap();
    let mut dying = reader_that_dies_by("waking", &place);
    let writing = std::thread::spawn(move || (writer.push(&[2; 8], Some(10 * LONG)), writer));
    place.until_writer_sleeps(8);
    dying.go_on();
    assert_eq!(dying.ended().signal(), Some(libc::SIGSYS), "it dies where it would have woken the writer");
    wait_until("the writer looks by itself", || writing.is_finished());
    let (pushed, mut writer) = writing.join().unwrap();
    assert_eq!(pushed, Ok(()));
    assert_eq!(writer.push(&[3; 48], Some(LONG)), Err(PushError::PeerGone));
    let mut reader = RingReader::open(place.ring()).unwrap();
    pops(&mut reader, [2; 8]);
}

#[test]
#[ignore = "the other process of the tests below"]
fn writer_of_three() {
    let (path, mut steps) = other_process();
    let mut writer = RingWriter::create(path, 4096).unwrap();
    push_all(&mut writer, numbers(0..3));
    steps.step("pushed");
}

// Checks: I7.
#[test]
fn f19_a_reader_drains_and_then_learns_that_the_writer_was_killed() {
    let place = Place::new();
    let mut writer = Other::start("death::writer_of_three", &place.ring()).after("pushed");
    let mut reader = RingReader::open(place.ring()).unwrap();
    writer.kill();
    let mut buffer = Vec::new();
    pop_all(&mut reader, numbers(0..3));
    // Each takes as long as it takes to notice a death: were that seconds, all of them would exceed the deadline.
    let begin = Instant::now();
    for _ in 0..20 {
        assert_eq!(reader.pop(&mut buffer, None), Err(PopError::PeerGone));
        assert!(begin.elapsed() < LONG);
    }
    // Short time-outs do not keep the news from it.
    let begin = Instant::now();
    while reader.pop(&mut buffer, Some(Duration::from_millis(1))) != Err(PopError::PeerGone) {
        assert!(begin.elapsed() < LONG);
    }
    // A successor goes on.
    let mut writer = RingWriter::attach(place.ring()).unwrap();
    writer.push(b"successor", None).unwrap();
    assert_eq!(reader.pop(&mut buffer, Some(LONG)), Ok(9));
}

/// What keeps a round longer than this is the machine: so the best of several tells what the ring itself takes.
// Checks: I9.
#[test]
fn f19_a_side_that_waits_learns_of_a_death_within_60_milliseconds() {
    const SOON: Duration = Duration::from_millis(60);
    for (strategy, dies) in EVERY_STRATEGY.into_iter().flat_map(|way| [(way, Side::Writer), (way, Side::Reader)]) {
        let mut rounds: Vec<Duration> = Vec::new();
        while rounds.len() < 40 && rounds.iter().all(|&round| round > SOON) {
            let place = Place::new();
            let options = waiting(strategy);
            let (mut dying, wait): (Other, Box<dyn FnOnce() -> bool + Send>) = match dies {
                Side::Writer => {
                    let dying = Other::start("death::writer_of_three", &place.ring()).after("pushed");
                    let mut reader = options.open(place.ring()).unwrap();
                    pop_all(&mut reader, numbers(0..3));
                    (dying, Box::new(move || reader.pop(&mut Vec::new(), Some(LONG)) == Err(PopError::PeerGone)))
                }
                Side::Reader => {
                    let mut writer = options.create(place.ring(), 64).unwrap();
                    writer.push(&[1; 48], None).unwrap();
                    let dying = Other::start("death::reader_asleep", &place.ring()).after("opened");
                    (dying, Box::new(move || writer.push(b"", Some(LONG)) == Err(PushError::PeerGone)))
                }
            };
            let (send, receive) = std::sync::mpsc::channel();
            let waiting = std::thread::spawn(move || {
                send.send(()).unwrap();
                (wait(), Instant::now())
            });
            // It has just begun to wait, so that it asks as late as ever it does.
            receive.recv().unwrap();
            let before = Instant::now();
            dying.kill();
            let death = Instant::now();
            let (is_told, told) = waiting.join().unwrap();
            assert!(is_told && told > before, "by {strategy:?}, of the {dies}");
            rounds.push(told.saturating_duration_since(death));
        }
        println!("{strategy:?}: {rounds:?}");
        assert!(rounds.last() <= Some(&SOON), "{strategy:?}, the {dies}: {rounds:?}");
    }
}

// Checks: I9.
#[test]
fn f19_a_writer_with_no_space_learns_that_the_reader_was_killed() {
    for strategy in [WaitStrategy::Spin, WaitStrategy::Sleep] {
        let place = Place::new();
        let mut writer = waiting(strategy).create(place.ring(), 64).unwrap();
        let reader = Other::start("death::reader_asleep", &place.ring()).after("opened");
        writer.push(&[1; 48], None).unwrap();
        reader.signal(libc::SIGKILL);
        assert_eq!(writer.push(b"", Some(LONG)), Err(PushError::PeerGone));
        let mut reader = RingReader::open(place.ring()).unwrap();
        reader.pop(&mut Vec::new(), None).unwrap();
        writer.push(b"", Some(LONG)).unwrap();
    }
}

// Checks: I9.
#[test]
fn f19_a_peer_that_has_not_come_yet_is_waited_for() {
    let (_place, mut writer) = Place::with_a_writer(64);
    writer.push(&[1; 48], None).unwrap();
    // Longer than it takes to notice a death.
    assert_eq!(writer.push(b"", Some(Duration::from_millis(200))), Err(PushError::TimedOut));
}

/// Ten times as long as it takes to look whether it lives, at once and many times in a row.
// Checks: I9.
#[test]
fn f19_a_writer_that_is_stopped_is_not_gone() {
    const STOPPED: Duration = Duration::from_millis(500);
    for strategy in STRATEGIES {
        let place = Place::new();
        let mut writer = Other::start("death::writer_of_three", &place.ring()).after("pushed");
        let mut reader = waiting(strategy).open(place.ring()).unwrap();
        pop_all(&mut reader, numbers(0..3));
        writer.signal(libc::SIGSTOP);
        for timeout in [STOPPED].into_iter().chain([STOPPED / 40; 40]) {
            assert_eq!(reader.pop(&mut Vec::new(), Some(timeout)), Err(PopError::TimedOut));
        }
        writer.signal(libc::SIGCONT);
        writer.go_on();
        assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Err(PopError::Closed));

        // Nor is a reader.
        let place = Place::new();
        let mut writer = waiting(strategy).create(place.ring(), 64).unwrap();
        let mut reader = Other::start("death::reader_asleep", &place.ring()).after("opened");
        writer.push(&[1; 48], None).unwrap();
        reader.signal(libc::SIGSTOP);
        assert_eq!(writer.push(b"", Some(STOPPED)), Err(PushError::TimedOut));
        reader.signal(libc::SIGCONT);
        reader.goes_on_to("Ok(48)");
        writer.push(b"", Some(LONG)).unwrap();
    }
}

#[test]
#[ignore = "the other process of the tests below"]
fn writer_that_counts() {
    let (path, steps) = other_process();
    let mut writer = RingWriter::attach(path).unwrap();
    for number in 0u64.. {
        writer.push(&number.to_le_bytes(), None).unwrap();
        steps.say(number);
    }
}

#[test]
#[ignore = "the other process of the tests below"]
fn reader_that_counts() {
    let (path, steps) = other_process();
    let mut reader = RingReader::open(path).unwrap();
    let mut buffer = Vec::new();
    loop {
        reader.pop(&mut buffer, None).unwrap();
        steps.say(u64::from_le_bytes(buffer[..].try_into().unwrap()));
    }
}

/// Both are killed in the midst of what they do, in either order, and what they leave is reopened in either order.
// Checks: I9.
#[test]
fn f20_when_both_die_nothing_is_lost_and_nothing_comes_twice_whoever_comes_back_first() {
    for round in 0..8 {
        let place = Place::with_a_ring(256);
        let mut writer = Other::start("death::writer_that_counts", &place.ring()).after("0");
        let mut reader = Other::start("death::reader_that_counts", &place.ring());
        for number in 0..50 * round {
            reader.expect(&number.to_string());
        }
        let (first, second) = if round % 2 == 0 { (&mut writer, &mut reader) } else { (&mut reader, &mut writer) };
        first.kill();
        second.kill();
        let said = |other: &mut Other| std::iter::from_fn(|| other.says()).map(|line| line.parse().unwrap()).collect();
        let (pushed, popped): (Vec<u64>, Vec<u64>) = (said(&mut writer), said(&mut reader));

        let (mut writer, mut reader) = if round % 4 < 2 {
            let writer = RingWriter::attach(place.ring()).unwrap();
            (writer, RingReader::open(place.ring()).unwrap())
        } else {
            let reader = RingReader::open(place.ring()).unwrap();
            (RingWriter::attach(place.ring()).unwrap(), reader)
        };
        let mut left: Vec<u64> = Vec::new();
        let mut buffer = Vec::new();
        while reader.try_pop(&mut buffer).unwrap().is_some() {
            left.push(u64::from_le_bytes(buffer[..].try_into().unwrap()));
        }
        // The one message that the reader had in its hands is all that may be missing, and the one that was being
        // pushed all that may be there besides.
        let next = popped.last().map_or(50 * round, |last| last + 1);
        assert!(popped.iter().copied().eq(50 * round..next), "{popped:?}");
        let from = left.first().copied().unwrap_or(next);
        assert!(from == next || from == next + 1, "popped up to {next}, left from {from}");
        assert!(left.iter().copied().eq(from..from + left.len() as u64), "{left:?}");
        let end = from + left.len() as u64;
        let told = pushed.last().map_or(1, |last| last + 1);
        assert!(end == told || end == told + 1 || left.is_empty(), "pushed up to {told}, there up to {end}");
        assert!(!left.is_empty() || next <= told + 1 && told <= next + 1, "pushed up to {told}, popped up to {next}");
        writer.push(b"on it goes", None).unwrap();
        assert_eq!(reader.pop(&mut buffer, Some(LONG)), Ok(10));
    }
}

// Checks: I15.
#[test]
fn f21_what_lies_in_the_ring_beyond_the_cursor_is_never_read() {
    const SECRET: u8 = 0x5e;
    let (place, mut writer, mut reader) = ring(256);
    let mut buffer = Vec::new();
    // All of it is written, as messages and in their midst.
    for length in [240, 120, 120, 56, 56, 56, 56] {
        writer.push(&vec![SECRET; length], None).unwrap();
        reader.pop(&mut buffer, None).unwrap();
    }
    let words = place.words();
    let secret = (0..256).step_by(8).filter(|&at| words.get(words.byte(at)) == u64::from_le_bytes([SECRET; 8]));
    assert!(secret.count() > 20, "the old bytes are there still");

    for reopened in [false, true] {
        if reopened {
            drop((writer, reader));
            writer = RingWriter::attach(place.ring()).unwrap();
            reader = RingReader::open(place.ring()).unwrap();
        }
        assert!(reader.is_empty());
        buffer = b"before".to_vec();
        assert_eq!(reader.try_pop(&mut buffer), Ok(None));
        assert_eq!(reader.used_bytes(), 0);
        assert_eq!(buffer, b"before");
        assert!(reader.try_peek().unwrap().is_none());
        assert!(reader.try_batch(10).unwrap().is_none());

        writer.push(b"abc", None).unwrap();
        let message = reader.peek(None).unwrap();
        message.copy_to(&mut buffer);
        assert_eq!((message.len(), &buffer[..]), (3, &b"abc"[..]));
        let mut batch = reader.batch(10, None).unwrap();
        let mut messages = batch.messages();
        messages.next().unwrap().copy_to(&mut buffer);
        assert_eq!(buffer, b"abc");
        assert!(messages.next().is_none());
        batch.commit();

        // Nor does what was reserved publish what was not written.
        let mut grant = writer.reserve(40, None).unwrap();
        std::io::Write::write_all(&mut grant, b"abc").unwrap();
        grant.commit();
        pops(&mut reader, b"abc");
        drop(writer.reserve(40, None).unwrap());
        assert_eq!(reader.try_pop(&mut buffer), Ok(None));
    }
}
