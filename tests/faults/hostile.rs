//! Faults 23, 26 and 27: a peer that changes what is being looked at, and one that wakes without end.

use std::fs::OpenOptions;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::common::{wait_until, Place, Words, CURSOR, LONG, WAKE_AT};
use crate::kernel::{holding, WAKES};
use ipc_ring::{Check, PopError, RingOptions, RingReader, RingWriter, WaitStrategy};

const DATA: u64 = 1 << 32;

/// Runs `body` while another thread does `mischief` over and over, which has begun by then.
fn meanwhile<T>(mischief: impl FnMut() + Send, body: impl FnOnce() -> T) -> T {
    let (begun, done) = (AtomicBool::new(false), AtomicBool::new(false));
    /// Also where `body` panics: else the other thread would never end.
    struct Done<'a>(&'a AtomicBool);
    impl Drop for Done<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let mut mischief = mischief;
    std::thread::scope(|threads| {
        threads.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                mischief();
                begun.store(true, Ordering::Relaxed);
            }
        });
        let _done = Done(&done);
        wait_until("the mischief begins", || begun.load(Ordering::Relaxed));
        body()
    })
}

/// The header of the first record flips between two lengths that can be, and one that cannot, as fast as another thread
/// can have it.
#[test]
fn f23_a_length_that_changes_after_the_check_is_the_one_that_was_checked() {
    let place = Place::new();
    let writer = RingWriter::create(place.ring(), 128).unwrap();
    let words = Words::of(&place.ring());
    words.set(words.byte(0), DATA | 8);
    words.set(words.writer(CURSOR), 128);
    let mut turn = 0;
    let flip = || {
        turn += 1;
        words.set(words.byte(0), [DATA | 8, DATA | 120, DATA | 4096, DATA | 8, DATA | 120][turn % 5]);
    };
    // How often a message of 8 bytes was seen, one of 120, and one that cannot be.
    let mut seen = [0; 3];
    meanwhile(flip, || {
        let (mut looks, begin) = (0, Instant::now());
        while looks < 1_000 || (seen.contains(&0) && begin.elapsed() < LONG) {
            looks += 1;
            // A reader that has no verdict yet.
            let mut reader = RingReader::open(place.ring()).unwrap();
            let mut buffer = Vec::new();
            let peeked = reader.try_peek().map(|message| {
                let message = message.unwrap();
                message.copy_to(&mut buffer);
                assert_eq!(buffer.len(), message.len());
                message.len()
            });
            let popped = peeked.and_then(|length| {
                assert!(length == 8 || length == 120, "{length}");
                seen[(length == 120) as usize] += 1;
                let popped = reader.try_pop(&mut buffer)?.unwrap();
                assert!((popped == 8 || popped == 120) && buffer.len() == popped, "{popped}");
                assert_eq!(reader.position(), popped as u64 + 8);
                Ok(())
            });
            if let Err(error) = popped {
                assert_eq!(error, PopError::Corrupt { check: Check::RecordLength });
                seen[2] += 1;
            }
            assert!(buffer.capacity() <= 128, "no more than the ring has");
            drop(reader);
            words.set(words.reader(CURSOR), 0);
        }
    });
    assert!(!seen.contains(&0), "{seen:?}");
    drop(writer);
}

/// What arrives is made of what was there, and from then on the reader's own.
#[test]
fn f26_a_payload_that_changes_while_it_is_read_is_copied_out_first_and_stays_as_it_was_copied() {
    let place = Place::new();
    let mut writer = RingWriter::create(place.ring(), 4096).unwrap();
    let mut reader = RingReader::open(place.ring()).unwrap();
    writer.push(&[0xaa; 2048], None).unwrap();
    let words = Words::of(&place.ring());
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

/// The word at `offset` of a ring's file, mapped as a peer maps it.
struct Mapped(*mut u32);

// SAFETY: what is mapped stays so, and only its address is given to the kernel.
unsafe impl Sync for Mapped {}

impl Mapped {
    fn word(path: &Path, offset: u64) -> Self {
        let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping.
        let page = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                4096,
                protection,
                libc::MAP_SHARED,
                file.as_raw_fd(),
                offset as i64 / 4096 * 4096,
            )
        };
        assert!(page != libc::MAP_FAILED);
        Self(page.cast::<u8>().wrapping_add(offset as usize % 4096).cast())
    }

    /// Wakes whoever sleeps on the word.
    fn wake(&self) -> i64 {
        // SAFETY: the kernel checks the address.
        unsafe { libc::syscall(libc::SYS_futex, self.0, libc::FUTEX_WAKE, i32::MAX) }
    }
}

#[test]
fn f27_the_deadline_of_a_sleeper_holds_in_a_storm_of_wakes() {
    for strategy in [WaitStrategy::SpinThenSleep { spin: Duration::from_micros(50) }, WaitStrategy::Sleep] {
        let place = Place::new();
        let mut options = RingOptions::new();
        options.wait(strategy);
        let mut writer = options.create(place.ring(), 64).unwrap();
        let mut reader = options.open(place.ring()).unwrap();
        let word = Mapped::word(&place.ring(), CURSOR);
        let mut woken = 0;
        let elapsed = meanwhile(
            || woken += word.wake(),
            || {
                let begin = Instant::now();
                assert_eq!(reader.pop(&mut Vec::new(), Some(Duration::from_millis(200))), Err(PopError::TimedOut));
                begin.elapsed()
            },
        );
        assert!(elapsed >= Duration::from_millis(200) && elapsed < LONG, "{elapsed:?}");
        assert!(woken > 20, "no storm: {woken} wakes");
        writer.push(b"as ever", None).unwrap();
        assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Ok(7));
    }
}

/// A reader that says for ever that it sleeps costs its writer a wake a push, and no push fails or waits for it.
#[test]
fn f27_a_peer_that_pins_its_announcement_costs_a_wake_a_push_at_most() {
    let place = Place::new();
    let mut writer = RingWriter::create(place.ring(), 4096).unwrap();
    let mut reader = RingReader::open(place.ring()).unwrap();
    let words = Words::of(&place.ring());
    let mut wakes = 0;
    let writer = holding(
        &[WAKES],
        |_| wakes += 1,
        || {
            let mut buffer = Vec::new();
            for number in 0..500u64 {
                words.set(words.reader(WAKE_AT), writer.position() + 8);
                writer.push(&number.to_le_bytes(), Some(LONG)).unwrap();
                reader.pop(&mut buffer, Some(LONG)).unwrap();
                assert_eq!(buffer, number.to_le_bytes());
            }
            writer
        },
    );
    assert_eq!(wakes, 500);
    assert_eq!(writer.position(), 500 * 16);
}
