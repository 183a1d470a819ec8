//! Taking a side of a ring from somebody who was killed a moment ago.

use std::time::{Duration, Instant};

use ipc_ring::OpenError;

use crate::error::Error;
use crate::stop::Stop;

/// How long a side may be held before that is an error: who was killed holds it until the kernel has cleared away all
/// that the process had.
const GRACE: Duration = Duration::from_secs(1);
/// How often it is tried meanwhile.
const PAUSE: Duration = Duration::from_millis(5);

/// Does `attempt`, and does it again as long as somebody holds the side, for a second.
pub fn take<T>(stop: &Stop, attempt: impl Fn() -> Result<T, OpenError>) -> Result<Result<T, OpenError>, Error> {
    let begin = Instant::now();
    loop {
        match attempt() {
            Err(OpenError::Busy { .. }) if begin.elapsed() < GRACE => stop.wait_for(PAUSE)?,
            taken => return Ok(taken),
        }
    }
}
