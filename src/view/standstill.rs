//! Whether a ring stands still for good: what two looks tell, some time apart, that one cannot.
//!
//! A side that waits says so (`wait.rs`): it announces the position of its peer that it sleeps for, and counts its
//! sleeps, of which none is longer than a twentieth of a second. So one that announces the same at both looks, and has
//! gone to sleep in between, waits. An announcement alone says less: whoever gave up waiting leaves it there.
//!
//! A side that does not wait says nothing. Whether one that is held and does not move is slow, or stopped, its words
//! do not tell, and the system is asked.

use super::{RingState, RingView, SideState, Snapshot};
use crate::protocol::Side;

impl RingView {
    /// How the ring is now, and whether it has stood still since `earlier`, a [`snapshot`](Self::snapshot) by this
    /// view: then its state is [`Stuck`](RingState::Stuck), where it would be [`Live`](RingState::Live).
    ///
    /// The time between the two looks is yours to choose. A second is enough: a side that waits asleep is known by
    /// its naps of 50 ms. It makes a few system calls; where a side waits and its peer lives it also goes through the
    /// processes, as [`is_stopped`](Self::is_stopped) does. It does not block.
    ///
    /// A ring is stuck if neither side moved, came or left between the looks, one of them waited all the while, and
    /// the other will not end that:
    ///
    /// - The writer waits for space, and the reader has never come, has left, has died, or is stopped.
    /// - The reader waits for a message, and the writer has died, or is stopped.
    ///
    /// These are not stuck: a reader that waits for a writer that is alive and has nothing to send, or for the next
    /// writer after one that closed its end; a writer that waits for a reader that is alive, however slow; a ring
    /// whose reader is gone or stopped, as long as the writer does not wait. A side that waits awake
    /// ([`WaitStrategy::Spin`](crate::WaitStrategy::Spin)) is not seen to wait.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use std::time::Duration;
    /// use ipc_ring::{RingState, RingView, RingWriter, Side};
    ///
    /// let mut writer = RingWriter::create(&path, 4096)?;
    /// let view = RingView::open(&path)?;
    /// let mut push = || writer.push(&[0; 3000], Some(Duration::from_millis(100)));
    /// push()?;
    /// let _ = push(); // no reader has come, and there is no space for another one
    /// let earlier = view.snapshot();
    /// let _ = push();
    /// let seen = view.snapshot_since(&earlier);
    /// assert_eq!(seen.state, RingState::Stuck { waiting: Side::Writer });
    /// assert!(seen.writer.waiting > Some(Duration::from_millis(100))); // since when
    /// # Ok(())
    /// # }
    /// ```
    pub fn snapshot_since(&self, earlier: &Snapshot) -> Snapshot {
        let seen = self.snapshot();
        let is_still = seen.state == RingState::Live && stands(&seen) == stands(earlier);
        let stuck = |&waiting: &Side| self.waits_in_vain(waiting, earlier, &seen);
        match [Side::Writer, Side::Reader].iter().find(|side| is_still && stuck(side)) {
            Some(&waiting) => Snapshot { state: RingState::Stuck { waiting }, ..seen },
            None => seen,
        }
    }

    /// Whether the process that holds this side is stopped, by a signal (`SIGSTOP`, Ctrl-Z) or a debugger. `None`
    /// where that cannot be told: nobody holds it, the process is another user's or in another container, or this is
    /// not Linux. A process that a cgroup has frozen counts as one that goes on.
    ///
    /// It goes through `/proc`, which takes some 10 microseconds for each descriptor that a process of this system has
    /// open.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{RingView, RingWriter, Side};
    ///
    /// let _writer = RingWriter::create(&path, 4096)?;
    /// let view = RingView::open(&path)?;
    /// assert_ne!(view.is_stopped(Side::Writer), Some(true)); // it is this process
    /// assert_eq!(view.is_stopped(Side::Reader), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn is_stopped(&self, side: Side) -> Option<bool> {
        self.ring.is_stopped(side)
    }

    /// Whether this side of a ring that stood still has waited since then, for one that will not come.
    fn waits_in_vain(&self, waiting: Side, earlier: &Snapshot, seen: &Snapshot) -> bool {
        let (before, now, peer, other) = match waiting {
            Side::Writer => (&earlier.writer, &seen.writer, &seen.reader, Side::Reader),
            Side::Reader => (&earlier.reader, &seen.reader, &seen.writer, Side::Writer),
        };
        if now.awaits.is_none() || now.awaits != before.awaits {
            return false;
        }
        let comes = match peer.state {
            SideState::Absent | SideState::Died => false,
            // All that there was has been read, and there may be another writer some day.
            SideState::Closed => waiting == Side::Reader,
            SideState::Attached => self.is_stopped(other) != Some(true),
        };
        !comes && (now.sleeps != before.sleeps || self.is_stopped(waiting) == Some(true))
    }
}

/// What is the same at two looks between which neither side moved, came or left.
fn stands(seen: &Snapshot) -> [(SideState, u64, u64); 2] {
    [&seen.writer, &seen.reader].map(|side| (side.state, side.epoch, side.position))
}
