//! What is refused, and whether the user learns what to do instead.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use ipc_ring::{FenceMode, RingView, SideState};

use crate::arguments;
use crate::tool::{ring, Input, Place, Run};
use crate::until::until;

/// Asserts that these arguments are refused with this exit status and all of these words.
fn assert_refused(arguments: &[std::ffi::OsString], status: i32, words: &[&str]) {
    let ended = ring(arguments);
    assert_eq!(ended.status.code(), Some(status), "{arguments:?}: {ended:?}");
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
    assert_refused(arguments!["top", place.ring(), "--interval", "often"], 2, &["--interval", "500ms"]);
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

#[test]
fn a_place_where_no_ring_can_be_is_refused() {
    let place = Place::new();
    let nowhere = place.path("none").join("ring");
    assert_refused(arguments!["send", nowhere], 1, &["cannot create", "a directory that exists"]);
    assert_refused(arguments!["recv", nowhere], 1, &["there is no directory", "a directory that exists"]);
    let foreign = place.file("foreign", "somebody else's");
    assert_refused(arguments!["send", foreign], 3, &["is no ring"]);
    assert_refused(arguments!["recv", foreign], 3, &["is no ring"]);
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
    assert_eq!(ring(arguments!["recv", place.ring(), "--any-owner", "--remove"]).expect(), b"one\none\n");
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
        ring doctor on
        ring recv on/ring --any-filesystem --remove
        ring doctor on --any-filesystem
    "#;
    let place = Place::new();
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", SCRIPT, "sh"]).arg(place.directory());
    let done = command.env("RING", env!("CARGO_BIN_EXE_ring")).output();
    let said = done.map(|done| String::from_utf8_lossy(&done.stdout).into_owned()).unwrap_or_default();
    if !said.contains("> send") {
        return std::io::stderr().write_all(b"NOT RUN: rings on btrfs: it cannot be made or mounted\n").unwrap();
    }
    let runs: Vec<(&str, &str)> = said.split("> ").skip(1).filter_map(|run| run.split_once('\n')).collect();
    for run in &runs {
        let (commanded, printed) = *run;
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
    assert_eq!(runs.len(), 8, "{said}");
}

#[test]
fn a_second_sender_and_a_second_receiver_are_refused() {
    let place = Place::new();
    let _sender = Run::start(arguments!["send", place.ring()], Input::Pipe);
    let _receiver = Run::start(arguments!["recv", place.ring()], Input::Nothing);
    until("both are there", || (place.ring().exists() && place.seen().reader.epoch == 1).then_some(()));
    assert_refused(arguments!["send", place.ring()], 3, &["has a writer already", "a ring for each"]);
    assert_refused(arguments!["recv", place.ring()], 3, &["has a reader already", "a ring for each"]);
}
