//! A ring's file, from its creation to its removal.
//!
//! - `create.rs` makes the file, whole and with a writer, before it gets its name.
//! - `open.rs`, `identity.rs` and `trust.rs` check a file before a process relies on it.
//! - `locks.rs` makes a process the only holder of a side.
//! - `map.rs` maps the file for a side, `viewed.rs` for an onlooker.
//! - `removal.rs` removes the file when nobody holds a side.
//!
//! `refusal.rs` says inside this folder why a step failed; `error.rs` says it to the user, with the path. `settings.rs`
//! has what the user asked for.

mod create;
mod error;
mod identity;
mod locks;
mod map;
mod open;
mod refusal;
mod removal;
mod settings;
mod trust;
mod viewed;

pub use error::{CreateError, CreateOrAttachError, OpenError};
pub use trust::Trust;

#[cfg(target_os = "linux")]
pub(crate) use create::create_sealed;
pub(crate) use create::{best_fences, create};
pub(crate) use open::open;
#[cfg(target_os = "linux")]
pub(crate) use open::open_sealed;
pub(crate) use removal::Removal;
#[cfg(target_os = "linux")]
pub(crate) use settings::NAMELESS;
pub(crate) use settings::{Design, Settings};
pub(crate) use viewed::{view, Viewed};
