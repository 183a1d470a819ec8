//! A script played: what is before it, then the one work that is stepped, and a look at the memory after every
//! instruction of it.

use std::fs;
use std::io;
use std::path::Path;

use super::judge::Judge;
use super::ledger::{course, Course};
use super::memory::{Look, Memory};
use super::script::{Act, Help, Script, When};
use super::stage::{expected_answer, Stage};
use super::survivor;
use super::trace::Stop;
use super::watch::Watch;
use super::work::Work;

/// What was counted.
#[derive(Default)]
pub struct Counts {
    pub instructions: u64,
    /// The stores that changed the memory.
    pub changes: u64,
    /// The states of it that differ, within each script.
    pub states: u64,
    pub checks: u64,
    /// The deaths that a peer went on after.
    pub survivors: u64,
}

/// The most instructions of one script. None takes a tenth of that, except one that is not woken.
const ENDLESS: u64 = 100_000;

/// Plays the script in `directory`. If it is to be survived, plays it again for each of the memory's changes, kills the
/// process that is stepped there, and has its peer go on. Says what went wrong.
///
/// # Errors
/// If the script could not be played.
pub fn play(script: &Script, survived: bool, directory: &Path, counts: &mut Counts) -> Result<Vec<String>, String> {
    let path = directory.join("ring").join("ring");
    let judge = Judge::new(directory.join("copy"));
    let memory = Memory::new(&path, judge, matches!(script.work, Work::Create { .. }));
    let mut player = Player { script, path: &path, memory, violations: Vec::new() };
    let (instructions, changes) = player.until_it_ends()?;
    let deaths = if survived && player.violations.is_empty() { changes } else { 0 };
    for change in 1..=deaths {
        counts.survivors += u64::from(player.until_it_dies(change)?);
    }
    counts.instructions += instructions;
    counts.changes += changes;
    counts.states += player.memory.states();
    counts.checks += player.memory.checks();
    Ok(player.violations)
}

/// A script that is being played, and what was seen so far.
struct Player<'a> {
    script: &'a Script,
    path: &'a Path,
    memory: Memory,
    violations: Vec<String>,
}

impl Player<'_> {
    /// Steps the script's work to its end. Returns the instructions, and how often the memory changed.
    fn until_it_ends(&mut self) -> Result<(u64, u64), String> {
        let work = &self.script.work;
        let mut stage = set(self.script, self.path)?;
        let course = stage.course(self.script);
        let expected = expected_answer(&course, work);
        let popped = stage.ledger.as_ref().filter(|_| matches!(work, Work::Pop { .. }));
        let popped = popped.and_then(|ledger| ledger.passed().front().map(<[u8]>::to_vec));
        let mut watch = Watch::new(course);
        let mut steps = stage.begin(self.script)?;
        let mut changes = 0;
        loop {
            let instructions = steps.instructions;
            match self.memory.look()? {
                Look::Same => {}
                Look::Wrong(what) => watch.complain(format!("after {instructions} instructions {what}")),
                Look::Changed(found) => {
                    changes += 1;
                    let arrived = watch.sees(instructions, found.as_ref());
                    if let (Some(message), true) = (&popped, arrived && watch.is_at_the_end()) {
                        // It has to be in the reader's hands when its space is given back.
                        if stage.buffer(message.len())? != *message {
                            watch.complain(format!("after {instructions} instructions what is released is not copied"));
                        }
                    }
                }
            }
            let ends = match steps.stop {
                Stop::Instruction => instructions == ENDLESS,
                Stop::Marker => !watch.next_part(instructions),
                Stop::Other(_) => true,
            };
            if ends {
                break;
            }
            stage.one_instruction(&mut steps)?;
        }
        if steps.stop == Stop::Marker {
            let answer = stage.ends()?;
            if answer != expected {
                watch.complain(format!("it came to \"{answer}\" instead of \"{expected}\""));
            }
        } else {
            watch.complain(format!("after {} instructions there is no end but {:?}", steps.instructions, steps.stop));
        }
        if steps.help.is_some() {
            watch.complain("it never slept, so nobody helped it".into());
        }
        self.violations.extend(watch.violations());
        Ok((steps.instructions, changes))
    }

    /// Steps the script's work until the memory has changed so often, and kills who does it. Whether a peer went on.
    fn until_it_dies(&mut self, change: u64) -> Result<bool, String> {
        self.memory.begin_again();
        let mut stage = set(self.script, self.path)?;
        // It stops before the first part and after each.
        let mut stops = stage.course(self.script).parts.len() + 1;
        // A reader has come for the first time with the first word that it stores.
        let comes_first =
            matches!(self.script.work, Work::Open | Work::OpenToStop) && !self.script.before.iter().any(Act::opens);
        let came = !comes_first || change > 1;
        let mut steps = stage.begin(self.script)?;
        let mut changes = 0;
        loop {
            if let Look::Changed(found) = self.memory.look()? {
                changes += 1;
                if changes == change {
                    let peer = stage.kill()?;
                    let Some(left) = found else { return Ok(false) };
                    let lived_on = survivor::lives_on(peer, self.path, &left, came);
                    return Ok(lived_on.unwrap_or_else(|what| {
                        let instructions = steps.instructions;
                        self.violations.push(format!("killed after {instructions} instructions, its peer: {what}"));
                        true
                    }));
                }
            }
            stops -= usize::from(steps.stop == Stop::Marker);
            if stops == 0 || steps.instructions == ENDLESS || matches!(steps.stop, Stop::Other(_)) {
                return Err(format!("the memory does not change {change} times when it is played again"));
            }
            stage.one_instruction(&mut steps)?;
        }
    }
}

