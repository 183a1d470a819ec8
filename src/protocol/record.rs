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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_takes_its_header_and_its_payload_rounded_up_to_whole_granules() {
        for (length, size) in [(0, 8), (1, 16), (8, 16), (9, 24), (56, 64), (u32::MAX, (1 << 32) + 8)] {
            assert_eq!(Record::data(length as usize).size(), size);
        }
        for size in [8, 16, 64, 1 << 31] {
            assert_eq!(Record::padding(size).size(), size);
        }
        assert_eq!(Record::END.size(), GRANULE);
    }

    #[test]
    fn a_header_survives_its_word() {
        let messages = [Record::data(0), Record::data(u32::MAX as usize)];
        for record in messages.into_iter().chain([Record::padding(8), Record::padding(1 << 31), Record::END]) {
            assert_eq!(Record::from_word(record.to_word()), Some(record));
        }
    }

    #[test]
    fn a_length_stands_in_the_low_half_of_the_word_and_a_kind_in_the_high_half() {
        assert_eq!(Record::data(5).to_word(), 0x0000_0001_0000_0005);
        assert_eq!(Record::padding(16).to_word(), 0x0000_0002_0000_0008);
        assert_eq!(Record::END.to_word(), 0x0000_0003_0000_0000);
    }

    #[test]
    fn a_word_that_is_no_header_of_a_message_states_a_length_that_no_ring_has() {
        assert_eq!(Record::length_if_data(Record::data(5).to_word()), 5);
        assert_eq!(Record::length_if_data(Record::data(u32::MAX as usize).to_word()), u32::MAX as u64);
        for word in [0, 5, u32::MAX as u64, Record::padding(8).to_word(), Record::END.to_word(), u64::MAX] {
            assert!(Record::length_if_data(word) > u32::MAX as u64);
        }
    }

    #[test]
    fn a_word_of_no_known_kind_is_no_record_and_an_end_that_has_a_length_neither() {
        for word in [0, 5, 4 << 32, (3 << 32) | 1, (3 << 32) | 8, u64::MAX, (1 << 63) | 1 << 32] {
            assert_eq!(Record::from_word(word), None);
        }
    }
}
