//! What `stat`, `top` and `doctor` see of a ring, as JSON and in words.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use indicatif::BinaryBytes;
use ipc_ring::{FenceMode, OpenError, RingId, RingState, RingView, Side, SideState, SideView, Snapshot};
use serde::Serialize;

use crate::args::Trust;

/// A ring, as JSON. The fields are the keys.
#[derive(Serialize)]
pub struct Seen {
    #[serde(flatten)]
    pub path: PathInJson,
    pub id: String,
    /// Whether the ring was created since the last boot. Also true if nobody can tell.
    pub this_boot: bool,
    pub state: &'static str,
    pub stuck: Option<Stuck>,
    pub capacity: usize,
    pub used_bytes: usize,
    pub free_bytes: usize,
    pub max_message_len: usize,
    pub fences: &'static str,
    pub writer: SeenSide,
    pub reader: SeenSide,
}

/// A path, as JSON. JSON is UTF-8, and a path need not be.
#[derive(Serialize)]
pub struct PathInJson {
    /// The path, with U+FFFD in place of what is not UTF-8.
    path: String,
    /// All bytes of the path, if it is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<Vec<u8>>,
}

impl PathInJson {
    pub fn of(path: &Path) -> Self {
        let path_bytes = path.to_str().is_none().then(|| path.as_os_str().as_bytes().to_vec());
        Self { path: path.display().to_string(), path_bytes }
    }
}

/// A side of a ring, as JSON.
#[derive(Serialize)]
pub struct SeenSide {
    pub state: &'static str,
    pub position: u64,
    pub epoch: u64,
    pub attached: bool,
    pub closed: bool,
    pub messages: Option<u64>,
    pub sleeps: u64,
    pub wakes: u64,
    pub longest_wait_ns: u64,
    /// The target for which this side sleeps: a position of its peer.
    pub awaits: Option<u64>,
    /// How long it has slept for that target, over all its calls.
    pub waiting_ns: Option<u64>,
    /// How many messages were dropped for want of space.
    pub dropped: u64,
    /// How many messages were sent again because they had grown.
    pub repeated: u64,
}

/// Opens a view of the ring at `path`.
pub fn view(path: &Path, trust: &Trust) -> Result<RingView, OpenError> {
    RingView::open_trusting(path, trust.granted())
}

impl Seen {
    pub fn of(path: &Path, view: &RingView, seen: &Snapshot) -> Self {
        Self {
            path: PathInJson::of(path),
            id: view.id().to_string(),
            this_boot: view.is_of_this_boot(),
            state: state(seen.state),
            stuck: Stuck::of(seen),
            capacity: view.capacity(),
            used_bytes: seen.used_bytes,
            free_bytes: view.capacity() - seen.used_bytes,
            max_message_len: view.max_message_len(),
            fences: match view.fence_mode() {
                FenceMode::Asymmetric => "asymmetric",
                FenceMode::Symmetric => "symmetric",
            },
            writer: SeenSide::of(&seen.writer),
            reader: SeenSide::of(&seen.reader),
        }
    }
}

impl SeenSide {
    fn of(side: &SideView) -> Self {
        Self {
            state: side_state(side.state),
            position: side.position,
            epoch: side.epoch,
            attached: side.state == SideState::Attached,
            closed: side.state == SideState::Closed,
            messages: side.message_count.ok(),
            sleeps: side.sleeps,
            wakes: side.wakes,
            longest_wait_ns: nanoseconds(side.longest_wait),
            awaits: side.awaits,
            waiting_ns: side.waiting.map(nanoseconds),
            dropped: side.dropped,
            repeated: side.repeated,
        }
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// A first look at a ring that may be stuck. A second look tells whether it is.
pub struct Suspicion {
    id: RingId,
    seen: Snapshot,
}

impl Suspicion {
    /// Looks at the ring, and returns a suspicion if a side waits for a peer that is stopped or not there.
    ///
    /// `None` if the first look shows that the ring is not stuck.
    pub fn of(view: &RingView) -> Option<Self> {
        let seen = view.snapshot();
        let sides = [(&seen.writer, &seen.reader, Side::Reader), (&seen.reader, &seen.writer, Side::Writer)];
        let is_in_vain = |(waiting, peer, side): &(&SideView, &SideView, Side)| {
            let is_well = || peer.state == SideState::Attached && view.is_stopped(*side) != Some(true);
            waiting.awaits.is_some() && !is_well()
        };
        sides.iter().any(is_in_vain).then(|| Self { id: view.id(), seen })
    }

    /// Looks again, some time later. Meanwhile another ring may have taken the path.
    pub fn look_again(&self, view: &RingView) -> Snapshot {
        match view.id() == self.id {
            true => view.snapshot_since(&self.seen),
            false => view.snapshot(),
        }
    }
}

/// Why a ring is stuck.
#[derive(Clone, Copy, Serialize)]
pub struct Stuck {
    /// The side that waits.
    pub waiting: &'static str,
    /// Its peer.
    #[serde(skip)]
    pub peer: &'static str,
    /// The state of the peer.
    #[serde(rename = "peer")]
    pub peer_state: &'static str,
    /// How long it has waited, if that is known.
    pub waiting_ns: Option<u64>,
}

impl Stuck {
    /// Returns why the ring is stuck, if it is.
    pub fn of(seen: &Snapshot) -> Option<Self> {
        let RingState::Stuck { waiting } = seen.state else { return None };
        let (waiting, peer, view, peer_state) = match waiting {
            Side::Writer => ("writer", "reader", &seen.writer, seen.reader.state),
            Side::Reader => ("reader", "writer", &seen.reader, seen.writer.state),
        };
        let peer_state = match peer_state {
            SideState::Attached => "stopped",
            other => side_state(other),
        };
        Some(Self { waiting, peer, peer_state, waiting_ns: view.waiting.map(nanoseconds) })
    }

    /// Says why the ring is stuck.
    pub fn in_words(self) -> String {
        let Self { waiting, peer, peer_state, waiting_ns } = self;
        let what = if waiting == "writer" { "space" } else { "a message" };
        let since = waiting_ns.map_or("nobody knows for how long".into(), |nanoseconds| {
            format!("for {:.1?}", Duration::from_nanos(nanoseconds))
        });
        let because = match peer_state {
            "absent" => format!("no {peer} has ever attached"),
            "closed" => format!("its {peer} has left the ring"),
            "died" => format!("its {peer} died or abandoned the ring"),
            other => format!("its {peer} is {other}"),
        };
        format!("its {waiting} waits for {what} ({since}), and {because}")
    }
}

/// Returns the state of a ring, in a word.
pub fn state(state: RingState) -> &'static str {
    match state {
        RingState::Live => "live",
        RingState::Stuck { .. } => "stuck",
        RingState::Idle => "idle",
        RingState::Orphaned => "orphaned",
        RingState::Corrupt { .. } => "corrupt",
        _ => "unknown",
    }
}

/// Returns the state of a side, in a word.
pub fn side_state(state: SideState) -> &'static str {
    match state {
        SideState::Absent => "absent",
        SideState::Attached => "attached",
        SideState::Closed => "closed",
        SideState::Died => "died",
        _ => "unknown",
    }
}

/// Formats a number of bytes for people.
pub fn bytes(bytes: usize) -> String {
    BinaryBytes(bytes as u64).to_string()
}
