//! How a ring is removed: by who holds both of its sides, so that nobody else does.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::error::OpenError;
use super::identity::{is_of_this_version, read};
use super::locks::{hold, lock_alone, BOTH};
use super::open::{loss, open_regular, Access};
use super::refusal::{Fault, Refusal};
use super::trust::Trust;
use super::viewed::Viewed;
use crate::layout::identity as at;
use crate::sys::fork::Descriptor;
use crate::sys::lock;

/// A ring that nobody else holds, and nobody can take as long as this lives.
pub(crate) struct Removal<'a> {
    path: &'a Path,
    file: Arc<Descriptor>,
    _both: lock::Held,
}

impl<'a> Removal<'a> {
    /// Takes both sides of the ring at `path` together, if nobody holds one.
    ///
    /// Of what the file says, only what tells a ring from other files has to be right: damaged ones are to be removed
    /// above all, and the locks stand where they stand in every ring of this format.
    pub(crate) fn of(path: &'a Path, trust: Trust) -> Result<Self, OpenError> {
        let take = || -> Result<Self, Refusal> {
            let file = Arc::new(open_regular(path, trust, Access::ReadAndWrite)?);
            let [mut magic, mut abi] = [[0; 8]; 2];
            read(&file, at::MAGIC, &mut magic)?;
            read(&file, at::ABI, &mut abi)?;
            is_of_this_version(magic, abi)?;
            let both = hold(&file, BOTH, || lock_alone(&file, BOTH))?;
            Ok(Self { path, file, _both: both })
        };
        take().map_err(|refusal| refusal.at(path))
    }

    /// The ring, seen from outside: as one that nobody holds.
    pub(crate) fn viewed(&self) -> Result<Viewed, OpenError> {
        Viewed::of(Arc::clone(&self.file), self.path)
    }

    /// Removes the ring, if it is what is at its path still.
    pub(crate) fn carry_out(self) -> Result<(), OpenError> {
        let remove = || -> Result<(), Refusal> {
            let opened = self.file.metadata().map_err(Fault::of("look at"))?;
            match loss(self.path, &opened).map_err(Fault::of("look at"))? {
                None => Ok(fs::remove_file(self.path).map_err(Fault::of("remove"))?),
                Some(loss) => Err(loss.into()),
            }
        };
        remove().map_err(|refusal| refusal.at(self.path))
    }
}
