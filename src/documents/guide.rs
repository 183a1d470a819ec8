//! # A guide to ipc_ring
//!
//! How the ring works, as far as a user wants to know it; which settings to choose; and when to use something else. The
//! items are documented with the code (`cargo doc --open`), what the code relies on in [SAFETY.md](super::safety).
//!
//! ## A first ring
//!
//! Two programs from `examples/`, each a screen long (the first build of these takes minutes, for it builds what the tests
//! need, too). One creates a ring in memory, pushes three messages and leaves; the other, started later, finds them there:
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
//! The reader may as well be started first: it waits up to a minute until the ring is there. In the end it removes it.
//! Neither of the two notices where the other is a program that was killed and started again, but that the messages go on.
//!
//! The same in one program:
//!
//! ```rust
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
//! ## How it works
//!
//! ### The file
//!
//! <figure>
#![doc = include_str!("../../docs/memory-map.svg")]
//! <figcaption>The file of a ring: the writer's page, the reader's page, the bytes</figcaption>
//! </figure>
//!
//! A ring is a file that both processes map. **Every word in it has one writer**: a side stores how far it has come, its
//! cursor, in its own page, and only ever reads the other's. What a side may not write is mapped read-only for it, so a
//! stray pointer in a reader cannot damage what is in the ring. The values that the other side stored are checked before
//! they are used: a peer that is broken or hostile can make the ring useless, which is an error, and nothing worse.
//!
//! Cursors count bytes for ever; they are never reset, so a ring that is full and one that is empty cannot be taken for each
//! other, and a process that attaches goes on exactly where the last one stood.
//!
//! [The layout](super::layout) specifies all of this, so that a program in another language can have a side; `ipc_ring::layout` has
//! its numbers. It says too [how one upgrades](super::layout#20-versions-and-upgrades) to a version with another layout, without
//! losing what waits.
//!
//! ### A record
//!
//! <figure>
#![doc = include_str!("../../docs/record.svg")]
//! <figcaption>A record: length, kind, message, padding to 8 bytes</figcaption>
//! </figure>
//!
//! A message takes 8 bytes more than its length, rounded up to a multiple of 8. It always stands in one piece, so that it
//! can be read where it is.
//!
//! ### Push, pop and sleep
//!
//! <figure>
#![doc = include_str!("../../docs/handshake.svg")]
//! <figcaption>Push and pop while both are awake; then a reader that sleeps, and the push that wakes it</figcaption>
//! </figure>
//!
//! A message is in the ring from the moment the writer's cursor is stored, and no moment earlier. That is why a crash leaves
//! it there wholly or not at all. While both sides are awake nothing else is needed. A side that has waited in vain for a
//! while announces what it waits for and sleeps in the kernel; the push or pop that brings it there pays for one system
//! call, and no other does.
//!
//! ## Which calls to use
//!
//! | you have | use | what a crash of this side costs |
//! | --- | --- | --- |
//! | messages, one at a time | `push`, `pop` | nothing that was pushed; the message that was popped last |
//! | many at once | `batch()` and `push` into it; `batch(max, timeout)` and `commit` | of the writer: what was not published yet, which it is when the batch is dropped or the ring is full; of the reader: nothing, but repeats |
//! | a loop over messages | `iter(timeout)`: an item is `TimedOut` each time that it passes, and the loop goes on unless you leave it | the message it was given last |
//! | a vector of messages | `pop_many(&mut vector, max, timeout)` | those it was given last |
//! | a stream of bytes | `ByteWriter`, `ByteReader` | what was not flushed; nothing, but repeats, with `fill_buf` and `consume`; with `read` what it returned last |
//! | a message to be built in place | `reserve(len, timeout)` | nothing: it is not in the ring before `commit` |
//! | a message to be looked at first | `peek(timeout)` | nothing: it is still in the ring |
//!
//! Every handle can go to another thread (`Send`). A side is one thread's at a time: no handle that moves it can be shared
//! (`Sync`), and none can be cloned. A `Message` can be shared, since nothing is released as long as it is there. A `RingView`
//! only looks, so it can be shared. Errors can be both.
//!
//! So what must never be lost is read in batches, and dealt with before the batch is committed:
//!
//! ```rust
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
//! Nothing but `commit` releases a message. A `?` in this loop, a `break`, a panic, a crash: each leaves all of the batch
//! in the ring, and it comes again: at least once. (Nor has the writer its space back: a batch that is never committed keeps
//! it waiting.) `message.position()` is different for each message, so who stores it with the message knows a repeat, and has
//! it exactly once.
//!
//! Where each message is dealt with by itself, for good, only those need come again that were not:
//!
//! ```rust
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
//! type Deal<'a> = dyn FnMut(&[u8]) -> Result<(), Box<dyn Error>> + 'a;
//!
//! fn deal_with_each(reader: &mut RingReader, deal: &mut Deal) -> Result<(), Box<dyn Error>> {
//!     let (mut buffer, mut done) = (Vec::new(), None);
//!     let mut batch = reader.batch(1000, None)?;
//!     let result = batch.messages().try_for_each(|message| {
//!         message.copy_to(&mut buffer);
//!         deal(&buffer)?;
//!         done = Some(message.position());
//!         Ok(())
//!     });
//!     if let Some(done) = done {
//!         batch.commit_through(done)?; // the one that failed is the next, whoever reads it
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
//! What `pop`, `iter` and `pop_many` give is released before they return it: at most once.
//!
//! **A stream ends with its writer**: when that is dropped, also by `?`, the reader takes what it got for the whole. So a
//! writer that gives up half-way is abandoned. The reader gets what was pushed, and is told what a death tells, `PeerGone`
//! and not `Closed`; so it is, without a word, where a panic drops the writer:
//!
//! ```rust
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
//! # let path = directory.path().join("ring");
//! # let mut writer = ipc_ring::RingWriter::create(&path, 4096)?;
//! # let mut reader = ipc_ring::RingReader::open(&path)?;
//! # let mut input = [Ok("one"), Err(std::fmt::Error)].into_iter();
//! # type Error = Box<dyn std::error::Error>;
//! let sent = input.try_for_each(|line| -> Result<(), Error> {
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
//! **`PeerGone` in a loop** is told each time, at once: the stream broke off, and only another writer can go on with it. Leave
//! the loop, or wait between the calls; `await_successors(true)` waits for you.
//!
//! A writer that was killed half-way through its input learns what is in the ring already, and goes on
//! behind that:
//!
//! ```rust
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
//! Whether the input is the one that the predecessor had, as far as that got, `last_message()` tells: a copy of the message
//! that was pushed last, also after it was popped. `count_dropped` and `count_repeated` keep the number right where a message
//! of the input was given up, or pushed twice: there is `message_count()? + dropped() - repeated()` to be skipped. `ring send
//! --resume` does all three.
//!
//! Code that expects the traits of the standard library takes a stream:
//!
//! ```rust
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
//! stream.finish()?; // the end: dropped, it could not tell of an error
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
//! The defaults are good for two programs that each have something else to do. All others are methods of `RingOptions`:
//! `wait_strategy`, `prefault`, `huge_pages`, `await_successors`, `owner_tag`, `trust`; `create_mode`, `create_group`,
//! `create_group_named` and `create_fence_mode`, which are for a ring that is created; `reader_stops_at_ends`. Every figure here is from `docs/benchmarks.md`: one machine, on one
//! day.
//!
//! **Capacity.** As much as arrives while the reader is away for the longest, and at least twice the largest message: a
//! message of more than half the ring gets through, but then the two sides take turns. Small rings are slower, since the
//! sides are in each other's way: 256-byte messages went through 64 KiB at 25.6 million a second, through 1 MiB at 41.4,
//! through 4 MiB at 43.8; beyond the caches it is less, 28.3 through 64 MiB and 25.1 through 1 GiB. The space is allocated
//! when the ring is created, so that a small `/dev/shm` (containers often have 64 MiB) is an error then, not a SIGBUS
//! later.
//!
//! **How to wait.** `WaitStrategy::SpinThenSleep`, the default, stays awake for 50 µs and then sleeps.
//!
//! - `Spin` where both sides have a core for themselves and each microsecond counts: 291 ns there and back.
//! - `Sleep` where messages are rare and idle time must cost nothing: 13007 ns there and back.
//! - Longer spinning than the default where messages come every 100 µs or so: a sleep costs both sides a system call.
//!
//! A side that waits for long is asleep, and looks up every 50 ms whether its peer still lives: 0.1605 % of a core.
//!
//! **Fences.** Leave it to the ring. `FenceMode::Asymmetric`, the default on Linux, lets the side that goes to sleep pay
//! for both; even where every message was waited for asleep, it took 13007 ns there and back, and `Symmetric` 15215 ns.
//! Symmetric is for kernels, or sandboxes, without `membarrier`, and is chosen there automatically; but by the creator, who
//! knows nothing of the other side. If that one is in a sandbox that refuses the call (gVisor, a seccomp filter) it is told
//! `FencesUnavailable`: create the ring with `Symmetric` (`ring send --fences symmetric`).
//!
//! **Prefault, huge pages.** A page that is touched for the first time costs more than many messages, so both sides have all
//! pages made present when they map the ring. Switch that off (`prefault(false)`) where a large ring must be created in no
//! time, or will hardly be used. Huge pages (`huge_pages(true)`) are worth a try for rings of many MiB in `/dev/shm`; where
//! the system has none, the ring does without.
//!
//! **Memory cgroups, containers.** A ring in `/dev/shm` is memory, all of it from its creation on: the capacity and two
//! pages. It is charged to the cgroup of whoever touched a page first, which is the creator, until the ring is removed: when
//! its processes end, the memory stays. A ring beyond the cgroup's limit is no error but the end of its creator, for the
//! kernel kills it. So leave room for the ring in the limit of the container that creates it, and remove what is not used any
//! more: `ring doctor` says what each ring takes, and all of them together.
//!
//! **Batch or not.** One message a call is fast: a side looks at the other's cursor only when it has used up what it saw.
//! Batches save the store of the cursor, which matters the smaller the messages are: 110 million messages of 8 bytes a
//! second in place of 64.7, 59.2 of 256 bytes in place of 43.6. They change what a crash does (above), which is the better
//! reason for either.
//!
//! **In place or not.** `reserve` and `peek` save the program a buffer, and a copy where the message is built or looked at
//! piece by piece. By themselves they are not faster: 28.0 million messages of 8 bytes a second in place of 64.7; of 64 KiB
//! 0.3366 in place of 0.3373. `as_slice` and `as_mut_slice`, the bytes as a slice, save the last copy, and are `unsafe`, since the other
//! process could change them meanwhile.
//!
//! **Successors.** A side is told when its peer has left (`Closed`) or died or given up (`PeerGone`), and can go on by calling again,
//! which for `Closed` says so again at once: pause between the calls. With `await_successors(true)` it is not told but
//! waits for the next one: right for a service that is restarted by somebody else, wrong for whoever has to notice.
//!
//! **Streams.** Each writer that finishes, or is dropped in good order, puts the end of its stream into the ring, after its
//! last message, and there it stays when the next writer comes. By default a reader passes ends, and is told `Closed` where
//! the last writer has left and nothing is left. With `reader_stops_at_ends(true)` it is told at each, and takes it with
//! `take_end()`, once: three jobs that write one after the other are three streams to it, also where it comes after all of
//! them.
//!
//! ```rust
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
//!     reader.take_end(); // last: killed before this, it would find the end again
//! }
//! assert_eq!(days, [&b"Monday"[..], b"Tuesday"]);
//! # Ok(())
//! # }
//! ```
//!
//! Such a reader is told `PeerGone` in the midst of a stream alone: where it has released a message, and not come to an end
//! since. Where neither a message nor an end is left it waits for the next writer, whatever became of the last one.
//!
//! An end takes 8 bytes, which each writer keeps free from when it comes. Where they are not to be had, the ring is full of
//! streams that nobody has read: `attach` says `Full`, and `attach_wait` waits for a reader.
//!
//! **The path.** Whoever comes finds the ring by its path, and that can go: by `rm`, by a clean-up of temporary files
//! (systemd-tmpfiles), at the log-out of the ring's user (`RemoveIPC=yes`, which empties `/dev/shm` of what is theirs); or
//! another file takes its place. Two sides that have the ring notice nothing and go on. A call that would wait for a peer that
//! is not there ends with `Removed` or `Replaced`: make the ring anew, or open what is there. Who pushes a line a minute, and
//! never waits, asks `still_named()`. A directory that is moved as a whole takes the ring along: both sides hold the directory
//! itself, so to them it is still named.
//!
//! **Filesystem.** `/dev/shm`, or a directory on ext4 or XFS. What is allocated there is kept: no later store can find the
//! filesystem full, which would be a SIGBUS. On XFS and APFS that ends with a clone of the file (`cp --reflink`) or a snapshot
//! of the volume, and everywhere with a snapshot of the block device, or with a thin volume below, that runs out of space.
//! btrfs and other filesystems that write to another place, also with NOCOW, do not keep it, nor does any on a network share
//! one memory between two machines: they are `UnsuitableFilesystem`, unless `Trust::any_filesystem(true)` says that you know better.
//! In a container the root is an overlay whose upper directory cannot be seen, and so refused: use `/dev/shm`, or a volume.
//!
//! **Trust.** A ring is for its owner's processes alone (mode `0o600`), and one that others could have prepared is refused
//! (`Untrusted`). For two users: `create_mode(0o660)` and `create_group(...)` or `create_group_named(...)` at one
//! side, `trust(Trust::new().any_owner(true))` at the other. Who may
//! write to the file may also truncate it, which kills who has it mapped; `create_sealed` makes a ring without a path that
//! nobody can truncate, to be handed over as a descriptor. Who may only read the file can do some harm as well: see
//! `RingOptions::create_mode`. Programs of one user that must not take each other's place create and attach with an `owner_tag` each:
//! a writer that shows another one is refused (`AnotherOwner`). It is no secret.
//!
//! ## When processes die
//!
//! In short: what was pushed stays; a side that waits learns within 60 ms that the other has died; whoever takes its place
//! goes on where it stood. What each kind of death, and of damage, does to either side, and what was done to make sure of it,
//! is the subject of [reliability.md](super::reliability).
//!
//! Nothing survives a power failure: the ring is memory. What has to is written to a file and synced by the reader, before
//! it releases it. A ring on a disk may look as if it had survived, with some of its pages older than others. So one that
//! was created before the system was last started is refused (`AnotherBoot`), unless `any_boot(true)` allows it: right
//! where what comes is checked by other means, and for containers that have a boot of their own each (LXC) and share a
//! ring.
//!
//! ## When nothing moves
//!
//! A pipeline that stands still is slow, or idle, or stuck: then it stands still until somebody does something. `ring doctor`
//! calls a ring stuck, and exits with 3, if for a second (`--look`) neither side moved, came or left, one of them waited all
//! the while, and the other will not end that. `ring stat` and `ring top` say it too, and to a program
//! `RingView::snapshot_since`. How long the side has waited is what it noted itself.
//!
//! | what has happened | `ring doctor` | what helps |
//! | --- | --- | --- |
//! | The writer waits for space, and the reader has died, has left, or never came. | stuck | start a reader, which goes on |
//! | The same, and the reader is stopped (`SIGSTOP`, Ctrl-Z, a debugger). | stuck | `kill -CONT`; or kill it and start another |
//! | The reader waits for a successor (`recv --follow`, `await_successors`), and the writer has died or given up. | stuck | start a writer, which goes on |
//! | The reader waits, and the writer is stopped. | stuck | as above |
//! | The reader is there and takes nothing: it is slow; nobody takes its output; it never commits its batch; it waits for something else, as for a second ring whose writer waits for it. | live, with how long the writer has waited | see what the reader does (`fuser` names it) |
//! | A side is stopped and nobody can tell: it is another user's or in another container, it is frozen by its cgroup (`docker pause`), or this is not Linux. | live, as if it were slow | the same |
//! | The writer is there and pushes nothing: it has nothing to send, or has not published its batch. | live | |
//! | The reader waits for the next writer after one that ended the stream. | live | |
//! | A side waits awake (`WaitStrategy::Spin`), which it does not note. | live | |
//! | A side has died and nobody waits yet: there is space, or there are messages. | live, with who died | start it again |
//! | Nobody is there, and messages wait. | orphaned or idle | start what has died; `ring recv` |
//! | The ring is damaged. | corrupt | `ring rm` |
//! | The ring has lost its path, or never had one there: a reader waits for it to be made. | there is no ring | start the writer; who holds the lost one is told (`Removed`) |
//! | Somebody who may only read the file has locked the side of one that died ([fault 38](super::reliability)). | live | find it with `fuser` |
//!
//! A ring cannot tell a reader that takes a message every ten seconds from one that never will again, and does not try: both
//! are live. What it can tell is that nobody is there, and the system that somebody is stopped.
//!
//! ## Compared with others
//!
//! The ring does one thing, from one process to one other on one machine. Each of these does something that it does not.
//!
//! | | from, to | when a process dies | waiting | also |
//! | --- | --- | --- | --- | --- |
//! | **ipc_ring** | one, one | what was pushed stays, the peer is told, a successor goes on | sleeps | Linux and macOS; bytes |
//! | **[ipmpsc]** | many, one | a lock that it held stays locked ([#11]) | sleeps | Windows too; any type that serde knows |
//! | **[iceoryx2]** | many, many | it is noticed, and what it left is cleaned up | asleep by events of their own | publish-subscribe, request-response, a blackboard; several languages; no copy at all |
//! | **a pipe** | many, one | what was written stays as long as the reader lives; the other end is told | sleeps, `poll` | every program has it; messages up to `PIPE_BUF` stay whole |
//! | **a Unix socket** | one, one, or many with datagrams | the peer is told; what was not read is gone with the reader | sleeps, `poll` | both directions; descriptors; who the peer is |
//!
//! How fast, in the same run on the same two cores, one message a call unless it says batch. A blank was not measured:
//! `docs/benchmarks.md` says why, and shows ranges, more peers, and where the ring is not the fastest.
//!
//! | M messages/s | `256B` | `8B` | `4KiB` | `64KiB` | `1MiB` | `one-core` |
//! | --- | --: | --: | --: | --: | --: | --: |
//! | `ours` | 43.6 | 64.7 | 5.67 | 0.3373 | 0.0244 | 22.4 |
//! | `ours-batch` | 59.2 | 110 | | | | 30.3 |
//! | `ipmpsc` | 2.04 | 2.32 | 0.6396 | 0.0893 | 0.0149 | 5.65 |
//! | `iceoryx2` | 1.99 | 2.08 | 1.03 | 0.1825 | 0.0195 | |
//! | `pipe` | 1.34 | 1.53 | 0.9373 | 0.0302 | 0.0009 | 0.6824 |
//! | `unix-socket` | 0.4566 | 0.5244 | 0.2644 | 0.0586 | 0.0046 | 0.2523 |
//!
//! To be fair to them:
//!
//! - **ipmpsc** serializes each message and takes a lock; with bytes that are all there already, as here, that is for nothing.
//!   Where many processes send to one, it is one channel, and the ring is one ring for each of them, that the receiver has to
//!   look at in turn.
//! - **iceoryx2** is measured in its publish-subscribe with one subscriber that polls and copies the bytes out. Who reads in
//!   place copies nothing, at any size, and a second subscriber costs hardly more. At 1 MiB the two are near each other.
//! - **A pipe and a socket** can be waited for together with others (`poll`, `epoll`, async runtimes). The ring cannot: a
//!   side waits for its peer and for nothing else, in a thread of its own where there is more to do. They need no file to be
//!   agreed on and removed. Below some ten thousand messages a second none of this speed matters: take the pipe.
//!
//! Use the ring where messages must outlive the process that sent them, or go by the million; use one of these otherwise.
//!
//! [ipmpsc]: https://docs.rs/ipmpsc
//! [#11]: https://github.com/dicej/ipmpsc/issues/11
//! [iceoryx2]: https://docs.rs/iceoryx2

use crate::*;
