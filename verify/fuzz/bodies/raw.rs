//! Stores that no side makes: into any word of the ring, plausible ones and wild ones.

use super::input::Input;
use super::rig::Rig;
use ipc_ring_reference::{Words, CURSOR, DATA, END, EPOCH, PADDING, WAKE_AT};

impl Rig {
    pub fn store(&mut self, input: &mut Input) {
        self.lied_to = true;
        let offset = place(&self.words, input);
        let word = lie(&self.words, offset, input);
        self.words.set(offset, word);
    }
}

fn place(words: &Words, input: &mut Input) -> usize {
    match input.below(12) {
        0 => words.writer(EPOCH),
        1 | 2 => words.writer(CURSOR),
        3 => words.writer(WAKE_AT),
        4 => words.reader(EPOCH),
        5 | 6 => words.reader(CURSOR),
        7 => words.reader(WAKE_AT),
        8 | 9 => words.granule(words.get(words.reader(CURSOR))),
        10 => words.granule(words.get(words.writer(CURSOR)).wrapping_sub(8)),
        _ => words.granule(input.number(2)),
    }
}

fn lie(words: &Words, offset: usize, input: &mut Input) -> u64 {
    let capacity = words.capacity() as u64;
    let reader = words.get(words.reader(CURSOR));
    let published = words.get(words.writer(CURSOR)).wrapping_sub(reader);
    let to_end = capacity - reader % capacity;
    let granules = |input: &mut Input| (i64::from(input.byte() as i8) * 8) as u64;
    match input.below(12) {
        0 => input.number(8),
        1 => words.get(offset) ^ 1 << (input.byte() % 64),
        2 => words.get(offset).wrapping_add(granules(input)),
        3 => reader.wrapping_add(granules(input)),
        4 => reader.wrapping_add(capacity).wrapping_add(granules(input)),
        5 => words.get(words.writer(CURSOR)).wrapping_add(granules(input)),
        6 => DATA | input.number(2),
        7 => DATA | input.number(4),
        8 => PADDING | to_end.wrapping_sub(8) as u32 as u64,
        // An end, or one that has a length.
        9 => match input.number(2) {
            length if length % 2 == 0 => PADDING | length,
            length if length % 4 == 1 => END | length >> 8,
            _ => END,
        },
        // A message that ends about where what is published does, or the lap.
        10 => DATA | published.min(to_end).wrapping_sub(24).wrapping_add(input.byte().into()) as u32 as u64,
        _ => DATA | to_end.wrapping_sub(24).wrapping_add(input.byte().into()) as u32 as u64,
    }
}
