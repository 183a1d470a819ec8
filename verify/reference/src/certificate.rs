//! What each model explored, held against what it is known to explore (`verify/certificate.json`).
//!
//! A model that suddenly explores less proves less, and says so by nothing else. So its bound, the number of its
//! executions and the set of outcomes that they reached are written down, and a run fails that misses any.

use std::collections::BTreeSet;

use ipc_ring::model::engine::Outcome;
use serde_json::{json, Value};

use crate::bodies::Start;
use crate::report::{self, report};

/// How much is explored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lane {
    /// What CI explores.
    Ci,
    /// What is explored on demand.
    Full,
    /// What shows that a break of the code is noticed: little, and held against nothing.
    Weaken,
}

impl Lane {
    /// The lane that `IPC_RING_LANE` names; CI's if none.
    pub fn of_this_run() -> Self {
        match std::env::var("IPC_RING_LANE").as_deref() {
            Err(_) | Ok("ci") => Lane::Ci,
            Ok("full") => Lane::Full,
            Ok("weaken") => Lane::Weaken,
            Ok(other) => panic!("IPC_RING_LANE is ci, full or weaken, not {other}"),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Lane::Ci => "ci",
            Lane::Full => "full",
            Lane::Weaken => "weaken",
        }
    }
}

/// What a model explored.
#[derive(Default)]
pub struct Explored {
    pub executions: u64,
    pub outcomes: BTreeSet<Outcome>,
    pub seconds: f64,
}

impl Explored {
    /// Adds what another part of the same model explored.
    pub fn add(&mut self, part: Self) {
        self.executions += part.executions;
        self.outcomes.extend(part.outcomes);
        self.seconds += part.seconds;
    }

    fn outcomes(&self) -> BTreeSet<String> {
        self.outcomes.iter().map(in_words).collect()
    }
}

/// An outcome as it stands in the certificate.
fn in_words(outcome: &Outcome) -> String {
    let events: Vec<String> = outcome.iter().map(|(who, what)| format!("{who} {what}")).collect();
    if events.is_empty() {
        "nothing of note".into()
    } else {
        events.join(", ")
    }
}

/// Prints what `model` explored within `bound`, reports it to whoever asked for that, and fails if it is less than
/// the certificate says.
pub fn conclude(engine: &str, model: &str, start: Start, bound: &str, explored: &Explored) {
    let name = format!("{model}, from {:#x}", start.position);
    let (executions, outcomes) = (explored.executions, explored.outcomes());
    let entry = json!({ "bound": bound, "executions": executions, "outcomes": outcomes });
    let aside = format!("; outcomes: {}, {:.1} s", outcomes.len(), explored.seconds);
    report(
        &report::Explored { check: engine, what: &name, count: executions, unit: "executions", bound },
        &aside,
        &entry,
    );
    #[cfg(any(loom, shuttle))]
    crate::replayed::tell(&name);
    let lane = Lane::of_this_run();
    let unheld = ["IPC_RING_CERTIFY", "IPC_RING_SEED"].iter().any(|name| std::env::var_os(name).is_some());
    if lane != Lane::Weaken && !unheld {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../certificate.json");
        let certificate = std::fs::read_to_string(path).expect("there is a certificate");
        let certificate: Value = serde_json::from_str(&certificate).expect("the certificate is JSON");
        if let Err(less) = falls_short(&certificate[lane.name()][engine][&name], &entry) {
            panic!("{engine}: {name}: {less}; `cargo xtask verify --certify` writes down what is explored now");
        }
    }
}

/// What `found` lacks of what is `certified`.
pub fn falls_short(certified: &Value, found: &Value) -> Result<(), String> {
    if certified.is_null() {
        return Err("is not in the certificate".into());
    }
    if certified["bound"] != found["bound"] {
        return Err(format!("is certified for the bound {}, not for {}", certified["bound"], found["bound"]));
    }
    let count = |entry: &Value| entry["executions"].as_u64().ok_or("has no number of executions");
    let (was, is) = (count(certified)?, count(found)?);
    if is * 10 < was * 9 {
        return Err(format!("{is} executions where {was} are certified"));
    }
    let outcomes = |entry: &Value| -> Result<BTreeSet<String>, &str> {
        let listed = entry["outcomes"].as_array().filter(|listed| !listed.is_empty()).ok_or("has no outcomes")?;
        listed.iter().map(|outcome| outcome.as_str().map(String::from).ok_or("has no outcomes in words")).collect()
    };
    match outcomes(certified)?.difference(&outcomes(found)?).next() {
        Some(missing) => Err(format!("an outcome was not reached: {missing}")),
        None => Ok(()),
    }
}
