//! The operating system. Each platform has a file, with the same items; all Unixes share the other files.
//!
//! - `linux.rs`, `macos.rs`: futex, membarrier, how files are made, allocated and mapped; `unix.rs`: clock, paths,
//!   pages.
//! - `lock.rs`, `name.rs`: whether a peer lives, and whether one can find the ring.
//! - `draft.rs`, `group.rs`: a new file, before it has its name.
//! - `fork`, with `signals.rs`: what keeps a forked child away from its parent's rings.

// Conditions that a port would have to keep: among others, that 64-bit words are not torn (T6).
#[cfg(not(unix))]
compile_error!("ipc_ring needs Unix: it maps files and locks them by open file description");
#[cfg(not(target_pointer_width = "64"))]
compile_error!("ipc_ring needs a 64-bit target: positions are 64-bit atomics, and a ring may take 2 GiB");
#[cfg(not(target_endian = "little"))]
compile_error!(
    "ipc_ring needs a little-endian target: the futex compares the low half of a cursor where it stands first"
);
#[cfg(all(unix, not(any(target_os = "linux", target_os = "macos"))))]
compile_error!("ipc_ring runs on Linux and macOS: for another Unix, add a file beside src/sys/linux.rs");

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod platform;

#[cfg(target_os = "macos")]
#[path = "macos.rs"]
mod platform;

mod aside;
mod draft;
pub(crate) mod fork;
pub(crate) mod group;
pub(crate) mod lock;
mod name;
mod signals;
mod unix;

pub(crate) use draft::Draft;
pub(crate) use name::{Loss, Name};
pub(crate) use unix::{c_string, monotonic, nap, open, page_size};

/// The filesystem that no option allows.
pub(crate) const HUGETLBFS: &str = "hugetlbfs";

#[cfg(target_os = "linux")]
pub(crate) use platform::sealed;
pub(crate) use platform::{
    boot_id, collapse, futex, holder_is_stopped, is_owner, map_huge, membarrier, preallocate, prefault, random,
    unsuitable_filesystem, Addresses,
};
