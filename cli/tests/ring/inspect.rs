//! A look inside: `stat`, `top`, `doctor`, `peek`, and `rm`, which looks before it removes.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{symlink, FileExt};
use std::path::Path;
use std::process::Command;

use ipc_ring::{RingReader, RingWriter, SideState, Trust, TryPopError};
use ipc_ring_reference::until;
use serde_json::{json, Value};

use crate::arguments;
use crate::tool::{json_of, receive, ring, text_of, Input, Place, Run};

/// A ring that nobody holds, with two messages in it.
fn idle(path: &Path) {
    crate::tool::idle(path, &[b"one", b"two"]);
}

/// A sender that lives, and has sent a line.
fn living_sender(path: &Path) -> Run {
    let mut sender = Run::start(arguments!["send", path, "--capacity", "4096"], Input::Pipe);
    sender.stdin().write_all(b"line\n").unwrap();
    until("it is sent", || {
        let view = ipc_ring::RingView::open(path).ok()?;
        (view.snapshot().used_bytes == 16).then_some(())
    });
    sender
}

fn verdicts(output: &[u8]) -> BTreeMap<String, String> {
    let lines = std::str::from_utf8(output).unwrap().lines();
    let finding = |line: &str| {
        let finding: Value = serde_json::from_str(line).unwrap();
        let name = Path::new(finding["path"].as_str().unwrap()).file_name().unwrap();
        (name.to_str().unwrap().to_string(), finding["verdict"].as_str().unwrap().to_string())
    };
    lines.map(finding).collect()
}

#[test]
fn the_doctor_tells_the_living_the_orphaned_the_damaged_and_the_foreign_apart() {
    let place = Place::new();
    let sender = living_sender(&place.path("live"));
    living_sender(&place.path("orphaned")).kill();
    idle(&place.path("idle"));
    idle(&place.path("truncated"));
    OpenOptions::new().write(true).open(place.path("truncated")).unwrap().set_len(5000).unwrap();
    idle(&place.path("scribbled"));
    let scribbled = OpenOptions::new().write(true).open(place.path("scribbled")).unwrap();
    scribbled.write_all_at(&[0xee; 8], fs::metadata(place.path("scribbled")).unwrap().len() - 4096).unwrap();
    place.file("foreign", "a file of somebody else's, which is none of our business");
    place.file("empty", "");
    fs::create_dir(place.path("directory")).unwrap();

    let ended = ring(arguments!["doctor", place.directory(), "--json", "--all"]).fails(3, &[]);
    let expected = [
        ("empty", "foreign"),
        ("foreign", "foreign"),
        ("idle", "idle"),
        ("live", "live"),
        ("orphaned", "orphaned"),
        ("scribbled", "corrupt"),
        ("truncated", "corrupt"),
    ];
    let expected = expected.map(|(name, verdict)| (name.to_string(), verdict.to_string()));
    assert_eq!(verdicts(&ended.stdout), expected.clone().into());
    // What is no ring is told of where it was asked for, and where it was named.
    let rings = expected.into_iter().filter(|(_, verdict)| verdict != "foreign").collect();
    let ended = ring(arguments!["doctor", place.directory(), "--json"]);
    assert_eq!((ended.status.code(), verdicts(&ended.stdout)), (Some(3), rings));
    let ended = ring(arguments!["doctor", place.path("foreign")]);
    assert!(ended.status.success() && ended.text().starts_with("foreign "), "{ended:?}");

    // For people, with what to do about it.
    let ended = ring(arguments!["doctor", place.path("live"), place.path("orphaned"), place.path("truncated")]);
    let (live, orphaned, truncated) = (place.path("live"), place.path("orphaned"), place.path("truncated"));
    let (live, orphaned, truncated) = (live.display(), orphaned.display(), truncated.display());
    let expected = format!(
        "live      {live}: it has a living writer; 16 B wait; it takes 12.00 KiB\n\
         orphaned  {orphaned}: its writer died or abandoned the ring, and nobody holds it; 16 B wait; \
         it takes 12.00 KiB\n          \
         start the writer again (ring send {orphaned}, with --resume if its input begins again), \
         or give up what waits (ring rm {orphaned})\n\
         corrupt   {truncated}: it was a ring, but it is longer or shorter than its header says; \
         it takes 8.00 KiB\n          \
         nothing in it can be saved; remove it: ring rm {truncated}\n\
         3 rings take 32.00 KiB\n"
    );
    assert_eq!(ended.text(), expected);

    // What it advises helps.
    for name in ["orphaned", "truncated", "scribbled"] {
        ring(arguments!["rm", place.path(name)]).expect();
    }
    ring(arguments!["doctor", place.directory(), "--json"]).fails(0, &[]);
    sender.finish();
}

