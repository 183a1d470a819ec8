//! Joins messages into output: the inverse of `split.rs`.

use crate::split::WITHOUT_NEWLINE;

/// How messages are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Joining {
    /// A newline after each message, except after a last line that had none.
    Lines,
    /// The length before each message, in 4 bytes, the low byte first.
    Frames,
    /// Nothing between messages.
    Raw,
}

impl Joining {
    pub fn of(frames: bool, raw: bool) -> Self {
        match (frames, raw) {
            (true, _) => Joining::Frames,
            (_, true) => Joining::Raw,
            _ => Joining::Lines,
        }
    }

    /// Appends a message to `output`.
    #[inline]
    pub fn put(self, message: &[u8], output: &mut Vec<u8>) {
        match self {
            Joining::Lines => match message.strip_suffix(WITHOUT_NEWLINE) {
                Some(line) => output.extend_from_slice(line),
                None => {
                    output.extend_from_slice(message);
                    output.push(b'\n');
                }
            },
            Joining::Frames => {
                // No ring holds a message of 4 GiB, so the length fits.
                output.extend_from_slice(&(message.len() as u32).to_le_bytes());
                output.extend_from_slice(message);
            }
            Joining::Raw => output.extend_from_slice(message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_written_as_the_input_was() {
        let joined = |joining: Joining, messages: &[&[u8]]| {
            let mut output = Vec::new();
            messages.iter().for_each(|message| joining.put(message, &mut output));
            output
        };
        assert_eq!(joined(Joining::Lines, &[b"one", b"", b"three\r"]), b"one\n\nthree\r\n");
        assert_eq!(joined(Joining::Lines, &[b"one", b"two\n\\ No newline at end of file"]), b"one\ntwo");
        assert_eq!(joined(Joining::Lines, &[b"\\ No newline at end of file"]), b"\\ No newline at end of file\n");
        assert_eq!(joined(Joining::Frames, &[b"one", b""]), b"\x03\0\0\0one\0\0\0\0");
        assert_eq!(joined(Joining::Raw, &[b"one", b"", b"\n"]), b"one\n");
    }
}
