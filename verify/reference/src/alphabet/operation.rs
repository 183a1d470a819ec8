//! The alphabet: what can be done to a ring, and what can come of it.

use std::time::Duration;

use ipc_ring::Side;
use serde::{Deserialize, Serialize};

use crate::AnySide;

/// One thing that one side does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// The writer pushes a message.
    Push { parcel: Parcel, patience: Patience },
    /// The writer pushes these, one after the other, in a batch: up to the first that it cannot.
    PushBatch { parcels: [Parcel; BATCH], disposal: Disposal, patience: Patience },
    /// The writer publishes what it holds back, by a batch of no messages.
    Publish,
    /// The reader pops a message.
    Pop { patience: Patience },
    /// The reader looks at the next message, and leaves it where it is.
    Peek { access: Access, disposal: Disposal, patience: Patience },
    /// The reader reads a batch of at most `max` messages.
    PopBatch { max: usize, access: Access, ending: Ending, patience: Patience },
    /// The writer writes two pieces to a `ByteWriter` with a buffer of `buffer` bytes. It flushes it unless it forgets
    /// it.
    Write { pieces: [usize; 2], buffer: usize, disposal: Disposal, patience: Patience },
    /// The reader takes up to `count` pieces of up to `most` bytes from a `ByteReader`: with `read`, or, in place, with
    /// `fill_buf` and `consume`.
    Read { count: usize, most: usize, access: Access, disposal: Disposal, patience: Patience },
    /// The reader iterates over up to `count` messages: with `next`, or, in place, with `next_ref`.
    Iterate { count: usize, access: Access, disposal: Disposal, patience: Patience },
    /// The reader takes up to `max` messages with `pop_many`.
    PopMany { max: usize, patience: Patience },
    /// The writer pushes `count` messages of `EQUAL` bytes with `push_many`.
    PushEqual { count: usize, patience: Patience },
    /// The reader takes up to `max` messages of `EQUAL` bytes with `pop_many_into`.
    PopEqual { max: usize, patience: Patience },
    /// Whoever holds the side leaves.
    Leave(#[serde(with = "AnySide")] Side),
    /// Somebody takes the side. Who held it until then leaves first.
    Attach(#[serde(with = "AnySide")] Side),
    /// A reader that stops at the ends of streams takes its side. Who held it until then leaves first.
    AttachToStop,
    /// The reader takes the end of a stream.
    TakeEnd,
    /// The side is asked how full the ring is.
    Measure(#[serde(with = "AnySide")] Side),
}

/// How many messages are pushed in a batch: one that begins it, one that does not, and one that ends it.
pub const BATCH: usize = 3;

/// How long messages are that are pushed and taken as arrays: more than one granule, and no multiple of it.
pub const EQUAL: usize = 13;

/// Whether a message is pushed by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Setting {
    Alone,
    InABatch,
}

/// A message of `length` bytes, and how it comes to be in the ring.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Parcel {
    pub length: usize,
    pub manner: Manner,
}

/// How a message is pushed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Manner {
    /// It is copied.
    Copied,
    /// Its space is reserved, and it is written there.
    Written,
    /// As `Written`, and more is reserved than is used: `SPARE` bytes.
    Shrunk,
    /// As `Shrunk`, and all that is reserved is written, and then truncated.
    Cut,
    /// Its space is reserved, and it is put there by `as_mut_slice`.
    InPlace,
    /// Its space is reserved, it is written there, and then given up.
    GivenUp,
    /// As `GivenUp`, by `mem::forget`.
    Forgotten,
}

/// More than a granule, so that less is used than was reserved whatever the length.
pub const SPARE: usize = 9;

/// How a message is read that stays in the ring meanwhile.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// By a copy.
    Copied,
    /// Where it stands, by `as_slice`.
    InPlace,
}

/// What becomes of a handle that is not needed any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Disposal {
    Dropped,
    /// By `mem::forget`.
    Forgotten,
}

impl Disposal {
    pub fn of<T>(self, handle: T) {
        match self {
            Disposal::Dropped => drop(handle),
            Disposal::Forgotten => std::mem::forget(handle),
        }
    }
}

/// How a batch ends that was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// All that was read is released.
    Committed,
    /// Its first message is, by `commit_through`.
    CommittedInPart,
    /// Nothing is, for no message ends where `commit_through` is told that one does.
    Refused,
    Dropped,
    /// By `mem::forget`.
    Forgotten,
}

impl Ending {
    pub const ALL: [Self; 5] =
        [Ending::Committed, Ending::CommittedInPart, Ending::Refused, Ending::Dropped, Ending::Forgotten];

    /// How many messages it releases of a batch that has `messages`.
    pub fn releases(self, messages: usize) -> usize {
        match self {
            Ending::Committed => messages,
            Ending::CommittedInPart => messages.min(1),
            Ending::Refused | Ending::Dropped | Ending::Forgotten => 0,
        }
    }
}

