//! The facade's shuttle arm: every access is a step at which another thread may go on.
//!
//! Shuttle knows no orderings, so it says nothing of them; it is for schedules too long for loom.

use core::marker::PhantomData;
use core::ops::Deref;
use core::ptr::NonNull;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use shuttle::rand::{thread_rng, Rng};
use shuttle::sync::atomic::AtomicU64;
use shuttle::sync::{Condvar, Mutex};

use super::fate::{self, step, unwinding, Awakening};
use super::fence_mode::FenceMode;
use super::order::{Edge, Ordering};
use super::witness;

pub(crate) use super::fate::{now, panicking, Presence};
pub(crate) use super::heap::{unmappable, Block, Figure, Owner};

/// A shared word that one side stores and the other loads.
pub(crate) struct Word {
    value: AtomicU64,
    queue: Mutex<Queue>,
    bell: Condvar,
}

/// The kernel's queue of a word's sleepers: the peer, and whoever else has the file.
#[derive(Default)]
struct Queue {
    sleeps: Vec<Sleep>,
    /// How many sleeps there were.
    begun: u64,
    /// Whether the side that stores the word is dead: a sleeper is left to its timer.
    forsaken: bool,
}

/// A sleep.
struct Sleep {
    /// Which of the word's it is.
    number: u64,
    /// What ended it.
    over: Option<Awakening>,
}

impl Queue {
    /// Whether the sleep of this number is over, and how it ended: then it is one no more.
    fn ended(&mut self, number: u64) -> Option<Awakening> {
        let at = self.sleeps.iter().position(|sleep| sleep.number == number)?;
        let awakening = self.sleeps[at].over?;
        self.sleeps.remove(at);
        Some(awakening)
    }
}

impl Word {
    pub(crate) fn new(value: u64) -> Self {
        Self { value: AtomicU64::new(value), queue: Mutex::new(Queue::default()), bell: Condvar::new() }
    }

    pub(crate) fn load(&self, edge: Edge) -> u64 {
        if unwinding() {
            return 0;
        }
        step();
        self.value.load(edge.ordering)
    }

    pub(crate) fn store(&self, value: u64, edge: Edge) {
        if !unwinding() {
            step();
            fate::passes(edge);
            self.value.store(value, edge.ordering);
        }
    }

    /// Sleeps while the word is `expected`, until it is woken or its timer rings, which it does at once one time in
    /// eight.
    pub(crate) fn wait(&self, expected: u64, timeout: Duration) {
        step();
        let mut queue = self.queue.lock().unwrap();
        // The kernel's comparison, under the queue's lock, of 32 bits.
        if self.value.load(Ordering::SeqCst) as u32 != expected as u32 {
            return fate::did("was kept from sleeping");
        }
        if queue.forsaken || thread_rng().gen_range(0..8) == 0 {
            return fate::slept(timeout, Awakening::ByTheTimer);
        }
        let number = queue.begun;
        queue.begun += 1;
        queue.sleeps.push(Sleep { number, over: None });
        fate::did("fell asleep");
        let awakening = loop {
            queue = self.bell.wait(queue).unwrap();
            if let Some(awakening) = queue.ended(number) {
                break awakening;
            }
        };
        fate::slept(timeout, awakening);
    }

    /// Wakes all who sleep on this word.
    pub(crate) fn wake(&self) {
        if !unwinding() {
            step();
            fate::did(if self.end(Awakening::ByThePeer) { "woke its peer" } else { "woke nobody" });
        }
    }

