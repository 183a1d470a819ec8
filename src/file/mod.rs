//! A ring's file: how it comes to be (`create.rs`), what is checked before it is believed (`open.rs`, `identity.rs`,
//! `trust.rs`), who holds it (`locks.rs`), how it is mapped (`map.rs`), how an onlooker maps it (`viewed.rs`), and how
//! it goes (`removal.rs`).

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
