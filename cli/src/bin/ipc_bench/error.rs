//! Why there is no result, and what to do about it.

use std::ffi::c_int;
use std::fmt;
use std::io::{self, ErrorKind};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitStatus;

use ipc_ring::CreateError;
use signal_hook::low_level::signal_name;

use crate::pin::PinError;
use crate::role::Role;

/// Why there is no result.
#[derive(Debug)]
pub enum Error {
    /// Something is at the ring's path already.
    Exists(PathBuf),
    /// The ring cannot be made.
    Create(CreateError),
    /// The messages do not fit the ring.
    MessageSize {
        /// The bytes of a message.
        len: usize,
        /// The most there may be.
        max: usize,
        /// The capacity of the ring.
        cap: usize,
    },
    /// The cores asked for cannot be had.
    Pin(PinError),
    /// The system refused.
    System {
        /// What was tried.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// One of the two processes failed.
    Failed {
        /// Which.
        role: Role,
        /// What it said.
        why: String,
    },
    /// One of the two processes died.
    Died {
        /// Which.
        role: Role,
        /// How its process ended.
        status: ExitStatus,
    },
    /// A signal asked for the end.
    Signal(c_int),
}

impl Error {
    /// What to wrap an [`io::Error`] in.
    pub fn system(doing: &'static str) -> impl Fn(io::Error) -> Self {
        move |source| Error::System { doing, source }
    }

    /// The exit status: 2 for a request that cannot be met, as for any other bad argument, and 128 and
    /// its number for a signal, as a shell has it.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Exists(_) | Error::Create(_) | Error::MessageSize { .. } | Error::Pin(_) => 2,
            Error::System { .. } | Error::Failed { .. } | Error::Died { .. } => 1,
            Error::Signal(signal) => u8::try_from(128 + signal).unwrap_or(1),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Exists(path) => write!(
                f,
                "{} exists already, and a file that ipc_bench did not make is never touched: \
                 pass another --ring, or remove it if it is stale",
                path.display()
            ),
            Error::Create(error @ CreateError::Io { source, .. }) => {
                error.fmt(f)?;
                f.write_str(match source.kind() {
                    ErrorKind::NotFound
                    | ErrorKind::NotADirectory
                    | ErrorKind::PermissionDenied
                    | ErrorKind::ReadOnlyFilesystem => {
                        ": pass a --ring in a directory that exists and that you may write to"
                    }
                    ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                        ": pass a smaller --cap, or a --ring where there is more space"
                    }
                    ErrorKind::OutOfMemory => ": pass a smaller --cap",
                    _ => "",
                })
            }
            Error::Create(error @ CreateError::FencesUnavailable { .. }) => {
                write!(f, "{error} (--fences symmetric), or leave --fences out")
            }
            Error::Create(error) => write!(f, "--cap: {error}"),
            Error::MessageSize { len, max, cap } => {
                write!(f, "messages of {len} bytes do not fit a ring of {cap} bytes: ")?;
                write!(f, "pass a --msg-size of {max} or less, or a larger --cap")
            }
            Error::Pin(error) => error.fmt(f),
            Error::System { doing, source } => write!(f, "cannot {doing}: {source}"),
            Error::Failed { role, why } => write!(f, "the {role} failed: {why}"),
            Error::Died { role, status } => match status.signal() {
                Some(signal) => write!(f, "the {role} failed: it was killed by {}", name(signal)),
                None => write!(f, "the {role} failed: it ended with {status}"),
            },
            Error::Signal(signal) => write!(f, "ended by {}", name(*signal)),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Create(error) => Some(error),
            Error::Pin(error) => Some(error),
            Error::System { source, .. } => Some(source),
            Error::Exists(_) | Error::MessageSize { .. } => None,
            Error::Failed { .. } | Error::Died { .. } | Error::Signal(_) => None,
        }
    }
}

fn name(signal: c_int) -> &'static str {
    signal_name(signal).unwrap_or("a signal")
}
