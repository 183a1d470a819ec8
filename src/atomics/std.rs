//! The facade's production arm: the mapping, the processor and the kernel.
//!
//! Read [`Word`] and the three fences first, then [`Bytes`] with its spans, last [`Presence`].

use core::marker::PhantomData;
use core::ops::Deref;
use core::ptr::NonNull;
use core::sync::atomic::{self, compiler_fence, AtomicU64};
use std::io;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::copy::{copy_in, copy_out};
use super::fence_mode::FenceMode;
#[cfg(miri)]
use super::miri::sys;
use super::order::{Edge, Ordering};
#[cfg(not(miri))]
use crate::sys;
use crate::sys::fork::Descriptor;
use crate::sys::Loss;

pub(crate) use crate::sys::monotonic as now;
pub(crate) use std::thread::panicking;

/// The owner of shared memory, which keeps it alive.
pub(crate) type Owner = Arc<dyn Send + Sync>;

/// A shared word that one side stores and the other loads.
#[repr(transparent)]
pub(crate) struct Word(AtomicU64);

// docs/layout.md says that a word is this.
const _: () = assert!(core::mem::size_of::<Word>() == 8 && core::mem::align_of::<Word>() == 8);

impl Word {
    pub(crate) fn new(value: u64) -> Self {
        Self(AtomicU64::new(value))
    }

    /// Loads the word. The peer's words are mapped read-only, and on read-only memory Rust allows relaxed loads alone.
    /// So an acquire load is a relaxed load and a fence after it, which is no weaker.
    #[inline]
    pub(crate) fn load(&self, edge: Edge) -> u64 {
        let value = self.0.load(Ordering::Relaxed);
        if edge.ordering == Ordering::Acquire {
            self.fence_after_load(edge);
        }
        value
    }

    #[inline]
    #[cfg(not(tsan))]
    fn fence_after_load(&self, edge: Edge) {
        fence(edge);
    }

    /// Tells ThreadSanitizer, which does not know fences, what the fence does: what was released by a store of this
    /// word has happened. It changes nothing in memory.
    #[cfg(tsan)]
    fn fence_after_load(&self, _edge: Edge) {
        extern "C" {
            fn __tsan_acquire(word: *mut core::ffi::c_void);
        }
        // SAFETY: the sanitizer's runtime takes any address, and only notes it.
        unsafe { __tsan_acquire(self.0.as_ptr().cast()) };
    }

    #[inline]
    pub(crate) fn store(&self, value: u64, edge: Edge) {
        self.0.store(value, edge.ordering);
    }

    /// Sleeps while the word is `expected`, until a wake or until `timeout` has passed. May return early.
    pub(crate) fn wait(&self, expected: u64, timeout: Duration) {
        sys::futex::wait(self.0.as_ptr(), expected, timeout);
    }

    /// Wakes all who sleep on this word: the peer, if it does, and whoever else does.
    pub(crate) fn wake(&self) {
        sys::futex::wake(self.0.as_ptr());
    }
}

/// A word for onlookers, which only its side changes.
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

/// Tells the processor that this loop waits.
#[inline]
pub(crate) fn spin_hint() {
    core::hint::spin_loop();
}

/// Gives the processor to another thread, if one waits for it.
pub(crate) fn yield_now() {
    std::thread::yield_now();
}

/// A fence between accesses of one side or of a view.
#[inline]
pub(crate) fn fence(edge: Edge) {
    atomic::fence(edge.ordering);
}

/// The light fence, for the side that stays awake.
#[inline]
pub(crate) fn light_fence(mode: FenceMode, edge: Edge) {
    match mode {
        FenceMode::Asymmetric => compiler_fence(edge.ordering),
        FenceMode::Symmetric => fence(edge),
    }
}

/// The heavy fence, for the side that goes to sleep.
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

// SAFETY: I4 (a `Shared` gives out nothing but `&T`, and its owner keeps the memory alive), so it may be wherever a
// `&T` may be.
unsafe impl<T: Sync> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Shared<T> {}

