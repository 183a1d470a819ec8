//! What comes out of a run.

use std::path::Path;

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::bench::{Bench, Ended};

const KEYS: [&str; 5] = ["messages", "msg_size", "elapsed_sec", "msgs_per_sec", "MiB_per_sec"];

/// The JSON object on the first line, with these keys, of a run that ended well and printed what it should and nothing
/// else.
fn json_of(ended: &Ended, keys: &[&str]) -> Value {
    assert!(ended.status.success(), "{ended:?}");
    assert_eq!(ended.stderr, "");
    let lines: Vec<_> = ended.stdout.lines().collect();
    let &[json, people] = lines.as_slice() else { panic!("{ended:?}") };
    assert!(people.contains(" of ") && !people.contains('{'), "{people}");
    // No value is a text, so whatever is quoted is a key.
    assert_eq!(json.split('"').skip(1).step_by(2).collect::<Vec<_>>(), keys);
    serde_json::from_str(json).unwrap()
}

fn json(ended: &Ended) -> Value {
    json_of(ended, &KEYS)
}

/// Runs so many messages of that size through a ring of that capacity.
fn pass(messages: &str, msg_size: &str, cap: &str) -> Value {
    let mut bench = Bench::start(&["--messages", messages, "--msg-size", msg_size, "--cap", cap]);
    let json = json(&bench.wait());
    bench.assert_nothing_left();
    json
}

fn numbers(json: &Value) -> [f64; 5] {
    KEYS.map(|key| json[key].as_f64().unwrap())
}

#[test]
fn the_first_line_is_one_json_object_of_exactly_five_keys() {
    let json = pass("100_000", "256", "1M");
    assert_eq!(json["messages"], 100_000);
    assert_eq!(json["msg_size"], 256);
}

#[test]
fn the_rates_are_the_counts_over_the_time() {
    let [messages, msg_size, elapsed, rate, mib] = numbers(&pass("100_000", "1000", "1M"));
    assert!(elapsed > 0.0);
    assert!((rate * elapsed / messages - 1.0).abs() < 1e-9);
    assert!((mib * (1 << 20) as f64 * elapsed / (messages * msg_size) - 1.0).abs() < 1e-9);
}

#[test]
fn by_default_a_million_messages_of_256_bytes_pass_and_no_ring_is_left() {
    let mut bench = Bench::start_bare(&[]);
    let json = json(&bench.wait());
    assert_eq!((&json["messages"], &json["msg_size"]), (&1_000_000.into(), &256.into()));
    assert!(!Path::new("/dev/shm").join(format!("ipc_bench.{}", bench.pid())).exists());
}

#[test]
fn messages_too_short_for_a_sequence_number_pass() {
    for msg_size in ["0", "1", "7"] {
        assert_eq!(pass("70_000", msg_size, "4096")["msg_size"].to_string(), msg_size);
    }
}

#[test]
fn messages_of_just_a_sequence_number_and_a_little_more_pass() {
    for msg_size in ["8", "9", "15", "17"] {
        assert_eq!(pass("70_000", msg_size, "4096")["msg_size"].to_string(), msg_size);
    }
}

#[test]
fn the_largest_messages_a_ring_can_hold_pass() {
    for (msg_size, cap) in [("48", "64"), ("4080", "4096"), ("1048560", "1MiB")] {
        assert_eq!(pass("1000", msg_size, cap)["msg_size"].to_string(), msg_size);
    }
}

#[test]
fn messages_pass_in_batches_of_any_size_through_a_ring_of_any_size() {
    let keys = [&KEYS[..], &["batch"]].concat();
    for batch in ["1", "2", "64", "1000", "1M"] {
        for (msg_size, cap) in [("0", "64"), ("48", "64"), ("100", "4096"), ("256", "1M")] {
            let mut bench =
                Bench::start(&["--messages", "5_003", "--batch", batch, "--msg-size", msg_size, "--cap", cap]);
            let json = json_of(&bench.wait(), &keys);
            assert_eq!(json["messages"], 5_003, "{batch} {msg_size} {cap}");
            bench.assert_nothing_left();
        }
    }
}

#[test]
fn messages_pass_in_place_alone_and_in_batches() {
    for (batch, added) in [(&[][..], &["in_place"][..]), (&["--batch", "64"], &["batch", "in_place"])] {
        for (msg_size, cap) in [("0", "64"), ("7", "64"), ("48", "64"), ("100", "4096"), ("256", "1M")] {
            let sizes = ["--in-place", "--messages", "5_003", "--msg-size", msg_size, "--cap", cap];
            let mut bench = Bench::start(&[&sizes, batch].concat());
            let json = json_of(&bench.wait(), &[&KEYS, added].concat());
            assert_eq!(
                (&json["messages"], &json["in_place"]),
                (&5_003.into(), &true.into()),
                "{batch:?} {msg_size} {cap}"
            );
            bench.assert_nothing_left();
        }
    }
}

#[test]
fn what_was_asked_for_is_said_to_people_too() {
    let mut bench = Bench::start(&["--messages", "1000", "--batch", "64", "--in-place", "--cap", "64K"]);
    let ended = bench.wait();
    let people = ended.stdout.lines().nth(1).unwrap();
    assert!(people.starts_with("1,000 messages of 256 B (64 at once, in place) in "), "{people}");
}

#[test]
fn messages_pass_whichever_way_the_sides_wait() {
    for how in ["spin", "sleep", "0s", "50us", "1ms 500us"] {
        let mut bench = Bench::start(&["--wait", how, "--messages", "2000", "--cap", "1K"]);
        assert_eq!(json(&bench.wait())["messages"], 2000, "{how}");
        bench.assert_nothing_left();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn both_sides_are_told_how_to_wait() {
    let bench = Bench::start_endless(&["--cap", "64K", "--wait", "1ms 500us"]);
    let told = ["", "--wait", "1ms 500us", ""].join("\0");
    for side in ["writer", "reader"] {
        let arguments = std::fs::read_to_string(format!("/proc/{}/cmdline", bench.process(side))).unwrap();
        assert!(arguments.contains(&told), "{arguments:?}");
    }
}

#[test]
fn a_single_message_takes_no_time_and_has_no_rate() {
    assert_eq!(numbers(&pass("1", "256", "4096")), [1.0, 256.0, 0.0, 0.0, 0.0]);
}

#[test]
fn a_result_that_nobody_reads_is_no_error() {
    let mut bench = Bench::start(&["--messages", "1000", "--cap", "64K"]);
    bench.close_output();
    assert_eq!(bench.wait().status.code(), Some(0));
    bench.assert_nothing_left();
}

#[test]
fn an_error_that_nobody_reads_is_the_same_error() {
    let mut bench = Bench::start_endless(&["--cap", "64K"]);
    bench.close_output();
    bench.signal(Signal::SIGTERM);
    assert_eq!(bench.wait().status.code(), Some(143));
}

#[cfg(target_os = "linux")]
#[test]
fn pinned_sides_have_a_core_each() {
    if std::thread::available_parallelism().unwrap().get() < 2 {
        return;
    }
    let bench = Bench::start_endless(&["--cap", "64K", "--pin"]);
    let (writer, reader) = (bench.core("writer"), bench.core("reader"));
    assert_ne!(writer, reader);

    let bench = Bench::start_endless(&["--cap", "64K", "--pin", &format!("{reader},{writer}")]);
    assert_eq!((bench.core("writer"), bench.core("reader")), (reader, writer));
}
