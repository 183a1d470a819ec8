//! Operations and reports as lines of text: how they travel to another process and back, and how failures print them.

use std::fmt;
use std::str::FromStr;

use ipc_ring::Side;

use super::operation::{Access, Ending, Manner, Message, Operation, Outcome, Parcel, Patience, Report};

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operation::Push { parcel, patience } => write!(f, "writer push {patience} {parcel}"),
            Operation::PushBatch { parcels: [first, second, third], patience } => {
                write!(f, "writer push-batch {patience} {first} {second} {third}")
            }
            Operation::Pop { patience } => write!(f, "reader pop {patience}"),
            Operation::Peek { access, patience } => write!(f, "reader peek {patience} {access}"),
            Operation::PopBatch { max, access, ending, patience } => {
                write!(f, "reader pop-batch {patience} {access} {ending} {max}")
            }
            Operation::Write { pieces: [first, second], buffer, patience } => {
                write!(f, "writer write {patience} {first} {second} {buffer}")
            }
            Operation::Read { count, most, access, patience } => {
                write!(f, "reader read {patience} {access} {count} {most}")
            }
            Operation::Iterate { count, access, patience } => write!(f, "reader iterate {patience} {access} {count}"),
            Operation::PopMany { max, patience } => write!(f, "reader pop-many {patience} {max}"),
            Operation::Leave(side) => write!(f, "{side} leave"),
            Operation::Attach(side) => write!(f, "{side} attach"),
            Operation::Measure(side) => write!(f, "{side} measure"),
            Operation::AttachToStop => write!(f, "reader attach-to-stop"),
            Operation::TakeEnd => write!(f, "reader take-end"),
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
            ["push", patience, parcel] => {
                Ok(Operation::Push { parcel: parcel.parse()?, patience: one_of(PATIENCE, patience)? })
            }
            ["push-batch", patience, first, second, third] => {
                let parcels = [first.parse()?, second.parse()?, third.parse()?];
                Ok(Operation::PushBatch { parcels, patience: one_of(PATIENCE, patience)? })
            }
            ["pop", patience] => Ok(Operation::Pop { patience: one_of(PATIENCE, patience)? }),
            ["peek", patience, access] => {
                Ok(Operation::Peek { access: one_of(ACCESS, access)?, patience: one_of(PATIENCE, patience)? })
            }
            ["pop-batch", patience, access, ending, max] => Ok(Operation::PopBatch {
                max: number(max)?,
                access: one_of(ACCESS, access)?,
                ending: one_of(Ending::ALL, ending)?,
                patience: one_of(PATIENCE, patience)?,
            }),
            ["write", patience, first, second, buffer] => Ok(Operation::Write {
                pieces: [number(first)?, number(second)?],
                buffer: number(buffer)?,
                patience: one_of(PATIENCE, patience)?,
            }),
            ["read", patience, access, count, most] => Ok(Operation::Read {
                count: number(count)?,
                most: number(most)?,
                access: one_of(ACCESS, access)?,
                patience: one_of(PATIENCE, patience)?,
            }),
            ["iterate", patience, access, count] => Ok(Operation::Iterate {
                count: number(count)?,
                access: one_of(ACCESS, access)?,
                patience: one_of(PATIENCE, patience)?,
            }),
            ["pop-many", patience, max] => {
                Ok(Operation::PopMany { max: number(max)?, patience: one_of(PATIENCE, patience)? })
            }
            ["leave"] => Ok(Operation::Leave(side)),
            ["attach"] => Ok(Operation::Attach(side)),
            ["measure"] => Ok(Operation::Measure(side)),
            ["attach-to-stop"] => Ok(Operation::AttachToStop),
            ["take-end"] => Ok(Operation::TakeEnd),
            _ => Err(unreadable(text)),
        }
    }
}

impl fmt::Display for Parcel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.manner, self.length)
    }
}

impl FromStr for Parcel {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let (manner, length) = text.split_once(':').ok_or_else(|| unreadable(text))?;
        Ok(Parcel { length: number(length)?, manner: one_of(MANNERS, manner)? })
    }
}

const PATIENCE: [Patience; 3] = [Patience::Try, Patience::Zero, Patience::Ever];

impl fmt::Display for Patience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Patience::Try => "try",
            Patience::Zero => "zero",
            Patience::Ever => "ever",
        })
    }
}

const MANNERS: [Manner; 6] =
    [Manner::Copied, Manner::Written, Manner::Shrunk, Manner::Cut, Manner::InPlace, Manner::GivenUp];

impl fmt::Display for Manner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Manner::Copied => "copied",
            Manner::Written => "written",
            Manner::Shrunk => "shrunk",
            Manner::Cut => "cut",
            Manner::InPlace => "in-place",
            Manner::GivenUp => "given-up",
        })
    }
}

const ACCESS: [Access; 2] = [Access::Copied, Access::InPlace];

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Access::Copied => "copied",
            Access::InPlace => "in-place",
        })
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Ending::Committed => "committed",
            Ending::CommittedInPart => "committed-in-part",
            Ending::Refused => "refused",
            Ending::Dropped => "dropped",
            Ending::Forgotten => "forgotten",
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {} {} {}", Known(self.position), Known(self.messages), self.outcome)
    }
}

