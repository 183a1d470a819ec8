//! The identity at the beginning of a ring's file, and the checks before a process relies on it.
//!
//! Sections 3 and 19 of `docs/layout.md` specify both. An onlooker needs only [`Found::of`]; a side also needs
//! [`Found::admit`].

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

/// The bytes of the identity that are reserved: they must be zero.
const RESERVED: [Range<usize>; 2] = [40..48, 80..96];

/// The page sizes that are accepted: a side needs that of this machine, an onlooker can read any.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pages {
    OfThisMachine,
    OfAnyMachine,
}

impl Pages {
    fn accept(self, size: u64) -> bool {
        let is_possible = size.is_power_of_two() && (4 << 10..=64 << 10).contains(&size);
        size == sys::page_size() as u64 || (self == Pages::OfAnyMachine && is_possible)
    }
}

/// The identity of a ring, as its file states it. It never changes after the ring got its name.
#[derive(Clone, Copy)]
pub(super) struct Identity {
    pub(super) capacity: Capacity,
    /// The size of each side's page, in bytes.
    pub(super) control_size: usize,
    pub(super) fences: FenceMode,
    pub(super) id: RingId,
    boot: Boot,
    tag: [u8; 32],
}

/// The id of a boot of the system.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Boot([u8; 16]);

impl Boot {
    /// An unknown boot, which may be any.
    const UNKNOWN: Self = Self([0; 16]);
    /// Returns the current boot. Uses a file descriptor for a moment.
    pub(super) fn now() -> Result<Self, Fault> {
        sys::boot_id().map(Self).map_err(Fault::of("read the boot id for"))
    }

    /// Returns the boot that a ring must be of to be taken with these `settings`.
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
    /// Makes the identity of a new ring, with a random id.
    pub(super) fn new(capacity: Capacity, fences: FenceMode, settings: Settings) -> Result<Self, Fault> {
        let id = sys::random().map(RingId::new).map_err(Fault::of("get a random id for"))?;
        let boot = Boot::now()?;
        Ok(Self { capacity, control_size: sys::page_size(), fences, id, boot, tag: settings.tag })
    }

    /// Returns the length of the whole file, in bytes.
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
        check_version(field(bytes, at::MAGIC), field(bytes, at::ABI))?;
        let control_size = word(at::PAGE_SIZE);
        if !pages.accept(control_size) {
            return Err(wrong_page_size(control_size));
        }
        let fences = match word(at::FENCES) {
            0 => FenceMode::Symmetric,
            1 => FenceMode::Asymmetric,
            other => return Err(incompatible("fence mode", at::FENCES, other, 1)),
        };
        let capacity = usize::try_from(word(at::CAPACITY)).ok().and_then(|bytes| Capacity::new(bytes).ok());
        let capacity = capacity.ok_or(Refusal::NotARing("its header has an impossible capacity"))?;
        let id = RingId::new(field(bytes, at::ID));
        let (boot, tag) = (Boot(field(bytes, at::BOOT)), field(bytes, at::OWNER_TAG));
        Ok(Self { capacity, control_size: control_size as usize, fences, id, boot, tag })
    }

    /// Returns whether the ring may have been created in `boot`.
    pub(super) fn may_be_of(&self, boot: Boot) -> bool {
        self.boot.may_be(boot)
    }
}

/// A ring's file, as it was read once: its identity, and whether its reserved bytes are zero.
#[derive(Clone, Copy)]
pub(super) struct Found {
    pub(super) identity: Identity,
    /// The offset and the value of the first reserved byte that is not zero.
    used_reserved: Option<(usize, u8)>,
}

impl Found {
    /// Reads the identity of `file`, and checks that the file has the length that it states.
    pub(super) fn of(file: &File, pages: Pages) -> Result<Self, Refusal> {
        let mut bytes = [0; at::SIZE];
        read(file, at::MAGIC, &mut bytes)?;
        let identity = Identity::from_bytes(&bytes, pages)?;
        if file.metadata().map_err(Fault::of("inspect"))?.len() != identity.len() {
            return Err(Refusal::NotARing("it is longer or shorter than its header says"));
        }
        // Only what comes after the identity: no byte is read twice, so a peer cannot change one in between.
        let mut rest = vec![0; 2 * identity.control_size - at::SIZE];
        read(file, at::SIZE, &mut rest)?;
        let is_defined = |at: usize| match at {
            at if at < at::SIZE => !RESERVED.iter().any(|place| place.contains(&at)),
            at => Control::PLACES.iter().any(|place| place.contains(&(at % identity.control_size))),
        };
        let mut both = bytes.iter().chain(&rest).enumerate();
        let used_reserved = both.find(|&(at, &byte)| byte != 0 && !is_defined(at)).map(|(at, &byte)| (at, byte));
        Ok(Self { identity, used_reserved })
    }

    /// Returns the identity if the file permits taking `side` in this `boot` with this `tag`. Only a writer needs the
    /// right tag.
    pub(super) fn admit(self, side: Side, boot: Boot, tag: [u8; 32]) -> Result<Identity, Refusal> {
        let identity = self.identity;
        if !Pages::OfThisMachine.accept(identity.control_size as u64) {
            return Err(wrong_page_size(identity.control_size as u64));
        }
        // Before the reserved bytes: after a power failure anything may be in the pages.
        if !identity.may_be_of(boot) {
            return Err(Refusal::AnotherBoot);
        }
        if let Some((at, byte)) = self.used_reserved {
            return Err(incompatible("reserved byte", at, byte.into(), 0));
        }
        if side == Side::Writer && identity.tag != tag {
            return Err(Refusal::AnotherOwner);
        }
        Ok(identity)
    }
}

/// Checks that `magic` and `abi` are those of a ring of this version.
pub(super) fn check_version(magic: [u8; 8], abi: [u8; 8]) -> Result<(), Refusal> {
    match u64::from_le_bytes(abi) {
        _ if magic != MAGIC => Err(Refusal::NotARing("it does not start with \"ipc_ring\"")),
        ABI => Ok(()),
        abi => Err(incompatible("ABI", at::ABI, abi, ABI)),
    }
}

/// Fills `bytes` with the bytes of `file` from offset `at`.
pub(super) fn read(file: &File, at: usize, bytes: &mut [u8]) -> Result<(), Refusal> {
    file.read_exact_at(bytes, at as u64).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => Refusal::NotARing("it is too short"),
        _ => Fault::of("read")(error).into(),
    })
}

fn incompatible(what: &'static str, offset: usize, found: u64, expected: u64) -> Refusal {
    Refusal::Incompatible { what, offset, found, expected }
}

fn wrong_page_size(found: u64) -> Refusal {
    incompatible("page size", at::PAGE_SIZE, found, sys::page_size() as u64)
}

/// Returns the `N` bytes at `at`.
fn field<const N: usize>(bytes: &[u8; at::SIZE], at: usize) -> [u8; N] {
    let mut field = [0; N];
    field.copy_from_slice(&bytes[at..][..N]);
    field
}
