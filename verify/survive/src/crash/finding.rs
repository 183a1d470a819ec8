//! What goes wrong, by sort.

/// What the promise excludes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Sort {
    /// A message that was acknowledged, or published, did not arrive, nor was it in the hands of a reader that died.
    Lost,
    /// What arrived is no message, or not the whole of it.
    Torn,
    /// A message arrived after one that was pushed later, or before it was pushed.
    Disorder,
    /// A message was delivered again though it was given back.
    Twice,
    /// A side went on at a position, or saw a message end at one, where none of the messages begins or ends.
    Astray,
    /// A side was told what was not so.
    Verdict,
    /// A side got no further although its peer lived, or ended although nobody killed it.
    Hang,
}

/// All sorts, in the order in which they are told.
pub const SORTS: [Sort; 7] =
    [Sort::Lost, Sort::Torn, Sort::Disorder, Sort::Twice, Sort::Astray, Sort::Verdict, Sort::Hang];

/// What went wrong with one ring, a sentence each.
#[derive(Default, Debug)]
pub struct Findings {
    pub list: Vec<(Sort, String)>,
}

/// The most that are kept of one ring: where one thing goes wrong, much does.
const KEPT: usize = 100;

impl Findings {
    pub fn add(&mut self, sort: Sort, what: impl Into<String>) {
        if self.list.len() < KEPT {
            self.list.push((sort, what.into()));
        }
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}