/// How long a push waits for space, a pop for a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Patience {
    /// Not at all: `try_push`, `try_pop` and their like.
    Try,
    /// Not at all: `push`, `pop` and their like with a time-out of zero.
    Zero,
    /// As long as it takes: the same without a time-out.
    Ever,
}

/// What came of an operation. Errors that no program can bring about are not among them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Outcome {
    Pushed,
    /// The space was there, and was given up.
    GivenUp,
    /// What came of each message of a batch, up to the first that was refused.
    Each(Vec<Outcome>),
    Popped(Vec<u8>),
    /// The messages that were read where they are.
    Read(Vec<Message>),
    /// What was taken, and, if it is less than what was asked for, what came of asking for more.
    Taken {
        pieces: Vec<Vec<u8>>,
        end: Option<Box<Outcome>>,
    },
    Full,
    Nothing,
    TimedOut,
    Closed,
    /// The next message is not as long as those that were asked for.
    OtherLength(usize),
    TooLarge {
        len: usize,
        max: usize,
    },
    Measured {
        used: usize,
        free: usize,
    },
    /// Nothing is held back any more.
    Published,
    /// A side came or left.
    Moved,
    EndTaken,
    /// There was no end to be taken, as far as was seen.
    NoEnd,
    /// Nobody holds the side that should have acted.
    Absent,
}

/// A message in the ring, and the position at which it ends.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Message {
    pub bytes: Vec<u8>,
    pub end: u64,
}

/// What came of an operation, where the side that acted stands now, and how many messages were ever pushed up to there:
/// `None` if nobody holds it, and where it cannot be told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Report {
    pub outcome: Outcome,
    pub position: Option<u64>,
    pub messages: Option<u64>,
}

impl Operation {
    /// The side that acts.
    pub fn side(self) -> Side {
        match self {
            Operation::Push { .. } | Operation::PushBatch { .. } | Operation::Publish => Side::Writer,
            Operation::Write { .. } | Operation::PushEqual { .. } => Side::Writer,
            Operation::Pop { .. } | Operation::Peek { .. } | Operation::PopBatch { .. } => Side::Reader,
            Operation::Read { .. } | Operation::Iterate { .. } | Operation::PopMany { .. } => Side::Reader,
            Operation::AttachToStop | Operation::TakeEnd | Operation::PopEqual { .. } => Side::Reader,
            Operation::Leave(side) | Operation::Attach(side) | Operation::Measure(side) => side,
        }
    }

    /// How long it waits, if it is of the kind that can.
    pub fn patience(mut self) -> Option<Patience> {
        self.patience_mut().copied()
    }

    fn patience_mut(&mut self) -> Option<&mut Patience> {
        match self {
            Operation::Push { patience, .. }
            | Operation::PushBatch { patience, .. }
            | Operation::Pop { patience }
            | Operation::Peek { patience, .. }
            | Operation::PopBatch { patience, .. }
            | Operation::Write { patience, .. }
            | Operation::Read { patience, .. }
            | Operation::Iterate { patience, .. }
            | Operation::PopMany { patience, .. }
            | Operation::PushEqual { patience, .. }
            | Operation::PopEqual { patience, .. } => Some(patience),
            Operation::Leave(_) | Operation::Attach(_) | Operation::Measure(_) => None,
            Operation::AttachToStop | Operation::TakeEnd | Operation::Publish => None,
        }
    }

    /// Whether something that is not published may be left by it: a batch is forgotten, or a grant.
    pub fn holds_back(&self) -> bool {
        let forgets = |parcel: &Parcel| parcel.manner == Manner::Forgotten;
        matches!(self, Operation::PushBatch { disposal: Disposal::Forgotten, .. }) || self.parcels().iter().any(forgets)
    }

