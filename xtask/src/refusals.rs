//! A target on which the library cannot work is refused, with a message of its own that says why.
//!
//! No standard library is needed for any of these targets: the probe includes just the edge, and is compiled
//! up to where `compile_error!` speaks. A supported target must get past that.

use crate::line::{line, target_directory};
use crate::outcome::Outcome;

/// Targets that are refused, and how the message begins.
const REFUSED: [(&str, &str); 4] = [
    ("i686-unknown-linux-gnu", "ipc_ring needs a 64-bit target"),
    ("s390x-unknown-linux-gnu", "ipc_ring needs a little-endian target"),
    ("x86_64-pc-windows-gnu", "ipc_ring needs Unix"),
    ("x86_64-unknown-freebsd", "ipc_ring runs on Linux and macOS"),
];

/// Targets that are not.
const SUPPORTED: [&str; 4] =
    ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "x86_64-apple-darwin", "aarch64-apple-darwin"];

pub fn run() -> Outcome {
    let refused = REFUSED.iter().map(|&(target, message)| (target, vec![message]));
    let supported = SUPPORTED.iter().map(|&target| (target, vec![]));
    let wrong: Vec<String> =
        refused.chain(supported).filter_map(|(target, expected)| check(target, &expected).err()).collect();
    match wrong.is_empty() {
        true => Outcome::Passed,
        false => Outcome::Failed(wrong.join("; ")),
    }
}

/// Compiles the probe for `target`, where the library is to give the `expected` messages and no other.
fn check(target: &str, expected: &[&str]) -> Result<(), String> {
    let output = line("rustc --edition 2021 --crate-type lib --emit metadata --out-dir")
        .and(&target_directory().join("refusals").display().to_string())
        .and("--target")
        .and(target)
        .and("xtask/probes/refusals.rs")
        .with("RUSTC_BOOTSTRAP", "1")
        .output()?;
    let printed = String::from_utf8_lossy(&output.stderr);
    let said = messages(&printed);
    println!("{target}: {}", if said.is_empty() { "not refused".into() } else { said.join("; ") });
    // What fails for want of core shows that the compiler got as far as that.
    if !printed.contains("cannot find") {
        return Err(format!("{target}: the probe was not compiled: {}", printed.lines().next().unwrap_or("")));
    }
    let as_expected = said.len() == expected.len() && said.iter().zip(expected).all(|(s, e)| s.starts_with(e));
    match as_expected {
        true => Ok(()),
        false => Err(format!("{target}: expected {expected:?}, the library said {said:?}")),
    }
}

/// The library's own messages among what the compiler printed.
fn messages(printed: &str) -> Vec<&str> {
    let errors = printed.lines().filter_map(|line| line.strip_prefix("error: "));
    errors.filter(|error| error.starts_with("ipc_ring")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_librarys_own_errors_are_its_messages() {
        let printed = "error: ipc_ring needs Unix: it maps\n --> src/sys/mod.rs:4:1\nerror: cannot find macro\n\
                       compile_error!(\"ipc_ring needs\");\nwarning: ipc_ring\n";
        assert_eq!(messages(printed), ["ipc_ring needs Unix: it maps"]);
    }
}
