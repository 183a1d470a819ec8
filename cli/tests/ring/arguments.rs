//! What is refused, and whether the user learns what to do instead.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use ipc_ring::{FenceMode, RingView, SideState};
use ipc_ring_reference::wait_until;

use crate::arguments;
use crate::tool::{receive, ring, text_of, Input, Place, Run};

/// Asserts that these arguments are refused with this exit status and all of these words.
fn assert_refused(arguments: &[std::ffi::OsString], status: i32, words: &[&str]) {
    let ended = ring(arguments).fails(status, &[]);
    assert!(ended.stdout.is_empty() && ended.stderr.starts_with("error: "), "{arguments:?}: {ended:?}");
    for word in words {
        assert!(ended.stderr.contains(word), "{arguments:?} lack {word:?}: {ended:?}");
    }
}

#[test]
fn sizes_that_cannot_be_are_refused_with_some_that_can() {
    let place = Place::new();
    let send = |option, value| arguments!["send", place.ring(), option, value].to_vec();
    assert_refused(&send("--capacity", "1000"), 2, &["--capacity", "power of two", "1024"]);
    assert_refused(&send("--capacity", "64MB"), 2, &["--capacity", "64M"]);
    assert_refused(&send("--capacity", "4G"), 2, &["power of two from 64 to 2147483648"]);
    assert_refused(&send("--block-size", "0"), 2, &["--block-size", "pass 1 or more"]);
    assert_refused(&send("--block-size", "1.5K"), 2, &["--block-size", "4096"]);
    assert_refused(&send("--block-size", "16M"), 2, &["--block-size of 4194288 or less", "--capacity"]);
    assert!(!place.ring().exists(), "nothing was made");
    let top = |interval| arguments!["top", place.ring(), "--count", "1", "--interval", interval].to_vec();
    assert_refused(&top("often"), 2, &["--interval", "with its unit", "500ms"]);
    for interval in ["1", "250", "1.5"] {
        let (seconds, milliseconds) = (format!(" {interval}s "), format!(" {interval}ms "));
        assert_refused(&top(interval), 2, &["--interval", "the unit is missing", &seconds, &milliseconds]);
    }
    assert_refused(&top("1ms"), 2, &["--interval", "10ms or more"]);
    // What it says can be passed.
    for interval in ["1s", "1000ms", "1.5s"] {
        ring(&top(interval)).expect();
    }
    assert_refused(&send("--capacity", "1"), 2, &["--capacity", "1 byte;"]);
    assert_refused(arguments!["recv", place.ring(), "--count", "0"], 2, &["--count", "pass 1 or more"]);
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    let place = Place::new();
    for options in [
        arguments!["send", place.ring(), "--frames", "--block-size", "4"],
        arguments!["recv", place.ring(), "--frames", "--raw"],
        arguments!["recv", place.ring(), "--follow", "--remove"],
        arguments!["recv", place.ring(), "--count", "3", "--remove"],
        arguments!["recv", place.ring(), "--capacity", "4096"],
        arguments!["send"],
        arguments!["top"],
        arguments!["nothing"],
    ] {
        assert_refused(options, 2, &["--help"]);
    }
}

/// What is written would go into the ring's file, and what is read would come from it.
#[test]
fn a_ring_that_is_the_input_or_the_output_itself_is_refused() {
    let place = Place::new();
    let file = place.file("input", "one\ntwo\n");
    ring(arguments!["send", place.ring(), file]).expect();
    fs::hard_link(place.ring(), place.path("link")).unwrap();
    let before = fs::read(place.ring()).unwrap();
    for (script, words) in [
        ("recv ring >> ring", "the output is the ring ring itself"),
        ("recv ring --remove >> ring", "the output is the ring"),
        ("recv ring 1<> ring", "the output is the ring"),
        ("recv ring --any-owner >> link", "the output is the ring"),
        ("recv link --any-owner >> ring", "the output is the ring"),
        ("recv ring 3>> ring >> /dev/fd/3", "the output is the ring"),
        ("peek ring >> ring", "the output is the ring"),
        ("stat ring --json >> ring", "the output is the ring"),
        ("top ring --count 1 >> ring", "the output is the ring"),
        ("top none ring --count 1 >> ring", "the output is the ring"),
        ("doctor ring >> ring", "the output is the ring"),
        ("doctor . >> ring", "the output is the ring"),
        ("doctor . --json >> link", "the output is the ring"),
        ("send ring ring", "the input is the ring"),
        ("send ring link --any-owner", "the input is the ring"),
        ("send ring < ring", "the input is the ring"),
        ("send ring - < link", "the input is the ring"),
        ("send ring /dev/stdin < ring", "the input is the ring"),
        ("send ring /dev/fd/3 3< ring", "the input is the ring"),
        // Where errors go as well, and so nothing is said.
        ("recv ring --frames 2>> ring", ""),
        ("recv ring --count 1 --progress 2>> link", ""),
        ("send ring input --progress 2>> ring", ""),
        ("stat ring 2>> ring", ""),
        ("rm none ring 2>> ring", ""),
    ] {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("cd \"$1\" && exec \"$0\" {script}"), env!("CARGO_BIN_EXE_ring")]);
        let done = shell.arg(place.directory()).stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{script}: {done:?}");
        assert!(said.contains(words) && done.stdout.is_empty(), "{script}: {done:?}");
        assert!(fs::read(place.ring()).unwrap() == before, "{script}: nobody has touched it");
    }
    fs::remove_file(place.path("link")).unwrap();
    assert_eq!(receive(&place), b"one\ntwo\n");
    // A file in the same directory is no ring.
    let mut shell = Command::new("sh");
    shell.args(["-c", "\"$0\" doctor \"$1\" --all > \"$1\"/told", env!("CARGO_BIN_EXE_ring")]);
    assert!(shell.arg(place.directory()).status().unwrap().success());
    assert!(fs::read_to_string(place.path("told")).unwrap().contains("foreign "));
}

