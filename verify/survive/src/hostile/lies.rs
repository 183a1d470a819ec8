//! What may stand in a word: what could be true, what is almost so, and anything.

use ipc_ring::Side;
use ipc_ring_reference::{DATA, END, PADDING};

use super::liar::Liar;

/// A position at which the liar could stand.
pub fn plausible_cursor(liar: &mut Liar) -> u64 {
    let apart = 8 * liar.rng.u64(..=liar.capacity() / 8);
    match liar.side {
        Side::Writer => liar.victim().wrapping_add(apart),
        Side::Reader => liar.victim().wrapping_sub(apart),
    }
}

/// A cursor that may be one, be one for somebody else, or be none.
pub fn cursor(liar: &mut Liar) -> u64 {
    let (plausible, capacity) = (plausible_cursor(liar), liar.capacity());
    match liar.rng.u8(..12) {
        0..=3 => plausible,
        4 => plausible | 1,
        5..=7 => plausible.wrapping_add(liar.rng.u64(2..8)),
        8 => plausible.wrapping_add(8 * liar.rng.u64(..4)).wrapping_add(capacity),
        9 => plausible.wrapping_sub(8 * liar.rng.u64(..4)).wrapping_sub(capacity),
        10 => plausible ^ 1 << liar.rng.u8(..64),
        _ => liar.rng.u64(..),
    }
}

/// A header for the record at position `at`, where `left` bytes are published, and the bytes that the liar goes on by.
/// Most may stand there, so that the victim comes to those that may not.
pub fn header(liar: &mut Liar, at: u64, left: u64) -> (u64, u64) {
    let to_end = liar.capacity() - at % liar.capacity();
    let most = left.min(to_end);
    let size = 8 * liar.rng.u64(1..=most / 8);
    let message = |size: u64| DATA | (size - 8);
    match liar.rng.u8(..64) {
        // A message that ends with what is published, padding where it belongs, and what lies just beyond either.
        0..=3 => (message(most), most),
        4..=6 if left >= to_end => (PADDING | (to_end - 8), to_end),
        7 => (message(most) + liar.rng.u64(1..=8), size),
        8 => (PADDING | (size - 8), size),
        9 => (PADDING | (to_end - 8), size),
        // Lengths that overflow what they are added to, and kinds that are none.
        10 => (DATA | u64::from(u32::MAX - liar.rng.u32(..16)), size),
        11 => (liar.rng.u64(..5) << 32 | (size - 8), size),
        12 => (liar.rng.u64(..), size),
        // Ends: as many as there are granules may follow one another. And one that has a length.
        13..=18 => (END, 8),
        19 => (END | liar.rng.u64(1..=8), size),
        _ => (message(size) - if size > 8 { liar.rng.u64(..8) } else { 0 }, size),
    }
}
