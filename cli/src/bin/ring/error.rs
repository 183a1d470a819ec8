//! Why it did not work out, and what to do about it.

use std::ffi::c_int;
use std::fmt;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipc_ring::{Check, CreateError, OpenError, Side};
use signal_hook::low_level::signal_name;

use crate::number::counted;
use crate::output::complain;
use crate::quoted::quoted;
use crate::standard::Standard;

/// Why it did not work out.
#[derive(Debug)]
pub enum Error {
    /// The ring cannot be created.
    Create(CreateError),
    /// The ring cannot be opened.
    Open(OpenError),
    /// The directory is not there in which the ring is to be.
    Nowhere {
        /// It.
        directory: PathBuf,
    },
    /// The ring is not to be removed.
    Live {
        /// Where it is.
        ring: PathBuf,
        /// The side that a living process holds.
        side: Side,
    },
    /// The ring broke while it was used.
    Corrupt {
        /// Where it is.
        ring: PathBuf,
        /// What is wrong with it.
        check: Check,
    },
    /// The ring has another capacity than was asked for.
    Capacity {
        /// Where it is.
        ring: PathBuf,
        /// The bytes that it has.
        capacity: usize,
        /// Those that were asked for.
        asked: usize,
    },
    /// The ring has another fence mode than was asked for.
    Fences {
        /// Where it is.
        ring: PathBuf,
    },
    /// The ring has other permissions than were asked for.
    Mode {
        /// Where it is.
        ring: PathBuf,
        /// Those that it has.
        mode: u32,
        /// Those that were asked for.
        asked: u32,
    },
    /// The ring is of another group than was asked for.
    Group {
        /// Where it is.
        ring: PathBuf,
        /// The group that it is of.
        group: u32,
        /// The one that was asked for.
        asked: u32,
    },
    /// The ring could not be removed in the end.
    Unremovable {
        /// Where it is.
        ring: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// How many messages the ring has had cannot be told.
    Uncounted {
        /// Where it is.
        ring: PathBuf,
    },
    /// The reader had each message before it could be shown.
    Overtaken {
        /// Where the ring is.
        ring: PathBuf,
    },
    /// There was no space for a message as long as it was to wait.
    Full {
        /// Where the ring is.
        ring: PathBuf,
        /// Which message it is, counted from 1.
        number: Option<u64>,
        /// How long it waited.
        waited: Duration,
    },
    /// Blocks that never fit the ring.
    BlockSize {
        /// The bytes of a block.
        size: usize,
        /// The most there may be.
        max: usize,
    },
    /// A message of the input that never fits the ring.
    TooLarge {
        /// Which it is, counted from 1.
        number: u64,
        /// The most bytes it may have.
        max: usize,
    },
    /// A last line without a newline that fits the ring, but not with the words that say so.
    Unended {
        /// Which it is, counted from 1.
        number: u64,
        /// The most bytes a message may have.
        max: usize,
    },
    /// The input ends within a frame.
    CutShort {
        /// Which it is, counted from 1.
        number: u64,
    },
    /// The input has fewer messages than are to be skipped.
    AlreadyFurther {
        /// Those that were already sent, and are not in the input.
        missing: u64,
    },
    /// The last message that was sent was not whole then, and has grown.
    Grown { ring: PathBuf, number: u64, is_a_line: bool },
    /// Nobody knows whether a message was whole when it was sent.
    Untold { ring: PathBuf, number: u64 },
    /// The last message that was sent is not what the input has in its place.
    AnotherInput {
        /// Where the ring is.
        ring: PathBuf,
        /// Which it would be, counted from 1.
        number: u64,
    },
    /// The sender has gone and did not end the stream.
    SenderDied {
        /// Where the ring is.
        ring: PathBuf,
    },
    /// The ring was removed while it was in use.
    Removed {
        /// Where it was.
        ring: PathBuf,
    },
    /// Another file took the ring's place while it was in use.
    Replaced {
        /// Where it was.
        ring: PathBuf,
    },
    /// The system refused.
    System {
        /// What was tried.
        doing: String,
        /// What the system said.
        source: io::Error,
    },
    /// The standard input or output is closed.
    Closed {
        /// Which of them.
        standard: Standard,
    },
    /// The standard input is open for writing alone, or the output for reading.
    WrongWay {
        /// Which of them.
        standard: Standard,
    },
    /// The ring is the input or the output itself.
    Itself {
        /// Where it is.
        ring: PathBuf,
        /// Which of them.
        what: &'static str,
    },
    /// What is told on stderr would go into the ring.
    ErrorsIntoTheRing,
    /// Nobody reads the output any more.
    OutputClosed,
    /// A signal asked for the end.
    Signal(c_int),
    /// A ring needs attention, as was said.
    Unwell,
}

impl Error {
    /// What to wrap an [`io::Error`] in.
    pub fn system(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        move |source| Error::System { doing: doing.into(), source }
    }

