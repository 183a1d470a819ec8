//! `ring` as its users see it: real processes, real rings, real deaths.
#![cfg(not(any(loom, shuttle)))]

mod arguments;
mod closed;
mod ends;
mod full;
mod inspect;
mod kills;
mod manners;
mod pipe;
mod resume;
#[cfg(target_os = "linux")]
mod sandbox;
mod streams;
mod stuck;
mod tool;
#[cfg(target_os = "linux")]
mod users;
