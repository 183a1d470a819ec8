//! Which core a thread runs on.

use nix::sched::{sched_getaffinity, sched_setaffinity, CpuSet};
use nix::unistd::Pid;

use crate::link::Outcome;

const THIS_THREAD: Pid = Pid::from_raw(0);

/// The cores that this process may use.
pub fn allowed() -> Outcome<Vec<usize>> {
    let set = sched_getaffinity(THIS_THREAD)?;
    Ok((0..CpuSet::count()).filter(|&core| set.is_set(core) == Ok(true)).collect())
}

/// Keeps this thread, and those it starts, on `core`.
pub fn to_core(core: usize) -> Outcome<()> {
    let mut set = CpuSet::new();
    set.set(core).and_then(|()| sched_setaffinity(THIS_THREAD, &set)).map_err(|e| format!("core {core}: {e}").into())
}