/// JSON has no other text than UTF-8.
#[cfg(target_os = "linux")]
#[test]
fn a_path_that_is_no_text_is_told_to_programs_byte_by_byte() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::{OsStrExt, OsStringExt};

    let place = Place::new();
    let name = |bytes: &[u8]| place.directory().join(OsStr::from_bytes(bytes));
    let names = [name(b"caf\xc3\xa9"), name(b"caf\xe9"), name(b"caf\xe8")];
    names.iter().for_each(|path| idle(path));
    let read = |line: &str| {
        let told: Value = serde_json::from_str(line).unwrap();
        match &told["path_bytes"] {
            Value::Null => told["path"].as_str().unwrap().into(),
            bytes => {
                let bytes: Vec<u8> = serde_json::from_value(bytes.clone()).unwrap();
                assert!(told["path"].as_str().unwrap().ends_with("caf\u{fffd}"), "{told}");
                std::path::PathBuf::from(std::ffi::OsString::from_vec(bytes))
            }
        }
    };
    let listed = ring(arguments!["doctor", place.directory(), "--json"]);
    let mut listed: Vec<_> = listed.text().lines().map(read).collect();
    listed.sort();
    let mut expected = names.to_vec();
    expected.sort();
    assert_eq!(listed, expected);
    for path in &names {
        assert_eq!(&read(ring(arguments!["stat", path, "--json"]).text()), path);
        assert_eq!(&read(ring(arguments!["doctor", path, "--json"]).text()), path);
    }
}

#[test]
fn a_file_of_another_user_is_foreign_where_it_is_no_ring_and_not_looked_into_where_it_is() {
    use std::os::unix::fs::PermissionsExt;

    let place = Place::new();
    idle(&place.ring());
    for path in [place.file("log", "anyone writes to it"), place.ring()] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o666)).unwrap();
    }
    let ended = ring(arguments!["doctor", place.directory(), "--json"]);
    assert_eq!(verdicts(&ended.stdout), [("ring".into(), "unknown".into())].into());
    let ended = ring(arguments!["doctor", place.directory(), "--json", "-a"]);
    let expected = [("log".into(), "foreign".into()), ("ring".into(), "unknown".into())];
    assert_eq!(verdicts(&ended.stdout), expected.into());
}

/// Of a ring that was made as ever all is there; a hole in it is no cost.
#[cfg(target_os = "linux")]
#[test]
fn f43_the_doctor_says_what_rings_cost() {
    use nix::fcntl::{fallocate, FallocateFlags};

    let place = Place::new();
    for (name, capacity) in [("large", 1 << 20), ("small", 4096)] {
        drop(RingWriter::create(place.path(name), capacity).unwrap());
        let popped = RingReader::open(place.path(name)).unwrap().try_pop(&mut Vec::new());
        assert_eq!(popped, Err(TryPopError::Closed), "it has come to the end of the stream");
    }
    let text = |ended: &crate::tool::Ended| ended.text().to_string();
    let all = text(&ring(arguments!["doctor", place.directory()]));
    assert!(all.contains("large: nobody holds it, and no side died; nothing waits; it takes 1.01 MiB\n"), "{all}");
    assert!(all.ends_with("2 rings take 1.02 MiB\n"), "{all}");
    let one = text(&ring(arguments!["doctor", place.path("small")]));
    assert!(one.contains("it takes 12.00 KiB") && !one.contains("rings take"), "{one}");

    let large = OpenOptions::new().write(true).open(place.path("large")).unwrap();
    let hole = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
    fallocate(&large, hole, 1 << 19, 1 << 19).unwrap();
    let all = text(&ring(arguments!["doctor", place.directory()]));
    assert!(
        all.contains("it takes 520.00 KiB of its 1.01 MiB\n") && all.ends_with("2 rings take 532.00 KiB\n"),
        "{all}"
    );

    let lines = text(&ring(arguments!["doctor", place.directory(), "--json"]));
    let costs: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |name: &str| costs.iter().map(|finding| finding[name].clone()).collect::<Vec<_>>();
    assert_eq!(of("file_bytes"), [(1 << 20) + 8192, 12288]);
    assert_eq!(of("allocated_bytes"), [(1 << 19) + 8192, 12288]);
    place.file("foreign", "no ring");
    let foreign = text(&ring(arguments!["doctor", place.path("foreign"), "--json"]));
    assert!(!foreign.contains("bytes"), "{foreign}");
}

