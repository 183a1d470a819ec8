//! Arrays of messages that all have one length, which is known when the program is compiled.

use core::time::Duration;

use super::{RingReader, RingWriter};
use crate::protocol::{PopIntoError, PushError};

impl RingWriter {
    /// Pushes as many messages of one length as there is space for, waiting for space for the first.
    ///
    /// Returns how many: at least 1, or 0 at once if there are none. Stops where the space that it has seen ends, and
    /// at the end of a lap: call it again for the rest. Waits for the first message like [`push`](Self::push), and for
    /// no other. One store publishes them. For messages of up to 64 bytes this is faster than a [`batch`](Self::batch),
    /// since the length is known.
    ///
    /// # Errors
    /// As [`push`](Self::push). Nothing was pushed.
    ///
    /// # Crashes
    /// A crash before this returns leaves all that it would have pushed in the ring, or nothing of it.
    ///
    /// # Examples
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// let prices = [7u64, 8, 9].map(u64::to_le_bytes);
    /// assert_eq!(writer.push_many(&prices, None)?, 3);
    /// assert_eq!(reader.pop(&mut Vec::new(), None)?, 8);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn push_many<const N: usize>(
        &mut self,
        messages: &[[u8; N]],
        timeout: Option<Duration>,
    ) -> Result<usize, PushError> {
        match messages {
            [] => Ok(0),
            messages => self.producer.push_many(messages, timeout),
        }
    }
}

impl RingReader {
    /// Pops messages of `N` bytes at most once each into an array, waiting for the first.
    ///
    /// Returns how many: at least 1, or 0 at once if `messages` is empty. Takes what it has seen, and stops before a
    /// message of another length and at the end of a lap: call it again for the rest. Waits for the first message like
    /// [`pop`](Self::pop), and for no other. For messages of up to 64 bytes this is faster than a
    /// [`batch`](Self::batch), since the length is known.
    ///
    /// # Errors
    /// `messages` is as it was.
    ///
    /// - [`PopIntoError::OtherLength`]: the oldest message has another length. It stays in the ring: pop it with
    ///   [`pop`](Self::pop).
    /// - [`PopIntoError::Pop`]: as with [`pop`](Self::pop).
    ///
    /// # Examples
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// writer.push_many(&[*b"one", *b"two"], None)?;
    /// let mut messages = [[0; 3]; 10];
    /// assert_eq!(reader.pop_many_into(&mut messages, None)?, 2);
    /// assert_eq!(&messages[..2], [*b"one", *b"two"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn pop_many_into<const N: usize>(
        &mut self,
        messages: &mut [[u8; N]],
        timeout: Option<Duration>,
    ) -> Result<usize, PopIntoError> {
        match messages {
            [] => Ok(0),
            messages => self.consumer.pop_many_into(messages, timeout),
        }
    }
}
