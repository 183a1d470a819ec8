//! Two users and a ring: made for a group, received by another member of it, and removed by who may.

use std::ffi::OsString;
use std::fs::{self, File, Permissions};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{chown, MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::unistd::geteuid;

use crate::arguments;
use crate::tool::{ring, with, Ended, Input, Place, Run};

/// Neither has a name, and nobody else is either.
const SENDER: u32 = 52_001;
const RECEIVER: u32 = 52_002;
const STRANGER: u32 = 52_003;

/// A group that has a name, which new files are not of anyway.
fn named_group() -> (String, u32) {
    let groups = fs::read_to_string("/etc/group").unwrap();
    let last = groups.lines().rev().find_map(|line| {
        let mut fields = line.split(':');
        Some((fields.next()?.to_string(), fields.nth(1)?.parse().ok()?))
    });
    last.unwrap()
}

/// Whether this can be tried; says so where it cannot.
fn can_be_others(test: &str) -> bool {
    if !geteuid().is_root() {
        eprintln!("NOT RUN: {test}: only root can be other users");
    }
    geteuid().is_root()
}

/// Runs `ring` to its end as this user, in this group.
fn ring_as(user: u32, group: u32, arguments: &[OsString]) -> Ended {
    // It may stand where only this user finds it.
    let program = File::open(env!("CARGO_BIN_EXE_ring")).unwrap();
    let mut command = Command::new(format!("/proc/self/fd/{}", program.as_raw_fd()));
    command.args(arguments).uid(user).gid(group).process_group(0);
    Run::start_as(command, Input::Nothing).wait()
}

/// A directory of the sender's in the group, with these permissions, and the path of a ring in it.
fn directory(place: &Place, name: &str, group: u32, mode: u32) -> PathBuf {
    fs::set_permissions(place.directory(), Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(place.path(name)).unwrap();
    chown(place.path(name), Some(SENDER), Some(group)).unwrap();
    fs::set_permissions(place.path(name), Permissions::from_mode(mode)).unwrap();
    place.path(name).join("ring")
}

/// Sends three lines into a ring for the group, as the sender.
fn send(place: &Place, ring: &Path, name: &str, group: u32) {
    let lines = place.file("lines", "one\ntwo\nthree\n");
    ring_as(SENDER, group, arguments!["send", ring, lines, "--group", name, "--mode", "0660"]).expect();
    let metadata = fs::metadata(ring).unwrap();
    assert_eq!((metadata.uid(), metadata.gid(), metadata.mode() & 0o7777), (SENDER, group, 0o660));
}

#[test]
fn a_ring_for_a_group_is_received_and_removed_by_another_member_and_by_nobody_else() {
    if !can_be_others("two users") {
        return;
    }
    let (place, (name, group)) = (Place::new(), named_group());
    let path = directory(&place, "shared", group, 0o770);
    for group_as_given in [&name, &group.to_string()] {
        send(&place, &path, group_as_given, group);
        let refused = ring_as(RECEIVER, group, arguments!["recv", path]);
        assert_eq!(refused.status.code(), Some(3), "{refused:?}");
        assert!(
            refused.stderr.contains("another user owns it") && refused.stderr.contains("--any-owner"),
            "{refused:?}"
        );
        let stranger = ring_as(STRANGER, STRANGER, arguments!["recv", path, "--any-owner"]);
        assert!(!stranger.status.success() && stranger.stdout.is_empty(), "{stranger:?}");
        let received = ring_as(RECEIVER, group, arguments!["recv", path, "--any-owner", "--remove"]);
        assert_eq!(received.expect(), b"one\ntwo\nthree\n");
        assert!(!path.exists());
    }
}

#[test]
fn who_may_not_remove_the_ring_is_told_before_anything_is_received() {
    if !can_be_others("two users") {
        return;
    }
    let (place, (name, group)) = (Place::new(), named_group());
    // As /dev/shm is; and one in which the other users may change nothing.
    for (directory_name, mode) in [("sticky", 0o1777), ("closed", 0o750)] {
        let path = directory(&place, directory_name, group, mode);
        send(&place, &path, &name, group);
        let whole = fs::read(&path).unwrap();
        let refused = ring_as(RECEIVER, group, arguments!["recv", path, "--any-owner", "--remove"]);
        assert_eq!((refused.status.code(), refused.text()), (Some(1), ""), "{refused:?}");
        let says = ["this user may not remove", "nothing was received", "leave --remove out", "ring rm"];
        assert!(says.iter().all(|text| refused.stderr.contains(text)), "{refused:?}");
        // But that a reader has come and gone.
        let page = whole.len() / 3;
        assert_eq!(fs::read(&path).unwrap()[2 * page..], whole[2 * page..]);

        let received = ring_as(RECEIVER, group, arguments!["recv", path, "--any-owner"]);
        assert_eq!(received.expect(), b"one\ntwo\nthree\n");
        assert!(path.exists());
        ring_as(SENDER, group, arguments!["rm", path]).expect();
    }
}

#[test]
fn a_group_that_the_sender_is_not_in_is_refused_and_so_is_one_that_there_is_not() {
    if !can_be_others("two users") {
        return;
    }
    let (place, (name, group)) = (Place::new(), named_group());
    let path = directory(&place, "own", group, 0o700);
    let lines = place.file("lines", "one\n");
    let refused = ring_as(SENDER, SENDER, arguments!["send", path, lines, "--group", name]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(refused.stderr.contains("--group that this process is in"), "{refused:?}");
    let unknown = ring_as(SENDER, group, arguments!["send", path, lines, "--group", "no such group"]);
    assert_eq!(unknown.status.code(), Some(2), "{unknown:?}");
    assert!(
        unknown.stderr.contains("there is no such group: pass one that exists (getent group lists them)"),
        "{unknown:?}"
    );
    for mode in ["1000", "rw", "0o660", "8"] {
        let unknown = ring_as(SENDER, group, arguments!["send", path, lines, "--mode", mode]);
        assert_eq!(unknown.status.code(), Some(2), "{unknown:?}");
        assert!(unknown.stderr.contains("in octal"), "{unknown:?}");
    }
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 0);
}

#[test]
fn a_ring_that_is_there_has_the_permissions_and_the_group_that_are_asked_for() {
    let place = Place::new();
    let lines = place.file("lines", "one\n");
    let send = |options: &[&str]| {
        let arguments = with(arguments!["send", place.ring(), lines], options);
        ring(&arguments)
    };
    send(&["--mode", "640"]).expect();
    assert_eq!(fs::metadata(place.ring()).unwrap().mode() & 0o7777, 0o640);
    let own = fs::metadata(place.ring()).unwrap().gid();
    send(&["--mode", "0640", "--group", &own.to_string()]).expect();
    for (options, advice) in [
        (&["--mode", "0660"][..], "has the permissions 0640, not 0660: leave --mode out, or change them (chmod 0660 "),
        (&["--group", "4242"], "not 4242: leave --group out, or change it (chgrp 4242 "),
    ] {
        let refused = send(options);
        assert_eq!(refused.status.code(), Some(2), "{refused:?}");
        assert!(refused.stderr.contains(advice), "{refused:?}");
    }
    assert_eq!(place.seen().writer.message_count, Ok(2));
}
