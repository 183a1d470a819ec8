//! The constructors, with the default options.

use std::path::Path;
use std::time::Duration;

use crate::error::{CreateError, OpenError};
use crate::options::RingOptions;
use crate::reader::RingReader;
use crate::writer::RingWriter;

impl RingWriter {
    /// Creates a ring of `capacity` bytes at `path` and becomes its writer, with the default [`RingOptions`].
    ///
    /// The capacity is a power of two from 64 to 2^31 (2 GiB). The file takes two pages more; its space is
    /// allocated now, so that it cannot run out later. The file appears at `path` when it is complete, never before, so
    /// a reader that waits for it may open it as soon as it is there. It stays until somebody removes it.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{CreateError, RingWriter};
    ///
    /// let writer = RingWriter::create(&path, 4096)?;
    /// let again = RingWriter::create(&path, 4096);
    /// assert!(matches!(again, Err(CreateError::AlreadyExists { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Nothing is left behind.
    ///
    /// - [`InvalidCapacity`](CreateError::InvalidCapacity): pass one that it names.
    /// - [`AlreadyExists`](CreateError::AlreadyExists): something is at `path`; it is untouched.
    /// - [`UnsuitableFilesystem`](CreateError::UnsuitableFilesystem): what is allocated at `path` is not known to be
    ///   kept; see [`RingOptions::any_filesystem`].
    /// - [`Io`](CreateError::Io): the system refused, for instance for want of space.
    pub fn create(path: impl AsRef<Path>, capacity: usize) -> Result<RingWriter, CreateError> {
        RingOptions::new().create(path, capacity)
    }

    /// Becomes the writer of the ring at `path` and goes on where its last writer stood, however that one ended, with
    /// the default [`RingOptions`].
    ///
    /// It does not block, but that it waits where the ring is just being removed, for at most a tenth of a second.
    /// Where the last stream has ended, another one begins; where it has not, it goes on. A message that the last
    /// writer was pushing when it died is in the ring wholly or not at all.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{OpenError, RingWriter, Side};
    ///
    /// let writer = RingWriter::create(&path, 4096)?;
    /// let second = RingWriter::attach(&path);
    /// assert!(matches!(second, Err(OpenError::Busy { side: Side::Writer, .. })));
    /// drop(writer);
    /// let successor = RingWriter::attach(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The ring is as it was.
    ///
    /// - [`NotFound`](OpenError::NotFound): nothing is at `path`; create the ring.
    /// - [`NotARing`](OpenError::NotARing), [`Incompatible`](OpenError::Incompatible),
    ///   [`Corrupt`](OpenError::Corrupt): what is there cannot be used.
    /// - [`AnotherBoot`](OpenError::AnotherBoot): it was created before the system was last started; see
    ///   [`RingOptions::any_boot`].
    /// - [`AnotherOwner`](OpenError::AnotherOwner): it was created with an owner's tag; see
    ///   [`RingOptions::owner_tag`].
    /// - [`Busy`](OpenError::Busy): a living writer holds the ring, in this process or another.
    /// - [`Full`](OpenError::Full): there is no room for the end of another stream, 8 bytes, until a reader makes some;
    ///   [`attach_wait`](Self::attach_wait) waits for that.
    /// - [`Untrusted`](OpenError::Untrusted): others may have made the file or may change it; see
    ///   [`RingOptions::trust_any_owner`].
    /// - [`UnsuitableFilesystem`](OpenError::UnsuitableFilesystem): what was allocated for it is not known to be kept;
    ///   see [`RingOptions::any_filesystem`].
    /// - [`Replaced`](OpenError::Replaced): the file was replaced during the call; try again.
    /// - [`FencesUnavailable`](OpenError::FencesUnavailable): a sandbox refuses this process what the ring was created
    ///   with; create it with [`FenceMode::Symmetric`](crate::FenceMode::Symmetric).
    /// - [`Io`](OpenError::Io): the system refused.
    pub fn attach(path: impl AsRef<Path>) -> Result<RingWriter, OpenError> {
        RingOptions::new().attach(path)
    }