#[test]
fn the_doctor_sees_who_died_where_the_other_side_lives() {
    let place = Place::new();
    living_sender(&place.ring()).kill();
    let _reader = RingReader::open(place.ring()).unwrap();
    let ended = ring(arguments!["doctor", place.ring()]);
    let path = place.ring();
    let path = path.display();
    let expected = format!(
        "live      {path}: it has a living reader, its writer died or abandoned the ring; 16 B wait; \
         it takes 12.00 KiB\n          \
         start the writer again (ring send {path}, with --resume if its input begins again)\n"
    );
    assert_eq!((ended.status.code(), ended.text()), (Some(0), &*expected));
}

#[test]
fn the_doctor_sees_damage_in_a_ring_that_is_in_use_and_none_in_a_link_to_a_sound_one() {
    let place = Place::new();
    let mut sender = living_sender(&place.ring());
    symlink(place.ring(), place.path("link")).unwrap();
    let verdict = |name: &str| verdicts(&ring(arguments!["doctor", place.path(name), "--json"]).stdout)[name].clone();
    assert_eq!((verdict("ring"), verdict("link")), ("live".into(), "foreign".into()));
    let file = OpenOptions::new().write(true).open(place.ring()).unwrap();
    file.write_all_at(&[0xee; 8], fs::metadata(place.ring()).unwrap().len() - 4096).unwrap();
    let ended = ring(arguments!["doctor", place.ring()]).fails(3, &[]);
    assert!(ended.text().starts_with("corrupt ") && ended.text().contains("a living writer holds it"), "{ended:?}");
    assert_eq!(ring(arguments!["recv", place.ring()]).status.code(), Some(3));
    sender.end_input();
    sender.wait();
}

#[test]
fn the_doctor_goes_on_after_what_is_not_there_and_what_it_says_can_be_removed_can_be() {
    let place = Place::new();
    // Below 16 bytes it may be anything that begins with a word.
    for (len, verdict, status) in [(12, "foreign ", 3), (16, "corrupt ", 0)] {
        idle(&place.path("short"));
        OpenOptions::new().write(true).open(place.path("short")).unwrap().set_len(len).unwrap();
        let ended =
            ring(arguments!["doctor", place.path("none"), place.path("short"), place.path("nor this")]).fails(3, &[]);
        assert!(ended.text().starts_with(verdict), "{ended:?}");
        assert_eq!(ended.stderr.matches("there is no ring at").count(), 2, "{ended:?}");
        assert_eq!(ring(arguments!["rm", place.path("short")]).status.code(), Some(status));
        let _ = fs::remove_file(place.path("short"));
    }
}

/// A ring with two messages in it that was created in another boot.
fn of_another_boot(path: &Path) {
    idle(path);
    let file = OpenOptions::new().write(true).open(path).unwrap();
    file.write_all_at(b"0123456789abcdef", ipc_ring::layout::identity::BOOT as u64).unwrap();
}

#[test]
fn a_ring_of_another_boot_is_looked_at_and_used_only_if_that_is_asked_for() {
    let place = Place::new();
    of_another_boot(&place.ring());
    let path = place.ring();
    let before = fs::read(&path).unwrap();
    for command in ["send", "recv"] {
        let ended = ring(arguments![command, path]).fails(3, &[]);
        let says = ["before the last boot", "--any-boot", "ring rm"];
        assert!(says.iter().all(|text| ended.stderr.contains(text)), "{ended:?}");
    }
    assert_eq!(ring(arguments!["peek", path]).expect(), b"one\ntwo\n");
    let text = text_of(arguments!["stat", path]);
    assert!(text.contains(", created before the last boot\n"), "{text}");
    let seen = json_of(arguments!["stat", path, "--json"]);
    assert_eq!(seen["this_boot"], json!(false));

    let ended = ring(arguments!["doctor", path]).fails(3, &[]);
    let shown = path.display();
    let expected = format!(
        "stale     {shown}: it was created before the last boot, and nobody holds it; 40 B wait; \
         it takes 12.00 KiB\n\
         {:10}\
         give up what waits (ring rm {shown}), or receive it (ring recv {shown} --any-boot), which may be damaged if \
         the system stopped without warning\n",
        ""
    );
    assert_eq!(ended.text(), expected);
    let ended = ring(arguments!["doctor", path, "--json"]);
    assert_eq!(verdicts(&ended.stdout)["ring"], "stale");
    assert!(fs::read(&path).unwrap() == before, "nobody has touched it");

    let input = place.file("input", "three\n");
    ring(arguments!["send", path, input, "--any-boot"]).expect();
    for stream in ["one\ntwo\n", "three\n"] {
        assert_eq!(ring(arguments!["recv", path, "--any-boot"]).expect(), stream.as_bytes());
    }
    let ended = ring(arguments!["doctor", path]);
    assert!(ended.text().ends_with(&format!("remove it: ring rm {shown}\n")), "{ended:?}");
    ring(arguments!["rm", path]).expect();

    // Somebody uses it: that is what matters of it.
    of_another_boot(&path);
    let mut options = ipc_ring::RingOptions::new();
    let _reader = options.trust(Trust::new().any_boot(true)).open(&path).unwrap();
    let ended = ring(arguments!["doctor", path]).fails(0, &[]);
    assert!(ended.text().contains("living reader, created before the last boot; 40 B"), "{ended:?}");
}

