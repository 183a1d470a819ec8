//! Both sides of a ring in one process.

use super::reader::RingReader;
use super::writer::RingWriter;
use crate::file;
use crate::protocol::{Capacity, Consumer, InvalidCapacity, Position, Producer, SharedRing, WaitStrategy};

/// Creates a ring of `capacity` bytes on the heap, and returns both sides.
///
/// For the threads of one process, and for tests. The ring has no file, so no other process can attach to it. A forked
/// child gets a copy of the ring, and this process learns nothing of what happens there. Never blocks. A crash leaves
/// nothing.
///
/// # Errors
/// [`InvalidCapacity`]: pass a power of two from 64 to 2^31 (2 GiB).
///
/// # Examples
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
pub fn pair(capacity: usize) -> Result<(RingWriter, RingReader), InvalidCapacity> {
    let (writer, reader) = SharedRing::on_heap(Capacity::new(capacity)?, Position::new(0), file::best_fences());
    let strategy = WaitStrategy::default();
    let producer = Producer::take_new(writer, strategy).expect("a new ring makes sense");
    let consumer = Consumer::take(reader, strategy).expect("a new ring makes sense");
    Ok((RingWriter::of(producer), RingReader::of(consumer)))
}
