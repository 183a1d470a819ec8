//! Both sides of a ring as the harness sees them: what they note is read while anything is waited for.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use ipc_ring::Side;

use super::finding::Sort;
use super::idle;
use super::judge::{Judge, Steps};
use super::process::Processes;
use super::setting::Setting;

/// How long a side may take for one step while its peer lives.
const DEADLINE: Duration = Duration::from_secs(10);
/// How often is looked at what the sides note.
const LOOK: Duration = Duration::from_micros(100);

/// The processes of both sides, and the judge of what they note.
pub struct Pair {
    writer: Processes,
    reader: Processes,
    pub judge: Judge,
    /// How often something was waited for that has to come.
    pub waits: u64,
}

impl Pair {
    pub fn of(setting: &Setting, directory: &Path) -> io::Result<Self> {
        let writer = Processes::of(Side::Writer, setting, directory)?;
        let reader = Processes::of(Side::Reader, setting, directory)?;
        Ok(Self { writer, reader, judge: Judge::new(setting.plan()), waits: 0 })
    }

    pub fn side(&mut self, side: Side) -> &mut Processes {
        match side {
            Side::Writer => &mut self.writer,
            Side::Reader => &mut self.reader,
        }
    }

    pub fn steps(&self, side: Side) -> &Steps {
        match side {
            Side::Writer => &self.judge.written.steps,
            Side::Reader => &self.judge.delivered.steps,
        }
    }

    pub fn is_clean(&self) -> bool {
        self.judge.findings.is_empty()
    }

    pub fn find(&mut self, sort: Sort, what: String) {
        self.judge.findings.add(sort, what);
    }

    /// Starts the next process of `side`, which goes on where the last one was when it died.
    pub fn start(&mut self, side: Side, seed: u64) -> Result<(), String> {
        let next = match side {
            Side::Writer => self.judge.written.next(),
            Side::Reader => self.judge.delivered.next(),
        };
        let begun = self.judge.written.begun();
        self.side(side).start(seed, next, begun)
    }

    /// Reads what was noted since: the reader's no further than when the writer's is read, so that no message seems to
    /// come before it was pushed.
    pub fn look(&mut self) {
        let noted = self.reader.journal.noted();
        let Self { writer, reader, judge, .. } = self;
        writer.journal.read(writer.journal.noted(), |event| judge.writer_noted(event));
        reader.journal.read(noted, |event| judge.reader_noted(event));
        for Processes { side, journal, .. } in [&*writer, &*reader] {
            if let Some(complaint) = journal.complaint() {
                if judge.findings.is_empty() {
                    judge.findings.add(Sort::Verdict, format!("the {side:?} could not {complaint}"));
                }
            }
        }
    }

    /// Lets `duration` pass. The sides do not wait for the harness meanwhile.
    pub fn let_pass(&mut self, duration: Duration) {
        let begin = Instant::now();
        while begin.elapsed() < duration {
            self.look();
            idle(duration.saturating_sub(begin.elapsed()).min(5 * LOOK));
        }
    }

    /// Waits until `holds`, which is for `side` to bring about. A finding, if it does not in time.
    pub fn wait_for(&mut self, side: Side, what: &str, holds: impl Fn(&Self) -> bool) {
        self.wait_until(side, what, |pair| {
            for side in [Side::Writer, Side::Reader] {
                if pair.side(side).has_ended() {
                    pair.find(Sort::Hang, format!("the {side:?} ended though nobody killed it"));
                }
            }
            holds(pair)
        });
    }

    /// Waits until the process of `side` ends, in good order.
    pub fn wait_for_the_end(&mut self, side: Side) -> Result<(), String> {
        self.wait_until(side, "end", |pair| pair.side(side).has_ended());
        if self.is_clean() && !self.side(side).reap()? {
            self.find(Sort::Hang, format!("the {side:?} did not end in good order"));
        }
        // What it noted last.
        self.look();
        Ok(())
    }

    fn wait_until(&mut self, side: Side, what: &str, mut holds: impl FnMut(&mut Self) -> bool) {
        let begin = Instant::now();
        self.waits += 1;
        loop {
            self.look();
            if !self.is_clean() || holds(self) {
                return;
            }
            if begin.elapsed() > DEADLINE {
                let (written, delivered) = (self.judge.written.next().number, self.judge.delivered.next().number);
                let so_far = format!("{written} written, {delivered} delivered");
                self.find(Sort::Hang, format!("the {side:?} did not {what} in {DEADLINE:?}: {so_far}"));
            }
            idle(LOOK);
        }
    }
}