#[test]
fn the_doctor_says_of_a_ring_of_a_later_build_what_is_different() {
    let place = Place::new();
    idle(&place.ring());
    OpenOptions::new().write(true).open(place.ring()).unwrap().write_all_at(&[7], 1000).unwrap();
    let ended = ring(arguments!["doctor", place.ring()]).fails(0, &[]);
    assert!(ended.text().starts_with("unknown ") && ended.text().contains("7 at byte 1000"), "{ended:?}");
    assert_eq!(ring(arguments!["peek", place.ring()]).expect(), b"one\ntwo\n");
}

#[test]
fn what_the_doctor_advises_can_be_typed_whatever_the_file_is_called() {
    let place = Place::new();
    let path = place.path("it's \x1b[2J $(id)\nall");
    RingWriter::create(&path, 4096).unwrap();
    ring(arguments!["recv", path]).expect();
    let ended = ring(arguments!["doctor", place.directory()]);
    let (found, remedy) = ended.text().trim_end().split_once('\n').unwrap();
    assert!(!ended.text().contains('\x1b') && found.starts_with("idle "), "{ended:?}");
    let (_, advice) = remedy.split_once(": ring ").unwrap();
    let typed = format!("{} {advice}", env!("CARGO_BIN_EXE_ring"));
    assert!(Command::new("bash").args(["-c", &typed]).status().unwrap().success(), "{typed}");
    assert!(!path.exists());
}

#[test]
fn a_ring_in_use_is_not_removed() {
    let place = Place::new();
    let sender = living_sender(&place.ring());
    ring(arguments!["rm", place.ring()]).fails(3, &["is in use: it has a living writer"]);
    sender.finish();
    assert_eq!(place.seen().used_bytes, 24, "nothing was lost");

    // Of several, those are removed that may be.
    idle(&place.path("idle"));
    let _reader = RingReader::open(place.ring()).unwrap();
    let foreign = place.file("foreign", "somebody else's");
    let ended = ring(arguments!["rm", place.ring(), place.path("idle"), foreign, place.path("none")]).fails(3, &[]);
    assert_eq!(ended.stderr.matches("error: ").count(), 3, "{ended:?}");
    assert!(place.ring().exists() && foreign.exists() && !place.path("idle").exists());
}

#[test]
fn stat_says_in_json_what_there_is() {
    let place = Place::new();
    idle(&place.ring());
    RingWriter::attach(place.ring()).unwrap().count_dropped(3);
    let mut reader = RingReader::open(place.ring()).unwrap();
    reader.pop(&mut Vec::new(), None).unwrap();
    let mut seen = json_of(arguments!["stat", place.ring(), "--json"]);
    let fences = seen["fences"].take();
    assert!(fences == json!("symmetric") || fences == json!("asymmetric"));
    let id = seen["id"].take();
    assert_eq!(id, json!(reader.id().to_string()));
    let expected = json!({
        "path": place.ring(),
        "id": null,
        "this_boot": true,
        "state": "live",
        "stuck": null,
        "capacity": 4096,
        "used_bytes": 32,
        "free_bytes": 4064,
        "max_message_len": 4080,
        "fences": null,
        "writer": {
            "state": "closed", "position": 48, "epoch": 2, "attached": false, "closed": true, "awaits": null,
            "messages": 2, "sleeps": 0, "wakes": 0, "longest_wait_ns": 0, "waiting_ns": null,
            "dropped": 3, "repeated": 0,
        },
        "reader": {
            "state": "attached", "position": 16, "epoch": 1, "attached": true, "closed": false, "awaits": null,
            "messages": 1, "sleeps": 0, "wakes": 0, "longest_wait_ns": 0, "waiting_ns": null,
            "dropped": 0, "repeated": 0,
        },
    });
    assert_eq!(seen, expected);
}