    /// What to wrap an [`io::Error`] of the output in.
    pub fn output(source: io::Error) -> Self {
        match source.kind() {
            ErrorKind::BrokenPipe => Error::OutputClosed,
            _ => Error::System { doing: "write the output".into(), source },
        }
    }

    /// What has become of a ring that lost its name.
    pub fn lost(ring: &Path) -> Self {
        match fs::symlink_metadata(ring) {
            Ok(_) => Error::Replaced { ring: ring.into() },
            Err(_) => Error::Removed { ring: ring.into() },
        }
    }

    /// The exit status, as `ring --help` lists it.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Create(CreateError::InvalidCapacity(_)) | Error::Capacity { .. } | Error::BlockSize { .. } => 2,
            Error::Fences { .. } | Error::Mode { .. } | Error::Group { .. } => 2,
            Error::Itself { .. } | Error::ErrorsIntoTheRing => 2,
            Error::Create(CreateError::Io { .. } | CreateError::FencesUnavailable { .. }) => 1,
            Error::Open(OpenError::Io { .. } | OpenError::FencesUnavailable { .. }) | Error::System { .. } => 1,
            Error::Overtaken { .. } | Error::Nowhere { .. } | Error::Closed { .. } | Error::WrongWay { .. } => 1,
            Error::Unremovable { .. } => 1,
            Error::Create(_) | Error::Open(_) | Error::Live { .. } | Error::Corrupt { .. } | Error::Unwell => 3,
            Error::Uncounted { .. } => 3,
            Error::SenderDied { .. } | Error::Removed { .. } | Error::Replaced { .. } => 4,
            Error::TooLarge { .. } | Error::Unended { .. } | Error::CutShort { .. } => 5,
            Error::AlreadyFurther { .. } | Error::Grown { .. } | Error::AnotherInput { .. } | Error::Untold { .. } => 5,
            Error::Full { .. } => 6,
            Error::OutputClosed => 128 + 13,
            Error::Signal(signal) => u8::try_from(128 + signal).unwrap_or(1),
        }
    }

    /// Whether whoever started this knows already.
    pub fn is_silent(&self) -> bool {
        matches!(self, Error::OutputClosed | Error::Signal(_) | Error::Unwell | Error::ErrorsIntoTheRing)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Create(error @ CreateError::Io { doing: "change the group of", .. }) => {
                write!(f, "{error}: pass a --group that this process is in (id names them)")
            }
            Error::Create(error @ CreateError::Io { source, .. }) => {
                error.fmt(f)?;
                f.write_str(match source.kind() {
                    ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::PermissionDenied => {
                        ": give a path in a directory that exists and that you may write to"
                    }
                    ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                        ": pass a smaller --capacity, or a path where there is more space"
                    }
                    ErrorKind::OutOfMemory => ": pass a smaller --capacity",
                    _ => advice(source),
                })
            }
            Error::Create(CreateError::InvalidCapacity(error)) => write!(f, "--capacity: {error}"),
            Error::Create(CreateError::FencesUnavailable { path, source }) => {
                write!(f, "{}: asymmetric fences are not to be had here: {source}; ", quoted(path))?;
                f.write_str("pass --fences symmetric, or leave it out")
            }
            Error::Create(error @ CreateError::UnsuitableFilesystem { .. }) => {
                write!(f, "{error}: pass --any-filesystem if it is to be there")
            }
            Error::Create(error) => error.fmt(f),
            Error::Open(OpenError::NotFound { path }) => {
                write!(
                    f,
                    "there is no ring at {0}: see which there are (ring doctor), or make one (ring send {0})",
                    quoted(path)
                )
            }
            Error::Open(OpenError::Corrupt { path, check }) => corrupt(f, path, *check),
            Error::Open(OpenError::Busy { path, side }) => write!(
                f,
                "{0} has a {side} already, and may have one only: end that (fuser {0} names it), or use a ring for \
                 each",
                quoted(path)
            ),
            Error::Open(OpenError::AnotherBoot { path }) => write!(
                f,
                "{0} was created before the system was last started, and may be damaged if that stopped without \
                 warning: remove it (ring rm {0}), or pass --any-boot to go on with what is in it",
                quoted(path)
            ),
            Error::Open(error @ OpenError::Untrusted { .. }) => {
                write!(f, "{error}: pass --any-owner if you trust whoever may change it")
            }
            Error::Open(error @ OpenError::UnsuitableFilesystem { .. }) => {
                write!(f, "{error}: pass --any-filesystem if it is to be there")
            }
            Error::Open(error @ OpenError::Io { source, .. }) if source.kind() == ErrorKind::PermissionDenied => {
                write!(f, "{error}: run this as the user whose ring it is, or ask for leave to read and write it")
            }
            Error::Open(OpenError::FencesUnavailable { path, source }) => write!(
                f,
                "{0} was created with asymmetric fences, which this process cannot use: {source}; allow it the system \
                 call membarrier, or remove the ring (ring rm {0}) and create it anew \
                 (ring send {0} --fences symmetric)",
                quoted(path)
            ),
            Error::Open(error @ OpenError::Io { source, .. }) => write!(f, "{error}{}", advice(source)),
            Error::Open(error) => error.fmt(f),
            Error::Nowhere { directory } => {
                write!(f, "there is no directory {}: give a path in a directory that exists", quoted(directory))
            }
            Error::Live { ring, side } => {
                write!(f, "{0} is in use: it has a living {side}; end that first (fuser {0} names it)", quoted(ring))
            }
            Error::Corrupt { ring, check } => corrupt(f, ring, *check),
            Error::Capacity { ring, capacity, asked } => write!(
                f,
                "{0} has a capacity of {capacity} bytes and not of {asked}: leave --capacity out, or remove the ring \
                 first (ring rm {0})",
                quoted(ring)
            ),
            Error::Fences { ring } => write!(
                f,
                "{0} has other fences (ring stat {0}): leave --fences out, or remove the ring first (ring rm {0})",
                quoted(ring)
            ),
            Error::Mode { ring, mode, asked } => write!(
                f,
                "{0} has the permissions {mode:04o} and not {asked:04o}: leave --mode out, or change them \
                 (chmod {asked:04o} {0})",
                quoted(ring)
            ),
            Error::Group { ring, group, asked } => write!(
                f,
                "{0} is of the group {group} and not of {asked}: leave --group out, or change it (chgrp {asked} {0})",
                quoted(ring)
            ),
            Error::Unremovable { ring, source } => write!(
                f,
                "{0} may not be removed by this user: {source}; nothing was received: leave --remove out, and have it \
                 removed by its owner (ring rm {0})",
                quoted(ring)
            ),
            Error::Uncounted { ring } => write!(
                f,
                "how many messages {} has had cannot be told, for it was damaged: find out what has arrived, and send \
                 the rest without --resume",
                quoted(ring)
            ),
            Error::Overtaken { ring } => write!(
                f,
                "the reader of {} is too fast for its messages to be looked at: see how it goes with ring top",
                quoted(ring)
            ),
            Error::Full { ring, number, waited } => {
                let ring = quoted(ring);
                match waited {
                    &Duration::ZERO => write!(f, "{ring} is full")?,
                    waited => write!(f, "{ring} was full for {waited:?}")?,
                }
                match number {
                    Some(number) => write!(
                        f,
                        ", and message {number} of the input is not in it: see who receives (ring doctor {ring}), and \
                         go on with --resume if the input begins anew; what came before it was sent"
                    ),
                    None => write!(
                        f,
                        ", and has no room even for the end of another stream: see who receives (ring doctor {ring}); \
                         nothing was sent"
                    ),
                }
            }
            Error::BlockSize { size, max } => write!(
                f,
                "blocks of {size} bytes do not fit the ring: pass a --block-size of {max} or less, \
                 or remove the ring and pass a larger --capacity"
            ),
            Error::TooLarge { number, max } => write!(
                f,
                "message {number} of the input has more than the {max} bytes that fit the ring: \
                 remove the ring (ring rm) and pass a larger --capacity; what came before it was sent"
            ),
            Error::Unended { number, max } => write!(
                f,
                "message {number} of the input, its last line, has no newline, and with the words that say so more \
                 than the {max} bytes that fit the ring: end it with a newline, or remove the ring (ring rm) and pass \
                 a larger --capacity; what came before it was sent"
            ),
            Error::CutShort { number } => {
                write!(f, "the input ends within its frame {number}: give it whole; what came before it was sent")
            }
            Error::AlreadyFurther { missing } => write!(
                f,
                "{} more {} sent already than the input has: give the same input as before, or send without --resume",
                counted(*missing, "message"),
                if *missing == 1 { "was" } else { "were" }
            ),
            Error::Grown { ring, number, is_a_line } => write!(
                f,
                "message {number} of the input was not whole when it was sent to {}, and has grown since: pass \
                 --resend, too, to send it again, whole, and the rest;{} nothing was sent now",
                quoted(ring),
                if *is_a_line { " to hold such lines back pass --complete-lines each time;" } else { "" }
            ),
            Error::Untold { ring, number } => write!(
                f,
                "whether message {number} of the input was whole when it was sent to {} cannot be told, for its place \
                 is used again: pass --resend, too, to send it again, and the rest; nothing was sent now",
                quoted(ring)
            ),
            Error::AnotherInput { ring, number } => write!(
                f,
                "message {number} of the input is not the last one that was sent to {}: give the same input as before, \
                 or send without --resume; nothing was sent now",
                quoted(ring)
            ),
            Error::SenderDied { ring } => write!(
                f,
                "the sender did not end the stream (it died, was interrupted, or failed), and everything that it sent \
                 was received: start it again (with --resume if its input begins anew), and ring recv {} --follow, \
                 which waits for it",
                quoted(ring)
            ),
            Error::Removed { ring } => {
                write!(f, "{} was removed, so nobody can find it any more: start both sides again", quoted(ring))
            }
            Error::Replaced { ring } => write!(
                f,
                "{} is another file now, and nobody can find the ring any more that it was: start both sides again",
                quoted(ring)
            ),
            Error::System { doing, source } => {
                write!(f, "cannot {doing}: {source}{}", advice(source))
            }
            Error::Closed { standard } => write!(f, "the {standard} is closed: {}", how_to_give(*standard)),
            Error::WrongWay { standard: standard @ Standard::Input } => {
                write!(f, "the {standard} is not open for reading: {}", how_to_give(*standard))
            }
            Error::WrongWay { standard: standard @ Standard::Output } => {
                write!(f, "the {standard} is not open for writing: {}", how_to_give(*standard))
            }
            Error::Itself { ring, what } => {
                write!(f, "the {what} is the ring {} itself, which that would damage: name another file", quoted(ring))
            }
            Error::ErrorsIntoTheRing => f.write_str("errors would be written into the ring itself"),
            Error::OutputClosed => f.write_str("nobody reads the output any more"),
            Error::Signal(signal) => write!(f, "ended by {}", signal_name(*signal).unwrap_or("a signal")),
            Error::Unwell => f.write_str("a ring needs attention"),
        }
    }
}

