//! The messages of a ring as an iterator.

use std::time::Duration;

use crate::protocol::{Consumer, PopError};

/// An iterator that pops the messages of a ring, each at most once.
///
/// [`RingReader::iter`](super::RingReader::iter) returns it. An item is a message, or an error of
/// [`RingReader::pop`](super::RingReader::pop):
///
/// - After [`PopError::TimedOut`] the next call waits again.
/// - Any other error is the last item, for instance [`PopError::PeerGone`] after the writer died.
/// - [`PopError::Closed`] is no item: the iteration ends. Iterate anew once another writer has come.
///
/// Each message is a vector of its own. [`next_ref`](Self::next_ref) lends one buffer again and again.
///
/// # Crashes
/// A message is released before it is returned, as with `pop`. A crash after that loses the message, unless you have
/// dealt with it. Read messages that must not be lost with [`RingReader::batch`](super::RingReader::batch).
///
/// # Examples
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
/// # let path = directory.path().join("ring");
/// # let mut writer = ipc_ring::RingWriter::create(&path, 4096)?;
/// # let mut reader = ipc_ring::RingReader::open(&path)?;
/// use ipc_ring::PopError;
/// use std::time::Duration;
///
/// writer.push(b"data", None)?;
/// let mut messages = reader.iter(Some(Duration::from_millis(1)));
/// assert_eq!(messages.next(), Some(Ok(b"data".to_vec())));
/// assert_eq!(messages.next(), Some(Err(PopError::TimedOut)));
/// drop(writer);
/// assert_eq!(messages.next(), None);
/// # Ok(())
/// # }
/// ```
#[must_use = "an iterator pops nothing until it is asked for a message"]
#[derive(Debug)]
pub struct Iter<'a> {
    consumer: &'a mut Consumer,
    buffer: Vec<u8>,
    timeout: Option<Duration>,
    ended: bool,
}

impl<'a> Iter<'a> {
    pub(super) fn new(consumer: &'a mut Consumer, timeout: Option<Duration>) -> Self {
        Self { consumer, buffer: Vec::new(), timeout, ended: false }
    }

    /// Pops the next message and lends it, in a buffer that is used again.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// # let mut writer = ipc_ring::RingWriter::create(&path, 4096)?;
    /// # let mut reader = ipc_ring::RingReader::open(&path)?;
    /// writer.push(b"one", None)?;
    /// writer.push(b"three", None)?;
    /// drop(writer);
    ///
    /// let (mut bytes, mut messages) = (0, reader.iter(None));
    /// while let Some(message) = messages.next_ref() {
    ///     bytes += message?.len();
    /// }
    /// assert_eq!(bytes, 8);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn next_ref(&mut self) -> Option<Result<&[u8], PopError>> {
        self.pop().map(|popped| popped.map(|()| &self.buffer[..]))
    }

    /// Pops the next message into the buffer; `None` at the end.
    #[inline]
    fn pop(&mut self) -> Option<Result<(), PopError>> {
        if self.ended {
            return None;
        }
        let popped = self.consumer.pop(&mut self.buffer, self.timeout).map(drop);
        self.ended = !matches!(popped, Ok(()) | Err(PopError::TimedOut));
        (popped != Err(PopError::Closed)).then_some(popped)
    }
}

impl Iterator for Iter<'_> {
    type Item = Result<Vec<u8>, PopError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.pop().map(|popped| popped.map(|()| std::mem::take(&mut self.buffer)))
    }
}

impl std::iter::FusedIterator for Iter<'_> {}
