//! `ring rm`: rings are removed, unless a living process holds them.

use std::io::{self, Write};

use ipc_ring::{OpenError, RingOptions};

use crate::args::Rm;
use crate::error::Error;

/// Removes all that it may, as rm does, and fails as the last failure does.
pub fn run(asked: &Rm) -> Result<(), Error> {
    let mut options = RingOptions::new();
    options.trust_any_owner(asked.trust.any_owner);
    let mut failed: Option<Error> = None;
    for ring in &asked.rings {
        let error = match options.remove(ring) {
            Ok(()) => continue,
            Err(OpenError::Busy { path, side }) => Error::Live { ring: path, side },
            Err(error) => error.into(),
        };
        if let Some(earlier) = failed.replace(error) {
            let _ = writeln!(io::stderr(), "error: {earlier}");
        }
    }
    failed.map_or(Ok(()), Err)
}
