//! What a side notes, a word each.

/// How a call of the library ended other than by doing what it is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// There was no space, or no message, and no time to wait for it.
    Nothing,
    Closed,
    PeerGone,
    /// There is no ring yet.
    NotFound,
    /// There is no room for the end of another stream, and nobody who would make any.
    Full,
    /// There is nothing left, and whoever sends the next stream is waited for.
    BetweenStreams,
}

/// What a side is about to do, or what it did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// A process is about to attach or to open: this is how many of its side there were.
    Entering(u64),
    /// It holds its handle, which stands at this position.
    Arrived(u64),
    /// The reader that has arrived stops at ends.
    Stops,
    /// It has dropped its handle.
    Left,
    /// What was begun ended by a verdict that may have been true.
    Told(Verdict),
    /// What was begun ended by a verdict that was not true: the peer was there all the time, say.
    Misled(Verdict),
    /// The writer is about to push this message, alone or into a batch.
    Pushing(u64),
    /// It has given up the message that it began last, which is not in the ring.
    Withdrawn,
    /// Everything up to this message is in the ring.
    Acknowledged(u64),
    /// The reader is about to pop.
    Popping,
    /// It has popped this message, or taken this end.
    Popped(u64),
    /// It has seen this message, which it has not given back.
    Shown(u64),
    /// It is about to give back what it was shown.
    Releasing,
    Released,
    /// It has given back nothing of what it was shown.
    Kept,
    /// In the place of this message came one that is not whole.
    Torn(u64),
    /// A message ended at this position, where none ends, or a grant that was given up left the writer there.
    Astray(u64),
}

const VERDICTS: [Verdict; 6] =
    [Verdict::Nothing, Verdict::Closed, Verdict::PeerGone, Verdict::NotFound, Verdict::Full, Verdict::BetweenStreams];
/// The bits of a word that are left to what comes with the kind of an event.
const BITS: u32 = 56;

impl Event {
    /// The kind in the highest byte, and what comes with it in the others.
    pub fn to_word(self) -> u64 {
        let verdict = |verdict| VERDICTS.iter().position(|&other| other == verdict).unwrap_or(0) as u64;
        let (kind, with) = match self {
            Event::Entering(process) => (1, process),
            Event::Arrived(position) => (2, position),
            Event::Left => (3, 0),
            Event::Told(told) => (4, verdict(told)),
            Event::Misled(told) => (5, verdict(told)),
            Event::Pushing(number) => (6, number),
            Event::Acknowledged(number) => (7, number),
            Event::Popping => (8, 0),
            Event::Popped(number) => (9, number),
            Event::Shown(number) => (10, number),
            Event::Releasing => (11, 0),
            Event::Released => (12, 0),
            Event::Kept => (13, 0),
            Event::Torn(number) => (14, number),
            Event::Astray(position) => (15, position),
            Event::Withdrawn => (16, 0),
            Event::Stops => (17, 0),
        };
        kind << BITS | with & ((1 << BITS) - 1)
    }

    pub fn from_word(word: u64) -> Self {
        let with = word & ((1 << BITS) - 1);
        let verdict = VERDICTS[with as usize % VERDICTS.len()];
        match word >> BITS {
            1 => Event::Entering(with),
            2 => Event::Arrived(with),
            3 => Event::Left,
            4 => Event::Told(verdict),
            5 => Event::Misled(verdict),
            6 => Event::Pushing(with),
            7 => Event::Acknowledged(with),
            8 => Event::Popping,
            9 => Event::Popped(with),
            10 => Event::Shown(with),
            11 => Event::Releasing,
            12 => Event::Released,
            13 => Event::Kept,
            14 => Event::Torn(with),
            15 => Event::Astray(with),
            16 => Event::Withdrawn,
            17 => Event::Stops,
            kind => unreachable!("only this program writes journals, and no event of kind {kind}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_what_its_word_says() {
        let told = VERDICTS.into_iter().flat_map(|verdict| [Event::Told(verdict), Event::Misled(verdict)]);
        let numbered = [Event::Entering, Event::Arrived, Event::Pushing, Event::Acknowledged, Event::Popped];
        let more = [Event::Shown, Event::Torn, Event::Astray];
        let numbered = numbered.into_iter().chain(more).map(|event| event(0x12_3456_789A_BCDE));
        let bare = [
            Event::Left,
            Event::Stops,
            Event::Popping,
            Event::Releasing,
            Event::Released,
            Event::Kept,
            Event::Withdrawn,
        ];
        for event in told.chain(numbered).chain(bare) {
            assert_eq!(Event::from_word(event.to_word()), event);
        }
    }
}
