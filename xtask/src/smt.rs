//! What holds for all sizes and for ever: formulas (`verify/smt`), which two solvers prove independently of each other.
//!
//! Canaries come first: questions that have an answer, which a solver that finds everything proved would not see. Each
//! question is a file below `target/smt`, to be read, or to be asked of another solver.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{bail, ensure, Context, Result};
use ipc_ring_smt::invariant::table_of_steps;
use ipc_ring_smt::script::{self, Answer, Question, Script};
use rayon::prelude::*;

use crate::report::{Checked, NotRun};
use crate::shell::{nothing_wrong, table, target_directory, write, Shell};

/// The solvers, and the words before the name of a file.
const SOLVERS: [(&str, &[&str]); 2] = [("z3", &["-smt2"]), ("cvc5", &["--lang=smt2"])];
/// The longest that a question may take. None comes near.
const DEADLINE: Duration = Duration::from_secs(120);

pub fn run(_: &Shell, _: &[String]) -> Checked {
    let answers = |solver: &&(&str, &[&str])| {
        let version = Command::new(solver.0).arg("--version").output();
        version.is_ok_and(|output| output.status.success())
    };
    let solvers = Vec::from_iter(SOLVERS.iter().filter(answers));
    ensure!(solvers.len() == SOLVERS.len(), NotRun("needs z3 and cvc5 (see .ci/install)".into()));
    let mut rows = Vec::new();
    for script in script::all() {
        rows.extend(ask(&script, &solvers)?);
    }
    println!("{}", table(["questions", "solver", ">sat", ">unsat", ">seconds"], rows.iter().map(Row::cells)));
    let steps = table_of_steps().into_iter().map(|(step, broken_by)| {
        let broken_by = if broken_by.is_empty() { "-".into() } else { broken_by.join("; ") };
        [step.to_string(), "yes".into(), broken_by]
    });
    println!("{}", table(["step", "preserved", "broken without"], steps));
    let proved: usize = rows.iter().filter(|row| row.solver == solvers[0].0).map(|row| row.unsat).sum();
    let canaries: usize = rows.iter().filter(|row| row.solver == solvers[0].0).map(|row| row.sat).sum();
    let by = Vec::from_iter(solvers.iter().map(|solver| solver.0)).join(" and ");
    Ok(format!("{proved} goals proved by {by}, {canaries} canaries, all sizes"))
}

/// What a solver said to a script.
struct Row {
    script: &'static str,
    solver: &'static str,
    sat: usize,
    unsat: usize,
    seconds: f64,
}

impl Row {
    fn cells(&self) -> [String; 5] {
        let Row { script, solver, sat, unsat, seconds } = self;
        [script.to_string(), solver.to_string(), sat.to_string(), unsat.to_string(), format!("{seconds:.1}")]
    }
}

/// Asks each solver every question. An answer that is not the expected one is a failure, and so is none.
fn ask(script: &Script, solvers: &[&(&'static str, &[&str])]) -> Result<Vec<Row>> {
    let directory = target_directory().join("smt").join(script.name);
    let files = script.questions.iter().enumerate().map(|(number, question)| {
        let path = directory.join(format!("{:03}.smt2", number + 1));
        write(&path, &question.text()).map(|()| (question, path))
    });
    let files = files.collect::<Result<Vec<_>>>()?;
    let times: BTreeMap<&str, AtomicU64> = solvers.iter().map(|solver| (solver.0, AtomicU64::new(0))).collect();
    let asked = solvers.iter().flat_map(|solver| files.iter().map(move |file| (solver, file)));
    let asked = Vec::from_iter(asked);
    let wrong = asked.into_par_iter().with_max_len(1).filter_map(|((solver, words), (question, path))| {
        let begin = Instant::now();
        let run = duct::cmd(*solver, words.iter().map(std::ffi::OsStr::new).chain([path.as_os_str()]));
        let said = said(run);
        let took = begin.elapsed();
        times[solver].fetch_add(took.as_millis() as u64, Ordering::Relaxed);
        complaint(solver, question, said)
    });
    nothing_wrong(wrong.collect::<Vec<_>>())?;
    let such = |wanted| script.questions.iter().filter(|question| question.expected == wanted).count();
    let (sat, unsat) = (such(Answer::Sat), such(Answer::Unsat));
    let seconds = |solver| times[solver].load(Ordering::Relaxed) as f64 / 1e3;
    Ok(solvers
        .iter()
        .map(|(solver, _)| Row { script: script.name, solver, sat, unsat, seconds: seconds(*solver) })
        .collect())
}

/// What a solver prints.
fn said(run: duct::Expression) -> Result<String> {
    let running = run.stdout_capture().stderr_to_stdout().unchecked().start()?;
    let Some(output) = running.wait_timeout(DEADLINE)? else {
        running.kill()?;
        bail!("no answer in {DEADLINE:?}");
    };
    String::from_utf8(output.stdout.clone()).context("no text")
}

/// What is wrong with an answer.
fn complaint(solver: &str, question: &Question, said: Result<String>) -> Option<String> {
    let said = said.unwrap_or_else(|why| format!("{why:#}"));
    let (said, expected) = (said.trim(), question.expected.word());
    (said != expected).then(|| format!("{solver} says {said} in place of {expected}: {}", question.name))
}

#[test]
fn an_answer_that_is_not_the_expected_one_is_a_failure_and_so_is_none() {
    let question = Question { name: "a".into(), asserted: vec![], expected: Answer::Unsat };
    let wrong = |said: &str| complaint("z3", &question, Ok(said.into()));
    assert_eq!(wrong("unsat\n"), None);
    assert_eq!(wrong("sat\n"), Some("z3 says sat in place of unsat: a".into()));
    assert!(wrong("unknown").is_some() && wrong("").is_some() && wrong("(error \"x\")\nunsat").is_some());
    assert!(complaint("z3", &question, Err(anyhow::anyhow!("no answer"))).is_some());
}
