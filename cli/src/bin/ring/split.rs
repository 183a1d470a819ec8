//! Splits the input into messages.

use memchr::memchr;

/// What a message of the input is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Splitting {
    /// A line, without its newline.
    Lines,
    /// A length in 4 bytes, the low byte first, and that many bytes.
    Frames,
    /// A block of this many bytes, at least 1; the last one may be shorter.
    Blocks(usize),
}

/// The note that is appended to a last line without a newline. No other line contains a newline, so it is unambiguous.
/// The words are those of diff, for people who meet them without `ring recv`.
pub const WITHOUT_NEWLINE: &[u8] = b"\n\\ No newline at end of file";

/// The number of bytes before a frame that hold its length.
pub const LENGTH: usize = 4;

/// Returns a message as it is sent again, after a part of it was sent.
///
/// A line gets a newline before it, which the part did not end in: so `ring recv` writes it below the part.
pub fn again(splitting: Splitting, message: &[u8]) -> Vec<u8> {
    match splitting {
        Splitting::Lines => [b"\n", message].concat(),
        Splitting::Frames | Splitting::Blocks(_) => message.into(),
    }
}

/// Returns a message as the input has it, whether it was sent [`again`] or not.
pub fn of_the_input(splitting: Splitting, message: &[u8]) -> &[u8] {
    match splitting {
        Splitting::Lines => message.strip_prefix(b"\n").unwrap_or(message),
        Splitting::Frames | Splitting::Blocks(_) => message,
    }
}

/// Returns the part of a message that was sent, if it may not have been whole when the input ended.
pub fn unfinished(splitting: Splitting, message: &[u8]) -> Option<&[u8]> {
    match splitting {
        Splitting::Lines => message.strip_suffix(WITHOUT_NEWLINE),
        Splitting::Blocks(size) => (message.len() < size).then_some(message),
        // A frame is always whole: an input that ends within one is refused.
        Splitting::Frames => None,
    }
}

/// What comes next in the input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next<'a> {
    /// A message, and how many bytes of the input it takes.
    Message(&'a [u8], usize),
    /// A part of a message, or nothing.
    Part,
    /// A message that is too long, or a part of one.
    TooLarge,
}

/// What is left when the input has ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Last {
    /// Nothing.
    Nothing,
    /// One more message.
    Message(Vec<u8>),
    /// A message that is too long.
    TooLarge,
    /// A part of a frame.
    CutShort,
}

/// Finds messages in an input that comes in pieces.
pub struct Splitter {
    splitting: Splitting,
    /// The most bytes a message may have.
    max: usize,
    /// How many of the unconsumed bytes are known to hold no newline.
    searched: usize,
}

impl Splitter {
    pub fn new(splitting: Splitting, max: usize) -> Self {
        Self { splitting, max, searched: 0 }
    }

