//! Files that keep to `docs/layout.md`, and files that do not, for whoever reads rings in another language.
//!
//! - `*.ring` are the files. The library makes each anew (`make.rs`), and not a byte may differ. After a change of
//!   `make.rs`, `IPC_RING_VECTORS=write cargo test --test vectors` writes them. Without one, that changes none.
//!   `cargo test --test vectors a_reader_gets -- --nocapture` prints a table of them.
//! - `vectors.json` says what is in each. It is written by hand, and nothing writes it.
//! - `decode.rs` and `read.py` read them by the specification alone, and find what is said.
//! - The library finds the same: a view on every machine, and sides where pages have 4 KiB.
//! - `sides.rs` is a reader and a writer by the specification alone. What they make of each file is what the library
//!   makes of it, byte for byte.
#![cfg(not(any(loom, shuttle)))]

mod decode;
mod make;
mod sides;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

use ipc_ring::{
    FenceMode, OpenError, PopError, RingOptions, RingReader, RingState, RingView, SideState, SideView, Trust, ViewError,
};
use ipc_ring_reference::{Place, LONG};
use serde_json::{json, Value};

use make::VECTORS;

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

/// The file of a vector, as it is in the repository: after it has been written, where that is asked for.
fn file(name: &str) -> PathBuf {
    static WRITTEN: Once = Once::new();
    WRITTEN.call_once(|| {
        if std::env::var_os("IPC_RING_VECTORS").is_some_and(|told| told == "write") {
            assert_eq!(page_size(), 4096, "vectors are written where pages have 4 KiB");
            for (name, make) in VECTORS {
                let made = make(&Place::new()).unwrap_or_else(|| panic!("{name}: this system cannot make it"));
                fs::write(directory().join(name).with_extension("ring"), made).unwrap();
            }
        }
    });
    directory().join(name).with_extension("ring")
}

/// What `vectors.json` says of each vector, with the defaults where it is silent.
fn described() -> Vec<(String, Value)> {
    let all: Value = serde_json::from_str(&fs::read_to_string(directory().join("vectors.json")).unwrap()).unwrap();
    let with_defaults = |(name, vector): (&String, &Value)| {
        let mut said = all["unless it is said"].clone();
        said.as_object_mut().unwrap().extend(vector.as_object().unwrap().clone());
        (name.clone(), said)
    };
    all["vectors"].as_object().unwrap().iter().map(with_defaults).collect()
}

fn page_size() -> u64 {
    // SAFETY: asks for a constant.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as u64 }
}

/// Whether the library can make and use rings whose pages have 4 KiB. Says so aloud where it cannot.
fn pages_fit(what: &str) -> bool {
    let fit = page_size() == 4096;
    if !fit {
        println!("NOT RUN: {what}: a page of this machine has {} bytes, one of the vectors 4096", page_size());
    }
    fit
}

