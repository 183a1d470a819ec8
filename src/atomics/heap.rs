//! The memory of both models: the heap in place of a mapping.
//!
//! Figures, and the bytes as a view reads them, are steps of a model only where the ring was made in sight of a view
//! ([`in_sight`]). No side depends on them.

use std::cell::{Cell, UnsafeCell};
use std::io;
use std::marker::PhantomData;
use std::ops::{Deref, Range};
use std::ptr::NonNull;
use std::sync::atomic::AtomicU64 as Unseen;
use std::sync::Arc;
use std::time::Duration;

use super::checker::sync::atomic::AtomicU64;
use super::engine::{pieces, Cells};
use super::fate::{step, unwinding};
use super::order::Ordering;
use super::trace::{self, Did};
use super::witness;
use crate::sys::{self, Loss};

type WaysToWait = (fn(*const u64, u64, Duration), fn(*const u64), fn(), fn() -> Duration);
type WaysToAsk = (fn(&sys::Name) -> Option<Loss>, fn(&sys::lock::Held) -> bool);

// Only the production arm calls these. They are named here, so that a model's build does not report them as unused.
const _: WaysToWait = (sys::futex::wait, sys::futex::wake, sys::membarrier::run, sys::monotonic);
const _: WaysToAsk = (sys::Name::loss, sys::lock::Held::is_forked);

/// The owner of shared memory, which keeps it alive.
pub(crate) type Owner = Arc<dyn Send + Sync>;

/// A `T` that both sides share.
pub(crate) struct Shared<T>(Arc<T>);

impl<T> Shared<T> {
    /// Puts `value` on the heap.
    pub(crate) fn on_heap(value: T) -> Self {
        let value = Arc::new(value);
        trace::page(Arc::as_ptr(&value) as usize, std::mem::size_of::<T>());
        Self(value)
    }

