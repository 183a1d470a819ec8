//! What the two sides of a ring can be told to do, and the words by which another process is told.

use std::fmt;
use std::time::Duration;

use ipc_ring::Side;

/// How long a call waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Patience {
    /// Not at all.
    None,
    /// Long enough to fall asleep, also where every instruction of it is stepped, and not for long.
    Short,
    /// Until it has what it waits for.
    Endless,
}

impl Patience {
    const ALL: [Self; 3] = [Patience::None, Patience::Short, Patience::Endless];

    pub fn timeout(self) -> Option<Duration> {
        match self {
            Patience::None => Some(Duration::ZERO),
            Patience::Short => Some(Duration::from_millis(250)),
            Patience::Endless => None,
        }
    }
}

/// How a batch that is read ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    Commit,
    /// Through its first message.
    CommitInPart,
    Drop,
}

impl Ending {
    const ALL: [Self; 3] = [Ending::Commit, Ending::CommitInPart, Ending::Drop];
}

/// What a side does. Messages are told by their lengths alone: what is in them follows from their number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Work {
    Create {
        capacity: usize,
    },
    Attach {
        patience: Patience,
    },
    Open,
    /// As a reader that stops at ends.
    OpenToStop,
    Push {
        len: usize,
        patience: Patience,
    },
    /// Pushes all of these into one batch, up to the first for which there is no space, and drops it.
    WriteBatch {
        lens: Vec<usize>,
    },
    /// Reserves, writes as much as is `filled`, and commits what is `used`; `None` drops the grant.
    Grant {
        reserved: usize,
        filled: usize,
        used: Option<usize>,
    },
    Pop {
        patience: Patience,
    },
    Peek,
    TakeEnd,
    ReadBatch {
        max: usize,
        ending: Ending,
    },
    Close(Side),
}

impl Work {
    /// The side that does it.
    pub fn side(&self) -> Side {
        match self {
            Work::Create { .. } | Work::Attach { .. } => Side::Writer,
            Work::Push { .. } | Work::WriteBatch { .. } | Work::Grant { .. } => Side::Writer,
            Work::Open | Work::OpenToStop => Side::Reader,
            Work::Pop { .. } | Work::Peek | Work::TakeEnd | Work::ReadBatch { .. } => Side::Reader,
            Work::Close(side) => *side,
        }
    }

    /// The messages that it makes, whether or not there is space for them.
    pub fn messages(&self) -> u64 {
        match self {
            Work::Push { .. } | Work::Grant { .. } => 1,
            Work::WriteBatch { lens } => lens.len() as u64,
            _ => 0,
        }
    }

    /// The work that these words name.
    pub fn from_words(words: &str) -> Option<Self> {
        let words: Vec<&str> = words.split(' ').collect();
        let number = |word: &str| word.parse::<usize>().ok();
        Some(match words[..] {
            ["create", capacity] => Work::Create { capacity: number(capacity)? },
            ["attach", patience] => Work::Attach { patience: named(&Patience::ALL, patience)? },
            ["open"] => Work::Open,
            ["open-to-stop"] => Work::OpenToStop,
            ["push", len, patience] => Work::Push { len: number(len)?, patience: named(&Patience::ALL, patience)? },
            ["write-batch", ref lens @ ..] => {
                Work::WriteBatch { lens: lens.iter().map(|len| number(len)).collect::<Option<_>>()? }
            }
            ["grant", reserved, filled, used] => {
                Work::Grant { reserved: number(reserved)?, filled: number(filled)?, used: number(used) }
            }
            ["pop", patience] => Work::Pop { patience: named(&Patience::ALL, patience)? },
            ["peek"] => Work::Peek,
            ["take-end"] => Work::TakeEnd,
            ["read-batch", max, ending] => Work::ReadBatch { max: number(max)?, ending: named(&Ending::ALL, ending)? },
            ["close", side] => Work::Close(named(&[Side::Writer, Side::Reader], side)?),
            _ => return None,
        })
    }
}

/// The one of `all` that is written so.
fn named<T: Copy + fmt::Debug>(all: &[T], word: &str) -> Option<T> {
    all.iter().copied().find(|one| format!("{one:?}") == word)
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Work::Create { capacity } => write!(f, "create {capacity}"),
            Work::Attach { patience } => write!(f, "attach {patience:?}"),
            Work::Open => write!(f, "open"),
            Work::OpenToStop => write!(f, "open-to-stop"),
            Work::Push { len, patience } => write!(f, "push {len} {patience:?}"),
            Work::WriteBatch { lens } => {
                write!(f, "write-batch")?;
                lens.iter().try_for_each(|len| write!(f, " {len}"))
            }
            Work::Grant { reserved, filled, used: Some(used) } => write!(f, "grant {reserved} {filled} {used}"),
            Work::Grant { reserved, filled, used: None } => write!(f, "grant {reserved} {filled} dropped"),
            Work::Pop { patience } => write!(f, "pop {patience:?}"),
            Work::Peek => write!(f, "peek"),
            Work::TakeEnd => write!(f, "take-end"),
            Work::ReadBatch { max, ending } => write!(f, "read-batch {max} {ending:?}"),
            Work::Close(side) => write!(f, "close {side:?}"),
        }
    }
}

/// What is in the message of this number: no two have a run of bytes in common, so that a part of one is never taken
/// for a part of another.
pub fn message(number: u64, len: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(number);
    (0..len).map(|_| random.u8(1..)).collect()
}

/// What somebody who did something says of the messages that it got.
pub fn got<'a>(messages: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut words = String::from("got");
    for message in messages {
        words.push(' ');
        words.push_str(&in_short(message));
    }
    words
}

/// A message as it is told: its length and its bytes.
pub fn in_short(message: &[u8]) -> String {
    let bytes: String = message.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}:{bytes}", message.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_survives_its_words() {
        let (reserved, filled) = (24, 8);
        for work in [
            Work::Create { capacity: 64 },
            Work::Attach { patience: Patience::Endless },
            Work::Open,
            Work::OpenToStop,
            Work::Push { len: 8, patience: Patience::Short },
            Work::WriteBatch { lens: vec![0, 8, 48] },
            Work::Grant { reserved, filled, used: Some(16) },
            Work::Grant { reserved, filled, used: None },
            Work::Pop { patience: Patience::Endless },
            Work::Peek,
            Work::TakeEnd,
            Work::ReadBatch { max: 3, ending: Ending::CommitInPart },
            Work::Close(Side::Writer),
            Work::Close(Side::Reader),
        ] {
            assert_eq!(Work::from_words(&work.to_string()), Some(work));
        }
        assert_eq!(Work::from_words("push 8"), None);
        assert_eq!(Work::from_words("pop Never"), None);
    }
}