    /// Ends the sleeps on this word, if there are any.
    pub(crate) fn interrupt(&self, by: Awakening) {
        if self.end(by) {
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

    /// Ends the sleeps on this word. There may be none.
    fn end(&self, awakening: Awakening) -> bool {
        let mut queue = self.queue.lock().unwrap();
        let mut asleep = false;
        for sleep in queue.sleeps.iter_mut().filter(|sleep| sleep.over.is_none()) {
            sleep.over = Some(awakening);
            asleep = true;
        }
        if asleep {
            self.bell.notify_all();
        }
        asleep
    }
}

/// Lets another thread go on.
pub(crate) fn spin_hint() {
    fate::waited_awake();
    shuttle::thread::yield_now();
}

/// Lets another thread go on.
pub(crate) fn yield_now() {
    spin_hint();
}

/// A fence between accesses of one side or of a view: shuttle's accesses are in one order anyway.
pub(crate) fn fence(_edge: Edge) {}

/// The cheap end of the asymmetric fence.
pub(crate) fn light_fence(_mode: FenceMode, edge: Edge) {
    if !unwinding() {
        step();
        fate::passes(edge);
    }
}

/// The dear end of the asymmetric fence.
pub(crate) fn heavy_fence(_mode: FenceMode, edge: Edge) {
    step();
    fate::passes(edge);
    fate::did("announced itself");
}

/// A `T` that both sides share.
pub(crate) struct Shared<T>(Arc<T>);

impl<T> Shared<T> {
    /// Puts `value` on the heap.
    pub(crate) fn on_heap(value: T) -> Self {
        Self(Arc::new(value))
    }

    /// Shuttle's words do not fit a mapping: always an error.
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

/// The ring's bytes, accessed a granule at a step.
#[derive(Clone)]
pub(crate) struct Bytes {
    block: Block,
    step: Arc<AtomicU64>,
}

impl Bytes {
    /// `len` zeroed bytes on the heap.
    pub(crate) fn on_heap(len: usize) -> Self {
        Self { block: Block::new(len), step: Arc::new(AtomicU64::new(0)) }
    }

    /// A step of the side that runs, before which another thread may go on, as before loading any atomic.
    fn step(&self) {
        step();
        self.step.load(Ordering::SeqCst);
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
    /// I3, which the models check by content; I2 is asserted.
    pub(crate) unsafe fn span<'a>(&self, index: usize, len: usize) -> Span<'a> {
        Span { bytes: self.clone(), index, len, lifetime: PhantomData }
    }

    /// The `len` bytes at `index`, to be written where they stand.
    ///
    /// # Safety
    /// I3, which the models check by content; I2 is asserted.
    pub(crate) unsafe fn span_mut<'a>(&self, index: usize, len: usize) -> SpanMut<'a> {
        SpanMut { bytes: self.clone(), index, len, lifetime: PhantomData }
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

    /// Loads the granule at `index` whoever writes it meanwhile: no step of the model.
    ///
    /// # Safety
    /// As [`Bytes::span`] of 8 bytes, but for I3.
    pub(crate) unsafe fn glance(&self, index: usize) -> u64 {
        let mut buffer = Vec::new();
        self.block.read(index, 8, &mut buffer);
        super::heap::word(&buffer)
    }

    /// Replaces what is in `buffer` by a copy of the `len` bytes at `index`, whoever writes them meanwhile.
    ///
    /// # Safety
    /// As [`Bytes::span`], but for I3.
    pub(crate) unsafe fn glance_over(&self, index: usize, len: usize, buffer: &mut Vec<u8>) {
        self.read(index, len, buffer);
    }

    /// Stores the granule at `index` whoever reads it meanwhile, as no writer does that keeps to the protocol.
    pub(crate) fn scribble(&self, index: usize, word: u64) {
        self.step();
        self.block.write(index, &word.to_le_bytes());
    }

    fn write(&self, index: usize, source: &[u8]) {
        for (granule, part) in source.chunks(8).enumerate() {
            self.step();
            self.block.write(index + granule * 8, part);
        }
    }

    fn read(&self, index: usize, len: usize, buffer: &mut Vec<u8>) {
        buffer.clear();
        let mut part = Vec::new();
        for at in (0..len).step_by(8) {
            self.step();
            self.block.read(index + at, (len - at).min(8), &mut part);
            buffer.extend_from_slice(&part);
        }
    }

    /// A step for each granule of `len` bytes, before all of them are had at once.
    fn steps(&self, len: usize) {
        (0..len).step_by(8).for_each(|_| self.step());
    }
}

/// Bytes of the ring that the reader may read.
pub(crate) struct Span<'a> {
    bytes: Bytes,
    index: usize,
    len: usize,
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
    /// T7, which the models check by content.
    pub(crate) unsafe fn as_slice(&self) -> &'a [u8] {
        self.bytes.steps(self.len);
        // SAFETY: I4 (the ring has a clone of the block), and the caller's promise.
        unsafe { self.bytes.block.slice(self.index, self.len) }
    }
}

/// Bytes of the ring that the writer may write.
pub(crate) struct SpanMut<'a> {
    bytes: Bytes,
    index: usize,
    len: usize,
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
    /// T7, which the models check by content.
    pub(crate) unsafe fn as_mut_slice(&mut self) -> &mut [u8] {
        self.bytes.steps(self.len);
        // SAFETY: I4 (the ring has a clone of the block), and the caller's promise.
        unsafe { self.bytes.block.slice_mut(self.index, self.len) }
    }

    /// The bytes are written.
    pub(crate) fn finish(self) {}
}
