//! Writes the events of another process (`json_events.rs`) to a compressed file, one on each line, until the stream
//! ends.
//!
//! ```sh
//! cargo run --example json_archive -- /dev/shm/events events.gz
//! ```

/// Does nothing when built for loom or shuttle: those builds have no compression library.
#[cfg(any(loom, shuttle))]
fn main() {}

#[cfg(not(any(loom, shuttle)))]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    archive::main()
}

#[cfg(not(any(loom, shuttle)))]
mod archive {
    use std::error::Error;
    use std::fs::File;
    use std::io::{self, Write};
    use std::mem::ManuallyDrop;
    use std::time::Duration;

    use flate2::write::GzEncoder;
    use flate2::Compression;
    use ipc_ring::{OpenError, PopError, ReadBatch, RingReader, Trust};

    pub fn main() -> Result<(), Box<dyn Error>> {
        let mut arguments = std::env::args().skip(1);
        let (Some(ring), Some(path)) = (arguments.next(), arguments.next()) else {
            return Err("usage: json_archive RING FILE".into());
        };

        let mut reader = RingReader::open_wait(&ring, Some(Duration::from_secs(60)))?;
        // A plain drop of the encoder would end the file as if it were complete, also after an error.
        let mut archive = ManuallyDrop::new(GzEncoder::new(File::create(path)?, Compression::fast()));
        loop {
            let mut batch = match reader.batch(10_000, None) {
                Ok(batch) => batch,
                Err(PopError::Closed) => break,
                Err(error) => return Err(error.into()), // for example PeerGone: the writer died before it was done
            };
            write(&mut batch, &mut archive)?; // If this fails, the batch stays in the ring.
            batch.commit();
        }
        ManuallyDrop::into_inner(archive).finish()?;
        drop(reader);
        // Leaves no ring. But if another writer has come, or has left messages, the ring stays.
        match ipc_ring::remove_drained(&ring, Trust::new()) {
            Ok(_) | Err(OpenError::Busy { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes all messages of the batch to the file and flushes it.
    fn write(batch: &mut ReadBatch<'_>, archive: &mut GzEncoder<File>) -> io::Result<()> {
        let mut line = Vec::new();
        for message in batch {
            message.copy_to(&mut line);
            line.push(b'\n');
            archive.write_all(&line)?;
        }
        archive.flush()
    }
}
