//! A ring's file as whoever may write to it can: every word of it, whosever it is.
//!
//! Where the words stand is said once more here, from `docs/layout.md`, and not had from the library: a lie
//! that the library helped to tell might be one that it believes.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use ipc_ring::Side;
use memmap2::{MmapOptions, MmapRaw};

/// Where a side's words stand in its page.
pub const EPOCH: usize = 128;
pub const CURSOR: usize = 256;
pub const WAKE_AT: usize = 384;

/// The bytes of the writer's page that say what the ring is.
pub const IDENTITY_SIZE: usize = 128;

/// Whether a word of a side has a meaning: one of the three, or a figure. The others are zero.
pub fn has_a_meaning(offset: usize) -> bool {
    [EPOCH, CURSOR, WAKE_AT].contains(&offset) || (512..608).contains(&offset)
}

/// The half of a header above the length: a message, padding, the end of a stream, which has no length.
pub const DATA: u64 = 1 << 32;
pub const PADDING: u64 = 2 << 32;
pub const END: u64 = 3 << 32;

/// The words of a ring's file.
pub struct Words {
    map: MmapRaw,
    page: usize,
}

impl Words {
    /// Maps the whole file at `path`.
    pub fn of(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let map = MmapOptions::new().map_raw(&file)?;
        Ok(Self { map, page: page_size() })
    }

    /// Where the page of `side` begins.
    pub fn page_of(&self, side: Side) -> usize {
        match side {
            Side::Writer => 0,
            Side::Reader => self.page,
        }
    }

    /// The bytes behind the two pages: the ring's capacity.
    pub fn capacity(&self) -> usize {
        self.map.len() - 2 * self.page
    }

    /// Where the granule of the ring's bytes is that a record at `position` begins with, whatever that is.
    pub fn granule(&self, position: u64) -> usize {
        2 * self.page + (position as usize & (self.capacity() - 1) & !7)
    }

    pub fn load(&self, offset: usize) -> u64 {
        self.word(offset).load(Ordering::Acquire)
    }

    pub fn store(&self, offset: usize, word: u64) {
        self.word(offset).store(word, Ordering::Release);
    }

    /// Wakes whoever sleeps on a word, as the library wakes.
    #[cfg(target_os = "linux")]
    pub fn wake(&self, offset: usize) {
        let word = self.word(offset).as_ptr();
        // SAFETY: the kernel takes the address for a name; nothing is read or written there.
        unsafe { libc::syscall(libc::SYS_futex, word, libc::FUTEX_WAKE, 1) };
    }

    #[cfg(not(target_os = "linux"))]
    pub fn wake(&self, _offset: usize) {}

    fn word(&self, offset: usize) -> &AtomicU64 {
        assert!(offset.is_multiple_of(8) && offset < self.map.len() / 8 * 8, "the words have no {offset}");
        let start = self.map.as_mut_ptr();
        // SAFETY: within the mapping, whose length was just compared.
        let at = unsafe { start.add(offset) };
        // SAFETY: a mapping begins at a page, so this is aligned; it lives as long as `self`, and any bits are a word.
        unsafe { AtomicU64::from_ptr(at.cast()) }
    }
}

/// What the system maps at a time: the size of a side's page.
pub fn page_size() -> usize {
    // SAFETY: it takes no memory and changes nothing.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).expect("the system knows the size of its pages")
}
