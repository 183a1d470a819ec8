//! What the tests share: a place for a ring that is removed with it, and waiting for a condition with a deadline.
#![allow(dead_code)] // Every test file is a crate of its own and uses a part of this.

pub mod other;

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ipc_ring::RingWriter;

/// How long a test waits for what must happen before it says that it does not.
pub const LONG: Duration = Duration::from_secs(20);

/// A directory in memory where there is one, removed at the end, and a path in it where nothing is yet.
pub struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Self {
        Self { directory: tempfile::tempdir_in(ipc_ring::model::place()).unwrap() }
    }

    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub fn ring(&self) -> PathBuf {
        self.directory.path().join("ring")
    }

    /// Waits until the ring's reader announces that it sleeps until the position `target`.
    pub fn until_reader_sleeps(&self, target: u64) {
        let words = Words::of(&self.ring());
        wait_until("the reader announces that it sleeps", || words.get(words.reader(WAKE_AT)) == target);
    }

    /// Waits until the ring's writer announces that it sleeps until the position `target`.
    pub fn until_writer_sleeps(&self, target: u64) {
        let words = Words::of(&self.ring());
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

/// Waits until `condition` holds; fails if it does not within [`LONG`].
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(begin.elapsed() < LONG, "waited in vain: {what}");
        std::thread::yield_now();
    }
}

/// A ring in a file whose sides stand at `start`, as new: made, left, and moved there.
pub fn ring_at(path: &Path, capacity: usize, start: u64) {
    drop(RingWriter::create(path, capacity).unwrap());
    let words = Words::of(path);
    words.set(words.writer(CURSOR), start);
    words.set(words.reader(CURSOR), start);
    words.set(words.writer(EPOCH), 0);
    for position in NOTED {
        words.set(words.writer(position), start);
    }
}

/// A ring's file seen from outside, as `docs/layout.md` has it.
pub struct Words {
    file: File,
    page: u64,
}

/// Offsets of the words within a side's page.
pub const EPOCH: u64 = 128;
pub const CURSOR: u64 = 256;
pub const WAKE_AT: u64 = 384;
/// Of the positions at which messages were counted.
pub const NOTED: [u64; 2] = [560, 576];

impl Words {
    pub fn of(path: &Path) -> Self {
        let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
        let mut words = Self { file, page: 0 };
        words.page = words.get(24);
        words
    }

    pub fn get(&self, offset: u64) -> u64 {
        let mut bytes = [0; 8];
        self.file.read_exact_at(&mut bytes, offset).unwrap();
        u64::from_le_bytes(bytes)
    }

    pub fn set(&self, offset: u64, word: u64) {
        self.file.write_all_at(&word.to_le_bytes(), offset).unwrap();
    }

    /// The offset of a word of the writer's.
    pub fn writer(&self, word: u64) -> u64 {
        word
    }

    /// The offset of a word of the reader's.
    pub fn reader(&self, word: u64) -> u64 {
        self.page + word
    }

    /// The offset of the ring's byte `index`.
    pub fn byte(&self, index: u64) -> u64 {
        2 * self.page + index
    }
}
