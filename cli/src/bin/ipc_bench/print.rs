//! The result on stdout: its first line for programs, the rest for people.

use std::io::{self, Write};

use serde::Serialize;

/// Prints `object` as JSON and `text` below it. Nobody reading them is no error.
pub fn print(object: &impl Serialize, text: &str) -> io::Result<()> {
    let json = serde_json::to_string(object)?;
    let mut stdout = io::stdout().lock();
    match write!(stdout, "{json}\n{text}\n").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    }
}
