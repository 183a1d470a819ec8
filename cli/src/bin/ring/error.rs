//! What goes wrong in `ring`: the message, which names the remedy, and the exit status.

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

/// How a run of `ring` ends, as its caller sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    Success,
    SystemRefused,
    WrongCommandLine,
    UnusableRing,
    StreamNotEnded,
    UnsuitableInput,
    RingFull,
    OutputClosed,
    Signal(c_int),
}

/// All statuses except that of a signal, in the order of their numbers.
pub const STATUSES: [Status; 8] = [
    Status::Success,
    Status::SystemRefused,
    Status::WrongCommandLine,
    Status::UnusableRing,
    Status::StreamNotEnded,
    Status::UnsuitableInput,
    Status::RingFull,
    Status::OutputClosed,
];

impl Status {
    /// Returns the number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Status::Success => 0,
            Status::SystemRefused => 1,
            Status::WrongCommandLine => 2,
            Status::UnusableRing => 3,
            Status::StreamNotEnded => 4,
            Status::UnsuitableInput => 5,
            Status::RingFull => 6,
            Status::OutputClosed => 128 + 13, // as of SIGPIPE
            Status::Signal(signal) => u8::try_from(128 + signal).unwrap_or(1),
        }
    }

    /// Says what the status means, in lines for `ring --help`.
    fn meaning(self) -> &'static str {
        match self {
            Status::Success => "success",
            Status::SystemRefused => "the system refused something, or standard input or output is needed and closed",
            Status::WrongCommandLine => "the command line is wrong, or the ring is the input or output itself",
            Status::UnusableRing => {
                "the ring cannot be used: it does not exist, is damaged, is not trusted, is of another boot,\n       \
                 or a living process holds it; of doctor: a ring needs attention"
            }
            Status::StreamNotEnded => {
                "the sender did not end the stream: it died, was interrupted, or failed;\n       \
                 or the ring was removed or replaced"
            }
            Status::UnsuitableInput => {
                "the input cannot be sent: a line is longer than the ring, a frame is cut short,\n       \
                 or --resume cannot go on with this input"
            }
            Status::RingFull => "the ring stayed full for longer than send was to wait (--when-full, --timeout)",
            Status::OutputClosed => "nobody reads the output any more",
            Status::Signal(_) => "a signal ended it",
        }
    }
}

/// Lists the exit statuses for `ring --help`.
pub fn statuses() -> String {
    let lines = STATUSES.map(|status| format!("  {:<4} {}\n", status.code(), status.meaning()));
    format!("Exit status:\n{}  128 plus the number of a signal that ended it, as 130 after Ctrl-C\n", lines.concat())
}

