//! The facade's production arm: the mapping, the processor and the kernel.

use core::marker::PhantomData;
use core::ops::Deref;
use core::ptr::NonNull;
use core::sync::atomic::{self, compiler_fence, AtomicU64};
use std::io;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::copy::copy;
use super::fence_mode::FenceMode;
use super::order::{Edge, Ordering};
use crate::sys::fork::Descriptor;
use crate::sys::{self, Loss};

pub(crate) use crate::sys::monotonic as now;
pub(crate) use std::thread::panicking;

/// Whatever keeps shared memory alive.
pub(crate) type Owner = Arc<dyn Send + Sync>;

/// A shared word that one side stores and the other loads.
#[repr(transparent)]
pub(crate) struct Word(AtomicU64);

// What docs/layout.md takes a word to be.
const _: () = assert!(core::mem::size_of::<Word>() == 8 && core::mem::align_of::<Word>() == 8);

impl Word {
    pub(crate) fn new(value: u64) -> Self {
        Self(AtomicU64::new(value))
    }

    /// The peer's words are mapped read-only, of which Rust allows relaxed loads alone: an acquire load is one
    /// and a fence after it, which is no weaker.
    #[inline]
    #[cfg(not(tsan))]
    pub(crate) fn load(&self, edge: Edge) -> u64 {
        let value = self.0.load(Ordering::Relaxed);
        if edge.ordering == Ordering::Acquire {
            fence(edge);
        }
        value
    }

    /// ThreadSanitizer does not know fences, so under it the load acquires by itself. It watches rings on the heap
    /// alone (xtask/src/sanitizers), where nothing is read-only.
    #[inline]
    #[cfg(tsan)]
    pub(crate) fn load(&self, edge: Edge) -> u64 {
        self.0.load(edge.ordering)
    }

    #[inline]
    pub(crate) fn store(&self, value: u64, edge: Edge) {
        self.0.store(value, edge.ordering);
    }

    /// Sleeps while the word is `expected`, until it is woken or `timeout` has passed. May return early.
    pub(crate) fn wait(&self, expected: u64, timeout: Duration) {
        sys::futex::wait(self.0.as_ptr(), expected, timeout);
    }

    /// Wakes all who sleep on this word: the peer if it does, and whoever else.
    pub(crate) fn wake(&self) {
        sys::futex::wake(self.0.as_ptr());
    }
}

/// A word for onlookers, which its side alone changes.
#[repr(transparent)]
pub(crate) struct Figure(AtomicU64);

impl Figure {
    pub(crate) fn new(value: u64) -> Self {
        Self(AtomicU64::new(value))
    }

    #[inline]
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }
}

/// Tells the processor that this is a loop that waits.
#[inline]
pub(crate) fn spin_hint() {
    core::hint::spin_loop();
}

/// Lets another process have this processor, if one waits for it.
pub(crate) fn yield_now() {
    std::thread::yield_now();
}

/// A fence between accesses of one side or of a view.
#[inline]
pub(crate) fn fence(edge: Edge) {
    atomic::fence(edge.ordering);
}

/// The cheap end of the asymmetric fence: for the side that stays awake.
#[inline]
pub(crate) fn light_fence(mode: FenceMode, edge: Edge) {
    match mode {
        FenceMode::Asymmetric => compiler_fence(edge.ordering),
        FenceMode::Symmetric => fence(edge),
    }
}

/// The dear end of the asymmetric fence: for the side that goes to sleep.
pub(crate) fn heavy_fence(mode: FenceMode, edge: Edge) {
    fence(edge);
    if mode == FenceMode::Asymmetric {
        sys::membarrier::run();
    }
}

/// A `T` in memory that both sides share.
pub(crate) struct Shared<T> {
    value: NonNull<T>,
    _owner: Owner,
}

// SAFETY: I4 (a `Shared` only ever gives out `&T`, and its owner keeps the memory alive), so it may go and be
// wherever a `&T` may.
unsafe impl<T: Sync> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Shared<T> {}