impl<T: Sync + Send + 'static> Shared<T> {
    /// Puts `value` on the heap, for two sides in one process.
    pub(crate) fn on_heap(value: T) -> Self {
        let owner = Arc::new(value);
        Self { value: NonNull::from(&*owner), _owner: owner }
    }

    /// Refers to the `T` at `value`, which `owner` keeps alive.
    ///
    /// # Safety
    /// I4: until `owner` is dropped, `value` is aligned, and valid for loads of a `T`. Every bit pattern is a valid
    /// `T`. For the words that this side owns it is valid for stores, too.
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

// SAFETY: I3 (the cursors settle which side may touch which byte; the thread that holds the handle does not matter).
unsafe impl Send for Bytes {}
// SAFETY: as above; a view only reads, by accesses that a writer may race (I17).
unsafe impl Sync for Bytes {}

impl Bytes {
    /// Puts `len` zeroed bytes on the heap, for two sides in one process.
    pub(crate) fn on_heap(len: usize) -> Self {
        let words: Vec<AtomicU64> = (0..len / 8).map(|_| AtomicU64::new(0)).collect();
        let start = NonNull::from(&words[..]).cast();
        Self { start, len, _owner: Arc::new(words), _shared: PhantomData }
    }

    /// Refers to the `len` bytes at `start`, which `owner` keeps alive.
    ///
    /// # Safety
    /// I4: until `owner` is dropped, `start` is a multiple of 8 and valid for loads of `len` bytes, and for the writer
    /// valid for stores, too.
    pub(crate) unsafe fn mapped(start: NonNull<u8>, len: usize, owner: Owner) -> io::Result<Self> {
        Ok(Self { start, len, _owner: owner, _shared: PhantomData })
    }

    /// Returns the `len` bytes at `index`, to be read.
    ///
    /// # Safety
    /// I2: `index + len` is at most the capacity. I3: the reader calls this, and the bytes stay published during `'a`.
    /// I4: the handle that has these bytes outlives `'a`.
    #[inline]
    pub(crate) unsafe fn span<'a>(&self, index: usize, len: usize) -> Span<'a> {
        // SAFETY: the caller's promise.
        Span { start: unsafe { self.at(index, len) }, len, lifetime: PhantomData }
    }

    /// Returns the `len` bytes at `index`, to be written.
    ///
    /// # Safety
    /// As for [`Bytes::span`], except for I3: the writer calls this, nobody reads the bytes during `'a`, and the writer
    /// has no other span of them.
    #[inline]
    pub(crate) unsafe fn span_mut<'a>(&self, index: usize, len: usize) -> SpanMut<'a> {
        // SAFETY: the caller's promise.
        SpanMut { start: unsafe { self.at(index, len) }, len, lifetime: PhantomData }
    }

