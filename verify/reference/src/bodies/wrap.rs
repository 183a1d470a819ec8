//! Every message that fits the ring gets through it, wherever the ring stands: across its end, after padding, and
//! when it is more than half the ring, so that padding and message can never be free at the same time.

use super::{push, Stream};

/// A writer that waits for space and a reader that waits for messages, until all are through.
pub fn in_blocking_mode(stream: &Stream) {
    let (writer, reader) = stream.ends();
    let (writer, reader) = stream.pass(writer, reader, push);
    assert_eq!(reader.position(), writer.position());
    assert_eq!(writer.used_bytes(), 0);
}
