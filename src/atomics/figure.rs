//! Figures: words for onlookers, which say how often, how long, how many. No side depends on them.
//!
//! A figure has one writer, so it counts by a relaxed load and a relaxed store.

pub(crate) use super::engine::Figure;

impl Figure {
    /// Adds one.
    pub(crate) fn count(&self) {
        self.add(1);
    }

    /// Adds `more`.
    pub(crate) fn add(&self, more: u64) {
        self.set(self.get().wrapping_add(more));
    }

    /// Raises the figure to `value`, if it is less.
    pub(crate) fn raise_to(&self, value: u64) {
        if value > self.get() {
            self.set(value);
        }
    }
}
