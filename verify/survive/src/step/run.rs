//! A script played: what is before it, then the one work that is stepped, and a look at the memory after every
//! instruction of it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::hand::Hand;
use super::judge::Judge;
use super::ledger::{course, Course, Ledger};
use super::memory::{Look, Memory};
use super::script::{Act, Help, Script, When};
use super::subject;
use super::trace::{Stop, Traced};
use super::watch::Watch;
use super::work::{Side, Work};
use crate::other::Other;

/// What was counted.
#[derive(Default)]
pub struct Counts {
    pub instructions: u64,
    /// The stores that changed the memory.
    pub changes: u64,
    /// The states of it that differ, within each script.
    pub states: u64,
    pub checks: u64,
}

/// The most instructions of one script. None takes a tenth of that, but for one that is not woken.
const ENDLESS: u64 = 100_000;

/// Plays the script in `directory`, which is emptied before. Says what went wrong.
///
/// # Errors
/// If the script could not be played: nothing is known of the library then.
pub fn play(script: &Script, directory: &Path, counts: &mut Counts) -> Result<Vec<String>, String> {
    let home = directory.join("ring");
    let failed = |error: io::Error| format!("cannot use {}: {error}; make space there", directory.display());
    if home.exists() {
        fs::remove_dir_all(&home).map_err(failed)?;
    }
    fs::create_dir(&home).map_err(failed)?;
    let mut stage = Stage::new(home.join("ring"))?;
    for act in &script.before {
        stage.act(act, script.work.side())?;
    }
    let mut judge = Judge::new(directory.join("copy"));
    let watch = stage.step(script, &mut judge, counts)?;
    counts.checks += judge.checks;
    Ok(watch)
}

/// The two processes and the ring between them.
struct Stage {
    path: PathBuf,
    /// Holds the side that is stepped.
    subject: Other,
    traced: Traced,
    /// Where the subject pops to.
    buffer: usize,
    /// Holds the other side: this process.
    peer: Hand,
    ledger: Option<Ledger>,
    number: u64,
}

impl Stage {
    fn new(path: PathBuf) -> Result<Self, String> {
        let (subject, traced, buffer) = start_subject(&path)?;
        let peer = Hand::new(&path);
        Ok(Self { path, subject, traced, buffer, peer, ledger: None, number: 1 })
    }

