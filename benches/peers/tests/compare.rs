//! `compare`, as it is run: every peer passes every message in every scenario that it takes part in, and nothing is
//! left behind. How fast that is nobody asks here.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use nix::sys::signal::{kill, Signal};
use nix::unistd::Pid;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ipc_ring_peers");

/// Failures that are the peers' own: each is looked for, so that one which was mended is noticed. The last is how what
/// they say begins.
const KNOWN: &[(&str, &str, &str)] = &[
    // Its pop reads the slot before it looks whether there is something in it.
    ("pingpong", "que", "message "),
    // Its push takes a reader that does not read for one that has died.
    ("idle", "ipc_ring-0.2.1", "peer likely crashed"),
];

/// What may happen to a peer and need not.
const POSSIBLE: &[(&str, &str)] = &[("que", "message ")];

fn compare(arguments: &[&str]) -> Value {
    let mut command = Command::new(PROGRAM);
    command.args(["compare", "--json", "--messages", "500", "--up-to", "1MiB"]);
    let output = command.args(["--idle-seconds", "0.2"]).args(arguments).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn names(of: &str) -> BTreeSet<String> {
    let output = Command::new(PROGRAM).arg("list").output().expect("it starts");
    let listed = String::from_utf8(output.stdout).expect("text");
    let lines = listed.lines().skip_while(|line| *line != of).skip(1).take_while(|line| !line.is_empty());
    lines.filter_map(|line| line.split_whitespace().next()).map(String::from).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

fn array(value: &Value) -> &Vec<Value> {
    value.as_array().expect("an array")
}

#[test]
fn every_peer_passes_every_message_in_every_scenario_that_it_takes_part_in() {
    let report = compare(&["--rounds", "1"]);
    let (mut scenarios, mut peers, mut known) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let rows = array(&report["scenarios"]).iter().flat_map(|at| array(&at["rows"]).iter().map(move |row| (at, row)));
    for (name, peer, row) in rows.map(|(at, row)| (text(&at["scenario"]), text(&row["peer"]), row)) {
        scenarios.insert(name.to_string());
        peers.insert(peer.to_string());
        let (samples, failures) = (array(&row["samples"]), array(&row["failures"]));
        for failure in failures.iter().map(text) {
            let is_it =
                |(at, who, said): &&(&str, &str, &str)| (*at, *who) == (name, peer) && failure.starts_with(said);
            let known_one = KNOWN.iter().find(is_it);
            known.extend(known_one);
            let is_possible = POSSIBLE.iter().any(|(who, said)| *who == peer && failure.starts_with(said));
            assert!(known_one.is_some() || is_possible, "{peer} in {name}: {failure}");
        }
        assert_eq!(samples.len() + failures.len(), 1, "{peer} in {name}");
        for sample in samples.iter().filter(|_| name != "idle") {
            let [passed, counted] = ["passed", "counted"].map(|key| sample[key].as_u64().expect("a number"));
            assert!(passed >= 500 && counted > 0 && counted <= passed, "{peer} in {name}: {sample}");
            let line = array(&sample["line"]).iter().map(|line| line.as_f64().expect("nanoseconds"));
            assert!(line.filter(|line| *line > 0.0).count() == 2, "{peer} in {name}: {sample}");
        }
    }
    assert_eq!((scenarios, peers), (names("Scenarios:"), names("Peers:")));
    assert_eq!(known, KNOWN.iter().collect(), "a known failure did not show: mended?");
    assert!(!array(&report["goals"]).is_empty());
}

#[test]
fn a_run_leaves_nothing_behind_however_it_ends() {
    let left = |of: u32| {
        let files = std::fs::read_dir("/dev/shm").expect("shared memory").flatten();
        let owned_by = |name: &str| name.starts_with("ipc_ring_peers.") && name.contains(&format!(".{of}."));
        files.filter(|file| file.file_name().to_str().is_some_and(owned_by)).count()
    };
    let directory = tempfile::tempdir().expect("a directory");
    let start = |seconds: &str| {
        let mut command = Command::new(PROGRAM);
        command.args(["compare", "--scenarios", "idle", "--idle-seconds", seconds, "--markdown"]);
        command.arg(directory.path().join("report.md")).stdout(std::process::Stdio::null()).spawn().expect("it starts")
    };
    let mut whole = start("0.1");
    assert!(whole.wait().expect("it ends").success());
    assert_eq!(left(whole.id()), 0);

    let mut interrupted = start("3600");
    while left(interrupted.id()) == 0 {
        std::thread::yield_now();
    }
    kill(Pid::from_raw(interrupted.id() as i32), Signal::SIGINT).expect("it lives");
    assert!(!interrupted.wait().expect("it ends").success());
    assert_eq!(left(interrupted.id()), 0);
}

#[test]
fn a_round_that_takes_too_long_is_given_up_and_said_to_be() {
    let report = compare(&["--rounds", "2", "--scenarios", "64B", "--peers", "shaq,rtrb", "--deadline", "0.001"]);
    let rows = array(&report["scenarios"][0]["rows"]);
    assert!(rows.len() > 2);
    for row in rows {
        assert_eq!(row["samples"], Value::Array(Vec::new()));
        let failures: Vec<_> = array(&row["failures"]).iter().map(text).collect();
        assert_eq!(failures, ["not done after 1ms, and killed"; 2], "{}", row["peer"]);
    }
    let measured: Vec<_> = array(&report["goals"]).iter().map(|goal| &goal["margin"]).collect();
    assert_eq!(measured, [&Value::Null; 2]);
}

#[test]
fn what_is_not_there_is_not_measured() {
    let all = [
        ["--scenarios", "256C"],
        ["--peers", "quay"],
        ["--seconds", "0"],
        ["--rounds", "0"],
        ["--state", "warm"],
        ["--up-to", "4"],
    ];
    for arguments in all {
        let output = Command::new(PROGRAM).arg("compare").args(arguments).output().expect("it starts");
        assert!(!output.status.success() && output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_document_is_written_and_shows_the_pictures_beside_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let (document, pictures) = (directory.path().join("a.md"), directory.path().join("new/plots"));
    let path = |path: &Path| path.to_str().expect("text").to_string();
    let (document_path, pictures_path) = (path(&document), path(&pictures));
    let files = ["--rounds", "2", "--markdown", &document_path, "--plots", &pictures_path];
    compare(&[&["--scenarios", "64B,pingpong", "--peers", "rtrb"], &files[..]].concat());
    let document = std::fs::read_to_string(document).expect("a document");
    for part in [
        "## goals",
        "## 64B",
        "| rtrb, 1 MiB |",
        "\nStates of this run: ",
        "\nState of the machine: *",
        "compare --json --messages 500 --up-to 1MiB",
    ] {
        assert!(document.contains(part), "{part} in {document}");
    }
    for (scenario, unit) in [("64B", "64B: M messages/s (more is"), ("pingpong", "pingpong: median, ns (less is")] {
        assert!(document.contains(&format!("![{scenario}](new/plots/{scenario}.svg)")), "{document}");
        let picture = std::fs::read_to_string(pictures.join(scenario).with_extension("svg")).expect("a picture");
        assert!(picture.starts_with("<svg"), "{picture}");
        for text in [unit, "ours", "rtrb"] {
            assert!(picture.contains(text), "{text} in {picture}");
        }
    }
}
