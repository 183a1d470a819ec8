//! What the processes of all roles have in common: a tie to the driver, a core, and whom to tell what went wrong.

use crate::error::Error;
use crate::job::Job;
use crate::latency::{caller, echo};
use crate::leash::Leash;
use crate::pin;
use crate::ring_file::RingFile;
use crate::role::Role;
use crate::said::{Said, Trouble};
use crate::throughput::{reader, writer};

/// Does the part of `role`. That it could not is no error here: the driver is told, and has the last word.
pub fn run(role: Role, job: &Job) -> Result<(), Error> {
    let rings = job.rings().iter().map(|path| RingFile::held(path)).collect::<Result<_, _>>();
    let leash = Leash::new(rings.map_err(Error::system("open the ring"))?).map_err(Error::system("start a thread"))?;
    if let Err(trouble) = part(role, job, &leash) {
        if Said::Failed(trouble).say().is_err() {
            leash.wait_for_end();
        }
    }
    Ok(())
}

fn part(role: Role, job: &Job, leash: &Leash) -> Result<(), Trouble> {
    let Job { options, passing, .. } = job;
    if let Some(core) = options.core {
        pin::to_core(core)?;
    }
    match role {
        Role::Writer => writer::run(options, *passing, leash),
        Role::Reader => reader::run(options, *passing),
        Role::Caller => caller::run(options, leash),
        Role::Echo => echo::run(options),
    }
}
