//! The rules of records, in plain arithmetic: what one takes, what goes before it, and when there is space for it.
//!
//! A record is a header and its payload in whole granules, and lies in one lap. Where it does not fit the rest of a
//! lap, padding fills that. A granule is always left for the end of the stream. Where padding and message exceed what
//! there is beside it, they never have space at once: the padding goes ahead.

use ipc_ring::layout::kind;

/// The half of a header above the length: a message, padding, the end of a stream, which has no length.
pub const DATA: u64 = (kind::DATA as u64) << 32;
pub const PADDING: u64 = (kind::PADDING as u64) << 32;
pub const END: u64 = (kind::END as u64) << 32;

/// What records are rounded up to, the bytes of a header, and those of the end of a stream.
pub const GRANULE: u64 = 8;

/// The bytes that a message of `len` bytes takes.
pub fn size(len: usize) -> u64 {
    GRANULE + (len as u64).div_ceil(GRANULE) * GRANULE
}

/// The longest message: it fills the ring, except for its header and the end of the stream.
pub fn longest(capacity: u64) -> u64 {
    capacity - 2 * GRANULE
}

/// What a message needs where the writer stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Need {
    /// The bytes of padding before it.
    pub padding: u64,
    /// Its own.
    pub size: u64,
    /// Whether the two exceed the ring together, so that the padding goes ahead.
    pub apart: bool,
}

impl Need {
    /// What a message of `len` bytes needs in a ring of `capacity` bytes at `position`: a number of bytes from the
    /// beginning of any lap.
    pub fn of(len: usize, capacity: u64, position: u64) -> Self {
        let (size, to_end) = (size(len), capacity - position % capacity);
        let padding = if size > to_end { to_end } else { 0 };
        Self { padding, size, apart: padding + size > capacity - GRANULE }
    }

    /// The bytes of both.
    pub fn both(self) -> u64 {
        self.padding + self.size
    }

    /// The padding that goes ahead, if any does.
    pub fn ahead(self) -> u64 {
        if self.apart {
            self.padding
        } else {
            0
        }
    }

    /// Whether a push finds space where `used` bytes of `capacity` are in use. Padding that goes ahead takes its own
    /// first.
    pub fn has_space(self, capacity: u64, used: u64) -> bool {
        used + self.both() <= capacity - GRANULE
    }
}

/// Where each message ends whose lengths these are, in a ring of `capacity` bytes whose writer stands at `start`.
pub fn ends(capacity: u64, start: u64, lens: impl IntoIterator<Item = usize>) -> impl Iterator<Item = u64> {
    lens.into_iter().scan(start, move |position, len| {
        *position = position.wrapping_add(Need::of(len, capacity, *position).both());
        Some(*position)
    })
}
