//! All peers, by name. One file each: how it is opened, how it sends, how it receives, as its documentation says.

use crate::console::Console;
use crate::job::{Job, Part};
use crate::link::Outcome;

mod alone;
mod crossbeam;
mod futex;
mod hand_over;
mod iceoryx;
mod ipmpsc;
mod line;
mod ours;
mod pipe;
mod published;
mod que;
mod rtrb;
mod shaq;
mod socket;

/// A peer, or a limit, or ours.
#[derive(Debug)]
pub struct Peer {
    /// What it is called in tables and on the command line.
    pub name: &'static str,
    /// Whether it is ours, and if not, whether anyone would use it.
    pub kind: Kind,
    /// What it is, in a line.
    pub about: &'static str,
    /// What runs it, in how many processes.
    pub run: Run,
    /// The sizes of messages that it is built for; empty for any.
    pub sizes: &'static [usize],
}

/// What a row of a table stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Ours, in one of its ways.
    Ours,
    /// What others offer.
    Peer,
    /// What bounds them all, and is of no other use.
    Limit,
}

/// In how many processes a peer runs, and what is called there.
#[derive(Clone, Copy, Debug)]
pub enum Run {
    /// One for each side.
    Processes(fn(&Job, Part, &Console) -> Outcome<()>),
    /// One, in which each side has a thread.
    Threads(fn(&Job, &Console) -> Outcome<()>),
    /// One, with a single thread.
    Alone(fn(&Job, &Console) -> Outcome<()>),
}

/// All of them, in the order of the tables.
pub const PEERS: &[&Peer] = &[
    &ours::PUSH_POP,
    &ours::BATCH,
    &ours::IN_PLACE,
    &ours::SPIN,
    &ours::SLEEP,
    &ours::SLEEP_SYMMETRIC,
    &published::PUBLISHED,
    &ipmpsc::COPYING,
    &ipmpsc::ZERO_COPY,
    &shaq::SINGLE,
    &shaq::BATCH,
    &que::QUE,
    &iceoryx::ICEORYX,
    &rtrb::RTRB,
    &crossbeam::CROSSBEAM,
    &pipe::PIPE,
    &socket::SOCKET,
    &hand_over::HAND_OVER,
    &line::LINE_ALONE,
    &futex::FUTEX,
    &alone::ALONE,
];

/// The peer of this name.
pub fn named(name: &str) -> Option<&'static Peer> {
    PEERS.iter().copied().find(|peer| peer.name == name)
}

impl Peer {
    /// Whether it takes messages of this size.
    pub fn takes(&self, size: usize) -> bool {
        self.sizes.is_empty() || self.sizes.contains(&size)
    }
}

/// The sizes that peers are built for which want to know them when they are compiled.
pub const SIZES: &[usize] = &[8, 64, 256, 4 << 10, 64 << 10];

/// Calls `$run::<$Peer<SIZE>>` with the size of the job's messages, one of [`SIZES`].
macro_rules! with_size {
    ($run:ident, $peer:ident, $job:expr $(, $more:expr)*) => {
        match $job.geometry.size {
            8 => $run::<$peer<8>>($job $(, $more)*),
            64 => $run::<$peer<64>>($job $(, $more)*),
            256 => $run::<$peer<256>>($job $(, $more)*),
            0x1000 => $run::<$peer<0x1000>>($job $(, $more)*),
            0x1_0000 => $run::<$peer<0x1_0000>>($job $(, $more)*),
            size => Err(format!("not built for messages of {size} bytes").into()),
        }
    };
}
use with_size;