/// Why a command failed.
#[derive(Debug)]
pub enum Error {
    /// The library could not create the ring.
    Create(CreateError),
    /// The library could not open, attach to, or remove the ring.
    Open(OpenError),
    /// The directory of the ring does not exist.
    Nowhere { directory: PathBuf },
    /// `rm` does not remove a ring while a living process holds `side`.
    Live { ring: PathBuf, side: Side },
    /// The ring was damaged while it was in use.
    Corrupt { ring: PathBuf, check: Check },
    /// The ring has `capacity` bytes; `send --capacity` asked for other ones.
    Capacity { ring: PathBuf, capacity: usize, asked: usize },
    /// The ring has another fence mode than `send --fences` asked for.
    Fences { ring: PathBuf },
    /// The ring has the permissions `mode`; `send --mode` asked for other ones.
    Mode { ring: PathBuf, mode: u32, asked: u32 },
    /// The ring has the group `group`; `send --group` asked for another one.
    Group { ring: PathBuf, group: u32, asked: u32 },
    /// `recv --remove` will not be able to remove the ring: nothing was received.
    Unremovable { ring: PathBuf, source: io::Error },
    /// The ring cannot tell how many messages it has had, which `send --resume` needs.
    Uncounted { ring: PathBuf },
    /// The reader took every message before `peek` could show it.
    Overtaken { ring: PathBuf },
    /// A message found no space for as long as it was to wait. `number` counts from 1; `None` is the end of the stream.
    Full { ring: PathBuf, number: Option<u64>, waited: Duration },
    /// A block of `size` bytes never fits the ring; one of `max` bytes does.
    BlockSize { size: usize, max: usize },
    /// Message `number` of the input, counted from 1, never fits the ring; one of `max` bytes does.
    TooLarge { number: u64, max: usize },
    /// The last line has no newline, and does not fit the ring together with the note that says so.
    Unended { number: u64, max: usize },
    /// The input ends within frame `number`, counted from 1.
    CutShort { number: u64 },
    /// The input has `missing` messages fewer than `send --resume` has to skip.
    AlreadyFurther { missing: u64 },
    /// Message `number` was sent before it was whole, and has grown since.
    Grown { ring: PathBuf, number: u64, is_a_line: bool },
    /// Nobody can tell whether message `number` was whole when it was sent.
    Untold { ring: PathBuf, number: u64 },
    /// Message `number` of the input, counted from 1, is not the last message that was sent.
    AnotherInput { ring: PathBuf, number: u64 },
    /// The sender died or abandoned the ring, and did not end the stream.
    SenderDied { ring: PathBuf },
    /// The ring was removed while it was in use.
    Removed { ring: PathBuf },
    /// Another file took the ring's path while the ring was in use.
    Replaced { ring: PathBuf },
    /// The system refused to do something.
    System { doing: String, source: io::Error },
    /// A standard stream that is needed is closed.
    Closed { standard: Standard },
    /// Standard input is not open for reading, or standard output not for writing.
    WrongWay { standard: Standard },
    /// The ring is `what` of the command: its input or its output.
    Itself { ring: PathBuf, what: &'static str },
    /// Standard error is the ring itself, so nothing may be written to it.
    ErrorsIntoTheRing,
    /// Nobody reads the output any more.
    OutputClosed,
    /// A signal asked the command to stop.
    Signal(c_int),
    /// `doctor` has shown a ring that needs attention.
    NeedsAttention,
}

impl Error {
    /// Returns a function that wraps an [`io::Error`] and says what was being done.
    pub fn system(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        move |source| Error::System { doing: doing.into(), source }
    }

    /// Wraps an [`io::Error`] of a write to the output.
    pub fn output(source: io::Error) -> Self {
        match source.kind() {
            ErrorKind::BrokenPipe => Error::OutputClosed,
            _ => Error::System { doing: "write the output".into(), source },
        }
    }

    /// Says what happened to a ring that lost its path: it was removed, or replaced.
    pub fn lost(ring: &Path) -> Self {
        match fs::symlink_metadata(ring) {
            Ok(_) => Error::Replaced { ring: ring.into() },
            Err(_) => Error::Removed { ring: ring.into() },
        }
    }

    /// Returns the exit status of a command that ends with this error.
    pub fn status(&self) -> Status {
        match self {
            Error::Create(CreateError::InvalidCapacity(_)) | Error::Capacity { .. } | Error::BlockSize { .. } => {
                Status::WrongCommandLine
            }
            Error::Fences { .. } | Error::Mode { .. } | Error::Group { .. } => Status::WrongCommandLine,
            Error::Itself { .. } | Error::ErrorsIntoTheRing => Status::WrongCommandLine,
            Error::Create(CreateError::Io { .. } | CreateError::FencesUnavailable { .. }) => Status::SystemRefused,
            Error::Open(OpenError::Io { .. } | OpenError::FencesUnavailable { .. }) => Status::SystemRefused,
            Error::System { .. } | Error::Nowhere { .. } | Error::Unremovable { .. } => Status::SystemRefused,
            Error::Overtaken { .. } | Error::Closed { .. } | Error::WrongWay { .. } => Status::SystemRefused,
            Error::Create(_) | Error::Open(_) | Error::Live { .. } | Error::Corrupt { .. } => Status::UnusableRing,
            Error::Uncounted { .. } | Error::NeedsAttention => Status::UnusableRing,
            Error::SenderDied { .. } | Error::Removed { .. } | Error::Replaced { .. } => Status::StreamNotEnded,
            Error::TooLarge { .. } | Error::Unended { .. } | Error::CutShort { .. } => Status::UnsuitableInput,
            Error::AlreadyFurther { .. } | Error::Grown { .. } => Status::UnsuitableInput,
            Error::AnotherInput { .. } | Error::Untold { .. } => Status::UnsuitableInput,
            Error::Full { .. } => Status::RingFull,
            Error::OutputClosed => Status::OutputClosed,
            Error::Signal(signal) => Status::Signal(*signal),
        }
    }

