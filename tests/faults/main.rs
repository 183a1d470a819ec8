//! The catalogue of faults in `docs/reliability.md`: each is provoked, and what is promised of it is seen to hold. A
//! test's name begins with the number of its fault.
#![cfg(not(any(loom, shuttle)))]

#[path = "../common/mod.rs"]
mod common;

#[cfg(target_os = "linux")]
mod create_and_open;
#[cfg(target_os = "linux")]
mod death;
#[cfg(target_os = "linux")]
mod fuse;
#[cfg(target_os = "linux")]
mod hostile;
#[cfg(target_os = "linux")]
mod kernel;
#[cfg(target_os = "linux")]
mod leaving;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(target_os = "linux")]
mod misuse;
mod peer;
#[cfg(target_os = "linux")]
mod refusals;
#[cfg(target_os = "linux")]
mod succession;
#[cfg(target_os = "linux")]
mod system;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod trap;