    /// As [`attach`](Self::attach), and where there is no room in the ring for the end of another stream, waits for a
    /// reader to make it. That is so only where the ring is full to the last byte, the end of the last stream included.
    ///
    /// `None` waits as long as it takes; `Some(d)` is a deadline for the wait, on the monotonic clock. This holds the
    /// writer's side meanwhile. It gives up sooner where the last reader left or died, unless
    /// [successors are awaited](RingOptions::await_successors), and where no reader can find the ring any more.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use std::time::Duration;
    /// use ipc_ring::{OpenError, RingReader, RingWriter};
    ///
    /// drop(RingWriter::create(&path, 64)?);
    /// for _ in 1..8 {
    ///     drop(RingWriter::attach(&path)?); // an end takes 8 bytes
    /// }
    /// let full = RingWriter::attach_wait(&path, Some(Duration::from_millis(1)));
    /// assert!(matches!(full, Err(OpenError::Full { .. })));
    /// RingReader::open(&path)?.try_pop(&mut Vec::new()).unwrap_err(); // Closed: it came to all the ends
    /// RingWriter::attach_wait(&path, None)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`attach`](Self::attach), and [`Full`](OpenError::Full) where nobody made room until the deadline.
    pub fn attach_wait(path: impl AsRef<Path>, timeout: Option<Duration>) -> Result<RingWriter, OpenError> {
        RingOptions::new().attach_wait(path, timeout)
    }
}

impl RingReader {
    /// Becomes the reader of the ring at `path` and goes on where its last reader stood, however that one ended, with
    /// the default [`RingOptions`].
    ///
    /// It does not block, but that it waits where the ring is just being removed, for at most a tenth of a second. The
    /// first message is the oldest one that was not popped; the one that a reader was popping when it died
    /// may come again.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{RingReader, RingWriter};
    ///
    /// let mut writer = RingWriter::create(&path, 4096)?;
    /// writer.push(b"one", None)?;
    /// writer.push(b"three", None)?;
    /// assert_eq!(RingReader::open(&path)?.pop(&mut Vec::new(), None)?, 3);
    /// assert_eq!(RingReader::open(&path)?.pop(&mut Vec::new(), None)?, 5); // goes on
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The ring is as it was.
    ///
    /// - [`NotFound`](OpenError::NotFound): nothing is at `path`; a writer has to create the ring.
    /// - [`NotARing`](OpenError::NotARing), [`Incompatible`](OpenError::Incompatible),
    ///   [`Corrupt`](OpenError::Corrupt): what is there cannot be used.
    /// - [`AnotherBoot`](OpenError::AnotherBoot): it was created before the system was last started; see
    ///   [`RingOptions::any_boot`].
    /// - [`Busy`](OpenError::Busy): a living reader holds the ring, in this process or another.
    /// - [`Untrusted`](OpenError::Untrusted): others may have made the file or may change it; see
    ///   [`RingOptions::trust_any_owner`].
    /// - [`UnsuitableFilesystem`](OpenError::UnsuitableFilesystem): what was allocated for it is not known to be kept;
    ///   see [`RingOptions::any_filesystem`].
    /// - [`Replaced`](OpenError::Replaced): the file was replaced during the call; try again.
    /// - [`FencesUnavailable`](OpenError::FencesUnavailable): a sandbox refuses this process what the ring was created
    ///   with; create it with [`FenceMode::Symmetric`](crate::FenceMode::Symmetric).
    /// - [`Io`](OpenError::Io): the system refused.
    pub fn open(path: impl AsRef<Path>) -> Result<RingReader, OpenError> {
        RingOptions::new().open(path)
    }

    /// As [`open`](Self::open), and where nothing is at `path` yet, waits for a writer to create the ring, so that the
    /// reader may be started first.
    ///
    /// `None` waits as long as it takes; `Some(d)` is a deadline for the whole call, on the monotonic clock. It looks
    /// at least every 20 ms, and sleeps between. Only the file is waited for: what is at `path` and is no ring, or a
    /// ring whose reader lives, is an error at once.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{RingReader, RingWriter};
    ///
    /// # let created_at = path.clone();
    /// let creating = std::thread::spawn(move || RingWriter::create(created_at, 4096)); // in another process
    /// let reader = RingReader::open_wait(&path, None)?;
    /// # drop(creating);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`open`](Self::open); [`NotFound`](OpenError::NotFound) at the deadline.
    pub fn open_wait(path: impl AsRef<Path>, timeout: Option<Duration>) -> Result<RingReader, OpenError> {
        RingOptions::new().open_wait(path, timeout)
    }
}