    /// Returns an error always: an engine's words do not fit a mapping.
    ///
    /// # Safety
    /// None needed here.
    pub(crate) unsafe fn mapped(_value: NonNull<T>, _owner: Owner) -> io::Result<Self> {
        Err(unmappable())
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// The ring's bytes. The engine is told of each access to them.
///
/// A view may read what the writer is writing, which is no race of theirs. So a view loads relaxed atomics, one for
/// each granule, in which the engine keeps the values before and after.
#[derive(Clone)]
pub(crate) struct Bytes {
    block: Block,
    cells: Arc<Turns<Cells>>,
    /// The granules as a view may find them, if there is a view.
    in_sight: Option<Arc<Vec<AtomicU64>>>,
}

impl Bytes {
    /// Puts `len` zeroed bytes on the heap.
    pub(crate) fn on_heap(len: usize) -> Self {
        trace::bytes(len, is_in_sight());
        let in_sight = is_in_sight().then(|| Arc::new((0..len / 8).map(|_| AtomicU64::new(0)).collect()));
        Self { block: Block::new(len), cells: Arc::new(Turns(Cells::new(len / 8))), in_sight }
    }

    /// Returns an error always, as [`Shared::mapped`] does.
    ///
    /// # Safety
    /// None needed here.
    pub(crate) unsafe fn mapped(_start: NonNull<u8>, _len: usize, _owner: Owner) -> io::Result<Self> {
        Err(unmappable())
    }

    /// Returns the `len` bytes at `index`, to be read.
    ///
    /// # Safety
    /// I3: loom checks it when the bytes are read, and shuttle's models check it by content. I2 is asserted.
    pub(crate) unsafe fn span<'a>(&self, index: usize, len: usize) -> Span<'a> {
        Span { bytes: self.clone(), place: index..index + len, in_place: Cell::new(false), lifetime: PhantomData }
    }

    /// Returns the `len` bytes at `index`, to be written.
    ///
    /// # Safety
    /// As for [`Bytes::span`], when they are written.
    pub(crate) unsafe fn span_mut<'a>(&self, index: usize, len: usize) -> SpanMut<'a> {
        SpanMut { bytes: self.clone(), place: index..index + len, in_place: false, lifetime: PhantomData }
    }

    /// Stores the granule at `index`.
    ///
    /// # Safety
    /// As [`Bytes::span_mut`] of 8 bytes.
    pub(crate) unsafe fn write_word(&self, index: usize, word: u64) {
        self.write(index, &word.to_le_bytes(), Some(word));
    }

    /// Loads the granule at `index`.
    ///
    /// # Safety
    /// As [`Bytes::span`] of 8 bytes.
    pub(crate) unsafe fn read_word(&self, index: usize) -> u64 {
        witness::loaded(index);
        self.reads(index..index + 8);
        let word = self.block.word(index);
        trace::did(Did::Read(index, 8, Some(word)));
        word
    }

    /// Loads the granule at `index`, whoever writes it meanwhile. It is no step of a model without a view, since no
    /// side depends on it.
    ///
    /// # Safety
    /// As for [`Bytes::span`] of 8 bytes, without I3.
    pub(crate) unsafe fn glance(&self, index: usize) -> u64 {
        match &self.in_sight {
            Some(granules) => {
                step();
                granules[index / 8].load(Ordering::Relaxed)
            }
            None => self.block.word(index),
        }
    }

    /// Replaces the content of `buffer` by the `len` bytes at `index`, whoever writes them meanwhile.
    ///
    /// # Safety
    /// As for [`Bytes::span`], without I3.
    pub(crate) unsafe fn glance_over(&self, index: usize, len: usize, buffer: &mut Vec<u8>) {
        buffer.clear();
        for granule in granules(index..index + len) {
            // SAFETY: the caller's promise.
            buffer.extend_from_slice(&unsafe { self.glance(granule * 8) }.to_le_bytes());
        }
        buffer.truncate(len);
    }

    /// Says that whoever copies these bytes may be raced from here on, which the engine need not be told.
    pub(crate) fn may_be_raced(&self, _capacity: usize) {}

    /// Stores the granule at `index`, whoever reads it meanwhile. No writer that keeps to the protocol does so.
    pub(crate) fn scribble(&self, index: usize, word: u64) {
        self.cells.0.scribbles();
        self.block.write(index, &word.to_le_bytes());
        self.shows(index..index + 8);
    }

    fn write(&self, index: usize, source: &[u8], header: Option<u64>) {
        for piece in pieces(index..index + source.len()) {
            step();
            self.cells.0.writes(granules(piece.clone()));
            trace::did(Did::Wrote(piece.start, piece.len(), header));
            self.block.write(piece.start, &source[piece.start - index..piece.end - index]);
            self.shows(piece);
        }
    }

    /// Replaces the content of `buffer` by what is at `place`.
    fn read(&self, place: Range<usize>, buffer: &mut Vec<u8>) {
        buffer.clear();
        for piece in pieces(place) {
            step();
            self.cells.0.reads(granules(piece.clone()));
            trace::did(Did::Read(piece.start, piece.len(), None));
            self.block.read(piece.start, piece.len(), buffer);
        }
    }

    /// Takes the steps of reading what is at `place`.
    fn reads(&self, place: Range<usize>) {
        for piece in pieces(place) {
            step();
            self.cells.0.reads(granules(piece.clone()));
            trace::did(Did::Read(piece.start, piece.len(), None));
        }
    }

    /// Takes the steps of writing what is at `place`.
    fn writes(&self, place: Range<usize>) {
        for piece in pieces(place) {
            step();
            self.cells.0.writes(granules(piece.clone()));
            trace::did(Did::Wrote(piece.start, piece.len(), None));
        }
    }

    /// Shows a view what stands at `place` now.
    fn shows(&self, place: Range<usize>) {
        let Some(shown) = &self.in_sight else { return };
        for granule in granules(place) {
            shown[granule].store(self.block.word(granule * 8), Ordering::Relaxed);
        }
    }
}

/// Returns the granules that these bytes touch.
fn granules(bytes: Range<usize>) -> Range<usize> {
    bytes.start / 8..(bytes.end + 7) / 8
}

/// Bytes of the ring that the reader may read.
pub(crate) struct Span<'a> {
    bytes: Bytes,
    place: Range<usize>,
    /// Whether somebody holds a slice of them, until this is dropped.
    in_place: Cell<bool>,
    lifetime: PhantomData<&'a [u8]>,
}

impl<'a> Span<'a> {
    pub(crate) fn len(&self) -> usize {
        self.place.len()
    }

