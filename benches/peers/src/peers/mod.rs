//! All peers, by name. One file each: how it is opened, how it sends, how it receives, as its documentation says.

use std::path::Path;

use ipc_ring_measure::link::{AnyReceiver, AnySender, Side};
use ipc_ring_measure::part::Pair;
use ipc_ring_measure::Outcome;
use serde::{Deserialize, Serialize};

/// Calls `$open::<SIZE>` with the size of the messages, one of [`SIZES`].
macro_rules! sized {
    ($open:ident($($argument:expr),*), $setup:expr) => {
        match $setup.size {
            8 => $open::<8>($($argument),*),
            64 => $open::<64>($($argument),*),
            256 => $open::<256>($($argument),*),
            0x1000 => $open::<0x1000>($($argument),*),
            0x1_0000 => $open::<0x1_0000>($($argument),*),
            size => Err(format!("not built for messages of {size} bytes").into()),
        }
    };
}

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
mod ringfire;
mod rtrb;
mod shaq;
mod socket;

/// A peer, or a limit, or ours.
#[derive(Debug)]
pub struct Peer {
    /// Its name in tables and on the command line.
    pub name: &'static str,
    /// Ours, another library or a limit.
    pub kind: Kind,
    /// The sizes of messages that it is built for; empty for any.
    pub sizes: &'static [usize],
    /// How its ends are opened.
    pub link: Link,
    /// A description of one line.
    pub about: &'static str,
}

/// What a row of a table stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Ours, in one of its ways.
    Ours,
    /// Another library, or a part of the system.
    Peer,
    /// A bound for all of them, of no other use.
    Limit,
}

/// How the ends of a peer are opened.
#[derive(Clone, Copy, Debug)]
pub enum Link {
    /// Each by a process of its own, which finds the other by a path.
    Processes {
        /// The end that must be there first.
        first: Side,
        /// Opens the end where messages go in.
        sender: fn(&Path, Setup) -> Outcome<AnySender>,
        /// Opens the end where they come out.
        receiver: fn(&Path, Setup) -> Outcome<AnyReceiver>,
    },
    /// Both at once: each is used by a thread.
    Threads(fn(Setup) -> Outcome<Pair>),
    /// There are none: the slow side's work alone.
    Alone,
}

/// How large the messages are, and how many bytes of them may be under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Geometry {
    /// Bytes in a message, at least the 8 of its number.
    pub size: usize,
    /// Bytes in the ring; a power of two.
    pub capacity: usize,
}

impl Geometry {
    /// How many messages have room, where a message takes its size and no more.
    pub fn slots(self) -> usize {
        (self.capacity / self.size).max(1)
    }
}

/// How the ends of a peer are set up.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// Bytes in a message.
    pub size: usize,
    /// Bytes in the ring.
    pub capacity: usize,
    /// How many messages have room, where a message takes its size and no more.
    pub slots: usize,
    /// At most this many messages in a batch, for those that send or receive in batches.
    pub batch: u64,
    /// Which pages of the ring are present before the first message.
    pub pages: Pages,
}

/// Which pages of a ring are present before the first message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Pages {
    /// Those that the peer makes present without being asked to.
    Usual,
    /// All of them, on both sides.
    Present,
    /// None, if the peer can be told so.
    Absent,
}

/// How many messages are in a batch, unless something else was asked for.
pub const BATCH: u64 = 64;

const ANY: &[usize] = &[];
/// The sizes that peers are built for which want to know them when they are compiled.
const SIZES: &[usize] = &[8, 64, 256, 4 << 10, 64 << 10];

macro_rules! peers {
    ($($name:literal $kind:ident $sizes:ident $link:expr, $about:literal;)*) => {
        /// All of them, in the order of the tables.
        pub const PEERS: &[Peer] =
            &[$(Peer { name: $name, kind: Kind::$kind, sizes: $sizes, link: $link, about: $about }),*];
    };
}

