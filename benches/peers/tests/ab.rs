//! `ab`, as it is run: this program beside itself, and beside programs that are no build of it.

use std::process::{Command, Output};

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ipc_ring_peers");

fn ab(with: &str, arguments: &[&str]) -> Output {
    let few = ["ab", "--rounds", "2", "--seconds", "0.001", "--with", with];
    Command::new(PROGRAM).args(few).args(arguments).output().expect("it starts")
}

#[test]
fn every_way_to_pass_messages_can_be_measured_beside_another_build() {
    let ways: [&[&str]; 8] = [
        &["--size", "8,256", "--capacity", "64KiB,1MiB"],
        &["--batch", "16"],
        &["--in-place", "--capacity", "1MiB"],
        &["--in-place", "--batch", "7", "--capacity", "1MiB"],
        &["--pingpong", "--peer", "ours-spin", "--capacity", "64KiB"],
        &["--buffers", "16", "--capacity", "1MiB"],
        &["--opaque", "--capacity", "1MiB"],
        &["--peer", "rtrb", "--capacity", "1MiB"],
    ];
    for way in ways {
        let output = ab(PROGRAM, &[way, &["--json"]].concat());
        assert!(output.status.success(), "{way:?}: {}", String::from_utf8_lossy(&output.stderr));
        let lines = String::from_utf8(output.stdout).expect("text");
        assert_eq!(lines.lines().count(), if way.len() == 4 && way[0] == "--size" { 4 } else { 1 }, "{way:?}");
        for line in lines.lines() {
            let told: Value = serde_json::from_str(line).expect("JSON");
            let pairs = told["pairs"].as_array().expect("pairs");
            assert_eq!(pairs.len(), 2, "{line}");
            for number in pairs.iter().flat_map(|pair| ["figures", "lines"].map(|key| &pair[key])) {
                let positive = |number: &Value| number.as_f64().is_some_and(|number| number > 0.0);
                assert!(number.as_array().is_some_and(|all| all.iter().all(positive)), "{line}");
            }
        }
    }
}

#[test]
fn two_builds_that_are_one_are_said_to_be() {
    let output = ab(PROGRAM, &["--size", "64", "--capacity", "64KiB"]);
    let said = String::from_utf8(output.stdout).expect("text");
    assert!(said.starts_with("Both are the same program") && said.contains("| this ÷ other |"), "{said}");
}

#[test]
fn a_program_that_is_no_build_of_this_one_ends_the_run() {
    for program in ["/bin/true", "/nonexistent"] {
        let output = ab(program, &[]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.starts_with("error: "), "{said}");
    }
}