impl<T: Sync + Send + 'static> Shared<T> {
    /// Puts `value` on the heap, for two sides in one process.
    pub(crate) fn on_heap(value: T) -> Self {
        let owner = Arc::new(value);
        Self { value: NonNull::from(&*owner), _owner: owner }
    }

    /// The `T` at `value`, which `owner` keeps alive.
    ///
    /// # Safety
    /// I4: `value` is aligned, valid for loads (and stores, for the words this side owns) of a `T` whose every
    /// bit pattern is valid, until `owner` is dropped.
    pub(crate) unsafe fn mapped(value: NonNull<T>, owner: Owner) -> io::Result<Self> {
        Ok(Self { value, _owner: owner })
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self { value: self.value, _owner: Arc::clone(&self._owner) }
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: I4 (valid while `_owner` lives, which is as long as `self`).
        unsafe { self.value.as_ref() }
    }
}

/// The ring's bytes.
#[derive(Clone)]
pub(crate) struct Bytes {
    start: NonNull<u8>,
    len: usize,
    _owner: Owner,
    _shared: PhantomData<AtomicU64>,
}

// SAFETY: I3 (which side may touch which byte is settled by the cursors, not by which thread holds the handle).
unsafe impl Send for Bytes {}
// SAFETY: as above; of a view's, which only reads, every access is one that a writer may race (I17).
unsafe impl Sync for Bytes {}

impl Bytes {
    /// `len` zeroed bytes on the heap, for two sides in one process.
    pub(crate) fn on_heap(len: usize) -> Self {
        let words: Vec<AtomicU64> = (0..len / 8).map(|_| AtomicU64::new(0)).collect();
        let start = NonNull::from(&words[..]).cast();
        Self { start, len, _owner: Arc::new(words), _shared: PhantomData }
    }

    /// The `len` bytes at `start`, which `owner` keeps alive.
    ///
    /// # Safety
    /// I4: `start` is a multiple of 8 and valid for loads (and stores, for the writer) of `len` bytes until
    /// `owner` is dropped.
    pub(crate) unsafe fn mapped(start: NonNull<u8>, len: usize, owner: Owner) -> io::Result<Self> {
        Ok(Self { start, len, _owner: owner, _shared: PhantomData })
    }

    /// The `len` bytes at `index`, to be read where they stand.
    ///
    /// # Safety
    /// I2: `index + len` is at most the capacity. I3: the reader calls this, on bytes that stay published for all of
    /// `'a`. I4: the handle that has these bytes outlives `'a`.
    #[inline]
    pub(crate) unsafe fn span<'a>(&self, index: usize, len: usize) -> Span<'a> {
        // SAFETY: the caller's promise.
        Span { start: unsafe { self.at(index, len) }, len, lifetime: PhantomData }
    }

    /// The `len` bytes at `index`, to be written where they stand.
    ///
    /// # Safety
    /// As [`Bytes::span`], but that the writer calls this, on bytes that nobody reads in all of `'a`, and has no other
    /// span of them.
    #[inline]
    pub(crate) unsafe fn span_mut<'a>(&self, index: usize, len: usize) -> SpanMut<'a> {
        // SAFETY: the caller's promise.
        SpanMut { start: unsafe { self.at(index, len) }, len, lifetime: PhantomData }
    }

    /// Where the `len` bytes at `index` begin.
    ///
    /// # Safety
    /// I2: `index + len` is at most the capacity.
    #[inline]
    unsafe fn at(&self, index: usize, len: usize) -> NonNull<u8> {
        debug_assert!(len <= self.len && index <= self.len - len);
        // SAFETY: I2.
        let at = unsafe { self.start.as_ptr().add(index) };
        // SAFETY: within the bytes, none of which is at null.
        unsafe { NonNull::new_unchecked(at) }
    }

    /// Stores the granule at `index`.
    ///
    /// # Safety
    /// As [`Bytes::span_mut`] of 8 bytes; `index` is a multiple of 8.
    #[inline]
    pub(crate) unsafe fn write_word(&self, index: usize, word: u64) {
        // SAFETY: the caller's promise.
        unsafe { self.word(index) }.store(word, Ordering::Relaxed);
    }

