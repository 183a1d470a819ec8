//! `ring` as its users see it: real processes, real rings, real deaths.

mod arguments;
mod inspect;
mod kills;
mod manners;
mod pipe;
mod tool;
#[path = "../common/until.rs"]
mod until;
