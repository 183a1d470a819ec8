//! Pins a thread to a core.

use crate::Outcome;

/// Returns the cores that this process may use; none if the system cannot pin.
#[cfg(target_os = "linux")]
pub fn allowed() -> Outcome<Vec<usize>> {
    let set = nix::sched::sched_getaffinity(nix::unistd::Pid::from_raw(0))?;
    Ok((0..nix::sched::CpuSet::count()).filter(|&core| set.is_set(core) == Ok(true)).collect())
}

/// Pins this thread, and the threads that it starts later, to `core`.
#[cfg(target_os = "linux")]
pub fn to_core(core: usize) -> Outcome<()> {
    let mut set = nix::sched::CpuSet::new();
    let pinned = set.set(core).and_then(|()| nix::sched::sched_setaffinity(nix::unistd::Pid::from_raw(0), &set));
    pinned.map_err(|error| format!("core {core}: {error}").into())
}

/// Returns the cores that this process may use; none if the system cannot pin.
#[cfg(not(target_os = "linux"))]
pub fn allowed() -> Outcome<Vec<usize>> {
    Ok(Vec::new())
}

/// Returns an error: this system cannot pin.
#[cfg(not(target_os = "linux"))]
pub fn to_core(core: usize) -> Outcome<()> {
    Err(format!("core {core}: this system cannot pin a thread").into())
}
