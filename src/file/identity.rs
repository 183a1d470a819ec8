//! What a ring's file says of itself, and what is checked of it before it is believed.
//!
//! ```text
//!   0    magic         "ipc_ring"
//!   8    ABI           u64        the version of the layout and of the protocol
//!   16   capacity      u64        in bytes
//!   24   control size  u64        of each side's page, in bytes: a page of memory where the ring was created
//!   32   fences        u64        0: symmetric, 1: asymmetric
//!   40   reserved      8 bytes
//!   48   id            16 bytes   random
//!   64   boot          16 bytes   the boot of the system that the ring was created in; zeroes: not known
//!   80   reserved      16 bytes
//!   96   owner's tag   32 bytes   whatever the creator gave; zeroes: nothing
//! ```
//!
//! Numbers are little-endian. What is reserved is zero, here and in the rest of the two pages (`header.rs`).

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::Settings;
use crate::atomics::FenceMode;
use crate::error::{CreateError, OpenError, Side};
use crate::header::{Control, IDENTITY_SIZE};
use crate::id::RingId;
use crate::index::Capacity;
use crate::sys;

/// What says that a file is a ring: its first eight bytes, "ipc_ring".
pub(super) const MAGIC: u64 = u64::from_le_bytes(*b"ipc_ring");
/// The version of the layout and of the protocol.
pub(super) const ABI: u64 = 2;

/// Where the fields stand: the map above.
pub(super) mod at {
    pub(in crate::file) const MAGIC: u64 = 0;
    pub(in crate::file) const ABI: u64 = 8;
    pub(super) const CAPACITY: u64 = 16;
    pub(super) const CONTROL_SIZE: u64 = 24;
    pub(super) const FENCES: u64 = 32;
    pub(super) const ID: u64 = 48;
    pub(super) const BOOT: u64 = 64;
    pub(super) const TAG: u64 = 96;
}

/// The bytes that have no meaning yet.
const RESERVED: [Range<usize>; 2] = [40..48, 80..96];

/// A step that may fail.
const ASK_FOR_THE_BOOT: &str = "ask the system for its boot's id, for";

/// Whose rings are wanted: those of this machine, or also those of machines whose pages of memory have another size.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pages {
    OfThisMachine,
    OfAnyMachine,
}

impl Pages {
    fn have(self, size: u64) -> bool {
        let is_of_a_machine = size.is_power_of_two() && (4 << 10..=64 << 10).contains(&size);
        size == sys::page_size() as u64 || (self == Pages::OfAnyMachine && is_of_a_machine)
    }
}

/// What a ring's file says of itself, constant from before it has a name.
#[derive(Clone, Copy)]
pub(super) struct Identity {
    pub(super) capacity: Capacity,
    /// The size of each side's page in bytes.
    pub(super) control_size: usize,
    pub(super) fences: FenceMode,
    pub(super) id: RingId,
    boot: [u8; 16],
    tag: [u8; 32],
}

impl Identity {
    /// That of a ring that is yet to be created.
    pub(super) fn new(
        path: &Path,
        capacity: Capacity,
        fences: FenceMode,
        settings: Settings,
    ) -> Result<Self, CreateError> {
        let failed = |doing| move |source| CreateError::Io { doing, path: path.into(), source };
        let id = sys::random().map(RingId::new).map_err(failed("get random bytes, for the id of"))?;
        let boot = sys::boot_id().map_err(failed(ASK_FOR_THE_BOOT))?;
        Ok(Self { capacity, control_size: sys::page_size(), fences, id, boot, tag: settings.tag })
    }

    pub(super) const fn len(self) -> u64 {
        2 * self.control_size as u64 + self.capacity.bytes()
    }

    pub(super) fn to_bytes(self) -> [u8; IDENTITY_SIZE] {
        let mut bytes = [0; IDENTITY_SIZE];
        let mut put = |at: u64, field: &[u8]| bytes[at as usize..][..field.len()].copy_from_slice(field);
        put(at::MAGIC, &MAGIC.to_le_bytes());
        put(at::ABI, &ABI.to_le_bytes());
        put(at::CAPACITY, &self.capacity.bytes().to_le_bytes());
        put(at::CONTROL_SIZE, &(self.control_size as u64).to_le_bytes());
        put(at::FENCES, &u64::from(self.fences == FenceMode::Asymmetric).to_le_bytes());
        put(at::ID, &self.id.to_bytes());
        put(at::BOOT, &self.boot);
        put(at::TAG, &self.tag);
        bytes
    }

