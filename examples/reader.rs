//! Prints every message until the writer ends the stream: the reader of README.md. `writer.rs` is its writer.
//!
//! ```sh
//! cargo run --example reader -- /dev/shm/first
//! ```

use std::error::Error;
use std::io::Write;
use std::thread;
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
    Ok(remove(&path)?) // Otherwise the ring would stay, for the next writer.
}

/// Removes the ring, unless another writer has come, or has left messages.
fn remove(ring: &str) -> Result<(), OpenError> {
    // The writer that ended the stream may hold its side a moment longer.
    for _ in 0..100 {
        match ipc_ring::remove_drained(ring, Trust::new()) {
            Err(OpenError::Busy { .. }) => thread::sleep(Duration::from_millis(10)),
            removed => return removed.map(|_| ()),
        }
    }
    Ok(())
}
