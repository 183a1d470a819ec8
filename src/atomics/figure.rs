//! Words that nobody but an onlooker reads: how often, how long, how many. No side depends on them.

pub(crate) use super::engine::Figure;

impl Figure {
    /// Counts one more.
    pub(crate) fn count(&self) {
        self.set(self.get().wrapping_add(1));
    }

    /// Makes it at least `value`.
    pub(crate) fn raise_to(&self, value: u64) {
        if value > self.get() {
            self.set(value);
        }
    }
}