    /// Returns whether to print nothing: the caller knows already, or cannot be told.
    pub fn is_silent(&self) -> bool {
        matches!(self, Error::OutputClosed | Error::Signal(_) | Error::NeedsAttention | Error::ErrorsIntoTheRing)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Create(error @ CreateError::Io { doing: "change the group of", .. }) => {
                write!(f, "{error}: pass a --group that this process is in (id lists them)")
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
                write!(f, "{}: this process cannot use asymmetric fences: {source}; ", quoted(path))?;
                f.write_str("pass --fences symmetric, or leave --fences out")
            }
            Error::Create(error @ CreateError::UnsuitableFilesystem { .. }) => {
                write!(f, "{error}: pass --any-filesystem to use this one")
            }
            Error::Create(error) => error.fmt(f),
            Error::Open(OpenError::NotFound { path }) => {
                write!(
                    f,
                    "there is no ring at {0}: list the rings (ring doctor), or create this one (ring send {0})",
                    quoted(path)
                )
            }
            Error::Open(OpenError::Corrupt { path, check }) => corrupt(f, path, *check),
            Error::Open(OpenError::Busy { path, side }) => write!(
                f,
                "{0} has a {side} already, and a ring has only one: end that process (fuser {0} names it), \
                 or use a ring for each",
                quoted(path)
            ),
            Error::Open(OpenError::AnotherBoot { path }) => write!(
                f,
                "{0} was created before the last boot, and may be damaged if the system stopped \
                 without warning: remove it (ring rm {0}), or pass --any-boot to use what is in it",
                quoted(path)
            ),
            Error::Open(error @ OpenError::Untrusted { .. }) => {
                write!(f, "{error}: pass --any-owner if you trust everyone who may change it")
            }
            Error::Open(error @ OpenError::UnsuitableFilesystem { .. }) => {
                write!(f, "{error}: pass --any-filesystem to use this one")
            }
            Error::Open(error @ OpenError::Io { source, .. }) if source.kind() == ErrorKind::PermissionDenied => {
                write!(f, "{error}: run this as the owner of the ring, or let the owner allow you to read and write it")
            }
            Error::Open(OpenError::FencesUnavailable { path, source }) => write!(
                f,
                "{0} was created with asymmetric fences, which this process cannot use: {source}; allow this process \
                 the system call membarrier, or remove the ring (ring rm {0}) and create it again \
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
                "{0} has a capacity of {capacity} bytes, not {asked}: leave --capacity out, or remove the ring \
                 first (ring rm {0})",
                quoted(ring)
            ),
            Error::Fences { ring } => write!(
                f,
                "{0} has other fences (ring stat {0} shows them): leave --fences out, or remove the ring first \
                 (ring rm {0})",
                quoted(ring)
            ),
            Error::Mode { ring, mode, asked } => write!(
                f,
                "{0} has the permissions {mode:04o}, not {asked:04o}: leave --mode out, or change them \
                 (chmod {asked:04o} {0})",
                quoted(ring)
            ),
            Error::Group { ring, group, asked } => write!(
                f,
                "{0} has the group {group}, not {asked}: leave --group out, or change it (chgrp {asked} {0})",
                quoted(ring)
            ),
            Error::Unremovable { ring, source } => write!(
                f,
                "this user may not remove {0}: {source}; nothing was received: leave --remove out, and let the owner \
                 remove it (ring rm {0})",
                quoted(ring)
            ),
            Error::Uncounted { ring } => write!(
                f,
                "{} cannot tell how many messages it has had, because its counts are damaged: find out what has \
                 arrived, and send the rest without --resume",
                quoted(ring)
            ),
            Error::Overtaken { ring } => write!(
                f,
                "the reader of {} takes messages before they can be shown: watch its rate instead (ring top)",
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
                         go on with --resume if the input begins again; earlier messages were sent"
                    ),
                    None => write!(
                        f,
                        ", and has no space even for the end of another stream: see who receives (ring doctor {ring}); \
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
                "message {number} of the input is longer than the {max} bytes that fit the ring: \
                 remove the ring (ring rm) and pass a larger --capacity; earlier messages were sent"
            ),
            Error::Unended { number, max } => write!(
                f,
                "message {number}, the last line of the input, has no newline, and with the note that says so it is \
                 longer than the {max} bytes that fit the ring: end it with a newline, or remove the ring (ring rm) \
                 and pass a larger --capacity; earlier messages were sent"
            ),
            Error::CutShort { number } => {
                write!(f, "the input ends within frame {number}: give the whole frame; earlier messages were sent")
            }
            Error::AlreadyFurther { missing } => write!(
                f,
                "the input lacks {} sent before: give the same input as then, or send without --resume",
                counted(*missing, "message")
            ),
            Error::Grown { ring, number, is_a_line } => write!(
                f,
                "message {number} of the input was not whole when it was sent to {}, and has grown since: pass \
                 --resend as well, to send it again, whole, and then the rest;{} nothing was sent now",
                quoted(ring),
                if *is_a_line { " to hold back such lines, pass --complete-lines each time;" } else { "" }
            ),
            Error::Untold { ring, number } => write!(
                f,
                "whether message {number} of the input was whole when it was sent to {} cannot be told, because its \
                 place is used again: pass --resend as well, to send it again, and then the rest; nothing was sent now",
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
                 was received: start it again (with --resume if its input begins again), and receive the rest \
                 (ring recv {} --follow)",
                quoted(ring)
            ),
            Error::Removed { ring } => {
                write!(f, "{} was removed, so nobody can find it any more: start both sides again", quoted(ring))
            }
            Error::Replaced { ring } => write!(
                f,
                "{} is another file now, and nobody can find the ring that was there: start both sides again",
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
                write!(f, "the {what} is the ring {} itself, and this would damage it: name another file", quoted(ring))
            }
            Error::ErrorsIntoTheRing => f.write_str("standard error is the ring itself"),
            Error::OutputClosed => f.write_str("nobody reads the output any more"),
            Error::Signal(signal) => write!(f, "ended by {}", signal_name(*signal).unwrap_or("a signal")),
            Error::NeedsAttention => f.write_str("a ring needs attention"),
        }
    }
}

/// Says what to do about an error of the system that any command can meet.
fn advice(source: &io::Error) -> &'static str {
    match source.kind() {
        ErrorKind::ReadOnlyFilesystem => {
            ": the filesystem is mounted read-only: mount it for writing, or give a path elsewhere, as in /dev/shm; \
             ring stat, peek and doctor only read"
        }
        _ => "",
    }
}

fn how_to_give(standard: Standard) -> &'static str {
    match standard {
        Standard::Input => "redirect it (< FILE or PROGRAM |), or name a file to send",
        Standard::Output => "redirect it (> FILE or | PROGRAM)",
    }
}

fn corrupt(f: &mut fmt::Formatter<'_>, ring: &Path, check: Check) -> fmt::Result {
    write!(
        f,
        "{0} is damaged: {check}; save what can be read (ring peek {0}), then remove it (ring rm {0})",
        quoted(ring)
    )
}

impl std::error::Error for Error {}

/// The failures of several steps that are all done: the last one is the result, and the earlier ones are printed.
#[derive(Default)]
pub struct Failures(Option<Error>);

impl Failures {
    /// Returns what a step has done, or keeps its failure and prints the one before.
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

    /// Returns the last failure, if there was one.
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
