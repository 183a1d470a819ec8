//! Reads JSON events from standard input, one on each line, numbers them and pushes them to a ring.
//!
//! Another process (`json_archive.rs`) compresses them into an archive, so that work costs this process nothing.
//!
//! ```sh
//! echo '{"event": "started"}' | cargo run --example json_events -- /dev/shm/events
//! ```

use std::error::Error;

use ipc_ring::RingWriter;
use serde_json::{Map, Value};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: json_events RING < LINES")?;

    let mut writer = RingWriter::create(path, 1 << 20)?;
    let sent = send_events(&mut writer);
    match sent {
        Ok(()) => writer.finish(),
        Err(_) => writer.abandon(), // A plain drop would end the stream, and the archive would look complete.
    }
    sent
}

fn send_events(writer: &mut RingWriter) -> Result<(), Box<dyn Error>> {
    let mut message = Vec::new();
    for (number, line) in std::io::stdin().lines().enumerate() {
        let mut event: Map<String, Value> = serde_json::from_str(&line?)?;
        event.insert("number".into(), number.into());
        message.clear();
        serde_json::to_writer(&mut message, &event)?;
        writer.push(&message, None)?; // From here on, the event survives the death of this process.
    }
    Ok(())
}
