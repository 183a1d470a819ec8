//! Why there is no result: the message, which names the remedy, and the exit status.

use std::fmt;
use std::io::{self, ErrorKind};

use ipc_ring::CreateError;
use ipc_ring_measure::round::Failure;

/// Why there is no result.
#[derive(Debug)]
pub enum Error {
    /// The request cannot be met; the text says what to ask for instead.
    Refused(String),
    /// The system refused something.
    System(&'static str, io::Error),
    /// The run failed.
    Failure(Failure),
}

impl Error {
    /// Returns the exit status: 2 for a request that cannot be met, as for any other wrong argument; 128 plus the
    /// number of a signal, as a shell does; 1 for everything else.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Refused(_) => 2,
            Error::Failure(Failure::Signal(signal)) => u8::try_from(128 + signal).unwrap_or(1),
            Error::System(..) | Error::Failure(_) => 1,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Refused(why) => f.write_str(why),
            Error::System(doing, error) => write!(f, "cannot {doing}: {error}"),
            Error::Failure(failure) => failure.fmt(f),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Error::Failure(failure)
    }
}

impl From<CreateError> for Error {
    fn from(error: CreateError) -> Self {
        Error::Refused(match &error {
            CreateError::AlreadyExists { path } => format!(
                "{} exists already, and ipc_bench touches no file that it did not create: \
                 pass another --ring, or remove this file if it is stale",
                path.display()
            ),
            CreateError::Io { source, .. } => {
                use ErrorKind::*;
                format!(
                    "{error}{}",
                    match source.kind() {
                        NotFound | NotADirectory | PermissionDenied | ReadOnlyFilesystem => {
                            ": pass a --ring in a directory that exists and that you may write to"
                        }
                        StorageFull | QuotaExceeded | FileTooLarge => {
                            ": pass a smaller --cap, or a --ring where there is more space"
                        }
                        OutOfMemory => ": pass a smaller --cap",
                        _ => "",
                    }
                )
            }
            CreateError::FencesUnavailable { .. } => {
                format!("{error} (--fences symmetric), or leave --fences out")
            }
            _ => format!("--cap: {error}"),
        })
    }
}
