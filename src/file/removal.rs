//! How a ring is removed: by who holds both of its sides, so that nobody else does.

use std::fs;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use super::error::OpenError;
use super::identity::incompatible;
use super::locks::{hold, lock_alone, BOTH};
use super::open::{names, open_regular, Access};
use super::trust::Trust;
use super::viewed::Viewed;
use crate::layout::identity as at;
use crate::layout::{ABI, MAGIC};
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
        let failed = |doing| move |source| OpenError::Io { doing, path: path.into(), source };
        let not_a_ring = |why| OpenError::NotARing { path: path.into(), why };
        let file = Arc::new(open_regular(path, trust, Access::ReadAndWrite)?);
        let [mut magic, mut abi] = [[0; 8]; 2];
        for (at, word) in [(at::MAGIC, &mut magic), (at::ABI, &mut abi)] {
            file.read_exact_at(word, at as u64).map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => not_a_ring("it is too short"),
                _ => failed("read")(error),
            })?;
        }
        let abi = u64::from_le_bytes(abi);
        if magic != MAGIC {
            return Err(not_a_ring("it does not start with \"ipc_ring\""));
        }
        if abi != ABI {
            return Err(incompatible(path, "ABI", at::ABI, abi, ABI));
        }
        let both = hold(&file, BOTH, path, || lock_alone(&file, BOTH).map_err(|fault| fault.of_opening(path)))?;
        Ok(Self { path, file, _both: both })
    }

    /// The ring, seen from outside: as one that nobody holds.
    pub(crate) fn viewed(&self) -> Result<Viewed, OpenError> {
        Viewed::of(Arc::clone(&self.file), self.path)
    }

    /// Removes the ring, if it is what is at its path still.
    pub(crate) fn carry_out(self) -> Result<(), OpenError> {
        let failed = |doing| move |source| OpenError::Io { doing, path: self.path.into(), source };
        let opened = self.file.metadata().map_err(failed("look at"))?;
        if !names(self.path, &opened).map_err(failed("look at"))? {
            return Err(OpenError::Replaced { path: self.path.into() });
        }
        fs::remove_file(self.path).map_err(failed("remove"))
    }
}
