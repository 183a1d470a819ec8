//! Prints every message until the writer ends the stream: the reader of README.md. `writer.rs` is its writer.
//!
//! ```sh
//! cargo run --example reader -- /dev/shm/first
//! ```

use std::error::Error;
use std::io::Write;
use std::time::Duration;

use ipc_ring::{OpenError, RingReader, Trust};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: reader RING")?;

    // The reader may start first: wait up to a minute for the ring.
    let mut reader = RingReader::open_wait(&path, Some(Duration::from_secs(60)))?;
    let mut output = std::io::stdout();
    for message in reader.iter(None) {
        output.write_all(&message?)?;
        output.write_all(b"\n")?;
    }
    drop(reader);
    // Leaves no ring. But if another writer has come, or has left messages, the ring stays.
    match ipc_ring::remove_drained(&path, Trust::new()) {
        Ok(_) | Err(OpenError::Busy { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
