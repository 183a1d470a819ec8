//! `ring` as its users see it: real processes, real rings, real deaths.
#![cfg(not(any(loom, shuttle)))]

mod arguments;
mod inspect;
mod kills;
mod manners;
mod pipe;
mod resume;
mod tool;
#[path = "../common/until.rs"]
mod until;
