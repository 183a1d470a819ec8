//! Arithmetic on positions: index, lap, padding. It knows nothing of memory, atomics or records, so every case can be
//! checked by itself (`src/arithmetic`).
//!
//! A **position** counts the bytes since the ring was created. It only grows. (It may wrap at 2^64, and all arithmetic
//! here allows for that.) An **index** is a place in the ring's bytes:
//!
//! ```text
//!   position   0        64       128      192      ...   unbounded, u64
//!              |--------|--------|--------|--------
//!   index      0      63 0     63 0     63 0             position & (capacity - 1)
//! ```

use super::error::InvalidCapacity;
use crate::layout::{END_SIZE, MAX_CAPACITY, MIN_CAPACITY, OVERHEAD};

/// A count of bytes since the ring was created, modulo 2^64.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Position(u64);

impl Position {
    pub(crate) const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    pub(crate) const fn get(self) -> u64 {
        self.0
    }

    /// Returns the position `bytes` further on.
    pub(crate) const fn after(self, bytes: u64) -> Self {
        Self(self.0.wrapping_add(bytes))
    }

    /// Returns the position `bytes` further back.
    pub(crate) const fn before(self, bytes: u64) -> Self {
        Self(self.0.wrapping_sub(bytes))
    }

    /// Returns the number of bytes from `earlier` up to here.
    pub(crate) const fn since(self, earlier: Self) -> u64 {
        self.0.wrapping_sub(earlier.0)
    }

    /// Whether this position is at or past `target`. The two are always less than 2^63 apart.
    pub(crate) const fn reaches(self, target: Self) -> bool {
        self.since(target) < 1 << 63
    }

    /// Whether a move from `from` to this position reaches `mark`: `from` was short of it, this position is not.
    pub(crate) const fn first_reaches(self, mark: Self, from: Self) -> bool {
        self.since(mark) < self.since(from)
    }
}

/// The capacity of a ring: a power of two from [`MIN_CAPACITY`] to [`MAX_CAPACITY`] bytes (I1). So it is less than
/// 2^32, the range of what the kernel compares of a word (I5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Capacity {
    /// The bits of a position that are its index: the capacity minus one.
    mask: u64,
}

impl Capacity {
    pub(crate) fn new(bytes: usize) -> Result<Self, InvalidCapacity> {
        if bytes.is_power_of_two() && (MIN_CAPACITY..=MAX_CAPACITY).contains(&bytes) {
            Ok(Self { mask: bytes as u64 - 1 })
        } else {
            Err(InvalidCapacity { given: bytes })
        }
    }

    pub(crate) const fn bytes(self) -> u64 {
        self.mask + 1
    }

    /// Returns the longest length of a message: there must be room beside it for its header, and for the end of the
    /// stream (I18).
    pub(crate) const fn max_message_len(self) -> usize {
        self.bytes() as usize - OVERHEAD - END_SIZE
    }

    /// Returns the index of `position`.
    pub(crate) const fn index(self, position: Position) -> usize {
        (position.get() & self.mask) as usize
    }

    /// Returns the bytes from `position` to the end of its lap: the capacity at index 0, never 0.
    pub(crate) const fn to_end(self, position: Position) -> u64 {
        self.bytes() - self.index(position) as u64
    }

    /// Returns the padding that must come before a record of `size` bytes at `position`. A record has to be contiguous:
    /// if it does not fit in what is left of the lap, padding takes all of that.
    pub(crate) const fn padding(self, position: Position, size: u64) -> u64 {
        let to_end = self.to_end(position);
        if size > to_end {
            to_end
        } else {
            0
        }
    }
}
