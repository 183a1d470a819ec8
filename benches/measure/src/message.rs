//! Makes messages, and checks them where they arrive.
//!
//! A message begins with its number, in 8 bytes or as many as it has; noise follows. If every byte has to be checked, a
//! message is a window on the noise. The window starts elsewhere for each of `VARIANTS` messages in turn, so that the
//! bytes of one message do not pass for those of another:
//!
//! ```text
//!    noise    a b c d e f g h i j k l m n o p q r s t ...
//!    0       |0 0 0 0 0 0 0 0 i j k l|
//!    1         |1 0 0 0 0 0 0 0 j k l m|
//!    2           |2 0 0 0 0 0 0 0 k l m n|
//! ```
//!
//! The noise is made before the clock starts: making a message costs two stores, and checking it one comparison.

use std::hint::black_box;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::toil;
use crate::Outcome;

/// The length of a number, in bytes.
const NUMBER: usize = 8;
/// How many windows take turns. It is odd: if a lap of the ring has a power of two of messages, each message finds the
/// bytes of another variant in its place.
const VARIANTS: u64 = 7;

/// How much of a message is checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Look {
    /// Its number and its length.
    Number,
    /// Every byte.
    EveryByte,
}

impl Look {
    /// Returns where the window of a message starts.
    #[inline(always)]
    fn start(self, number: u64) -> usize {
        match self {
            Look::Number => 0,
            Look::EveryByte => (number % VARIANTS) as usize,
        }
    }
}

