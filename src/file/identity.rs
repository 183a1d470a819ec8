//! What a ring's file says of itself, and what is checked of it before it is believed.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::atomics::FenceMode;
use crate::error::OpenError;
use crate::header::IDENTITY_SIZE;
use crate::index::Capacity;
use crate::sys;

/// What says that a file is a ring: its first eight bytes, "ipc_ring".
pub(super) const MAGIC: u64 = u64::from_le_bytes(*b"ipc_ring");
/// The version of the layout and of the protocol.
pub(super) const ABI: u64 = 1;

/// What a ring's file says of itself, constant from before it has a name.
#[derive(Clone, Copy)]
pub(super) struct Identity {
    pub(super) capacity: Capacity,
    /// The size of each side's page in bytes: a page of memory where the ring was created.
    pub(super) control_size: usize,
    pub(super) fences: FenceMode,
}

impl Identity {
    pub(super) const fn len(self) -> u64 {
        2 * self.control_size as u64 + self.capacity.bytes()
    }

    pub(super) fn to_bytes(self) -> [u8; IDENTITY_SIZE] {
        let asymmetric = (self.fences == FenceMode::Asymmetric) as u64;
        let words = [MAGIC, ABI, self.capacity.bytes(), self.control_size as u64, asymmetric];
        let mut bytes = [0; IDENTITY_SIZE];
        for (to, word) in bytes.chunks_exact_mut(8).zip(words) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// What `file` says of itself, if its length agrees.
    pub(super) fn of(file: &File, path: &Path) -> Result<Self, OpenError> {
        let failed = |doing| move |source| OpenError::Io { doing, path: path.into(), source };
        let not_a_ring = |why| OpenError::NotARing { path: path.into(), why };
        let mut bytes = [0; IDENTITY_SIZE];
        file.read_exact_at(&mut bytes, 0).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => not_a_ring("it is too short"),
            _ => failed("read")(error),
        })?;
        let identity = Self::from_bytes(&bytes, path)?;
        if file.metadata().map_err(failed("look at"))?.len() != identity.len() {
            return Err(not_a_ring("it is longer or shorter than its header says"));
        }
        Ok(identity)
    }

    fn from_bytes(bytes: &[u8; IDENTITY_SIZE], path: &Path) -> Result<Self, OpenError> {
        let not_a_ring = |why| OpenError::NotARing { path: path.into(), why };
        let incompatible = |what, found, expected| OpenError::Incompatible { path: path.into(), what, found, expected };
        let mut words = [0; IDENTITY_SIZE / 8];
        for (word, from) in words.iter_mut().zip(bytes.chunks_exact(8)) {
            *word = from.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte));
        }
        let [magic, abi, capacity, control_size, asymmetric, ..] = words;
        if magic != MAGIC {
            return Err(not_a_ring("it does not start with \"ipc_ring\""));
        }
        if abi != ABI {
            return Err(incompatible("ABI", abi, ABI));
        }
        let page_size = sys::page_size();
        if control_size != page_size as u64 {
            return Err(incompatible("pages of size", control_size, page_size as u64));
        }
        let fences = match asymmetric {
            0 => FenceMode::Symmetric,
            1 => FenceMode::Asymmetric,
            _ => return Err(incompatible("fence mode", asymmetric, 1)),
        };
        let capacity = usize::try_from(capacity).ok().and_then(|bytes| Capacity::new(bytes).ok());
        let capacity = capacity.ok_or_else(|| not_a_ring("it states a capacity that no ring has"))?;
        Ok(Self { capacity, control_size: page_size, fences })
    }
}
