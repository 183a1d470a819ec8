//! A ring, its two sides, and what is known of them.

use ipc_ring::{Check, FenceMode, OpenError, RingOptions, RingReader, RingWriter, Side, WaitStrategy};

use super::input::Input;
use super::oracle::Oracle;
use ipc_ring_reference::record::size;
use ipc_ring_reference::{Place, Words, CURSOR, DATA, END, PADDING, WAKE_AT};

/// The smallest ring, in which everything meets its end; larger ones, in which more is in the ring at a time.
const CAPACITIES: [usize; 4] = [64, 128, 256, 4096];

pub struct Rig {
    place: Place,
    options: RingOptions,
    pub words: Words,
    pub writer: Option<Held<RingWriter>>,
    pub reader: Option<Held<RingReader>>,
    /// Whether the reader stops at ends.
    pub stops: bool,
    pub oracle: Oracle,
    /// Whether anybody stored to the ring who was not its own code: from here on the oracle knows nothing.
    pub lied_to: bool,
}

/// A side, and the check that it says its peer failed.
pub struct Held<S> {
    pub side: S,
    pub failed: Option<Check>,
}

impl<S> Held<S> {
    fn new(side: S) -> Self {
        Self { side, failed: None }
    }

    /// Notes a verdict. It has to be the one that there was before.
    pub fn says(&mut self, check: Check) {
        assert_eq!(*self.failed.get_or_insert(check), check, "a verdict stays");
    }

    /// What has to come of a call of a side that has said so before is a verdict, too.
    pub fn may_go_on(&self) {
        assert_eq!(self.failed, None, "a verdict stays");
    }
}

impl Rig {
    pub fn new(input: &mut Input) -> Self {
        let place = Place::new();
        let mut options = RingOptions::new();
        // Who sleeps would wait; what the strategies have in common is tried here, the rest by `hostile`.
        options.prefault(false).wait_strategy(WaitStrategy::Sleep).create_fence_mode(FenceMode::Symmetric);
        let writer =
            options.create(place.ring(), CAPACITIES[input.below(CAPACITIES.len())]).expect("a ring can be made");
        let words = place.words();
        let reader = options.open(place.ring()).expect("a new ring can be opened");
        let (writer, reader) = (Some(Held::new(writer)), Some(Held::new(reader)));
        let (oracle, stops, lied_to) = (Oracle::default(), false, false);
        Self { place, options, words, writer, reader, stops, oracle, lied_to }
    }

    /// A side leaves or comes, or the ring is mended: both sides stand where the writer is, and nobody has left.
    pub fn come_and_go(&mut self, input: &mut Input) {
        let choice = input.byte();
        match choice % 5 {
            0 => self.end_the_stream(),
            1 => self.reader = None,
            2 if self.writer.is_none() => {
                let attached = self.options.attach(self.place.ring());
                self.writer = self.came(attached);
            }
            3 if self.reader.is_none() => {
                self.stops = choice >= 128;
                let opened = self.options.reader_stops_at_ends(self.stops).open(self.place.ring());
                self.reader = self.came(opened);
            }
            4 if self.lied_to => self.mend(input),
            _ => {}
        }
    }

    fn end_the_stream(&mut self) {
        if let Some(Held { side, .. }) = self.writer.take() {
            self.oracle.ends.push_back(side.position().wrapping_add(8));
        }
    }

    fn came<S>(&self, side: Result<S, OpenError>) -> Option<Held<S>> {
        match side {
            Ok(side) => Some(Held::new(side)),
            Err(OpenError::Corrupt { .. }) if self.lied_to => None,
            Err(OpenError::Full { .. }) => {
                let cursor = |side| self.words.get(self.words.of_side(side, CURSOR)) & !7;
                let used = cursor(Side::Writer).wrapping_sub(cursor(Side::Reader));
                assert_eq!(used, self.capacity(), "there is room for an end");
                None
            }
            Err(other) => panic!("a ring that nobody lied to is opened: {other}"),
        }
    }

    /// Without this most inputs would spend themselves on sides that have given their verdict.
    fn mend(&mut self, input: &mut Input) {
        (self.writer, self.reader) = (None, None);
        // Near the place where positions start anew, too.
        let position = (input.number(2) * 8).wrapping_sub(1 << 12);
        for side in [Side::Writer, Side::Reader] {
            self.words.set(self.words.of_side(side, CURSOR), position);
            self.words.set(self.words.of_side(side, WAKE_AT), position);
        }
        self.writer = Some(Held::new(self.options.attach(self.place.ring()).expect("a mended ring is a ring")));
        self.reader = Some(Held::new(self.options.open(self.place.ring()).expect("a mended ring is a ring")));
        self.oracle.queue.clear();
        self.oracle.ends.clear();
        self.lied_to = false;
    }

    pub fn capacity(&self) -> u64 {
        self.words.capacity() as u64
    }

    /// Used and free bytes are all there are, whatever is stored in the words that they are reckoned from.
    pub fn bytes_add_up(&self) {
        let capacity = self.words.capacity();
        if let Some(Held { side, .. }) = &self.writer {
            assert_eq!(side.capacity(), capacity);
            let (used, free, is_empty) = (side.used_bytes(), side.free_bytes(), side.is_empty());
            assert!(used + free == capacity && is_empty == (used == 0), "the writer has {used} and {free} bytes");
        }
        if let Some(Held { side, .. }) = &self.reader {
            assert_eq!(side.capacity(), capacity);
            let (used, free) = (side.used_bytes(), side.free_bytes());
            assert!(used + free == capacity, "the reader has {used} and {free} bytes");
        }
    }

    /// A message of `len` bytes that ends at position `end` and comes next after `before` is one that a ring can hold,
    /// lies in one lap, and stands there. Its header is what was loaded: there is one thread.
    pub fn can_be(&self, len: usize, before: u64, end: u64) {
        assert!(len <= self.words.capacity() - 8, "a message of {len} bytes is longer than any");
        let begin = end.wrapping_sub(size(len));
        let index = begin % self.capacity();
        assert!(index + size(len) <= self.capacity(), "a message of {len} bytes at {index} crosses the end of the lap");
        let header = self.words.get(self.words.granule(begin));
        assert_eq!(header, DATA | len as u64, "a message of {len} bytes has another header");
        self.passes_no_message(before, begin);
    }

    /// All that a reader passes over between two positions without handing it out is ends, at which it does not stop,
    /// and padding up to the end of the lap.
    pub fn passes_no_message(&self, mut from: u64, to: u64) {
        let all = to.wrapping_sub(from);
        assert!(all <= self.capacity(), "more was passed over than there can be");
        while from != to {
            let header = self.words.get(self.words.granule(from));
            if header == END {
                assert!(!self.stops, "an end was passed over");
                from = from.wrapping_add(8);
                continue;
            }
            // Any length will do that takes as many granules.
            let (kind, length) = (header & !u64::from(u32::MAX), header as u32 as usize);
            let after = from.wrapping_add(size(length));
            assert!(kind == PADDING && size(length) <= to.wrapping_sub(from), "what was passed over is no padding");
            let ends_a_lap = after.is_multiple_of(self.capacity()) && !from.is_multiple_of(self.capacity());
            assert!(ends_a_lap, "padding does not end a lap");
            from = after;
        }
    }
}
