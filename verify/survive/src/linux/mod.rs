//! What harnesses need of Linux to put a process where it wants for something, or apart from others.

pub mod forked;
pub mod privilege;

/// The answer of a system call whose failure is -1, or why it failed and in which step.
pub fn done(step: &str, answer: impl Into<i64>) -> Result<(), String> {
    match answer.into() {
        -1 => Err(format!("{step}: {}", std::io::Error::last_os_error())),
        _ => Ok(()),
    }
}
