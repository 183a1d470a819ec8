//! What is played: a script, and how one is put together.

use std::fmt;

use ipc_ring::Side;

use super::work::{Patience, Work};

/// What is done before, what is stepped then, and what the peer does meanwhile.
pub struct Script {
    pub before: Vec<Act>,
    pub work: Work,
    pub help: Option<Help>,
}

/// Something that comes before what is stepped.
pub enum Act {
    /// One of the sides does something.
    Do(Work),
    /// The process that is to be stepped dies, and another takes its place, which holds nothing yet.
    Die,
}

impl Act {
    /// Whether a reader comes by it.
    pub fn opens(&self) -> bool {
        matches!(self, Act::Do(Work::Open | Work::OpenToStop))
    }
}

/// What the peer does for a side that sleeps.
pub struct Help {
    pub when: When,
    pub works: Vec<Work>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// Before the system call by which it sleeps.
    AboutToSleep,
    /// Once the kernel has it asleep.
    Asleep,
}

impl Script {
    /// The same, where the peer does this when the side that is stepped sleeps.
    pub fn helped(mut self, when: When, works: &[Work]) -> Self {
        self.help = Some(Help { when, works: works.to_vec() });
        self
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for act in &self.before {
            match act {
                Act::Do(work) => write!(f, "{work:?}, ")?,
                Act::Die => write!(f, "death, ")?,
            }
        }
        write!(f, "then stepped {:?}", self.work)?;
        match &self.help {
            Some(Help { when, works }) => {
                write!(f, ", and when {when:?}")?;
                works.iter().try_for_each(|work| write!(f, ", {work:?}"))
            }
            None => Ok(()),
        }
    }
}

/// Begins a script of a new ring with both its sides, whose writer and reader stand at `offset`, a multiple of 8.
pub fn ring(capacity: usize, offset: usize) -> Builder {
    let builder = nothing().and(Work::Create { capacity }).and(Work::Open);
    match offset.checked_sub(8) {
        Some(len) => builder.and(push(len)).and(pop()),
        None => builder,
    }
}

/// The same, where the writer has come anew and so knows where the reader is: the end of the stream before is passed.
pub fn known(capacity: usize, offset: usize) -> Builder {
    let before = (offset + capacity - 8) % capacity;
    ring(capacity, before).and_all([Work::Close(Side::Writer), pop(), attach()])
}

/// As [`ring`], with a reader that stops at ends.
pub fn stopping(capacity: usize, offset: usize) -> Builder {
    ring(capacity, offset).and_all([Work::Close(Side::Reader), Work::OpenToStop])
}

/// Begins a script before which there is nothing.
pub fn nothing() -> Builder {
    Builder { before: Vec::new() }
}

/// A script that is being put together.
pub struct Builder {
    before: Vec<Act>,
}

impl Builder {
    pub fn and(mut self, work: Work) -> Self {
        self.before.push(Act::Do(work));
        self
    }

    pub fn and_all(mut self, works: impl IntoIterator<Item = Work>) -> Self {
        self.before.extend(works.into_iter().map(Act::Do));
        self
    }

    /// The process to be stepped dies with all that it holds.
    pub fn and_a_death(mut self) -> Self {
        self.before.push(Act::Die);
        self
    }

    pub fn then_step(self, work: Work) -> Script {
        Script { before: self.before, work, help: None }
    }
}

/// A writer that comes, and does not wait for room.
pub fn attach() -> Work {
    Work::Attach { patience: Patience::None }
}

/// A push that does not wait.
pub fn push(len: usize) -> Work {
    Work::Push { len, patience: Patience::None }
}

/// A pop that does not wait.
pub fn pop() -> Work {
    Work::Pop { patience: Patience::None }
}