/// Makes the noise for messages of `size` bytes. It is the same on both sides.
fn noise(size: usize) -> Vec<u8> {
    let mut state = 0_u64;
    let words = std::iter::repeat_with(|| {
        // SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let word = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    });
    let len = size.max(NUMBER) + VARIANTS as usize;
    words.take(len.div_ceil(NUMBER)).flat_map(u64::to_le_bytes).collect()
}

/// The messages to send, numbered from 0.
#[derive(Debug)]
pub struct Outbox {
    noise: Vec<u8>,
    size: usize,
    look: Look,
    turns: u32,
    taken: u64,
    end: u64,
    /// Where a number covers the noise, and the noise that it covers.
    at: usize,
    under: [u8; NUMBER],
    /// When the last message was made. Updated only if it is `Some`.
    pub left: Option<Instant>,
}

impl Outbox {
    /// Makes an empty outbox. Each message will have `size` bytes, and take `turns` of work.
    pub fn new(size: usize, look: Look, turns: u32) -> Self {
        let noise = noise(size);
        let under = *noise.first_chunk().expect("noise for a number at least");
        Self { noise, size, look, turns, taken: 0, end: 0, at: 0, under, left: None }
    }

    /// Makes this many more messages due.
    #[inline(always)]
    pub fn add(&mut self, messages: u64) {
        self.end = self.end.saturating_add(messages);
    }

    /// Returns how many messages are due.
    #[inline(always)]
    pub fn due(&self) -> u64 {
        self.end - self.taken
    }

    /// Returns how many messages were taken.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Takes the next message.
    #[inline(always)]
    pub fn take(&mut self) -> &[u8] {
        if self.turns > 0 {
            toil::turns(self.turns);
        }
        if self.look == Look::EveryByte {
            self.noise[self.at..self.at + NUMBER].copy_from_slice(&self.under);
            self.at = self.look.start(self.taken);
            self.under.copy_from_slice(&self.noise[self.at..self.at + NUMBER]);
        }
        self.noise[self.at..self.at + NUMBER].copy_from_slice(&self.taken.to_le_bytes());
        self.taken += 1;
        if let Some(left) = &mut self.left {
            *left = Instant::now();
        }
        &self.noise[self.at..self.at + self.size]
    }

    /// Takes the next message, as an array of its size.
    #[inline(always)]
    pub fn take_array<const SIZE: usize>(&mut self) -> &[u8; SIZE] {
        self.take().first_chunk().expect("the size that it was made for")
    }
}

/// Receives messages, and checks them.
#[derive(Debug)]
pub struct Inbox {
    noise: Vec<u8>,
    size: usize,
    look: Look,
    turns: u32,
    received: u64,
    end: u64,
    wrong: Option<String>,
    /// When the last message arrived, before its check. Updated only if it is `Some`.
    pub arrived: Option<Instant>,
}

impl Inbox {
    /// Makes an empty inbox. Each message has to have `size` bytes, and takes `turns` of work.
    pub fn new(size: usize, look: Look, turns: u32) -> Self {
        let noise = if look == Look::EveryByte { noise(size) } else { Vec::new() };
        Self { noise, size, look, turns, received: 0, end: 0, wrong: None, arrived: None }
    }

    /// Waits for messages until this many have arrived in all.
    #[inline(always)]
    pub fn wait_for(&mut self, end: u64) {
        self.end = end;
    }

    /// Returns how many messages are still due. A batch may bring more.
    #[inline(always)]
    pub fn due(&self) -> u64 {
        self.end.saturating_sub(self.received)
    }

    /// Returns how many messages have arrived.
    #[inline(always)]
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Takes a message, and checks it as far as it was asked to.
    #[inline(always)]
    pub fn accept(&mut self, message: &[u8]) {
        if let Some(arrived) = &mut self.arrived {
            *arrived = Instant::now();
        }
        // The address escapes, so the compiler has to produce every byte.
        let message = black_box(message);
        if !self.is_next(message) {
            self.complain(message);
        }
        self.received += 1;
        if self.turns > 0 {
            toil::turns(self.turns);
        }
    }

    #[inline(always)]
    fn is_next(&self, message: &[u8]) -> bool {
        let number = self.received.to_le_bytes();
        let begins_right = match message.split_first_chunk() {
            Some((first, rest)) => *first == number && (self.look == Look::Number || rest == self.rest()),
            None => *message == number[..message.len()],
        };
        begins_right && message.len() == self.size
    }

    /// Returns what has to follow the number in the next message.
    fn rest(&self) -> &[u8] {
        let at = self.look.start(self.received) + NUMBER;
        &self.noise[at..at + self.size.saturating_sub(NUMBER)]
    }

    #[cold]
    fn complain(&mut self, message: &[u8]) {
        let (next, len, size) = (self.received, message.len(), self.size);
        let short = len.min(NUMBER);
        let how = if len != size {
            format!("with {len} bytes instead of {size}")
        } else if message[..short] != next.to_le_bytes()[..short] {
            let mut number = [0; NUMBER];
            number[..short].copy_from_slice(&message[..short]);
            format!("as number {}", u64::from_le_bytes(number))
        } else {
            let is_wrong = |(found, expected): (&u8, &u8)| found != expected;
            let at = message[short..].iter().zip(self.rest()).position(is_wrong).unwrap_or(0);
            format!("with a wrong byte at {}", at + short)
        };
        self.wrong.get_or_insert_with(|| format!("message {next} came {how}"));
    }

    /// Returns what is wrong with the first message that was wrong, if one was.
    pub fn verdict(&self) -> Outcome<()> {
        self.wrong.as_ref().map_or(Ok(()), |wrong| Err(wrong.clone().into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Look::{EveryByte, Number};

    const SIZES: [usize; 9] = [0, 1, 7, 8, 9, 16, 255, 256, 4080];

    fn first(size: usize, look: Look, count: u64) -> Vec<Vec<u8>> {
        let mut outbox = Outbox::new(size, look, 0);
        outbox.add(count);
        (0..count).map(|_| outbox.take().to_vec()).collect()
    }

    fn verdict<'a>(size: usize, look: Look, messages: impl IntoIterator<Item = &'a Vec<u8>>) -> String {
        let mut inbox = Inbox::new(size, look, 1);
        messages.into_iter().for_each(|message| inbox.accept(message));
        inbox.verdict().map_or_else(|wrong| wrong.to_string(), |()| "right".into())
    }

    #[test]
    fn what_is_taken_in_order_is_right() {
        for (size, look) in SIZES.into_iter().flat_map(|size| [(size, Number), (size, EveryByte)]) {
            assert_eq!(verdict(size, look, &first(size, look, 1000)), "right", "{size} {look:?}");
        }
    }

    #[test]
    fn a_flipped_bit_in_any_byte_is_noticed() {
        for (size, at) in [1, 7, 8, 9, 256].into_iter().flat_map(|size| (0..size).map(move |at| (size, at))) {
            let mut messages = first(size, EveryByte, 1);
            messages[0][at] ^= 1 << (at % 8);
            let how =
                if at < 8 { format!("as number {}", 1_u64 << (9 * at)) } else { format!("with a wrong byte at {at}") };
            assert_eq!(verdict(size, EveryByte, &messages), format!("message 0 came {how}"), "byte {at} of {size}");
        }
    }

    #[test]
    fn a_message_that_is_lost_doubled_or_of_another_length_is_noticed() {
        for (size, look) in SIZES.into_iter().flat_map(|size| [(size, Number), (size, EveryByte)]) {
            let [zero, one] = &first(size, look, 2)[..] else { unreachable!() };
            let of_len = |len: usize| verdict(size, look, [&zero.iter().copied().chain([0]).take(len).collect()]);
            assert_eq!(of_len(size + 1), format!("message 0 came with {} bytes instead of {size}", size + 1));
            if size > 0 {
                assert_eq!(of_len(size - 1), format!("message 0 came with {} bytes instead of {size}", size - 1));
                assert_eq!(verdict(size, look, [one]), "message 0 came as number 1");
                assert_eq!(verdict(size, look, [zero, zero]), "message 1 came as number 0");
            }
        }
    }

    #[test]
    fn bytes_of_another_message_are_noticed_under_the_right_number() {
        for size in [9, 16, 256, 4080] {
            let messages = first(size, EveryByte, VARIANTS);
            for other in &messages[1..] {
                let mixed = [&messages[0][..8], &other[8..]].concat();
                assert!(verdict(size, EveryByte, [&mixed]).starts_with("message 0 came with a wrong byte"));
            }
        }
        // The same goes for the bytes of the lap before, if a lap is any power of two of messages.
        assert!((0..64).all(|n| EveryByte.start(1 << n) != EveryByte.start(0)));
    }
}
