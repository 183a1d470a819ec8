//! The messages, of all lengths in a range, which both sides know beforehand.
//!
//! A message is a stretch of noise with its number over the first bytes, as many of them as there are. Its number
//! decides how long it is and where its stretch begins, so no byte of it is taken for another's for long.

use std::ops::RangeInclusive;

/// How many stretches take turns: no power of two, so that a lap of the ring does not end where the turn does.
const STRETCHES: usize = 61;

/// All messages, one after the other.
pub struct Messages {
    noise: Vec<u8>,
    lengths: RangeInclusive<usize>,
    next: u64,
    message: Vec<u8>,
}

impl Messages {
    /// The messages of these lengths, as far as a ring takes them that takes `most` bytes at once. It takes the
    /// shortest.
    pub fn new(lengths: &RangeInclusive<usize>, most: usize) -> Self {
        assert!(*lengths.start() <= most.min(*lengths.end()), "no message has {lengths:?} bytes and at most {most}");
        let lengths = *lengths.start()..=most.min(*lengths.end());
        let noise = (0..lengths.end() + STRETCHES).map(|at| (scrambled(at as u64) >> 16) as u8).collect();
        Self { noise, message: Vec::with_capacity(*lengths.end()), lengths, next: 0 }
    }

    /// The next message.
    pub fn make(&mut self) -> &[u8] {
        let (shortest, longest) = (self.lengths.start(), self.lengths.end());
        let length = shortest + scrambled(self.next) as usize % (longest - shortest + 1);
        let begin = (self.next % STRETCHES as u64) as usize;
        self.message.clear();
        self.message.extend_from_slice(&self.noise[begin..begin + length]);
        let number = self.next.to_le_bytes();
        let covered = length.min(number.len());
        self.message[..covered].copy_from_slice(&number[..covered]);
        self.next += 1;
        &self.message
    }

    /// Whether `found` is the next message, to the last byte.
    pub fn check(&mut self, found: &[u8]) -> Result<(), String> {
        let number = self.next;
        let expected = self.make();
        if found == expected {
            return Ok(());
        }
        if found.len() != expected.len() {
            return Err(format!("message {number} has {} bytes in place of {}", found.len(), expected.len()));
        }
        let at = expected.iter().zip(found).take_while(|(expected, found)| expected == found).count();
        Err(format!("message {number}: byte {at} is {:#04x} in place of {:#04x}", found[at], expected[at]))
    }
}

/// Bits that follow from `number`, and look as if they did not.
fn scrambled(number: u64) -> u64 {
    let product = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    product ^ product >> 32
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn messages_of_every_length_are_made_and_expected() {
        for (lengths, most) in [(0..=0, 9), (0..=7, 7), (0..=8, 9), (0..=248, 48), (248..=248, 300), (100..=500, 400)] {
            let [mut made, mut expected] = [(); 2].map(|()| Messages::new(&lengths, most));
            let mut check = |_| {
                let message = made.make();
                expected.check(message).map(|()| message.len())
            };
            let made_and_expected: Result<BTreeSet<usize>, String> = (0..10_000).map(&mut check).collect();
            assert_eq!(made_and_expected, Ok((*lengths.start()..=most.min(*lengths.end())).collect()));
        }
    }

    #[test]
    fn a_message_that_is_not_the_next_one_is_told() {
        let numbered = |number: u64| {
            let mut messages = Messages::new(&(0..=248), 248);
            (0..number).for_each(|_| assert!(messages.make().len() <= 248));
            messages
        };
        for number in 0..200 {
            let message = numbered(number).make().to_vec();
            assert_eq!(numbered(number).check(&message), Ok(()));
            if message.len() > 1 {
                assert!(numbered(number + 1).check(&message).is_err(), "{number} came twice");
            }
            let longer = [&message[..], &[0]].concat();
            let told = format!("message {number} has {} bytes in place of {}", longer.len(), message.len());
            assert_eq!(numbered(number).check(&longer), Err(told));
            for at in 0..message.len() {
                let mut wrong = message.clone();
                wrong[at] ^= 1;
                let told = numbered(number).check(&wrong).expect_err("a bit is wrong");
                assert!(told.starts_with(&format!("message {number}: byte {at} is 0x")), "{told}");
            }
        }
    }
}
