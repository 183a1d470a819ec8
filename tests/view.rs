//! A ring seen from outside: true, whoever is attached; harmless to them; and harmless to who looks, whatever it holds.
#![cfg(not(any(loom, shuttle)))]

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{symlink, PermissionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ipc_ring::layout::identity;
use ipc_ring::{
    Check, FenceMode, OpenError, PopError, PushError, RingOptions, RingReader, RingState, RingView, RingWriter, Side,
    SideState, Snapshot, Trust, ViewError,
};
use ipc_ring_reference::record::{self, Need};
use ipc_ring_reference::{
    other_process, push_all, random_words, ring, ring_at, ring_by, sleeping, until, wait_until, Done, Other, Place,
    Words, CURSOR, DATA, EPOCH, LONG, WAKE_AT,
};

/// The bytes of the messages that wait: all must be there.
fn waiting(view: &RingView, max: usize) -> Vec<Vec<u8>> {
    view.messages(max).map(|message| message.unwrap().bytes).collect()
}

#[test]
fn a_snapshot_tells_who_is_there_where_they_stand_and_what_waits() {
    let place = Place::new();
    let mut writer = RingOptions::new().create_fence_mode(FenceMode::Symmetric).create(place.ring(), 4096).unwrap();
    let view = RingView::open(place.ring()).unwrap();
    assert_eq!((view.capacity(), view.max_message_len()), (4096, 4080));
    assert_eq!(view.fence_mode(), FenceMode::Symmetric);

    let seen = view.snapshot();
    assert_eq!((seen.state, seen.used_bytes), (RingState::Live, 0));
    assert_eq!((seen.writer.state, seen.writer.position, seen.writer.epoch), (SideState::Attached, 0, 1));
    assert_eq!((seen.reader.state, seen.reader.position, seen.reader.epoch), (SideState::Absent, 0, 0));

    writer.push(b"one", None).unwrap();
    writer.push(b"two", None).unwrap();
    let mut reader = RingReader::open(place.ring()).unwrap();
    reader.pop(&mut Vec::new(), None).unwrap();
    let seen = view.snapshot();
    assert_eq!((seen.state, seen.used_bytes), (RingState::Live, 16));
    assert_eq!((seen.writer.state, seen.writer.position, seen.writer.epoch), (SideState::Attached, 32, 1));
    assert_eq!((seen.reader.state, seen.reader.position, seen.reader.epoch), (SideState::Attached, 16, 1));
    assert_eq!((seen.writer.awaits, seen.reader.awaits), (None, None));

    drop(writer);
    let seen = view.snapshot();
    assert_eq!((seen.state, seen.writer.state, seen.reader.state), live(SideState::Closed, SideState::Attached));
    drop(reader);
    let seen = view.snapshot();
    assert_eq!((seen.state, seen.used_bytes), (RingState::Idle, 24), "a message, and the end of the stream");
    assert_eq!((seen.writer.state, seen.reader.state), (SideState::Closed, SideState::Closed));

    let _writer = RingWriter::attach(place.ring()).unwrap();
    let seen = view.snapshot();
    assert_eq!((seen.state, seen.writer.state, seen.reader.state), live(SideState::Attached, SideState::Closed));
    assert_eq!(seen.writer.epoch, 2);
}

fn live(writer: SideState, reader: SideState) -> (RingState, SideState, SideState) {
    (RingState::Live, writer, reader)
}

/// The other process: pushes a message, says so, and waits to be killed.
#[test]
#[ignore = "the other process of the tests in this file"]
fn other_side() {
    let (path, mut steps) = other_process();
    let mut writer = RingWriter::create(path, 4096).unwrap();
    writer.push(b"last words", None).unwrap();
    steps.step("pushed");
}

#[test]
fn a_ring_whose_writer_was_killed_is_orphaned_until_another_comes() {
    let place = Place::new();
    let mut process = Other::start("other_side", &place.ring()).after("pushed");
    let view = RingView::open(place.ring()).unwrap();
    assert_eq!(view.snapshot().state, RingState::Live);

    process.kill();
    wait_until("the kernel releases the lock of the dead", || view.snapshot().state == RingState::Orphaned);
    let seen = view.snapshot();
    assert_eq!((seen.writer.state, seen.reader.state), (SideState::Died, SideState::Absent));
    assert_eq!(waiting(&view, 10), [b"last words"]);

    // One that reads is no longer alone with it, and the writer is dead all the same.
    let reader = RingReader::open(place.ring()).unwrap();
    let seen = view.snapshot();
    assert_eq!((seen.state, seen.writer.state, seen.reader.state), live(SideState::Died, SideState::Attached));
    drop((reader, RingWriter::attach(place.ring()).unwrap()));
    assert_eq!(view.snapshot().state, RingState::Idle);
}

#[test]
fn a_side_that_sleeps_is_seen_to_wait_and_for_what() {
    let (place, mut writer, mut reader) = ring_by(&sleeping(), 128);
    let view = RingView::open(place.ring()).unwrap();
    thread::scope(|threads| {
        let popping = threads.spawn(|| {
            reader.pop(&mut Vec::new(), Some(LONG)).unwrap();
            reader
        });
        wait_until("the reader announces its sleep", || view.snapshot().reader.awaits == Some(8));
        writer.push(&[1; 56], None).unwrap();
        let _reader = popping.join().unwrap();
        assert_eq!(view.snapshot().reader.awaits, None);

        writer.push(&[2; 56], None).unwrap();
        writer.push(&[3; 48], None).unwrap();
        let pushing = threads.spawn(|| writer.push(b"more", Some(LONG)).map(|()| writer));
        wait_until("the writer announces its sleep", || view.snapshot().writer.awaits == Some(80));
        drop(_reader);
        assert!(pushing.join().unwrap().is_err());
    });
    // Who is gone awaits nothing, whatever it announced.
    let words = place.words();
    words.set(words.reader(WAKE_AT), 200);
    assert_eq!(view.snapshot().reader.awaits, None);
}

/// The last writer waited for the same space, in vain.
#[test]
fn a_writer_that_waits_to_be_let_in_has_waited_since_it_came() {
    let place = Place::new();
    let mut writer = sleeping().create(place.ring(), 64).unwrap();
    writer.push(&[1; 48], None).unwrap();
    assert_eq!(writer.push(b"", Some(Duration::from_millis(50))), Err(PushError::TimedOut));
    drop(writer);
    let view = RingView::open(place.ring()).unwrap();
    let begin = Instant::now();
    thread::scope(|threads| {
        let attaching = threads.spawn(|| sleeping().attach_wait(place.ring(), Some(LONG)).map(drop));
        let waited = until("it waits", || {
            let seen = view.snapshot().writer;
            seen.waiting.filter(|_| seen.state == SideState::Attached)
        });
        assert!(waited <= begin.elapsed(), "{waited:?}");
        RingReader::open(place.ring()).unwrap().pop(&mut Vec::new(), None).unwrap();
        attaching.join().unwrap().unwrap();
    });
}

// Checks: I17.
#[test]
fn what_waits_is_shown_in_order_and_stays() {
    let place = Place::new();
    // A message that does not fit before the end of the lap has padding before it, also where positions wrap.
    for start in [0, 88, u64::MAX - 39] {
        ring_at(&place.ring(), 128, start);
        let mut writer = RingWriter::attach(place.ring()).unwrap();
        let mut reader = RingReader::open(place.ring()).unwrap();
        let view = RingView::open(place.ring()).unwrap();
        assert_eq!(waiting(&view, 10), [[0; 0]; 0]);

        let pushed: [&[u8]; 4] = [b"", b"a", &[2; 40], b"exactly8"];
        push_all(&mut writer, pushed);
        assert_eq!(waiting(&view, 10), pushed);
        assert_eq!(waiting(&view, 4), pushed);
        assert_eq!(waiting(&view, 3), pushed[..3]);
        assert_eq!(waiting(&view, 0), [[0; 0]; 0]);

        let positions: Vec<u64> = view.messages(10).map(|message| message.unwrap().position).collect();
        for (message, position) in pushed.iter().zip(positions) {
            assert_eq!(reader.peek(None).unwrap().position(), position);
            let mut buffer = Vec::new();
            reader.pop(&mut buffer, None).unwrap();
            assert_eq!(&buffer, message);
        }
        assert_eq!(waiting(&view, 10), [[0; 0]; 0]);
        drop((writer, reader));
        fs::remove_file(place.ring()).unwrap();
    }
}

#[test]
fn messages_that_are_popped_while_they_are_looked_at_are_missed_aloud() {
    let (place, mut writer, mut reader) = ring(4096);
    let view = RingView::open(place.ring()).unwrap();
    push_all(&mut writer, [b"one", b"two", b"six"]);
    let mut messages = view.messages(10);
    assert_eq!(messages.next().unwrap().unwrap().bytes, b"one");
    reader.pop(&mut Vec::new(), None).unwrap();
    assert_eq!(messages.next().unwrap().unwrap().bytes, b"two");
    reader.pop(&mut Vec::new(), None).unwrap();
    reader.pop(&mut Vec::new(), None).unwrap();
    assert_eq!(messages.next(), Some(Err(ViewError::Overtaken)));
    assert_eq!(io::Error::from(ViewError::Overtaken).kind(), io::ErrorKind::Interrupted);
    assert_eq!(messages.next(), None);
}

/// A writer and a reader in full swing on a ring of a few messages, and somebody who looks.
// Checks: I17.
#[test]
fn a_view_of_a_ring_in_use_shows_each_message_as_it_was_pushed_or_not_at_all() {
    const MESSAGES: usize = 2_000;
    let (place, mut writer, mut reader) = ring(16 << 10);
    let done = AtomicBool::new(false);
    thread::scope(|threads| {
        threads.spawn(|| {
            let mut message = [0; 3000];
            for number in 0u64.. {
                message.chunks_exact_mut(8).for_each(|word| word.copy_from_slice(&number.to_le_bytes()));
                if done.load(Ordering::Relaxed) || writer.push(&message, Some(LONG)).is_err() {
                    return;
                }
                writer.count_dropped(1);
                writer.count_repeated(2);
            }
        });
        threads.spawn(|| {
            let mut buffer = Vec::new();
            while !done.load(Ordering::Relaxed) {
                if reader.pop(&mut buffer, Some(LONG)).is_err() {
                    return;
                }
            }
            drop(reader);
        });
        let _done = Done(&done);
        let view = RingView::open(place.ring()).unwrap();
        let (mut seen, mut overtaken, mut earlier) = (0, 0, view.snapshot());
        wait_until("enough was seen, and enough was missed", || {
            let mut last = None;
            for message in view.messages(10) {
                match message {
                    Ok(message) => {
                        let words: Vec<_> = message.bytes.chunks_exact(8).collect();
                        let number = u64::from_le_bytes(words[0].try_into().unwrap());
                        assert!(message.bytes.len() == 3000 && words.iter().all(|word| *word == words[0]), "{number}");
                        assert!(last.replace(number).map_or(true, |last| number == last + 1));
                        seen += 1;
                    }
                    Err(ViewError::Overtaken) => overtaken += 1,
                    Err(error) => panic!("{error}"),
                }
            }
            let now = view.snapshot_since(&earlier);
            assert_eq!(now.state, RingState::Live, "two sides that go on are not stuck");
            for (before, now) in figures(&earlier).iter().zip(&figures(&now)) {
                assert!(before.iter().zip(now).all(|(before, now)| before <= now), "{before:?}, and then {now:?}");
            }
            earlier = now;
            seen >= MESSAGES && overtaken > 100
        });
    });
}

/// What a view tells of each side that never goes back.
fn figures(seen: &Snapshot) -> [[u64; 7]; 2] {
    [seen.writer, seen.reader].map(|side| {
        let longest = side.longest_wait.as_nanos() as u64;
        [side.position, side.epoch, side.sleeps, side.wakes, longest, side.dropped, side.repeated]
    })
}

/// A ring that is filled and emptied in turn, and somebody who asks how many messages there were. By the time that they
/// are counted, the reader has often gone past where it stood and the writer has written over it, without another note.
/// Both sides are in one thread, so that two processors are enough for this to happen while the count goes on. The
/// payloads look like empty messages, so that whoever counts what was written over gets a number too.
// Checks: I17.
#[test]
fn messages_are_counted_up_to_where_a_side_was_seen_or_not_at_all_while_the_ring_is_in_use() {
    const CAPACITY: u64 = 4096;
    const COUNTS: usize = 2_000;
    // The lengths of a cycle of messages, whose last one ends with a lap, and how many end before each position: no
    // message ends where padding does.
    let mut lens: Vec<usize> = (0..1_000).map(|number| number * number * 7919 % 137).collect();
    let before = record::ends(CAPACITY, 0, lens.iter().copied()).last().unwrap();
    lens.push((CAPACITY - before % CAPACITY - record::GRANULE) as usize);
    let (mut ends, mut position) = (BTreeMap::from([(0, 0)]), 0);
    for (&len, number) in lens.iter().zip(0..) {
        let need = Need::of(len, CAPACITY, position);
        ends.extend([(position + need.padding, number), (position + need.both(), number + 1)]);
        position += need.both();
    }
    let (cycle, messages_of_it) = (position, lens.len() as u64);
    let truth = |position: u64| position / cycle * messages_of_it + ends[&(position % cycle)];

    let (place, mut writer, mut reader) = ring(CAPACITY as usize);
    let done = AtomicBool::new(false);
    thread::scope(|threads| {
        threads.spawn(|| {
            let message = DATA.to_le_bytes().repeat(CAPACITY as usize / 8);
            let mut lens = lens.iter().cycle().peekable();
            while !done.load(Ordering::Relaxed) {
                while lens.next_if(|&&len| writer.try_push(&message[..len]).is_ok()).is_some() {}
                let mut batch = reader.try_batch(usize::MAX).unwrap().expect("the ring is full");
                assert!(batch.messages().count() > 0);
                batch.commit();
            }
        });
        let _done = Done(&done);
        let view = RingView::open(place.ring()).unwrap();
        // How often messages were counted back from a note of the writer's, and on from one.
        let (mut back, mut on) = (0, 0);
        wait_until("enough was counted", || {
            let seen = view.snapshot();
            for side in [seen.writer, seen.reader] {
                let Ok(messages) = side.message_count else { continue };
                assert_eq!(messages, truth(side.position), "up to {}: {seen:?}", side.position);
                // There is a note where the writer's lap begins, or later.
                let is_before_it = side.position / CAPACITY < seen.writer.position / CAPACITY;
                *if is_before_it { &mut back } else { &mut on } += 1;
            }
            back >= COUNTS && on >= COUNTS
        });
    });
}

#[cfg(target_os = "linux")]
// Checks: I17.
#[test]
fn a_view_maps_everything_for_reading_and_changes_nothing() {
    let (place, mut writer) = Place::with_a_writer(4096);
    writer.push(b"data", None).unwrap();
    drop(writer);
    let before = fs::read(place.ring()).unwrap();
    fs::set_permissions(place.ring(), fs::Permissions::from_mode(0o400)).unwrap();
    let view = RingView::open(place.ring()).unwrap();
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let of_ring = maps.lines().filter(|line| line.ends_with(place.ring().to_str().unwrap()));
    let permissions: Vec<&str> = of_ring.map(|line| line.split_whitespace().nth(1).unwrap()).collect();
    // One area or more: the kernel joins neighbours.
    assert!(!permissions.is_empty() && permissions.iter().all(|&granted| granted == "r--s"), "{permissions:?}");
    // Nor could it write by the descriptor that it keeps, though the superuser may open what it likes.
    let of_ring = fs::read_dir("/proc/self/fd").unwrap().map(|entry| entry.unwrap().path());
    let of_ring = of_ring.filter(|link| fs::read_link(link).is_ok_and(|path| path == place.ring()));
    let flags: Vec<u32> = of_ring
        .map(|link| {
            let info = fs::read_to_string(link.to_str().unwrap().replace("/fd/", "/fdinfo/")).unwrap();
            let flags = info.lines().find_map(|line| line.strip_prefix("flags:\t")).unwrap();
            u32::from_str_radix(flags, 8).unwrap()
        })
        .collect();
    assert!(flags.len() == 1 && flags[0] & libc::O_ACCMODE as u32 == libc::O_RDONLY as u32, "{flags:?}");
    assert_eq!(waiting(&view, 10), [b"data"]);
    assert_eq!(view.snapshot().state, RingState::Idle);
    assert_eq!(fs::read(place.ring()).unwrap(), before);

    // It holds no side either: both can be taken, and removed.
    fs::set_permissions(place.ring(), fs::Permissions::from_mode(0o600)).unwrap();
    drop((RingWriter::attach(place.ring()).unwrap(), RingReader::open(place.ring()).unwrap()));
    ipc_ring::remove(place.ring(), Trust::new()).unwrap();
}

/// Everything in the file changes all the time, to what makes sense and to what makes none.
// Checks: I17.
#[test]
fn a_view_survives_whatever_the_file_holds() {
    const LOOKS: usize = 1_000;
    let place = Place::new();
    ring_at(&place.ring(), 128, 0);
    let done = AtomicBool::new(false);
    thread::scope(|threads| {
        threads.spawn(|| {
            let words = place.words();
            let mut random = random_words();
            while !done.load(Ordering::Relaxed) {
                let (word, place) = (random(), random());
                let header = (DATA << (word % 2)) | ((word >> 8) % 40);
                let (at, word) = match place % 8 {
                    0 => (words.writer(CURSOR), word % 128 * 8 % 200),
                    1 => (words.reader(CURSOR), word % 64),
                    2 => (words.writer([EPOCH, CURSOR, WAKE_AT][word as usize % 3]), word),
                    3 => (words.reader([EPOCH, CURSOR, WAKE_AT][word as usize % 3]), word),
                    4 => (words.byte(word as usize % 16 * 8), word),
                    _ => (words.byte(place as usize / 8 % 16 * 8), header),
                };
                words.set(at, word);
            }
        });
        let _done = Done(&done);
        let view = RingView::open(place.ring()).unwrap();
        let (mut messages, mut refused) = (0, 0);
        wait_until("enough was seen, and enough was refused", || {
            for _ in 0..LOOKS {
                assert!(view.snapshot().used_bytes <= 128);
                for (number, message) in view.messages(usize::MAX).enumerate() {
                    assert!(number <= 16, "a ring of 128 bytes has at most 16 records");
                    match message {
                        Ok(message) => messages += usize::from(message.bytes.len() <= 120),
                        Err(_) => refused += 1,
                    }
                }
            }
            messages > LOOKS && refused > LOOKS
        });
    });
}

#[test]
fn what_is_no_ring_has_no_view() {
    let place = Place::new();
    let open = || RingView::open(place.ring()).map(drop);
    assert!(matches!(open(), Err(OpenError::NotFound { .. })));
    fs::write(place.ring(), [0; 10_000]).unwrap();
    assert!(matches!(open(), Err(OpenError::NotARing { .. })));
    fs::remove_file(place.ring()).unwrap();

    ring_at(&place.ring(), 4096, 0);
    open().unwrap();
    fs::set_permissions(place.ring(), fs::Permissions::from_mode(0o606)).unwrap();
    assert!(matches!(open(), Err(OpenError::Untrusted { .. })));
    assert!(RingView::open_trusting(place.ring(), Trust::new().any_owner(true)).is_ok());
    fs::set_permissions(place.ring(), fs::Permissions::from_mode(0o600)).unwrap();

    let link = place.path("link");
    symlink(place.ring(), &link).unwrap();
    assert!(matches!(RingView::open(link), Err(OpenError::NotARing { .. })));
    OpenOptions::new().write(true).open(place.ring()).unwrap().set_len(5000).unwrap();
    assert!(matches!(open(), Err(OpenError::NotARing { .. })));
}

#[test]
fn a_ring_is_removed_only_if_nobody_holds_a_side_of_it() {
    let place = Place::new();
    let remove = || ipc_ring::remove(place.ring(), Trust::new());
    assert!(matches!(remove(), Err(OpenError::NotFound { .. })));
    let writer = RingWriter::create(place.ring(), 4096).unwrap();
    assert!(matches!(remove(), Err(OpenError::Busy { side: Side::Writer, .. })));
    let reader = RingReader::open(place.ring()).unwrap();
    drop(writer);
    assert!(matches!(remove(), Err(OpenError::Busy { side: Side::Reader, .. })));
    drop(reader);
    // What was refused left nothing: both sides can be had.
    drop((RingWriter::attach(place.ring()).unwrap(), RingReader::open(place.ring()).unwrap()));
    remove().unwrap();
    assert_eq!(place.entries(), [""; 0]);
}

#[test]
fn a_ring_is_removed_as_drained_only_where_its_stream_has_ended_and_nothing_waits() {
    let place = Place::new();
    let remove = || ipc_ring::remove_drained(place.ring(), Trust::new());
    assert!(matches!(remove(), Err(OpenError::NotFound { .. })));
    let mut writer = RingWriter::create(place.ring(), 128).unwrap();
    assert!(matches!(remove(), Err(OpenError::Busy { side: Side::Writer, .. })));
    writer.push(b"one", None).unwrap();
    drop(writer);
    let before = place.seen();
    assert!(!remove().unwrap(), "a message waits");
    assert_eq!(place.seen(), before);
    let words = place.words();
    let header = words.get(words.byte(0));
    words.set(words.byte(0), 0);
    assert!(matches!(remove(), Err(OpenError::Corrupt { check: Check::RecordKind, .. })));
    words.set(words.byte(0), header);

    let mut reader = RingReader::open(place.ring()).unwrap();
    assert!(matches!(remove(), Err(OpenError::Busy { side: Side::Reader, .. })));
    reader.pop(&mut Vec::new(), None).unwrap();
    drop(reader);
    assert!(!remove().unwrap(), "nobody has come to the end of the stream");
    let mut reader = RingReader::open(place.ring()).unwrap();
    assert_eq!(reader.pop(&mut Vec::new(), None), Err(PopError::Closed));
    drop(reader);
    let closed = words.get(words.writer(CURSOR));
    assert_eq!(closed & 1, 1);
    words.set(words.writer(CURSOR), closed & !1);
    assert!(!remove().unwrap(), "its writer died");
    words.set(words.writer(CURSOR), 3);
    let view = RingView::open(place.ring()).unwrap();
    assert_eq!([0, 1].map(|most| view.messages(most).count()), [0, 1], "one that says what is wrong, or none");
    assert!(matches!(remove(), Err(OpenError::Corrupt { .. })));
    words.set(words.writer(CURSOR), closed);
    assert!(place.ring().exists());
    assert!(remove().unwrap());
    assert!(!place.ring().exists());
}

#[test]
fn damaged_rings_are_removed_and_other_files_are_not() {
    let place = Place::new();
    let remove = || ipc_ring::remove(place.ring(), Trust::new());
    for len in [16, 100, 5000] {
        ring_at(&place.ring(), 4096, 0);
        OpenOptions::new().write(true).open(place.ring()).unwrap().set_len(len).unwrap();
        remove().unwrap();
        assert_eq!(place.entries(), [""; 0]);
    }
    for foreign in [&b""[..], b"ipc_ring", b"a file of somebody else's, of some length"] {
        fs::write(place.ring(), foreign).unwrap();
        assert!(matches!(remove(), Err(OpenError::NotARing { .. })));
    }
    for other in [1, 3] {
        fs::write(place.ring(), [&b"ipc_ring"[..], &[other, 0, 0, 0, 0, 0, 0, 0]].concat()).unwrap();
        match remove() {
            Err(OpenError::Incompatible { what: "ABI", offset: 8, found, expected: 2, .. }) => {
                assert_eq!(found, u64::from(other));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(fs::read(place.ring()).unwrap().len(), 16);
}

/// The ring at `path` as it would be of a machine with pages of `size` bytes: what stands in them is the same.
fn with_pages(path: &Path, size: usize) {
    let ring = fs::read(path).unwrap();
    let page = Words::of(path).page();
    let resized = |page: &[u8]| page.iter().copied().chain(std::iter::repeat(0)).take(size).collect::<Vec<u8>>();
    let mut writer = resized(&ring[..page]);
    writer[24..32].copy_from_slice(&(size as u64).to_le_bytes());
    fs::write(path, [writer, resized(&ring[page..2 * page]), ring[2 * page..].to_vec()].concat()).unwrap();
}

// Checks: I4.
#[test]
fn a_ring_of_a_machine_with_pages_of_another_size_is_looked_at_and_removed_but_not_used() {
    let place = Place::new();
    for size in [4096, 8192, 16384, 32768, 65536] {
        for capacity in [64, 1 << 16] {
            let mut writer = RingWriter::create(place.ring(), capacity).unwrap();
            let own = place.words().page();
            let mut reader = RingReader::open(place.ring()).unwrap();
            writer.push(b"popped", None).unwrap();
            reader.pop(&mut Vec::new(), None).unwrap();
            writer.push(b"waits", None).unwrap();
            drop((writer, reader));
            let expected = place.seen();
            with_pages(&place.ring(), size);

            let view = RingView::open(place.ring()).unwrap();
            assert_eq!((view.capacity(), view.snapshot()), (capacity, expected));
            assert_eq!(expected.reader.message_count, Ok(1));
            assert_eq!(waiting(&view, 10), [b"waits"]);
            let refused = [
                view.refusal(),
                RingReader::open(place.ring()).err(),
                RingOptions::new().trust(Trust::new().any_boot(true)).attach(place.ring()).err(),
            ];
            for error in refused {
                match error {
                    None => assert_eq!(size, own),
                    Some(OpenError::Incompatible { what: "page size", offset: 24, found, expected, .. }) => {
                        assert_eq!((found, expected), (size as u64, own as u64));
                    }
                    other => panic!("{other:?}"),
                }
            }
            if size != own {
                assert!(!ipc_ring::remove_drained(place.ring(), Trust::new()).unwrap(), "a message waits");
            }
            ipc_ring::remove(place.ring(), Trust::new()).unwrap();
        }
    }

    // No machine has these.
    for size in [0, 1, 2048, 4097, 12288, 1 << 17, 1 << 20, 1 << 63] {
        drop(RingWriter::create(place.ring(), 64).unwrap());
        place.words().set(identity::PAGE_SIZE, size);
        let error = RingView::open(place.ring()).err();
        assert!(matches!(error, Some(OpenError::Incompatible { found, .. }) if found == size), "{size}: {error:?}");
        ipc_ring::remove(place.ring(), Trust::new()).unwrap();
    }
}

#[test]
fn a_view_tells_how_long_a_side_has_waited_in_all_its_calls() {
    let (place, mut writer) = Place::with_a_writer(64);
    let view = RingView::open(place.ring()).unwrap();
    let of_reader = || view.snapshot().reader;
    assert_eq!(of_reader().waiting, None);
    let done = AtomicBool::new(false);
    let pops = |reader: &mut RingReader| {
        while !done.load(Ordering::Relaxed) {
            match reader.pop(&mut Vec::new(), Some(Duration::from_millis(1))) {
                Ok(_) | Err(PopError::TimedOut) => {}
                Err(error) => panic!("{error}"),
            }
        }
    };
    let options = sleeping();
    // Over more sleeps than one call made.
    let has_waited_since = |begin: Instant| {
        let mut before: Option<(u64, Duration)> = None;
        for _ in 0..20 {
            wait_until("it has gone to sleep again", || {
                let seen = of_reader();
                let (Some(waiting), Some(_)) = (seen.waiting, seen.awaits) else { return false };
                assert!(waiting <= begin.elapsed(), "{waiting:?}, longer than there was anything to wait for");
                let Some((sleeps, waited)) = before.filter(|(sleeps, _)| seen.sleeps < sleeps + 2) else {
                    assert!(before.map_or(true, |(_, waited)| waiting > waited), "{before:?}, then {waiting:?}");
                    before = Some((seen.sleeps, waiting));
                    return true;
                };
                assert!(waiting >= waited && seen.sleeps >= sleeps);
                false
            });
        }
    };
    // And so does a successor, though it waits for the same.
    for round in 1..=2 {
        done.store(false, Ordering::Relaxed);
        thread::scope(|threads| {
            let _done = Done(&done);
            let begin = Instant::now();
            let mut reader = options.open(place.ring()).unwrap();
            threads.spawn(move || pops(&mut reader));
            has_waited_since(begin);

            // For the next message it waits anew.
            let begin = Instant::now();
            writer.push(b"", None).unwrap();
            wait_until("it is popped", || of_reader().position == 8 * round);
            wait_until("it waits for the next", || of_reader().awaits == Some(8 * round + 8));
            has_waited_since(begin);
        });
        assert_eq!((of_reader().awaits, of_reader().waiting), (None, None), "nobody waits");
    }
}