#[test]
fn one_of_a_thing_is_no_many() {
    let place = Place::new();
    let sender = living_sender(&place.ring());
    let text = text_of(arguments!["stat", place.ring()]);
    assert!(text.contains(" 1 message, 0 sleeps, 0 wakes of the other side"), "{text}");
    assert!(text.contains(" 0 messages, 0 sleeps, 0 wakes of the other side"), "{text}");
    sender.finish();
    let ended = ring(arguments!["recv", place.ring(), "--progress"]);
    assert!(ended.stderr.starts_with("received 1 message, 4 B in "), "{ended:?}");
    let none = place.file("none", "");
    let ended = ring(arguments!["send", place.ring(), none, "--resume"]);
    assert!(ended.stderr.contains("the input lacks 1 message sent before"), "{ended:?}");
}

#[test]
fn stat_sees_who_sleeps() {
    let place = Place::new();
    let sender = living_sender(&place.ring());
    let receiver = Run::start(arguments!["recv", place.ring()], Input::Nothing);
    until("the receiver sleeps until the next message", || {
        let seen = json_of(arguments!["stat", place.ring(), "--json"]);
        (seen["reader"]["awaits"] == json!(24)).then_some(())
    });
    let text = text_of(arguments!["stat", place.ring()]);
    assert!(text.contains("reader    attached, asleep until there is more, at byte 16, the 1st"), "{text}");
    assert!(text.contains("writer    attached, at byte 16, the 1st"), "{text}");
    let seen = json_of(arguments!["stat", place.ring(), "--json"]);
    assert!(seen["reader"]["sleeps"].as_u64() > Some(0) && seen["reader"]["messages"] == json!(1), "{seen}");
    assert!(seen["reader"]["longest_wait_ns"].as_u64() > Some(0), "{seen}");
    assert!(seen["reader"]["waiting_ns"].as_u64() > Some(0) && seen["writer"]["waiting_ns"].is_null(), "{seen}");
    assert!(text.contains(", has waited for "), "{text}");
    sender.finish();
    receiver.wait().expect();
    let text = text_of(arguments!["stat", place.ring()]);
    assert!(text.contains(": idle\n") && text.contains("reader    closed, at byte 24, the 1st"), "{text}");
}

#[test]
fn a_peek_shows_what_waits_and_takes_nothing() {
    let place = Place::new();
    idle(&place.ring());
    let before = fs::read(place.ring()).unwrap();
    for _ in 0..2 {
        assert_eq!(ring(arguments!["peek", place.ring()]).expect(), b"one\ntwo\n");
    }
    assert_eq!(ring(arguments!["peek", place.ring(), "-n", "1"]).expect(), b"one\n");
    assert_eq!(ring(arguments!["peek", place.ring(), "--raw"]).expect(), b"onetwo");
    assert_eq!(ring(arguments!["peek", place.ring(), "--frames"]).expect(), b"\x03\0\0\0one\x03\0\0\0two");
    assert!(fs::read(place.ring()).unwrap() == before);
    assert_eq!(place.seen().reader.state, SideState::Absent);
    assert_eq!(receive(&place), b"one\ntwo\n");
    assert_eq!(ring(arguments!["peek", place.ring()]).expect(), b"");
}

#[test]
fn top_has_a_line_for_each_ring_at_each_look() {
    let place = Place::new();
    idle(&place.ring());
    let ended =
        ring(arguments!["top", place.ring(), place.path("none"), "--count", "2", "--interval", "10ms"]).expect();
    let lines: Vec<&str> = std::str::from_utf8(&ended).unwrap().lines().collect();
    assert_eq!(lines.len(), 6, "{lines:?}");
    for look in lines.chunks(3) {
        let words: Vec<Vec<&str>> = look.iter().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(words[0], ["RING", "STATE", "IN", "OUT", "FILL", "LAG", "ASLEEP"]);
        assert_eq!(words[1][..2], [place.ring().to_str().unwrap(), "idle"]);
        assert_eq!(words[1][words[1].len() - 3..], ["█░░░░░░░░░░░░░░░░░░░", "40", "B"]);
        assert!(look[2].contains("there is no ring at"), "{look:?}");
    }
    // How fast it goes is known from the second look on.
    assert!(lines[1].contains(" -  ") && lines[4].contains("0 B/s"), "{lines:?}");
}

#[test]
fn what_is_not_there_is_said_to_be_so_with_what_to_do() {
    let place = Place::new();
    assert_eq!(ring(arguments!["doctor", place.ring()]).status.code(), Some(3));
    for command in ["stat", "peek", "rm"] {
        ring(arguments![command, place.ring()]).fails(3, &["there is no ring at", "ring send"]);
        let foreign = place.file("foreign", "somebody else's");
        ring(arguments![command, foreign]).fails(3, &["is not a ring"]);
    }
}
