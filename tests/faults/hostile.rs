//! Faults 23, 26 and 27: a peer that changes what is being looked at, and one that wakes without end.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

#[cfg(target_arch = "x86_64")]
use crate::trap::{accesses, change_behind_each_access};
use ipc_ring::{Check, PopError, RingReader, RingWriter, TryPopError, WaitStrategy};
use ipc_ring_reference::kernel::{holding, not_run, WAKES};
use ipc_ring_reference::{
    meanwhile, other_process, pops, ring, ring_by, wait_until, waiting, Other, Place, Words, CURSOR, DATA, LONG,
    WAKE_AT,
};

/// Where this process has the bytes of the ring at `path` mapped for reading.
#[cfg(target_arch = "x86_64")]
fn mapped_bytes(path: &Path) -> *mut u8 {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let of_bytes = |line: &&str| line.ends_with(path.to_str().unwrap()) && line.contains(" r--s 00002000 ");
    let line = maps.lines().find(of_bytes).unwrap();
    usize::from_str_radix(line.split_once('-').unwrap().0, 16).unwrap() as *mut u8
}

/// Every access to the ring's bytes is trapped, and after each of them the length of the record is another.
#[cfg(target_arch = "x86_64")]
#[test]
#[ignore = "the other process of the test below"]
fn reader_whose_header_changes_behind_each_look() {
    let (path, steps) = other_process();
    drop(RingWriter::create(&path, 4096).unwrap());
    let words = Words::of(&path);
    for length in [8, 120] {
        words.set(words.byte(0), DATA | length);
        words.set(words.writer(CURSOR), 4096);
        let mut reader = RingReader::open(&path).unwrap();
        let header = words.word(words.byte(0));
        change_behind_each_access(mapped_bytes(&path), header.as_ptr(), DATA | 0xffff_fff0);
        let mut buffer = Vec::with_capacity(256);
        let message = reader.try_peek().unwrap().unwrap();
        let (peeked, looks) = (message.len(), accesses());
        message.copy_to(&mut buffer);
        assert_eq!(
            (peeked, looks, message.len(), buffer.len()),
            (length as usize, 1, length as usize, length as usize)
        );
        assert!(accesses() > 0, "the copy is trapped, too");

        header.store(DATA | length, Ordering::Relaxed);
        assert_eq!(reader.try_pop(&mut buffer), Ok(Some(length as usize)));
        assert_eq!((buffer.len(), reader.position()), (length as usize, length + 8));
        drop(reader);
        words.set(words.reader(CURSOR), 0);

        // And what it changed to is refused when it is looked at.
        let mut reader = RingReader::open(&path).unwrap();
        let corrupt = TryPopError::Corrupt { check: Check::RecordLength };
        assert_eq!(reader.try_pop(&mut buffer), Err(corrupt));
        drop(reader);
        words.set(words.reader(CURSOR), 0);
    }
    steps.say("nothing was looked at twice");
}

// Checks: I6.
#[test]
fn f23_a_length_that_changes_after_the_check_is_the_one_that_was_checked() {
    if cfg!(not(target_arch = "x86_64")) {
        return not_run("f23", "an access is followed by a trap on x86-64 alone");
    }
    let place = Place::new();
    let _other = Other::start("hostile::reader_whose_header_changes_behind_each_look", &place.ring())
        .after("nothing was looked at twice");
}

/// What arrives is made of what was there, and from then on the reader's own.
// Checks: I6, T1.
#[test]
fn f26_a_payload_that_changes_while_it_is_read_is_copied_out_first_and_stays_as_it_was_copied() {
    let (place, mut writer, mut reader) = ring(4096);
    writer.push(&[0xaa; 2048], None).unwrap();
    let words = place.words();
    let mut turn = 0u64;
    let scribble = || {
        turn += 1;
        let filler = if turn % 2 == 0 { 0xaa } else { 0x55 };
        (1..257).for_each(|granule| words.set(words.byte(8 * granule), u64::from_le_bytes([filler; 8])));
    };
    meanwhile(scribble, || {
        let (mut mixed, mut buffer) = (0, Vec::new());
        let begin = Instant::now();
        let mut looks = 0;
        while looks < 200 || (mixed == 0 && begin.elapsed() < LONG) {
            looks += 1;
            let message = reader.peek(None).unwrap();
            message.copy_to(&mut buffer);
            let first = buffer.clone();
            assert!(buffer.len() == 2048 && buffer.iter().all(|byte| [0xaa, 0x55].contains(byte)));
            mixed += (buffer.contains(&0xaa) && buffer.contains(&0x55)) as usize;
            // Whatever becomes of the ring, the copy is the reader's.
            let other = u64::from_le_bytes([buffer[0] ^ 0xff; 8]);
            wait_until("the ring says something else", || words.get(words.byte(8)) == other);
            assert!(buffer == first);
        }
        assert!(mixed > 0, "nothing changed while it was read");
        assert_eq!(reader.pop(&mut buffer, None), Ok(2048));
    });
    assert_eq!(reader.position(), 2056);
}

// Checks: I10.
#[test]
fn f27_the_deadline_of_a_sleeper_holds_in_a_storm_of_wakes() {
    for strategy in [WaitStrategy::SpinThenSleep { spin: Duration::from_micros(50) }, WaitStrategy::Sleep] {
        let (place, mut writer, mut reader) = ring_by(&waiting(strategy), 64);
        let words = place.words();
        let storm = Instant::now();
        // A machine with much else to do makes few wakes in a call: then another call is looked at.
        let woken = (0..40).find_map(|_| {
            let mut woken = 0;
            let elapsed = meanwhile(
                // It ends some time, so that a call that goes on for as long as it is woken fails the test.
                || woken += if storm.elapsed() < LONG { words.wake(words.writer(CURSOR)) } else { 0 },
                || {
                    let begin = Instant::now();
                    assert_eq!(reader.pop(&mut Vec::new(), Some(Duration::from_millis(200))), Err(PopError::TimedOut));
                    begin.elapsed()
                },
            );
            assert!(elapsed >= Duration::from_millis(200) && elapsed < LONG, "{elapsed:?}");
            (woken > 20).then_some(woken)
        });
        assert!(woken.is_some(), "no storm");
        writer.push(b"as ever", None).unwrap();
        assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Ok(7));
    }
}

/// A reader that says for ever that it sleeps costs its writer a wake a push, and no push fails or waits for it.
// Checks: I11.
#[test]
fn f27_a_peer_that_pins_its_announcement_costs_a_wake_a_push_at_most() {
    let (place, mut writer, mut reader) = ring(4096);
    let words = place.words();
    let mut wakes = 0;
    let writer = holding(
        &[WAKES],
        |_| wakes += 1,
        || {
            for number in 0..500u64 {
                words.set(words.reader(WAKE_AT), writer.position() + 8);
                writer.push(&number.to_le_bytes(), Some(LONG)).unwrap();
                pops(&mut reader, number.to_le_bytes());
            }
            writer
        },
    );
    assert_eq!(wakes, 500);
    assert_eq!(writer.position(), 500 * 16);
}
