//! The two processes that hold a ring's sides, and what they do before one of them is stepped.

use std::io;
use std::path::{Path, PathBuf};

use ipc_ring::Side;
use ipc_ring_reference::process::Process;
use ipc_ring_reference::LONG;
use serde_json::json;

use super::hand::Hand;
use super::ledger::{course, Course, Ledger, FULL};
use super::script::Act;
use super::subject;
use super::trace::Traced;
use super::work::Work;

/// The two processes and the ring between them.
pub struct Stage {
    pub path: PathBuf,
    /// Holds the side that is stepped.
    pub subject: Process,
    pub traced: Traced,
    /// Where the subject pops to.
    pub buffer: usize,
    /// Holds the other side: this process.
    pub peer: Hand,
    pub ledger: Option<Ledger>,
    /// The number of the next message.
    pub number: u64,
}

impl Stage {
    pub fn new(path: PathBuf) -> Result<Self, String> {
        let (subject, traced, buffer) = start_subject(&path)?;
        let peer = Hand::new(&path);
        Ok(Self { path, subject, traced, buffer, peer, ledger: None, number: 1 })
    }

    /// Does what comes before: the side that is to be stepped does its own.
    pub fn act(&mut self, act: &Act, subjects: Side) -> Result<(), String> {
        let work = match act {
            Act::Do(work) => work,
            Act::Die => {
                let (subject, traced, buffer) = start_subject(&self.path)?;
                self.traced = traced;
                self.buffer = buffer;
                let mut before = std::mem::replace(&mut self.subject, subject);
                return before.kill().map(|_| ()).map_err(|error| format!("cannot kill a child: {error}"));
            }
        };
        let course = course(&self.ledger, self.number, work);
        let answer = match work.side() == subjects {
            true => self.ask("do", work)?,
            false => self.peer.work(self.number, work, || ())?,
        };
        self.number += work.messages();
        let expected = expected_answer(&course, work);
        self.ledger = course.end();
        match answer == expected {
            true => Ok(()),
            false => Err(format!("before what is stepped, {work:?} came to \"{answer}\" instead of \"{expected}\"")),
        }
    }

    /// Kills the subject. Returns what the peer holds.
    pub fn kill(mut self) -> Result<Hand, String> {
        self.subject.kill().map_err(|error| format!("cannot kill a child: {error}"))?;
        Ok(self.peer)
    }

    fn ask(&mut self, how: &str, work: &Work) -> Result<String, String> {
        self.say(how, work)?;
        self.hear()
    }

    pub fn say(&mut self, how: &str, work: &Work) -> Result<(), String> {
        let said = self.subject.say(&json!([how, self.number, work]).to_string());
        said.map_err(|error| format!("the child that is to do {work:?} is not there: {error}"))
    }

    pub fn hear(&mut self) -> Result<String, String> {
        let heard = self.subject.hear(LONG).map_err(|error| format!("the child cannot be heard: {error}"))?;
        heard.ok_or_else(|| "the child has ended; what it printed says why".into())
    }
}

/// What whoever does the work says of it in the end.
pub fn expected_answer(course: &Course, work: &Work) -> String {
    match course.end() {
        Some(ledger) if !matches!(work, Work::Close(_)) && course.answer != FULL => {
            format!("{} at {}", course.answer, ledger.position(work.side()))
        }
        _ => course.answer.clone(),
    }
}

fn start_subject(path: &Path) -> Result<(Process, Traced, usize), String> {
    let path = path.to_str().ok_or("a path that is no UTF-8: use another directory")?;
    let failed = |error: io::Error| format!("cannot start this program again: {error}");
    let mut subject = Process::again(&[subject::NAME, path]).map_err(failed)?;
    let buffer = subject.hear(LONG).map_err(failed)?.and_then(|line| line.parse().ok());
    let traced = Traced::seize(subject.id())?;
    Ok((subject, traced, buffer.ok_or("the child does not say where its buffer is")?))
}
