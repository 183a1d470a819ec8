//! `ring rm`: rings are removed, unless a living process holds them.

use ipc_ring::OpenError;

use crate::apart::keep_errors_apart;
use crate::args::Rm;
use crate::error::{Error, Failures};

/// Removes all that it may, as rm does, and fails as the last failure does.
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
