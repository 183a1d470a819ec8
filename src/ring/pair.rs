//! Both sides of a ring in one process.

use super::reader::RingReader;
use super::writer::RingWriter;
use crate::file;
use crate::protocol::{Capacity, Consumer, InvalidCapacity, Position, Producer, SharedRing, WaitStrategy};

/// Makes a ring of `capacity` bytes on the heap, and gives out both of its sides: for the threads of one process, and
/// for tests. It has no file, so no other process can come to it; a child that is forked has a copy of it, of which
/// this process learns nothing.
///
/// ```
/// let (mut writer, mut reader) = ipc_ring::pair(4096)?;
/// let counting = std::thread::spawn(move || reader.iter(None).count());
/// for message in ["one", "two", "three"] {
///     writer.push(message.as_bytes(), None)?;
/// }
/// drop(writer);
/// assert_eq!(counting.join().unwrap(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`InvalidCapacity`]: pass a power of two from 64 to 2^31.
pub fn pair(capacity: usize) -> Result<(RingWriter, RingReader), InvalidCapacity> {
    let (writer, reader) = SharedRing::on_heap(Capacity::new(capacity)?, Position::new(0), file::best_fences());
    let strategy = WaitStrategy::default();
    let producer = Producer::take_new(writer, strategy).expect("a new ring makes sense");
    let consumer = Consumer::take(reader, strategy).expect("a new ring makes sense");
    Ok((RingWriter::of(producer), RingReader::of(consumer)))
}
