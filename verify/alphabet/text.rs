//! Operations and reports as lines of text: how they travel to another process and back, and how failures print them.

use std::fmt;
use std::str::FromStr;

use ipc_ring::Side;

use super::operation::{Operation, Outcome, Patience, Report};

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operation::Push { length, patience } => write!(f, "writer push {patience} {length}"),
            Operation::Pop { patience } => write!(f, "reader pop {patience}"),
            Operation::Leave(side) => write!(f, "{side} leave"),
            Operation::Attach(side) => write!(f, "{side} attach"),
            Operation::Measure(side) => write!(f, "{side} measure"),
        }
    }
}

impl FromStr for Operation {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let (side, rest) = text.split_once(' ').ok_or_else(|| unreadable(text))?;
        let side = match side {
            "writer" => Side::Writer,
            "reader" => Side::Reader,
            _ => return Err(unreadable(text)),
        };
        match *rest.split(' ').collect::<Vec<_>>() {
            ["push", patience, length] => Ok(Operation::Push { length: number(length)?, patience: patience.parse()? }),
            ["pop", patience] => Ok(Operation::Pop { patience: patience.parse()? }),
            ["leave"] => Ok(Operation::Leave(side)),
            ["attach"] => Ok(Operation::Attach(side)),
            ["measure"] => Ok(Operation::Measure(side)),
            _ => Err(unreadable(text)),
        }
    }
}

impl fmt::Display for Patience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Patience::Try => "try",
            Patience::Zero => "zero",
            Patience::Ever => "ever",
        })
    }
}

impl FromStr for Patience {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let all = [Patience::Try, Patience::Zero, Patience::Ever];
        all.into_iter().find(|patience| patience.to_string() == text).ok_or_else(|| unreadable(text))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Some(position) => write!(f, "at {position} ")?,
            None => write!(f, "at - ")?,
        }
        match &self.outcome {
            Outcome::Pushed => write!(f, "pushed"),
            Outcome::Popped(message) => {
                write!(f, "popped ")?;
                message.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            Outcome::Full => write!(f, "full"),
            Outcome::Nothing => write!(f, "nothing"),
            Outcome::TimedOut => write!(f, "timed-out"),
            Outcome::Closed => write!(f, "closed"),
            Outcome::TooLarge { len, max } => write!(f, "too-large {len} {max}"),
            Outcome::Measured { used, free } => write!(f, "measured {used} {free}"),
            Outcome::Moved => write!(f, "moved"),
            Outcome::Absent => write!(f, "absent"),
        }
    }
}

impl FromStr for Report {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let words: Vec<&str> = text.split(' ').collect();
        let (position, outcome) = match &words[..] {
            ["at", "-", rest @ ..] => (None, rest),
            ["at", position, rest @ ..] => (Some(number(position)?), rest),
            _ => return Err(unreadable(text)),
        };
        let outcome = match *outcome {
            ["pushed"] => Outcome::Pushed,
            ["popped", message] => Outcome::Popped(bytes(message)?),
            ["full"] => Outcome::Full,
            ["nothing"] => Outcome::Nothing,
            ["timed-out"] => Outcome::TimedOut,
            ["closed"] => Outcome::Closed,
            ["too-large", len, max] => Outcome::TooLarge { len: number(len)?, max: number(max)? },
            ["measured", used, free] => Outcome::Measured { used: number(used)?, free: number(free)? },
            ["moved"] => Outcome::Moved,
            ["absent"] => Outcome::Absent,
            _ => return Err(unreadable(text)),
        };
        Ok(Report { outcome, position })
    }
}

/// A line that means nothing.
#[derive(Debug)]
pub struct Unreadable(String);

fn unreadable(text: &str) -> Unreadable {
    Unreadable(text.into())
}

fn number<N: FromStr>(text: &str) -> Result<N, Unreadable> {
    text.parse().map_err(|_| unreadable(text))
}

fn bytes(text: &str) -> Result<Vec<u8>, Unreadable> {
    let byte = |at: usize| u8::from_str_radix(text.get(at..at + 2).unwrap_or(""), 16).map_err(|_| unreadable(text));
    (0..text.len()).step_by(2).map(byte).collect()
}
