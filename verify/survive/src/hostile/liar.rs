//! The process that lies. It holds one side of the ring as a good process does, and stores what it likes into all that
//! this side may write.
//!
//! What is merely wild is refused at the first check. So it also keeps to the protocol for a while, or for all but one
//! word: then its victim gets deep before it meets a lie.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::ArgMatches;
use fastrand::Rng;
use ipc_ring::layout::identity;
use ipc_ring::{RingOptions, RingReader, RingWriter, Side};
use ipc_ring_reference::words::has_a_meaning;
use ipc_ring_reference::{Words, CURSOR, EPOCH, WAKE_AT};

use super::order::Order;
use super::tricks;
use super::watch::set_alarm;
use crate::report::Report;

/// How long the victim is woken on and on, once: longer than any of its calls may take.
const STORM: Duration = Duration::from_millis(400);

/// A side that is held as a good process holds it.
pub enum Handle {
    Writer(RingWriter),
    Reader(RingReader),
}

pub struct Liar {
    pub words: Words,
    pub side: Side,
    pub rng: Rng,
    pub handle: Option<Handle>,
    /// How many words were stored that the protocol would not have stored.
    pub lies: u64,
    path: PathBuf,
}

pub fn run(matches: &ArgMatches) -> Result<Report, String> {
    let order = Order::of(matches)?;
    set_alarm(order.duration);
    let words = Words::map(&order.path).map_err(|error| format!("cannot map the ring: {error}"))?;
    let rng = Rng::with_seed(order.seed);
    let mut liar = Liar { words, side: order.side, rng, handle: None, lies: 0, path: order.path };
    let begin = Instant::now();
    let (storm, end) = (begin + order.duration / 2, begin + order.duration);
    let mut has_stormed = false;
    while Instant::now() < end {
        if !has_stormed && Instant::now() >= storm {
            has_stormed = true;
            tricks::storm_for(&mut liar, STORM.min(order.duration / 4));
        }
        tricks::play(&mut liar);
        // Some lies are left to stand.
        if liar.rng.u8(..8) > 0 {
            liar.mend();
        }
    }
    println!("{}", liar.lies);
    Ok(Report::default())
}

impl Liar {
    /// Where a word of the liar's own stands.
    pub fn own(&self, word: usize) -> usize {
        self.words.of_side(self.side, word)
    }

    /// Where in its page the liar's own words begin: after what says that the file is a ring.
    pub fn own_begin(&self) -> usize {
        if self.side == Side::Writer {
            identity::SIZE
        } else {
            0
        }
    }

    /// Where the victim stands, as it says itself.
    pub fn victim(&self) -> u64 {
        let cursor = match self.side {
            Side::Writer => self.words.reader(CURSOR),
            Side::Reader => self.words.writer(CURSOR),
        };
        self.words.get(cursor) & !7
    }

    pub fn capacity(&self) -> u64 {
        self.words.capacity() as u64
    }

    pub fn lie(&mut self, offset: usize, word: u64) {
        self.words.set(offset, word);
        self.lies += 1;
    }

    /// Makes the ring one that could be: empty.
    pub fn mend(&mut self) {
        let position = match &self.handle {
            Some(handle) if self.is_possible(handle.position()) => handle.position(),
            _ => {
                // What a handle stores when it is dropped is no lie of its own.
                self.handle = None;
                self.victim()
            }
        };
        // What is reserved, in which nobody would take a side.
        let (begin, page) = (self.own_begin(), self.words.page());
        for offset in (begin..page).step_by(8).map(|at| self.own(at)).filter(|&at| !has_a_meaning(page, at)) {
            if self.words.get(offset) != 0 {
                self.words.set(offset, 0);
            }
        }
        self.words.set(self.own(EPOCH), 1);
        self.words.set(self.own(CURSOR), position);
        self.words.set(self.own(WAKE_AT), position.wrapping_sub(self.capacity()));
    }

    /// Whether a side that keeps to the protocol could stand at `position`.
    fn is_possible(&self, position: u64) -> bool {
        match self.side {
            Side::Writer => position.wrapping_sub(self.victim()) <= self.capacity(),
            Side::Reader => self.victim().wrapping_sub(position) <= self.capacity(),
        }
    }

    /// Takes the side as a good process does, if it does not hold it.
    pub fn take_side(&mut self) {
        self.mend();
        if self.handle.is_none() {
            let options = RingOptions::new();
            self.handle = match self.side {
                Side::Writer => options.attach(&self.path).ok().map(Handle::Writer),
                Side::Reader => options.open(&self.path).ok().map(Handle::Reader),
            };
        }
    }
}

impl Handle {
    pub fn position(&self) -> u64 {
        match self {
            Handle::Writer(writer) => writer.position(),
            Handle::Reader(reader) => reader.position(),
        }
    }
}
