//! The catalogue of faults in `docs/reliability.md`: each is provoked, and what is promised of it is seen to hold. A
//! test's name begins with the number of its fault.
#![cfg(not(any(loom, shuttle)))]

#[cfg(target_os = "linux")]
mod bystanders;
#[cfg(target_os = "linux")]
mod create_and_open;
#[cfg(target_os = "linux")]
mod death;
#[cfg(target_os = "linux")]
mod ends;
#[cfg(target_os = "linux")]
mod filesystems;
#[cfg(target_os = "linux")]
mod forks;
#[cfg(target_os = "linux")]
mod fuse;
#[cfg(target_os = "linux")]
mod hostile;
#[cfg(target_os = "linux")]
mod leaving;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(target_os = "linux")]
mod misuse;
#[cfg(target_os = "linux")]
mod names;
#[cfg(target_os = "linux")]
mod owners;
mod peer;
#[cfg(target_os = "linux")]
mod reboot;
#[cfg(target_os = "linux")]
mod refusals;
#[cfg(target_os = "linux")]
mod removal;
#[cfg(target_os = "linux")]
mod replaced;
#[cfg(target_os = "linux")]
mod room;
#[cfg(target_os = "linux")]
mod sandbox;
#[cfg(target_os = "linux")]
mod succession;
#[cfg(target_os = "linux")]
mod system;
#[cfg(target_os = "linux")]
mod time;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod trap;
#[cfg(target_os = "linux")]
mod waits;
