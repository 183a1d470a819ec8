//! The three operations that ask the system for something, and what came of one.

use std::io;
use std::path::Path;

use ipc_ring::{CreateError, OpenError, RingOptions, RingReader, RingWriter, Side};
use serde::{Deserialize, Serialize};

/// The capacity of the rings that are created, attached to and opened: a page, so that they are quickly made.
pub const CAPACITY: usize = 4096;
/// The permissions asked for: not the default, and more than the umask of a trial allows.
pub const MODE: u32 = 0o660;
/// What is in a ring that is attached to or opened.
pub const MESSAGES: [&[u8]; 3] = [b"first", b"", b"the third of three"];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
    Create,
    Attach,
    Open,
}

/// What an operation gave.
pub enum Handle {
    Writer(RingWriter),
    Reader(RingReader),
}

/// What came of an operation, as far as it can be told to another process.
#[derive(PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Outcome {
    Done,
    /// The system refused: the step that the error names, and the number of what the system said, if it has one.
    Refused {
        doing: String,
        errno: Option<i32>,
    },
    /// Another error, in its own words.
    Other(String),
}

/// The step that its error has a name of its own for.
const FENCES: &str = "use the fences of";

impl Operation {
    pub const ALL: [Operation; 3] = [Operation::Create, Operation::Attach, Operation::Open];

    pub fn name(self) -> &'static str {
        match self {
            Operation::Create => "create",
            Operation::Attach => "attach",
            Operation::Open => "open",
        }
    }

    pub fn perform(self, path: &Path, options: &RingOptions) -> (Outcome, Option<Handle>) {
        match self {
            Operation::Create => match options.create(path, CAPACITY) {
                Ok(writer) => (Outcome::Done, Some(Handle::Writer(writer))),
                Err(CreateError::Io { doing, source, .. }) => (Outcome::refused(doing, &source), None),
                Err(CreateError::FencesUnavailable { source, .. }) => (Outcome::refused(FENCES, &source), None),
                Err(error) => (Outcome::Other(error.to_string()), None),
            },
            Operation::Attach => Outcome::of_opening(options.attach(path).map(Handle::Writer)),
            Operation::Open => Outcome::of_opening(options.open(path).map(Handle::Reader)),
        }
    }

    /// Whether the side that the operation takes is held.
    pub fn is_busy(self, path: &Path) -> Result<(), String> {
        let (asked, side) = match self {
            Operation::Create | Operation::Attach => (RingWriter::attach(path).map(drop), Side::Writer),
            Operation::Open => (RingReader::open(path).map(drop), Side::Reader),
        };
        match asked {
            Err(OpenError::Busy { side: found, .. }) if found == side => Ok(()),
            other => Err(format!("a second one is not told that the {side:?} is busy, but {other:?}")),
        }
    }
}

impl Outcome {
    fn of_opening(opened: Result<Handle, OpenError>) -> (Self, Option<Handle>) {
        match opened {
            Ok(handle) => (Outcome::Done, Some(handle)),
            Err(OpenError::Io { doing, source, .. }) => (Outcome::refused(doing, &source), None),
            Err(OpenError::FencesUnavailable { source, .. }) => (Outcome::refused(FENCES, &source), None),
            // How the kernel says that a process is not the owner.
            Err(OpenError::Untrusted { why: "another user owns it", .. }) => {
                (Outcome::refused("own", &io::Error::from_raw_os_error(libc::EPERM)), None)
            }
            Err(error) => (Outcome::Other(error.to_string()), None),
        }
    }

    fn refused(doing: &str, source: &io::Error) -> Self {
        Outcome::Refused { doing: doing.into(), errno: source.raw_os_error() }
    }

    /// What is wrong with it, where it may be done, or refused with one of `expected` and the step named.
    pub fn complaint(&self, expected: &[i32]) -> Option<String> {
        match self {
            Outcome::Done => None,
            Outcome::Refused { doing, .. } if doing.is_empty() => Some("the error does not name the step".into()),
            Outcome::Refused { errno: Some(errno), .. } if expected.contains(errno) => None,
            Outcome::Refused { doing, errno: Some(errno) } => {
                Some(format!("cannot {doing}: {}, which is not what happened", io::Error::from_raw_os_error(*errno)))
            }
            Outcome::Refused { doing, errno: None } => Some(format!("cannot {doing}: what the system said is lost")),
            Outcome::Other(why) => Some(format!("the error says something else: {why}")),
        }
    }
}
