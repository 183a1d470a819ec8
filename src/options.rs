//! How a user gets hold of a ring: the constructors, and the options for what has a default.

use std::path::Path;

use crate::atomics::FenceMode;
use crate::error::{CreateError, OpenError, Side};
use crate::mapping::{self, Pages};
use crate::reader::RingReader;
use crate::wait::WaitStrategy;
use crate::writer::RingWriter;

/// Options for creating, attaching to and opening rings, for what has a default.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("ring");
/// use std::time::Duration;
/// use ipc_ring::{RingOptions, WaitStrategy};
///
/// let mut options = RingOptions::new();
/// options.wait(WaitStrategy::SpinThenSleep { spin: Duration::from_micros(200) }).mode(0o660);
/// let mut writer = options.create(&path, 4096)?;
/// let mut reader = options.open(&path)?;
/// writer.push(b"data", None)?;
/// assert_eq!(reader.pop(&mut Vec::new(), None)?, 4);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "options do nothing until a ring is created, attached to or opened with them"]
pub struct RingOptions {
    mode: u32,
    wait: WaitStrategy,
    pages: Pages,
    fences: Option<FenceMode>,
}

impl Default for RingOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl RingOptions {
    /// The defaults: a file for its owner alone, spinning briefly before sleeping, prefaulted, the best fences there
    /// are.
    pub fn new() -> Self {
        let pages = Pages { prefault: true, huge: false };
        Self { mode: 0o600, wait: WaitStrategy::default(), pages, fences: None }
    }

    /// The permissions of the file of a ring to be created, exactly, whatever the umask. By default `0o600`.
    ///
    /// Both sides need to read and to write the file. Whoever may write to it can damage what is in it, and
    /// whoever may truncate it can kill the processes that have it mapped.
    pub fn mode(&mut self, mode: u32) -> &mut Self {
        self.mode = mode;
        self
    }

    /// What this side does while it waits for its peer. Each side has its own. By default
    /// [`WaitStrategy::SpinThenSleep`].
    pub fn wait(&mut self, strategy: WaitStrategy) -> &mut Self {
        self.wait = strategy;
        self
    }

    /// Whether to make all of the ring's memory present when it is mapped, which took 0.6 ms a MiB for the
    /// writer where we measured it, and 0.2 ms for the reader, instead of
    /// a page at a time when it is first used. By default it is. Without effect on macOS, and on Linux before 5.14.
    pub fn prefault(&mut self, prefault: bool) -> &mut Self {
        self.pages.prefault = prefault;
        self
    }

    /// Whether to ask for huge pages where the ring's bytes are, which saves address translations: of use for rings of
    /// many MiB. Each side asks for itself, when it maps the ring: creating or opening it then takes longer, and a peer
    /// that has the ring mapped already meets its pages once more. By default they are not asked for.
    ///
    /// What cannot be had so stays in small pages, which is no error. Linux has them from 6.1 on, in files on tmpfs
    /// such as `/dev/shm`, as long as it finds enough contiguous memory. Without effect on macOS.
    pub fn huge_pages(&mut self, huge: bool) -> &mut Self {
        self.pages.huge = huge;
        self
    }

    /// How both sides of a ring to be created order what they do around a sleep. By default
    /// [`FenceMode::Asymmetric`] where the kernel offers it.
    pub fn fence_mode(&mut self, mode: FenceMode) -> &mut Self {
        self.fences = Some(mode);
        self
    }

    /// Creates a ring at `path` and becomes its writer: see [`RingWriter::create`].
    ///
    /// # Errors
    /// As there; and an [`Io`](CreateError::Io) of kind `Unsupported` or as the system says where
    /// [`FenceMode::Asymmetric`] was asked for and is not to be had.
    pub fn create(&self, path: impl AsRef<Path>, capacity: usize) -> Result<RingWriter, CreateError> {
        mapping::create(path.as_ref(), capacity, self.mode, self.pages, self.fences, |ring| {
            RingWriter::take(ring, self.wait)
        })
    }

