//! The documents, for whoever reads them beside the items. They are compiled for rustdoc alone.
//!
//! `cargo xtask documents --write` makes `docs/*.md` and `SAFETY.md` from them.

pub mod guide;
pub mod layout;
pub mod operators;
pub mod reliability;
pub mod safety;
