//! Memory that two processes share, as plain as it gets: what the bare limits are made of.

use std::fs::{self, OpenOptions};
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
}

/// Makes all pages present that this process may write to, in whatever mapping: also in those that a peer made.
pub fn make_present() -> Outcome<()> {
    for mapping in fs::read_to_string("/proc/self/maps")?.lines() {
        let mut words = mapping.split_whitespace();
        let (Some(range), Some("rw-s" | "rw-p")) = (words.next(), words.next()) else { continue };
        let bounds = range.split_once('-').and_then(|(start, end)| {
            let [start, end] = [start, end].map(|text| usize::from_str_radix(text, 16).ok());
            Some((start?, end? - start?))
        });
        let (start, len) = bounds.ok_or("no range of a mapping")?;
        // SAFETY: it changes no byte. The kernel refuses what it cannot populate, such as a mapping beyond its file.
        unsafe { libc::madvise(ptr::with_exposed_provenance_mut(start), len, libc::MADV_POPULATE_WRITE) };
    }
    Ok(())
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
