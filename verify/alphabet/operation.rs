//! The alphabet: what can be done to a ring, and what can come of it.

use std::time::Duration;

use ipc_ring::Side;

/// One thing that one side does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
    /// The writer pushes a message of `length` bytes.
    Push { length: usize, patience: Patience },
    /// The reader pops a message.
    Pop { patience: Patience },
    /// Whoever holds the side leaves.
    Leave(Side),
    /// Somebody takes the side. Who held it until then leaves first.
    Attach(Side),
    /// The side is asked how full the ring is.
    Measure(Side),
}

/// How long a push waits for space, a pop for a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Patience {
    /// Not at all: `try_push`, `try_pop`.
    Try,
    /// Not at all: `push` and `pop` with a time-out of zero.
    Zero,
    /// As long as it takes: `push` and `pop` without a time-out.
    Ever,
}

/// What came of an operation. Errors that no program can bring about are not among them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    Pushed,
    Popped(Vec<u8>),
    Full,
    Nothing,
    TimedOut,
    Closed,
    TooLarge {
        len: usize,
        max: usize,
    },
    Measured {
        used: usize,
        free: usize,
    },
    /// A side came or left.
    Moved,
    /// Nobody holds the side that should have acted.
    Absent,
}

/// What came of an operation, and where the side that acted stands now; `None` if nobody holds it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    pub outcome: Outcome,
    pub position: Option<u64>,
}

impl Operation {
    /// The side that acts.
    pub fn side(self) -> Side {
        match self {
            Operation::Push { .. } => Side::Writer,
            Operation::Pop { .. } => Side::Reader,
            Operation::Leave(side) | Operation::Attach(side) | Operation::Measure(side) => side,
        }
    }

    /// Whether it may wait.
    pub fn waits(self) -> bool {
        matches!(self, Operation::Push { patience: Patience::Ever, .. } | Operation::Pop { patience: Patience::Ever })
    }

    /// The same without waiting: a time-out of zero takes the place of none.
    pub fn at_once(self) -> Self {
        match self {
            Operation::Push { length, patience: Patience::Ever } => {
                Operation::Push { length, patience: Patience::Zero }
            }
            Operation::Pop { patience: Patience::Ever } => Operation::Pop { patience: Patience::Zero },
            other => other,
        }
    }

    /// Whether a side leaves by it, for good or for a successor.
    pub fn ends(self) -> bool {
        matches!(self, Operation::Leave(_) | Operation::Attach(_))
    }
}

impl Outcome {
    /// What came of it, without what was popped or measured.
    pub fn name(&self) -> &'static str {
        match self {
            Outcome::Pushed => "pushed",
            Outcome::Popped(_) => "popped",
            Outcome::Full => "full",
            Outcome::Nothing => "nothing",
            Outcome::TimedOut => "timed out",
            Outcome::Closed => "closed",
            Outcome::TooLarge { .. } => "too large",
            Outcome::Measured { .. } => "measured",
            Outcome::Moved => "moved",
            Outcome::Absent => "absent",
        }
    }
}

impl Patience {
    /// The time-out to pass, where `ever` takes the place of none; `None` for `try_push` and `try_pop`.
    pub fn timeout(self, ever: Option<Duration>) -> Option<Option<Duration>> {
        match self {
            Patience::Try => None,
            Patience::Zero => Some(Some(Duration::ZERO)),
            Patience::Ever => Some(ever),
        }
    }
}

/// The message that the operation of this number pushes. Of 256 that follow each other, no two agree in any byte at the
/// same place.
pub fn message(number: usize, length: usize) -> Vec<u8> {
    (0..length).map(|at| (number * 37 + at * 5 + 1) as u8).collect()
}