    /// Returns the message at the beginning of `input`.
    ///
    /// The next call gets what this message does not take, followed by more input.
    #[inline]
    pub fn next<'a>(&mut self, input: &'a [u8]) -> Next<'a> {
        let (begin, len) = match self.splitting {
            Splitting::Lines => match memchr(b'\n', &input[self.searched..]) {
                Some(after) => {
                    let len = self.searched + after;
                    self.searched = 0;
                    return self.checked(&input[..len], len + 1);
                }
                None => {
                    self.searched = input.len();
                    return if input.len() > self.max { Next::TooLarge } else { Next::Part };
                }
            },
            Splitting::Frames => match input.first_chunk::<LENGTH>() {
                Some(&length) => (LENGTH, u32::from_le_bytes(length) as usize),
                None => return Next::Part,
            },
            Splitting::Blocks(size) => (0, size),
        };
        match input[begin..].get(..len) {
            Some(message) => self.checked(message, begin + len),
            None if len > self.max => Next::TooLarge,
            None => Next::Part,
        }
    }

    #[inline]
    fn checked<'a>(&self, message: &'a [u8], takes: usize) -> Next<'a> {
        if message.len() > self.max {
            Next::TooLarge
        } else {
            Next::Message(message, takes)
        }
    }

    /// Returns what the rest is, now that the input has ended.
    pub fn last(&self, rest: &[u8]) -> Last {
        if rest.is_empty() {
            return Last::Nothing;
        }
        let message = match self.splitting {
            Splitting::Lines => [rest, WITHOUT_NEWLINE].concat(),
            Splitting::Frames => return Last::CutShort,
            Splitting::Blocks(_) => rest.to_vec(),
        };
        if message.len() > self.max {
            Last::TooLarge
        } else {
            Last::Message(message)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Splits an input that comes in pieces of this many bytes.
    fn split(splitting: Splitting, max: usize, input: &[u8], piece: usize) -> (Vec<Vec<u8>>, Last) {
        let mut splitter = Splitter::new(splitting, max);
        let (mut messages, mut left) = (Vec::new(), Vec::new());
        for piece in input.chunks(piece) {
            left.extend_from_slice(piece);
            loop {
                match splitter.next(&left) {
                    Next::Message(message, takes) => {
                        messages.push(message.to_vec());
                        left.drain(..takes);
                    }
                    Next::Part => break,
                    Next::TooLarge => return (messages, Last::TooLarge),
                }
            }
        }
        let last = splitter.last(&left);
        (messages, last)
    }

    #[test]
    fn an_input_is_split_alike_however_it_comes() {
        for piece in 1..12 {
            let of = |splitting, input: &[u8]| split(splitting, 40, input, piece);
            let owned = |messages: &[&[u8]]| messages.iter().map(|message| message.to_vec()).collect::<Vec<_>>();
            assert_eq!(of(Splitting::Lines, b""), (owned(&[]), Last::Nothing));
            assert_eq!(of(Splitting::Lines, b"\n"), (owned(&[b""]), Last::Nothing));
            assert_eq!(of(Splitting::Lines, b"one\n\nthree\r\n"), (owned(&[b"one", b"", b"three\r"]), Last::Nothing));
            let unended = Last::Message(b"two\n\\ No newline at end of file".to_vec());
            assert_eq!(of(Splitting::Lines, b"one\ntwo"), (owned(&[b"one"]), unended));
            let frames = b"\x03\0\0\0one\0\0\0\0\x01\0\0\0\n";
            assert_eq!(of(Splitting::Frames, frames), (owned(&[b"one", b"", b"\n"]), Last::Nothing));
            assert_eq!(of(Splitting::Frames, b"\x01\0\0\0a\x02\0\0\0b"), (owned(&[b"a"]), Last::CutShort));
            assert_eq!(of(Splitting::Frames, b"\x01\0\0\0a\x02\0"), (owned(&[b"a"]), Last::CutShort));
            assert_eq!(of(Splitting::Blocks(3), b"abc\nef"), (owned(&[b"abc", b"\nef"]), Last::Nothing));
            assert_eq!(of(Splitting::Blocks(4), b"abc\nef"), (owned(&[b"abc\n"]), Last::Message(b"ef".to_vec())));
        }
    }

    #[test]
    fn what_never_fits_is_refused_as_soon_as_that_is_known() {
        for piece in 1..12 {
            let of = |splitting, input: &[u8]| split(splitting, 5, input, piece);
            let ok = vec![b"ok".to_vec()];
            assert_eq!(of(Splitting::Lines, b"ok\nlonger\n"), (ok.clone(), Last::TooLarge));
            assert_eq!(of(Splitting::Lines, b"ok\nlonger"), (ok.clone(), Last::TooLarge));
            assert_eq!(of(Splitting::Lines, b"ok\nlong"), (ok.clone(), Last::TooLarge), "together with its note");
            assert_eq!(of(Splitting::Frames, b"\x02\0\0\0ok\x06\0\0\0"), (ok, Last::TooLarge));
            assert_eq!(of(Splitting::Lines, b"short\n"), (vec![b"short".to_vec()], Last::Nothing));
        }
    }
}