    /// Replaces the content of `buffer` by a copy of the bytes.
    pub(crate) fn copy_to(&self, buffer: &mut Vec<u8>) {
        self.bytes.read(self.place.clone(), buffer);
    }

    /// Copies all of the bytes to `buffer`, which is as long.
    pub(crate) fn copy_to_slice(&self, buffer: &mut [u8]) {
        let mut copy = Vec::new();
        self.copy_to(&mut copy);
        buffer.copy_from_slice(&copy);
    }

    /// Returns the bytes as a slice, in place.
    ///
    /// # Safety
    /// T7. The engine is told now, and when the span is dropped.
    pub(crate) unsafe fn as_slice(&self) -> &'a [u8] {
        self.bytes.reads(self.place.clone());
        self.in_place.set(true);
        // SAFETY: I4 (the ring has a clone of the block), and the caller's promise.
        unsafe { self.bytes.block.slice(self.place.start, self.place.len()) }
    }
}

impl Drop for Span<'_> {
    fn drop(&mut self) {
        if self.in_place.get() && !unwinding() {
            self.bytes.cells.0.reads(granules(self.place.clone()));
        }
    }
}

/// Bytes of the ring that the writer may write.
pub(crate) struct SpanMut<'a> {
    bytes: Bytes,
    place: Range<usize>,
    /// Whether somebody holds a slice of them, until this is dropped.
    in_place: bool,
    lifetime: PhantomData<&'a mut [u8]>,
}

impl SpanMut<'_> {
    pub(crate) fn len(&self) -> usize {
        self.place.len()
    }

    /// Copies `source` to the bytes from `at` on.
    ///
    /// # Safety
    /// I2, which is asserted.
    pub(crate) unsafe fn write(&mut self, at: usize, source: &[u8]) {
        assert!(at + source.len() <= self.len());
        self.bytes.write(self.place.start + at, source, None);
    }

    /// Returns the bytes as a slice, in place.
    ///
    /// # Safety
    /// T7. The engine is told now, and when the span is dropped.
    pub(crate) unsafe fn as_mut_slice(&mut self) -> &mut [u8] {
        self.bytes.writes(self.place.clone());
        self.in_place = true;
        // SAFETY: I4 (the ring has a clone of the block), and the caller's promise.
        unsafe { self.bytes.block.slice_mut(self.place.start, self.place.len()) }
    }

    /// Ends the writing. The drop tells the engine.
    pub(crate) fn finish(self) {}
}

impl Drop for SpanMut<'_> {
    fn drop(&mut self) {
        if self.in_place && !unwinding() {
            self.bytes.cells.0.writes(granules(self.place.clone()));
            self.bytes.shows(self.place.clone());
        }
    }
}

/// Memory whose accesses are checked against its bounds.
#[derive(Clone)]
struct Block(Arc<Turns<Box<[UnsafeCell<u8>]>>>);

/// A value that a model's threads touch in turn. The compiler cannot know that they take turns.
struct Turns<T>(T);

// SAFETY: a model runs its threads one at a time, and switches only at the engine's own operations, and there is none
// inside an access to the block. The models check that the protocol keeps the sides apart.
unsafe impl<T> Send for Turns<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Turns<T> {}

