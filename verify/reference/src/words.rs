//! A ring's file as whoever may write to it can: every word of it, whosever it is.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use ipc_ring::layout::{identity, word};
use ipc_ring::Side;
use memmap2::{MmapOptions, MmapRaw};

pub use ipc_ring::layout::figure;
pub use ipc_ring::layout::word::{CURSOR, EPOCH, WAKE_AT};

/// Where this figure of a side stands in its page.
pub const fn at(figure: usize) -> usize {
    word::FIGURES + 8 * figure
}

/// The words of a ring's file.
pub struct Words {
    map: MmapRaw,
    page: usize,
}

impl Words {
    /// Maps the whole file at `path`.
    pub fn map(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let mut words = Self { map: MmapOptions::new().map_raw(&file)?, page: 0 };
        words.page = words.get(identity::PAGE_SIZE) as usize;
        Ok(words)
    }

    /// As [`map`](Self::map), where the file is there.
    pub fn of(path: &Path) -> Self {
        Self::map(path).expect("a ring can be mapped")
    }

    /// The bytes of a page.
    pub fn page(&self) -> usize {
        self.page
    }

    /// Where a word of `side` stands.
    pub fn of_side(&self, side: Side, word: usize) -> usize {
        match side {
            Side::Writer => word,
            Side::Reader => self.page + word,
        }
    }

    /// Where a word of the writer's stands.
    pub fn writer(&self, word: usize) -> usize {
        self.of_side(Side::Writer, word)
    }

    /// Where a word of the reader's stands.
    pub fn reader(&self, word: usize) -> usize {
        self.of_side(Side::Reader, word)
    }

    /// Where the ring's byte `index` stands.
    pub fn byte(&self, index: usize) -> usize {
        2 * self.page + index
    }

    /// The bytes after the two pages: the ring's capacity.
    pub fn capacity(&self) -> usize {
        self.map.len() - 2 * self.page
    }

    /// Where the granule of the ring's bytes is that a record at `position` begins with, whatever that is.
    pub fn granule(&self, position: u64) -> usize {
        self.byte(position as usize & (self.capacity() - 1) & !7)
    }

    pub fn get(&self, offset: usize) -> u64 {
        self.word(offset).load(Ordering::Acquire)
    }

    pub fn set(&self, offset: usize, word: u64) {
        self.word(offset).store(word, Ordering::Release);
    }

    /// Wakes whoever sleeps on a word, as the library wakes. How many those were.
    #[cfg(target_os = "linux")]
    pub fn wake(&self, offset: usize) -> i64 {
        let word = self.word(offset).as_ptr();
        // SAFETY: the kernel takes the address for a name; nothing is read or written there.
        unsafe { libc::syscall(libc::SYS_futex, word, libc::FUTEX_WAKE, i32::MAX) }
    }

    #[cfg(not(target_os = "linux"))]
    pub fn wake(&self, _offset: usize) -> i64 {
        0
    }

    /// The word itself.
    pub fn word(&self, offset: usize) -> &AtomicU64 {
        assert!(offset.is_multiple_of(8) && offset < self.map.len() / 8 * 8, "the words have no {offset}");
        let start = self.map.as_mut_ptr();
        // SAFETY: within the mapping, whose length was just compared.
        let at = unsafe { start.add(offset) };
        // SAFETY: a mapping begins at a page, so this is aligned; it lives as long as `self`, and any bits are a word.
        unsafe { AtomicU64::from_ptr(at.cast()) }
    }
}

/// Whether a byte of the two pages has a meaning: one of the identity, or of a side's words and figures. The others are
/// zero.
pub fn has_a_meaning(page: usize, at: usize) -> bool {
    let identity =
        [identity::MAGIC..identity::FENCES + 8, identity::ID..identity::BOOT + 16, identity::OWNER_TAG..identity::SIZE];
    let side = [EPOCH..EPOCH + 8, CURSOR..CURSOR + 8, WAKE_AT..WAKE_AT + 8, word::FIGURES..self::at(figure::COUNT)];
    match at < identity::SIZE {
        true => identity.iter().any(|place| place.contains(&at)),
        false => side.iter().any(|place| place.contains(&(at % page))),
    }
}

/// What the system maps at a time: the size of a side's page.
pub fn page_size() -> usize {
    // SAFETY: it takes no memory and changes nothing.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).expect("the system knows the size of its pages")
}
