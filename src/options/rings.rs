//! What is done with options: rings are created, taken, looked at and removed.

#[cfg(target_os = "linux")]
use std::os::unix::io::{AsFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use super::RingOptions;
use crate::error::{CreateError, Failure, OpenError, Side};
use crate::file::{self, Removal};
use crate::reader::RingReader;
use crate::sys;
use crate::view::{RingView, SideState, ViewError};
use crate::writer::{NotTaken, RingWriter};

impl RingOptions {
    /// Creates a ring at `path` and becomes its writer: see [`RingWriter::create`].
    ///
    /// In memory, the ring is charged to the memory cgroup of this process, all of it and until it is removed; one
    /// beyond the cgroup's limit is no error, for the kernel kills this process.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// let writer = ipc_ring::RingOptions::new().mode(0o660).create(&path, 4096)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As there; and [`FencesUnavailable`](CreateError::FencesUnavailable) where
    /// [`FenceMode::Asymmetric`](crate::FenceMode::Asymmetric) was asked for and is not to be had.
    pub fn create(&self, path: impl AsRef<Path>, capacity: usize) -> Result<RingWriter, CreateError> {
        file::create(path.as_ref(), capacity, self.design, self.settings, |ring| RingWriter::take_new(ring, self.wait))
    }

    /// Becomes the writer of the ring at `path`: see [`RingWriter::attach`].
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// let options = ipc_ring::RingOptions::new();
    /// drop(options.create(&path, 4096)?);
    /// let writer = options.attach(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As there.
    pub fn attach(&self, path: impl AsRef<Path>) -> Result<RingWriter, OpenError> {
        self.attach_wait(path, Some(Duration::ZERO))
    }

    /// As [`attach`](Self::attach), and where there is no room in the ring for the end of another stream, waits for a
    /// reader to make it: see [`RingWriter::attach_wait`].
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// let options = ipc_ring::RingOptions::new();
    /// drop(options.create(&path, 4096)?);
    /// let writer = options.attach_wait(&path, None)?; // there is room
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As there.
    pub fn attach_wait(&self, path: impl AsRef<Path>, timeout: Option<Duration>) -> Result<RingWriter, OpenError> {
        let path = path.as_ref();
        let ring = file::open(path, Side::Writer, self.settings)?;
        RingWriter::take(ring, self.wait, timeout).map_err(|why| not_taken(path, why))
    }

    /// Becomes the reader of the ring at `path`: see [`RingReader::open`].
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// let options = ipc_ring::RingOptions::new();
    /// let writer = options.create(&path, 4096)?;
    /// let reader = options.open(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As there.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<RingReader, OpenError> {
        let path = path.as_ref();
        let ring = file::open(path, Side::Reader, self.settings)?;
        RingReader::take(ring, self.wait).map_err(|check| OpenError::Corrupt { path: path.into(), check })
    }

    /// Creates a ring that has no path, and becomes its writer. What else is returned is the ring's memory: whoever is
    /// given that descriptor, as a child that inherits it or by a Unix socket, can be the reader
    /// ([`open_memory`](Self::open_memory)), or the next writer.
    ///
    /// Its size is sealed, so that no process can truncate it under another, which is what a file with a path cannot
    /// keep others from. It is gone with the last process that has it open or mapped. Linux alone has such memory.
    ///
    /// # Errors
    /// As [`create`](Self::create), but that nothing can exist already. It needs `/proc`.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let options = ipc_ring::RingOptions::new();
    /// let (mut writer, memory) = options.create_sealed(4096)?;
    /// let mut reader = options.open_memory(&memory)?; // in another process that was given it
    /// writer.push(b"data", None)?;
    /// assert_eq!(reader.pop(&mut Vec::new(), None)?, 4);
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(target_os = "linux")]
    pub fn create_sealed(&self, capacity: usize) -> Result<(RingWriter, OwnedFd), CreateError> {
        let take = |ring| RingWriter::take_new(ring, self.wait);
        let (writer, memory) = file::create_sealed(capacity, self.design, self.settings, take)?;
        Ok((writer, memory.into()))
    }

    /// Becomes the reader of the ring that [`create_sealed`](Self::create_sealed) made, and goes on where its last
    /// reader stood. The descriptor is needed for no longer than this call.
    ///
    /// ```
    /// let options = ipc_ring::RingOptions::new();
    /// let (writer, memory) = options.create_sealed(4096)?;
    /// let reader = options.open_memory(&memory)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`open`](Self::open), and [`Untrusted`](OpenError::Untrusted) for memory, or a file, whose size is not
    /// sealed.
    #[cfg(target_os = "linux")]
    pub fn open_memory(&self, memory: impl AsFd) -> Result<RingReader, OpenError> {
        let ring = file::open_sealed(memory.as_fd(), Side::Reader, self.settings)?;
        RingReader::take(ring, self.wait).map_err(file::corrupt)
    }

    /// Becomes the writer of the ring that [`create_sealed`](Self::create_sealed) made, and goes on where its last
    /// writer stood. The descriptor is needed for no longer than this call.
    ///
    /// ```
    /// let options = ipc_ring::RingOptions::new();
    /// let (writer, memory) = options.create_sealed(4096)?;
    /// drop(writer);
    /// let writer = options.attach_memory(&memory)?;
    /// assert_eq!(writer.epoch(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`attach`](Self::attach), and [`Untrusted`](OpenError::Untrusted) for memory, or a file, whose size is not
    /// sealed.
    #[cfg(target_os = "linux")]
    pub fn attach_memory(&self, memory: impl AsFd) -> Result<RingWriter, OpenError> {
        let ring = file::open_sealed(memory.as_fd(), Side::Writer, self.settings)?;
        let taken = RingWriter::take(ring, self.wait, Some(Duration::ZERO));
        taken.map_err(|why| not_taken(Path::new(file::NAMELESS), why))
    }

    /// Looks at the ring at `path` without taking part in it: see [`RingView::open`].
    ///
    /// # Errors
    /// As there.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// # let writer = ipc_ring::RingWriter::create(&path, 4096)?;
    /// // What another user made, to be looked at all the same.
    /// let view = ipc_ring::RingOptions::new().trust_any_owner(true).view(&path)?;
    /// assert_eq!(view.snapshot().used_bytes, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn view(&self, path: impl AsRef<Path>) -> Result<RingView, OpenError> {
        file::view(path.as_ref(), self.settings).map(RingView::new)
    }

    /// Removes the ring at `path`, and with it all that waits in it, if no living process holds a side of it. It is
    /// held while it is removed, so that nobody can take a side of a ring that is about to go: who tries meanwhile
    /// waits until that is done, and is told that it was [`Replaced`](OpenError::Replaced), or is gone. Where a side
    /// lives, nothing is held, and the other can be taken all the while.
    ///
    /// Also a damaged ring is removed, whose file was truncated for instance.
    ///
    /// # Errors
    /// The ring is as it was.
    ///
    /// - [`Busy`](OpenError::Busy): a process holds a side; end it first.
    /// - [`NotFound`](OpenError::NotFound), [`NotARing`](OpenError::NotARing): there is no ring to be removed.
    /// - [`Incompatible`](OpenError::Incompatible): another version of the library made it, and only that one can tell
    ///   whether it lives.
    /// - [`Untrusted`](OpenError::Untrusted), [`UnsuitableFilesystem`](OpenError::UnsuitableFilesystem),
    ///   [`Replaced`](OpenError::Replaced), [`Io`](OpenError::Io): as with [`RingReader::open`].
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{OpenError, RingOptions, RingWriter};
    ///
    /// let writer = RingWriter::create(&path, 4096)?;
    /// assert!(matches!(RingOptions::new().remove(&path), Err(OpenError::Busy { .. })));
    /// drop(writer);
    /// RingOptions::new().remove(&path)?;
    /// assert!(!path.exists());
    /// # Ok(())
    /// # }
    /// ```
    pub fn remove(&self, path: impl AsRef<Path>) -> Result<(), OpenError> {
        Removal::of(path.as_ref(), self.settings)?.carry_out()
    }

    /// As [`remove`](Self::remove), but only a ring with which all is done: its last writer ended its stream, and no
    /// message waits, nor an end that nobody has come to. Whether it is removed; where it is not, it is as it was.
    ///
    /// For a reader that comes to the end of the stream and wants nothing to be left: it drops its handle and calls
    /// this. A writer that attached meanwhile, or pushed and left, is not lost.
    ///
    /// # Errors
    /// As there. A damaged ring is an error, too: nobody knows what it holds.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{PopError, RingOptions, RingReader, RingWriter};
    ///
    /// let mut writer = RingWriter::create(&path, 4096)?;
    /// writer.push(b"data", None)?;
    /// drop(writer);
    /// assert!(!RingOptions::new().remove_drained(&path)?);
    ///
    /// let mut reader = RingReader::open(&path)?;
    /// let mut buffer = Vec::new();
    /// while reader.pop(&mut buffer, None) != Err(PopError::Closed) {}
    /// drop(reader);
    /// assert!(RingOptions::new().remove_drained(&path)?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn remove_drained(&self, path: impl AsRef<Path>) -> Result<bool, OpenError> {
        let path = path.as_ref();
        let removal = Removal::of(path, self.settings)?;
        let view = RingView::new(removal.viewed()?);
        let is_done = match view.messages(1).next() {
            Some(Err(ViewError::Corrupt { check })) => return Err(OpenError::Corrupt { path: path.into(), check }),
            Some(_) => false,
            None => {
                let seen = view.snapshot();
                seen.writer.state == SideState::Closed && seen.used_bytes == 0
            }
        };
        if is_done {
            removal.carry_out()?;
        }
        Ok(is_done)
    }

    /// As [`open`](Self::open), and where nothing is at `path` yet, waits for a writer to create the ring: see
    /// [`RingReader::open_wait`].
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use std::time::Duration;
    /// use ipc_ring::{OpenError, RingOptions};
    ///
    /// let missing = RingOptions::new().open_wait(&path, Some(Duration::from_millis(1)));
    /// assert!(matches!(missing, Err(OpenError::NotFound { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As there.
    pub fn open_wait(&self, path: impl AsRef<Path>, timeout: Option<Duration>) -> Result<RingReader, OpenError> {
        const FIRST_NAP: Duration = Duration::from_millis(1);
        const LONGEST_NAP: Duration = Duration::from_millis(20);
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut nap = FIRST_NAP;
        loop {
            let error = match self.open(path.as_ref()) {
                Err(error @ (OpenError::NotFound { .. } | OpenError::Replaced { .. })) => error,
                done => return done,
            };
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return Err(error);
            }
            sys::nap(nap.min(left.unwrap_or(nap)));
            nap = LONGEST_NAP.min(2 * nap);
        }
    }
}

/// Why the writer's side of the ring at `path` was not taken.
fn not_taken(path: &Path, why: NotTaken) -> OpenError {
    let path = path.into();
    match why {
        NotTaken::Full => OpenError::Full { path },
        NotTaken::Failed(Failure::Corrupt(check)) => OpenError::Corrupt { path, check },
        NotTaken::Failed(Failure::Forked) => {
            OpenError::Io { doing: "wait for room in", path, source: sys::fork::forked() }
        }
    }
}
