//! One alphabet, one oracle: what can be done to a ring, and what must come of it.
//!
//! ```text
//!    generate.rs   programs of operations, each made by proptest before anything runs
//!    progress.rs   sees to it that nobody waits for what may never come
//!    operation.rs  the operations and their outcomes, which travel to another process as JSON
//!    sides.rs      does operations: with a ring's two sides, wherever these come from;
//!                  writing.rs, reading.rs: in every way that there is; adaptors.rs: through what is made of those
//!    sight.rs      what an onlooker sees of the ring meanwhile
//!    oracle.rs     does the same operations: with a `VecDeque` and arithmetic in 128 bits
//!    lockstep.rs   one operation after the other: every outcome is foretold
//!    race.rs       both sides at once: what may be, and what the oracle must then go on from
//! ```
//!
//! | driver | sides | programs |
//! | --- | --- | --- |
//! | proptest, `tests/oracle.rs` | on the heap, in files | in lockstep, adaptors included |
//! | loom, `verify/loom/programs.rs` | on the heap | short races, all executions within its bounds |
//! | shuttle, `verify/shuttle/programs.rs` | on the heap | long races, random schedules |
//! | processes, `tests/programs.rs` | one in each of two processes | in lockstep, adaptors included, and races |
//!
//! In files an onlooker looks after every operation in lockstep: from a third process's place, where there are two.
//! Every report tells how many messages there were, in the models too.
//!
//! Nothing here knows which driver runs it.

mod adaptors;
mod generate;
mod lockstep;
mod operation;
mod oracle;
mod progress;
mod race;
mod reading;
mod sides;
mod sight;
mod writing;

pub use generate::{one, program, races, some, Program, Waiting};
pub use lockstep::{drain, lockstep};
pub use operation::{Disposal, Manner, Operation, Outcome, Parcel, Patience, Report};
pub use oracle::Oracle;
pub use race::{judge, Log, Race};
pub use sides::{Hands, Sides, Source};
pub use sight::Sight;
