//! Pipelines that stand still for good are said to be stuck, each in its way and with what to do about it; slow and
//! idle ones are not.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;

use ipc_ring::{RingReader, RingView, SideState};
use ipc_ring_reference::{until, wait_until};
use nix::sys::signal::Signal;
use serde_json::{json, Value};

use crate::arguments;
use crate::tool::{full_pipe, json_of, receive, ring, text_of, until_blocked, Input, Place, Run};

/// How long is looked: less than by default, so that nobody waits for it.
const LOOK: &str = "200ms";

/// A sender that has filled the ring, and waits for space.
fn blocked_sender(place: &Place) -> Run {
    let lines = place.file("lines", "line\n".repeat(1000));
    let sender = Run::start(arguments!["send", place.ring(), lines, "--capacity", "128"], Input::Nothing);
    until_blocked(place);
    sender
}

/// A receiver that goes on whatever becomes of its senders, has received all there was, and waits for more.
fn waiting_receiver(place: &Place) -> Run {
    let receiver = Run::start(arguments!["recv", place.ring(), "--follow"], Input::Nothing);
    until("it waits", || {
        let seen = RingView::open(place.ring()).ok()?.snapshot();
        (seen.reader.awaits.is_some() && seen.used_bytes == 0).then_some(())
    });
    receiver
}

/// What the doctor finds, once its verdict is this one: a machine that is busy may keep a side from its naps.
fn found(path: &Path, verdict: &str, status: i32) -> Value {
    until(&format!("the doctor calls it {verdict}"), || {
        let ended = ring(arguments!["doctor", path, "--json", "--look", LOOK]);
        let finding: Value = serde_json::from_slice(&ended.stdout).unwrap();
        (finding["verdict"] == verdict && ended.status.code() == Some(status)).then_some(finding)
    })
}

/// Asserts that doctor, stat and top call the ring stuck, and that the doctor has this advice.
fn assert_stuck(place: &Place, waiting: &str, peer: &str, says: &str, advice: &str) {
    let path = place.ring();
    let finding = found(&path, "stuck", 3);
    let text = |name: &str| finding[name].as_str().unwrap().replace(path.to_str().unwrap(), "R");
    assert!(text("found").contains(says), "{finding}");
    assert!(text("found").starts_with(&format!("its {waiting} waits for ")), "{finding}");
    assert!(text("remedy").contains(advice), "{finding}");
    assert_eq!((&finding["stuck"]["waiting"], &finding["stuck"]["peer"]), (&json!(waiting), &json!(peer)));
    assert!(finding["stuck"]["waiting_ns"].as_u64() > Some(0), "{finding}");

    until("stat says so", || {
        let seen = json_of(arguments!["stat", path, "--json", "--look", LOOK]);
        (seen["state"] == "stuck" && seen["stuck"]["peer"] == peer && seen["stuck"]["waiting"] == waiting).then_some(())
    });
    until("stat says so in words", || {
        let text = text_of(arguments!["stat", path, "--look", LOOK]);
        (text.contains(": stuck: its ") && text.contains(says)).then_some(())
    });
    until("top says so", || {
        let top = ring(arguments!["top", path, "--interval", "50ms", "--count", "8", "--look", LOOK]).expect();
        let top = String::from_utf8(top).unwrap();
        let states: Vec<&str> = top.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
        assert_eq!(states[1], "live", "nothing is known at the first look: {top}");
        (*states.last().unwrap() == "stuck").then_some(())
    });
}

#[test]
fn a_sender_that_waits_for_nobody_is_stuck_and_the_doctors_advice_helps() {
    let place = Place::new();
    let sender = blocked_sender(&place);
    assert_stuck(&place, "writer", "absent", "no reader has ever attached", "start a reader (ring recv R)");
    ring(arguments!["recv", place.ring(), "--count", "3"]).expect();
    until_blocked(&place);
    assert_stuck(&place, "writer", "closed", "its reader has left the ring", "start a reader (ring recv R)");
    receive(&place);
    sender.wait().expect();
}

#[test]
fn a_sender_whose_receiver_was_killed_is_stuck() {
    let place = Place::new();
    let sender = blocked_sender(&place);
    let stdout = full_pipe();
    let mut command = crate::tool::command(arguments!["recv", place.ring()]);
    let mut receiver = command.stdout(stdout.1).spawn().unwrap();
    wait_until("it has the ring", || place.seen().reader.state == SideState::Attached);
    // Its output is full: it is alive, and takes nothing.
    let finding = until("the doctor has seen the writer wait for long", || {
        let finding = found(&place.ring(), "live", 0);
        finding["found"].as_str().unwrap().contains(", its writer has waited for space for ").then_some(finding)
    });
    assert!(finding.get("stuck").is_none(), "{finding}");
    receiver.kill().unwrap();
    receiver.wait().unwrap();
    assert_stuck(&place, "writer", "died", "its reader died", "start the reader again (ring recv R)");
    drop(stdout.0);
    receive(&place);
    sender.wait().expect();
}

