//! What a message took when somebody last looked at it and found it right.

use std::fs;

use serde_json::{json, Map, Value};

use super::cost::Cost;

const FILE: &str = "verify/instructions/expected.json";

/// All that is written down.
pub fn read() -> Result<Value, String> {
    let text = fs::read_to_string(FILE).map_err(|error| format!("{FILE}: {error}"))?;
    serde_json::from_str(&text).map_err(|error| format!("{FILE}: {error}"))
}

/// What is written down for messages of this name.
pub fn of(expected: &Value, name: &str) -> Option<Cost> {
    let part = |part: &str| expected[name][part].as_f64();
    Some(Cost { push: part("push")?, pop: part("pop")?, all: part("all")? })
}

/// Writes down these in the place of what was.
pub fn accept<'a>(costs: impl Iterator<Item = (&'static str, &'a Cost)>) -> Result<(), String> {
    let text = format!("{:#}\n", written(costs));
    fs::write(FILE, text).map_err(|error| format!("{FILE}: {error}"))
}

fn written<'a>(costs: impl Iterator<Item = (&'static str, &'a Cost)>) -> Value {
    let entry = |(name, cost): (&str, &Cost)| {
        let parts = cost.parts().into_iter().map(|(part, cost)| (part.into(), json!(cost)));
        (name.into(), Value::Object(Map::from_iter(parts)))
    };
    Value::Object(costs.map(entry).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_accepted_is_expected_from_then_on() {
        let costs =
            [("1 B", Cost { push: 40.1, pop: 50.0, all: 100.2 }), ("2 B", Cost { push: 1.0, pop: 2.0, all: 3.0 })];
        let expected = written(costs.iter().map(|(name, cost)| (*name, cost)));
        for (name, cost) in costs {
            assert_eq!(of(&expected, name), Some(cost));
        }
        assert_eq!(of(&expected, "3 B"), None);
    }
}
