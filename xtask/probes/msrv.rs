//! A user of the library, who has no newer compiler than the oldest one that it promises.

use std::error::Error;
use std::time::Duration;

use ipc_ring::{CreateError, OpenError, PopError, PushError};
use ipc_ring::{RingOptions, RingReader, RingView, RingWriter, WaitStrategy};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("give the path of a ring")?;
    let mut writer = match RingWriter::create(&path, 4096) {
        Err(CreateError::AlreadyExists { .. }) => RingWriter::attach(&path)?,
        created => created?,
    };
    let mut reader = match RingReader::open(&path) {
        Err(OpenError::Busy { side, .. }) => return Err(format!("there is a {side} already").into()),
        opened => opened?,
    };
    match writer.try_push(b"message") {
        Err(PushError::Full) => writer.push(b"message", Some(Duration::from_millis(10)))?,
        pushed => pushed?,
    }
    let mut buffer = Vec::new();
    match reader.pop(&mut buffer, None) {
        Ok(len) => assert_eq!(&buffer[..len], b"message"),
        Err(PopError::Closed) => println!("the stream has ended"),
        Err(error) => return Err(error.into()),
    }
    drop((writer, reader));
    let mut options = RingOptions::new();
    options.wait(WaitStrategy::Sleep).prefault(false);
    drop(options.open(&path)?);
    println!("{} bytes wait", RingView::open(&path)?.snapshot().used_bytes);
    Ok(options.remove(&path)?)
}