#[test]
fn a_receiver_that_follows_is_stuck_where_its_sender_was_killed_and_not_where_that_is_idle_or_done() {
    let place = Place::new();
    let mut sender = Run::start(arguments!["send", place.ring(), "--capacity", "4096"], Input::Pipe);
    sender.stdin().write_all(b"line\n").unwrap();
    let receiver = waiting_receiver(&place);
    assert!(found(&place.ring(), "live", 0).get("stuck").is_none());
    sender.finish();
    wait_until("the end is known", || place.seen().writer.state == SideState::Closed);
    assert!(found(&place.ring(), "live", 0).get("stuck").is_none(), "the next sender may come tomorrow");

    let mut sender = Run::start(arguments!["send", place.ring()], Input::Pipe);
    sender.stdin().write_all(b"another\n").unwrap();
    wait_until("it has come", || receiver.stdout() == b"line\nanother\n");
    sender.kill();
    assert_stuck(&place, "reader", "died", "its writer died", "start the writer again (ring send R,");
}

#[cfg(target_os = "linux")]
#[test]
fn a_side_that_is_stopped_is_told_from_one_that_is_slow_and_can_be_woken() {
    let place = Place::new();
    let sender = blocked_sender(&place);
    // As slow as can be: it takes a message, and then nothing.
    let mut slow = RingReader::open(place.ring()).unwrap();
    slow.pop(&mut Vec::new(), None).unwrap();
    until_blocked(&place);
    assert_eq!(found(&place.ring(), "live", 0)["verdict"], "live");
    drop(slow);

    let (mut pipe, full, _) = full_pipe();
    let mut command = crate::tool::command(arguments!["recv", place.ring()]);
    let mut receiver = command.stdout(full).spawn().unwrap();
    drop(command);
    wait_until("it has the ring", || place.seen().reader.state == SideState::Attached);
    let signal = |signal| nix::sys::signal::kill(nix::unistd::Pid::from_raw(receiver.id() as i32), signal).unwrap();
    signal(Signal::SIGSTOP);
    let advice =
        "continue the reader (fuser R names it, kill -CONT continues it), or kill it and start it again (ring recv R)";
    assert_stuck(&place, "writer", "stopped", "its reader is stopped", advice);
    signal(Signal::SIGCONT);
    found(&place.ring(), "live", 0);
    let drained = std::thread::spawn(move || std::io::copy(&mut pipe, &mut std::io::sink()));
    sender.wait().expect();
    assert!(until("it ends", || receiver.try_wait().unwrap()).success());
    drained.join().unwrap().unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn a_receiver_whose_sender_is_stopped_is_stuck() {
    let place = Place::new();
    let mut sender = Run::start(arguments!["send", place.ring(), "--capacity", "4096"], Input::Pipe);
    sender.stdin().write_all(b"line\n").unwrap();
    let receiver = waiting_receiver(&place);
    sender.signal(Signal::SIGSTOP);
    let advice =
        "continue the writer (fuser R names it, kill -CONT continues it), or kill it and start it again (ring send R)";
    assert_stuck(&place, "reader", "stopped", "its writer is stopped", advice);
    sender.signal(Signal::SIGCONT);
    found(&place.ring(), "live", 0);
    sender.finish();
    receiver.kill();
}

/// One after the other they would take longer than anything may.
#[test]
fn all_that_may_be_stuck_are_looked_at_together() {
    let place = Place::new();
    let lines = place.file("lines", "line\n".repeat(100));
    let directory = place.path("rings");
    std::fs::create_dir(&directory).unwrap();
    let rings: Vec<_> = (0..25).map(|number| directory.join(number.to_string())).collect();
    let senders: Vec<_> = rings
        .iter()
        .map(|ring| Run::start(arguments!["send", ring, lines, "--capacity", "64"], Input::Nothing))
        .collect();
    until("all wait", || {
        let waits = |ring| RingView::open(ring).is_ok_and(|view| view.snapshot().writer.awaits.is_some());
        rings.iter().all(waits).then_some(())
    });
    let ended = ring(arguments!["doctor", directory, "--look", "3s"]);
    assert_eq!((ended.status.code(), ended.text().matches("stuck     ").count()), (Some(3), 25), "{ended:?}");
    drop(senders);
}

/// Returns the keys that a list of JSON in a manual page has.
fn listed_keys(list: &str) -> BTreeSet<&str> {
    let heads = list.lines().filter_map(|line| line.strip_prefix(".It Va "));
    heads.flat_map(|head| head.split(" , ")).collect()
}

/// Returns the keys of an object.
fn keys(object: &Value) -> BTreeSet<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_manual_pages_list_the_keys_of_json_and_no_others() {
    let read = |name: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("man").join(name)).unwrap();
    let json = |page: &str| page.split(".Sh JSON\n").nth(1).unwrap().split("\n.Sh ").next().unwrap().to_string();
    let (doctor, stat) = (json(&read("ring-doctor.1")), json(&read("ring-stat.1")));
    let place = Place::new();
    let _sender = blocked_sender(&place);
    let finding = found(&place.ring(), "stuck", 3);
    let seen = json_of(arguments!["stat", place.ring(), "--json"]);
    // Only a path that is not UTF-8 has this key.
    let bytes = BTreeSet::from(["path_bytes"]);
    assert_eq!(listed_keys(&doctor), &keys(&finding) | &bytes);
    let (ring, side) = stat.split_once("Each side has:").unwrap();
    assert_eq!(listed_keys(ring), &keys(&seen) | &bytes);
    assert_eq!(listed_keys(side), keys(&seen["writer"]));
    for key in keys(&finding["stuck"]) {
        assert!(ring.contains(&format!("\n.Va {key}\n")), "ring-stat(1) lacks {key}");
    }
}
