//! Where messages come from and where they arrive: each has a number, and a side may have work with each.

use std::hint::black_box;

use crate::toil;

/// The messages that are to be sent, numbered from 0.
#[derive(Debug)]
pub struct Outbox {
    message: Vec<u8>,
    taken: u64,
    due: u64,
    turns: u32,
}

impl Outbox {
    /// With `due` messages of `size` bytes, each of which takes `turns` of work to make.
    pub fn new(size: usize, due: u64, turns: u32) -> Self {
        Self { message: (0..size.max(8)).map(|at| at as u8).collect(), taken: 0, due, turns }
    }

    /// One more message is to be sent.
    pub fn add_one(&mut self) {
        self.due += 1;
    }

    /// How many are still to be sent.
    #[inline(always)]
    pub fn due(&self) -> u64 {
        self.due - self.taken
    }

    /// How many were taken to be sent.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Takes the next message.
    #[inline(always)]
    pub fn take(&mut self) -> &[u8] {
        if self.turns > 0 {
            toil::turns(self.turns);
        }
        self.message[..8].copy_from_slice(&self.taken.to_le_bytes());
        self.taken += 1;
        &self.message
    }

    /// Takes the next message where its size is known.
    #[inline(always)]
    pub fn take_array<const SIZE: usize>(&mut self) -> &[u8; SIZE] {
        self.take().first_chunk().expect("the size that it was made for")
    }
}

/// Where all messages arrive: looks at the number of each.
#[derive(Debug)]
pub struct Inbox {
    size: usize,
    received: u64,
    turns: u32,
    wrong: Option<String>,
}

impl Inbox {
    /// An empty one, for messages of `size` bytes, each of which makes `turns` of work.
    pub fn new(size: usize, turns: u32) -> Self {
        Self { size, received: 0, turns, wrong: None }
    }

    /// Takes a message, and believes neither its length nor its number.
    #[inline(always)]
    pub fn accept(&mut self, message: &[u8]) {
        // The address escapes, so every byte has to be there.
        let message = black_box(message);
        if message.len() != self.size || number_of(message) != self.received {
            self.complain(message);
        }
        self.received += 1;
        if self.turns > 0 {
            toil::turns(self.turns);
        }
    }

    #[cold]
    fn complain(&mut self, message: &[u8]) {
        let (due, size, number) = (self.received, message.len(), number_of(message));
        self.wrong.get_or_insert_with(|| format!("message {due} came as number {number}, {size} bytes long"));
    }

    /// How many have arrived.
    #[inline(always)]
    pub fn received(&self) -> u64 {
        self.received
    }

    /// How many arrived, if each was the one that was due.
    pub fn verdict(self) -> Result<u64, String> {
        self.wrong.map_or(Ok(self.received), Err)
    }
}

#[inline(always)]
fn number_of(message: &[u8]) -> u64 {
    message.first_chunk().map_or(u64::MAX, |number| u64::from_le_bytes(*number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_in_order_is_accepted() {
        let (mut outbox, mut inbox) = (Outbox::new(16, 3, 0), Inbox::new(16, 1));
        while outbox.due() > 0 {
            inbox.accept(outbox.take());
        }
        assert_eq!(inbox.verdict(), Ok(3));
    }

    #[test]
    fn a_message_that_is_lost_doubled_or_cut_is_noticed() {
        let mut outbox = Outbox::new(16, 9, 0);
        let zero = outbox.take().to_vec();
        let one = outbox.take().to_vec();
        let after = |messages: &[&[u8]]| {
            let mut inbox = Inbox::new(16, 0);
            messages.iter().for_each(|message| inbox.accept(message));
            inbox.verdict()
        };
        assert_eq!(after(&[&zero, &one]), Ok(2));
        assert_eq!(after(&[&one]), Err("message 0 came as number 1, 16 bytes long".into()));
        assert_eq!(after(&[&zero, &zero]), Err("message 1 came as number 0, 16 bytes long".into()));
        assert_eq!(after(&[&zero[..8]]), Err("message 0 came as number 0, 8 bytes long".into()));
    }
}
