//! The ring, and how its two sides are had.

use std::fmt::Display;

use ipc_ring::model::HeapRing;
use ipc_ring::{RingOptions, RingReader, RingWriter};

use crate::args::{Args, Memory};

/// Where a ring on the heap starts: short of the wrap of 2^64, so that its positions soon go through it.
const START: u64 = 0u64.wrapping_sub(1 << 20);

/// Makes the ring, which lives for as long as `run` has its sides.
pub fn with_sides(args: &Args, run: impl FnOnce(RingWriter, RingReader) -> Result<(), String>) -> Result<(), String> {
    let directory = tempfile::tempdir_in(ipc_ring::model::place()).map_err(text)?;
    let path = directory.path().join("ring");
    let mut options = RingOptions::new();
    options.wait_strategy(args.wait).create_fence_mode(args.fences);
    // For a ring on the heap too: it is this that registers the process for the barriers of asymmetric fences.
    let writer = options.create(&path, args.capacity).map_err(text)?;
    match args.memory {
        Memory::File => run(writer, options.open(&path).map_err(text)?),
        Memory::Heap => {
            let ring = HeapRing::new(args.capacity, START, args.fences);
            // SAFETY: I3 (the ring is new: nobody holds this side).
            let writer = unsafe { ring.writer(args.wait) }.map_err(text)?;
            // SAFETY: as above.
            let reader = unsafe { ring.reader(args.wait) }.map_err(text)?;
            run(writer, reader)
        }
    }
}

fn text(error: impl Display) -> String {
    error.to_string()
}
