//! Which core a thread runs on.

use crate::Outcome;

/// The cores that this process may use; none where the system pins no process to a core.
#[cfg(target_os = "linux")]
pub fn allowed() -> Outcome<Vec<usize>> {
    let set = nix::sched::sched_getaffinity(nix::unistd::Pid::from_raw(0))?;
    Ok((0..nix::sched::CpuSet::count()).filter(|&core| set.is_set(core) == Ok(true)).collect())
}

/// Keeps this thread, and those it starts, on `core`.
#[cfg(target_os = "linux")]
pub fn to_core(core: usize) -> Outcome<()> {
    let mut set = nix::sched::CpuSet::new();
    let pinned = set.set(core).and_then(|()| nix::sched::sched_setaffinity(nix::unistd::Pid::from_raw(0), &set));
    pinned.map_err(|error| format!("core {core}: {error}").into())
}

/// The cores that this process may use; none where the system pins no process to a core.
#[cfg(not(target_os = "linux"))]
pub fn allowed() -> Outcome<Vec<usize>> {
    Ok(Vec::new())
}

/// Keeps this thread on `core`, which this system cannot.
#[cfg(not(target_os = "linux"))]
pub fn to_core(core: usize) -> Outcome<()> {
    Err(format!("core {core}: this system pins no process").into())
}
