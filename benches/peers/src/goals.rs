//! What ours should come to in a scenario, and whether it does: from the medians of the same run.

/// A goal of a scenario.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    /// Ours passes at least so many times as many messages a second as the best of these.
    Rate {
        /// So many times.
        factor: f64,
        /// What these are called together.
        called: &'static str,
        /// These.
        of: &'static [&'static str],
    },
}

impl Goal {
    /// Ours passes at least `factor` times as many messages a second as the best of these.
    pub const fn rate(factor: f64, called: &'static str, of: &'static [&'static str]) -> Self {
        Goal::Rate { factor, called, of }
    }
}