    /// Loads the granule at `index`, once.
    ///
    /// # Safety
    /// As [`Bytes::span`] of 8 bytes; `index` is a multiple of 8.
    #[inline]
    pub(crate) unsafe fn read_word(&self, index: usize) -> u64 {
        // SAFETY: the caller's promise.
        unsafe { self.word(index) }.load(Ordering::Relaxed)
    }

    /// As [`Bytes::read_word`], of a granule that the writer may be writing: for whoever asks afterwards whether it
    /// did (I17), or depends on nothing of it.
    ///
    /// # Safety
    /// I2: `index + 8` is at most the capacity, and `index` a multiple of 8.
    pub(crate) unsafe fn glance(&self, index: usize) -> u64 {
        // SAFETY: the caller's promise.
        unsafe { self.word(index) }.load(Ordering::Relaxed)
    }

    /// Replaces what is in `buffer` by a copy of the `len` bytes at `index`, which the writer may be writing: as
    /// [`Bytes::glance`].
    ///
    /// # Safety
    /// I2: `index + len` is at most the capacity.
    pub(crate) unsafe fn glance_over(&self, index: usize, len: usize, buffer: &mut Vec<u8>) {
        // SAFETY: the caller's promise; the span is gone before this returns, and gives no slice out.
        unsafe { self.span(index, len) }.copy_to(buffer);
    }

    /// The granule at `index`: atomic, so that a peer that breaks the protocol cannot make a header's load a
    /// data race.
    ///
    /// # Safety
    /// I2: `index + 8` is at most the capacity, and `index` a multiple of 8.
    #[inline]
    unsafe fn word(&self, index: usize) -> &AtomicU64 {
        debug_assert!(index % 8 == 0);
        // SAFETY: the caller's promise.
        let at = unsafe { self.at(index, 8) };
        // SAFETY: I4 (aligned, and valid as long as `self`).
        unsafe { at.cast::<AtomicU64>().as_ref() }
    }
}

/// Empties `buffer` and makes room in it for `len` bytes and no more, so that no peer has a say in how much memory that
/// is but by messages that fit the ring.
#[cold]
#[inline(never)]
fn replace(buffer: &mut Vec<u8>, len: usize) {
    buffer.clear();
    buffer.reserve_exact(len);
}

/// Bytes of the ring that the reader may read.
pub(crate) struct Span<'a> {
    start: NonNull<u8>,
    len: usize,
    lifetime: PhantomData<&'a [u8]>,
}

// SAFETY: I3 (a span is of bytes that nobody else in this process writes, whichever thread reads them).
unsafe impl Send for Span<'_> {}
// SAFETY: as above.
unsafe impl Sync for Span<'_> {}

impl<'a> Span<'a> {
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Replaces what is in `buffer` by a copy.
    #[inline]
    pub(crate) fn copy_to(&self, buffer: &mut Vec<u8>) {
        if buffer.capacity() < self.len {
            replace(buffer, self.len);
        }
        // SAFETY: I2 (in bounds), and there is room for `len` bytes; if T1 does not hold, what arrives is arbitrary.
        unsafe { copy(self.start.as_ptr(), buffer.as_mut_ptr(), self.len) };
        // SAFETY: the copy has initialised the first `len` bytes.
        unsafe { buffer.set_len(self.len) };
    }

    /// Copies all of it to `buffer`, which is as long.
    pub(crate) fn copy_to_slice(&self, buffer: &mut [u8]) {
        assert_eq!(buffer.len(), self.len);
        // SAFETY: I2 (in bounds), and the buffer is as long; if T1 does not hold, what arrives is arbitrary.
        unsafe { copy(self.start.as_ptr(), buffer.as_mut_ptr(), self.len) };
    }

