//! A ring of byte messages between two processes on one machine: one pushes, the other pops.
//!
//! The ring is a file that both map. A message costs two copies, and no system call while both sides are awake; a side
//! that waits sleeps in the kernel. What was pushed stays in the ring when a process dies: the next one goes on there.
//! What the peer stores is checked before it is used, so a peer that lies gets an error, and nothing worse.
//!
//! ```
//! use ipc_ring::{PopError, RingReader, RingWriter};
//! # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
//! # let path = directory.path().join("events");
//!
//! let mut writer = RingWriter::create(&path, 1 << 20)?; // in one process: 1 MiB, best in /dev/shm
//! writer.push(b"data", None)?; // None: wait until there is space
//!
//! let mut reader = RingReader::open(&path)?; // in another process
//! let mut buffer = Vec::new();
//! let length = reader.pop(&mut buffer, None)?; // None: wait until there is a message
//! assert_eq!(&buffer[..length], b"data");
//!
//! writer.finish(); // ends the stream, as a drop does
//! assert_eq!(reader.pop(&mut buffer, None), Err(PopError::Closed));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - [The guide](documents::guide): how the ring works, which calls and settings to choose, and when to use something
//!   else.
//! - [Reliability](documents::reliability): each fault, what happens then, and the test that provokes it.
//! - [For operators](documents::operators): rings under supervision, in containers, and between users.
//! - [Safety](documents::safety): what the code relies on, and which check fails when it does not hold.
//! - [The layout](documents::layout): the file, for a program in another language.
//!
//! # Which call for what
//!
//! | to | the writer calls | the reader calls |
//! | --- | --- | --- |
//! | take a side | [`create`], [`create_or_attach`], [`attach`], [`attach_wait`] | [`open`], [`open_wait`] |
//! | pass a message, copied | [`push`], [`try_push`] | [`pop`], [`try_pop`], [`pop_into`] |
//! | pass many at once | [`RingWriter::batch`] | [`RingReader::batch`], [`ReadBatch::commit`]; [`pop_many`] |
//! | go through all messages | | [`iter`], whose items are `TimedOut` too |
//! | use a message where it stands | [`reserve`]: a [`Grant`] | [`peek`]: a [`Message`] |
//! | have its bytes as a slice (`unsafe`) | [`Grant::as_mut_slice`] | [`Message::as_slice`] |
//! | use the traits of [`std::io`] | [`ByteWriter`] | [`ByteReader`] |
//! | leave | [`finish`], or a drop; [`abandon`] where the stream is not whole | a drop |
//!
//! A time-out of `None` waits as long as it takes, `Some(duration)` is one deadline for the whole call, and
//! `Some(Duration::ZERO)` tries once. Calls whose names begin with `try_` never wait.
//!
//! A write batch is published when it is dropped, or sooner where no space is seen. A read batch is released by its
//! `commit`, and by nothing else.
//!
//! [`pair`] makes both sides in one process. [`RingOptions`] has all settings. A [`RingView`] looks at a ring and takes
//! no part in it. [`remove`] removes a ring that nobody holds.
//!
//! A slice of shared memory is sound only as long as the other process keeps to the protocol. This crate cannot check
//! that, so asking for a slice is `unsafe`. All other calls are safe.
//!
//! [`create`]: RingWriter::create
//! [`create_or_attach`]: RingWriter::create_or_attach
//! [`attach`]: RingWriter::attach
//! [`attach_wait`]: RingWriter::attach_wait
//! [`push`]: RingWriter::push
//! [`try_push`]: RingWriter::try_push
//! [`reserve`]: RingWriter::reserve
//! [`finish`]: RingWriter::finish
//! [`abandon`]: RingWriter::abandon
//! [`open`]: RingReader::open
//! [`open_wait`]: RingReader::open_wait
//! [`pop`]: RingReader::pop
//! [`try_pop`]: RingReader::try_pop
//! [`pop_into`]: RingReader::pop_into
//! [`pop_many`]: RingReader::pop_many
//! [`iter`]: RingReader::iter
//! [`peek`]: RingReader::peek
//!
//! # What happens, and what each side gets
//!
//! | what happens | the writer gets ([`PushError`]) | the reader gets ([`PopError`]) |
//! | --- | --- | --- |
//! | no space, or no message | waits, then `TimedOut` | waits, then `TimedOut` |
//! | the same, in a call named `try_` | `Full` ([`TryPushError`]) | `Ok(None)` |
//! | the peer finished or was dropped | `Closed`, at once, until another comes | what is left, then `Closed` likewise |
//! | the peer's process died | pushes while there is space, then `PeerGone` | what is left, then `PeerGone` |
//! | the writer was abandoned, or a panic dropped it | | what is left, then `PeerGone` |
//! | a peer is awaited, ring removed | pushes while there is space, then `Removed` | what is left, then `Removed` |
//! | a peer is awaited, ring replaced by another file | as above, then `Replaced` | as above, then `Replaced` |
//! | the peer broke the protocol | `Corrupt`, from then on | `Corrupt`, from then on |
//! | the message is too long | `TooLarge`, at once | |
//! | a forked child uses the handle | `Forked` | `Forked` |
//!
//! A side that waits asks every 50 ms whether its peer lives. So it learns within 60 ms, and not at once, that the
//! kernel has released its dead peer's lock. A peer that is stopped or slow is not dead. A side awaits a peer that
//! never came, and with [`RingOptions::await_successors`] a successor.
//!
//! # Words
//!
//! - **Side**: the writer or the reader of a ring. The **peer** is the other one. A side has one **holder** at a time;
//!   to **attach** is to take a side of a ring that exists. A **successor** is the process that attaches after the last
//!   holder left or died.
//! - **Position**: a count of bytes since the ring was created; it never wraps. An **index** is a position modulo the
//!   capacity: a place in the ring. A **lap** is one round of the ring.
//! - **Record**: an 8-byte header, a message's bytes, and zeros up to the next **granule** of 8 bytes.
//! - **Padding**: a record that fills the rest of a lap and holds no message.
//! - **Cursor**: the shared word in which a side stores its position.
//! - To **publish**: the writer stores its cursor, which makes records visible. To **release**: the reader stores its
//!   cursor, which gives space back.
//! - **Window**: the positions that a side may use before it loads its peer's cursor again.
//! - To **announce**: a side stores the **target**, the position at which it wants to be woken, before it sleeps.
//! - **Handshake**: no wake is lost. A side announces, fences, looks at its peer's cursor again, and sleeps. The peer
//!   publishes or releases, fences, looks for a target, and wakes.
//! - **End** of a stream: the record that a writer leaves after its last message.
//! - To **close**: to leave a ring properly. To **abandon**: to leave it so that the peer learns of it as of a death.
//! - **View**: a read-only look at a ring by an onlooker: a process that holds no side. A **figure** is a counter for
//!   onlookers, on which no side depends.
//! - In the source, the **heart** is `src/protocol`, and the **facade** is `src/atomics`. It chooses the **engine**
//!   that runs the heart: the machine, or a model checker in its place. An **arm** is the facade's code for one engine.
//!
//! # Platforms and features
//!
//! Linux and macOS, 64-bit and little-endian; other targets do not compile. macOS is type-checked, and was not run by
//! us. The crate has no features, needs Rust 1.70, and depends on `libc` and `memmap2`.
//!
//! The file has to be on a filesystem that keeps what is allocated for it: tmpfs (`/dev/shm`, the best), ramfs, ext2 to
//! ext4, XFS, f2fs, an overlay of one of these, HFS+, APFS. Other filesystems are refused, btrfs among them, unless
//! [`Trust::any_filesystem`] allows them.
//!
//! # Limits
//!
//! - A ring has one writer and one reader. Locks enforce that: the second is [`Busy`](OpenError::Busy).
//! - A capacity is a power of two from 64 bytes to 2 GiB. The file takes two pages more, until it is removed.
//! - A message takes 8 bytes more than its length, rounded up to a multiple of 8. It is at most the capacity less 16
//!   bytes long: 8 for its header, and 8 kept for the end of the stream. So a writer never waits to leave.
//! - Nothing survives a power failure. A ring from before the last boot is refused, unless
//!   [`Trust::any_boot`] allows it.
//! - While a ring is mapped, nobody may truncate its file. [`RingOptions::create_sealed`] makes a ring without a path,
//!   which nobody can truncate (Linux).
//! - Rings of another version of the layout are refused and left as they are.
//! - After a `fork`, the child has no part in its parent's rings. (A bare `clone` runs no handlers of libc: there any
//!   call of a handle may be a fault, except a drop.)