    /// The handle that it makes, if that is forgotten.
    pub fn forgets(&self) -> Option<&'static str> {
        match self {
            Operation::Push { parcel: Parcel { manner: Manner::Forgotten, .. }, .. } => Some("a grant"),
            Operation::PushBatch { disposal: Disposal::Forgotten, .. } => Some("a batch"),
            Operation::PopBatch { ending: Ending::Forgotten, .. } => Some("a batch"),
            Operation::Peek { disposal: Disposal::Forgotten, .. } => Some("a message"),
            Operation::Write { disposal: Disposal::Forgotten, .. } => Some("a stream"),
            Operation::Read { disposal: Disposal::Forgotten, .. } => Some("a stream"),
            Operation::Iterate { disposal: Disposal::Forgotten, .. } => Some("an iterator"),
            _ => None,
        }
    }

    /// The same, which forgets nothing that it holds back.
    pub fn at_last(mut self) -> Self {
        let remembered = |parcel: &mut Parcel| {
            if parcel.manner == Manner::Forgotten {
                parcel.manner = Manner::GivenUp;
            }
        };
        match &mut self {
            Operation::Push { parcel, .. } => remembered(parcel),
            Operation::PushBatch { parcels, disposal, .. } => {
                parcels.iter_mut().for_each(remembered);
                *disposal = Disposal::Dropped;
            }
            _ => {}
        }
        self
    }

    /// Whether it may wait.
    pub fn waits(self) -> bool {
        self.patience() == Some(Patience::Ever)
    }

    /// The same without waiting: a time-out of zero takes the place of none.
    pub fn at_once(mut self) -> Self {
        if let Some(patience @ Patience::Ever) = self.patience_mut() {
            *patience = Patience::Zero;
        }
        self
    }

    /// Whether a side leaves by it, for good or for a successor.
    pub fn ends(self) -> bool {
        matches!(self, Operation::Leave(_)) || self.attaches().is_some()
    }

    /// The side that is taken by it, if one is.
    pub fn attaches(self) -> Option<Side> {
        match self {
            Operation::Attach(side) => Some(side),
            Operation::AttachToStop => Some(Side::Reader),
            _ => None,
        }
    }

    /// How it pushes messages, if it does and races know it.
    pub fn setting(self) -> Option<Setting> {
        match self {
            Operation::Push { .. } => Some(Setting::Alone),
            Operation::PushBatch { .. } => Some(Setting::InABatch),
            _ => None,
        }
    }

    /// The messages that it pushes, unless it is stopped.
    pub fn parcels(&self) -> &[Parcel] {
        match self {
            Operation::Push { parcel, .. } => std::slice::from_ref(parcel),
            Operation::PushBatch { parcels, .. } => parcels,
            _ => &[],
        }
    }

    /// The least and the most messages that it takes, if it succeeds.
    pub fn takes(self) -> (usize, usize) {
        match self {
            Operation::Pop { .. } => (1, 1),
            Operation::PopBatch { max, ending, .. } => (ending.releases(max.min(1)), ending.releases(max)),
            _ => (0, 0),
        }
    }
}

impl Parcel {
    /// The bytes that are reserved for it.
    pub fn reserved(self) -> usize {
        match self.manner {
            Manner::Shrunk | Manner::Cut => self.length + SPARE,
            _ => self.length,
        }
    }

    /// Whether a message comes of it.
    pub fn is_sent(self) -> bool {
        !matches!(self.manner, Manner::GivenUp | Manner::Forgotten)
    }

    /// What it is to hold: the `at`th message of the operation of this number. Of 256 that follow each other, no two
    /// agree in any byte at the same place.
    pub fn message(self, number: usize, at: usize) -> Vec<u8> {
        crate::message(BATCH * number + at, self.length)
    }
}

impl Outcome {
    /// What came of it, without what was popped or measured.
    pub fn name(&self) -> &'static str {
        match self {
            Outcome::Pushed => "pushed",
            Outcome::GivenUp => "given up",
            Outcome::Each(_) if self.refusal().is_none() => "pushed all",
            Outcome::Each(each) if each.contains(&Outcome::Pushed) => "pushed some",
            Outcome::Each(_) => "pushed none",
            Outcome::Popped(_) => "popped",
            Outcome::Read(messages) if messages.len() > 1 => "read some",
            Outcome::Read(_) => "read",
            Outcome::Taken { end: None, .. } => "taken all",
            Outcome::Taken { pieces, .. } if pieces.is_empty() => "taken none",
            Outcome::Taken { .. } => "taken some",
            Outcome::Full => "full",
            Outcome::Nothing => "nothing",
            Outcome::TimedOut => "timed out",
            Outcome::Closed => "closed",
            Outcome::OtherLength(_) => "of another length",
            Outcome::TooLarge { .. } => "too large",
            Outcome::Measured { .. } => "measured",
            Outcome::Published => "published",
            Outcome::Moved => "moved",
            Outcome::EndTaken => "end taken",
            Outcome::NoEnd => "no end",
            Outcome::Absent => "absent",
        }
    }

    /// Whether there was space for the message.
    pub fn has_space(&self) -> bool {
        matches!(self, Outcome::Pushed | Outcome::GivenUp)
    }

    /// Whether it was waited for in vain.
    pub fn is_in_vain(&self) -> bool {
        let last = self.refusal().unwrap_or(self);
        matches!(last, Outcome::Full | Outcome::Nothing | Outcome::TimedOut)
    }

    /// Why less was pushed or taken than there might have been, where it is of several.
    pub fn refusal(&self) -> Option<&Outcome> {
        match self {
            Outcome::Each(each) => each.last().filter(|last| !last.has_space()),
            Outcome::Taken { end, .. } => end.as_deref(),
            _ => None,
        }
    }

    /// Whether there was a message.
    pub fn is_message(&self) -> bool {
        matches!(self, Outcome::Popped(_) | Outcome::Read(_))
    }
}

impl Patience {
    /// The time-out to pass, where `ever` takes the place of none; `None` for `try_push`, `try_pop` and their like.
    pub fn timeout(self, ever: Option<Duration>) -> Option<Option<Duration>> {
        match self {
            Patience::Try => None,
            Patience::Zero => Some(Some(Duration::ZERO)),
            Patience::Ever => Some(ever),
        }
    }
}
