//! `--progress`: how much went through, and how fast. On stderr, at the end; on a terminal also meanwhile.

use std::time::{Duration, Instant};

use indicatif::{BinaryBytes, ProgressBar, ProgressStyle};

use crate::number::counted;
use crate::output::complain;

/// How often to refresh what is shown.
const REFRESH: Duration = Duration::from_millis(100);

/// Counts what went through, and shows it if `--progress` was passed.
pub struct Progress {
    did: &'static str,
    messages: u64,
    bytes: u64,
    begin: Instant,
    /// When it was last shown.
    shown: Instant,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Begins to count. `did` is the verb of the text: "sent" or "received".
    pub fn new(did: &'static str, is_shown: bool) -> Self {
        let bar = is_shown.then(|| {
            let style = ProgressStyle::with_template("{spinner} {msg}");
            ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
        });
        let begin = Instant::now();
        Self { did, messages: 0, bytes: 0, begin, shown: begin, bar }
    }

    /// Counts messages, and their bytes.
    #[inline]
    pub fn count(&mut self, messages: u64, bytes: usize) {
        self.messages += messages;
        self.bytes += bytes as u64;
    }

    /// Refreshes what is shown, if it is time to.
    pub fn show(&mut self) {
        if let Some(bar) = &self.bar {
            if self.shown.elapsed() >= REFRESH {
                self.shown = Instant::now();
                bar.set_message(self.text());
                bar.tick();
            }
        }
    }

    fn text(&self) -> String {
        let elapsed = self.begin.elapsed();
        let rate = (self.bytes as f64 / elapsed.as_secs_f64().max(1e-9)) as u64;
        let (messages, bytes, rate) = (counted(self.messages, "message"), BinaryBytes(self.bytes), BinaryBytes(rate));
        format!("{} {messages}, {bytes} in {:.1} s, {rate}/s", self.did, elapsed.as_secs_f64())
    }
}

impl Drop for Progress {
    /// Prints the total, also after an error.
    fn drop(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
            complain(&format!("{}\n", self.text()));
        }
    }
}