peers! {
    "ours" Ours ANY ours::PUSH_POP, "ipc_ring: push and pop, the default wait strategy";
    "ours-batch" Ours ANY ours::BATCH, "ipc_ring: RingWriter::batch and RingReader::batch of up to 64 messages";
    "ours-array" Ours SIZES ours::ARRAY, "ipc_ring: push_many and pop_many_into of up to 64 arrays";
    "ours-in-place" Ours ANY ours::IN_PLACE,
        "ipc_ring: reserve, filled in place; batches of one message, read in place; no copy on either side";
    "ours-in-place-batch" Ours ANY ours::IN_PLACE_BATCH,
        "ipc_ring: batches of up to 64 grants, filled in place, and of up to 64 messages, read in place";
    "ours-spin" Ours ANY ours::SPIN, "ipc_ring: push and pop, WaitStrategy::Spin";
    "ours-sleep" Ours ANY ours::SLEEP,
        "ipc_ring: push and pop, WaitStrategy::Sleep, FenceMode::Asymmetric (the default)";
    "ours-sleep-symmetric" Ours ANY ours::SLEEP_SYMMETRIC,
        "ipc_ring: push and pop, WaitStrategy::Sleep, FenceMode::Symmetric";
    "ipc_ring-0.2.1" Peer ANY published::LINK, "The published ipc_ring 0.2.1: try_push, and push if that fails; pop";
    "ipmpsc" Peer ANY ipmpsc::COPYING, "ipmpsc 0.5.1: send, recv of a ByteBuf";
    "ipmpsc-zero-copy" Peer ANY ipmpsc::ZERO_COPY,
        "ipmpsc 0.5.1: send, recv of bytes in a zero_copy_context, read in place";
    "shaq" Peer SIZES shaq::SINGLE, "shaq 4.0.0: try_write and try_read of an array, polling";
    "shaq-batch" Peer SIZES shaq::BATCH,
        "shaq 4.0.0: write_batch and try_reserve_read_batch of up to 64 arrays, read in place; polling";
    "que" Peer SIZES que::LINK,
        "que 0.4.5, lossless: push of an array, published a quarter of the ring at a time; pop, polling";
    "iceoryx2" Peer ANY iceoryx::LINK,
        "iceoryx2 0.10, publish-subscribe: a loaned sample is written and sent; receive, polling, read in place";
    "rtrb" Peer SIZES rtrb::LINK, "rtrb 0.4.1, between threads: push and pop of an array, polling";
    "rtrb-chunk" Peer SIZES rtrb::CHUNK,
        "rtrb 0.4.1, between threads: write_chunk_uninit and read_chunk of up to 64 arrays, read in place; polling";
    "ringfire" Peer SIZES ringfire::SINGLE, "ringfire 0.5.2, lossless: push and try_recv of an array, polling";
    "ringfire-batch" Peer SIZES ringfire::BATCH,
        "ringfire 0.5.2, lossless: push_batch and recv_batch of up to 64 arrays, polling";
    "crossbeam" Peer SIZES crossbeam::LINK,
        "crossbeam-channel 0.5, bounded, between threads: send and recv of an array";
    "pipe" Peer ANY pipe::LINK, "A pipe: one write and one read for each message; it holds at most 1 MiB";
    "unix-socket" Peer ANY socket::LINK,
        "A Unix stream socket: one write and one read for each message; the kernel limits the bytes in flight";
    "hand-over/memcpy" Limit HAND_OVER hand_over::MEMCPY,
        "The limit: a copy in, a copy out, and one store for each 64 messages or 16 KiB, whichever is less; memcpy";
    "hand-over/words" Limit HAND_OVER hand_over::WORDS, "The same, with words of 8 bytes in";
    "hand-over/moves" Limit HAND_OVER hand_over::MOVES, "The same, with a loop of 16 bytes at a time, in and out";
    "hand-over/stream" Limit HAND_OVER hand_over::STREAM,
        "The same, with stores past the cache (non-temporal) and a fence for each batch";
    "cache-line" Limit ANY line::LINK,
        "The limit: one side stores a word and the other polls it, on one cache line; no message";
    "futex" Limit ANY futex::LINK,
        "The limit: one side sleeps on a word (FUTEX_WAIT), the other wakes it (FUTEX_WAKE); no message";
    "alone" Limit ANY Link::Alone, "The slow side's work, without any ring";
}

const HAND_OVER: &[usize] = &[8, 64, 256, 4 << 10, 64 << 10, 1 << 20];

/// Whether `peer` is the one of this `name`, or one of its ways: of `hand-over` there are several.
pub fn is_called(peer: &Peer, name: &str) -> bool {
    peer.name.strip_prefix(name).is_some_and(|way| way.is_empty() || way.starts_with('/'))
}

/// The peers that are called so: one, or all ways of one.
pub fn called(name: &str) -> impl Iterator<Item = &'static Peer> + use<'_> {
    PEERS.iter().filter(move |peer| is_called(peer, name))
}

/// The peer of this name.
pub fn named(name: &str) -> Option<&'static Peer> {
    PEERS.iter().find(|peer| peer.name == name)
}

impl Peer {
    /// Whether it takes messages of this size.
    pub fn takes(&self, size: usize) -> bool {
        self.sizes.is_empty() || self.sizes.contains(&size)
    }
}

/// What every file of a peer needs.
mod prelude {
    pub use std::path::Path;

    pub use ipc_ring_measure::link::{AnyReceiver, AnySender, Side};
    pub use ipc_ring_measure::message::{Inbox, Outbox};
    pub use ipc_ring_measure::part::Pair;
    pub use ipc_ring_measure::Outcome;

    pub use super::{Link, Pages, Setup};
}
