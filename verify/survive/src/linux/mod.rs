//! What harnesses need of Linux to put a process where it wants for something, or apart from others.

pub mod forked;
pub mod privilege;

use tempfile::TempDir;

/// A directory of its own for rings, in memory where the system has such a place.
pub fn place() -> Result<TempDir, String> {
    let parent = ipc_ring::model::place();
    tempfile::Builder::new()
        .prefix("ipc_ring.survive.")
        .tempdir_in(&parent)
        .map_err(|error| format!("no directory for rings in {}: {error}; make it writable", parent.display()))
}

/// The answer of a system call whose failure is -1, or why it failed and in which step.
pub fn done(step: &str, answer: impl Into<i64>) -> Result<(), String> {
    match answer.into() {
        -1 => Err(format!("{step}: {}", std::io::Error::last_os_error())),
        _ => Ok(()),
    }
}