/// What a script that mounts commanded, and what was printed; nothing, where it cannot mount.
fn runs_among_mounts_of_its_own(place: &Place, script: &str) -> Option<Vec<(String, String)>> {
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", script, "sh"]).arg(place.directory());
    let done = command.env("RING", env!("CARGO_BIN_EXE_ring")).output().ok()?;
    let said = String::from_utf8_lossy(&done.stdout);
    let runs = said.split("> ").skip(1).filter_map(|run| run.split_once('\n'));
    let runs: Vec<_> = runs.map(|(commanded, printed)| (commanded.to_string(), printed.to_string())).collect();
    runs.iter().any(|(commanded, _)| commanded.starts_with("send")).then_some(runs)
}

fn not_run(why: &str) {
    std::io::stderr().write_all(format!("NOT RUN: {why}\n").as_bytes()).unwrap();
    // which no harness holds back
}

/// In a directory that is read-only for one program alone.
#[test]
fn where_nothing_may_be_written_it_is_said_what_to_do() {
    const SCRIPT: &str = r#"
        cd "$1" && mkdir on && mount -t tmpfs tmpfs on || { echo "no mount"; exit; }
        "$RING" send on/ring < input && mount -o remount,ro on || { echo "no mount"; exit; }
        ring() { echo "> $*"; "$RING" "$@" 2>&1; echo "= $?"; }
        ring send on/new < input
        ring send on/ring < input
        ring recv on/ring
        ring rm on/ring
        ring man on/pages
        ring peek on/ring
        ring stat on/ring
        ring doctor on
    "#;
    let place = Place::new();
    place.file("input", "one\n");
    let Some(runs) = runs_among_mounts_of_its_own(&place, SCRIPT) else {
        return not_run("rings that may be read alone: nothing can be mounted");
    };
    assert_eq!(runs.len(), 8, "{runs:?}");
    for (commanded, printed) in &runs[..5] {
        assert!(printed.contains("mount it for writing") && printed.ends_with("= 1\n"), "{commanded}: {printed}");
    }
    for (commanded, printed) in &runs[5..] {
        assert!(printed.ends_with("= 0\n"), "{commanded}: {printed}");
    }
}

#[test]
fn help_is_a_command_too() {
    let help = |arguments: &[&str]| text_of(arguments);
    assert_eq!(help(&["help"]), help(&["--help"]));
    for command in ["send", "recv", "stat", "top", "doctor", "peek", "rm", "completions", "man"] {
        assert_eq!(help(&["help", command]), help(&[command, "--help"]), "{command}");
    }
    assert_refused(arguments!["help", "nothing"], 2, &["nothing"]);
}

#[test]
fn a_place_where_no_ring_can_be_is_refused() {
    let place = Place::new();
    let nowhere = place.path("none").join("ring");
    assert_refused(arguments!["send", nowhere], 1, &["cannot create", "a directory that exists"]);
    assert_refused(arguments!["recv", nowhere], 1, &["there is no directory", "a directory that exists"]);
    let foreign = place.file("foreign", "somebody else's");
    assert_refused(arguments!["send", foreign], 3, &["is not a ring"]);
    assert_refused(arguments!["recv", foreign], 3, &["is not a ring"]);
    assert_refused(arguments!["send", place.ring(), place.path("none")], 1, &["cannot read"]);
    assert_refused(arguments!["send", place.ring(), place.directory()], 1, &["cannot read", "directory"]);
    assert!(!place.ring().exists(), "nothing is made for an input that is not there");
}

