//! What a side notes, so that it survives the side's own SIGKILL: a file that the side maps, and the harness too.
//!
//! A store into it needs no system call, and is there for good once it is made. What is noted before a call of the
//! library, and what after it, so bounds what the call can have done when its process dies within.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use memmap2::{MmapOptions, MmapRaw};

use super::event::Event;
use super::idle;

/// The events that fit before the harness has to read them.
const EVENTS: u64 = 1 << 15;
/// The bytes of a complaint, in words.
const COMPLAINT: usize = 64;
/// How long a side waits for the harness to read its journal. After that there is none any more.
const UNREAD: Duration = Duration::from_secs(60);

/// What the harness tells a process of a side before it starts it.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Orders {
    /// How many processes of this side there were, this one included.
    pub process: u64,
    pub seed: u64,
    /// The message that was next when the last process died, and its position, as far as that process had noted.
    pub number: u64,
    pub position: u64,
    /// The number up to which messages may have got into the ring since.
    pub begun: u64,
}

/// What is shared. All zero to begin with.
#[repr(C)]
struct Shared {
    orders: [AtomicU64; 5],
    stop: AtomicU64,
    arrived: AtomicU64,
    departed: AtomicU64,
    complaint_length: AtomicU64,
    complaint: [AtomicU64; COMPLAINT],
    noted: AtomicU64,
    read: AtomicU64,
    events: [AtomicU64; EVENTS as usize],
}

/// One side's journal. The side notes, the harness reads; the other side looks at who is there.
pub struct Journal {
    map: MmapRaw,
}

