//! Takes a side of a ring, also from a process that was killed a moment ago.

use std::time::{Duration, Instant};

use ipc_ring::OpenError;

use crate::error::Error;
use crate::stop::Stop;

/// How long to wait for a side that a process holds: the kernel may need a moment to clear away a killed process.
const GRACE: Duration = Duration::from_secs(1);
/// How long to pause between two attempts.
const PAUSE: Duration = Duration::from_millis(5);

/// Makes an attempt, and repeats it for up to a second while a process holds the side.
pub fn take<T>(stop: &Stop, attempt: impl Fn() -> Result<T, OpenError>) -> Result<Result<T, OpenError>, Error> {
    let begin = Instant::now();
    loop {
        match attempt() {
            Err(OpenError::Busy { .. }) if begin.elapsed() < GRACE => stop.wait_for(PAUSE)?,
            taken => return Ok(taken),
        }
    }
}
