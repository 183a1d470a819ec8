//! A place for rings, and rings to begin with: made, filled and drained in one line each.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipc_ring::{RingOptions, RingReader, RingView, RingWriter, Snapshot, WaitStrategy};
use tempfile::TempDir;

use crate::until::{wait_until, LONG};
use crate::words::{at, figure, Words, CURSOR, EPOCH, WAKE_AT};

/// A directory in memory where there is one, removed at the end, and a path in it where nothing is yet.
pub struct Place(TempDir);

impl Place {
    #[allow(clippy::new_without_default)] // It makes a directory.
    pub fn new() -> Self {
        Self::make().unwrap()
    }

    /// As `new`, by who has to say why that failed.
    pub fn make() -> std::io::Result<Self> {
        tempfile::Builder::new().prefix("ipc_ring.").tempdir_in(ipc_ring::model::place()).map(Self)
    }

    /// A place with a ring that its writer has left.
    pub fn with_a_ring(capacity: usize) -> Self {
        Self::with_a_writer(capacity).0
    }

    /// A place with a new ring, and its writer.
    pub fn with_a_writer(capacity: usize) -> (Self, RingWriter) {
        let place = Self::new();
        let writer = RingWriter::create(place.ring(), capacity).unwrap();
        (place, writer)
    }

    pub fn directory(&self) -> &Path {
        self.0.path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn ring(&self) -> PathBuf {
        self.path("ring")
    }

    /// A file with these contents.
    pub fn file(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        std::fs::write(self.path(name), contents).unwrap();
        self.path(name)
    }

    /// The ring, as it is now.
    pub fn seen(&self) -> Snapshot {
        RingView::open(self.ring()).unwrap().snapshot()
    }

    pub fn words(&self) -> Words {
        Words::of(&self.ring())
    }

    /// Waits until the ring's reader announces that it sleeps until the position `target`.
    pub fn until_reader_sleeps(&self, target: u64) {
        let words = self.words();
        wait_until("the reader announces that it sleeps", || words.get(words.reader(WAKE_AT)) == target);
    }

    /// Waits until the ring's writer announces that it sleeps until the position `target`.
    pub fn until_writer_sleeps(&self, target: u64) {
        let words = self.words();
        wait_until("the writer announces that it sleeps", || words.get(words.writer(WAKE_AT)) == target);
    }

    /// What lies in the directory.
    pub fn entries(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.directory()).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// A ring in a file whose sides stand at `start`, as new: made, left, and moved there.
pub fn ring_at(path: &Path, capacity: usize, start: u64) {
    drop(RingWriter::create(path, capacity).unwrap());
    let words = Words::of(path);
    words.set(words.writer(CURSOR), start);
    words.set(words.reader(CURSOR), start);
    words.set(words.writer(EPOCH), 0);
    for note in [figure::NOTE, figure::NOTE + 2] {
        words.set(words.writer(at(note)), start);
    }
}

/// A new ring and its two sides.
pub fn ring(capacity: usize) -> (Place, RingWriter, RingReader) {
    ring_by(&RingOptions::new(), capacity)
}

/// The same by these options.
pub fn ring_by(options: &RingOptions, capacity: usize) -> (Place, RingWriter, RingReader) {
    let place = Place::new();
    let writer = options.create(place.ring(), capacity).unwrap();
    let reader = options.open(place.ring()).unwrap();
    (place, writer, reader)
}

/// How a side may wait: awake, asleep, and awake before it sleeps.
pub const STRATEGIES: [WaitStrategy; 2] = [WaitStrategy::Spin, WaitStrategy::Sleep];
pub const EVERY_STRATEGY: [WaitStrategy; 3] =
    [WaitStrategy::Spin, WaitStrategy::SpinThenSleep { spin: Duration::from_micros(50) }, WaitStrategy::Sleep];

/// Longer than a side that waits needs to be told of what became of its peer.
pub const A_WHILE: Option<Duration> = Some(Duration::from_millis(120));

/// Sides that wait so.
pub fn waiting(strategy: WaitStrategy) -> RingOptions {
    let mut options = RingOptions::new();
    options.wait_strategy(strategy);
    options
}

/// Sides that sleep as soon as they have to wait.
pub fn sleeping() -> RingOptions {
    waiting(WaitStrategy::Sleep)
}

/// Pops a message, which must be this one, and come in time.
#[track_caller]
pub fn pops(reader: &mut RingReader, expected: impl AsRef<[u8]>) {
    let mut message = Vec::new();
    let popped = reader.pop(&mut message, Some(LONG));
    assert_eq!(popped, Ok(message.len()));
    assert!(message == expected.as_ref(), "{message:?} came, and not {:?}", expected.as_ref());
}

/// Pushes these, each in time.
#[track_caller]
pub fn push_all<M: AsRef<[u8]>>(writer: &mut RingWriter, messages: impl IntoIterator<Item = M>) {
    messages.into_iter().for_each(|message| writer.push(message.as_ref(), Some(LONG)).unwrap());
}

/// Pops these, each in time.
#[track_caller]
pub fn pop_all<M: AsRef<[u8]>>(reader: &mut RingReader, messages: impl IntoIterator<Item = M>) {
    messages.into_iter().for_each(|message| pops(reader, message));
}

/// Words as random as a test needs them, and the same at each run (xorshift).
pub fn random_words() -> impl FnMut() -> u64 {
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    }
}

/// Messages that are their numbers.
pub fn numbers(numbers: Range<u64>) -> impl Iterator<Item = [u8; 8]> {
    numbers.map(u64::to_le_bytes)
}