impl FromStr for Report {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let at = text.strip_prefix("at ").ok_or_else(|| unreadable(text))?;
        let (position, rest) = at.split_once(' ').ok_or_else(|| unreadable(text))?;
        let (messages, outcome) = rest.split_once(' ').ok_or_else(|| unreadable(text))?;
        Ok(Report { outcome: outcome.parse()?, position: known(position)?, messages: known(messages)? })
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Pushed => write!(f, "pushed"),
            Outcome::GivenUp => write!(f, "given-up"),
            Outcome::Each(each) => each.iter().try_for_each(|outcome| write!(f, "+ {outcome} ")),
            Outcome::Popped(message) => write!(f, "popped {}", Hex(message)),
            Outcome::Read(messages) => {
                write!(f, "read")?;
                messages.iter().try_for_each(|message| write!(f, " {}@{}", Hex(&message.bytes), message.end))
            }
            Outcome::Taken { pieces, end } => {
                write!(f, "taken")?;
                pieces.iter().try_for_each(|piece| write!(f, " {}", Hex(piece)))?;
                end.as_ref().map_or(Ok(()), |end| write!(f, " / {end}"))
            }
            Outcome::Full => write!(f, "full"),
            Outcome::Nothing => write!(f, "nothing"),
            Outcome::TimedOut => write!(f, "timed-out"),
            Outcome::Closed => write!(f, "closed"),
            Outcome::TooLarge { len, max } => write!(f, "too-large {len} {max}"),
            Outcome::Measured { used, free } => write!(f, "measured {used} {free}"),
            Outcome::Moved => write!(f, "moved"),
            Outcome::EndTaken => write!(f, "end-taken"),
            Outcome::NoEnd => write!(f, "no-end"),
            Outcome::Absent => write!(f, "absent"),
        }
    }
}

impl FromStr for Outcome {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        if let Some(each) = text.strip_prefix("+ ") {
            return Ok(Outcome::Each(each.split("+ ").map(|one| one.trim_end().parse()).collect::<Result<_, _>>()?));
        }
        match *text.split(' ').collect::<Vec<_>>() {
            ["pushed"] => Ok(Outcome::Pushed),
            ["given-up"] => Ok(Outcome::GivenUp),
            ["popped", message] => Ok(Outcome::Popped(bytes(message)?)),
            ["read", ref messages @ ..] => {
                Ok(Outcome::Read(messages.iter().map(|message| message.parse()).collect::<Result<_, _>>()?))
            }
            ["taken", ref pieces @ .., "/", end] => taken(pieces, Some(end)),
            ["taken", ref pieces @ ..] => taken(pieces, None),
            ["full"] => Ok(Outcome::Full),
            ["nothing"] => Ok(Outcome::Nothing),
            ["timed-out"] => Ok(Outcome::TimedOut),
            ["closed"] => Ok(Outcome::Closed),
            ["too-large", len, max] => Ok(Outcome::TooLarge { len: number(len)?, max: number(max)? }),
            ["measured", used, free] => Ok(Outcome::Measured { used: number(used)?, free: number(free)? }),
            ["moved"] => Ok(Outcome::Moved),
            ["end-taken"] => Ok(Outcome::EndTaken),
            ["no-end"] => Ok(Outcome::NoEnd),
            ["absent"] => Ok(Outcome::Absent),
            _ => Err(unreadable(text)),
        }
    }
}

impl FromStr for Message {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let (message, end) = text.split_once('@').ok_or_else(|| unreadable(text))?;
        Ok(Message { bytes: bytes(message)?, end: number(end)? })
    }
}

fn taken(pieces: &[&str], end: Option<&str>) -> Result<Outcome, Unreadable> {
    let end = end.map(|end| end.parse().map(Box::new)).transpose()?;
    Ok(Outcome::Taken { pieces: pieces.iter().map(|piece| bytes(piece)).collect::<Result<_, _>>()?, end })
}

/// A number, or `-`.
struct Known(Option<u64>);

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(number) => write!(f, "{number}"),
            None => f.write_str("-"),
        }
    }
}

fn known(text: &str) -> Result<Option<u64>, Unreadable> {
    match text {
        "-" => Ok(None),
        text => Ok(Some(number(text)?)),
    }
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A line that means nothing.
#[derive(Debug)]
pub struct Unreadable(pub String);

fn unreadable(text: &str) -> Unreadable {
    Unreadable(text.into())
}

/// The one of `all` that is written so.
fn one_of<T: fmt::Display, const N: usize>(all: [T; N], text: &str) -> Result<T, Unreadable> {
    all.into_iter().find(|one| one.to_string() == text).ok_or_else(|| unreadable(text))
}

fn number<N: FromStr>(text: &str) -> Result<N, Unreadable> {
    text.parse().map_err(|_| unreadable(text))
}

fn bytes(text: &str) -> Result<Vec<u8>, Unreadable> {
    let byte = |at: usize| u8::from_str_radix(text.get(at..at + 2).unwrap_or(""), 16).map_err(|_| unreadable(text));
    (0..text.len()).step_by(2).map(byte).collect()
}
