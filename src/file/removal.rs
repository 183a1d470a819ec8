//! Removes a ring. A removal first locks both sides, so no other process can hold one.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::error::OpenError;
use super::identity::{check_version, read};
use super::locks::{hold, lock_alone, BOTH, TRIES};
use super::open::{open_regular, Access};
use super::refusal::{Fault, Refusal};
use super::trust::Trust;
use super::viewed::Viewed;
use crate::layout::identity as at;
use crate::sys::fork::Descriptor;
use crate::sys::{self, lock, Name};

/// A ring whose sides nobody holds, and nobody can take as long as this value lives.
pub(crate) struct Removal<'a> {
    path: &'a Path,
    file: Arc<Descriptor>,
    name: Name,
    _both: lock::Held,
}

impl<'a> Removal<'a> {
    /// Locks both sides of the ring at `path` together, if nobody holds one.
    ///
    /// Of the contents, checks only the magic and the version. The rest may be damaged: damaged rings need removing
    /// most, and every ring of this version has its locks in the same place.
    pub(crate) fn of(path: &'a Path, trust: Trust) -> Result<Self, OpenError> {
        let take = || -> Result<Self, Refusal> {
            let file = Arc::new(open_regular(path, trust, Access::ReadAndWrite)?);
            let name = Name::of(path, &file).map_err(Fault::of("open the directory of"))?;
            let [mut magic, mut abi] = [[0; 8]; 2];
            read(&file, at::MAGIC, &mut magic)?;
            read(&file, at::ABI, &mut abi)?;
            check_version(magic, abi)?;
            let both = hold(&file, BOTH, || lock_alone(&file, BOTH))?;
            Ok(Self { path, file, name, _both: both })
        };
        take().map_err(|refusal| refusal.at(path))
    }

    /// Does the same, and waits about a tenth of a second for a process that holds a side, since that may be leaving.
    pub(crate) fn of_what_is_left(path: &'a Path, trust: Trust) -> Result<Self, OpenError> {
        for _ in 1..TRIES {
            match Self::of(path, trust) {
                Err(OpenError::Busy { .. }) => sys::nap(Duration::from_millis(1)),
                taken => return taken,
            }
        }
        Self::of(path, trust)
    }

    /// Maps the ring as an onlooker, who finds that nobody holds a side.
    pub(crate) fn viewed(&self) -> Result<Viewed, OpenError> {
        Viewed::of(Arc::clone(&self.file), self.path)
    }

    /// Removes the ring, if it is still at its path.
    pub(crate) fn carry_out(self) -> Result<(), OpenError> {
        let removed = match self.name.remove() {
            Ok(None) => Ok(()),
            Ok(Some(loss)) => Err(loss.into()),
            Err(error) => Err(Fault::of("remove")(error).into()),
        };
        removed.map_err(|refusal: Refusal| refusal.at(self.path))
    }
}
