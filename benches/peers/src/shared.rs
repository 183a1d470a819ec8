//! Memory that two processes share, as plain as it gets: what the bare limits are made of.

use std::fs::OpenOptions;
use std::hint;
use std::path::Path;
use std::ptr;
use std::sync::atomic::{AtomicU32, AtomicU64};

use ipc_ring_measure::Outcome;
use memmap2::{MmapOptions, MmapRaw};

/// Two words further apart than this are on different lines of the cache, and are not fetched together.
pub const LINE: usize = 128;

/// A file that is mapped.
#[derive(Debug)]
pub struct Shared {
    map: MmapRaw,
}

impl Shared {
    /// The `len` bytes, zero at first, of the file at `path`, which is made where it is missing. All of its pages are
    /// present.
    pub fn map(path: &Path, len: usize) -> Outcome<Self> {
        Self::map_as(path, len, MmapOptions::new().populate())
    }

    /// The same, except that each page comes when it is touched.
    pub fn map_lazily(path: &Path, len: usize) -> Outcome<Self> {
        Self::map_as(path, len, &MmapOptions::new())
    }

    fn map_as(path: &Path, len: usize, options: &MmapOptions) -> Outcome<Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        file.set_len(len as u64)?;
        Ok(Self { map: options.clone().len(len).map_raw(&file)? })
    }

    /// The address of the byte at `offset`.
    pub fn at(&self, offset: usize) -> *mut u8 {
        assert!(offset < self.map.len());
        self.map.as_mut_ptr().wrapping_add(offset)
    }

    /// The word of 64 bits at `offset`.
    pub fn word(&self, offset: usize) -> &AtomicU64 {
        assert!(offset.is_multiple_of(8) && offset + 8 <= self.map.len());
        // SAFETY: the mapping begins at a page, so the word is aligned, inside, and stays as long as `self` is
        // borrowed; whoever uses these bytes uses them as this atomic.
        unsafe { AtomicU64::from_ptr(self.at(offset).cast()) }
    }

    /// The word of 32 bits at `offset`.
    pub fn half_word(&self, offset: usize) -> &AtomicU32 {
        assert!(offset.is_multiple_of(4) && offset + 4 <= self.map.len());
        // SAFETY: as in `word`.
        unsafe { AtomicU32::from_ptr(self.at(offset).cast()) }
    }

    /// Copies `message` to `offset`.
    ///
    /// # Safety
    /// The other side does not touch these bytes meanwhile.
    #[inline(always)]
    pub unsafe fn write(&self, offset: usize, message: &[u8]) {
        assert!(offset + message.len() <= self.map.len());
        let there = self.map.as_mut_ptr().wrapping_add(offset);
        // SAFETY: inside the mapping, and nobody else touches it, says the function's contract.
        unsafe { copy(message.as_ptr(), there, message.len()) }
    }

    /// Copies the bytes at `offset` to `message`.
    ///
    /// # Safety
    /// The other side does not write to these bytes meanwhile.
    #[inline(always)]
    pub unsafe fn read(&self, offset: usize, message: &mut [u8]) {
        assert!(offset + message.len() <= self.map.len());
        let there = self.map.as_ptr().wrapping_add(offset);
        // SAFETY: as in `write`.
        unsafe { copy(there, message.as_mut_ptr(), message.len()) }
    }
}

/// Copies `len` bytes, a piece at a time: from 2 KiB on, glibc leaves a copy to an instruction that took three times as
/// long where we measured it.
///
/// # Safety
/// As for [`ptr::copy_nonoverlapping`].
#[inline(always)]
unsafe fn copy(from: *const u8, to: *mut u8, len: usize) {
    const PIECE: usize = 1024;
    let mut done = 0;
    while done < len {
        let piece = PIECE.min(len - done);
        // SAFETY: within the bytes that the caller promises.
        unsafe { ptr::copy_nonoverlapping(from.wrapping_add(done), to.wrapping_add(done), piece) };
        done += piece;
    }
}

/// Looks again and again until there is something, a little less often each time.
#[inline(always)]
pub fn look_until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    const MOST_HINTS: u32 = 64;
    let mut hints = 1;
    loop {
        if let Some(found) = look() {
            return found;
        }
        for _ in 0..hints {
            hint::spin_loop();
        }
        hints = (hints * 2).min(MOST_HINTS);
    }
}

/// Looks again at once, with the one hint that a processor asks for: how peers that leave waiting to their callers
/// are called in their own examples.
#[inline(always)]
pub fn poll<T>(mut look: impl FnMut() -> Option<T>) -> T {
    loop {
        if let Some(found) = look() {
            return found;
        }
        hint::spin_loop();
    }
}
