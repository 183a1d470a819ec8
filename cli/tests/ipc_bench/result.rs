//! What comes out of a run.

use std::path::Path;

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::bench::{until, Bench, Ended};

const KEYS: [&str; 5] = ["messages", "msg_size", "elapsed_sec", "msgs_per_sec", "MiB_per_sec"];

/// The lines of a run that ended well and printed what it should and nothing else: for programs, for people, and what
/// else is to be said of it.
fn lines(ended: &Ended) -> (&str, &str, Option<&str>) {
    assert!(ended.status.success(), "{ended:?}");
    assert_eq!(ended.stderr, "");
    match ended.stdout.lines().collect::<Vec<_>>()[..] {
        [json, people] => (json, people, None),
        [json, people, note] => (json, people, Some(note)),
        _ => panic!("{ended:?}"),
    }
}

/// The JSON object on the first line, with these keys.
fn json_of(ended: &Ended, keys: &[&str]) -> Value {
    let (json, people, _) = lines(ended);
    assert!(people.contains(" of ") && !people.contains('{'), "{people}");
    // No value is a text, so whatever is quoted is a key.
    assert_eq!(json.split('"').skip(1).step_by(2).collect::<Vec<_>>(), keys);
    serde_json::from_str(json).unwrap()
}

fn json(ended: &Ended) -> Value {
    json_of(ended, &KEYS)
}

/// Passes this number of messages of that size through a ring of that capacity.
fn pass(messages: &str, msg_size: &str, cap: &str) -> Value {
    let sizes = ["--messages", messages, "--msg-size", msg_size, "--cap", cap];
    let mut bench = Bench::start(&[&sizes[..], &["--rounds", "1"]].concat());
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
fn by_default_messages_of_256_bytes_pass_for_half_a_second_a_round_and_no_ring_is_left() {
    let mut bench = Bench::start_bare(&[]);
    let json = json(&bench.wait());
    assert_eq!(json["msg_size"], 256);
    // At least four ringfuls, whatever that takes.
    assert!(json["messages"].as_u64().unwrap() >= 4 * (64 << 20) / 264, "{json}");
    assert!(!Path::new("/dev/shm").join(format!("ipc_bench.{}", bench.pid())).exists());
}

#[test]
fn more_seconds_are_more_messages() {
    let messages = |seconds| {
        let mut bench = Bench::start(&["--seconds", seconds, "--rounds", "1", "--cap", "64K"]);
        json(&bench.wait())["messages"].as_u64().unwrap()
    };
    // A hundred times as many, unless one of them was kept from the cores while it was found out how fast they are.
    until("a hundred times the seconds are ten times the messages", || {
        (messages("0.1") > 10 * messages("0.001")).then_some(())
    });
}

#[test]
fn as_many_messages_as_were_asked_for_pass_in_each_round_and_the_spread_is_said() {
    for (rounds, told) in [("1", "1 round"), ("2", "2 rounds"), ("7", "7 rounds")] {
        let mut bench = Bench::start(&["--messages", "5_003", "--rounds", rounds, "--cap", "4096"]);
        let ended = bench.wait();
        assert_eq!(json(&ended)["messages"], 5_003);
        let (_, people, note) = lines(&ended);
        let (_, spread) = people.split_once(&format!("median of {told} (min ")).unwrap_or_else(|| panic!("{people}"));
        let is_number = |text: &str| text.split(' ').next().is_some_and(|number| number.parse::<f64>().is_ok());
        assert!(spread.split(", max ").all(|text| is_number(text.trim_end_matches(')'))), "{people}");
        assert_eq!(note, None);
    }
}

#[test]
fn messages_that_all_fit_in_the_ring_are_said_to() {
    // A message of 248 bytes takes 256.
    for (messages, says) in [("1", Some("the message fits")), ("256", Some("all 256 messages fit")), ("257", None)] {
        let says = says.map(|what| {
            format!("{what} in the ring of 65536 bytes: this measures how fast the ring is filled and drained")
        });
        let mut bench = Bench::start(&["--messages", messages, "--msg-size", "248", "--cap", "64K"]);
        assert_eq!(lines(&bench.wait()).2, says.as_deref(), "{messages}");
    }
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
    let told = r#""wait":"1ms 500us""#;
    for side in ["writer", "reader"] {
        let arguments = std::fs::read_to_string(format!("/proc/{}/cmdline", bench.process(side))).unwrap();
        assert!(arguments.contains(told), "{arguments:?}");
    }
}

#[test]
fn a_single_message_is_all_that_is_counted() {
    assert_eq!(pass("1", "256", "4096")["messages"], 1);
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