#[test]
fn each_vector_is_made_by_the_library_byte_for_byte() {
    if !pages_fit("making the vectors") {
        return;
    }
    for (name, make) in VECTORS {
        let Some(made) = make(&Place::new()) else {
            println!("NOT RUN: {name}: this system cannot make it");
            continue;
        };
        let kept = fs::read(file(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let differs = (0..made.len().max(kept.len())).find(|&at| made.get(at) != kept.get(at));
        assert_eq!(differs, None, "{name}: the first byte that differs");
    }
}

#[test]
fn each_vector_is_described_and_nothing_else_is() {
    let made: BTreeSet<String> = VECTORS.iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(made.len(), VECTORS.len(), "two have one name");
    let described: BTreeSet<String> = described().into_iter().map(|(name, _)| name).collect();
    assert_eq!(described, made);
    let entries = fs::read_dir(directory()).unwrap().map(|entry| entry.unwrap().path());
    let rings = entries.filter(|path| path.extension().is_some_and(|kind| kind == "ring"));
    assert_eq!(
        rings.map(|path| path.file_stem().unwrap().to_str().unwrap().to_string()).collect::<BTreeSet<_>>(),
        made
    );
}

/// Each rule by which a file is refused, and each check that a peer can fail.
#[test]
fn each_rule_and_each_check_is_broken_by_a_vector() {
    let described = described();
    let rules = ["length", "magic", "abi", "page size", "fences", "capacity", "boot", "reserved", "tag", "room"];
    let broken = |rule: &str| {
        described.iter().any(|(_, said)| match rule {
            "boot" => said["boot"] == "",
            "reserved" => !said["reserved"].is_null(),
            "tag" => said["tag"] != "",
            "room" => said["attach"] == "room",
            rule => said["refused"] == rule,
        })
    };
    let source = fs::read_to_string(directory().join("../../src/protocol/error/mod.rs")).unwrap();
    let (_, checks) = source.split_once("pub enum Check {").unwrap();
    let checks = checks.split('}').next().unwrap().lines().filter_map(|line| line.trim().strip_suffix(','));
    let checks: Vec<&str> = checks.filter(|line| !line.starts_with("//")).collect();
    assert_eq!(checks.len(), 5, "{checks:?}");
    let specification = fs::read_to_string(directory().join("../../docs/layout.md")).unwrap();
    for check in &checks {
        assert!(described.iter().any(|(_, said)| said["corrupt"] == *check), "no vector fails the check {check}");
    }
    for rule in rules {
        assert!(broken(rule), "no vector breaks the rule {rule}");
    }
    for name in rules.iter().chain(&checks) {
        assert!(specification.contains(&format!("*{name}*")), "docs/layout.md does not name {name}");
    }
}

#[test]
fn a_decoder_of_the_specification_reads_what_is_described() {
    for (name, said) in described() {
        let decoded = decode::decode(&fs::read(file(&name)).unwrap());
        for (key, found) in decoded.as_object().unwrap() {
            assert_eq!(said[key], *found, "{name}: {key}");
        }
        assert_eq!(decoded.get("refused"), said.get("refused"), "{name}");
    }
}

/// A byte of the two pages is reserved to the specification just where it is to the library.
#[test]
fn each_byte_that_the_decoder_takes_for_reserved_is_reserved_and_no_other() {
    let place = copy("boot-not-known");
    let ring = fs::read(place.ring()).unwrap();
    let on_disk = fs::OpenOptions::new().write(true).open(place.ring()).unwrap();
    let mut reserved = 0;
    for at in 0..2 * 4096 {
        let mut changed = ring.clone();
        changed[at] ^= 1;
        on_disk.write_all_at(&changed[at..=at], at as u64).unwrap();
        let decoded = decode::decode(&changed);
        let found = match RingView::open(place.ring()).map(|view| view.refusal()) {
            Ok(Some(error @ OpenError::Incompatible { .. })) => rule(&error),
            Ok(_) => Value::Null,
            Err(error) => {
                assert_eq!(decoded["refused"], rule(&error), "byte {at}");
                Value::Null
            }
        };
        assert!(page_size() != 4096 || decoded["reserved"] == found, "byte {at}: {found}");
        reserved += usize::from(found == at);
        on_disk.write_all_at(&ring[at..=at], at as u64).unwrap();
    }
    // All but the identity, less what is reserved there, and the three words and the figures of each side.
    let has_a_meaning = 128 - (8 + 16) + 2 * (3 + 12) * 8;
    assert!(page_size() != 4096 || reserved == 2 * 4096 - has_a_meaning, "{reserved}");
}

#[test]
fn a_reader_in_python_reads_what_is_described() {
    let described = described();
    let files = described.iter().map(|(name, _)| file(name));
    let ran = match Command::new("python3").arg(directory().join("read.py")).args(files).output() {
        Ok(ran) => ran,
        Err(error) => return println!("NOT RUN: read.py: there is no python3 here: {error}"),
    };
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let lines = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(lines.lines().count(), described.len());
    for ((name, said), line) in described.iter().zip(lines.lines()) {
        let expected = match said.get("refused") {
            Some(rule) => json!({ "refused": rule }),
            None => json!({ "refused": null, "records": said["records"], "corrupt": said["corrupt"] }),
        };
        assert_eq!(serde_json::from_str::<Value>(line).unwrap(), expected, "{name}");
    }
}

/// The payloads of the messages that wait.
fn messages(said: &Value) -> Vec<String> {
    let records = said["records"].as_array().unwrap().iter();
    records.filter(|record| record[1] == "message").map(|record| record[2].as_str().unwrap().into()).collect()
}

/// The rule that a refusal is by, as `vectors.json` calls it.
fn rule(error: &OpenError) -> Value {
    match error {
        OpenError::NotARing { why, .. } if why.contains("start with") => json!("magic"),
        OpenError::NotARing { why, .. } if why.contains("capacity") => json!("capacity"),
        OpenError::NotARing { why, .. } if why.contains("short") => json!("length"),
        OpenError::Incompatible { what: "ABI", offset: 8, .. } => json!("abi"),
        OpenError::Incompatible { what: "page size", offset: 24, .. } => json!("page size"),
        OpenError::Incompatible { what: "fence mode", offset: 32, .. } => json!("fences"),
        OpenError::Incompatible { what: "reserved byte", offset, expected: 0, .. } => json!(offset),
        OpenError::AnotherBoot { .. } => json!("boot"),
        OpenError::AnotherOwner { .. } => json!("tag"),
        OpenError::Full { .. } => json!("room"),
        OpenError::Corrupt { check, .. } => json!(format!("{check:?}")),
        other => panic!("{other}"),
    }
}

/// A copy that nobody else has and nobody else may write to.
fn copy(name: &str) -> Place {
    let place = Place::new();
    fs::write(place.ring(), fs::read(file(name)).unwrap()).unwrap();
    place
}

/// What a view sees of a side that nobody has, as `vectors.json` says it; the two times that it does not see are zero.
fn seen(side: &SideView, said: &Value) -> Value {
    let state = match side.state {
        SideState::Absent => "absent",
        SideState::Closed => "closed",
        SideState::Died => "died",
        other => panic!("nobody has it, and it is {other:?}"),
    };
    let figure = |number: usize| said["figures"][number].clone();
    let told = [side.sleeps, side.wakes, side.longest_wait.as_nanos() as u64, side.dropped, side.repeated];
    let [sleeps, wakes, longest, dropped, repeated] = told.map(Value::from);
    let notes = (3..10).map(figure);
    let figures = [sleeps, wakes, longest].into_iter().chain(notes).chain([dropped, repeated]);
    json!({
        "state": state,
        "epoch": side.epoch,
        "at": side.position,
        "wake_at": said["wake_at"],
        "messages": side.message_count.ok(),
        "figures": figures.collect::<Vec<Value>>(),
    })
}

/// Whether the cursors are what is damaged: then nobody takes a side.
fn has_impossible_cursors(said: &Value) -> bool {
    said["corrupt"].as_str().is_some_and(|check| check.starts_with("Cursor"))
}

#[test]
fn a_view_sees_what_is_described_on_every_machine() {
    for (name, said) in described() {
        let place = copy(&name);
        let view = match RingView::open(place.ring()) {
            Ok(view) => view,
            Err(error) => {
                assert_eq!(Some(&rule(&error)), said.get("refused"), "{name}: {error}");
                continue;
            }
        };
        assert_eq!(said.get("refused"), None, "{name}");
        assert_eq!(json!(view.capacity()), said["capacity"], "{name}");
        assert_eq!(json!(view.fence_mode() == FenceMode::Asymmetric), json!(said["fences"] == 1), "{name}");
        assert_eq!(json!(std::str::from_utf8(&view.id().to_bytes()).unwrap()), said["id"], "{name}");
        assert_eq!(view.is_of_this_boot(), said["boot"] == "", "{name}");
        let snapshot = view.snapshot();
        for (side, said) in [(&snapshot.writer, &said["writer"]), (&snapshot.reader, &said["reader"])] {
            assert_eq!(seen(side, said), *said, "{name}");
        }
        let is_state = match snapshot.state {
            RingState::Corrupt { check } => has_impossible_cursors(&said) && said["corrupt"] == format!("{check:?}"),
            RingState::Orphaned => [&said["writer"], &said["reader"]].iter().any(|side| side["state"] == "died"),
            RingState::Idle => [&said["writer"], &said["reader"]].iter().all(|side| side["state"] != "died"),
            _ => false,
        };
        assert!(
            is_state && has_impossible_cursors(&said) == matches!(snapshot.state, RingState::Corrupt { .. }),
            "{name}"
        );
        let (mut waiting, mut corrupt) = (Vec::new(), Value::Null);
        for message in view.messages(usize::MAX) {
            match message {
                Ok(message) => waiting.push(String::from_utf8(message.bytes).unwrap()),
                Err(ViewError::Corrupt { check }) => corrupt = json!(format!("{check:?}")),
                Err(error) => panic!("{name}: {error}"),
            }
        }
        assert_eq!((waiting, &corrupt), (messages(&said), &said["corrupt"]), "{name}");
    }
}

/// The rule by which a side is refused that is taken with `trust` and a tag, if it is: a reader shows none.
fn refusal(said: &Value, any_boot: bool, tag: Option<&str>) -> Option<Value> {
    if let Some(rule) = said.get("refused") {
        Some(rule.clone())
    } else if said["page_size"] != page_size() {
        Some(json!("page size"))
    } else if !any_boot && said["boot"] != "" {
        Some(json!("boot"))
    } else if !said["reserved"].is_null() {
        Some(said["reserved"].clone())
    } else if tag.is_some_and(|tag| said["tag"] != tag) {
        Some(json!("tag"))
    } else if has_impossible_cursors(said) {
        Some(said["corrupt"].clone())
    } else if tag.is_some() && said["attach"] == "room" {
        Some(json!("room"))
    } else {
        None
    }
}

fn trusting(any_boot: bool) -> RingOptions {
    let mut options = RingOptions::new();
    options.trust(Trust::new().any_boot(any_boot));
    options
}

/// All messages that wait, and how it ends.
fn drain(reader: &mut RingReader) -> (Vec<String>, String) {
    let (mut got, mut buffer) = (Vec::new(), Vec::new());
    loop {
        match reader.pop(&mut buffer, Some(LONG)) {
            Ok(_) => got.push(String::from_utf8(buffer.clone()).unwrap()),
            Err(PopError::Corrupt { check }) => return (got, format!("{check:?}")),
            Err(error) => return (got, format!("{error:?}")),
        }
    }
}

/// Prints the table of the vectors: what a reader gets that takes a ring of any boot, and one that does not.
#[test]
fn a_reader_gets_what_is_described_or_is_refused_as_is_described() {
    pages_fit("readers of most vectors, which are refused instead, as is looked at");
    println!("{:<34} {:<32} of this boot alone", "vector", "a reader of any boot");
    for (name, said) in described() {
        let outcomes = [true, false].map(|any_boot| {
            let (place, options) = (copy(&name), trusting(any_boot));
            let before = fs::read(place.ring()).unwrap();
            match options.open(place.ring()) {
                Err(error) => {
                    assert_eq!(Some(rule(&error)), refusal(&said, any_boot, None), "{name}: {error}");
                    assert!(fs::read(place.ring()).unwrap() == before, "{name}: who is refused changes nothing");
                    format!("refused: {}", rule(&error).to_string().trim_matches('"'))
                }
                Ok(mut reader) => {
                    assert_eq!(refusal(&said, any_boot, None), None, "{name}");
                    assert_eq!(json!(reader.position()), said["reader"]["at"], "{name}");
                    assert_eq!(json!(reader.epoch()), json!(said["reader"]["epoch"].as_u64().unwrap() + 1), "{name}");
                    let (got, end) = drain(&mut reader);
                    assert_eq!((&got, &json!(end)), (&messages(&said), &said["then"]), "{name}");
                    format!("{} messages, {end}", got.len())
                }
            }
        });
        println!("{name:<34} {:<32} {}", outcomes[0], outcomes[1]);
    }
}

#[test]
fn a_reader_that_stops_at_ends_comes_to_those_that_are_described() {
    for (name, said) in described().iter().filter(|(_, said)| refusal(said, true, None).is_none()) {
        let place = copy(name);
        let mut reader = trusting(true).reader_stops_at_ends(true).open(place.ring()).unwrap();
        for record in said["records"].as_array().unwrap().iter().filter(|record| record[1] != "padding") {
            let is_end = record[1] == "end";
            assert_eq!(reader.try_pop(&mut Vec::new()).is_err(), is_end, "{name}: {record}");
            assert!(!is_end || reader.take_end(), "{name}: {record}");
        }
    }
}

#[test]
fn a_writer_goes_on_where_is_described_or_is_refused_as_is_described() {
    pages_fit("writers of most vectors, which are refused instead, as is looked at");
    for (name, said) in described() {
        let own = said["tag"].as_str().unwrap_or_default();
        for (any_boot, tag) in [(true, own), (true, "another tag"), (false, own)] {
            let (place, mut options) = (copy(&name), trusting(any_boot));
            let before = fs::read(place.ring()).unwrap();
            let mut padded = [0; 32];
            padded[..tag.len()].copy_from_slice(tag.as_bytes());
            match options.owner_tag(padded).await_successors(true).attach(place.ring()) {
                Err(error) => {
                    let refused = rule(&error);
                    assert_eq!(Some(&refused), refusal(&said, any_boot, Some(tag)).as_ref(), "{name}: {error}");
                    assert!(fs::read(place.ring()).unwrap() == before, "{name}: who is refused changes nothing");
                }
                Ok(mut writer) => {
                    assert_eq!(refusal(&said, any_boot, Some(tag)), None, "{name}");
                    assert_eq!(json!(writer.position()), said["writer"]["at"], "{name}");
                    assert_eq!(json!(writer.message_count().ok()), said["writer"]["messages"], "{name}");
                    let mut expected = messages(&said);
                    expected.extend(writer.try_push(b"").ok().map(|()| String::new()));
                    let mut reader = options.open(place.ring()).unwrap();
                    let got = reader.iter(Some(std::time::Duration::ZERO)).map_while(Result::ok);
                    let got: Vec<String> = got.map(|message| String::from_utf8(message).unwrap()).collect();
                    if said["corrupt"].is_null() {
                        assert_eq!(got, expected, "{name}");
                    }
                }
            }
        }
    }
}

/// The name and the file of each vector that lets a side be taken.
fn usable(tag: Option<&str>) -> impl Iterator<Item = (String, Vec<u8>)> + '_ {
    let usable = described().into_iter().filter(move |(_, said)| refusal(said, true, tag).is_none());
    usable.map(|(name, _)| (name.clone(), fs::read(file(&name)).unwrap()))
}

#[track_caller]
fn is_the_same(name: &str, found: &[u8], expected: &[u8]) {
    assert_eq!(found.len(), expected.len(), "{name}");
    assert_eq!((0..found.len()).find(|&at| found[at] != expected[at]), None, "{name}: the first byte that differs");
}

#[test]
fn a_reader_by_the_specification_leaves_what_one_of_the_library_leaves() {
    for (name, mut file) in usable(None) {
        let place = copy(&name);
        let mut reader = trusting(true).open(place.ring()).unwrap();
        let (mut popped, mut buffer) = (Vec::new(), Vec::new());
        while let Ok(Some(_)) = reader.try_pop(&mut buffer) {
            popped.push(buffer.clone());
        }
        drop(reader);
        assert_eq!(sides::pop_all(&mut file), popped, "{name}");
        is_the_same(&name, &file, &fs::read(place.ring()).unwrap());
    }
}

#[test]
fn a_writer_by_the_specification_leaves_what_one_of_the_library_leaves() {
    for (name, before) in usable(Some("")) {
        let place = copy(&name);
        for len in 0..=49 {
            fs::write(place.ring(), &before).unwrap();
            let (mut file, message) = (before.clone(), vec![b'x'; len]);
            let mut writer = trusting(true).await_successors(true).attach(place.ring()).unwrap();
            let is_pushed = writer.try_push(&message).is_ok();
            writer.finish();
            assert_eq!(sides::push_and_finish(&mut file, &message), is_pushed, "{name}, {len} bytes");
            is_the_same(&format!("{name}, {len} bytes"), &file, &fs::read(place.ring()).unwrap());
        }
    }
}

/// Lap after lap, by the library in one file and by the specification in the other.
#[test]
fn sides_by_the_specification_leave_what_those_of_the_library_leave_however_often_they_take_turns() {
    for (name, mut file) in usable(Some("")) {
        let (place, options) = (copy(&name), trusting(true).await_successors(true).clone());
        for turn in 0..60 {
            let message = vec![b'x'; turn * 11 % 50];
            if let Ok(mut writer) = options.attach(place.ring()) {
                let is_pushed = writer.try_push(&message).is_ok();
                writer.finish();
                assert_eq!(sides::push_and_finish(&mut file, &message), is_pushed, "{name}, turn {turn}");
            }
            if turn % 3 != 1 {
                let mut reader = options.open(place.ring()).unwrap();
                while let Ok(Some(_)) = reader.try_pop(&mut Vec::new()) {}
                drop(reader);
                sides::pop_all(&mut file);
            }
            is_the_same(&format!("{name}, turn {turn}"), &file, &fs::read(place.ring()).unwrap());
        }
    }
}
