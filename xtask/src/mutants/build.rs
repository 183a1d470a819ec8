//! Builds mutants: all that can be in one program, the others each by itself. Some do not compile.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{bail, ensure, Context, Result};
use serde_json::Value;

use super::list::Candidate;
use crate::checks::with_engine;
use crate::schemata::Schemata;
use crate::shell::{cmd, read, write, Cmd, Replica, Shell};

/// What stands in std's place, if anything does.
#[derive(Clone, Copy)]
pub enum Engine {
    Std,
    Loom,
}

impl Engine {
    /// The line that builds the programs which are to notice a mutant.
    fn line<'a>(self, sh: &'a Shell, root: &Path) -> Cmd<'a> {
        let manifest = root.join("Cargo.toml");
        let line = match self {
            Engine::Std => cmd!(sh, "cargo test --lib --tests --package ipc_ring --package ipc_ring_tests"),
            Engine::Loom => with_engine(sh, "loom", "test --test loom"),
        };
        line.args(["--quiet", "--no-run", "--message-format=json", "--manifest-path"]).arg(manifest)
    }
}

/// A program of tests: what it is called, where it is, and where it runs.
pub struct Program {
    pub name: String,
    pub path: PathBuf,
    pub directory: PathBuf,
}

/// What became of mutants.
pub struct Built {
    /// Those that are in one program, or rather in these.
    pub made: Option<(Vec<Candidate>, Vec<Program>)>,
    pub unviable: Vec<Candidate>,
    /// Those that cannot be in one program with others.
    pub alone: Vec<Candidate>,
}

/// Puts all that can be together into the replica, and builds it. Those that keep it from being built are taken out
/// again.
pub fn together(
    sh: &Shell,
    replica: &Replica,
    sources: &[(String, String)],
    engine: Engine,
    mut mutants: Vec<Candidate>,
) -> Result<Built> {
    let (mut unviable, mut alone) = (Vec::new(), Vec::new());
    let programs = loop {
        let Schemata { files, left } = Schemata::with(sources.to_vec(), mutants.iter().map(|one| &one.broken))?;
        let left = BTreeSet::from_iter(left.into_iter().map(|(number, _)| number));
        if !left.is_empty() {
            take_out(&mut mutants, &left, &mut alone);
            continue;
        }
        if mutants.is_empty() {
            break None;
        }
        put(replica, &files)?;
        let built = built(engine.line(sh, &replica.root))?;
        if let Engine::Std = engine {
            // Some tests read the sources.
            put(replica, sources)?;
        }
        match built {
            Ok(programs) => break Some(programs),
            Err(errors) => {
                let wrong = errors.iter().map(|error| arm_of(error, &files)).collect::<Result<BTreeSet<usize>>>()?;
                println!("{} do not compile", wrong.len());
                take_out(&mut mutants, &wrong, &mut unviable);
            }
        }
    };
    Ok(Built { made: programs.map(|programs| (mutants, programs)), unviable, alone })
}

/// Builds the programs with nothing broken.
pub fn whole(sh: &Shell, replica: &Replica, sources: &[(String, String)]) -> Result<Vec<Program>> {
    put(replica, sources)?;
    match built(Engine::Std.line(sh, &replica.root))? {
        Ok(programs) => Ok(programs),
        Err(errors) => bail!("nothing is broken, and it does not compile: {}", errors[0]["rendered"]),
    }
}

/// Builds this one; `None` if it does not compile.
pub fn alone(
    sh: &Shell,
    replica: &Replica,
    sources: &[(String, String)],
    Candidate { broken, .. }: &Candidate,
) -> Result<Option<Vec<Program>>> {
    put(replica, sources)?;
    write(replica.root.join("src").join(&broken.file), &broken.text)?;
    let built = built(Engine::Std.line(sh, &replica.root))?.ok();
    put(replica, sources)?;
    Ok(built)
}

fn put(replica: &Replica, files: &[(String, String)]) -> Result<()> {
    for (path, text) in files {
        let path = replica.root.join("src").join(path);
        // What stays as it is need not be built again.
        if read(&path)? != *text {
            write(path, text)?;
        }
    }
    Ok(())
}

fn take_out(mutants: &mut Vec<Candidate>, numbers: &BTreeSet<usize>, into: &mut Vec<Candidate>) {
    let (out, kept): (Vec<_>, Vec<_>) =
        std::mem::take(mutants).into_iter().enumerate().partition(|(number, _)| numbers.contains(number));
    into.extend(out.into_iter().map(|(_, mutant)| mutant));
    mutants.extend(kept.into_iter().map(|(_, mutant)| mutant));
}

/// Builds, and returns the programs, or the compiler's errors.
fn built(line: Cmd) -> Result<Result<Vec<Program>, Vec<Value>>> {
    eprintln!("$ {line}");
    let output = line.ignore_status().output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let messages = Vec::from_iter(text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()));
    if !output.status.success() {
        let is_error =
            |message: &&Value| message["message"]["level"] == "error" && message["message"]["spans"][0].is_object();
        let errors = Vec::from_iter(messages.iter().filter(is_error).map(|message| message["message"].clone()));
        ensure!(!errors.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        return Ok(Err(errors));
    }
    let program = |message: &Value| {
        let path = message["executable"].as_str()?.into();
        let directory = Path::new(message["manifest_path"].as_str()?).parent()?.into();
        Some(Program { name: message["target"]["name"].as_str()?.into(), path, directory })
    };
    let programs = messages.iter().filter(|message| message["profile"]["test"] == true).filter_map(program);
    Ok(Ok(programs.collect()))
}

/// The number of the arm that a compiler's error is about.
fn arm_of(error: &Value, files: &[(String, String)]) -> Result<usize> {
    let spans = error["spans"].as_array().into_iter().flatten();
    let primary = spans.filter(|span| span["is_primary"] == true);
    let arm = |span: &Value| {
        let path = span["file_name"].as_str()?;
        let (_, text) = files.iter().find(|(file, _)| path.ends_with(&format!("src/{file}")))?;
        let above = text.lines().take(span["line_start"].as_u64()? as usize).collect::<Vec<_>>();
        let number = |line: &&str| line.strip_prefix("Some(")?.split_once(") => {")?.0.parse().ok();
        above.iter().rev().take_while(|line| !line.starts_with("_ => {")).find_map(number)
    };
    match primary.filter_map(arm).next() {
        Some(number) => Ok(number),
        None => bail!("{}", error["rendered"].as_str().context("an error is told")?),
    }
}
