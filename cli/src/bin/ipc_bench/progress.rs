//! The progress bar: on stderr, if that is a terminal and the run is long.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

/// A run that takes at least this time is long.
const LONG: Duration = Duration::from_secs(1);
const STYLE: &str = "{bar:40} {percent:>3}% {human_pos}/{human_len} messages, {eta} left";

/// Returns whether stderr is a terminal.
pub fn is_wanted() -> bool {
    io::stderr().is_terminal()
}

/// Returns a function that shows how many of `messages` are done, in a run that starts now. Its drop clears the bar.
pub fn bar(messages: u64) -> impl FnMut(u64) {
    let (start, mut bar) = (Instant::now(), None);
    move |done| {
        let elapsed = start.elapsed();
        if elapsed >= LONG {
            let style = || ProgressStyle::with_template(STYLE).unwrap_or_else(|_| ProgressStyle::default_bar());
            let new = || ProgressBar::new(messages).with_style(style()).with_elapsed(elapsed);
            bar.get_or_insert_with(|| new().with_finish(ProgressFinish::AndClear)).set_position(done);
        }
    }
}
