//! What a ring's file says of itself, and what is checked of it before it is believed: sections 3 and 19 of
//! `docs/layout.md`.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

use super::refusal::{Fault, Refusal};
use super::settings::Settings;
use crate::atomics::FenceMode;
use crate::layout::identity as at;
use crate::layout::{ABI, MAGIC};
use crate::protocol::{Capacity, Control, RingId, Side};
use crate::sys;

/// The bytes that have no meaning yet.
const RESERVED: [Range<usize>; 2] = [40..48, 80..96];

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
    boot: Boot,
    tag: [u8; 32],
}

/// A boot of the system.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Boot([u8; 16]);

impl Boot {
    /// Any, for all that is known.
    const UNKNOWN: Self = Self([0; 16]);
    /// The one that the system is in. Takes a descriptor for a moment.
    pub(super) fn now() -> Result<Self, Fault> {
        sys::boot_id().map(Self).map_err(Fault::of("ask the system for its boot's id, for"))
    }

    /// Those of which a ring may be that is taken with these `settings`.
    pub(super) fn wanted(settings: Settings) -> Result<Self, Fault> {
        if settings.trust.any_boot {
            Ok(Self::UNKNOWN)
        } else {
            Self::now()
        }
    }

    fn may_be(self, other: Self) -> bool {
        self == other || self == Self::UNKNOWN || other == Self::UNKNOWN
    }
}

impl Identity {
    /// That of a ring that is yet to be created.
    pub(super) fn new(capacity: Capacity, fences: FenceMode, settings: Settings) -> Result<Self, Fault> {
        let id = sys::random().map(RingId::new).map_err(Fault::of("get random bytes, for the id of"))?;
        let boot = Boot::now()?;
        Ok(Self { capacity, control_size: sys::page_size(), fences, id, boot, tag: settings.tag })
    }

    pub(super) const fn len(self) -> u64 {
        2 * self.control_size as u64 + self.capacity.bytes()
    }

    pub(super) fn to_bytes(self) -> [u8; at::SIZE] {
        let mut bytes = [0; at::SIZE];
        let mut put = |at: usize, field: &[u8]| bytes[at..][..field.len()].copy_from_slice(field);
        put(at::MAGIC, &MAGIC);
        put(at::ABI, &ABI.to_le_bytes());
        put(at::CAPACITY, &self.capacity.bytes().to_le_bytes());
        put(at::PAGE_SIZE, &(self.control_size as u64).to_le_bytes());
        put(at::FENCES, &u64::from(self.fences == FenceMode::Asymmetric).to_le_bytes());
        put(at::ID, &self.id.to_bytes());
        put(at::BOOT, &self.boot.0);
        put(at::OWNER_TAG, &self.tag);
        bytes
    }

    fn from_bytes(bytes: &[u8; at::SIZE], pages: Pages) -> Result<Self, Refusal> {
        let word = |at: usize| u64::from_le_bytes(field(bytes, at));
        is_of_this_version(field(bytes, at::MAGIC), field(bytes, at::ABI))?;
        let control_size = word(at::PAGE_SIZE);
        if !pages.have(control_size) {
            return Err(of_other_pages(control_size));
        }
        let fences = match word(at::FENCES) {
            0 => FenceMode::Symmetric,
            1 => FenceMode::Asymmetric,
            other => return Err(incompatible("fence mode", at::FENCES, other, 1)),
        };
        let capacity = usize::try_from(word(at::CAPACITY)).ok().and_then(|bytes| Capacity::new(bytes).ok());
        let capacity = capacity.ok_or(Refusal::NotARing("it states a capacity that no ring has"))?;
        let id = RingId::new(field(bytes, at::ID));
        let (boot, tag) = (Boot(field(bytes, at::BOOT)), field(bytes, at::OWNER_TAG));
        Ok(Self { capacity, control_size: control_size as usize, fences, id, boot, tag })
    }

    /// Whether the ring may have been created in this boot.
    pub(super) fn may_be_of(&self, boot: Boot) -> bool {
        self.boot.may_be(boot)
    }
}

/// What was found in a ring's file.
#[derive(Clone, Copy)]
pub(super) struct Found {
    pub(super) identity: Identity,
    /// The first of the reserved bytes that is not zero, and where it stands.
    reserved: Option<(usize, u8)>,
}

impl Found {
    /// What `file` says of itself, if its length agrees.
    pub(super) fn of(file: &File, pages: Pages) -> Result<Self, Refusal> {
        let mut bytes = [0; at::SIZE];
        read(file, at::MAGIC, &mut bytes)?;
        let identity = Identity::from_bytes(&bytes, pages)?;
        if file.metadata().map_err(Fault::of("look at"))?.len() != identity.len() {
            return Err(Refusal::NotARing("it is longer or shorter than its header says"));
        }
        // After what was read, which is not read again.
        let mut rest = vec![0; 2 * identity.control_size - at::SIZE];
        read(file, at::SIZE, &mut rest)?;
        let has_a_meaning = |at: usize| match at {
            at if at < at::SIZE => !RESERVED.iter().any(|place| place.contains(&at)),
            at => Control::PLACES.iter().any(|place| place.contains(&(at % identity.control_size))),
        };
        let mut both = bytes.iter().chain(&rest).enumerate();
        let reserved = both.find(|&(at, &byte)| byte != 0 && !has_a_meaning(at)).map(|(at, &byte)| (at, byte));
        Ok(Self { identity, reserved })
    }

    /// The identity, if `side` of the ring may be taken in this `boot` by who shows this `tag`, as far as the file
    /// says.
    pub(super) fn admit(self, side: Side, boot: Boot, tag: [u8; 32]) -> Result<Identity, Refusal> {
        let identity = self.identity;
        if !Pages::OfThisMachine.have(identity.control_size as u64) {
            return Err(of_other_pages(identity.control_size as u64));
        }
        // First: pages that a failure of the power tore may have anything in them.
        if !identity.may_be_of(boot) {
            return Err(Refusal::AnotherBoot);
        }
        if let Some((at, byte)) = self.reserved {
            return Err(incompatible("a reserved byte of", at, byte.into(), 0));
        }
        if side == Side::Writer && identity.tag != tag {
            return Err(Refusal::AnotherOwner);
        }
        Ok(identity)
    }
}

/// Says whether `magic` and `abi` are those of a ring of this version.
pub(super) fn is_of_this_version(magic: [u8; 8], abi: [u8; 8]) -> Result<(), Refusal> {
    match u64::from_le_bytes(abi) {
        _ if magic != MAGIC => Err(Refusal::NotARing("it does not start with \"ipc_ring\"")),
        ABI => Ok(()),
        abi => Err(incompatible("ABI", at::ABI, abi, ABI)),
    }
}

/// Reads what stands at `at` in `file`, to the end of `bytes`.
pub(super) fn read(file: &File, at: usize, bytes: &mut [u8]) -> Result<(), Refusal> {
    file.read_exact_at(bytes, at as u64).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => Refusal::NotARing("it is too short"),
        _ => Fault::of("read")(error).into(),
    })
}

fn incompatible(what: &'static str, offset: usize, found: u64, expected: u64) -> Refusal {
    Refusal::Incompatible { what, offset, found, expected }
}

fn of_other_pages(found: u64) -> Refusal {
    incompatible("pages of size", at::PAGE_SIZE, found, sys::page_size() as u64)
}

/// The field at `at`.
fn field<const N: usize>(bytes: &[u8; at::SIZE], at: usize) -> [u8; N] {
    let mut field = [0; N];
    field.copy_from_slice(&bytes[at..][..N]);
    field
}