/// A new ring at `path`, in a directory of its own, where all is done that comes before what is stepped.
fn set(script: &Script, path: &Path) -> Result<Stage, String> {
    let home = path.parent().ok_or("a ring is in a directory")?;
    let failed = |error: io::Error| format!("cannot use {}: {error}; make space there", home.display());
    if home.exists() {
        fs::remove_dir_all(home).map_err(failed)?;
    }
    fs::create_dir(home).map_err(failed)?;
    let mut stage = Stage::new(path.into())?;
    for act in &script.before {
        stage.act(act, script.work.side())?;
    }
    Ok(stage)
}

/// How far a process was stepped.
struct Steps<'a> {
    instructions: u64,
    stop: Stop,
    /// What its peer is to do when it sleeps, unless it has.
    help: Option<&'a Help>,
}

impl Stage {
    /// Has the subject begin what it is stepped through: it stops right before.
    fn begin<'a>(&mut self, script: &'a Script) -> Result<Steps<'a>, String> {
        self.say("step", &script.work)?;
        self.number += script.work.messages();
        Ok(Steps { instructions: 0, stop: self.traced.wait()?, help: script.help.as_ref() })
    }

    /// Lets the subject run, which has ended what it is stepped through, and hears what it says of it.
    fn ends(&mut self) -> Result<String, String> {
        self.traced.resume()?;
        self.hear()
    }

    /// The first bytes of where the subject pops to.
    fn buffer(&self, len: usize) -> Result<Vec<u8>, String> {
        let mut bytes = vec![0; len];
        self.traced.read(self.buffer, &mut bytes)?;
        Ok(bytes)
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
    fn one_instruction(&mut self, steps: &mut Steps) -> Result<(), String> {
        let needed = match steps.help {
            Some(_) if self.traced.is_about_to_sleep()? => steps.help.take(),
            _ => None,
        };
        let asleep = needed.is_some_and(|help| help.when == When::Asleep);
        if asleep {
            self.traced.step()?;
            self.traced.wait_until_it_sleeps()?;
        }
        let mut number = self.number;
        for work in needed.iter().flat_map(|help| &help.works) {
            self.peer.work(number, work, || ())?;
            number += work.messages();
        }
        if !asleep {
            self.traced.step()?;
        }
        steps.stop = self.traced.wait()?;
        steps.instructions += 1;
        Ok(())
    }
}