    /// Returns the bytes as a slice, in place.
    ///
    /// # Safety
    /// T7: the writer does not store to them in all of `'a`.
    #[inline]
    pub(crate) unsafe fn as_slice(&self) -> &'a [u8] {
        // SAFETY: I2 (in bounds), I4 (mapped), and the caller's promise.
        unsafe { core::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

/// Bytes of the ring that the writer may write.
pub(crate) struct SpanMut<'a> {
    start: NonNull<u8>,
    len: usize,
    lifetime: PhantomData<&'a mut [u8]>,
}

// SAFETY: I3 (nobody else in this process has access to these bytes, whichever thread writes them).
unsafe impl Send for SpanMut<'_> {}

impl SpanMut<'_> {
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Copies `source` to the bytes from `at` on.
    ///
    /// # Safety
    /// I2: `at + source.len()` is at most the span's length.
    #[inline]
    pub(crate) unsafe fn write(&mut self, at: usize, source: &[u8]) {
        debug_assert!(source.len() <= self.len && at <= self.len - source.len());
        // SAFETY: I2.
        let to = unsafe { self.start.as_ptr().add(at) };
        // SAFETY: I2 (in bounds), I3 (this side has no other access to these bytes).
        unsafe { copy(source.as_ptr(), to, source.len()) };
    }

    /// Returns the bytes as a slice, in place.
    ///
    /// # Safety
    /// T7: the reader does not touch them while the slice is used.
    #[inline]
    pub(crate) unsafe fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: I2 (in bounds), I4 (mapped), and the caller's promise.
        unsafe { core::slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }

    /// The bytes are written: from here on nobody writes to them by this span.
    #[inline]
    pub(crate) fn finish(self) {}
}

/// Whether the peer's process still lives.
#[derive(Clone)]
pub(crate) enum Presence {
    /// The peer is in this process, on a ring of the heap: it is gone when it was dropped.
    SameProcess { _own: Arc<()>, peer: Weak<()> },
    /// The peer holds a lock on the ring's file for as long as it lives.
    Lock {
        /// The ring's file.
        file: Arc<Descriptor>,
        /// What the peer locks of it.
        peer: sys::lock::Range,
        /// The lock of this side, for as long as its handle lives.
        own: Arc<sys::lock::Held>,
        /// The name by which a peer finds the file; `None` for memory, which has none.
        name: Option<Arc<sys::Name>>,
    },
}

impl Presence {
    /// What the two sides of a ring on the heap know of each other: writer, reader.
    pub(crate) fn on_heap() -> (Self, Self) {
        let (writer, reader) = (Arc::new(()), Arc::new(()));
        let [of_the_writer, of_the_reader] = [&writer, &reader].map(Arc::downgrade);
        let writer = Presence::SameProcess { _own: writer, peer: of_the_reader };
        (writer, Presence::SameProcess { _own: reader, peer: of_the_writer })
    }

    /// The peer holds a lock on `peer` of the ring's `file` for as long as it lives, and finds it by its `name`.
    pub(crate) fn by_lock(
        file: Arc<Descriptor>,
        peer: sys::lock::Range,
        own: Arc<sys::lock::Held>,
        name: Option<Arc<sys::Name>>,
    ) -> Self {
        Presence::Lock { file, peer, own, name }
    }

    /// Whether nobody holds the peer's side. Makes a system call.
    pub(crate) fn peer_is_gone(&self) -> bool {
        match self {
            Presence::SameProcess { peer, .. } => {
                let is_gone = peer.strong_count() == 0;
                // As the kernel's lock does (T3): who learns that its peer is gone sees all that it stored.
                atomic::fence(Ordering::Acquire);
                is_gone
            }
            Presence::Lock { file, peer, .. } => sys::lock::held_by_another(file, *peer).is_none(),
        }
    }

    /// How the ring has lost the name by which a peer finds it, if it has. Makes a system call.
    pub(crate) fn loss(&self) -> Option<Loss> {
        match self {
            Presence::SameProcess { .. } => None,
            Presence::Lock { name, .. } => name.as_ref()?.loss(),
        }
    }

    /// Whether this process was forked from the one that the handle belongs to.
    pub(crate) fn is_forked(&self) -> bool {
        match self {
            Presence::SameProcess { .. } => false,
            Presence::Lock { own, .. } => own.is_forked(),
        }
    }
}
