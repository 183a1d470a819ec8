//! # A guide to ipc_ring
//!
//! Which calls and settings to choose, what happens when processes die or stand still, how the ring works, and when to
//! use something else.
//!
//! - [A first ring](#a-first-ring)
//! - [Which calls to use](#which-calls-to-use)
//! - [Choose your settings](#choose-your-settings)
//! - [When processes die](#when-processes-die)
//! - [When nothing moves](#when-nothing-moves)
//! - [How it works](#how-it-works)
//! - [Compared with others](#compared-with-others)
//! - [Measure it yourself](#measure-it-yourself)
//!
//! The snippets leave out `main`, and how `path`, `writer`, `reader`, `input` and `log` come about.
//!
//! ## A first ring
//!
//! The folder `examples/` has two programs, each a screen long. One creates a ring in memory, pushes three messages and
//! leaves. The other is started later and finds them there. (The first build takes minutes, since it builds what the
//! tests need, too.)
//!
//! ```sh
//! cargo run --release --example writer -- /dev/shm/first one two three
//! cargo run --release --example reader -- /dev/shm/first
//! ```
//!
//! ```text
//! one
//! two
//! three
//! ```
//!
//! The reader may also be started first: it waits up to a minute for the ring. At the end it removes the ring. If
//! either program is killed, what was pushed stays in the ring, and the next one goes on there.
//!
//! The same in one program:
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
//! # let path = directory.path().join("ring");
//! use ipc_ring::{RingReader, RingWriter};
//!
//! let mut writer = RingWriter::create(&path, 64 * 1024)?;
//! for message in ["one", "two", "three"] {
//!     writer.push(message.as_bytes(), None)?;
//! }
//! writer.finish(); // ends the stream
//!
//! let mut reader = RingReader::open(&path)?;
//! for message in reader.iter(None) {
//!     println!("{}", String::from_utf8(message?)?);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! ## Which calls to use
//!
//! | you have | use | what a crash of this side costs |
//! | --- | --- | --- |
//! | messages, one at a time | [`RingWriter::push`], [`RingReader::pop`] | the writer: nothing that was pushed; the reader: the message that it popped last |
//! | many at once | [`RingWriter::batch`] and [`WriteBatch::push`]; [`RingReader::batch`] and [`ReadBatch::commit`] | the writer: the messages that it has not published (it publishes when it drops the batch, and when the ring is full); the reader: nothing, but messages come again |
//! | many of one length | [`RingWriter::push_many`], [`RingReader::pop_many_into`] | the writer: nothing that `push_many` returned for; the reader: the messages that it was given last |
//! | a loop over messages | [`RingReader::iter`] | the message that it was given last |
//! | a vector of messages | [`RingReader::pop_many`] | the messages that it was given last |
//! | a stream of bytes | [`ByteWriter`], [`ByteReader`] | the writer: what it has not flushed; the reader: nothing with `fill_buf` and `consume`, but bytes come again; with `read`, what it returned last |
//! | a message to be built in place | [`RingWriter::reserve`] | nothing: the message is not in the ring before `commit` |
//! | a message to be looked at first | [`RingReader::peek`] | nothing: the message is still in the ring |
//!
//! The calls `pop`, `iter` and `pop_many` release messages before they return them: each message arrives at most once.
//! The items of `iter(timeout)` include `TimedOut`, once for each time that the time-out passes: the loop goes on
//! unless you leave it.
//!
//! Every handle can go to another thread (`Send`). One thread at a time has a side: no handle that moves a side can be
//! shared (`Sync`) or cloned. A [`Message`] can be shared, since nothing is released while it is there. A [`RingView`]
//! only looks, so it can be shared. Errors can be both sent and shared.
//!
//! ### Many at once: the writer's batches
//!
//! A batch pushes messages one by one, and publishes them together:
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
//! # let path = directory.path().join("ring");
//! # let mut writer = ipc_ring::RingWriter::create(&path, 4096)?;
//! # let mut reader = ipc_ring::RingReader::open(&path)?;
//! # let input = [["one", "two"], ["three", "four"]].into_iter();
//! let mut batch = writer.batch();
//! for burst in input {
//!     for event in burst {
//!         batch.push(event.as_bytes(), None)?;
//!     }
//!     batch.publish(); // before the loop waits for the next burst
//! #   assert_eq!(reader.pop_many(&mut Vec::new(), 10, None)?, 2);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Call [`WriteBatch::publish`] before you wait for input. Until then the reader sees none of these messages, unless
//! the ring was full, and a crash loses them. A `?` drops the batch, which publishes what was pushed so far, and then
//! the writer, which ends the stream. So [abandon](#the-end-of-a-stream) a writer that fails.
//!
//! ### At least once: the reader's batches
//!
//! Read in batches what must never be lost, and deal with the messages before you commit the batch:
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
//! # let path = directory.path().join("ring");
//! # let mut writer = ipc_ring::RingWriter::create(&path, 4096)?;
//! # let mut reader = ipc_ring::RingReader::open(&path)?;
//! # writer.push(b"an event", None)?;
//! # let mut log = Vec::new();
//! use std::io::Write;
//!
//! let mut buffer = Vec::new();
//! let mut batch = reader.batch(1000, None)?;
//! for message in &mut batch {
//!     message.copy_to(&mut buffer);
//!     writeln!(log, "{} {}", message.position(), String::from_utf8_lossy(&buffer))?;
//! }
//! log.flush()?;
//! batch.commit(); // from here on they do not come again
//! # assert_eq!(log, b"16 an event\n");
//! # Ok(())
//! # }
//! ```
//!
//! Only `commit` releases messages. A `?` in this loop, a `break`, a panic, a crash: each leaves the whole batch in the
//! ring. Its messages come again, so each arrives at least once. The writer does not get the space back either: a batch
//! that nobody commits keeps the writer waiting.
//!
//! A `?` that leaves the program also drops the reader. The writer's next push then returns `Closed`, even if there is
//! space, and so do those of a writer that comes before the next reader. If the reader will be started again, give the
//! writer [`await_successors(true)`](RingOptions::await_successors).
//!
//! `message.position()` is different for each message. If you store it together with what the message did, you can tell
//! a message that comes again, and have each exactly once.
//!
//! If you deal with each message by itself, and for good, commit through the last one that succeeded:
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
//! # let path = directory.path().join("ring");
//! # let mut writer = ipc_ring::RingWriter::create(&path, 4096)?;
//! # let mut reader = ipc_ring::RingReader::open(&path)?;
//! # for number in ["1", "2", "three", "4"] { writer.push(number.as_bytes(), None)?; }
//! # let mut sum = 0;
//! # let mut add = |number: &[u8]| -> Result<(), Box<dyn Error>> {
//! #     sum += std::str::from_utf8(number)?.parse::<u32>()?;
//! #     Ok(())
//! # };
//! use std::error::Error;
//! use ipc_ring::RingReader;
//!
//! fn deal_with_each(
//!     reader: &mut RingReader,
//!     deal: &mut impl FnMut(&[u8]) -> Result<(), Box<dyn Error>>,
//! ) -> Result<(), Box<dyn Error>> {
//!     let (mut buffer, mut done) = (Vec::new(), None);
//!     let mut batch = reader.batch(1000, None)?;
//!     let result = batch.messages().try_for_each(|message| {
//!         message.copy_to(&mut buffer);
//!         deal(&buffer)?;
//!         done = Some(message.position());
//!         Ok(())
//!     });
//!     if let Some(done) = done {
//!         batch.commit_through(done)?; // the message that failed comes next, to this reader or another
//!     }
//!     result
//! }
//! # assert!(deal_with_each(&mut reader, &mut add).is_err());
//! # assert_eq!(sum, 3);
//! # assert_eq!(reader.pop(&mut Vec::new(), None)?, 5);
//! # Ok(())
//! # }
//! ```
//!
//! ### The end of a stream
//!
//! **A stream ends with its writer.** When a writer is dropped, also by `?`, the reader takes what it got for the
//! whole. So call [`RingWriter::abandon`] on a writer that gives up half-way. The reader then gets what was pushed, and
//! is told `PeerGone` instead of `Closed`, as after a death. A writer that a panic drops is abandoned too.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
//! # let path = directory.path().join("ring");
//! # let mut writer = ipc_ring::RingWriter::create(&path, 4096)?;
//! # let mut reader = ipc_ring::RingReader::open(&path)?;
//! # let mut input = [Ok("one"), Err(std::fmt::Error)].into_iter();
//! let sent = input.try_for_each(|line| -> Result<(), Box<dyn std::error::Error>> {
//!     writer.push(line?.as_bytes(), None)?;
//!     Ok(())
//! });
//! match sent {
//!     Ok(()) => writer.finish(),
//!     Err(_) => writer.abandon(),
//! }
//! # assert_eq!(reader.pop(&mut Vec::new(), None)?, 3);
//! # assert_eq!(reader.pop(&mut Vec::new(), None), Err(ipc_ring::PopError::PeerGone));
//! # Ok(())
//! # }
//! ```
//!
//! **`Closed` and `PeerGone` come again** from each further call: `Closed` at once, `PeerGone` after 50 ms, or at the
//! call's deadline if that is sooner. A call with a time-out of zero does not ask whether the peer lives, and returns
//! `TimedOut`. After `PeerGone` only another writer can go on with the stream. Leave the loop, or let
//! [`RingOptions::await_successors`] wait for you.
//!
//! ### After a restart
//!
//! A writer that was killed half-way through its input finds out what the ring has had already, and goes on after that:
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
//! # let path = directory.path().join("ring");
//! use ipc_ring::{RingReader, RingWriter};
//!
//! let input = ["one", "two", "three"];
//! # RingWriter::create(&path, 4096)?.push(b"one", None)?;
//! let mut writer = RingWriter::attach(&path)?; // after its predecessor had pushed the first
//! let had = writer.message_count()?;
//! for line in input.iter().skip(had as usize) {
//!     writer.push(line.as_bytes(), None)?;
//! }
//! writer.finish();
//! let messages: Result<Vec<_>, _> = RingReader::open(&path)?.iter(None).collect();
//! assert_eq!(messages?, [&b"one"[..], b"two", b"three"]);
//! # Ok(())
//! # }
//! ```
//!
//! [`RingWriter::last_message`] returns a copy of the message that was pushed last, also after it was popped. Compare
//! it with the input to see whether the predecessor had the same one. [`RingWriter::count_dropped`] and
//! [`RingWriter::count_repeated`] keep the count right when a message of the input is given up or pushed twice: skip
//! `message_count()? + dropped() - repeated()` messages. `ring send --resume` does all of this.
//!
//! ### With the traits of `std::io`
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
//! # let path = directory.path().join("ring");
//! use std::io::{BufRead, Write};
//! use ipc_ring::{ByteReader, ByteWriter, RingReader, RingWriter};
//!
//! let mut stream = ByteWriter::new(RingWriter::create(&path, 1 << 20)?);
//! writeln!(stream, "a line")?;
//! writeln!(stream, "another")?;
//! stream.flush()?; // in the ring, and safe
//! stream.finish()?; // ends the stream, as a drop does, but reports errors
//!
//! let lines: Result<Vec<String>, _> = ByteReader::new(RingReader::open(&path)?).lines().collect();
//! assert_eq!(lines?, ["a line", "another"]);
//! # Ok(())
//! # }
//! ```
//!
//! Two more pairs of programs in `examples/` are meant to be copied from. JSON events that another process compresses:
//!
//! ```sh
//! cargo run --release --example json_archive -- /dev/shm/events /tmp/events.gz &
//! printf '{"event":"start"}\n{"event":"stop"}\n' | cargo run --release --example json_events -- /dev/shm/events
//! wait
//! gzip --decompress --stdout /tmp/events.gz
//! ```
//!
//! ```text
//! {"event":"start","number":0}
//! {"event":"stop","number":1}
//! ```
//!
//! And a log that survives its application:
//!
//! ```sh
//! cargo run --release --example log_collector -- /dev/shm/log /tmp/application.log &
//! cargo run --release --example logger -- /dev/shm/log started 2
//! wait
//! cat /tmp/application.log
//! ```
//!
//! ```text
//! 0
//! 1
//! started 0
//! started 1
//! ```
//!
//! ## Choose your settings
//!
//! The defaults suit two programs that each have something else to do. All settings are methods of [`RingOptions`], and
//! those that begin with `create_` are for a ring that is created. This makes a ring whose writer sleeps as soon as it
//! waits, and outlives its readers:
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
//! # let path = directory.path().join("ring");
//! use ipc_ring::{RingOptions, WaitStrategy};
//!
//! let writer = RingOptions::new()
//!     .wait_strategy(WaitStrategy::Sleep)
//!     .await_successors(true)
//!     .create(&path, 4096)?;
//! # drop(writer);
//! # Ok(())
//! # }
//! ```
//!
//! Every figure here is from `docs/benchmarks.md`: one machine, on one day.
//!
//! **Capacity.** Take 4 MiB, or more if more arrives during the longest time that the reader is away, and at least
//! twice the largest message. A message of more than half the ring gets through, but then the two sides take turns.
//! Small rings are slower, since the sides are in each other's way. Rings larger than the caches are slower too.
//! 256-byte messages went through 64 KiB at 18.4 million a second, through 1 MiB at 32.0, through 4 MiB at 84.5,
//! through 64 MiB at 69.8, and through 1 GiB at 75.8. A good first guess is four times the cache that one
//! core has to itself (L2). All of the space is allocated when the ring is created. So a `/dev/shm` that is too small
//! (containers often have 64 MiB) is an error then, and not a SIGBUS later.
//!
//! **How to wait.** [`WaitStrategy::SpinThenSleep`], the default, stays awake for 50 µs and then sleeps.
//!
//! - Choose [`WaitStrategy::Spin`] if both sides have a core of their own and each microsecond counts: 171 ns there and
//!   back.
//! - Choose [`WaitStrategy::Sleep`] if messages are rare and waiting must cost almost nothing: 30591 ns there and back.
//! - Spin for longer than the default if messages come every 100 µs or so: a sleep costs both sides a system call.
//!
//! A side that waits asks every 50 ms whether its peer still lives. A sleeping side spends 0.1228 % of a core on that.
//!
//! **Fences.** Leave the choice to the ring. With [`FenceMode::Asymmetric`], the default on Linux, the side that goes
//! to sleep pays for both. With a sleep before every message, a message took 30591 ns there and back, and 38943 ns with
//! [`FenceMode::Symmetric`]. The creator chooses symmetric fences by itself where its own kernel or sandbox has no
//! `membarrier`, but it cannot ask its peer's. A peer in a sandbox that refuses the call (gVisor, a seccomp filter) is
//! told `FencesUnavailable`: create the ring with `Symmetric` (`ring send --fences symmetric`).
//!
//! **Prefault, huge pages.** The first touch of a page costs more than many messages, so each side makes all pages
//! present when it maps the ring. Switch that off (`prefault(false)`) if a large ring must be created quickly, or if
//! little of it will be used. Try huge pages (`huge_pages(true)`) for rings of many MiB in `/dev/shm`; where the system
//! has none, the ring does without.
//!
//! **Batch or not.** One message a call is fast: a side loads its peer's cursor only after it has used up what it saw
//! there. Batches save stores of the cursor. With 4 MiB they passed 150 million messages of 64 bytes a second instead
//! of 100.0, and 97.5 of 256 bytes instead of 88.4; but 112 of 8 bytes instead of 156. They also change what a crash
//! does ([above](#which-calls-to-use)), which is the better reason to choose one or the other. If small messages all
//! have one length, pass arrays of them ([`RingWriter::push_many`], [`RingReader::pop_many_into`]): 369 million messages
//! of 8 bytes.
//!
//! **In place or not.** `reserve` and `peek` save the program a buffer, and a copy if the message is built or looked at
//! piece by piece. `as_slice` and `as_mut_slice` save the last copy: 115 million messages of 256 bytes a second in
//! batches instead of 97.5, and 0.7684 million of 64 KiB instead of 0.5037. They are `unsafe`, since the other
//! process could change the bytes meanwhile. It is no gain everywhere: 256 bytes one at a time went through 4 MiB at
//! 74.3 million a second in place, and at 88.4 copied.
//!
//! **Successors.** A side is told when its peer has left (`Closed`), or has died or given up (`PeerGone`). It can call
//! again and go on with a successor. With `await_successors(true)` it is not told, but waits for the successor. That is
//! right for a peer that a supervisor restarts, and wrong for a program that has to notice.
//!
//! **Streams.** Each writer that finishes, or is dropped without a panic, puts the end of its stream into the ring,
//! after its last message. The end stays there when the next writer comes. By default a reader passes ends, and is told
//! `Closed` when the last writer has left and the ring is empty. With `reader_stops_at_ends(true)` it is told `Closed`
//! at each end, until it calls [`RingReader::take_end`]. Three jobs that write one after the other are then three
//! streams, also to a reader that comes after all of them.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
//! # let path = directory.path().join("ring");
//! use ipc_ring::{PopError, RingOptions, RingWriter};
//!
//! for day in ["Monday", "Tuesday"] {
//!     let mut writer = RingWriter::create_or_attach(&path, 4096)?;
//!     writer.push(day.as_bytes(), None)?; // and the drop ends the stream
//! }
//! let mut reader = RingOptions::new().reader_stops_at_ends(true).open(&path)?;
//! let mut days = Vec::new();
//! for _ in 0..2 {
//!     assert_eq!(reader.pop_many(&mut days, 10, None)?, 1);
//!     assert_eq!(reader.pop(&mut Vec::new(), None), Err(PopError::Closed));
//!     reader.take_end(); // do this last: a reader that is killed before it finds the end again
//! }
//! assert_eq!(days, [&b"Monday"[..], b"Tuesday"]);
//! # Ok(())
//! # }
//! ```
//!
//! Such a reader is told `PeerGone` only if it has released a message since the last end. If neither a message nor an
//! end is left, it waits for the next writer, however the last one left.
//!
//! An end takes 8 bytes, which each writer keeps free from the time when it attaches. If these are not free, the ring
//! is full of streams that nobody has read: `attach` returns `Full`, and `attach_wait` waits for a reader.
//!
//! **The path.** A process finds the ring by its path. The path can be removed, or another file can take its place:
//! [for operators](super::operators) says by whom. Two sides that have the ring notice nothing and go on. A call that
//! would wait for a peer that is not there ends with `Removed` or `Replaced`: create the ring anew, or open what is
//! there. A writer that pushes a line a minute, and never waits, can ask [`RingWriter::still_named`]. A directory that
//! is moved as a whole takes the ring along: both sides hold the directory itself, so to them the ring is still named.
//!
//! **Filesystem.** Use `/dev/shm`, or a directory on ext4 or XFS. These promise to keep what is allocated: no later
//! store can find the filesystem full, which would be a SIGBUS. On XFS and APFS this promise ends with a clone of the
//! file (`cp --reflink`) or a snapshot of the volume. On every filesystem it ends with a snapshot of the block device,
//! or with a thin volume below it that runs out of space. Filesystems that write to another place, as btrfs does, do
//! not keep what is allocated, also with NOCOW. Filesystems on a network do not share one memory between two machines.
//! All of these are `UnsuitableFilesystem`, unless `Trust::any_filesystem(true)` says that you know better. In a
//! container the root is an overlay whose upper directory cannot be seen, so it is refused: use `/dev/shm`, or a
//! volume.
//!
//! **Trust.** A ring is for its owner's processes alone (mode `0o600`), and a file that others could have prepared is
//! refused (`Untrusted`). For two users, one side calls `create_mode(0o660)` and `create_group(...)` or
//! `create_group_named(...)`, and the other side `trust(Trust::new().any_owner(true))`. A process that may write to the
//! file may also truncate it, which kills the processes that have it mapped. [`RingOptions::create_sealed`] makes a
//! ring without a path that nobody can truncate; hand it over as a descriptor. A process that may only read the file
//! can do some harm as well: see [`RingOptions::create_mode`]. Programs of one user that must not take each other's
//! place each create and attach with an `owner_tag`: a writer that shows another tag is refused (`AnotherOwner`). The
//! tag is no secret.
//!
//! ## When processes die
//!
//! What was pushed stays, and a successor goes on where the dead process stood. The peer is told `PeerGone` when it
//! waits: after at most 50 ms, and the scheduler's delay, since a side that waits asks every 50 ms whether its peer
//! lives. Elsewhere we say "within 60 ms", which is what the tests allow. [Reliability](super::reliability) lists each
//! kind of death and damage, what it does to either side, and the test that provokes it.
//!
//! Nothing survives a power failure: the ring is memory. If messages have to survive one, the reader writes them to a
//! file and syncs it before it releases them. A ring on a disk may look as if it had survived, with some of its pages
//! older than others. So a ring that was created before the last boot is refused (`AnotherBoot`), unless
//! `any_boot(true)` allows it. That is right where other means check the messages, and for containers that each have a
//! boot of their own (LXC) and share a ring.
//!
//! ## When nothing moves
//!
//! A pipeline that stands still is slow, idle or stuck. A stuck one stands still until somebody does something. `ring
//! doctor` looks for a second (`--look`). It calls a ring stuck, and exits with 3, if neither side moved, came or left,
//! one of them waited all the while, and the other side will not end that wait. `ring stat` and `ring top` say it too,
//! and [`RingView::snapshot_since`] says it to a program. A side that sleeps notes in the ring since when it has
//! waited.
//!
//! | what has happened | `ring doctor` | what helps |
//! | --- | --- | --- |
//! | The writer waits for space, and the reader has died, has left, or never came. | stuck | start a reader, which goes on |
//! | The same, and the reader is stopped (`SIGSTOP`, Ctrl-Z, a debugger). | stuck | `kill -CONT`; or kill it and start another |
//! | The reader waits for a successor (`recv --follow`, `await_successors`), and the writer has died or given up. | stuck | start a writer, which goes on |
//! | The reader waits, and the writer is stopped. | stuck | as above |
//! | The reader is there and takes nothing: it is slow; nobody takes its output; it never commits its batch; it waits for something else, such as a second ring whose writer waits for it. | live, with how long the writer has waited | see what the reader does (`fuser` names it) |
//! | A side is stopped and nobody can tell: it is another user's or in another container, it is frozen by its cgroup (`docker pause`), or this is not Linux. | live, as if it were slow | the same |
//! | The writer is there and pushes nothing: it has nothing to send, or has not published its batch. | live | |
//! | The reader waits for the next writer after one that ended the stream. | live | |
//! | A side waits awake (`WaitStrategy::Spin`), which it does not note. | live | |
//! | A side has died and nobody waits yet: there is space, or there are messages. | live, with who died | start it again |
//! | Nobody is there, and messages wait. | orphaned or idle | start what has died; `ring recv` |
//! | The ring is damaged. | corrupt | `ring rm` |
//! | The ring has lost its path, or never had one there: a reader waits for it to be made. | there is no ring | start the writer; a side that holds the lost ring is told (`Removed`) |
//! | A process that may only read the file has locked the side of one that died ([fault 38](super::reliability)). | live | find it with `fuser` |
//!
//! A ring cannot tell a reader that takes a message every ten seconds from one that never will again, and does not try:
//! both are live. It can tell that nobody is there, and the system can tell that a process is stopped.
//!
//! ## How it works
//!
//! ### The file
//!
//! <figure>
#![doc = include_str!("../../docs/memory-map.svg")]
//! <figcaption>The file of a ring: the writer's page, the reader's page, the bytes</figcaption>
//! </figure>
//!
//! A ring is a file that both processes map. **Every word in it has one writer**: a side stores its position, as its
//! cursor, in its own page, and only reads its peer's page. What a side may not write is mapped read-only for it, so a
//! stray pointer in a reader cannot damage what is in the ring. A side checks each value that its peer stored before it
//! uses it. A broken or hostile peer can make the ring useless, which is an error, and nothing worse.
//!
//! Positions count bytes and are never reset. So a full ring and an empty one cannot be taken for each other, and a
//! process that attaches goes on exactly where the last one stood.
//!
//! [The layout](super::layout) specifies all of this, so that a program in another language can have a side;
//! [`ipc_ring::layout`](crate::layout) has its numbers. It also says [how to
//! upgrade](super::layout#20-versions-and-upgrades) to a version with another layout without losing the messages that
//! wait.
//!
//! ### A record
//!
//! <figure>
#![doc = include_str!("../../docs/record.svg")]
//! <figcaption>A record: length, kind, message, and zeros up to a multiple of 8 bytes</figcaption>
//! </figure>
//!
//! A message takes 8 bytes more than its length, rounded up to a multiple of 8. It always stands in one piece, so that
//! it can be read in place.
//!
//! ### Push, pop and sleep
//!
//! <figure>
#![doc = include_str!("../../docs/handshake.svg")]
//! <figcaption>Push and pop while both are awake; then a reader that sleeps, and the push that wakes it</figcaption>
//! </figure>
//!
//! A message is in the ring from the moment when the writer's cursor is stored, and no earlier. So a crash leaves the
//! whole message there, or nothing of it. While both sides are awake, nothing else is needed. A side that has waited in
//! vain for a while announces its target and sleeps in the kernel. The push or pop that reaches the target pays for one
//! system call, and no other does.
//!
//! ## Compared with others
//!
//! The ring does one thing, from one process to one other on one machine. Each of these does something that it does
//! not.
//!
//! | | from, to | when a process dies | waiting | also |
//! | --- | --- | --- | --- | --- |
//! | **ipc_ring** | one, one | what was pushed stays, the peer is told, a successor goes on | sleeps | Linux and macOS; bytes |
//! | **[ipmpsc]** | many, one | a lock that it held stays locked ([#11]) | sleeps | Windows too; any type that serde knows |
//! | **[iceoryx2]** | many, many | it is noticed, and what it left is cleaned up | sleeps, by events of its own | publish-subscribe, request-response, a blackboard; several languages; no copy at all |
//! | **a pipe** | many, one | what was written stays as long as the reader lives; the other end is told | sleeps, `poll` | every program has it; messages up to `PIPE_BUF` stay whole |
//! | **a Unix socket** | one, one, or many with datagrams | the peer is told; what was not read is lost with the reader | sleeps, `poll` | both directions; descriptors; who the peer is |
//!
//! How fast, in one run on the same two cores of a virtual machine (AMD EPYC, November 2026) whose cores share a cache:
//! a cache line went there and back in 100 ns. One message a call, unless the name says otherwise. `rtrb` is between
//! threads. `hand-over` is no ring, but the limit: the fastest of four bare copies in and out, with one store for each
//! 64 messages. An empty cell was not measured: `docs/benchmarks.md` says why. It also has ranges, more peers, the
//! goals that the ring misses, and where the ring is not the fastest.
//!
//! | M messages/s | `256B, 4 MiB` | `256B, 1 MiB` | `8B, 4 MiB` | `8B-batch, 4 MiB` | `64B, 4 MiB` | `4KiB` | `64KiB` | `1MiB` | `one-core` |
//! | --- | --: | --: | --: | --: | --: | --: | --: | --: | --: |
//! | `ours` | 88.4 | 29.9 | 156 | | 100.0 | 11.8 | 0.5037 | 0.0362 | 37.4 |
//! | `ours-batch` | 97.5 | 32.7 | | 112 | | | | | 42.7 |
//! | `ours-array` | 66.0 | 32.1 | | 369 | | | | | |
//! | `ours-in-place-batch` | 115 | 35.3 | | 106 | | | | | |
//! | `ipmpsc` | 3.25 | 3.16 | | | | 1.09 | 0.0924 | 0.0162 | 12.7 |
//! | `shaq` | 9.87 | 8.98 | | | | 5.71 | 0.2460 | | |
//! | `shaq-batch` | 106 | 29.6 | | 148 | | 12.9 | 0.2609 | | |
//! | `rtrb` | 8.34 | 8.17 | 51.8 | | 12.0 | 3.44 | 0.1557 | | |
//! | `rtrb-chunk` | 78.6 | 27.6 | | 403 | | 14.8 | 0.2634 | | |
//! | `iceoryx2` | 3.10 | 3.07 | | | | 1.39 | 0.1271 | 0.0190 | |
//! | `pipe` | | 1.91 | | | | 1.32 | 0.0673 | 0.0032 | 0.9673 |
//! | `unix-socket` | | 0.9707 | | | | 0.6001 | 0.1193 | 0.0119 | 0.4979 |
//! | `hand-over` | 141 | 80.9 | 588 | 572 | 179 | 16.9 | 0.6562 | 0.0441 | |
//!
//! The sizes are those of the message and of the ring. `one-core` has both sides on one core.
//!
//! To be fair to them:
//!
//! - **ipmpsc** serializes each message and takes a lock; both are wasted on bytes that need neither, as here. If
//!   many processes send to one, ipmpsc is one channel; here the receiver has one ring for each sender, and looks at
//!   them in turn.
//! - **iceoryx2** is measured in its publish-subscribe with one subscriber that polls and copies the bytes out. A
//!   subscriber that reads in place copies nothing, at any size, and a second subscriber costs hardly more. At 1 MiB
//!   the two are near each other.
//! - **A pipe and a socket** can be waited for together with others (`poll`, `epoll`, async runtimes). The ring cannot:
//!   a side waits for its peer and for nothing else, in a thread of its own if there is more to do. Pipes and sockets
//!   need no file that both sides agree on and somebody removes. Below some ten thousand messages a second none of this
//!   speed matters: take the pipe.
//!
//! Use the ring where messages must outlive the process that sent them, or go by the million; use one of these
//! otherwise.
//!
//! ## Measure it yourself
//!
//! Machines differ, and one machine differs from hour to hour. `ipc_bench` measures two processes, one push and one pop
//! a message, and checks every byte of each message. The clock starts when both are at work and two laps are done; five
//! rounds of half a second follow each other without a pause:
//!
//! ```sh
//! cargo run --release --bin ipc_bench -- --ring /dev/shm/bench --cap 67108864
//! ```
//!
//! This shows how long a message takes to the other process and back, as percentiles and a histogram:
//!
//! ```sh
//! cargo run --release --bin ipc_bench -- latency
//! ```
//!
//! `--wait` says what a side does while it waits: `spin`, `sleep`, or how long to spin before it sleeps. `--batch 64`
//! passes messages in batches, and `--in-place` fills and checks them in the ring. `--seconds` is how long a round
//! takes, or `--messages` how many messages it has, and `--rounds` how many rounds there are. The first line that it
//! prints is JSON, about the median round; the second adds the slowest and the fastest round. If all messages fit in
//! the ring at once, it says so. `--help` lists the options.
//!
//! <!-- not run by cli/tests/documents.rs: it takes twelve minutes; `cargo xtask peers` runs its tests -->
//! ```sh
//! cargo run --release -p ipc_ring_peers -- compare    # twelve minutes, beside all others; --help has knobs, `list` the scenarios
//! ```
//!
//! The number of instructions that a message takes does not depend on how busy the machine is:
//!
//! <!-- not run by cli/tests/documents.rs: it needs valgrind and a release build; `cargo xtask ci` runs it -->
//! ```sh
//! cargo xtask instructions               # counted by callgrind, with a hard limit for each size
//! cargo xtask instructions --annotate    # where they go, function by function
//! ```
//!
//! [ipmpsc]: https://docs.rs/ipmpsc
//! [#11]: https://github.com/dicej/ipmpsc/issues/11
//! [iceoryx2]: https://docs.rs/iceoryx2

use crate::*;