    /// Returns where the `len` bytes at `index` begin.
    ///
    /// # Safety
    /// I2: `index + len` is at most the capacity.
    #[inline]
    unsafe fn at(&self, index: usize, len: usize) -> NonNull<u8> {
        debug_assert!(len <= self.len && index <= self.len - len);
        // SAFETY: I2.
        let at = unsafe { self.start.as_ptr().add(index) };
        // SAFETY: within the bytes, which are not at null.
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

    /// Loads a granule that the writer may be writing. For a caller that asks afterwards whether it was (I17), or that
    /// depends on nothing of it.
    ///
    /// # Safety
    /// I2: `index + 8` is at most the capacity, and `index` a multiple of 8.
    pub(crate) unsafe fn glance(&self, index: usize) -> u64 {
        // SAFETY: the caller's promise.
        unsafe { self.word(index) }.load(Ordering::Relaxed)
    }

    /// Replaces the content of `buffer` by the `len` bytes at `index`, which the writer may be writing: as for
    /// [`Bytes::glance`].
    ///
    /// # Safety
    /// I2: `index + len` is at most the capacity.
    pub(crate) unsafe fn glance_over(&self, index: usize, len: usize, buffer: &mut Vec<u8>) {
        // SAFETY: the caller's promise; the span is gone before this returns, and gives no slice out.
        unsafe { self.span(index, len) }.copy_to(buffer);
    }

    /// Returns the granule at `index`. It is atomic, so that a peer that breaks the protocol cannot make the load of a
    /// header a data race.
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

/// Empties `buffer` and makes room in it for `len` bytes and no more. So a peer has no say in how much memory is taken,
/// except by messages that fit the ring.
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

// SAFETY: I3 (nobody else in this process writes these bytes, whichever thread reads them).
unsafe impl Send for Span<'_> {}
// SAFETY: as above.
unsafe impl Sync for Span<'_> {}

impl<'a> Span<'a> {
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Replaces the content of `buffer` by a copy of the bytes.
    #[inline(always)]
    pub(crate) fn copy_to(&self, buffer: &mut Vec<u8>) {
        if buffer.capacity() < self.len {
            replace(buffer, self.len);
        }
        // SAFETY: I2 (in bounds), and there is room for `len` bytes; if T1 does not hold, what arrives is arbitrary.
        unsafe { copy_out(self.start.as_ptr(), buffer.as_mut_ptr(), self.len) };
        // A store of the length would delay the caller's load of it together with the pointer.
        if buffer.len() != self.len {
            // SAFETY: the copy has initialised the first `len` bytes.
            unsafe { buffer.set_len(self.len) };
        }
    }

    /// Copies all of the bytes to `buffer`, which is as long.
    #[inline]
    pub(crate) fn copy_to_slice(&self, buffer: &mut [u8]) {
        assert_eq!(buffer.len(), self.len);
        // SAFETY: I2 (in bounds), and the buffer is as long; if T1 does not hold, what arrives is arbitrary.
        unsafe { copy_out(self.start.as_ptr(), buffer.as_mut_ptr(), self.len) };
    }

    /// Returns the bytes as a slice, in place.
    ///
    /// # Safety
    /// T7: the writer does not store to the bytes during `'a`.
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
        unsafe { copy_in(source.as_ptr(), to, source.len()) };
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

    /// Ends the writing by this span. (A model's span tells its engine here.)
    #[inline]
    pub(crate) fn finish(self) {}
}

/// How a side learns whether its peer's process lives.
#[derive(Clone)]
pub(crate) enum Presence {
    /// The peer is in this process, on a ring of the heap. It is gone once it was dropped.
    SameProcess { _own: Arc<()>, peer: Weak<()> },
    /// The peer holds a lock on the ring's file for as long as it lives.
    Lock {
        /// The ring's file.
        file: Arc<Descriptor>,
        /// The bytes of the file that the peer locks.
        peer: sys::lock::Range,
        /// This side's lock, held for as long as its handle lives.
        own: Arc<sys::lock::Held>,
        /// The name by which a peer finds the file. `None` for memory, which has no name.
        name: Option<Arc<sys::Name>>,
    },
}

impl Presence {
    /// Returns what the two sides of a ring on the heap know of each other: the writer, the reader.
    pub(crate) fn on_heap() -> (Self, Self) {
        let (writer, reader) = (Arc::new(()), Arc::new(()));
        let [of_the_writer, of_the_reader] = [&writer, &reader].map(Arc::downgrade);
        let writer = Presence::SameProcess { _own: writer, peer: of_the_reader };
        (writer, Presence::SameProcess { _own: reader, peer: of_the_writer })
    }

    /// Makes the presence of a peer that is known by its lock: it locks `peer` of the ring's `file` while it lives, and
    /// finds the file by its `name`.
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
                // As the kernel's lock does (T3): a side that learns that its peer is gone sees all that the peer
                // stored.
                atomic::fence(Ordering::Acquire);
                is_gone
            }
            Presence::Lock { file, peer, .. } => sys::lock::held_by_another(file, *peer).is_none(),
        }
    }

    /// Returns how the ring lost the name by which a peer finds it, if it has. Makes a system call.
    pub(crate) fn loss(&self) -> Option<Loss> {
        match self {
            Presence::SameProcess { .. } => None,
            Presence::Lock { name, .. } => name.as_ref()?.loss(),
        }
    }

    /// Whether this process was forked by the one that owns the handle.
    pub(crate) fn is_forked(&self) -> bool {
        match self {
            Presence::SameProcess { .. } => false,
            Presence::Lock { own, .. } => own.is_forked(),
        }
    }
}
