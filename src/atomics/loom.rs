//! The facade's loom arm: every access is a step that loom reorders as C11 allows.
//!
//! What loom does not model of the machine is listed in SAFETY.md.

use core::cell::Cell;
use core::marker::PhantomData;
use core::ops::Deref;
use core::ptr::NonNull;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use loom::cell::UnsafeCell;
use loom::sync::atomic::{self, AtomicU64};
use loom::sync::mpsc::{channel, Sender};
use loom::sync::Mutex;

use super::fate::{self, step, unwinding, Awakening};
use super::fence_mode::FenceMode;
use super::order::{Edge, Ordering};
use super::{weaken, witness};

pub(crate) use super::fate::{now, panicking, Presence};
pub(crate) use super::heap::{is_in_sight, unmappable, Block, Figure, Owner, Turns};

/// A shared word that one side stores and the other loads.
pub(crate) struct Word {
    value: AtomicU64,
    queue: Mutex<Queue>,
}

/// The kernel's queue of a word's sleepers: the peer, and whoever else has the file.
#[derive(Default)]
struct Queue {
    /// A bell for each, in the order in which they fell asleep.
    bells: Vec<Sender<Awakening>>,
    /// Whether the side that stores the word is dead: a sleeper is left to its timer.
    forsaken: bool,
}

impl Word {
    pub(crate) fn new(value: u64) -> Self {
        Self { value: AtomicU64::new(value), queue: Mutex::new(Queue::default()) }
    }

    /// As in production, an acquire load is a relaxed one and a fence after it.
    pub(crate) fn load(&self, edge: Edge) -> u64 {
        if unwinding() {
            return 0;
        }
        step();
        let value = self.value.load(Ordering::Relaxed);
        if weaken::ordering(edge) == Ordering::Acquire {
            atomic::fence(Ordering::Acquire);
        }
        value
    }

    pub(crate) fn store(&self, value: u64, edge: Edge) {
        if !unwinding() {
            step();
            fate::passes(edge);
            self.value.store(value, weaken::ordering(edge));
        }
    }

    /// Sleeps while the word is `expected`, until it is woken or its timer rings, which a model has happen when it
    /// likes.
    pub(crate) fn wait(&self, expected: u64, timeout: Duration) {
        step();
        let mut queue = self.queue.lock().unwrap();
        // The kernel's comparison, under the queue's lock, of 32 bits.
        if self.value.load(Ordering::Relaxed) as u32 != expected as u32 {
            return fate::did("was kept from sleeping");
        }
        if queue.forsaken {
            return fate::slept(timeout, Awakening::ByTheTimer);
        }
        let (bell, rings) = channel();
        queue.bells.push(bell);
        drop(queue);
        fate::did("fell asleep");
        fate::slept(timeout, rings.recv().unwrap());
    }

    /// Wakes all who sleep on this word.
    pub(crate) fn wake(&self) {
        if !unwinding() {
            step();
            fate::did(if self.ring(Awakening::ByThePeer) { "woke its peer" } else { "woke nobody" });
        }
    }

    /// Ends the sleeps on this word, if there are any.
    pub(crate) fn interrupt(&self, by: Awakening) {
        if self.ring(by) {
            fate::interrupted(by);
        }
    }

    /// Whether the side that stores this word is dead, so that nobody wakes a sleeper.
    pub(crate) fn forsake(&self, forsaken: bool) {
        self.queue.lock().unwrap().forsaken = forsaken;
        if forsaken {
            self.interrupt(Awakening::ByTheTimer);
        }
    }

    /// Takes the sleepers out of the queue, and wakes them. There may be none.
    fn ring(&self, awakening: Awakening) -> bool {
        let mut queue = self.queue.lock().unwrap();
        let asleep = queue.bells.len();
        let woken: Vec<_> = queue.bells.drain(..asleep).collect();
        drop(queue);
        woken.iter().for_each(|bell| bell.send(awakening).unwrap());
        asleep > 0
    }
}

/// Lets another thread go on.
pub(crate) fn spin_hint() {
    fate::waited_awake();
    loom::thread::yield_now();
}

/// Lets another thread go on.
pub(crate) fn yield_now() {
    spin_hint();
}

/// A fence between accesses of one side or of a view. It is no step: whoever dies before it dies before what comes
/// next, and does not come to it.
pub(crate) fn fence(edge: Edge) {
    if let Some(ordering) = weaken::of_fence(edge).filter(|_| !unwinding() && !fate::dies_next()) {
        atomic::fence(ordering);
    }
}

