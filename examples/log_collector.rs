//! Appends an application's log (`logger.rs`) to a file until the application ends the stream.
//!
//! The application may die and start again any number of times in between.
//!
//! ```sh
//! cargo run --example log_collector -- /dev/shm/log application.log
//! ```

use std::error::Error;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::time::Duration;

use ipc_ring::{OpenError, PopError, ReadBatch, RingReader, Trust};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(ring), Some(path)) = (arguments.next(), arguments.next()) else {
        return Err("usage: log_collector RING FILE".into());
    };

    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    let mut reader = RingReader::open_wait(&ring, Some(Duration::from_secs(60)))?;
    let mut told = 0;
    loop {
        let application = reader.peer_epoch();
        let mut batch = match reader.batch(10_000, None) {
            Ok(batch) => batch,
            Err(PopError::Closed) => break,
            Err(PopError::PeerGone) => {
                // All that it logged is in the file now. When it starts again, it attaches to the same ring.
                if std::mem::replace(&mut told, application) != application {
                    eprintln!("the application died: waiting for it to come back");
                }
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        append(&mut batch, &mut file)?; // If this fails, the batch stays in the ring.
        batch.commit(); // If this process dies before this line, the next one appends these lines again.
    }
    drop(reader);
    // Leaves no ring. But if another writer has come, or has left messages, the ring stays.
    match ipc_ring::remove_drained(&ring, Trust::new()) {
        Ok(_) | Err(OpenError::Busy { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Appends the messages of the batch to the file as lines, by one call.
fn append(batch: &mut ReadBatch<'_>, file: &mut fs::File) -> io::Result<()> {
    let (mut line, mut lines) = (Vec::new(), Vec::new());
    for message in batch {
        message.copy_to(&mut line);
        lines.append(&mut line);
        lines.push(b'\n');
    }
    file.write_all(&lines)
}
