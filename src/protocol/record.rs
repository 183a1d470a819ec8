//! The format of a record: pure, no memory and no atomics.
//!
//! `docs/layout.md` (section 6) draws it, and says where which record may stand.

use crate::layout::{self, kind};

/// Records start at multiples of this many bytes and are whole multiples of it.
pub(crate) const GRANULE: u64 = layout::PAYLOAD_ALIGN as u64;
/// The bytes of a record's header: one granule, so that it is loaded and stored as one word.
pub(crate) const HEADER: u64 = layout::OVERHEAD as u64;
const _: () = assert!(HEADER == GRANULE && layout::END_SIZE as u64 == HEADER);

/// What a record holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub(crate) enum Kind {
    /// A message.
    Data = kind::DATA,
    /// Nothing: the rest of a lap, to be skipped.
    Padding = kind::PADDING,
    /// The end of a stream of messages.
    End = kind::END,
}

/// A record's header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Record {
    pub(crate) kind: Kind,
    length: u64,
}

impl Record {
    /// The end of a stream: a header alone, so that it fits wherever a record can start.
    pub(crate) const END: Self = Self { kind: Kind::End, length: 0 };

    /// The record of a message of `length` bytes. Whether it fits the ring is for the caller to see to (I1).
    pub(crate) const fn data(length: usize) -> Self {
        Self { kind: Kind::Data, length: length as u64 }
    }

    /// The padding record that takes `size` bytes, a whole number of granules and at least one.
    pub(crate) const fn padding(size: u64) -> Self {
        Self { kind: Kind::Padding, length: size - HEADER }
    }

    /// The bytes of payload.
    pub(crate) const fn length(self) -> usize {
        self.length as usize
    }

    /// The bytes this record takes in the ring: header and payload, rounded up to whole granules.
    pub(crate) const fn size(self) -> u64 {
        (HEADER + self.length + (GRANULE - 1)) & !(GRANULE - 1)
    }

    /// The header as it is stored, of a record that fits a ring, and so has a length of less than 2^32 (I1).
    pub(crate) const fn to_word(self) -> u64 {
        self.length | (self.kind as u64) << 32
    }

    /// The length that a word states, if it is the header of a message; else more than any ring has.
    #[inline]
    pub(crate) const fn length_if_data(word: u64) -> u64 {
        word.wrapping_sub((Kind::Data as u64) << 32)
    }

    /// The header that a word means, if its kind is one there is. An end has no length; of that of another kind nothing
    /// is said.
    pub(crate) const fn from_word(word: u64) -> Option<Self> {
        let length = word as u32 as u64;
        let kind = word >> 32;
        if kind == Kind::Data as u64 {
            Some(Self { kind: Kind::Data, length })
        } else if kind == Kind::Padding as u64 {
            Some(Self { kind: Kind::Padding, length })
        } else if word == Self::END.to_word() {
            Some(Self::END)
        } else {
            None
        }
    }
}
