//! The format of a record: how a header is read and written, and how long a record is. No memory and no atomics.
//!
//! `docs/layout.md` (section 6) draws records, and says which may stand where.

use crate::layout::{self, kind};

/// The unit of records: each starts at a multiple of this many bytes, and is a multiple of it long.
pub(crate) const GRANULE: u64 = layout::PAYLOAD_ALIGN as u64;
/// The bytes of a record's header: one granule, so that one access loads or stores it.
pub(crate) const HEADER: u64 = layout::OVERHEAD as u64;
const _: () = assert!(HEADER == GRANULE && layout::END_SIZE as u64 == HEADER);

/// The kind of a record: what it holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub(crate) enum Kind {
    /// A message.
    Data = kind::DATA,
    /// No message: it fills the rest of a lap, and is skipped.
    Padding = kind::PADDING,
    /// The end of a stream.
    End = kind::END,
}

/// A record's header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Record {
    pub(crate) kind: Kind,
    length: u64,
}

impl Record {
    /// The end of a stream: a header alone. So it fits wherever a record can start.
    pub(crate) const END: Self = Self { kind: Kind::End, length: 0 };

    /// The record of a message of `length` bytes. The caller sees to it that the record fits the ring (I1).
    pub(crate) const fn data(length: usize) -> Self {
        Self { kind: Kind::Data, length: length as u64 }
    }

    /// The padding record of `size` bytes, which are one granule or more.
    pub(crate) const fn padding(size: u64) -> Self {
        Self { kind: Kind::Padding, length: size - HEADER }
    }

    /// Returns the length of the payload in bytes.
    pub(crate) const fn length(self) -> usize {
        self.length as usize
    }

    /// Returns the bytes that this record takes in the ring: header and payload, rounded up to whole granules.
    pub(crate) const fn size(self) -> u64 {
        (HEADER + self.length + (GRANULE - 1)) & !(GRANULE - 1)
    }

    /// Returns the header as it is stored. The record fits a ring, so its length is less than 2^32 (I1).
    pub(crate) const fn to_word(self) -> u64 {
        self.length | (self.kind as u64) << 32
    }

    /// Returns the length in the header of a message. For any other word, returns more than any ring has.
    #[inline]
    pub(crate) const fn length_if_data(word: u64) -> u64 {
        word.wrapping_sub((Kind::Data as u64) << 32)
    }

    /// Reads a header from a word, if it is of a known kind. The length of an end must be 0; other lengths are for the
    /// caller to check.
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
