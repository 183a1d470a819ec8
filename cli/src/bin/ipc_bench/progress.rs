//! The progress bar: on stderr where that is a terminal, and only if the run is long.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// A run that takes longer than this is long.
const LONG: Duration = Duration::from_secs(1);
const STYLE: &str = "{bar:40} {percent:>3}% {human_pos}/{human_len} messages, {eta} left";

/// The progress bar, gone when this is dropped.
pub struct Progress {
    messages: u64,
    start: Instant,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Whether there is anybody to see it.
    pub fn is_wanted() -> bool {
        io::stderr().is_terminal()
    }

    /// The progress of a run of so many messages, which starts now.
    pub fn new(messages: u64) -> Self {
        Self { messages, start: Instant::now(), bar: None }
    }

    /// So many messages are done.
    pub fn show(&mut self, done: u64) {
        let elapsed = self.start.elapsed();
        if elapsed < LONG {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let style = ProgressStyle::with_template(STYLE).unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(self.messages).with_style(style).with_elapsed(elapsed)
        });
        bar.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