    /// Does what comes before: the side that is to be stepped does its own.
    fn act(&mut self, act: &Act, subjects: Side) -> Result<(), String> {
        let work = match act {
            Act::Do(work) => work,
            Act::Die => {
                let (subject, traced, buffer) = start_subject(&self.path)?;
                self.traced = traced;
                self.buffer = buffer;
                let before = std::mem::replace(&mut self.subject, subject);
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
            false => Err(format!("before what is stepped, {work} came to \"{answer}\" instead of \"{expected}\"")),
        }
    }

    fn ask(&mut self, how: &str, work: &Work) -> Result<String, String> {
        self.say(how, work)?;
        self.hear()
    }

    fn say(&mut self, how: &str, work: &Work) -> Result<(), String> {
        let said = self.subject.say(&format!("{how} {} {work}", self.number));
        said.map_err(|error| format!("the child that is to {work} is not there: {error}"))
    }

    fn hear(&mut self) -> Result<String, String> {
        let heard = self.subject.hear().map_err(|error| format!("the child cannot be heard: {error}"))?;
        heard.ok_or_else(|| "the child has ended; what it printed says why".into())
    }

    /// Steps the script's work, and looks at the memory after every instruction.
    fn step(mut self, script: &Script, judge: &mut Judge, counts: &mut Counts) -> Result<Vec<String>, String> {
        let work = &script.work;
        let course = self.course(script);
        let expected = expected_answer(&course, work);
        let popped = self.ledger.as_ref().filter(|_| matches!(work, Work::Pop { .. }));
        let popped = popped.and_then(|ledger| ledger.without_padding().front().map(<[u8]>::to_vec));
        let mut watch = Watch::new(course);
        let mut memory = Memory::new(&self.path, matches!(work, Work::Create { .. }));
        let mut help = script.help.as_ref();
        self.say("step", work)?;
        self.number += work.messages();
        let mut stop = self.traced.wait()?;
        let mut instructions = 0;
        loop {
            match memory.look(judge)? {
                Look::Same => {}
                Look::Wrong(what) => watch.complain(format!("after {instructions} instructions {what}")),
                Look::Changed(found) => {
                    counts.changes += 1;
                    let arrived = watch.sees(instructions, found.as_ref());
                    if arrived && popped.is_some() && watch.is_at_the_end() {
                        self.compare_buffer(popped.as_deref().unwrap_or_default(), instructions, &mut watch)?;
                    }
                }
            }
            match stop {
                Stop::Instruction => {}
                Stop::Marker if watch.next_part(instructions) => {}
                Stop::Marker => break,
                Stop::Other(status) => {
                    watch.complain(format!("after {instructions} instructions {work} ends with status {status:#x}"));
                    return Ok(watch.violations());
                }
            }
            if instructions == ENDLESS {
                watch.complain(format!("{work} does not end within {ENDLESS} instructions"));
                return Ok(watch.violations());
            }
            instructions += 1;
            stop = self.one_instruction(&mut help)?;
        }
        counts.instructions += instructions;
        counts.states += memory.states();
        self.traced.resume()?;
        let answer = self.hear()?;
        if answer != expected {
            watch.complain(format!("{work} came to \"{answer}\" instead of \"{expected}\""));
        }
        if help.is_some() {
            watch.complain(format!("{work} never slept, so nobody helped it"));
        }
        Ok(watch.violations())
    }

    /// The course of the work, with what the peer does while it waits.
    fn course(&self, script: &Script) -> Course {
        let before = course(&self.ledger, self.number, &script.work);
        let Some(help) = &script.help else { return before };
        let mut number = self.number + script.work.messages();
        let mut ledger = before.end();
        for work in &help.works {
            ledger = course(&ledger, number, work).end();
            number += work.messages();
        }
        let after = course(&ledger, self.number, &script.work);
        let mut states = before.parts.concat();
        states.extend(after.parts.concat());
        states.dedup();
        Course { parts: vec![states], answer: after.answer }
    }

    /// Has the subject execute one instruction. Where that is one by which it falls asleep, it gets help.
    fn one_instruction(&mut self, help: &mut Option<&Help>) -> Result<Stop, String> {
        let needed = match help {
            Some(_) if self.traced.is_about_to_sleep()? => help.take(),
            _ => None,
        };
        let Some(help) = needed else {
            self.traced.step()?;
            return self.traced.wait();
        };
        if help.when == When::Asleep {
            self.traced.step()?;
            self.traced.wait_until_it_sleeps()?;
        }
        let mut number = self.number;
        for work in &help.works {
            self.peer.work(number, work, || ())?;
            number += work.messages();
        }
        if help.when == When::AboutToSleep {
            self.traced.step()?;
        }
        self.traced.wait()
    }

    /// A message has to be in the reader's hands when its space is given back: the writer may use that at once.
    fn compare_buffer(&self, message: &[u8], instructions: u64, watch: &mut Watch) -> Result<(), String> {
        let mut there = vec![0; message.len()];
        self.traced.read(self.buffer, &mut there)?;
        if there != message {
            watch.complain(format!("after {instructions} instructions the message is released and not copied yet"));
        }
        Ok(())
    }
}

fn expected_answer(course: &Course, work: &Work) -> String {
    match course.end() {
        Some(ledger) if !matches!(work, Work::Close(_)) => {
            format!("{} at {}", course.answer, ledger.position(work.side()))
        }
        _ => course.answer.clone(),
    }
}

fn start_subject(path: &Path) -> Result<(Other, Traced, usize), String> {
    let path = path.to_str().ok_or("a path that is no UTF-8: use another directory")?;
    let failed = |error: io::Error| format!("cannot start this program again: {error}");
    let mut subject = Other::start(&[subject::NAME, path]).map_err(failed)?;
    let buffer = subject.hear().map_err(failed)?.and_then(|line| line.parse().ok());
    let traced = Traced::seize(subject.id())?;
    Ok((subject, traced, buffer.ok_or("the child does not say where its buffer is")?))
}