    /// Becomes the writer of the ring at `path`: see [`RingWriter::attach`].
    ///
    /// # Errors
    /// As there.
    pub fn attach(&self, path: impl AsRef<Path>) -> Result<RingWriter, OpenError> {
        let path = path.as_ref();
        let ring = mapping::open(path, Side::Writer, self.pages)?;
        RingWriter::take(ring, self.wait).map_err(|check| OpenError::Corrupt { path: path.into(), check })
    }

    /// Becomes the reader of the ring at `path`: see [`RingReader::open`].
    ///
    /// # Errors
    /// As there.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<RingReader, OpenError> {
        let path = path.as_ref();
        let ring = mapping::open(path, Side::Reader, self.pages)?;
        RingReader::take(ring, self.wait).map_err(|check| OpenError::Corrupt { path: path.into(), check })
    }
}

impl RingWriter {
    /// Creates a ring of `capacity` bytes at `path` and becomes its writer, with the default [`RingOptions`].
    ///
    /// The capacity is a power of two from 64 to 2^31 (2 GiB). The file takes two pages more; its space is
    /// allocated now, so that it cannot run out later. The file appears at `path` when it is complete, never before, so
    /// a reader that waits for it may open it as soon as it is there. It stays until somebody removes it.
    ///
    /// # Errors
    /// Nothing is left behind.
    ///
    /// - [`InvalidCapacity`](CreateError::InvalidCapacity): pass one that it names.
    /// - [`AlreadyExists`](CreateError::AlreadyExists): something is at `path`; it is untouched.
    /// - [`Io`](CreateError::Io): the system refused, for instance for want of space.
    pub fn create(path: impl AsRef<Path>, capacity: usize) -> Result<RingWriter, CreateError> {
        RingOptions::new().create(path, capacity)
    }

    /// Becomes the writer of the ring at `path` and goes on where its last writer stood, however that one ended, with
    /// the default [`RingOptions`].
    ///
    /// A stream that was closed is open again. A message that the last writer was pushing when it died is in
    /// the ring wholly or not at all.
    ///
    /// # Errors
    /// The ring is as it was.
    ///
    /// - [`NotFound`](OpenError::NotFound): nothing is at `path`; create the ring.
    /// - [`NotARing`](OpenError::NotARing), [`Incompatible`](OpenError::Incompatible),
    ///   [`Corrupt`](OpenError::Corrupt): what is there cannot be used.
    /// - [`Busy`](OpenError::Busy): a living writer holds the ring, in this process or another.
    /// - [`Replaced`](OpenError::Replaced): the file was replaced during the call; try again.
    /// - [`Io`](OpenError::Io): the system refused.
    pub fn attach(path: impl AsRef<Path>) -> Result<RingWriter, OpenError> {
        RingOptions::new().attach(path)
    }
}

impl RingReader {
    /// Becomes the reader of the ring at `path` and goes on where its last reader stood, however that one ended, with
    /// the default [`RingOptions`].
    ///
    /// The first message is the oldest one that was not popped; the one that a reader was popping when it died
    /// may come again.
    ///
    /// # Errors
    /// The ring is as it was.
    ///
    /// - [`NotFound`](OpenError::NotFound): nothing is at `path`; a writer has to create the ring.
    /// - [`NotARing`](OpenError::NotARing), [`Incompatible`](OpenError::Incompatible),
    ///   [`Corrupt`](OpenError::Corrupt): what is there cannot be used.
    /// - [`Busy`](OpenError::Busy): a living reader holds the ring, in this process or another.
    /// - [`Replaced`](OpenError::Replaced): the file was replaced during the call; try again.
    /// - [`Io`](OpenError::Io): the system refused.
    pub fn open(path: impl AsRef<Path>) -> Result<RingReader, OpenError> {
        RingOptions::new().open(path)
    }
}
