//! One round of one peer, as its processes are told of it, and what they do.

use std::path::PathBuf;
use std::process::ExitCode;

use ipc_ring_measure::console::Console;
use ipc_ring_measure::part::{self, Between};
use ipc_ring_measure::{job, stream, Outcome};
use serde::{Deserialize, Serialize};

use crate::peers::{self, Geometry, Link, Pages, Peer, Setup};
use crate::shared;

const LEFT: &str = "left side";

/// One round of one peer. Another build of this program refuses it if it has other fields.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// The peer's name.
    pub peer: String,
    /// The messages, and the ring.
    pub geometry: Geometry,
    /// At most this many messages in a batch, for those that use batches.
    pub batch: u64,
    /// Which pages are present before the first message.
    pub pages: Pages,
    /// A directory that is there for this round alone.
    pub directory: PathBuf,
    /// What is done with it.
    pub passes: job::Job,
}

/// The processes of a peer.
pub fn roles(peer: &Peer) -> &'static [&'static str] {
    match peer.link {
        Link::Processes { .. } => &[LEFT, "right side"],
        Link::Threads(_) | Link::Alone => &["process"],
    }
}

impl Job {
    /// Plays `role`.
    pub fn play(&self, role: &str) -> Outcome<ExitCode> {
        let console = Console::new(())?;
        let part = self.part(role, &console);
        Ok(console.end(part))
    }

    fn part(&self, role: &str, console: &Console) -> Outcome<()> {
        let Self { geometry: Geometry { size, capacity }, batch, pages, ref directory, ref passes, .. } = *self;
        let setup = Setup { size, capacity, slots: self.geometry.slots(), batch, pages };
        match peers::named(&self.peer).ok_or("no such peer")?.link {
            Link::Processes { first, sender, receiver } => {
                let sender = |name: &str| opened(pages, sender(&directory.join(name), setup)?);
                let receiver = |name: &str| opened(pages, receiver(&directory.join(name), setup)?);
                Between { first, sender: &sender, receiver: &receiver }.play(passes, role == LEFT, console)
            }
            Link::Threads(pair) => {
                let pair = || opened(pages, pair(setup)?);
                console.done(part::between_threads(passes, &pair, || console.step())?)
            }
            Link::Alone => {
                part::pin_to(passes, 1)?;
                console.step()?;
                console.done(stream::alone(passes)?)
            }
        }
    }
}

/// Makes the pages of an end that was just opened present, if they have to be.
fn opened<T>(pages: Pages, end: T) -> Outcome<T> {
    if pages == Pages::Present {
        shared::make_present()?;
    }
    Ok(end)
}
