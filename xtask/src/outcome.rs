//! What can come of a check. That it was not run is never a pass.

use std::fmt;

use crate::explored::Explored;

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    Passed,
    /// Passed, and says how much it looked at.
    Explored(Explored),
    Failed(String),
    NotRun(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Passed => f.write_str("passed"),
            Outcome::Explored(explored) => write!(f, "passed: {explored}"),
            Outcome::Failed(why) => write!(f, "FAILED: {why}"),
            Outcome::NotRun(why) => write!(f, "not run: {why}"),
        }
    }
}

impl From<Result<(), String>> for Outcome {
    fn from(result: Result<(), String>) -> Self {
        match result {
            Ok(()) => Outcome::Passed,
            Err(why) => Outcome::Failed(why),
        }
    }
}

impl From<Result<Explored, String>> for Outcome {
    fn from(result: Result<Explored, String>) -> Self {
        match result {
            Ok(explored) => Outcome::Explored(explored),
            Err(why) => Outcome::Failed(why),
        }
    }
}
