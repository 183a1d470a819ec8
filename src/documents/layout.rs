//! # The layout of a ring: ABI 2
//!
//! This page specifies the file of a ring, and what its two sides do to it. It is enough to write a reader, a writer or a
//! tool in another language. It holds for Linux and macOS, on 64-bit little-endian processors.
//!
//! MUST, MUST NOT, SHOULD and MAY are used as in RFC 2119. Each rule has a number, by which other rules refer to it. The
//! numbers in the tables are those of [`ipc_ring::layout`](crate::layout) and of the code: a test fails where one of them
//! changes alone.
//!
//! `tests/vectors/` has files that keep to these rules, and files that do not. Its `vectors.json` says
//! what is in each, and a short program in Python reads them (`read.py`). It also has a reader and a writer that were written
//! from this text alone (`sides.rs`): they leave in each file what the library's own sides leave.
//!
//! - [1. Terms](#1-terms)
//! - [2. The file](#2-the-file)
//! - [3. Identity](#3-identity)
//! - [4. The words of a side](#4-the-words-of-a-side)
//! - [5. Positions](#5-positions)
//! - [6. Records](#6-records)
//! - [7. The writer](#7-the-writer)
//! - [8. The reader](#8-the-reader)
//! - [9. Order in memory](#9-order-in-memory)
//! - [10. Sleeping and waking](#10-sleeping-and-waking)
//! - [11. Locks, life and death](#11-locks-life-and-death)
//! - [12. Creating a ring](#12-creating-a-ring)
//! - [13. Taking a side](#13-taking-a-side)
//! - [14. Leaving](#14-leaving)
//! - [15. What a crash leaves](#15-what-a-crash-leaves)
//! - [16. Figures and notes](#16-figures-and-notes)
//! - [17. Looking on](#17-looking-on)
//! - [18. Forked children](#18-forked-children)
//! - [19. What is reserved](#19-what-is-reserved)
//! - [20. Versions and upgrades](#20-versions-and-upgrades)
//! - [21. Other numbers](#21-other-numbers)
//!
//! ## 1. Terms
//!
//! A *ring* carries *messages* of bytes from one *writer* to one *reader*. Each of the two is a *side*, and the other side
//! is its *peer*. A process that has a side is its *holder*; the next holder of the same side is its *successor*. An
//! *onlooker* looks at a ring and has no side. A *word* is an unsigned number of 64 bits, little-endian, at a multiple of 8.
//! A *cursor* is the word in which a side stores its position. To *publish* is to store the writer's cursor, and to *release*
//! is to store the reader's.
//!
//! 1.1. One side stores each word, and nobody else may: another process MUST NOT store it. No step needs an atomic
//! read-modify-write.
//!
//! 1.2. What a peer has stored may be a lie. A side MUST load such a value once, check the copy, and use only the copy.
//! Where a check fails, the side reports the check by its name, which stands in *italics* below. From then on it MUST NOT use
//! anything that its peer has stored, and MAY do nothing except leave (section 14).
//!
//! 1.3. A word MUST be loaded and stored whole, by one access of 64 bits that the processor does not split.
//!
//! ## 2. The file
//!
//! <figure>
#![doc = include_str!("../../docs/memory-map.svg")]
//! <figcaption>The file of a ring: the writer's page, the reader's page, the bytes</figcaption>
//! </figure>
//!
//! ```text
//!    0               identity and the writer's words    a page
//!    page size       the reader's words                 a page
//!    2 * page size   the bytes, which hold records      `capacity` bytes
//! ```
//!
//! 2.1. The length of the file MUST be twice the page size plus the capacity.
//!
//! 2.2. The page size is the size of a page of memory on the machine that created the ring. It is stated in the identity.
//!
//! 2.3. Each side maps its own page for reading and writing, and its peer's page for reading alone. The writer maps the
//! bytes for reading and writing, the reader for reading alone. All mappings are shared (`MAP_SHARED`). So the page size of
//! the file has to be that of the machine. An onlooker maps the whole file by one mapping, and reads files of any page size.
//!
//! 2.4. While a ring is mapped, nobody may shorten its file or punch holes into it (MUST NOT). After the one, the next access
//! is a `SIGBUS`; after the other, it finds zeroes.
//!
//! | constant | value | what it is |
//! | --- | --- | --- |
//! | `MAGIC` | `ipc_ring` | the first bytes of the file |
//! | `ABI` | 2 | the version of this specification |
//! | `MIN_CAPACITY` | 64 | the least capacity in bytes |
//! | `MAX_CAPACITY` | 2^31 | the largest |
//! | `PAYLOAD_ALIGN` | 8 | records and payloads stand at multiples of it: the *granule* |
//! | `OVERHEAD` | 8 | the bytes of a record's header |
//! | `END_SIZE` | 8 | the bytes of the record that ends a stream |
//!
//! 2.5. A capacity MUST be a power of two from `MIN_CAPACITY` to `MAX_CAPACITY`. That is less than 2^32: see 10.7.
//!
//! 2.6. A page size is a power of two, from 4 KiB to 64 KiB.
//!
//! ## 3. Identity
//!
//! The identity stands at the beginning of the writer's page. The creator stores it before the file has its name. It never
//! changes.
//!
//! | constant | offset | bytes | what it is |
//! | --- | --- | --- | --- |
//! | `identity::MAGIC` | 0 | 8 | the letters of `MAGIC` |
//! | `identity::ABI` | 8 | 8 | a word: `ABI` |
//! | `identity::CAPACITY` | 16 | 8 | a word: the capacity in bytes |
//! | `identity::PAGE_SIZE` | 24 | 8 | a word: the page size in bytes |
//! | `identity::FENCES` | 32 | 8 | a word, 0: symmetric fences, 1: asymmetric ones (section 9) |
//! | `identity::ID` | 48 | 16 | the ring's id: random, drawn when it is created |
//! | `identity::BOOT` | 64 | 16 | the id of the boot in which it was created; zeroes: not known |
//! | `identity::OWNER_TAG` | 96 | 32 | the tag that its creator gave; zeroes: none |
//! | `identity::SIZE` | 128 | | the bytes of all of these, with those between them |
//!
//! 3.1. A process that opens a file MUST check it in this order, and refuse it at the first check that fails:
//!
//! - *length*: the file has at least `identity::SIZE` bytes;
//! - *magic* and *abi*;
//! - *page size*: for a side that of the machine, for an onlooker as in 2.6;
//! - *fences*: 0 or 1;
//! - *capacity*: as in 2.5;
//! - *length* again: as in 2.1.
//!
//! 3.2. A process that takes a side MUST then check the *boot* (3.3); that the *reserved* bytes are zero (section 19); and,
//! for the writer, the *tag* (3.4). An onlooker MAY go on where one of these fails.
//!
//! 3.3. The boot's id is what Linux tells in `/proc/sys/kernel/random/boot_id` and macOS as `kern.bootsessionuuid`: the 16
//! bytes of the UUID in the order in which they are printed. Where both ids are known and differ, the system has been
//! started since the ring was created. After a power failure some pages of the file may be older than others, which no check
//! can see. So a process SHOULD NOT take a side then, unless its user says so. No side changes the id.
//!
//! 3.4. A writer that attaches brings a tag. Where it differs from the ring's, the writer MUST NOT take the side. A reader
//! brings none. A tag keeps programs apart that do not mean to share a ring. It is no secret.
//!
//! 3.5. The id tells the ring from every other, also from one that had its path before or has it later. It has no other use.
//!
//! ## 4. The words of a side
//!
//! Both sides have the same words, each in its own page. An offset is from the beginning of that page.
//!
//! | constant | offset | what it is |
//! | --- | --- | --- |
//! | `word::EPOCH` | 128 | how many holders this side has had; 0: none has come yet |
//! | `word::CURSOR` | 256 | the position of this side, with `word::CLOSED` |
//! | `word::WAKE_AT` | 384 | the position of the peer at which this side wants to be woken, with `word::CLOSED` |
//! | `word::FIGURES` | 512 | the first of the figures (section 16) |
//!
//! | constant | value | what it is |
//! | --- | --- | --- |
//! | `word::CLOSED` | 1 | the bit of a cursor and of a `wake_at` by which their side says that it has left |
//!
//! 4.1. A side stores all the words of its own page and none of its peer's.
//!
//! 4.2. A process loads the words of its own side when it takes the side (section 13), and at no other time. It MAY load its
//! figures at any time.
//!
//! 4.3. Each word has two cache lines (128 bytes) to itself, since processors fetch lines in pairs.
//!
//! 4.4. A cursor with `word::CLOSED` says two things by one store: the last position, and that nothing more comes from this
//! holder. A successor takes the bit away. `wake_at` has the bit too: a writer looks at that word for each message, and so
//! need not look at the reader's cursor.
//!
//! ## 5. Positions
//!
//! 5.1. A *position* counts the bytes of the ring since it was created, modulo 2^64. A new ring begins at 0. Positions only
//! grow. All differences of positions are taken modulo 2^64.
//!
//! 5.2. The *index* of a position is the position modulo the capacity: its place in the bytes. A *lap* is one round of the
//! ring, from one position with the index 0 to the next.
//!
//! 5.3. A cursor without `word::CLOSED` is a position. A position is a multiple of `PAYLOAD_ALIGN`. A cursor that is none is
//! refused (*CursorAlignment*).
//!
//! 5.4. Let W be the writer's position, R the reader's, C the capacity. At all times 0 <= W - R <= C. The bytes from R to W
//! are the reader's to read. The bytes from W to R + C are the writer's to write. Nobody else may touch them (MUST NOT),
//! except onlookers, which read.
//!
//! 5.5. A side that loads its peer's cursor MUST check that the peer has not gone back since the last look, and has not gone
//! too far. A reader may not pass what the writer has published, and a writer may not be more than C past what the reader
//! has released. Otherwise the cursor is refused (*CursorRange*). In numbers, with `seen` for the peer's position at the last
//! look, and `limit` for the farthest one: `(peer - seen) mod 2^64 <= (limit - seen) mod 2^64`.
//!
//! ## 6. Records
//!
//! <figure>
#![doc = include_str!("../../docs/record.svg")]
//! <figcaption>A record: length, kind, message, padding to 8 bytes</figcaption>
//! </figure>
//!
//! ```text
//!    0           4           8                     8 + length, rounded up to 8
//!   +-----------+-----------+----------------- - -+- - - -+
//!   | length    | kind      | payload             | unused|
//!   +-----------+-----------+----------------- - -+- - - -+
//! ```
//!
//! 6.1. A record is a header of one word, and a payload. The low half of the header (32 bits) is the length of the payload
//! in bytes, the high half is the kind.
//!
//! | constant | value | what it is |
//! | --- | --- | --- |
//! | `kind::DATA` | 1 | a message; the payload is its bytes |
//! | `kind::PADDING` | 2 | nothing: the rest of a lap; the payload has no meaning |
//! | `kind::END` | 3 | the end of a stream; the length is 0 |
//!
//! 6.2. A record takes `OVERHEAD` plus its length, rounded up to a multiple of `PAYLOAD_ALIGN`: `(8 + length + 7) & ~7`. The
//! bytes that round it up have no meaning, and need not be zero.
//!
//! 6.3. A record stands in one piece: it MUST NOT cross the end of a lap. The next record begins where it ends.
//!
//! 6.4. So payloads stand at multiples of `PAYLOAD_ALIGN`, in the file and in memory. Multiples of 16 would cost more: a
//! record would have to begin 8 bytes before one. Each message of up to 8 bytes would then take 32 bytes instead of 16.
//!
//! 6.5. Where a message would cross the end of the lap, a padding record MUST come first, and take all that is left of the
//! lap. A writer that has reserved room for a longest message MAY pad where that one would cross, and then write a shorter
//! one, or none. So a reader MUST NOT conclude anything from the record after the padding. Padding stands nowhere else: it
//! never begins at index 0, and it always ends where its lap does.
//!
//! 6.6. The writer MUST leave room for an end: it writes a message, and the padding before it, only where `END_SIZE` bytes
//! stay free after them. So the longest message has C - `OVERHEAD` - `END_SIZE` bytes, and a writer that leaves waits for
//! nobody.
//!
//! 6.7. Padding SHOULD be published together with the message after it, by one store. Where the padding and the message
//! together take more than C - `END_SIZE`, they can never be free at the same time. Then the padding MUST go ahead alone:
//! it is published as soon as there is room for it, and the message waits for its own room.
//!
//! 6.8. The *end* of a stream is the record that a writer leaves after its last message when it closes. Each stream has its
//! own end. It stays when a successor of the writer comes, until the reader has passed it. A stream that is not whole has no
//! end.
//!
//! 6.9. A reader checks the header of each record. Let `room` be the bytes from the record to the writer's position at the
//! last look, or to the end of the lap if that is nearer. The checks are, in this order:
//!
//! - *RecordKind*: the kind is one of 6.1, and an end has the length 0. No kind is 0, so bytes that nobody has written are
//!   no record.
//! - *RecordLength*: the record takes no more than `room`.
//! - *RecordPadding*: padding keeps to 6.5.
//!
//! ## 7. The writer
//!
//! The writer keeps in its own memory: its position; `published`, the position in its cursor; and `seen`, the reader's
//! position at the last look.
//!
//! To push a message of n bytes:
//!
//! 7.1. Refuse the message, and store nothing, if it is longer than 6.6 allows.
//!
//! 7.2. Load the reader's `wake_at`. If it has `word::CLOSED`, the reader has left. The writer reports that, unless it is
//! told to go on for a successor.
//!
//! 7.3. Let `size` be what the record takes (6.2), and `padding` what is left of the lap if `size` is more than that, else
//! 0. Let `needed` be `padding` and `size` if the two together are at most C - `END_SIZE`, and `padding` alone if not.
//!
//! 7.4. There is room if position + `needed` - `seen` <= C - `END_SIZE`. If not, load the reader's cursor (9.2), check it
//! (5.5), make it `seen`, and go through the fence 9.4. Before a wait at the latest, publish what is not published yet: the
//! reader may wait for it. If there is still no room, wait (section 10) until the reader reaches position +
//! `needed` - (C - `END_SIZE`). Look again after each wait. If the reader's cursor has `word::CLOSED`, it has left: as 7.2.
//!
//! 7.5. Where `padding` is not 0, store the header of the padding, and advance the position by `padding`. If `needed` was the
//! padding alone, publish (7.8) and begin again at 7.3.
//!
//! 7.6. Where a lap begins at the position, make a note first (16.5).
//!
//! 7.7. Store the header and the payload, in any order. Advance the position by `size`. The writer MAY now write more messages
//! before it publishes them together: that is a batch. It MAY take back what it has not published, and go on at its cursor.
//!
//! 7.8. Publish: store the position in the cursor (9.1), then wake the reader if it asks for that (10.4).
//!
//! ## 8. The reader
//!
//! The reader keeps its position and `seen`, the writer's position at the last look. To pop a message:
//!
//! 8.1. If the position is `seen`: load the writer's cursor (9.2), check it (5.5) and make it `seen`. If the position is
//! still `seen`, the ring is empty. If the cursor has `word::CLOSED`, the stream has ended, and the reader reports that,
//! unless it is told to wait for a successor. Otherwise it waits (section 10) until the writer reaches position +
//! `PAYLOAD_ALIGN`, and begins again.
//!
//! 8.2. Load the header at the position, once, and check it (6.9).
//!
//! 8.3. Padding: advance the position by its size, and release (8.6) before any wait: the writer may wait for just that. Begin
//! again.
//!
//! 8.4. An end: a reader that passes ends does as in 8.3. A reader that stops at ends reports the end, and stays where it
//! is. It passes the end when its user says so. So one reader takes each end: where that reader dies before it does, its
//! successor is told again. A reader that stops at ends ignores `word::CLOSED` in the cursor.
//!
//! 8.5. A message: copy the payload out. Then advance the position by the record's size. A reader that uses the payload in
//! place has to trust its writer not to change it.
//!
//! 8.6. Release: store the position in the cursor (9.1), then wake the writer if it asks for that (10.4). The reader MAY
//! release several records together, with the padding between them: that is a batch. A successor gets again what a reader
//! had not released when it died.
//!
//! ## 9. Order in memory
//!
//! C11 and C++11 name the accesses `relaxed`, `acquire`, `release` and `seq_cst`. The last two columns have the instructions
//! that compilers make of them on two processors. The names O1 to O21 are those of [SAFETY.md](super::safety).
//!
//! | rule | access | in C11 | on x86-64 | on AArch64 |
//! | --- | --- | --- | --- | --- |
//! | 9.1 | a side stores its cursor (O1, O3) | store, `release` | `mov` | `stlr` |
//! | 9.2 | a side, or an onlooker, loads a cursor to act on it (O2, O4) | load, `acquire`; or load, `relaxed`, and a fence, `acquire` | `mov` | `ldar`; or `ldr` and `dmb ishld` |
//! | 9.3 | headers are stored and loaded | `relaxed` | `mov` | `str`, `ldr` |
//! | 9.4 | the writer, between 9.2 and its next store to the bytes (O18) | fence, `release` | none; the compiler keeps the order | `dmb ish` |
//! | 9.5 | an onlooker, between its copy and its look at the reader's cursor (O19) | fence, `acquire` | none; the compiler keeps the order | `dmb ishld` |
//! | 9.6 | all of `epoch`, `wake_at` and the figures, and cursors that are looked at and not acted on (O9 to O15) | `relaxed` | `mov` | `str`, `ldr` |
//! | 9.7 | light fence, symmetric (O5, O7) | fence, `seq_cst` | `mfence`, or an instruction with `lock` | `dmb ish` |
//! | 9.8 | light fence, asymmetric (O5, O7) | `atomic_signal_fence`, `seq_cst` | none; the compiler keeps the order | none; the compiler keeps the order |
//! | 9.9 | heavy fence, symmetric (O6, O8) | fence, `seq_cst` | as 9.7 | `dmb ish` |
//! | 9.10 | heavy fence, asymmetric (O6, O8) | fence, `seq_cst`, and then `membarrier` (9.13) | as 9.7, and the call | `dmb ish`, and the call |
//! | 9.11 | between the parts of a note (O20), and of who reads it (O21) | fence, `release`; fence, `acquire` | none; the compiler keeps the order | `dmb ish`; `dmb ishld` |
//!
//! 9.12. Payloads are copied by ordinary accesses. A copy that stores past the caches (`movnti`) MUST end with `sfence`,
//! before 9.1.
//!
//! 9.13. In a ring with asymmetric fences, the side that stays awake has no fence at all. The side that goes to sleep has
//! the kernel make one on every processor: `membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED)`. That call reaches the processes
//! that have called `membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED)`, and no others. So a process MUST have
//! registered in this way before it takes a side, and SHOULD try the first call then. A process that may not do so MUST NOT
//! take a side. macOS has no such call: rings created there have symmetric fences.
//!
//! 9.14. Both sides MUST use the fences that the identity states.
//!
//! ## 10. Sleeping and waking
//!
//! <figure>
#![doc = include_str!("../../docs/handshake.svg")]
//! <figcaption>Push and pop while both are awake; then a reader that sleeps, and the push that wakes it</figcaption>
//! </figure>
//!
//! A side waits until its peer reaches a *target*, a position: see 7.4 and 8.1. It MAY wait awake, and look again and again.
//! To sleep:
//!
//! 10.1. Announce: store the target in the own `wake_at`, without `word::CLOSED`. Then go through the heavy fence (9.9, 9.10).
//!
//! 10.2. Load the peer's cursor, `relaxed`. If it has reached the target, or says that the peer has left and that is an end
//! for this side, do not sleep. *Reached* is: (cursor - target) mod 2^64 < 2^63.
//!
//! 10.3. Sleep in the kernel on the **peer's cursor**, as long as it has the value that 10.2 has loaded, and at most for the
//! longest nap (10.8). Then look again by 9.2. Nothing has to be taken back after a sleep, however it ended. To sleep
//! again for the same target, a side MAY begin with 10.2.
//!
//! 10.4. To wake: a side that has stored its cursor goes through the light fence (9.7, 9.8) and loads its peer's `wake_at`,
//! `relaxed`. If its store took the cursor from short of the target to the target or past it, it wakes **all** who sleep on
//! its own cursor. In numbers, with `old` and `new` for the positions before and after the store, and the target without
//! its bit: `(new - target) mod 2^64 < (old - target) mod 2^64`. Any process that may read the file can sleep on that word,
//! so a wake for one sleeper could go to another.
//!
//! 10.5. Why no wake is lost: the two fences order 10.1 before 10.2, and the store before the load of 10.4. So at least one
//! side sees what the other one stored. Either the sleeper sees the new cursor and does not sleep, or the waker sees the
//! target, and wakes. Between 10.2 and 10.3 the kernel's comparison does the same.
//!
//! 10.6. On Linux the sleep is `futex(FUTEX_WAIT)` and the wake is `futex(FUTEX_WAKE, INT_MAX)`, both **without**
//! `FUTEX_PRIVATE_FLAG`, on the low half of the cursor: the 32 bits at its own address. On macOS they are
//! `os_sync_wait_on_address_with_timeout` and `os_sync_wake_by_address_all`, with 8 bytes and the flag `SHARED`. Before
//! macOS 14.4 they are `__ulock_wait` and `__ulock_wake`, with `UL_COMPARE_AND_WAIT64_SHARED` and, for the wake,
//! `ULF_WAKE_ALL`. These compare all of the cursor.
//!
//! 10.7. While one side sleeps, the other goes on by at most C, which is less than 2^32 (2.5). So the low half of a cursor
//! cannot come round to the same value.
//!
//! 10.8. A peer that dies between its store and its wake wakes nobody. Therefore each sleep MUST have an end, SHOULD NOT
//! take longer than 50 ms, and MUST NOT go beyond the deadline of the call. After such a nap the side looks, and asks
//! whether its peer lives (11.5).
//!
//! 10.9. A side that does not sleep has in its `wake_at` a position that its peer has reached. That is an old target, or the
//! value from when it attached: for the reader its own position, for the writer its own position less C.
//!
//! ## 11. Locks, life and death
//!
//! | constant | byte | what it is |
//! | --- | --- | --- |
//! | `lock::WRITER` | 0 | the byte of the file that the writer locks |
//! | `lock::READER` | 1 | the byte that the reader locks |
//!
//! 11.1. A side holds a lock for writing on its byte of the file, from before it stores its first word until it has stored
//! its last one. It is a lock of the open file description: `fcntl(F_OFD_SETLK)` with `F_WRLCK`, on Linux and on macOS.
//! Such a lock is not the process's but the description's: it goes when the last descriptor of the description is closed,
//! at the latest when its process dies. Taking it does not wait (`F_OFD_SETLKW` is not used). The contents of the two bytes
//! do not matter: they are those of the magic.
//!
//! 11.2. A side whose lock is held is *busy*, and MUST NOT be taken. Nothing else keeps a second writer away.
//!
//! 11.3. A process that removes a ring locks both bytes by **one** call, which gets both or nothing. A lock that covers both
//! bytes (`F_OFD_GETLK`) is a removal's, and not a side's. A process that meets it while it takes a side waits 1 ms and tries
//! again, up to 100 times. The process that has both locks checks that the path still names this file, and unlinks it.
//!
//! 11.4. A side *lives* if a process holds its lock. A process that is stopped lives. A side is *dead* if nobody holds its
//! lock, its `epoch` is not 0, and its cursor is without `word::CLOSED`. With `word::CLOSED` it has *left*. With an `epoch`
//! of 0 it has *not come yet*: its peer waits for it, and does not call it dead.
//!
//! 11.5. A side asks by `F_OFD_GETLK`, with `F_WRLCK`, who holds its peer's byte. It MUST NOT call its peer dead before it
//! has, **after** that answer, looked at the peer's cursor once more and used what it found there. What the peer stored
//! before it died is seen then: the kernel orders it before the answer.
//!
//! 11.6. A process that may read the file can lock a side for reading while nobody holds it, and so keep it from being taken.
//!
//! 11.7. A side that waits MAY ask whether the path by which it found the ring still names the file. If not, and if no peer
//! lives, none will come.
//!
//! ## 12. Creating a ring
//!
//! 12.1. A ring MUST have its name only when it is whole. Its creator takes these steps:
//!
//! 1. Register, if the fences are to be asymmetric (9.13).
//! 2. Make a file without a name in the same directory (`O_TMPFILE`), or where that is not to be had, one with a temporary
//!    name.
//! 3. Give the file its length, all zeroes, with the space for all of it allocated (`fallocate`). A hole would be a `SIGBUS`
//!    later.
//! 4. Write the identity.
//! 5. Lock the writer's byte and take the writer's side (13.4 to 13.8).
//! 6. Give the file its name, in a way that fails where the name is taken (`linkat`, `renameat2` with `RENAME_NOREPLACE`).
//!
//! 12.2. Before its first writer has taken its side, all of the file but the identity is zero. The reader's page is zero
//! until the first reader comes.
//!
//! 12.3. The file SHOULD be for its owner alone (mode `0600`). Its filesystem MUST keep what was allocated, and all
//! processes that map the file MUST share one memory. So no network filesystem will do, and none that writes to another
//! place.
//!
//! 12.4. On Linux a ring MAY be in memory without a name (`memfd_create`). It is laid out as a file is, and then sealed
//! with `F_SEAL_SHRINK`, `F_SEAL_GROW` and `F_SEAL_SEAL`, so that nobody can shorten it. Its descriptor is handed over. The
//! process that gets it MUST open it anew (`/proc/self/fd`) for a description of its own, since locks belong to
//! descriptions.
//!
//! ## 13. Taking a side
//!
//! 13.1. Open the file for reading and writing, if it is a regular file and no link. A process SHOULD take it only if its
//! user owns it, not everybody may write to it, and it has one name. Check it (3.1, 3.2).
//!
//! 13.2. If the fences are asymmetric, register (9.13), before anything is mapped.
//!
//! 13.3. Lock the own byte (11.1), and map (2.3). Where another has the lock, the side is busy, or a removal is going on
//! (11.3). Then check that the path still names this file: another process may have removed the ring meanwhile, and created
//! another one. From here on nobody that keeps to 11.3 removes it.
//!
//! 13.4. Load the own cursor and the own `epoch`. The cursor MUST be aligned (5.3). Its position, without `word::CLOSED`,
//! is where this holder goes on.
//!
//! 13.5. Load the peer's cursor (9.2) and check it as in 5.5. For the reader, `seen` is its own position and `limit` is C
//! more. For the writer, `limit` is its own position and `seen` is C less. The writer goes through the fence 9.4. Where a
//! check fails nothing is stored.
//!
//! 13.6. A writer MUST take its side only if there is room for an end: position + `END_SIZE` - `seen` <= C (*room*). It MAY
//! wait for that, in the way of section 10, before it stores anything but its `wake_at` and figures.
//!
//! 13.7. A writer makes a note (16.6).
//!
//! 13.8. Store, in this order: 0 in the figure `figure::WAITS_SINCE`; the `epoch`, one more than it was, and 1 if that is 0;
//! the cursor (9.1), without `word::CLOSED`; the `wake_at` of 10.9.
//!
//! 13.9. The successor of a dead writer writes over what that one had written past its cursor. The successor of a dead reader
//! reads again what that one had not released.
//!
//! ## 14. Leaving
//!
//! 14.1. A writer that leaves in good order goes through the fence 9.4, and makes the note of 16.5 if a lap begins at its
//! position. There it writes an end, for which there is room (6.6), and goes on by `END_SIZE`.
//!
//! 14.2. Then either side stores, in this order: `word::CLOSED` and the position of 10.9 in its `wake_at`; `word::CLOSED`
//! and its position in its cursor (9.1). It wakes all who sleep on its cursor, whatever their targets. Then it unmaps the
//! ring and unlocks its byte.
//!
//! 14.3. A writer whose stream is not whole abandons its side: it publishes what it has, writes no end, sets no
//! `word::CLOSED`, and unlocks its byte. Its peer learns of it as of a death.
//!
//! ## 15. What a crash leaves
//!
//! A crash is any end of a holder without section 14, at any instruction. Nobody has to repair anything.
//!
//! | a crash of | before | leaves |
//! | --- | --- | --- |
//! | a creator | the name (12.1) | nothing; or a file with a temporary name |
//! | a side that attaches | the cursor (13.8) | the ring as it was; the `epoch` may be one more |
//! | a side that attaches | `wake_at` (13.8) | the side dead, where it stood. If its `wake_at` still has `word::CLOSED`, that matters to 7.2 alone |
//! | the writer | publishing (7.8) | no trace of the message or the batch: bytes past the cursor have no meaning |
//! | the writer | publishing the message, after its padding went ahead alone (7.5) | padding, which the reader passes |
//! | the writer | waking (10.4) | a message that the reader finds when its nap ends (10.8) |
//! | the writer | the cursor (14.2) | a stream without an end. With `wake_at` closed and the cursor not, the writer is dead (11.4) |
//! | the reader | releasing (8.6) | the message, once more |
//! | the reader | waking (10.4) | room that the writer finds when its nap ends |
//! | the reader | the cursor (14.2) | the reader dead. With its `wake_at` closed, the writer takes it for a reader that has left (7.2) |
//! | a side asleep | | a target: it costs its peer one wake too many |
//! | a process that removes the ring | unlinking (11.3) | the ring as it was |
//!
//! 15.1. A crash of the system is another matter: see 3.3. Nothing of a ring is ever synced.
//!
//! ## 16. Figures and notes
//!
//! A side's figures are counters for onlookers. No side depends on them, not even on its own. Figure number n is the word at
//! `word::FIGURES` + 8n. The reader has the first five; the others are zero in its page.
//!
//! | constant | number | what it is |
//! | --- | --- | --- |
//! | `figure::SLEEPS` | 0 | how often this side was about to sleep |
//! | `figure::WAKES` | 1 | how often it woke its peer (10.4) |
//! | `figure::LONGEST_WAIT` | 2 | the longest wait of a call of this side, in nanoseconds, as far as it looked at a clock |
//! | `figure::WAITS_SINCE` | 3 | when the call began that first went to sleep for `figure::WAITS_FOR`; 0: no call of this holder has slept |
//! | `figure::WAITS_FOR` | 4 | the target of that sleep |
//! | `figure::NOTES` | 5 | how many notes the writer made of its messages |
//! | `figure::NOTE` | 6 | the two notes: a position and a number of messages, twice |
//! | `figure::DROPPED` | 10 | how many messages the writers gave up, as they count them |
//! | `figure::REPEATED` | 11 | how many messages the writers pushed again that had been in the ring already, as they count them |
//! | `figure::COUNT` | 12 | how many figures there are |
//!
//! 16.1. Times are nanoseconds of the clock `CLOCK_MONOTONIC` on Linux and `CLOCK_UPTIME_RAW` on macOS.
//!
//! 16.2. A side stores 0 in `figure::WAITS_SINCE`, goes through a fence (9.11), stores `figure::WAITS_FOR`, goes through a
//! fence (9.11), and stores `figure::WAITS_SINCE`. It stores none if they already say that it waits for this target: the
//! words of an earlier call stay. An onlooker loads `figure::WAITS_SINCE`, `figure::WAITS_FOR`, and the first once more,
//! with a fence between each two. They say something if the first is the same both times, and not 0.
//!
//! 16.3. A *note* is a position and the number of messages that were written up to it. Its own number is one more than that
//! of the note before it. A note with an even number is the first one of `figure::NOTE`, one with an odd number the second.
//! `figure::NOTES` is the number of the last note.
//!
//! 16.4. To make a note: store its position and its messages in the place of the next number, then a fence (9.11), then the
//! number, then a fence (9.11).
//!
//! 16.5. A writer MUST make a note where each lap begins, before it writes anything in that lap. A writer that takes back
//! what it has written (7.7), and so goes back to before its last note, MUST make one where it goes back to. It MAY make
//! others. It SHOULD make one only where the last one is not of the same lap already. So every record from the last note
//! to the writer's position is as it was written.
//!
//! 16.6. A writer that attaches counts the messages up to its own position (16.7). If it cannot, it makes no note, ever:
//! then nobody can count any more. If it can, it notes the number at its own position where its predecessor may have
//! written over records of the lap before: if the last note is at its position or past it. Otherwise it makes a note if
//! there is none of its lap, and its position does not begin one.
//!
//! 16.7. To count the messages up to a position of the writer or of the reader: load `figure::NOTES`; a fence (9.11); load
//! that note. If the position is at the note or past it, count the headers of `kind::DATA` from the note to the position,
//! and add them. If it is before the note, count them from the position to the note, and subtract them. Then a fence
//! (9.11), and load `figure::NOTES` again: if it is another number, begin again, up to 8 times. Where a header is none
//! (*RecordKind*, *RecordLength*), or the two are more than C apart, the count is damaged.
//!
//! 16.8. A process that counts up to a position before the note, and is not the side that stands there, MUST then look
//! whether the reader has passed the position (17.4). If so, it gives the count up.
//!
//! 16.9. The note with the number 0 is there from the beginning, since its words are zero: 0 messages at the position 0.
//!
//! ## 17. Looking on
//!
//! 17.1. An onlooker maps the file for reading, takes no lock and stores nothing, and no side notices it. Where a side goes
//! on meanwhile, what the onlooker tells was true a moment ago.
//!
//! 17.2. It loads the reader's cursor first, then the writer's, then the reader's again, all by 9.2, until the reader's is
//! the same twice, up to 16 times. Both MUST be aligned (*CursorAlignment*). W - R MUST be at most C, and as much more as
//! the reader has moved between the loads (*CursorRange*). It MUST NOT conclude from cursors that it loaded in another
//! order.
//!
//! 17.3. To copy a message: load its header once, check it as in 6.9, and copy the payload. Then look whether it was still
//! there (17.4). Give it out only if it was. Otherwise the reader has overtaken the onlooker, and nothing that it read means
//! anything, not even a check that failed.
//!
//! 17.4. A fence (9.5), then load the reader's cursor. The record at a position was still there if the reader has not
//! passed the position: (position - R) mod 2^64 < 2^63. The writer writes over a place only after it has seen the cursor
//! that gave the place back, and 9.4 and 9.5 order that.
//!
//! 17.5. It MAY conclude which side lives (11.4). For that it loads the `epoch`, goes through a fence (9.11), and asks for
//! the lock, before it loads the cursors. After it, it asks for the lock and loads the `epoch` again, and finds the same both
//! times. A side stores `word::CLOSED` before it unlocks. A side waits if it lives, and its `wake_at`, loaded before that
//! fence, is past its peer's position by 1 to C. `figure::WAITS_SINCE` says since when, if `figure::WAITS_FOR` is that target
//! (16.2).
//!
//! 17.6. It MUST NOT conclude that a side is dead since it does not move, or that a message will be read since it was seen.
//!
//! ## 18. Forked children
//!
//! 18.1. A forked child has copies of its parent's descriptors, with their locks, and of its mappings. While it has a
//! descriptor, the death of its parent is not noticed. So a holder MUST ensure that a child closes the ring's descriptors
//! (or runs another program: they are `O_CLOEXEC`) and touches none of the ring's memory
//! (`MADV_DONTFORK`, `minherit`).
//!
//! 18.2. A child MUST NOT push, pop or leave in its parent's place. It MAY take a side by section 13 as any process, and
//! MAY go on as an onlooker.
//!
//! ## 19. What is reserved
//!
//! 19.1. In both pages, every byte that no table of the sections 3, 4 and 16 gives a meaning is reserved, and MUST be zero.
//! These are:
//!
//! - of the identity, the bytes from 40 up to 48 and from 80 up to 96, without 48 and 96;
//! - in the reader's page, the place of the identity;
//! - in both pages, what lies between the words, and all after the last figure.
//!
//! 19.2. A process that takes a side MUST check this, and refuse the ring where one of them is not zero (*reserved*). Nobody
//! may store to them (MUST NOT).
//!
//! 19.3. Bytes of the ring outside of R to W, and what rounds up a record, have no meaning and are not checked.
//!
//! ## 20. Versions and upgrades
//!
//! 20.1. The first 16 bytes of a file, the magic and the version, stand there in every version. A program that does not know
//! the version of the file MUST refuse the file, and change nothing. It MUST NOT conclude anything from the rest of it: not
//! its length, not which process holds it.
//!
//! 20.2. ABI 2 is frozen. A build for ABI 2 works with every other one for ABI 2, in either role. A change of a side's
//! duties gets a new version. Where it suffices to keep older builds away from sides, it gets a value other than zero in a
//! reserved byte instead.
//!
//! 20.3. So **an old build never misreads a new ring**. It refuses a later version (*abi*). It takes no side of a ring of
//! ABI 2 whose reserved bytes are used (*reserved*), though it MAY look on. **A new build never misreads an old ring**: it
//! refuses an earlier version (*abi*), with or without messages in it, and leaves it as it is. No build converts a ring.
//!
//! 20.4. A ring of ABI 1 has the magic, the version 1, and then the capacity, the page size and the fences as here. It has
//! no id, no boot, no tag, no ends of streams, and fewer figures. It is refused (*abi*), and not removed either: only a
//! build for ABI 1 can tell whether a process holds it.
//!
//! 20.5. To upgrade without losing a message, keep both builds until the ring is empty:
//!
//! 1. Stop the writer in good order (14.1). With the old build, no new writer attaches.
//! 2. Let the reader of the old build go on until it is told that the stream has ended. Where no reader is left,
//!    `ring recv` of that build prints what waits, and `ring peek` shows it without taking it.
//! 3. End the reader. Remove the ring with that build (`ring rm`), or delete the file when no process has a side any more.
//! 4. Start reader and writer of the new build. One of them creates the ring anew.
//!
//! 20.6. The other order loses nothing either. A new build that comes too early is told `Incompatible`, with both numbers,
//! whatever it wanted to do, and comes again later. What waits stays for the build that made the ring.
//!
//! ## 21. Other numbers
//!
//! The sizes of a page and the reserved bytes are part of the layout. A program MAY choose other values for the rest.
//!
//! | number | in the code |
//! | --- | --- |
//! | 50 ms, the longest nap | `src/protocol/wait.rs`: `const NAP: Duration = Duration::from_millis(50);` |
//! | 4 KiB to 64 KiB, a page | `src/file/identity.rs`: `(4 << 10..=64 << 10).contains(&size)` |
//! | 1 ms, the nap of who finds a removal | `src/file/locks.rs`: `sys::nap(Duration::from_millis(1));` |
//! | 100 tries, of who finds a removal | `src/file/locks.rs`: `const TRIES: u32 = 100;` |
//! | 40 to 48 and 80 to 96, the bytes of the identity that are reserved, less the second number of each | `src/file/identity.rs`: `const RESERVED: [Range<usize>; 2] = [40..48, 80..96];` |
//! | 8 attempts, to count messages | `src/protocol/tally.rs`: `const ATTEMPTS: u32 = 8;` |
//! | 16 looks, of an onlooker at both cursors | `src/view/cursors.rs`: `const TRIES: u32 = 16;` |

use crate::*;
