//! Makes each vector by the library itself.
//!
//! A vector is what a ring's file holds at a moment: what is left by a crash at that moment. Some things in it are not
//! the ring's, and are put in by hand:
//! - the ring's id, which is random, and the id of the boot, which is the machine's ([`image`]);
//! - the figures that tell how long something took, and how often a sleep ended early ([`slept`]);
//! - positions that no ring gets to in a lifetime (`far`).
//!
//! What is damaged is damaged by hand, too: no library makes it. So it is with ABI 1, and with pages of another size.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use ipc_ring::{
    FenceMode, PopError, PushError, RingOptions, RingReader, RingWriter, TryPopError, TryPushError, WaitStrategy,
};

use ipc_ring_reference::Place;

/// The size of a page in the vectors.
const PAGE: usize = 4096;
const ID: [u8; 16] = *b"vector's ring id";
const BOOT: [u8; 16] = *b"the vectors boot";

/// Where things stand in a file with such pages.
const EPOCH: usize = 128;
const CURSOR: usize = 256;
const WAKE_AT: usize = 384;
const FIGURES: usize = 512;
const READER: usize = PAGE;
const BYTES: usize = 2 * PAGE;

/// The name of a vector, and how its file is made in an empty directory; `None` where this system cannot.
pub type Vector = (&'static str, fn(&Place) -> Option<Vec<u8>>);

pub const VECTORS: &[Vector] = &[
    ("empty", |at| {
        let _writer = create(at, 64);
        image(&at.ring())
    }),
    ("one", one),
    ("asymmetric", |at| {
        let mut writer = RingOptions::new().create_fence_mode(FenceMode::Asymmetric).create(at.ring(), 64).ok()?;
        writer.push(b"one", None).unwrap();
        image(&at.ring())
    }),
    ("lengths", |at| {
        let mut writer = create(at, 128);
        push(&mut writer, &["", "1", "seven77", "eight888", "nine99999"]);
        image(&at.ring())
    }),
    ("longest", |at| {
        let mut writer = create(at, 64);
        push(&mut writer, &[&"0123456789abcdef".repeat(3)]);
        image(&at.ring())
    }),
    ("large", |at| {
        let mut writer = create(at, 4096);
        push(&mut writer, &[&"0123456789abcdef".repeat(20), "small"]);
        image(&at.ring())
    }),
    ("wrapped", |at| {
        let (mut writer, _reader) = after(at, &["a of sixteen: 16", "b of sixteen: 16"]);
        push(&mut writer, &["c of 8..", "the next lap"]);
        image(&at.ring())
    }),
    ("padded", |at| {
        let (mut writer, _reader) = after(at, &["a of sixteen: 16", "b of sixteen: 16"]);
        push(&mut writer, &["too long for this lap"]);
        image(&at.ring())
    }),
    ("padded-for-more", |at| {
        let (mut writer, _reader) = after(at, &["a of sixteen: 16", "b of sixteen: 16"]);
        let mut grant = writer.reserve(20, None).unwrap();
        grant.write_all(b"it fits").unwrap();
        grant.commit();
        image(&at.ring())
    }),
    ("padding-alone", |at| {
        let (mut writer, _reader) = after(at, &["one"]);
        assert_eq!(writer.try_push(&[b'x'; 48]), Err(TryPushError::Full));
        image(&at.ring())
    }),
    ("full", |at| {
        let mut writer = create(at, 64);
        push(&mut writer, &["a of sixteen: 16", "b of sixteen: 16", ""]);
        assert_eq!(writer.try_push(b""), Err(TryPushError::Full));
        image(&at.ring())
    }),
    ("full-and-ended", |at| {
        let mut writer = create(at, 64);
        push(&mut writer, &["a of sixteen: 16", "b of sixteen: 16", ""]);
        writer.finish();
        image(&at.ring())
    }),
    ("ended", |at| {
        let mut writer = create(at, 64);
        push(&mut writer, &["one", "two"]);
        writer.finish();
        image(&at.ring())
    }),
    ("ended-twice", |at| {
        let mut writer = create(at, 64);
        push(&mut writer, &["one"]);
        writer.finish();
        let mut writer = RingWriter::attach(at.ring()).unwrap();
        push(&mut writer, &["two"]);
        writer.finish();
        image(&at.ring())
    }),
    ("ended-and-resumed", |at| {
        let mut writer = create(at, 64);
        push(&mut writer, &["one"]);
        writer.finish();
        let mut writer = RingWriter::attach(at.ring()).unwrap();
        push(&mut writer, &["two"]);
        image(&at.ring())
    }),
    ("end-begins-a-lap", |at| {
        let (mut writer, _reader) = after(at, &["a of sixteen: 16", "b of sixteen: 16"]);
        push(&mut writer, &["c of 8.."]);
        writer.finish();
        image(&at.ring())
    }),
    ("abandoned", |at| {
        let mut writer = create(at, 64);
        push(&mut writer, &["half of it"]);
        writer.abandon();
        image(&at.ring())
    }),
    ("both-closed", |at| {
        let mut writer = create(at, 64);
        push(&mut writer, &["one", "two"]);
        let mut reader = RingReader::open(at.ring()).unwrap();
        pop(&mut reader);
        drop(reader);
        assert_eq!(writer.try_push(b"three"), Err(TryPushError::Closed));
        writer.finish();
        image(&at.ring())
    }),
    ("drained", |at| {
        let (writer, mut reader) = after(at, &["one", "two"]);
        writer.finish();
        assert_eq!(reader.try_pop(&mut Vec::new()), Err(TryPopError::Closed));
        drop(reader);
        image(&at.ring())
    }),
    ("writer-died-in-a-batch", |at| {
        let mut writer = create(at, 64);
        let mut batch = writer.batch();
        batch.push(b"published", None).unwrap();
        batch.publish();
        batch.push(b"not yet", None).unwrap();
        image(&at.ring())
    }),
    ("writer-died-in-a-grant", |at| {
        let mut writer = create(at, 64);
        push(&mut writer, &["one"]);
        let mut grant = writer.reserve(8, None).unwrap();
        grant.write_all(b"not all").unwrap();
        image(&at.ring())
    }),
    ("successor-of-a-lost-lap", |at| {
        let (mut writer, _reader) = after(at, &["as long as thirty-two bytes: 32."]);
        let mut batch = writer.batch();
        batch.push(b"lost in the next lap", None).unwrap();
        let (left, taken_over) = (fs::read(at.ring()).unwrap(), at.directory().join("taken over"));
        fs::write(&taken_over, left).unwrap();
        let _successor = RingWriter::attach(&taken_over).unwrap();
        image(&taken_over)
    }),
    ("reader-died", |at| {
        let (mut writer, _reader) = after(at, &["one"]);
        push(&mut writer, &["two", "three"]);
        image(&at.ring())
    }),
    ("reader-died-in-a-batch", |at| {
        let (mut writer, mut reader) = after(at, &["one"]);
        push(&mut writer, &["two", "three"]);
        let mut batch = reader.batch(2, None).unwrap();
        assert_eq!(batch.messages().count(), 2);
        image(&at.ring())
    }),
    ("figures", |at| {
        let mut writer = create(at, 64);
        writer.count_dropped(3);
        writer.count_repeated(2);
        let mut reader = sleeper().open(at.ring()).unwrap();
        assert_eq!(reader.pop(&mut Vec::new(), A_MOMENT), Err(PopError::TimedOut));
        push(&mut writer, &["wakes whoever sleeps"]);
        slept(image(&at.ring())?, READER)
    }),
    ("reader-asleep", |at| {
        let _writer = create(at, 64);
        let mut reader = sleeper().open(at.ring()).unwrap();
        assert_eq!(reader.pop(&mut Vec::new(), A_MOMENT), Err(PopError::TimedOut));
        slept(image(&at.ring())?, READER)
    }),
    ("writer-asleep", |at| {
        let mut writer = sleeper().create_fence_mode(FenceMode::Symmetric).create(at.ring(), 64).unwrap();
        push(&mut writer, &["a of sixteen: 16", "b"]);
        assert_eq!(writer.push(b"c of sixteen: 16", A_MOMENT), Err(PushError::TimedOut));
        slept(image(&at.ring())?, 0)
    }),
    ("notes", |at| {
        let (mut writer, mut reader) = after(at, &[]);
        for number in 0..20 {
            push(&mut writer, &[&format!("number {number}")]);
            if number < 19 {
                pop(&mut reader);
            }
        }
        image(&at.ring())
    }),
    ("far", |at| {
        create(at, 64).abandon();
        let (file, start) = (OpenOptions::new().write(true).open(at.ring()).unwrap(), word(32u64.wrapping_neg()));
        // Both cursors, what the reader waits for, and the positions of both notes.
        for place in [CURSOR, READER + CURSOR, READER + WAKE_AT, FIGURES + 8 * 6, FIGURES + 8 * 8] {
            file.write_all_at(&start, place as u64).unwrap();
        }
        push(&mut RingWriter::attach(at.ring()).unwrap(), &["before", "the wrap", "after"]);
        image(&at.ring())
    }),
    ("owner-tag", |at| {
        let mut options = RingOptions::new();
        options.create_fence_mode(FenceMode::Symmetric).owner_tag(*b"the tag of one program, 32 bytes");
        let mut writer = options.create(at.ring(), 64).unwrap();
        push(&mut writer, &["one"]);
        image(&at.ring())
    }),
    ("boot-not-known", |at| with(at, 64, &[0; 16])),
    ("another-boot", |at| with(at, 64, b"one boot earlier")),
    ("pages-of-16-kib", |at| {
        // The same areas, farther apart.
        let (small, mut large) = (one(at)?, vec![0; 8 * PAGE]);
        put(&mut large, 0, &small[..PAGE]);
        put(&mut large, 4 * PAGE, &small[READER..BYTES]);
        put(&mut large, 24, &word(4 * PAGE as u64));
        large.extend(&small[BYTES..]);
        Some(large)
    }),
    ("abi-1", |at| {
        // It had no id and no boot, the same words, and eight figures: the notes were the fourth and those after it.
        let mut file = with(at, 8, &word(1))?;
        put(&mut file, 48, &[0; 32]);
        let figures = file[FIGURES..FIGURES + 8 * 12].to_vec();
        put(&mut file, FIGURES + 8 * 3, &[&figures[8 * 5..8 * 10], &[0; 8 * 4]].concat());
        Some(file)
    }),
    ("abi-3", |at| with(at, 8, &word(3))),
    ("magic", |at| with(at, 7, b"G")),
    ("page-size-5000", |at| with(at, 24, &word(5000))),
    ("page-size-2-kib", |at| with(at, 24, &word(2 << 10))),
    ("page-size-128-kib", |at| with(at, 24, &word(128 << 10))),
    ("fences-2", |at| with(at, 32, &word(2))),
    ("capacity-0", |at| with(at, 16, &word(0))),
    ("capacity-32", |at| with(at, 16, &word(32))),
    ("capacity-96", |at| with(at, 16, &word(96))),
    ("capacity-2-to-32", |at| with(at, 16, &word(1 << 32))),
    ("capacity-not-the-length", |at| with(at, 16, &word(128))),
    ("truncated", |at| one(at).map(|file| file[..file.len() - 1].to_vec())),
    ("truncated-in-the-identity", |at| one(at).map(|file| file[..127].to_vec())),
    ("too-long", |at| one(at).map(|file| [&file[..], &[0]].concat())),
    ("nothing-at-all", |_| Some(Vec::new())),
    ("reserved-40", |at| with(at, 40, &[1])),
    ("reserved-95", |at| with(at, 95, &[1])),
    ("reserved-after-epoch", |at| with(at, EPOCH + 8, &[1])),
    ("reserved-after-cursor", |at| with(at, CURSOR + 127, &[1])),
    ("reserved-after-wake-at", |at| with(at, WAKE_AT + 8, &[1])),
    ("reserved-after-figures", |at| with(at, FIGURES + 8 * 12, &[1])),
    ("reserved-ends-the-page", |at| with(at, READER - 1, &[1])),
    ("reserved-readers-identity", |at| with(at, READER, &[1])),
    ("reserved-readers-tag", |at| with(at, READER + 127, &[1])),
    ("reserved-after-readers-epoch", |at| with(at, READER + EPOCH + 127, &[1])),
    ("reserved-after-readers-cursor", |at| with(at, READER + CURSOR + 8, &[1])),
    ("reserved-after-readers-wake-at", |at| with(at, READER + WAKE_AT + 127, &[1])),
    ("reserved-ends-the-readers-page", |at| with(at, BYTES - 1, &[1])),
    ("cursor-alignment", |at| with(at, CURSOR, &word(12))),
    ("cursor-alignment-readers", |at| with(at, READER + CURSOR, &word(4))),
    ("cursor-range", |at| with(at, CURSOR, &word(72))),
    ("cursor-range-readers", |at| with(at, READER + CURSOR, &word(24))),
    ("record-kind-0", |at| second(at, 0)),
    ("record-kind-4", |at| second(at, 4 << 32 | 3)),
    ("record-kind-end-with-a-length", |at| second(at, 3 << 32 | 8)),
    ("record-length", |at| second(at, 1 << 32 | 9)),
    ("record-length-of-32-bits", |at| second(at, 1 << 32 | u64::from(u32::MAX))),
    ("record-length-past-the-lap", |at| {
        let (mut writer, _reader) = after(at, &["a of sixteen: 16", "b of sixteen: 16"]);
        push(&mut writer, &["c of 8..", "d of 8.."]);
        let mut file = image(&at.ring())?;
        put(&mut file, BYTES + 48, &word(1 << 32 | 16));
        Some(file)
    }),
    ("record-padding-within-a-lap", |at| second(at, 2 << 32 | 8)),
    ("record-padding-begins-a-lap", |at| {
        let mut file = with(at, BYTES, &word(2 << 32 | 56))?;
        put(&mut file, CURSOR, &word(64));
        Some(file)
    }),
];

/// A new ring, and its writer. Its fences are those that every system has.
fn create(at: &Place, capacity: usize) -> RingWriter {
    RingOptions::new().create_fence_mode(FenceMode::Symmetric).create(at.ring(), capacity).unwrap()
}

/// Both sides of a new ring of 64 bytes, in which these messages have been pushed and popped.
fn after(at: &Place, messages: &[&str]) -> (RingWriter, RingReader) {
    let (mut writer, mut reader) = (create(at, 64), RingReader::open(at.ring()).unwrap());
    for message in messages {
        push(&mut writer, &[message]);
        pop(&mut reader);
    }
    (writer, reader)
}

fn push(writer: &mut RingWriter, messages: &[&str]) {
    for message in messages {
        writer.try_push(message.as_bytes()).unwrap();
    }
}

fn pop(reader: &mut RingReader) {
    assert!(reader.try_pop(&mut Vec::new()).unwrap().is_some());
}

/// How long a side sleeps that is not woken.
const A_MOMENT: Option<Duration> = Some(Duration::from_millis(1));

/// For a side that sleeps where it waits.
fn sleeper() -> RingOptions {
    RingOptions::new().wait_strategy(WaitStrategy::Sleep).clone()
}

/// The file of a ring after the side in this `page` has slept once, with how long and since when. (A sleep may
/// end early, and be followed by another.)
fn slept(mut file: Vec<u8>, page: usize) -> Option<Vec<u8>> {
    for (figure, value) in [(0, 1), (2, 1_000_000), (3, 5_000_000_000)] {
        let place = page + FIGURES + 8 * figure;
        assert!(file[place..place + 8] != word(0), "figure {figure} was not counted");
        put(&mut file, place, &word(value));
    }
    Some(file)
}

/// What the ring's file holds now, with the id and the boot of the vectors.
fn image(path: &Path) -> Option<Vec<u8>> {
    let mut file = fs::read(path).unwrap();
    put(&mut file, 48, &ID);
    put(&mut file, 64, &BOOT);
    Some(file)
}

/// A ring of 64 bytes with one message in it, whose writer has died.
fn one(at: &Place) -> Option<Vec<u8>> {
    let mut writer = create(at, 64);
    push(&mut writer, &["one"]);
    image(&at.ring())
}

/// The same, with these `bytes` at `place`.
fn with(at: &Place, place: usize, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut file = one(at)?;
    put(&mut file, place, bytes);
    Some(file)
}

/// A ring with two messages in it: the second has this `header`.
fn second(at: &Place, header: u64) -> Option<Vec<u8>> {
    let mut writer = create(at, 64);
    push(&mut writer, &["one", "two"]);
    let mut file = image(&at.ring())?;
    put(&mut file, BYTES + 16, &word(header));
    Some(file)
}

fn put(file: &mut [u8], place: usize, bytes: &[u8]) {
    file[place..place + bytes.len()].copy_from_slice(bytes);
}

fn word(value: u64) -> [u8; 8] {
    value.to_le_bytes()
}
