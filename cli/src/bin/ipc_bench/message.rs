//! What the messages hold, and how the reader knows that it is what the writer put there.
//!
//! A message is a window on a stretch of noise, with its sequence number over the first bytes. The window starts
//! elsewhere for each of [`VARIANTS`] messages in turn, so that the bytes of one are not taken for those of another:
//!
//! ```text
//!    noise    a b c d e f g h i j k l m n o p q r s t ...
//!    seq 0   |0 0 0 0 0 0 0 0 i j k l|
//!    seq 1     |1 0 0 0 0 0 0 0 j k l m|
//!    seq 2       |2 0 0 0 0 0 0 0 k l m n|
//! ```
//!
//! A message shorter than the sequence number holds as many of its low bytes as fit. The noise is there before the
//! clock runs: to make a message costs two stores, to check it one comparison of memory.

use std::fmt;

use crate::number::counted;

/// The bytes of a sequence number.
const SEQ: usize = 8;
/// How many windows take turns. An odd number: where a lap of the ring has a power of two of messages, each finds
/// another variant left over in its place.
const VARIANTS: u64 = 7;

/// Where the window of message `seq` starts.
fn start(seq: u64) -> usize {
    (seq % VARIANTS) as usize
}

/// The noise for messages of `len` bytes, the same on both sides.
fn noise(len: usize) -> Vec<u8> {
    let len = len.max(SEQ) + VARIANTS as usize;
    let mut state = 0u64;
    let words = std::iter::repeat_with(|| {
        // SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let word = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    });
    let mut bytes = Vec::with_capacity(len + SEQ);
    bytes.extend(words.take(len.div_ceil(SEQ)).flat_map(u64::to_le_bytes));
    bytes
}

/// The writer's messages, one after the other.
pub struct Maker {
    noise: Vec<u8>,
    len: usize,
    next: u64,
    /// Where a sequence number lies over the noise, and the noise under it.
    covered: (usize, [u8; SEQ]),
}

impl Maker {
    /// Prepares messages of `len` bytes.
    pub fn new(len: usize) -> Self {
        let noise = noise(len);
        let mut under = [0; SEQ];
        under.copy_from_slice(&noise[..SEQ]);
        Self { noise, len, next: 0, covered: (0, under) }
    }

    /// How many messages were made.
    pub fn made(&self) -> u64 {
        self.next
    }

    /// The next message.
    pub fn make(&mut self) -> &[u8] {
        let (at, under) = self.covered;
        self.noise[at..at + SEQ].copy_from_slice(&under);

        let at = start(self.next);
        let place = &mut self.noise[at..at + SEQ];
        self.covered.0 = at;
        self.covered.1.copy_from_slice(place);
        place.copy_from_slice(&self.next.to_le_bytes());
        self.next += 1;
        &self.noise[at..at + self.len]
    }
}

/// The reader's idea of the messages, one after the other.
pub struct Checker {
    noise: Vec<u8>,
    len: usize,
    next: u64,
}

impl Checker {
    /// Expects messages of `len` bytes.
    pub fn new(len: usize) -> Self {
        Self { noise: noise(len), len, next: 0 }
    }

    /// How many messages were as expected.
    pub fn checked(&self) -> u64 {
        self.next
    }

    /// Whether `message` is the next one, to the last byte.
    #[inline]
    pub fn check(&mut self, message: &[u8]) -> Result<(), Mismatch> {
        let seq = self.next.to_le_bytes();
        let right = match message.split_first_chunk() {
            Some((first, payload)) => *first == seq && payload == self.payload(),
            None => *message == seq[..message.len()],
        };
        if !right || message.len() != self.len {
            return Err(self.mismatch(message));
        }
        self.next += 1;
        Ok(())
    }

    /// What follows the sequence number in the next message.
    fn payload(&self) -> &[u8] {
        let at = start(self.next) + SEQ;
        &self.noise[at..at + self.len.saturating_sub(SEQ)]
    }

    /// What is wrong with `message`.
    #[cold]
    fn mismatch(&self, message: &[u8]) -> Mismatch {
        let message_no = self.next;
        if message.len() != self.len {
            return Mismatch::Length { message_no, expected: self.len, found: message.len() };
        }
        let mut expected = self.next.to_le_bytes().to_vec();
        expected.extend_from_slice(self.payload());
        expected.truncate(self.len);
        let differs = expected.iter().zip(message).position(|(expected, found)| expected != found);
        let at = differs.unwrap_or(self.len);
        if at < SEQ {
            Mismatch::Sequence { message_no, found: message[..self.len.min(SEQ)].to_vec() }
        } else {
            Mismatch::Payload { message_no, at }
        }
    }
}

/// A message that is not the one that was pushed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mismatch {
    /// It has another length.
    Length {
        /// Which message, from 0.
        message_no: u64,
        /// Its length when it was pushed.
        expected: usize,
        /// Its length now.
        found: usize,
    },
    /// It has another sequence number.
    Sequence {
        /// Which message, from 0: the number it should have.
        message_no: u64,
        /// The bytes in the number's place, the lowest first.
        found: Vec<u8>,
    },
    /// Its payload is not what was pushed.
    Payload {
        /// Which message, from 0.
        message_no: u64,
        /// The first byte that is wrong.
        at: usize,
    },
    /// It comes after the last that was pushed.
    Extra {
        /// How many were pushed.
        after: u64,
    },
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mismatch::Length { message_no, expected, found } => {
                let found = counted(*found as u64, "byte");
                write!(f, "message {message_no} came with {found} instead of {expected}")
            }
            Mismatch::Sequence { message_no, found } => {
                write!(f, "message {message_no} came with a wrong sequence number, bytes {found:02x?}")
            }
            Mismatch::Payload { message_no, at } => write!(f, "message {message_no} came with a wrong byte at {at}"),
            Mismatch::Extra { after } => {
                write!(f, "after {} in all came one more", counted(*after, "message"))
            }
        }
    }
}

