//! Property: the reader believes a header only if its record was published whole and ends in its lap. Padding must end
//! the lap and not begin it, and an end must have no length.
//!
//! Bounds: those of `mod.rs` with capacities up to 128 bytes. The writer's cursor is every word up to past the
//! capacity. The lengths go up to past the capacity, with the largest there are. The kinds are the three, and the
//! numbers beside them.

use super::{granules, position, reader, ring, say, stand};
use crate::atomics::order::PUBLISH;
use crate::protocol::{Check, TryPopError};

const DATA: u128 = 1;
const PADDING: u128 = 2;
const END: u128 = 3;

/// The expected reader: it stands at `read`; the writer stored the cursor `word`, and a header at `read`.
struct Model {
    capacity: u128,
    read: u128,
    word: u128,
}

impl Model {
    /// Returns the result of a pop. Moves on past padding and an end, as a pop does, and past a message.
    fn pop(&mut self, kind: u128, length: u128) -> Result<Option<usize>, TryPopError> {
        let corrupt = |check| Err(TryPopError::Corrupt { check });
        let written = self.word - self.word % 2;
        if written % 8 != 0 {
            return corrupt(Check::CursorAlignment);
        }
        if written - self.read > self.capacity {
            return corrupt(Check::CursorRange);
        }
        if written == self.read {
            return self.nothing();
        }
        let end = self.read + 8 + (length + 7) / 8 * 8;
        let lap_ends = (self.read / self.capacity + 1) * self.capacity;
        match kind {
            DATA | PADDING if end > written || end > lap_ends => corrupt(Check::RecordLength),
            DATA => {
                self.read = end;
                Ok(Some(length as usize))
            }
            PADDING if end < lap_ends || self.read + self.capacity == lap_ends => corrupt(Check::RecordPadding),
            END if length > 0 => corrupt(Check::RecordKind),
            PADDING | END => {
                self.read = end;
                // No record stands there.
                if written == end {
                    self.nothing()
                } else {
                    corrupt(Check::RecordKind)
                }
            }
            _ => corrupt(Check::RecordKind),
        }
    }

    fn nothing(&self) -> Result<Option<usize>, TryPopError> {
        if self.word % 2 == 0 {
            Ok(None)
        } else {
            Err(TryPopError::Closed)
        }
    }
}

// Checks: I6, I18.
#[test]
fn a_header_is_believed_exactly_if_its_record_was_published_and_lies_in_one_lap() {
    let mut cases = 0;
    for capacity in [64, 128] {
        let lengths: Vec<u128> = (0..=capacity + 8).chain((1 << 32) - 9..1 << 32).collect();
        // Read as a header, none of these granules is of a kind there is.
        let bytes: Vec<u8> = (100..100 + capacity as u8).collect();
        let mut buffer = Vec::new();
        for read in granules(capacity) {
            let ring = ring(capacity);
            // SAFETY: I2 (all of the ring), I3 (nobody else is there).
            let mut all = unsafe { ring.0.bytes.span_mut(0, bytes.len()) };
            // SAFETY: I2 (as long as the span).
            unsafe { all.write(0, &bytes) };
            let index = (read % capacity) as usize;
            for word in read..=read + capacity + 16 {
                for (kind, &length) in (0..=4).flat_map(|kind| lengths.iter().map(move |length| (kind, length))) {
                    let context = (capacity, read, word - read, kind, length);
                    // The reader attached before its writer stored anything.
                    stand(&ring, read, read);
                    let mut reader = reader(&ring);
                    // SAFETY: I2 (a multiple of 8), I3 (this is the only thread).
                    unsafe { ring.0.bytes.write_word(index, (kind << 32 | length) as u64) };
                    ring.0.own.cursor.store(word as u64, PUBLISH);
                    let used = (word - word % 2 - read).min(capacity);
                    assert_eq!(reader.used_bytes() as u128, used, "{context:x?}");

                    let mut model = Model { capacity, read, word };
                    let expected = model.pop(kind, length);
                    assert_eq!(reader.try_pop(&mut buffer), expected, "{context:x?}");
                    assert_eq!(reader.position(), position(model.read).get(), "{context:x?}");
                    if let Ok(Some(length)) = expected {
                        assert_eq!(buffer, bytes[index + 8..index + 8 + length], "{context:x?}");
                    }
                    cases += 1;
                }
            }
        }
    }
    say("headers", cases, 128);
}
