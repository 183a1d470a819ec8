//! Pushes and pops messages in one thread, for callgrind to count what that takes: `cargo xtask instructions`.
//!
//! ```text
//! ipc_ring_instructions WAY LENGTH LAPS
//! ```
//!
//! passes messages of LENGTH bytes through a ring in one of the ways of `ways.rs`, LAPS times round it. So two runs
//! differ by whole laps and by nothing else.

mod ways;

use std::error::Error;

use ipc_ring::layout::record_size;
use ipc_ring::{RingReader, RingWriter};

/// The bytes of the ring: many messages of each length have their place in it.
const CAPACITY: usize = 1 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [way, length, laps] = arguments.as_slice() else {
        return Err("pass a way, a length and a number of laps".into());
    };
    let way = ways::called(way).ok_or("there is no such way")?;
    let (length, laps): (usize, usize) = (length.parse()?, laps.parse()?);

    let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    let path = directory.path().join("ring");
    let mut writer = RingWriter::create(&path, CAPACITY)?;
    let mut reader = RingReader::open(&path)?;

    let message = vec![0xA5; length];
    let a_lap = CAPACITY / record_size(length);
    for _ in 0..laps {
        let popped = way(&mut writer, &mut reader, &message, a_lap);
        assert_eq!(popped, a_lap * length, "not everything was popped");
    }
    println!("{} messages", laps * a_lap);
    Ok(())
}