    fn from_bytes(bytes: &[u8; IDENTITY_SIZE], path: &Path, pages: Pages) -> Result<Self, OpenError> {
        let not_a_ring = |why| OpenError::NotARing { path: path.into(), why };
        let word = |at: u64| u64::from_le_bytes(field(bytes, at));
        if word(at::MAGIC) != MAGIC {
            return Err(not_a_ring("it does not start with \"ipc_ring\""));
        }
        if word(at::ABI) != ABI {
            return Err(incompatible(path, "ABI", at::ABI, word(at::ABI), ABI));
        }
        let control_size = word(at::CONTROL_SIZE);
        if !pages.have(control_size) {
            return Err(of_other_pages(path, control_size));
        }
        let fences = match word(at::FENCES) {
            0 => FenceMode::Symmetric,
            1 => FenceMode::Asymmetric,
            other => return Err(incompatible(path, "fence mode", at::FENCES, other, 1)),
        };
        let capacity = usize::try_from(word(at::CAPACITY)).ok().and_then(|bytes| Capacity::new(bytes).ok());
        let capacity = capacity.ok_or_else(|| not_a_ring("it states a capacity that no ring has"))?;
        let id = RingId::new(field(bytes, at::ID));
        let (boot, tag) = (field(bytes, at::BOOT), field(bytes, at::TAG));
        Ok(Self { capacity, control_size: control_size as usize, fences, id, boot, tag })
    }

    /// Whether the ring was created since the system was started, or nobody can tell.
    pub(super) fn is_of_this_boot(&self) -> io::Result<bool> {
        const UNKNOWN: [u8; 16] = [0; 16];
        let now = if self.boot == UNKNOWN { UNKNOWN } else { sys::boot_id()? };
        Ok(now == UNKNOWN || now == self.boot)
    }
}

/// What was found in a ring's file.
#[derive(Clone, Copy)]
pub(super) struct Found {
    pub(super) identity: Identity,
    /// The first of the reserved bytes that is not zero, and where it stands.
    reserved: Option<(u64, u8)>,
}

impl Found {
    /// What `file` says of itself, if its length agrees.
    pub(super) fn of(file: &File, path: &Path, pages: Pages) -> Result<Self, OpenError> {
        let failed = |doing| move |source| OpenError::Io { doing, path: path.into(), source };
        let not_a_ring = |why| OpenError::NotARing { path: path.into(), why };
        let mut bytes = [0; IDENTITY_SIZE];
        file.read_exact_at(&mut bytes, 0).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => not_a_ring("it is too short"),
            _ => failed("read")(error),
        })?;
        let identity = Identity::from_bytes(&bytes, path, pages)?;
        if file.metadata().map_err(failed("look at"))?.len() != identity.len() {
            return Err(not_a_ring("it is longer or shorter than its header says"));
        }
        // Behind what was read, which is not read again.
        let mut rest = vec![0; 2 * identity.control_size - IDENTITY_SIZE];
        file.read_exact_at(&mut rest, IDENTITY_SIZE as u64).map_err(failed("read"))?;
        let has_a_meaning = |at: usize| match at {
            at if at < IDENTITY_SIZE => !RESERVED.iter().any(|place| place.contains(&at)),
            at => Control::PLACES.iter().any(|place| place.contains(&(at % identity.control_size))),
        };
        let mut both = bytes.iter().chain(&rest).enumerate();
        let reserved = both.find(|&(at, &byte)| byte != 0 && !has_a_meaning(at)).map(|(at, &byte)| (at as u64, byte));
        Ok(Self { identity, reserved })
    }

    /// The identity, if `side` of the ring may be taken with these `settings`, as far as the file says.
    pub(super) fn admit(self, path: &Path, side: Side, settings: Settings) -> Result<Identity, OpenError> {
        let identity = self.identity;
        if !Pages::OfThisMachine.have(identity.control_size as u64) {
            return Err(of_other_pages(path, identity.control_size as u64));
        }
        if let Some((at, byte)) = self.reserved {
            return Err(incompatible(path, "a reserved byte of", at, byte.into(), 0));
        }
        if side == Side::Writer && identity.tag != settings.tag {
            return Err(OpenError::AnotherOwner { path: path.into() });
        }
        let failed = |source| OpenError::Io { doing: ASK_FOR_THE_BOOT, path: path.into(), source };
        if !settings.any_boot && !identity.is_of_this_boot().map_err(failed)? {
            return Err(OpenError::AnotherBoot { path: path.into() });
        }
        Ok(identity)
    }
}

pub(super) fn incompatible(path: &Path, what: &'static str, offset: u64, found: u64, expected: u64) -> OpenError {
    OpenError::Incompatible { path: path.into(), what, offset, found, expected }
}

fn of_other_pages(path: &Path, found: u64) -> OpenError {
    incompatible(path, "pages of size", at::CONTROL_SIZE, found, sys::page_size() as u64)
}

/// The field at `at`.
fn field<const N: usize>(bytes: &[u8; IDENTITY_SIZE], at: u64) -> [u8; N] {
    let mut field = [0; N];
    field.copy_from_slice(&bytes[at as usize..][..N]);
    field
}
