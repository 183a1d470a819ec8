//! What libFuzzer kept because it reached a part of the library that nothing before had reached is tried again, by the
//! same code, without libFuzzer and its toolchain (`verify/fuzz`).

use std::collections::BTreeSet;
use std::fs;
use std::panic;
use std::path::{Path, PathBuf};

/// Fewer would show that the corpus was lost, not that it was minimised.
const FEWEST: usize = 50;

#[test]
fn files_that_the_fuzzer_made_are_judged_as_the_format_says() {
    replay("open", ipc_ring_fuzz_bodies::open::run);
}

// Checks: I0, T9.
#[test]
fn calls_and_lies_that_the_fuzzer_made_break_no_promise() {
    replay("protocol", ipc_ring_fuzz_bodies::protocol::run);
}

/// A corpus would show nothing if all of it were refused at the first look.
#[test]
fn the_files_that_the_fuzzer_made_come_to_every_verdict() {
    let verdicts: BTreeSet<String> = inputs("open")
        .iter()
        .flat_map(|path| ipc_ring_fuzz_bodies::open::verdicts(&fs::read(path).expect("it can be read")))
        .map(|verdict| format!("{verdict:?}"))
        .collect();
    let expected = [
        "AnotherBoot",
        "AnotherOwner",
        "Corrupt(CursorAlignment)",
        "Corrupt(CursorRange)",
        "Full",
        "Incompatible",
        "NotARing",
        "Ring",
    ];
    assert_eq!(verdicts.iter().map(|verdict| &verdict[..]).collect::<Vec<_>>(), expected);
}

/// Runs every input of the corpus, and tells each that fails.
fn replay(target: &str, run: fn(&[u8])) {
    let inputs = inputs(target);
    assert!(inputs.len() >= FEWEST, "only {} inputs", inputs.len());
    let fails = |path: &PathBuf| {
        let input = fs::read(path).expect("it can be read");
        panic::catch_unwind(|| run(&input)).is_err()
    };
    let failed: Vec<PathBuf> = inputs.into_iter().filter(fails).collect();
    assert!(failed.is_empty(), "inputs that fail: {failed:?}");
}

/// The corpus of a target, by name.
fn inputs(target: &str) -> Vec<PathBuf> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let entries = fs::read_dir(&corpus).expect("the corpus is checked in");
    let mut inputs: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be listed").path()).collect();
    inputs.sort();
    inputs
}
