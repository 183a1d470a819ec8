//! A command line: shown so that anyone can paste it, then run.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::outcome::Outcome;

/// Flags from outside, which would reach every check and undo what makes it that check.
pub const IGNORED: [&str; 4] = ["RUSTFLAGS", "RUSTDOCFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_ENCODED_RUSTDOCFLAGS"];

/// Variables of the environment, a program and its arguments.
#[derive(Clone, Debug)]
pub struct Line {
    variables: Vec<(&'static str, String)>,
    words: Vec<String>,
}

/// The line of these words, which are separated by blanks.
pub fn line(words: &str) -> Line {
    Line { variables: Vec::new(), words: Vec::new() }.and(words)
}

impl Line {
    /// With more words at the end.
    pub fn and(mut self, words: &str) -> Self {
        self.words.extend(words.split_whitespace().map(String::from));
        self
    }

    /// With one more word at the end: a path, which may have blanks in it.
    pub fn and_path(mut self, path: &Path) -> Self {
        self.words.push(path.display().to_string());
        self
    }

    /// With a variable of the environment.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// With what it builds in a directory of its own beneath the common one, so that other flags or another
    /// compiler do not have everything built anew each time.
    pub fn building_in(self, name: &str) -> Self {
        self.and("--target-dir").and_path(&target_directory().join(name))
    }

    /// Shows the line and runs it. What it prints is seen as it comes.
    pub fn run(&self) -> Result<(), String> {
        println!("$ {self}");
        let status = self.command().status().map_err(|error| self.not_started(&error))?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("{status}: {self}"))
        }
    }

    /// Shows the line, runs it and returns what it printed, whether it succeeded or not.
    pub fn output(&self) -> Result<Output, String> {
        println!("$ {self}");
        self.command().output().map_err(|error| self.not_started(&error))
    }

    /// Shows the line, runs it, passes on what it printed and returns it; an error if it fails.
    pub fn printed(&self) -> Result<String, String> {
        let output = self.output()?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        print!("{printed}");
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
        match output.status.success() {
            true => Ok(printed),
            false => Err(format!("{}: {self}", output.status)),
        }
    }

    fn not_started(&self, error: &std::io::Error) -> String {
        format!("cannot start {}: {error}", self.words[0])
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.words[0]);
        for name in IGNORED {
            command.env_remove(name);
        }
        command.args(&self.words[1..]);
        for (name, value) in &self.variables {
            command.env(name, value);
        }
        command
    }
}

/// Runs all lines, also those after one that failed.
pub fn run_all(lines: impl IntoIterator<Item = Line>) -> Outcome {
    let failed: Vec<String> = lines.into_iter().filter_map(|line| line.run().err()).collect();
    match failed.is_empty() {
        true => Outcome::Passed,
        false => Outcome::Failed(failed.join("; ")),
    }
}

/// Where cargo builds, as it is told by the environment.
pub fn target_directory() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from)
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.variables {
            write!(f, "{name}={} ", quoted(value))?;
        }
        let words: Vec<String> = self.words.iter().map(|word| quoted(word)).collect();
        f.write_str(&words.join(" "))
    }
}

/// The word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into()
    } else if word.contains(['"', '$', '`', '\\', '!']) {
        format!("'{}'", word.replace('\'', r"'\''"))
    } else {
        format!("\"{word}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_shown_as_a_shell_takes_it() {
        let line = line("cargo test -p ipc_ring").with("RUSTFLAGS", "--cfg loom").with("A", "it's $HOME");
        assert_eq!(line.to_string(), r#"RUSTFLAGS="--cfg loom" A='it'\''s $HOME' cargo test -p ipc_ring"#);
    }

    #[test]
    fn a_line_that_fails_or_cannot_be_started_is_named() {
        assert_eq!(line("true").run(), Ok(()));
        assert_eq!(line("false").run(), Err("exit status: 1: false".into()));
        assert_eq!(line("echo this").printed(), Ok("this\n".into()));
        assert_eq!(line("false").printed(), Err("exit status: 1: false".into()));
        let missing = line("ipc_ring-no-such-program").run().expect_err("there is no such program");
        assert!(missing.starts_with("cannot start ipc_ring-no-such-program"), "{missing}");
    }

    #[test]
    fn one_failure_does_not_keep_the_other_lines_from_running() {
        let outcome = run_all([line("false"), line("true"), line("test 1 = 2")]);
        assert_eq!(outcome, Outcome::Failed("exit status: 1: false; exit status: 1: test 1 = 2".into()));
        assert_eq!(run_all([line("true")]), Outcome::Passed);
    }
}
