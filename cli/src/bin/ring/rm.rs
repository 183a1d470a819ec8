//! `ring rm`: removes rings that no living process holds.

use ipc_ring::OpenError;

use crate::apart::keep_errors_apart;
use crate::args::Rm;
use crate::error::{Error, Failures};

/// Removes every ring that it may, as rm does, and ends with the last failure, if there was one.
pub fn run(asked: &Rm) -> Result<(), Error> {
    let mut failures = Failures::default();
    asked.rings.iter().try_for_each(|ring| keep_errors_apart(ring))?;
    for ring in &asked.rings {
        failures.note(ipc_ring::remove(ring, asked.trust.granted()).map_err(|error| match error {
            OpenError::Busy { path, side } => Error::Live { ring: path, side },
            error => error.into(),
        }));
    }
    failures.result()
}
