//! What the processes of the two sides have in common: a tie to the driver, a core, and whom to tell what went wrong.

use ipc_ring::Side;

use crate::args::Args;
use crate::error::Error;
use crate::leash::Leash;
use crate::pin;
use crate::reader;
use crate::ring_file::RingFile;
use crate::said::{Said, Trouble};
use crate::writer;

/// Does the part of `side`. That it could not is no error here: the driver is told, and has the last word.
pub fn run(side: Side, args: &Args) -> Result<(), Error> {
    let ring = RingFile::held(&args.ring).map_err(Error::system("open the ring"))?;
    let leash = Leash::new(ring).map_err(Error::system("start a thread"))?;
    if let Err(trouble) = part(side, args, &leash) {
        if Said::Failed(trouble).say().is_err() {
            leash.wait_for_end();
        }
    }
    Ok(())
}

fn part(side: Side, args: &Args, leash: &Leash) -> Result<(), Trouble> {
    if let Some(core) = args.core {
        pin::to_core(core)?;
    }
    match side {
        Side::Writer => writer::run(args, leash),
        Side::Reader => reader::run(args),
    }
}
