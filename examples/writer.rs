//! Pushes each of its arguments as a message: the writer of README.md. `reader.rs` is its reader.
//!
//! ```sh
//! cargo run --example writer -- /dev/shm/first one two three
//! ```

use std::error::Error;

use ipc_ring::RingWriter;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: writer RING [MESSAGE]...")?;

    // The ring outlives its processes: if it exists, go on where the last writer stopped.
    let mut writer = RingWriter::create_or_attach(&path, 64 * 1024)?;
    // `None`: no time-out. Wait until there is space.
    let pushed = arguments.try_for_each(|message| writer.push(message.as_bytes(), None));
    match pushed {
        Ok(()) => writer.finish(), // Ends the stream. The messages stay in the ring until a reader pops them.
        Err(_) => writer.abandon(), // A plain drop would end the stream as if it were complete.
    }
    Ok(pushed?)
}
