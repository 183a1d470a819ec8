//! What can come of a check. That it was not run is never a pass.

use std::fmt;

use serde_json::{json, Value};

use crate::explored::Explored;

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    Passed,
    /// Passed, and says how much it looked at.
    Explored(Explored),
    Failed(String),
    NotRun(String),
}

impl Outcome {
    /// How one process tells another.
    pub fn to_json(&self) -> Value {
        match self {
            Outcome::Passed => json!({ "passed": null }),
            Outcome::Explored(Explored { count, unit, bound }) => {
                json!({ "explored": { "count": count, "unit": unit, "bound": bound } })
            }
            Outcome::Failed(why) => json!({ "failed": why }),
            Outcome::NotRun(why) => json!({ "not run": why }),
        }
    }

    /// What [`to_json`](Self::to_json) told; `None` if this is nothing of the kind.
    pub fn from_json(told: &Value) -> Option<Self> {
        let (kind, told) = told.as_object()?.iter().next()?;
        let text = |value: &Value| value.as_str().map(String::from);
        Some(match kind.as_str() {
            "passed" => Outcome::Passed,
            "explored" => {
                let (unit, bound) = (text(&told["unit"])?, text(&told["bound"])?);
                Outcome::Explored(Explored { count: told["count"].as_u64()?, unit, bound })
            }
            "failed" => Outcome::Failed(text(told)?),
            "not run" => Outcome::NotRun(text(told)?),
            _ => return None,
        })
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_what_came_of_it() {
        let explored = Explored { count: 7, unit: "cases".into(), bound: "up to 2".into() };
        let all = [
            Outcome::Passed,
            Outcome::Explored(explored),
            Outcome::Failed("why".into()),
            Outcome::NotRun("why not".into()),
        ];
        for outcome in all {
            assert_eq!(Outcome::from_json(&outcome.to_json()), Some(outcome));
        }
        for nothing in [json!(null), json!({}), json!({ "failed": null }), json!({ "else": null })] {
            assert_eq!(Outcome::from_json(&nothing), None, "{nothing}");
        }
    }
}
