//! What a writer tells of itself and of its ring, and what it counts for others. None of it is a step of the protocol.

use super::RingWriter;
use crate::id::RingId;
use crate::record::{max_message_len, Record, HEADER};

impl RingWriter {
    /// The size of the ring in bytes. Each message takes 8 bytes more than its length, rounded up to a multiple of 8,
    /// and 8 bytes are kept for the end of the stream: messages have the capacity less 8.
    ///
    /// ```
    /// # let (writer, _reader) = ipc_ring::model::example_ring();
    /// assert_eq!(writer.capacity(), 4096);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn capacity(&self) -> usize {
        self.end.ring().capacity.bytes() as usize
    }

    /// The most bytes a message may have: the capacity less 16, its header's and those kept for the end of the stream.
    ///
    /// ```
    /// # let (writer, _reader) = ipc_ring::model::example_ring();
    /// assert_eq!(writer.max_message_len(), 4080);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn max_message_len(&self) -> usize {
        max_message_len(self.capacity() as u64)
    }

    /// Whether the reader has taken everything that was pushed.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::model::example_ring();
    /// writer.push(b"data", None)?;
    /// assert!(!writer.is_empty());
    /// reader.pop(&mut Vec::new(), None)?;
    /// assert!(writer.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.used_bytes() == 0
    }

    /// The bytes of the ring that hold messages not yet popped, their headers, padding and ends of streams included.
    /// The reader may be lowering the figure at this moment.
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::model::example_ring();
    /// writer.push(b"data", None)?;
    /// assert_eq!(writer.used_bytes(), 16);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn used_bytes(&self) -> usize {
        self.end.distance() as usize
    }

    /// The bytes of the ring that are free: the capacity less the used ones. Of these, 8 are kept for the end of the
    /// stream. A message may need up to its own size in padding on top of it, where it would cross the end of the ring.
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::model::example_ring();
    /// writer.push(b"data", None)?;
    /// assert_eq!(writer.free_bytes(), 4080);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn free_bytes(&self) -> usize {
        self.capacity() - self.used_bytes()
    }

    /// The bytes that were ever pushed through this ring, modulo 2^64, headers, padding and ends of streams included:
    /// where the next record goes. A writer that attached learns from it whether its predecessor's last push got in:
    /// that one, had it noted where it stood before it pushed, stood here if it did not.
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::model::example_ring();
    /// let before = writer.position(); // note this where it survives a crash
    /// writer.push(b"data", None)?;
    /// assert_eq!(writer.position(), before + 16);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn position(&self) -> u64 {
        self.end.position().get()
    }

    /// The messages that were ever pushed into this ring, by this writer and by those before it, also where these were
    /// killed at any instant. Those of a batch count when they are pushed into it. `None` where what the ring's file
    /// says of it was damaged before this writer came: nobody can tell then, nor will a successor.
    ///
    /// A writer that attached, and that is given the same messages from the start again, has to skip so many of them.
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::model::example_ring();
    /// writer.push(b"one", None)?;
    /// writer.push(b"two", None)?;
    /// assert_eq!(writer.messages(), Some(2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn messages(&self) -> Option<u64> {
        self.end.is_counted().then(|| self.end.messages())
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

    /// Counts `messages` that this program has given up instead of pushing them, for instance because the ring was
    /// full. They are added to those that it and the writers before it gave up, modulo 2^64, where whoever looks at the
    /// ring finds them ([`SideView::dropped`](crate::SideView::dropped)), also after a crash. The reader is not told.
    /// Never blocks.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{PushError, RingView, RingWriter};
    ///
    /// let mut writer = RingWriter::create(&path, 64)?;
    /// for line in ["fits", "fits", "fits", "does not"] {
    ///     match writer.try_push(line.as_bytes()) {
    ///         Err(PushError::Full) => writer.count_dropped(1),
    ///         pushed => pushed?,
    ///     }
    /// }
    /// assert_eq!(RingView::open(&path)?.snapshot().writer.dropped, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn count_dropped(&mut self, messages: u64) {
        self.end.ring().own.figures.dropped.add(messages);
    }

    /// The messages that this writer and those before it [gave up](Self::count_dropped), modulo 2^64. A writer that is
    /// given the same messages from the start again has been through so many of them, besides those that it
    /// [pushed](Self::messages).
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::model::example_ring();
    /// writer.push(b"data", None)?;
    /// writer.count_dropped(2);
    /// assert_eq!((writer.messages(), writer.dropped()), (Some(1), 2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn dropped(&self) -> u64 {
        self.end.ring().own.figures.dropped.get()
    }

    /// Counts `messages` that this program pushes though the ring has had them, for instance because the last one was
    /// not whole when it was pushed first. They are added to those of the writers before it, modulo 2^64, where
    /// whoever looks at the ring finds them ([`SideView::repeated`](crate::SideView::repeated)), also after a crash.
    /// The reader is not told. Never blocks.
    ///
    /// A writer that is given the same messages from the start again skips
    /// [`messages`](Self::messages) + [`dropped`](Self::dropped) - [`repeated`](Self::repeated) of them.
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::model::example_ring();
    /// writer.push(b"half a li", None)?;
    /// writer.count_repeated(1);
    /// writer.push(b"half a line", None)?; // by now it is whole
    /// let had = writer.messages().map(|messages| messages + writer.dropped() - writer.repeated());
    /// assert_eq!(had, Some(1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn count_repeated(&mut self, messages: u64) {
        self.end.ring().own.figures.repeated.add(messages);
    }

    /// The messages that this writer and those before it [pushed again](Self::count_repeated), modulo 2^64.
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::model::example_ring();
    /// assert_eq!(writer.repeated(), 0);
    /// writer.count_repeated(2);
    /// assert_eq!(writer.repeated(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn repeated(&self) -> u64 {
        self.end.ring().own.figures.repeated.get()
    }

    /// A copy of the message that was pushed last, by this writer or by those before it, also where it was popped: its
    /// bytes stay in the ring until others take their place. So a writer that attached can see whether what it is about
    /// to go on with is what its predecessor stopped at. Those of a batch count when they are pushed into it.
    ///
    /// `None` where no message was ever pushed, where the ring's file was damaged, and where it cannot be told: the
    /// last writer died, and had pushed into a batch, without publishing it, what may stand in the message's place;
    /// or the message ended just where the ring does, and what follows leaves it open where it began. It reads the
    /// headers of up to all messages that the ring can hold.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{RingReader, RingWriter};
    ///
    /// let mut writer = RingWriter::create(&path, 4096)?;
    /// assert_eq!(writer.last_message(), None);
    /// writer.push(b"one", None)?;
    /// writer.push(b"two", None)?;
    /// drop(writer);
    /// RingReader::open(&path)?.iter(None).take(2).for_each(drop);
    /// assert_eq!(RingWriter::attach(&path)?.last_message(), Some(b"two".to_vec()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn last_message(&self) -> Option<Vec<u8>> {
        let ring = self.end.ring();
        let (at, record) = self.end.last_message()?;
        let (index, mut message) = (ring.capacity.index(at) + HEADER as usize, Vec::new());
        // SAFETY: I2 (it was seen that all of the record is before the end).
        unsafe { ring.bytes.glance_over(index, record.length(), &mut message) };
        Some(message)
    }

    /// Whether the end of a stream is the last thing in the ring, or was before it was taken: its last writer, if it
    /// was not this one, has ended its stream, and not been killed in the midst of it.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::RingWriter;
    ///
    /// RingWriter::create(&path, 4096)?.push(b"one", None)?; // and the drop ends the stream
    /// let mut writer = RingWriter::attach(&path)?;
    /// assert!(writer.follows_an_end());
    /// writer.push(b"two", None)?;
    /// assert!(!writer.follows_an_end());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn follows_an_end(&self) -> bool {
        let (ring, end) = (self.end.ring(), Record::END);
        let index = ring.capacity.index(self.end.position().before(end.size()));
        // SAFETY: I2 (a multiple of 8 within the capacity).
        unsafe { ring.bytes.glance(index) == end.to_word() }
    }

    /// Which of the ring's writers this is: 1 for the one that created it, and one more for each that attached.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::RingWriter;
    ///
    /// assert_eq!(RingWriter::create(&path, 4096)?.epoch(), 1);
    /// assert_eq!(RingWriter::attach(&path)?.epoch(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn epoch(&self) -> u64 {
        self.end.epoch()
    }

    /// Which of the ring's readers the last one is, alive or not, counted from 1; 0 if none has come yet. Where it has
    /// changed, another reader has gone on from where the last one stood.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{RingReader, RingWriter};
    ///
    /// let writer = RingWriter::create(&path, 4096)?;
    /// assert_eq!(writer.peer_epoch(), 0); // no reader has come yet
    /// let reader = RingReader::open(&path)?;
    /// assert_eq!(writer.peer_epoch(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn peer_epoch(&self) -> u64 {
        self.end.peer_epoch()
    }

    /// Whether the ring's file still has the name by which this handle has it, so that a reader that is to come can
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
    /// use ipc_ring::RingWriter;
    ///
    /// // A log that writes a line a minute, and never waits: does anybody find it still?
    /// let mut writer = RingWriter::create(&path, 4096)?;
    /// writer.push(b"a line", None)?;
    /// assert!(writer.still_named());
    /// std::fs::remove_file(&path)?; // somebody cleans up
    /// if !writer.still_named() {
    ///     writer = RingWriter::create(&path, 4096)?;
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn still_named(&self) -> bool {
        self.end.still_named()
    }
}
