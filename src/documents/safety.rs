//! # Why ipc_ring is sound
//!
//! For auditors: what the code relies on and guarantees, and how far that was checked. The code cites these statements.
//! `docs/checks.md` lists the checks of each; `cargo xtask check I3` runs them. Terms: the crate's documentation.
//!
//! ## Trust
//!
//! Taken for granted, and what follows where it fails.
//!
//! - **T1: the peer leaves a payload alone.** It does not write to a record between publication and release. Else a
//!   copy (`pop`, `Message::copy_to`) holds arbitrary bytes, and nothing worse: it is made by relaxed atomics and by
//!   assembly (`atomics/copy.rs`), and cursors, lengths and kinds are checked (I6).
//! - **T2: a mapped file keeps its bytes.** Nobody truncates it or punches holes into it, and the filesystem keeps what
//!   it allocated. Else: SIGBUS; a hole in a header is `Corrupt`, one in a payload is zeroes. Sealed memory cannot be
//!   truncated; filesystems not known to keep it are refused (`file/trust.rs`).
//! - **T3: the kernel's locks.** OFD locks keep a second holder out and end with their holder. They order its last
//!   stores before what its successor or peer does on the lock's word. Else two writers overwrite each other. A child
//!   of `vfork`, `_Fork` or `clone` may keep a lock for a while (`sys/fork/mod.rs`); whoever may read the file can hold
//!   one. A query that is refused is no news: the peer counts as living.
//! - **T4: `membarrier` completes a light fence.** `GLOBAL_EXPEDITED` and a compiler fence order as two `SeqCst` fences
//!   do. Else, or where a sandbox comes to refuse the call, a wake is lost, and the sleeper looks again after 50 ms.
//! - **T5: the futex.** It compares the low half of a word and enqueues in one step, through a read-only mapping too,
//!   and a wake comes after the caller's earlier stores. C11 does not cover accesses of two sizes to one word. Else: as
//!   T4.
//! - **T6: aligned 64-bit accesses are not torn.** Other targets do not compile (`sys/mod.rs`).
//! - **T7: who reads or writes in place promises T1.** `Message::as_slice` and `Grant::as_mut_slice` are `unsafe` for
//!   this; no view or `message_count` of their process looks meanwhile. Else: undefined behaviour.
//! - **T8: `memcpy` ends its stores past the caches with a fence.** Only copies of 512 KiB or more call it: others
//!   have no such stores. A long message may else be seen before its bytes.
//! - **T9: a peer may write to all of the file.** A side reads its cursor and its count of attaches back only when it
//!   attaches, and checks the cursor.
//!
//! ## Invariants
//!
//! In brackets is the evidence: *explored* by loom or case by case, *sampled* by random schedules or programs, *tested*
//! with real files and processes.
//!
//! - **I0: one writer a word.** Only its owner stores to a shared word, and reads it back only when it attaches
//!   (figures apart). There is no read-modify-write. Reserved bytes are zero. `words.rs`, `file/map.rs` \[tested\]
//! - **I1: sizes.** A capacity is a power of two from 64 to 2^31. A message's record leaves a granule of it free (I18).
//!   `position.rs` (`Capacity`), `producer.rs` (`make_room`), `grant.rs` (`of`) [explored, sampled, tested]
//! - **I2: within the ring.** Each access lies within the capacity. A record is contiguous and starts at a multiple of
//!   8. The window ends where the lap does. `endpoint.rs` (`window_from`), `consumer.rs` (`message_record`) [explored,
//!   sampled, tested]
//! - **I3: no byte for both sides.** A side has one holder. The writer writes from its cursor up to the reader's plus
//!   the capacity; the reader reads messages from its cursor up to the writer's. The window ends where the peer was
//!   seen to allow, and is shut when a check fails. `endpoint.rs` (`window_from`, `fail`), `producer.rs` (`prepare`),
//!   `consumer.rs` (`release`), `file/locks.rs` [explored, sampled, tested]
//! - **I4: the mapping.** Memory is aligned, has the size that its header states, and is mapped while a handle uses it.
//!   `file/identity.rs`, `file/open.rs`, `file/map.rs`, `file/viewed.rs` \[tested\]
//! - **I5: 32 bits suffice.** While a side sleeps, its peer's cursor moves by at most the capacity, so the futex's half
//!   cannot come round. `layout.rs` (`MAX_CAPACITY`), `wait.rs` [explored, sampled, tested]
//! - **I6: doubt.** What memory depends on is loaded once and checked on the copy. A failed check stays. `endpoint.rs`
//!   (`look`, `fail`), `consumer.rs` (`message_record`) [explored, sampled, tested]
//! - **I7: whole or not at all.** One store of the cursor makes messages visible. A crash before it leaves nothing of
//!   them, a crash after it all. `producer.rs` (`append`, `commit`), `endpoint.rs` (`publish`) [explored, sampled,
//!   tested]
//! - **I8: a name last.** A ring gets its name when it is whole and its writer holds the lock. `file/create.rs`,
//!   `sys/draft.rs` \[tested\]
//! - **I9: a lost peer is missed.** A side that leaves or dies is missed, whether its peer sleeps or not, and a
//!   successor goes on where it stood. Nobody waits for a successor that cannot find the ring. A writer that is
//!   abandoned or dropped by a panic is missed as one that died. `endpoint.rs` (`close`, `attach`), `producer.rs`
//!   (`drop`), `wait.rs` (`a_while`), `sys/lock.rs`, `sys/name.rs` [explored, sampled, tested]
//! - **I10: time-outs.** A call that times out pushes and pops no message. It may publish a batch's earlier messages,
//!   and pass padding and ends. A sleep that ends early leaves nothing to take back; none outlasts its deadline or next
//!   question. `wait.rs` (`a_while`, `sleep`) [explored, sampled, tested]
//! - **I11: no wake is lost.** The store that reaches a sleeper's target wakes it, whoever else sleeps on that word, or
//!   the side did not fall asleep. An announcement costs one wake at most; leaving wakes always. `wait.rs` (`announce`,
//!   `sleep`, `wake`), `endpoint.rs` (`publish`, `close`) [explored, sampled, tested]
//! - **I12: order.** Messages come out as they went in. Padding never does: it goes with its record where both fit,
//!   else ahead. What a grant dropped in a batch leaves is published before its writer waits. `producer.rs` (`prepare`,
//!   `make_room`), `consumer.rs` (`pass_by`) [explored, sampled, tested]
//! - **I13: written batches.** Messages of a batch are published together: at its end, by `publish`, or when its writer
//!   sees no space. A forgotten batch goes with the next publication, at the latest as its writer leaves. `batch.rs`
//!   (`WriteBatch`), `producer.rs` (`make_room`, `drop`) [explored, sampled, tested]
//! - **I14: read batches.** Only a commit releases, together, what was iterated over, or up to one message's end.
//!   However else a batch ends, all of it comes again. `batch.rs` (`ReadBatch`), `consumer.rs` (`release`,
//!   `release_through`) [explored, sampled, tested]
//! - **I15: grants.** The committed part of a grant becomes a message; of one that is dropped, or whose writer dies,
//!   nothing does. `grant.rs`, `producer.rs` (`payload`, `commit`) [explored, sampled, tested]
//! - **I16: forks.** A forked child has neither locks nor memory of its parent's rings; its calls fail as `Forked`. A
//!   gate keeps forks apart from opening and closing, and nothing in it waits for ever. `sys/fork/mod.rs`,
//!   `sys/fork/gate.rs`, `sys/signals.rs` \[tested\]
//! - **I17: views.** A view takes no lock, maps read-only and reads within its mapping. It gives out a message or a
//!   count only if the reader had not passed the place afterwards. A snapshot is true of one moment. `view/waiting.rs`
//!   (`copy_of`), `view/cursors.rs` (`was_there`), `tally.rs` (`messages_at`) [explored, sampled, tested]
//! - **I18: ends.** A whole stream ends by a record, published with its writer's leaving; it stays until it is taken or
//!   passed. A writer always leaves a granule for it, so leaving never waits. `producer.rs` (`take`, `drop`),
//!   `endpoint.rs` (`window_from`), `consumer.rs` (`take_end`) [explored, sampled, tested]
//!
//! ## The handshake
//!
//! The cursors carry the data: O1 with O2, O3 with O4. Of a sleeper's announcement (O9) and a waker's cursor, each
//! stored before a fence, one side at least sees the other's: the sleeper does not sleep (O11), or the waker wakes
//! (O10; `wait.rs`). `cargo xtask weaken` weakens each edge that is not Relaxed in loom's arm, and a tagged model has
//! to fail; mutants break the others except O15. O16 and O17 stand for T3 in the models. `weaken --production` weakens
//! the arm that ships; Miri, loom, the generated code or a trace shows it.
//!
//! | | edge | ordering | with | makes visible, or why it need not |
//! | --- | --- | --- | --- | --- |
//! | O1 | PUBLISH | Release | O2 | records, before the writer's cursor; also at attaching and leaving |
//! | O2 | OBSERVE | Acquire | O1 | the same to the reader; a view loads both cursors by it |
//! | O3 | RELEASE | Release | O4 | that the reader is done, before its cursor; else as O1 |
//! | O4 | RECLAIM | Acquire | O3 | the same to the writer, before it overwrites |
//! | O5 | WRITER_WAKES | SeqCst | O6 | light fence: the writer's cursor or the reader's target |
//! | O6 | READER_SLEEPS | SeqCst | O5 | heavy fence: the same |
//! | O7 | READER_WAKES | SeqCst | O8 | as O5, sides exchanged |
//! | O8 | WRITER_SLEEPS | SeqCst | O7 | as O6, sides exchanged |
//! | O9 | ANNOUNCE | Relaxed | O10 | store of `wake_at`: the fences order it |
//! | O10 | HEED | Relaxed | O9 | load of the peer's `wake_at`: the fences order it |
//! | O11 | LOOK_AGAIN | Relaxed | O1, O3 | load of the peer's cursor: the fences order it |
//! | O12 | HAS_LEFT | Relaxed | none | the reader's CLOSED before a push: guards no memory |
//! | O13 | RESUME | Relaxed | T3 | own words at attaching: the lock orders them |
//! | O14 | EPOCH | Relaxed | none | the count of attaches: guards no memory |
//! | O15 | GLANCE | Relaxed | none | figures: nothing depends on them |
//! | O16 | LET_GO | Release | O17 | what a side stored before its death |
//! | O17 | ASKED | Acquire | O16 | the same to whoever learns of the death |
//! | O18 | REUSE | Release | O19 | the reader's cursor, before bytes that overwrite; also at attaching and an end |
//! | O19 | STILL_THERE | Acquire | O18 | the same, after a view's copy |
//! | O20 | NOTE | Release | O21 | a note before its number; a wait's target, taken back before and told after |
//! | O21 | READ_NOTE | Acquire | O20 | the same to whoever reads them |
//!
//! ## Liveness
//!
//! `cargo xtask spin` shows of a *model*, `verify/spin/ring.pml`, that what should happen does happen: a sleeper with
//! cause wakes, a message is popped, space is used, a side learns that its peer left. The ring has two granules, store
//! buffers and weak fairness; no time-outs, padding, batches, ends, successors or deaths.
//!
//! ## Evidence and its bounds
//!
//! **By construction**: `Word` has a load and a store, no read-modify-write (I0); a side maps its peer's words
//! read-only (I0); one store publishes (I7).
//!
//! **Proved**, of formulas, by two solvers (`cargo xtask smt`): the arithmetic, for all sizes; and, for ever, on
//! x86-TSO, that no byte is shared and no living peer's wake is lost. A test ties the arithmetic to the code, and
//! `cargo xtask replay` the steps to what models see.
//!
//! **Explored**, in the code of the heart. Loom, as it models C11: at most five messages in 64 bytes, from position 0
//! and just below 2^32 and 2^64. CI bounds many models to 0 to 4 preemptions; `verify --full` goes farther. A side dies
//! before each of its steps, once a run. A hostile peer stores what `verify/reference/src/bodies/hostile.rs` lists. A
//! run that explores a tenth less than `verify/certificate.json` says fails; its full lane is older. The arithmetic:
//! small capacities, case by case.
//!
//! **Sampled.** Shuttle: hundreds of messages, random schedules, sequentially consistent. Random programs against a
//! queue, in one process and two. Miri: the models on the production arm, a random schedule a seed, with weak memory.
//! The copy and the futex are stand-ins there, held to the real ones by tests; fences are symmetric, and nobody forks
//! or dies half way. Sanitizers: ten million messages through the production arm. Harnesses that kill, step and lie:
//! real processes, on x86-64.
//!
//! **Trusted.** T1 to T9. Loom, shuttle, Miri and the solvers, which canaries test first. The compiler.
//!
//! **Not covered.** Load buffering: loom lacks it, and Release with Acquire excludes it for cursors. How long anything
//! takes. A view while a writer's handle changes threads. 64-bit Arm: tests run under qemu, with this machine's memory.
//! macOS: type-checked only. Power loss: a ring of another boot is refused by default.

use crate::*;
