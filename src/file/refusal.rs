//! Why a step inside this folder failed, without the path. The public call adds the path once.

use std::io;
use std::path::Path;

use super::error::{CreateError, OpenError};
use crate::atomics::Loss;
use crate::protocol::Side;

/// A step that the system refused: `doing` completes "cannot ... PATH".
pub(super) struct Fault {
    doing: &'static str,
    source: io::Error,
}

/// Why a ring's file cannot be used: the variants of [`OpenError`], with `Fault` for `Io`.
pub(super) enum Refusal {
    NotFound,
    NotARing(&'static str),
    Incompatible { what: &'static str, offset: usize, found: u64, expected: u64 },
    Busy(Side),
    Untrusted(&'static str),
    AnotherBoot,
    AnotherOwner,
    UnsuitableFilesystem(&'static str),
    Replaced,
    FencesUnavailable(io::Error),
    Fault(Fault),
}

impl Fault {
    /// Returns a function that makes a fault of the system's error.
    pub(super) fn of(doing: &'static str) -> impl Fn(io::Error) -> Self + Copy {
        move |source| Self { doing, source }
    }

    /// Returns the error for a user who was creating the ring at `path`.
    pub(super) fn of_creating(self, path: &Path) -> CreateError {
        CreateError::Io { doing: self.doing, path: path.into(), source: self.source }
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Refusal::Fault(fault)
    }
}

impl From<Loss> for Refusal {
    fn from(loss: Loss) -> Self {
        match loss {
            Loss::Removed => Refusal::NotFound,
            Loss::Replaced => Refusal::Replaced,
        }
    }
}

impl Refusal {
    /// Returns the error for a user who was opening the ring at `path`.
    pub(super) fn at(self, path: &Path) -> OpenError {
        let path = path.into();
        match self {
            Refusal::NotFound => OpenError::NotFound { path },
            Refusal::NotARing(why) => OpenError::NotARing { path, why },
            Refusal::Incompatible { what, offset, found, expected } => {
                OpenError::Incompatible { path, what, offset: offset as u64, found, expected }
            }
            Refusal::Busy(side) => OpenError::Busy { path, side },
            Refusal::Untrusted(why) => OpenError::Untrusted { path, why },
            Refusal::AnotherBoot => OpenError::AnotherBoot { path },
            Refusal::AnotherOwner => OpenError::AnotherOwner { path },
            Refusal::UnsuitableFilesystem(name) => OpenError::UnsuitableFilesystem { path, name },
            Refusal::Replaced => OpenError::Replaced { path },
            Refusal::FencesUnavailable(source) => OpenError::FencesUnavailable { path, source },
            Refusal::Fault(Fault { doing, source }) => OpenError::Io { doing, path, source },
        }
    }
}
