//! Pure arithmetic on positions: index, wrap and space.
//!
//! Knows nothing of memory, atomics or records, so that properties can cover it alone.
//!
//! A **position** counts the bytes that ever went through the ring. It only grows (and wraps at 2^64, which
//! all arithmetic here allows for). An **index** is a place in the ring's bytes:
//!
//! ```text
//!   position   0        64       128      192      ...   unbounded, u64
//!              |--------|--------|--------|--------
//!   index      0      63 0     63 0     63 0             position & (capacity - 1)
//! ```

use super::error::InvalidCapacity;
use crate::layout::{max_message_len, MAX_CAPACITY, MIN_CAPACITY};

/// A count of bytes since the ring's beginning, modulo 2^64.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Position(u64);

impl Position {
    pub(crate) const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    pub(crate) const fn get(self) -> u64 {
        self.0
    }

    /// The position `bytes` further on.
    pub(crate) const fn after(self, bytes: u64) -> Self {
        Self(self.0.wrapping_add(bytes))
    }

    /// The position `bytes` further back.
    pub(crate) const fn before(self, bytes: u64) -> Self {
        Self(self.0.wrapping_sub(bytes))
    }

    /// The bytes from `earlier` up to here.
    pub(crate) const fn since(self, earlier: Self) -> u64 {
        self.0.wrapping_sub(earlier.0)
    }

    /// Whether this position is at or past `target`. The two are never 2^63 apart.
    pub(crate) const fn reaches(self, target: Self) -> bool {
        self.since(target) < 1 << 63
    }

    /// Whether going from `from` to this position reaches `mark` for the first time:
    /// `from` was short of it, this position is not.
    pub(crate) const fn first_reaches(self, mark: Self, from: Self) -> bool {
        self.since(mark) < self.since(from)
    }
}

/// The size of a ring's byte area: a power of two from [`MIN_CAPACITY`] to [`MAX_CAPACITY`] (I1),
/// so less than 2^32, the range of what the kernel compares of a word (I5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Capacity {
    /// The bits of a position that are its index.
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

    /// The most bytes of a message. Beside its header, there is room for the end of its stream (I18).
    pub(crate) const fn max_message_len(self) -> usize {
        max_message_len(self.bytes() as usize)
    }

    /// Where `position` lies in the ring's bytes.
    pub(crate) const fn index(self, position: Position) -> usize {
        (position.get() & self.mask) as usize
    }

    /// The bytes from `position` to the end of the ring: `capacity` at index 0, never 0.
    pub(crate) const fn to_end(self, position: Position) -> u64 {
        self.bytes() - self.index(position) as u64
    }

    /// The padding that must come before a record of `size` bytes at `position`, for the record to be
    /// contiguous: none where it fits before the end, else all that is left of this lap.
    pub(crate) const fn padding(self, position: Position, size: u64) -> u64 {
        let to_end = self.to_end(position);
        if size > to_end {
            to_end
        } else {
            0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capacity(bytes: usize) -> Capacity {
        Capacity::new(bytes).unwrap()
    }

    #[test]
    fn only_powers_of_two_from_64_bytes_to_2_gib_are_capacities() {
        for bytes in [64, 128, 4096, 1 << 31] {
            assert_eq!(capacity(bytes).bytes(), bytes as u64);
        }
        for given in [0, 1, 8, 32, 63, 65, 96, (1 << 31) - 1, (1 << 31) + 1, 1 << 32, 1 << 63, usize::MAX] {
            assert_eq!(Capacity::new(given), Err(InvalidCapacity { given }));
        }
    }

    #[test]
    fn an_index_is_the_position_modulo_the_capacity_across_the_wrap_of_u64() {
        let ring = capacity(64);
        let start = Position::new(u64::MAX - 7);
        assert_eq!(ring.index(start), 56);
        assert_eq!(ring.to_end(start), 8);
        assert_eq!(ring.index(start.after(8)), 0);
        assert_eq!(ring.to_end(start.after(8)), 64);
        assert_eq!(start.after(8).since(start), 8);
        assert_eq!(start.after(8).before(8), start);
    }

    #[test]
    fn a_record_is_padded_only_where_it_would_cross_the_end() {
        let ring = capacity(64);
        assert_eq!(ring.padding(Position::new(0), 64), 0);
        assert_eq!(ring.padding(Position::new(40), 24), 0);
        assert_eq!(ring.padding(Position::new(40), 32), 24);
        assert_eq!(ring.padding(Position::new(8), 64), 56);
    }

    #[test]
    fn a_mark_is_first_reached_by_exactly_one_of_consecutive_steps() {
        for start in [0, (1 << 32) - 64, u64::MAX - 63] {
            let at = |bytes| Position::new(start).after(bytes);
            for mark in 1..=128 {
                let reached_by: Vec<u64> =
                    (0..128).step_by(8).filter(|&from| at(from + 8).first_reaches(at(mark), at(from))).collect();
                assert_eq!(reached_by, [(mark - 1) / 8 * 8], "start {start}, mark {mark}");
            }
            assert!(!at(8).first_reaches(at(0), at(0)), "a mark already reached is not reached again");
        }
    }
}
