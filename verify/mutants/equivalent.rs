//! What cargo-mutants finds to change in the library, and nothing can notice, with the reason (`cargo xtask mutants`).

/// A change of the library that changes nothing that anybody is promised.
#[derive(Clone, Copy)]
pub struct Equivalent {
    /// The file in `src/`.
    pub file: &'static str,
    /// The line of it that is changed.
    pub line: &'static str,
    /// What cargo-mutants calls the change.
    pub change: &'static str,
    /// Why nothing notices.
    pub why: &'static str,
}

/// All of them.
pub const EQUIVALENT: &[Equivalent] = &[];
