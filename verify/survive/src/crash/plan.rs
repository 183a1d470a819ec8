//! What is pushed through a ring: each message is a function of its number, and so is where it ends. The end of a
//! stream has a number as a message has, and its place among them.
//!
//! So nobody has to remember what was sent. Whoever sees a message can tell whether it is whole, and whoever sees a
//! position can tell how many messages are before it.

use ipc_ring_reference::record::{longest, size, Need};

/// The messages of one ring.
#[derive(Clone, Copy)]
pub struct Plan {
    pub seed: u64,
    pub capacity: u64,
}

/// Where the message with this number is, or goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    pub number: u64,
    pub position: u64,
}

impl Place {
    pub const START: Self = Self { number: 0, position: 0 };
}

/// Of each hundred numbers, these are of ends: some streams are long, and one is empty.
const STREAMS: u64 = 100;
const ENDS: [u64; 3] = [40, 41, 99];
/// A ring larger than this gets a message of its own size only now and then: such a one takes long.
const SMALL: u64 = 4096;
/// How far from the number that is due a message is looked for that is too short to say its number.
const AROUND: u64 = 64;

impl Plan {
    /// The most bytes a message may have.
    fn most(&self) -> u64 {
        longest(self.capacity)
    }

    /// Whether this is the number of the end of a stream.
    pub fn is_end(&self, number: u64) -> bool {
        ENDS.contains(&(number % STREAMS))
    }

    /// How many messages have a number before this one.
    pub fn messages(&self, number: u64) -> u64 {
        let ends = ENDS.iter().filter(|&&end| end < number % STREAMS).count();
        number - number / STREAMS * ENDS.len() as u64 - ends as u64
    }

    /// The number of the next message from `number` on, up to `last`, that is not the end of a stream.
    pub fn behind_ends(&self, number: u64, last: u64) -> u64 {
        (number..last).find(|&number| !self.is_end(number)).unwrap_or(last.max(number))
    }

    /// The bytes of message `number`: none, as many as fit, or anything between, more often few. An end has none.
    pub fn length(&self, number: u64) -> usize {
        if self.is_end(number) {
            return 0;
        }
        let drawn = self.draw(number);
        let (kind, size) = (drawn % 128, drawn >> 8);
        let seldom = if self.capacity <= SMALL { 8 } else { 1 };
        let length = match kind {
            _ if kind < seldom => self.most(),
            _ if kind < 2 * seldom => size % (self.most() + 1),
            16..=31 => 0,
            32..=79 => size % 33,
            _ => size % SMALL.min(self.most() + 1),
        };
        length.min(self.most()) as usize
    }

    /// The bytes that are reserved for message `number`, which may be more than it has; `None` where it is pushed.
    pub fn reserved(&self, number: u64) -> Option<usize> {
        let drawn = self.draw(number ^ u64::MAX);
        let slack = if drawn & 8 == 0 { 0 } else { (drawn >> 8) % 64 };
        let reserved = (self.length(number) as u64 + slack).min(self.most());
        (drawn.is_multiple_of(5) && !self.is_end(number)).then_some(reserved as usize)
    }

    /// The bytes that there has to be space for before message `number` is written.
    fn needed(&self, number: u64) -> usize {
        self.reserved(number).unwrap_or_else(|| self.length(number))
    }

    /// Replaces what is in `buffer` by message `number`. One that is long enough begins with its number.
    pub fn write(&self, number: u64, buffer: &mut Vec<u8>) {
        let length = self.length(number);
        buffer.clear();
        let words = self.words(number).take(length.div_ceil(8));
        words.for_each(|word| buffer.extend_from_slice(&word.to_le_bytes()));
        buffer.truncate(length);
    }

    /// Whether `bytes` are message `number`, all of it and nothing else.
    pub fn is_whole(&self, number: u64, bytes: &[u8]) -> bool {
        let mut parts = bytes.chunks(8).zip(self.words(number));
        !self.is_end(number)
            && bytes.len() == self.length(number)
            && parts.all(|(part, word)| *part == word.to_le_bytes()[..part.len()])
    }

    /// The number of the message that `bytes` are the whole of, where it is not the one that is `due`. Several may be
    /// alike if they are short: then it is the nearest, which is the least accusation.
    pub fn recognise(&self, due: u64, bytes: &[u8]) -> Option<u64> {
        if let Some(first) = bytes.first_chunk() {
            let number = u64::from_le_bytes(*first);
            return self.is_whole(number, bytes).then_some(number);
        }
        let near = (1..AROUND).flat_map(|far| [due.checked_add(far), due.checked_sub(far)]).flatten();
        near.into_iter().find(|&number| self.is_whole(number, bytes))
    }

    /// What the message that goes to `place` needs.
    fn need(&self, place: Place) -> Need {
        Need::of(self.needed(place.number), self.capacity, place.position)
    }

    /// Where the writer may stand before it writes the message that goes to `place`: after its padding, where that
    /// goes ahead alone.
    pub fn alone(&self, place: Place) -> u64 {
        place.position + self.need(place).ahead()
    }

