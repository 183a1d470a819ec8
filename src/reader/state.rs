//! What a reader tells of itself and of its ring. None of it is a step of the protocol.

use super::RingReader;
use crate::error::PopError;
use crate::id::RingId;
use crate::record::max_message_len;

impl RingReader {
    /// The size of the ring in bytes. Each message takes 8 bytes more than its length, rounded up to a multiple of 8,
    /// and 8 bytes are kept for the end of the stream: messages have the capacity less 8.
    ///
    /// ```
    /// # let (_writer, reader) = ipc_ring::model::example_ring();
    /// assert_eq!(reader.capacity(), 4096);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn capacity(&self) -> usize {
        self.end.ring().capacity.bytes() as usize
    }

    /// The most bytes a message may have: the capacity less 16, its header's and those kept for the end of the stream.
    ///
    /// ```
    /// # let (_writer, reader) = ipc_ring::model::example_ring();
    /// let buffer: Vec<u8> = Vec::with_capacity(reader.max_message_len()); // never grows
    /// assert!(buffer.capacity() >= 4080);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn max_message_len(&self) -> usize {
        max_message_len(self.capacity() as u64)
    }

    /// Whether there is nothing to pop now. A ring that holds only padding, for a message that is yet to come,
    /// is empty too, though it has used bytes: asking gives them back, and may wake the writer. A ring whose writer
    /// broke the protocol is not empty: the next pop says so.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::model::example_ring();
    /// assert!(reader.is_empty());
    /// writer.push(b"", None)?;
    /// assert!(!reader.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn is_empty(&mut self) -> bool {
        matches!(self.try_peek(), Ok(None) | Err(PopError::Closed))
    }

    /// The bytes of the ring that hold messages not yet popped, their headers, padding and ends of streams included.
    /// The writer may be raising the figure at this moment.
    ///
    /// ```
    /// # let (mut writer, reader) = ipc_ring::model::example_ring();
    /// writer.push(b"data", None)?;
    /// assert_eq!(reader.used_bytes(), 16);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn used_bytes(&self) -> usize {
        self.end.distance() as usize
    }

    /// The bytes of the ring that are free: the capacity less the used ones.
    ///
    /// ```
    /// # let (mut writer, reader) = ipc_ring::model::example_ring();
    /// writer.push(b"data", None)?;
    /// assert_eq!(reader.free_bytes(), 4080);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn free_bytes(&self) -> usize {
        self.capacity() - self.used_bytes()
    }

    /// The bytes that were ever popped from this ring, modulo 2^64, headers, padding and ends of streams included:
    /// where the next record is looked for. After a pop it is where that message ended, which is so for no other one:
    /// a consumer that notes it can tell a repeat.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::model::example_ring();
    /// writer.push(b"data", None)?;
    /// reader.pop(&mut Vec::new(), None)?;
    /// assert_eq!(reader.position(), 16);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn position(&self) -> u64 {
        self.end.position().get()
    }

    /// The messages that were ever popped from this ring, by this reader and by those before it, also where these were
    /// killed at any instant. Those of a batch count when they are committed. `None` where what the ring's file says of
    /// it was damaged, or the writer is too fast for it to be counted.
    ///
    /// It is counted anew at each call, which takes up to as long as reading a header for each message that the ring
    /// can hold.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::model::example_ring();
    /// writer.push(b"one", None)?;
    /// writer.push(b"two", None)?;
    /// reader.pop(&mut Vec::new(), None)?;
    /// assert_eq!(reader.messages(), Some(1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn messages(&self) -> Option<u64> {
        self.end.messages_ever()
    }

    /// Tells this ring from every other, also from one that has its path before or after it: see [`RingId`].
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{RingReader, RingWriter};
    ///
    /// let writer = RingWriter::create(&path, 4096)?;
    /// assert_eq!(writer.id(), RingReader::open(&path)?.id());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn id(&self) -> RingId {
        self.end.ring().id
    }

    /// Which of the ring's readers this is: 1 for the first that opened it, and one more for each after it.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{RingReader, RingWriter};
    ///
    /// let writer = RingWriter::create(&path, 4096)?;
    /// assert_eq!(RingReader::open(&path)?.epoch(), 1);
    /// assert_eq!(RingReader::open(&path)?.epoch(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn epoch(&self) -> u64 {
        self.end.epoch()
    }

    /// Which of the ring's writers the last one is, alive or not, counted from 1. Where it has changed, another writer
    /// has gone on from where the last one stood.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{RingReader, RingWriter};
    ///
    /// drop(RingWriter::create(&path, 4096)?);
    /// let reader = RingReader::open(&path)?;
    /// assert_eq!(reader.peer_epoch(), 1);
    /// let writer = RingWriter::attach(&path)?;
    /// assert_eq!(reader.peer_epoch(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn peer_epoch(&self) -> u64 {
        self.end.peer_epoch()
    }

    /// Whether the ring's file still has the name by which this handle has it, so that a writer that is to come can
    /// find it. It has lost it where the file was removed, by `rm`, by a clean-up of temporary files or at a log-out
    /// (`RemoveIPC=`), or renamed, or where another file or link took its place; and it can get it back. A ring without
    /// a name goes on between those who hold it, and is gone with the last of them.
    ///
    /// Makes one system call, and does not block. A look that fails says nothing, so this is `true` then. It stays
    /// `true` where the directory was moved as a whole, and for a ring of sealed memory, which never had a name.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{RingReader, RingWriter};
    ///
    /// let writer = RingWriter::create(&path, 4096)?;
    /// let reader = RingReader::open(&path)?;
    /// assert!(reader.still_named());
    /// std::fs::rename(&path, path.with_extension("old"))?;
    /// assert!(!reader.still_named());
    /// std::fs::rename(path.with_extension("old"), &path)?;
    /// assert!(reader.still_named());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn still_named(&self) -> bool {
        self.end.still_named()
    }
}