/// The cheap end of the asymmetric fence. What the pair promises is what two full fences promise (C++ P1202), and
/// that is the symmetric mode. A full fence promises more, to which the asymmetric mode, where it is a fence for the
/// compiler alone, has no right: there it is left out, for the models in which nobody relies on a wake.
pub(crate) fn light_fence(mode: FenceMode, edge: Edge) {
    if mode == FenceMode::Symmetric {
        full_fence(edge);
    }
}

/// The dear end of the asymmetric fence.
pub(crate) fn heavy_fence(_mode: FenceMode, edge: Edge) {
    full_fence(edge);
    fate::did("announced itself");
}

fn full_fence(edge: Edge) {
    if unwinding() {
        return;
    }
    step();
    fate::passes(edge);
    fence(edge);
}

/// A `T` that both sides share.
pub(crate) struct Shared<T>(Arc<T>);

impl<T> Shared<T> {
    /// Puts `value` on the heap.
    pub(crate) fn on_heap(value: T) -> Self {
        Self(Arc::new(value))
    }

    /// Loom's words do not fit a mapping: always an error.
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

/// The ring's bytes, and for each granule a cell that tells loom of every access of a side: without it, loom would not
/// notice that bytes are read before they are visible.
///
/// An onlooker reads what the writer may be writing, which is no race of theirs: it loads relaxed atomics, one a
/// granule, in which loom has what was written and what was there before.
#[derive(Clone)]
pub(crate) struct Bytes {
    block: Block,
    granules: Arc<Turns<Vec<UnsafeCell<()>>>>,
    /// The granules as an onlooker may find them, where there is one.
    in_sight: Option<Arc<Vec<AtomicU64>>>,
}

impl Bytes {
    /// `len` zeroed bytes on the heap.
    pub(crate) fn on_heap(len: usize) -> Self {
        let granules = (0..len / 8).map(|_| UnsafeCell::new(())).collect();
        let in_sight = is_in_sight().then(|| Arc::new((0..len / 8).map(|_| AtomicU64::new(0)).collect()));
        Self { block: Block::new(len), granules: Arc::new(Turns(granules)), in_sight }
    }

    /// Always an error, as [`Shared::mapped`].
    ///
    /// # Safety
    /// None needed here.
    pub(crate) unsafe fn mapped(_start: NonNull<u8>, _len: usize, _owner: Owner) -> io::Result<Self> {
        Err(unmappable())
    }

    /// The `len` bytes at `index`, to be read where they stand.
    ///
    /// # Safety
    /// I3, which loom checks when they are read; I2 is asserted.
    pub(crate) unsafe fn span<'a>(&self, index: usize, len: usize) -> Span<'a> {
        Span { bytes: self.clone(), index, len, in_place: Cell::new(false), lifetime: PhantomData }
    }

    /// The `len` bytes at `index`, to be written where they stand.
    ///
    /// # Safety
    /// I3, which loom checks when they are written; I2 is asserted.
    pub(crate) unsafe fn span_mut<'a>(&self, index: usize, len: usize) -> SpanMut<'a> {
        SpanMut { bytes: self.clone(), index, len, in_place: false, lifetime: PhantomData }
    }

    /// Stores the granule at `index`.
    ///
    /// # Safety
    /// As [`Bytes::span_mut`] of 8 bytes.
    pub(crate) unsafe fn write_word(&self, index: usize, word: u64) {
        self.write(index, &word.to_le_bytes());
    }

    /// Loads the granule at `index`.
    ///
    /// # Safety
    /// As [`Bytes::span`] of 8 bytes.
    pub(crate) unsafe fn read_word(&self, index: usize) -> u64 {
        witness::loaded(index);
        let mut buffer = Vec::new();
        self.read(index, 8, &mut buffer);
        super::heap::word(&buffer)
    }

    /// Loads the granule at `index` whoever writes it meanwhile: no step of a model without an onlooker, since no side
    /// depends on it.
    ///
    /// # Safety
    /// As [`Bytes::span`] of 8 bytes, but for I3.
    pub(crate) unsafe fn glance(&self, index: usize) -> u64 {
        if let Some(granules) = &self.in_sight {
            step();
            return granules[index / 8].load(Ordering::Relaxed);
        }
        let mut buffer = Vec::new();
        self.block.read(index, 8, &mut buffer);
        super::heap::word(&buffer)
    }

    /// Replaces what is in `buffer` by a copy of the `len` bytes at `index`, whoever writes them meanwhile.
    ///
    /// # Safety
    /// As [`Bytes::span`], but for I3.
    pub(crate) unsafe fn glance_over(&self, index: usize, len: usize, buffer: &mut Vec<u8>) {
        buffer.clear();
        for granule in touched(index, len) {
            // SAFETY: the caller's promise.
            buffer.extend_from_slice(&unsafe { self.glance(granule * 8) }.to_le_bytes());
        }
        buffer.truncate(len);
    }

