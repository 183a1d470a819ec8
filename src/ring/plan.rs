//! How a side is taken: a ring's file and the machine of a side, brought together.

#[cfg(target_os = "linux")]
use std::fs::File;
#[cfg(target_os = "linux")]
use std::os::unix::io::BorrowedFd;
use std::path::Path;
use std::time::Duration;

use crate::atomics::{Instant, Loss};
use crate::file::{self, CreateError, CreateOrAttachError, Design, OpenError, Settings};
use crate::protocol::{Check, Consumer, Failure, NotTaken, Producer, Side, WaitStrategy};
use crate::sys;

/// The caller's settings for a ring.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub(super) design: Design,
    pub(super) settings: Settings,
    pub(super) strategy: WaitStrategy,
}

impl Plan {
    pub(super) fn create(&self, path: &Path, capacity: usize) -> Result<Producer, CreateError> {
        let take = |ring| Producer::take_new(ring, self.strategy);
        file::create(path, capacity, self.design, self.settings, take)
    }

    /// Attaches or creates, again and again, until the path does not change between the two.
    ///
    /// Somebody always gets on: whoever changes the path has created a ring or removed one.
    pub(super) fn create_or_attach(&self, path: &Path, capacity: usize) -> Result<Producer, CreateOrAttachError> {
        loop {
            match self.attach(path, Some(Duration::ZERO)) {
                Err(OpenError::NotFound { .. } | OpenError::Replaced { .. }) => {}
                attached => return attached.map_err(CreateOrAttachError::Attach),
            }
            match self.create(path, capacity) {
                Err(CreateError::AlreadyExists { .. }) => {}
                created => return created.map_err(CreateOrAttachError::Create),
            }
        }
    }

    /// Takes the writer's side, waiting for room for the end of its stream.
    pub(super) fn attach(&self, path: &Path, timeout: Option<Duration>) -> Result<Producer, OpenError> {
        let ring = file::open(path, Side::Writer, self.settings)?;
        Producer::take(ring, self.strategy, timeout).map_err(|why| not_taken(path, why))
    }

    pub(super) fn open(&self, path: &Path) -> Result<Consumer, OpenError> {
        let ring = file::open(path, Side::Reader, self.settings)?;
        Consumer::take(ring, self.strategy).map_err(|check| corrupt(path, check))
    }

    /// Takes the reader's side, waiting for a ring to appear as `timeout` says.
    pub(super) fn open_wait(&self, path: &Path, timeout: Option<Duration>) -> Result<Consumer, OpenError> {
        const FIRST_NAP: Duration = Duration::from_millis(1);
        const LONGEST_NAP: Duration = Duration::from_millis(20);
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut nap = FIRST_NAP;
        loop {
            let error = match self.open(path) {
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

    #[cfg(target_os = "linux")]
    pub(super) fn create_sealed(&self, capacity: usize) -> Result<(Producer, File), CreateError> {
        let take = |ring| Producer::take_new(ring, self.strategy);
        file::create_sealed(capacity, self.design, self.settings, take)
    }

    #[cfg(target_os = "linux")]
    pub(super) fn attach_sealed(&self, memory: BorrowedFd<'_>) -> Result<Producer, OpenError> {
        let ring = file::open_sealed(memory, Side::Writer, self.settings)?;
        let taken = Producer::take(ring, self.strategy, Some(Duration::ZERO));
        taken.map_err(|why| not_taken(Path::new(file::NAMELESS), why))
    }

    #[cfg(target_os = "linux")]
    pub(super) fn open_sealed(&self, memory: BorrowedFd<'_>) -> Result<Consumer, OpenError> {
        let ring = file::open_sealed(memory, Side::Reader, self.settings)?;
        Consumer::take(ring, self.strategy).map_err(|check| corrupt(Path::new(file::NAMELESS), check))
    }
}

fn corrupt(path: &Path, check: Check) -> OpenError {
    OpenError::Corrupt { path: path.into(), check }
}

/// Makes the user's error from `why`.
fn not_taken(path: &Path, why: NotTaken) -> OpenError {
    match why {
        NotTaken::Full => OpenError::Full { path: path.into() },
        NotTaken::Lost(Loss::Removed) => OpenError::NotFound { path: path.into() },
        NotTaken::Lost(Loss::Replaced) => OpenError::Replaced { path: path.into() },
        NotTaken::Failed(Failure::Corrupt(check)) => corrupt(path, check),
        NotTaken::Failed(Failure::Forked) => {
            OpenError::Io { doing: "wait for room in", path: path.into(), source: sys::fork::forked() }
        }
    }
}