// Atomics, fences, shared bytes, clocks and orderings are had from the facade alone.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

// The rooms, from top to bottom: each uses those below it, and none above (`cargo xtask rooms` draws the arrows).
#[doc(hidden)]
pub mod model; // the checkers' door

mod io; // a ring with the traits of `std::io`

mod ring; // what a user holds: documentation, and a call each

mod view; // a look from outside

mod file; // a ring's file: created, checked, locked, mapped, removed

mod protocol; // the heart: what both sides do to the memory that they share

mod atomics; // the facade, where the engine is chosen

mod sys; // the operating system, a file a platform

pub mod layout; // where everything stands in a file: of use to all of them

#[cfg(test)]
mod arithmetic; // every case of what positions, records and space come to, against whole numbers

#[cfg(any(doc, doctest))]
pub mod documents;

/// The example of README.md, for rustdoc to run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;

pub use atomics::FenceMode;
pub use file::{CreateError, CreateOrAttachError, OpenError, Trust};
pub use io::{ByteReader, ByteWriter};
pub use protocol::{
    BufferTooSmall, Check, CountError, InvalidCapacity, InvalidPosition, PopError, PopIntoError, PushError, RingId,
    Side, TryPopError, TryPushError, WaitStrategy,
};
pub use ring::{pair, Grant, Iter, Message, Messages, ReadBatch, RingOptions, RingReader, RingWriter, WriteBatch};
pub use view::{
    remove, remove_drained, RingState, RingView, SideState, SideView, Snapshot, ViewError, WaitingMessage,
    WaitingMessages,
};