    /// Stores the granule at `index` whoever reads it meanwhile, as no writer does that keeps to the protocol.
    pub(crate) fn scribble(&self, index: usize, word: u64) {
        self.block.write(index, &word.to_le_bytes());
        self.shows(index, 8);
    }

    fn write(&self, index: usize, source: &[u8]) {
        step();
        self.writes(index, source.len());
        self.block.write(index, source);
        self.shows(index, source.len());
    }

    /// What stands in these bytes now is what an onlooker may find there.
    fn shows(&self, index: usize, len: usize) {
        let Some(granules) = &self.in_sight else { return };
        for granule in touched(index, len) {
            let mut word = Vec::new();
            self.block.read(granule * 8, 8, &mut word);
            granules[granule].store(super::heap::word(&word), Ordering::Relaxed);
        }
    }

    fn read(&self, index: usize, len: usize, buffer: &mut Vec<u8>) {
        step();
        self.reads(index, len);
        self.block.read(index, len, buffer);
    }

    /// Tells loom that these bytes are read now.
    fn reads(&self, index: usize, len: usize) {
        for granule in touched(index, len) {
            self.granules.0[granule].with(|_| ());
        }
    }

    /// Tells loom that these bytes are written now.
    fn writes(&self, index: usize, len: usize) {
        for granule in touched(index, len) {
            self.granules.0[granule].with_mut(|_| ());
        }
    }
}

/// Bytes of the ring that the reader may read.
pub(crate) struct Span<'a> {
    bytes: Bytes,
    index: usize,
    len: usize,
    /// Whether somebody reads them where they stand, until this is dropped.
    in_place: Cell<bool>,
    lifetime: PhantomData<&'a [u8]>,
}

impl<'a> Span<'a> {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Replaces what is in `buffer` by a copy.
    pub(crate) fn copy_to(&self, buffer: &mut Vec<u8>) {
        self.bytes.read(self.index, self.len, buffer);
    }

    /// Copies all of it to `buffer`, which is as long.
    pub(crate) fn copy_to_slice(&self, buffer: &mut [u8]) {
        let mut copy = Vec::new();
        self.copy_to(&mut copy);
        buffer.copy_from_slice(&copy);
    }

    /// The bytes themselves.
    ///
    /// # Safety
    /// T7, which loom checks now and when the span is dropped.
    pub(crate) unsafe fn as_slice(&self) -> &'a [u8] {
        step();
        self.bytes.reads(self.index, self.len);
        self.in_place.set(true);
        // SAFETY: I4 (the ring has a clone of the block), and the caller's promise.
        unsafe { self.bytes.block.slice(self.index, self.len) }
    }
}

impl Drop for Span<'_> {
    fn drop(&mut self) {
        if self.in_place.get() && !unwinding() {
            self.bytes.reads(self.index, self.len);
        }
    }
}

/// Bytes of the ring that the writer may write.
pub(crate) struct SpanMut<'a> {
    bytes: Bytes,
    index: usize,
    len: usize,
    /// Whether somebody writes them where they stand, until this is dropped.
    in_place: bool,
    lifetime: PhantomData<&'a mut [u8]>,
}

impl SpanMut<'_> {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Copies `source` to the bytes from `at` on.
    ///
    /// # Safety
    /// I2, which is asserted.
    pub(crate) unsafe fn write(&mut self, at: usize, source: &[u8]) {
        assert!(at + source.len() <= self.len);
        self.bytes.write(self.index + at, source);
    }

    /// The bytes themselves.
    ///
    /// # Safety
    /// T7, which loom checks now and when the span is dropped.
    pub(crate) unsafe fn as_mut_slice(&mut self) -> &mut [u8] {
        step();
        self.bytes.writes(self.index, self.len);
        self.in_place = true;
        // SAFETY: I4 (the ring has a clone of the block), and the caller's promise.
        unsafe { self.bytes.block.slice_mut(self.index, self.len) }
    }

    /// The bytes are written, as [`Drop`] tells loom.
    pub(crate) fn finish(self) {}
}

impl Drop for SpanMut<'_> {
    fn drop(&mut self) {
        if self.in_place && !unwinding() {
            self.bytes.writes(self.index, self.len);
            self.bytes.shows(self.index, self.len);
        }
    }
}

/// The granules that `len` bytes at `index` touch.
fn touched(index: usize, len: usize) -> Range<usize> {
    index / 8..(index + len + 7) / 8
}
