//! Messages by the handful.

use std::time::Duration;

use crate::error::PopError;
use crate::message::Message;
use crate::reader::RingReader;

impl RingReader {
    /// Pops the messages that are there, `max` at most and each at most once, to the end of `messages`.
    ///
    /// It waits for the first as [`pop`](Self::pop) does. Returns how many there were: at least one, unless `max` is 0,
    /// which returns 0 at once.
    ///
    /// It does not wait for a second message. What is there is what the reader had seen of the ring, as with
    /// [`batch`](Self::batch), which may be less than there is by now; the next call has the rest.
    ///
    /// The messages are released to the writer together, before this returns: should this process die after that and
    /// before it has dealt with them, they are lost; should it die before, all of them come again. Where they must not
    /// be lost, use [`batch`](Self::batch), which releases them when it is committed.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path().join("ring");
    /// # let mut writer = ipc_ring::RingWriter::create(&path, 4096)?;
    /// # let mut reader = ipc_ring::RingReader::open(&path)?;
    /// writer.push(b"one", None)?;
    /// writer.push(b"two", None)?;
    ///
    /// let mut messages = Vec::new();
    /// assert_eq!(reader.pop_many(&mut messages, 100, None)?, 2);
    /// assert_eq!(messages, [b"one", b"two"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`pop`](Self::pop). `messages` is as it was.
    pub fn pop_many(
        &mut self,
        messages: &mut Vec<Vec<u8>>,
        max: usize,
        timeout: Option<Duration>,
    ) -> Result<usize, PopError> {
        if max == 0 {
            return Ok(0);
        }
        let before = messages.len();
        // A batch that has begun has a message, unless its writer breaks the protocol at that moment: then look again.
        while messages.len() == before {
            let mut batch = self.batch(max, timeout)?;
            messages.extend(batch.messages().map(|message| copy_of(&message)));
            batch.commit();
        }
        Ok(messages.len() - before)
    }
}

fn copy_of(message: &Message<'_>) -> Vec<u8> {
    let mut copy = Vec::with_capacity(message.len());
    message.copy_to(&mut copy);
    copy
}
