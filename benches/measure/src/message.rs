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
//!
//! If only numbers have to be checked, one word fills the rest. A message that is made in its place has all its words
//! stored there, and one that is read in its place has all of them read.

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

/// The word that fills a message after its number, if only the number is checked. Its bytes differ, so that storing
/// it is no call of `memset`.
const FILL: u64 = 0x9e37_79b9_7f4a_7c15;
/// Buffers are this far apart, or a multiple of it: a line of the cache.
const APART: usize = 64;

/// How messages are made, and how much of a message is checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Look {
    /// Its number and its length. Also all of its words, if it is read in its place.
    Number {
        /// How many buffers messages are made in, in turn. A power of two.
        buffers: usize,
        /// Whether the receiver may know nothing of the address and the length of a message: both go through memory.
        opaque: bool,
    },
    /// Every byte. All messages are made in one buffer.
    EveryByte,
}

impl Look {
    /// The number, with one buffer, and the address in a register.
    pub const NUMBER: Self = Look::Number { buffers: 1, opaque: false };

    /// Returns how many buffers there are.
    fn buffers(self) -> usize {
        match self {
            Look::Number { buffers, .. } => buffers,
            Look::EveryByte => 1,
        }
    }
}

/// Returns where the window of a message starts, if every byte is checked.
#[inline(always)]
fn start(number: u64) -> usize {
    (number % VARIANTS) as usize
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

/// Makes `buffers` for messages of `size` bytes, filled with a word. Each begins with a line of the cache. Returns
/// where the first one starts and how far they are apart, too.
fn filled(size: usize, buffers: usize) -> (Vec<u8>, usize, usize) {
    let apart = size.max(NUMBER).next_multiple_of(APART);
    let mut bytes = vec![0; APART + apart * buffers];
    let first = bytes.as_ptr().align_offset(APART).min(APART);
    bytes[first..].chunks_mut(NUMBER).for_each(|word| word.copy_from_slice(&FILL.to_le_bytes()[..word.len()]));
    (bytes, first, apart)
}

/// The messages to send, numbered from 0.
#[derive(Debug)]
pub struct Outbox {
    /// The noise, or the buffers.
    noise: Vec<u8>,
    /// Where the first buffer starts, how far a buffer is from the next, and the number of the last one.
    first: usize,
    apart: usize,
    last: u64,
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
        let (noise, first, apart) = match look {
            Look::EveryByte => (noise(size), 0, 0),
            Look::Number { buffers, .. } => filled(size, buffers),
        };
        assert!(look.buffers().is_power_of_two());
        let under = *noise.first_chunk().expect("noise for a number at least");
        let last = look.buffers() as u64 - 1;
        Self { noise, first, apart, last, size, look, turns, taken: 0, end: 0, at: 0, under, left: None }
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

    /// Returns how many bytes a message has.
    #[inline(always)]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Takes the next message.
    #[inline(always)]
    pub fn take(&mut self) -> &[u8] {
        if self.turns > 0 {
            toil::turns(self.turns);
        }
        if self.look == Look::EveryByte {
            self.noise[self.at..self.at + NUMBER].copy_from_slice(&self.under);
            self.at = start(self.taken);
            self.under.copy_from_slice(&self.noise[self.at..self.at + NUMBER]);
        } else {
            self.at = self.first + (self.taken & self.last) as usize * self.apart;
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

    /// Makes the next message in `place`, which has its size.
    ///
    /// Every byte is stored there. Nothing is copied, except if every byte has to be checked.
    #[inline(always)]
    pub fn fill(&mut self, place: &mut [u8]) {
        if self.look == Look::EveryByte {
            place.copy_from_slice(self.take());
            return;
        }
        if self.turns > 0 {
            toil::turns(self.turns);
        }
        let number = self.taken.to_le_bytes();
        match place.split_first_chunk_mut() {
            Some((first, rest)) => {
                *first = number;
                let mut words = rest.chunks_exact_mut(NUMBER);
                words.by_ref().for_each(|word| word.copy_from_slice(&FILL.to_le_bytes()));
                let tail = words.into_remainder();
                tail.copy_from_slice(&FILL.to_le_bytes()[..tail.len()]);
            }
            None => place.copy_from_slice(&number[..place.len()]),
        }
        self.taken += 1;
        if let Some(left) = &mut self.left {
            *left = Instant::now();
        }
    }
}

/// Makes the compiler produce every byte of `message`, as if something that it cannot see read them. It costs no
/// instruction: the address stays in its register.
#[inline(always)]
fn produce(message: &[u8]) {
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    // SAFETY: there is no instruction here.
    unsafe {
        std::arch::asm!("/* {0} */", in(reg) message.as_ptr(), options(nostack, preserves_flags, readonly))
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    black_box(message.as_ptr());
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
    opaque: bool,
    wrong: Option<String>,
    /// When the last message arrived, before its check. Updated only if it is `Some`.
    pub arrived: Option<Instant>,
}

impl Inbox {
    /// Makes an empty inbox. Each message has to have `size` bytes, and takes `turns` of work.
    pub fn new(size: usize, look: Look, turns: u32) -> Self {
        let noise = if look == Look::EveryByte { noise(size) } else { Vec::new() };
        let opaque = matches!(look, Look::Number { opaque: true, .. });
        Self { noise, size, look, turns, received: 0, end: 0, opaque, wrong: None, arrived: None }
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

    /// Takes a message that is in the receiver's own memory, and checks it as far as it was asked to.
    #[inline(always)]
    pub fn accept(&mut self, message: &[u8]) {
        let is_right = |this: &Self, message: &[u8]| this.is_next(message);
        self.take(message, is_right);
    }

    /// Reads a message in the place where it stands: every word of it.
    #[inline(always)]
    pub fn read(&mut self, message: &[u8]) {
        let is_right = |this: &Self, message: &[u8]| this.is_next(message) & this.has_its_words(message);
        self.take(message, is_right);
    }

    #[inline(always)]
    fn take(&mut self, message: &[u8], is_right: impl Fn(&Self, &[u8]) -> bool) {
        if let Some(arrived) = &mut self.arrived {
            *arrived = Instant::now();
        }
        let is_right = if self.opaque {
            is_right(self, black_box(message))
        } else {
            produce(message);
            is_right(self, message)
        };
        if !is_right {
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
            Some((first, rest)) => *first == number && (self.look != Look::EveryByte || rest == self.rest()),
            None => *message == number[..message.len()],
        };
        begins_right && message.len() == self.size
    }

    /// Whether the words of a message are those that the next one has to have. Its bytes after the last word are not
    /// looked at.
    #[inline(always)]
    fn has_its_words(&self, message: &[u8]) -> bool {
        let Some((_, rest)) = message.split_first_chunk::<NUMBER>() else { return true };
        let wrong_bits = |word: &[u8]| word.try_into().map_or(0, u64::from_le_bytes) ^ FILL;
        let wrong = rest.chunks_exact(NUMBER).fold(0, |wrong, word| wrong | wrong_bits(word));
        self.look == Look::EveryByte || wrong == 0
    }

    /// Returns what has to follow the number in the next message.
    fn rest(&self) -> &[u8] {
        let at = start(self.received) + NUMBER;
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
        } else if self.look != Look::EveryByte {
            "with a wrong word".into()
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
    use Look::EveryByte;

    const SIZES: [usize; 9] = [0, 1, 7, 8, 9, 16, 255, 256, 4080];
    const IN_TURN: Look = Look::Number { buffers: 16, opaque: true };
    const LOOKS: [Look; 3] = [Look::NUMBER, IN_TURN, EveryByte];

    fn each() -> impl Iterator<Item = (usize, Look)> {
        SIZES.into_iter().flat_map(|size| LOOKS.map(|look| (size, look)))
    }

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
        for (size, look) in each() {
            assert_eq!(verdict(size, look, &first(size, look, 1000)), "right", "{size} {look:?}");
        }
    }

    #[test]
    fn a_message_that_is_made_in_its_place_is_the_one_that_is_taken() {
        for (size, look) in each() {
            let (mut made, mut inbox) = (Outbox::new(size, look, 0), Inbox::new(size, look, 0));
            made.add(100);
            for taken in first(size, look, 100) {
                let mut place = vec![0; size];
                made.fill(&mut place);
                assert_eq!(place, taken, "{size} {look:?}");
                inbox.read(&place);
            }
            assert_eq!((made.taken(), made.due(), inbox.received()), (100, 0, 100));
            inbox.verdict().expect("all are right");
        }
    }

    #[test]
    fn buffers_take_turns() {
        let mut outbox = Outbox::new(256, IN_TURN, 0);
        outbox.add(32);
        let at: Vec<_> = (0..32).map(|_| outbox.take().as_ptr().addr()).collect();
        assert_eq!(at[..16], at[16..]);
        assert_eq!(at[0] % 64, 0);
        assert!(at[..16].windows(2).all(|two| two[1] - two[0] == 256), "{at:?}");
    }

    #[test]
    fn a_wrong_word_is_noticed_by_whoever_reads_in_place_and_by_nobody_else() {
        for at in 8..256 {
            let mut message = first(256, Look::NUMBER, 1).remove(0);
            message[at] ^= 1;
            let (mut accepts, mut reads) = (Inbox::new(256, Look::NUMBER, 0), Inbox::new(256, Look::NUMBER, 0));
            accepts.accept(&message);
            reads.read(&message);
            accepts.verdict().expect("the number is right");
            assert_eq!(reads.verdict().unwrap_err().to_string(), "message 0 came with a wrong word");
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
        for (size, look) in each() {
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
        assert!((0..64).all(|n| start(1 << n) != start(0)));
    }
}
