//! Pushes its arguments: the writer of README.md, as a process of its own. `reader.rs` is the other one.
//!
//! ```sh
//! cargo run --example writer -- /dev/shm/first one two three
//! ```

use std::error::Error;

use ipc_ring::{CreateError, RingWriter};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: writer RING [MESSAGE]...")?;

    let mut writer = match RingWriter::create(&path, 64 * 1024) {
        // A ring outlives its processes: go on where the last writer stood.
        Err(CreateError::AlreadyExists { .. }) => RingWriter::attach(&path)?,
        created => created?,
    };
    // None: wait until there is space.
    let pushed = arguments.try_for_each(|message| writer.push(message.as_bytes(), None));
    match pushed {
        Ok(()) => writer.finish(), // Ends the stream. What was pushed stays in the ring until it is popped.
        Err(_) => writer.abandon(), // Dropped, it would end the stream as if this were all.
    }
    Ok(pushed?)
}