#[test]
fn a_ring_is_left_as_it_is_by_what_asks_for_another() {
    let place = Place::new();
    let file = place.file("input", "one\n");
    ring(arguments!["send", place.ring(), file, "--capacity", "4096"]).expect();
    ring(arguments!["send", place.ring(), file, "--capacity", "4K"]).expect();
    let refusal = ["has a capacity of 4096 bytes", "leave --capacity out", "ring rm"];
    assert_refused(arguments!["send", place.ring(), file, "--capacity", "8192"], 2, &refusal);
    let fences = |mode: &str| arguments!["send", place.ring(), file, "--fences", mode].to_vec();
    let other = match RingView::open(place.ring()).unwrap().fence_mode() {
        FenceMode::Asymmetric => "symmetric",
        FenceMode::Symmetric => "asymmetric",
    };
    assert_refused(&fences(other), 2, &["has other fences", "leave --fences out", "ring rm"]);
    assert_refused(&fences("both"), 2, &["--fences", "asymmetric, symmetric"]);
    let refusal = ["--block-size of 4080 or less"];
    assert_refused(arguments!["send", place.ring(), file, "--block-size", "4081"], 2, &refusal);
    let seen = place.seen();
    assert_eq!((seen.writer.state, seen.writer.epoch, seen.used_bytes), (SideState::Closed, 2, 48));
}

#[test]
fn rings_of_others_are_refused_with_how_to_trust_them() {
    let place = Place::new();
    let file = place.file("input", "one\n");
    ring(arguments!["send", place.ring(), file]).expect();
    fs::set_permissions(place.ring(), fs::Permissions::from_mode(0o666)).unwrap();
    for command in ["stat", "peek", "recv", "send", "rm"] {
        assert_refused(arguments![command, place.ring()], 3, &["anyone may write to it", "--any-owner"]);
    }
    ring(arguments!["send", place.ring(), file, "--any-owner"]).expect();
    assert_eq!(ring(arguments!["recv", place.ring(), "--any-owner"]).expect(), b"one\n");
    assert_eq!(ring(arguments!["recv", place.ring(), "--any-owner", "--remove"]).expect(), b"one\n");
    assert!(!place.ring().exists());
}

/// In a directory that is on btrfs for one program alone.
#[test]
fn rings_on_filesystems_that_do_not_keep_them_are_refused_with_how_to_have_them_there() {
    const SCRIPT: &str = r#"
        cd "$1" && truncate --size 512M image && PATH=$PATH:/usr/sbin:/sbin mkfs.btrfs --quiet image && mkdir on &&
            mount -o loop image on || { echo "no btrfs"; exit; }
        ring() { echo "> $*"; "$RING" "$@" < /dev/null 2>&1; echo "= $?"; }
        ring send on/ring
        ring send on/ring --any-filesystem
        for command in stat recv rm; do ring $command on/ring; done
        echo something else > on/another
        ring doctor on --all
        ring recv on/ring --any-filesystem --remove
        ring doctor on --any-filesystem
    "#;
    let place = Place::new();
    let Some(runs) = runs_among_mounts_of_its_own(&place, SCRIPT) else {
        return not_run("rings on btrfs: it cannot be made or mounted");
    };
    for run in &runs {
        let (commanded, printed) = run;
        if commanded.ends_with("--any-filesystem") || commanded.ends_with("--remove") {
            assert!(printed.ends_with("= 0\n"), "{run:?}");
        } else if commanded.starts_with("doctor") {
            assert!(printed.contains("unknown   on/ring: not looked into: it is on btrfs"), "{run:?}");
            assert!(printed.contains("--any-filesystem") && printed.contains("foreign   on/another"), "{run:?}");
        } else {
            let expected = ["on btrfs", "/dev/shm", "pass --any-filesystem", "= 3"];
            assert!(expected.iter().all(|part| printed.contains(part)), "{run:?}");
        }
    }
    assert_eq!(runs.len(), 8, "{runs:?}");
}

#[test]
fn a_second_sender_and_a_second_receiver_are_refused() {
    let place = Place::new();
    let _sender = Run::start(arguments!["send", place.ring()], Input::Pipe);
    let _receiver = Run::start(arguments!["recv", place.ring()], Input::Nothing);
    wait_until("both are there", || place.ring().exists() && place.seen().reader.epoch == 1);
    assert_refused(arguments!["send", place.ring()], 3, &["has a writer already", "a ring for each"]);
    assert_refused(arguments!["recv", place.ring()], 3, &["has a reader already", "a ring for each"]);
}
