//! What a file is on, and whether that keeps what was allocated for the file (T2): whether no later store can run out
//! of space, which would be a SIGBUS, and whether all who map it share one memory.

/// A filesystem, as far as it matters to a ring.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Filesystem {
    /// It keeps what was allocated.
    Keeps,
    /// It does not, or nobody knows.
    MayNotKeep(&'static str),
    /// No ring can be there.
    Unfit(&'static str),
}

impl Filesystem {
    /// Its name, if no ring is to be there, where one `may_be_anywhere` or not.
    pub(crate) fn refused(self, may_be_anywhere: bool) -> Option<&'static str> {
        match self {
            Filesystem::Keeps => None,
            Filesystem::MayNotKeep(name) => (!may_be_anywhere).then_some(name),
            Filesystem::Unfit(name) => Some(name),
        }
    }
}