    /// The place after the message that goes to `place`.
    pub fn after(&self, place: Place) -> Place {
        let Place { number, position } = place;
        Place { number: number + 1, position: position + self.need(place).padding + size(self.length(number)) }
    }

    /// The place of message `number`, which is not before `from`.
    pub fn walk(&self, from: Place, number: u64) -> Place {
        (from.number..number).fold(from, |place, _| self.after(place))
    }

    /// Which message is next at `position`, at or after `from` and up to number `last`: after a message, or after the
    /// padding that goes before the next one. `None` where the ring cannot be there.
    pub fn find(&self, from: Place, position: u64, last: u64) -> Option<Place> {
        let mut place = from;
        while place.number < last && self.after(place).position <= position {
            place = self.after(place);
        }
        let stands = position == place.position || position == place.position + self.need(place).padding;
        stands.then_some(Place { position, ..place })
    }

    /// What message `number` is made of, eight bytes at a time.
    fn words(&self, number: u64) -> impl Iterator<Item = u64> {
        let start = self.draw(number.rotate_left(32));
        let rest = (1..).map(move |index: u64| start.wrapping_add(index.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
        std::iter::once(number).chain(rest)
    }

    fn draw(&self, number: u64) -> u64 {
        mix(self.seed ^ mix(number))
    }
}

/// A number that looks like any other, from one that may be small: the finisher of SplitMix64.
pub fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ number >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ number >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ number >> 31
}

#[cfg(test)]
mod tests {
    use super::*;
    use ipc_ring::{RingOptions, RingWriter};
    use std::io::Write;
    use std::path::Path;

    const PLAN: Plan = Plan { seed: 7, capacity: 64 };

    fn push(
        writer: RingWriter,
        path: &Path,
        plan: Plan,
        number: u64,
    ) -> Result<RingWriter, Box<dyn std::error::Error>> {
        if plan.is_end(number) {
            writer.finish();
            return Ok(RingWriter::attach_wait(path, None)?);
        }
        let mut writer = writer;
        let mut message = Vec::new();
        plan.write(number, &mut message);
        match plan.reserved(number) {
            None => writer.push(&message, None)?,
            Some(reserved) => {
                let mut grant = writer.reserve(reserved, None)?;
                grant.write_all(&message)?;
                grant.commit();
            }
        }
        Ok(writer)
    }

    #[test]
    fn messages_end_in_a_ring_where_the_plan_says() -> Result<(), Box<dyn std::error::Error>> {
        for capacity in [64, 256, 4096, 1 << 20] {
            let plan = Plan { seed: 1, capacity };
            let made = ipc_ring_reference::Place::make()?;
            let path = made.ring();
            let mut writer = RingWriter::create(&path, capacity as usize)?;
            let mut reader = RingOptions::new().await_successors(true).open(&path)?;
            let places = std::iter::successors(Some(Place::START), |&place| Some(plan.after(place)));
            let reading = std::thread::spawn(move || {
                let mut message = Vec::new();
                for number in (0..999).filter(|&number| !plan.is_end(number)) {
                    assert!(reader.pop(&mut message, None).is_ok() && plan.is_whole(number, &message));
                    assert_eq!(reader.position(), plan.walk(Place::START, number + 1).position);
                }
            });
            for place in places.take(999) {
                writer = push(writer, &path, plan, place.number)?;
                let after = plan.after(place);
                assert_eq!(writer.message_count(), Ok(plan.messages(after.number)));
                assert_eq!(writer.position(), after.position);
                assert_eq!(plan.find(place, after.position, place.number + 1), Some(after));
            }
            reading.join().map_err(|_| "the reader saw something else")?;
        }
        Ok(())
    }

    #[test]
    fn a_message_that_lacks_a_byte_or_has_another_is_not_whole() {
        let plan = Plan { seed: 3, capacity: 4096 };
        let mut message = Vec::new();
        for number in (0..200).filter(|&number| plan.length(number) > 0) {
            plan.write(number, &mut message);
            assert!(plan.is_whole(number, &message));
            assert!(!plan.is_whole(number, &message[1..]));
            for index in 0..message.len() {
                message[index] ^= 1;
                assert!(!plan.is_whole(number, &message));
                message[index] ^= 1;
            }
        }
    }

    #[test]
    fn a_message_of_another_number_is_recognised() {
        let mut message = Vec::new();
        for number in (100..200).filter(|&number| PLAN.length(number) > 2) {
            PLAN.write(number, &mut message);
            assert_eq!(PLAN.recognise(number + 3, &message), Some(number));
            assert_eq!(PLAN.recognise(number - 3, &message), Some(number));
        }
    }

    #[test]
    fn a_position_within_a_message_or_behind_what_was_begun_is_found_nowhere() {
        let place = PLAN.walk(Place::START, 20);
        assert_eq!(PLAN.find(Place::START, place.position, 20), Some(place));
        let next = PLAN.after(place);
        let found = (place.position + 1..=next.position).filter(|&at| PLAN.find(Place::START, at, 20).is_some());
        let padding = PLAN.need(place).padding;
        assert_eq!(found.collect::<Vec<_>>(), Vec::from_iter((padding > 0).then_some(place.position + padding)));
    }
}