impl Journal {
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(path)?;
        file.set_len(size_of::<Shared>() as u64)?;
        Self::map(&file)
    }

    pub fn open(path: &Path) -> io::Result<Self> {
        Self::map(&OpenOptions::new().read(true).write(true).open(path)?)
    }

    fn map(file: &File) -> io::Result<Self> {
        Ok(Self { map: MmapOptions::new().len(size_of::<Shared>()).map_raw(file)? })
    }

    fn shared(&self) -> &Shared {
        // SAFETY: mapped for as long as this is, as long as a `Shared` and aligned to a page. Any bits are valid
        // there, and other processes reach them by the same atomics.
        unsafe { &*self.map.as_ptr().cast() }
    }

    pub fn give(&self, orders: Orders) {
        let Orders { process, seed, number, position, begun } = orders;
        let words = self.shared().orders.iter().zip([process, seed, number, position, begun]);
        words.for_each(|(word, order)| word.store(order, Ordering::SeqCst));
    }

    pub fn orders(&self) -> Orders {
        let word = |index: usize| self.shared().orders[index].load(Ordering::SeqCst);
        Orders { process: word(0), seed: word(1), number: word(2), position: word(3), begun: word(4) }
    }

    /// Tells the side to end.
    pub fn stop(&self) {
        self.shared().stop.store(1, Ordering::SeqCst);
    }

    pub fn is_to_stop(&self) -> bool {
        self.shared().stop.load(Ordering::SeqCst) != 0
    }

    /// Notes that the side holds its handle, in its life `life`. Lives are counted upwards.
    pub fn arrive(&self, life: u64) {
        self.shared().arrived.store(life, Ordering::SeqCst);
    }

    /// Notes that the life `life`, and any before it, is about to end: by whoever ends it, before it does.
    pub fn depart(&self, life: u64) {
        self.shared().departed.fetch_max(life, Ordering::SeqCst);
    }

    /// The life in which the side last had its handle; 0 if it never had.
    pub fn arrived(&self) -> u64 {
        self.shared().arrived.load(Ordering::SeqCst)
    }

    /// Whether the side had its handle in its life `life` from when that was the one that had arrived until now.
    pub fn is_still_in(&self, life: u64) -> bool {
        life > self.shared().departed.load(Ordering::SeqCst)
    }

    /// Notes an event. Waits where the harness has not read enough.
    pub fn note(&self, event: Event) {
        let shared = self.shared();
        let noted = shared.noted.load(Ordering::Relaxed);
        if noted - shared.read.load(Ordering::Acquire) >= EVENTS {
            self.wait_for_its_reader(noted);
        }
        shared.events[(noted % EVENTS) as usize].store(event.to_word(), Ordering::Relaxed);
        // What was stored before is noted with it, and so is the peer's journal that this side has looked at.
        shared.noted.store(noted + 1, Ordering::SeqCst);
    }

    #[cold]
    fn wait_for_its_reader(&self, noted: u64) {
        let begin = Instant::now();
        while noted - self.shared().read.load(Ordering::Acquire) >= EVENTS {
            if begin.elapsed() > UNREAD {
                eprintln!("crash: nobody reads the journal: the harness has died");
                std::process::exit(1);
            }
            idle(Duration::from_micros(50));
        }
    }

    /// How many events were noted so far.
    pub fn noted(&self) -> u64 {
        self.shared().noted.load(Ordering::SeqCst)
    }

    /// Gives the events that were noted up to number `noted` and not read yet to `see`.
    pub fn read(&self, noted: u64, mut see: impl FnMut(Event)) {
        let shared = self.shared();
        let read = shared.read.load(Ordering::Relaxed);
        for index in read..noted {
            see(Event::from_word(shared.events[(index % EVENTS) as usize].load(Ordering::Relaxed)));
        }
        shared.read.store(noted, Ordering::Release);
    }

    /// Notes what no event has a word for, where nothing was noted so yet.
    pub fn complain(&self, what: &str) {
        let shared = self.shared();
        if shared.complaint_length.load(Ordering::Relaxed) == 0 {
            let bytes = &what.as_bytes()[..what.len().min(8 * COMPLAINT)];
            for (word, part) in shared.complaint.iter().zip(bytes.chunks(8)) {
                let mut padded = [0; 8];
                padded[..part.len()].copy_from_slice(part);
                word.store(u64::from_le_bytes(padded), Ordering::Relaxed);
            }
            shared.complaint_length.store(bytes.len() as u64, Ordering::SeqCst);
        }
    }

    pub fn complaint(&self) -> Option<String> {
        let shared = self.shared();
        let length = shared.complaint_length.load(Ordering::SeqCst) as usize;
        let words = shared.complaint.iter().map(|word| word.load(Ordering::Relaxed).to_le_bytes());
        let bytes: Vec<u8> = words.flatten().take(length).collect();
        (length > 0).then(|| String::from_utf8_lossy(&bytes).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ipc_ring_reference::Place;

    #[test]
    fn what_one_notes_another_reads_once_and_in_order() -> io::Result<()> {
        let place = Place::make()?;
        let path = place.path("journal");
        let (side, harness) = (Journal::create(&path)?, Journal::open(&path)?);
        let orders = Orders { process: 1, seed: 2, number: 3, position: 4, begun: 5 };
        harness.give(orders);
        assert_eq!(side.orders(), orders);
        for number in 0..2 * EVENTS {
            side.note(Event::Popped(number));
            harness.read(harness.noted(), |event| assert_eq!(event, Event::Popped(number)));
        }
        harness.read(harness.noted(), |event| panic!("{event:?} came twice"));
        side.complain("it is so");
        side.complain("it is otherwise");
        assert_eq!(harness.complaint(), Some("it is so".into()));
        Ok(())
    }

    #[test]
    fn a_life_is_over_once_its_side_or_the_harness_says_so() -> io::Result<()> {
        let place = Place::make()?;
        let journal = Journal::create(&place.path("journal"))?;
        assert!(!journal.is_still_in(journal.arrived()));
        journal.arrive(5);
        assert!(journal.is_still_in(5));
        journal.depart(9);
        journal.depart(5);
        journal.arrive(9);
        assert!(!journal.is_still_in(9));
        Ok(())
    }
}
