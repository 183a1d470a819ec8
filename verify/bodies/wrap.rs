//! Every message that fits the ring gets through it, wherever the ring stands: across its end, behind padding, and
//! when it is more than half the ring, so that padding and message can never be free at the same time.

use super::{pop_many, push, Stream};

/// A writer that waits for space and a reader that waits for messages, until all are through.
pub fn in_blocking_mode(stream: &Stream) {
    let (mut writer, mut reader) = stream.ends();
    let messages = stream.messages();
    let expected = messages.clone();
    let (writer, reader) = stream.race(
        move || {
            for message in &messages {
                push(&mut writer, message).unwrap();
            }
            writer
        },
        move || {
            assert_eq!(pop_many(&mut reader, expected.len()), expected);
            reader
        },
    );
    assert_eq!(reader.position(), writer.position());
    assert_eq!(writer.used_bytes(), 0);
}
