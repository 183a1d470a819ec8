//! How much went through and how fast, on stderr: while it goes where that is a terminal, and at the end.

use std::time::{Duration, Instant};

use indicatif::{BinaryBytes, ProgressBar, ProgressStyle};

use crate::number::counted;
use crate::output::complain;

/// How often it is shown anew.
const REFRESH: Duration = Duration::from_millis(100);

/// What went through, shown if that was asked for.
pub struct Progress {
    did: &'static str,
    messages: u64,
    bytes: u64,
    begin: Instant,
    /// When it was shown last.
    shown: Instant,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Nothing yet; `did` says what is done with messages.
    pub fn new(did: &'static str, is_shown: bool) -> Self {
        let bar = is_shown.then(|| {
            let style = ProgressStyle::with_template("{spinner} {msg}");
            ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
        });
        let begin = Instant::now();
        Self { did, messages: 0, bytes: 0, begin, shown: begin, bar }
    }

    /// So many messages went through, of so many bytes.
    #[inline]
    pub fn count(&mut self, messages: u64, bytes: usize) {
        self.messages += messages;
        self.bytes += bytes as u64;
    }

    /// Shows it, if it is time to.
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
    /// Says what came of it, however it ended.
    fn drop(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
            complain(&format!("{}\n", self.text()));
        }
    }
}