impl std::error::Error for Mismatch {}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [usize; 9] = [0, 1, 7, 8, 9, 16, 255, 256, 4080];

    #[test]
    fn every_message_that_is_made_is_the_one_expected() {
        for len in SIZES {
            let (mut maker, mut checker) = (Maker::new(len), Checker::new(len));
            for _ in 0..1000 {
                assert_eq!(checker.check(maker.make()), Ok(()), "{len} bytes");
            }
            assert_eq!(checker.checked(), 1000);
        }
    }

    #[test]
    fn a_flipped_bit_in_any_byte_is_noticed() {
        for len in [1, 7, 8, 9, 256] {
            for at in 0..len {
                let mut message = Maker::new(len).make().to_vec();
                message[at] ^= 1 << (at % 8);
                let wrong = match at {
                    0..=7 => Mismatch::Sequence { message_no: 0, found: message[..len.min(8)].to_vec() },
                    _ => Mismatch::Payload { message_no: 0, at },
                };
                assert_eq!(Checker::new(len).check(&message), Err(wrong), "byte {at} of {len}");
            }
        }
    }

    #[test]
    fn a_message_that_comes_twice_or_not_at_all_is_noticed() {
        for len in SIZES.into_iter().filter(|&len| len > 0) {
            let (mut maker, mut checker) = (Maker::new(len), Checker::new(len));
            let first = maker.make().to_vec();
            assert_eq!(checker.check(&first), Ok(()));
            assert!(matches!(checker.check(&first), Err(Mismatch::Sequence { message_no: 1, .. })));
            maker.make();
            assert!(matches!(checker.check(maker.make()), Err(Mismatch::Sequence { message_no: 1, .. })));
        }
    }

    #[test]
    fn a_payload_of_another_message_is_noticed_under_the_right_number() {
        for len in [9, 16, 256, 4080] {
            let mut maker = Maker::new(len);
            let messages: Vec<_> = (0..VARIANTS).map(|_| maker.make().to_vec()).collect();
            for other in &messages[1..] {
                let mut message = messages[0].clone();
                message[8..].copy_from_slice(&other[8..]);
                let verdict = Checker::new(len).check(&message);
                assert!(matches!(verdict, Err(Mismatch::Payload { message_no: 0, .. })), "{len} bytes: {verdict:?}");
            }
        }
    }

    #[test]
    fn a_payload_left_over_from_the_lap_before_is_noticed() {
        // However many messages make a lap, if they are a power of two.
        assert!((0..64).all(|n| start(1 << n) != start(0)));
    }

    #[test]
    fn a_message_of_another_length_is_noticed() {
        for (len, other) in [(0, 1), (1, 0), (7, 8), (8, 7), (8, 9), (9, 8), (256, 255), (256, 257), (256, 0)] {
            let mut message = Maker::new(len).make().to_vec();
            message.resize(other, 0);
            let wrong = Mismatch::Length { message_no: 0, expected: len, found: other };
            assert_eq!(Checker::new(len).check(&message), Err(wrong));
        }
    }
}