impl Block {
    fn new(len: usize) -> Self {
        Self(Arc::new(Turns((0..len).map(|_| UnsafeCell::new(0)).collect())))
    }

    fn write(&self, index: usize, source: &[u8]) {
        // SAFETY: no other reference to these bytes is used while this one is: see above.
        unsafe { self.slice_mut(index, source.len()) }.copy_from_slice(source);
    }

    /// Appends a copy of the `len` bytes at `index` to `buffer`.
    fn read(&self, index: usize, len: usize, buffer: &mut Vec<u8>) {
        // SAFETY: as above.
        buffer.extend_from_slice(unsafe { self.slice(index, len) });
    }

    fn word(&self, index: usize) -> u64 {
        let mut word = Vec::new();
        self.read(index, 8, &mut word);
        u64::from_le_bytes(word.try_into().expect("a word has 8 bytes"))
    }

    /// Returns the `len` bytes at `index`.
    ///
    /// # Safety
    /// I3: nobody writes them during `'a`. I4: a clone of this block outlives it.
    unsafe fn slice<'a>(&self, index: usize, len: usize) -> &'a [u8] {
        // SAFETY: within the block, and the caller's promise.
        unsafe { std::slice::from_raw_parts(self.at(index, len), len) }
    }

    /// Returns the `len` bytes at `index`, to be written.
    ///
    /// # Safety
    /// I3: nobody else touches them during `'a`. I4: a clone of this block outlives it.
    #[allow(clippy::mut_from_ref)] // The cells are there for this.
    unsafe fn slice_mut<'a>(&self, index: usize, len: usize) -> &'a mut [u8] {
        // SAFETY: within the block, and the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.at(index, len), len) }
    }

    /// Returns the address of the `len` bytes at `index`, which must be within the block.
    fn at(&self, index: usize, len: usize) -> *mut u8 {
        UnsafeCell::raw_get(self.0 .0[index..index + len].as_ptr())
    }
}

/// Returns why a model cannot map a ring.
fn unmappable() -> io::Error {
    io::Error::new(
        io::ErrorKind::Unsupported,
        "a model checker's build cannot map a ring; build without --cfg loom or shuttle",
    )
}

// An engine runs all threads of a model on the thread that called it. It does not switch while a ring is made.
thread_local! {
    static IN_SIGHT: Cell<bool> = const { Cell::new(false) };
}

/// Makes a ring that a view looks at. The figures and bytes that a view reads are words of the engine then, and each
/// access is a step of the model. Without a view they are no steps, since no side depends on them.
pub(crate) fn in_sight<T>(make: impl FnOnce() -> T) -> T {
    IN_SIGHT.with(|in_sight| in_sight.set(true));
    let made = make();
    IN_SIGHT.with(|in_sight| in_sight.set(false));
    made
}

/// Whether a view looks at what is made now.
fn is_in_sight() -> bool {
    IN_SIGHT.with(Cell::get)
}

/// A word for onlookers, which only its side changes.
pub(crate) enum Figure {
    InSight(AtomicU64),
    Unseen(Unseen),
}

impl Figure {
    pub(crate) fn new(value: u64) -> Self {
        if is_in_sight() {
            Figure::InSight(AtomicU64::new(value))
        } else {
            Figure::Unseen(Unseen::new(value))
        }
    }

    pub(crate) fn get(&self) -> u64 {
        match self {
            _ if unwinding() => 0,
            Figure::InSight(word) => {
                step();
                word.load(Ordering::Relaxed)
            }
            Figure::Unseen(word) => word.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn set(&self, value: u64) {
        match self {
            _ if unwinding() => {}
            Figure::InSight(word) => {
                step();
                word.store(value, Ordering::Relaxed);
            }
            Figure::Unseen(word) => word.store(value, Ordering::Relaxed),
        }
    }
}
