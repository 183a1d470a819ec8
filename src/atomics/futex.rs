//! A shared word in a model, with the kernel's queue of those who sleep on it.

use std::time::Duration;

use super::checker::sync::atomic::AtomicU64;
use super::checker::sync::mpsc::{channel, Sender};
use super::checker::sync::Mutex;
use super::engine::{fence, timer_rings};
use super::fate::{self, step, unwinding, Awakening};
use super::order::{Edge, Ordering};
use super::trace::{self, Did};
use super::weaken;

/// A shared word that one side stores and the other loads.
pub(crate) struct Word {
    value: AtomicU64,
    queue: Mutex<Queue>,
}

/// The sleepers of a word: the peer, and whoever else has the file.
#[derive(Default)]
struct Queue {
    /// A bell for each sleeper, in the order in which they fell asleep.
    bells: Vec<Sender<Awakening>>,
    /// Whether the side that stores the word is dead: then only a sleeper's timer wakes it.
    forsaken: bool,
}

impl Word {
    pub(crate) fn new(value: u64) -> Self {
        Self { value: AtomicU64::new(value), queue: Mutex::new(Queue::default()) }
    }

    /// Loads the word. As in production, an acquire load is a relaxed load and a fence after it.
    pub(crate) fn load(&self, edge: Edge) -> u64 {
        if unwinding() {
            return 0;
        }
        step();
        let value = self.value.load(Ordering::Relaxed);
        if weaken::ordering(edge) == Ordering::Acquire {
            fence(edge);
        }
        trace::did_to(self, |place| Did::Loaded(edge.name, place, value));
        value
    }

    pub(crate) fn store(&self, value: u64, edge: Edge) {
        if !unwinding() {
            step();
            fate::passes(edge);
            self.value.store(value, weaken::ordering(edge));
            trace::did_to(self, |place| Did::Stored(edge.name, place, value));
        }
    }

    /// Sleeps while the word is `expected`, until a wake or the time-out.
    pub(crate) fn wait(&self, expected: u64, timeout: Duration) {
        step();
        fate::is_to_sleep(timeout);
        let mut queue = self.queue.lock().unwrap();
        // As the kernel compares: 32 bits, under the lock of the queue.
        let sleeps = self.value.load(Ordering::Relaxed) as u32 == expected as u32;
        let is_told = fate::is_a_side();
        if is_told {
            trace::did_to(self, |place| Did::Slept(place, sleeps));
        }
        if !sleeps {
            return fate::did("was kept from sleeping");
        }
        if queue.forsaken || timer_rings() {
            self.tells_of_rousing(is_told);
            return fate::slept(timeout, Awakening::ByTheTimer);
        }
        let (bell, rings) = channel();
        queue.bells.push(bell);
        drop(queue);
        fate::did("fell asleep");
        let awakening = rings.recv().unwrap();
        self.tells_of_rousing(is_told);
        fate::slept(timeout, awakening);
    }

    fn tells_of_rousing(&self, is_told: bool) {
        if is_told {
            trace::did_to(self, Did::Roused);
        }
    }

    /// Wakes all who sleep on this word.
    pub(crate) fn wake(&self) {
        if !unwinding() {
            step();
            fate::did(if self.ring(Awakening::ByThePeer) { "woke its peer" } else { "woke nobody" });
        }
    }

    /// Ends all sleeps on this word, if there are any.
    pub(crate) fn interrupt(&self, by: Awakening) {
        if self.ring(by) {
            fate::interrupted(by);
        }
    }

    /// Says whether the side that stores this word is dead, so that nobody wakes a sleeper.
    pub(crate) fn forsake(&self, forsaken: bool) {
        self.queue.lock().unwrap().forsaken = forsaken;
        if forsaken {
            self.interrupt(Awakening::ByTheTimer);
        }
    }

    /// Takes all sleepers out of the queue and wakes them. Returns whether there were any.
    fn ring(&self, awakening: Awakening) -> bool {
        let mut queue = self.queue.lock().unwrap();
        let asleep = queue.bells.len();
        let woken: Vec<_> = queue.bells.drain(..asleep).collect();
        if awakening == Awakening::ByThePeer {
            trace::did_to(self, Did::Woke);
        }
        drop(queue);
        woken.iter().for_each(|bell| bell.send(awakening).unwrap());
        asleep > 0
    }
}