/// What to do about what the system said, wherever it says so.
fn advice(source: &io::Error) -> &'static str {
    match source.kind() {
        ErrorKind::ReadOnlyFilesystem => {
            ": it is mounted for reading alone: mount it for writing, or give a path elsewhere, as in /dev/shm; \
             ring stat, peek and doctor need not write"
        }
        _ => "",
    }
}

fn how_to_give(standard: Standard) -> &'static str {
    match standard {
        Standard::Input => "give it something to read, as in < FILE or PROGRAM |, or name a file to send",
        Standard::Output => "give it somewhere to go, as in > FILE or | PROGRAM",
    }
}

fn corrupt(f: &mut fmt::Formatter<'_>, ring: &Path, check: Check) -> fmt::Result {
    write!(f, "{0} is damaged: {check}; see ring peek {0}, then ring rm {0}", quoted(ring))
}

impl std::error::Error for Error {}

/// What went wrong of several things that are done one after the other, whatever becomes of each: all of it is told,
/// and the last is how it ends.
#[derive(Default)]
pub struct Failures(Option<Error>);

impl Failures {
    /// What came of it, if that is no failure.
    pub fn note<T>(&mut self, done: Result<T, Error>) -> Option<T> {
        match done {
            Ok(done) => Some(done),
            Err(error) => {
                if let Some(earlier) = self.0.replace(error) {
                    complain(&format!("error: {earlier}\n"));
                }
                None
            }
        }
    }

    /// The last failure, if there was any.
    pub fn result(self) -> Result<(), Error> {
        self.0.map_or(Ok(()), Err)
    }
}

impl From<CreateError> for Error {
    fn from(error: CreateError) -> Self {
        Error::Create(error)
    }
}

impl From<OpenError> for Error {
    fn from(error: OpenError) -> Self {
        Error::Open(error)
    }
}
