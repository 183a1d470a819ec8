//! `ipc_bench latency`: what comes out of it, and that nothing is left of it however it ends.

use std::fs;
use std::path::Path;

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::bench::{assert_ends_on, ring_in, Bench, Ended};

const KEYS: [&str; 8] = ["messages", "msg_size", "min_ns", "p50_ns", "p90_ns", "p99_ns", "p99_9_ns", "max_ns"];

/// The JSON object on the first line, of a run that ended well and printed what it should and nothing else.
fn json(ended: &Ended) -> Value {
    assert!(ended.status.success(), "{ended:?}");
    assert_eq!(ended.stderr, "");
    let json = ended.stdout.lines().next().unwrap();
    // Every value is a number, so whatever is quoted is a key.
    assert_eq!(json.split('"').skip(1).step_by(2).collect::<Vec<_>>(), KEYS);
    serde_json::from_str(json).unwrap()
}

/// Makes this number of round trips with messages of that size through rings of that capacity.
fn call(messages: &str, msg_size: &str, cap: &str) -> Ended {
    let mut bench = Bench::start(&["latency", "--messages", messages, "--msg-size", msg_size, "--cap", cap]);
    let ended = bench.wait();
    bench.assert_nothing_left();
    ended
}

#[test]
fn the_first_line_is_one_json_object_of_exactly_eight_keys() {
    let json = json(&call("2000", "256", "64K"));
    assert_eq!((&json["messages"], &json["msg_size"]), (&2000.into(), &256.into()));
}

#[test]
fn what_fewer_are_within_takes_no_longer_than_what_more_are_within() {
    let json = json(&call("2000", "64", "64K"));
    let times = KEYS[2..].iter().map(|&key| json[key].as_u64().unwrap());
    assert!(times.is_sorted(), "{json}");
}

#[test]
fn every_round_trip_is_in_the_summary_and_in_the_histogram() {
    let ended = call("2000", "64", "64K");
    let lines: Vec<_> = ended.stdout.lines().collect();
    let [_, summary, "", head, ranges @ ..] = lines.as_slice() else { panic!("{ended:?}") };
    assert!(summary.starts_with("2,000 round trips of 64 B: 50% within "), "{summary}");
    assert_eq!(head.split_whitespace().collect::<Vec<_>>(), ["from", "count"]);
    let count = |line: &&str| line.split_whitespace().nth(1)?.replace(',', "").parse::<u64>().ok();
    assert_eq!(ranges.iter().map(count).sum::<Option<u64>>(), Some(2000), "{ended:?}");
    assert!(ranges.iter().all(|line| line.chars().count() <= 80), "{ended:?}");
}

#[test]
fn by_default_messages_of_64_bytes_go_there_and_back_and_no_ring_is_left() {
    let mut bench = Bench::start_bare(&["latency"]);
    let json = json(&bench.wait());
    assert_eq!((&json["messages"], &json["msg_size"]), (&100_000.into(), &64.into()));
    for name in [format!("ipc_bench.{}", bench.pid()), format!("ipc_bench.{}.back", bench.pid())] {
        assert!(!Path::new("/dev/shm").join(name).exists());
    }
}

#[test]
fn messages_of_any_size_that_a_ring_can_hold_go_there_and_back() {
    for (msg_size, cap) in [("0", "64"), ("1", "64"), ("8", "64"), ("9", "64"), ("48", "64"), ("4080", "4096")] {
        assert_eq!(json(&call("1000", msg_size, cap))["msg_size"].to_string(), msg_size);
    }
}

#[test]
fn a_single_round_trip_is_all_there_is() {
    let json = json(&call("1", "64", "4096"));
    let times: Vec<_> = KEYS[2..].iter().map(|&key| json[key].as_u64().unwrap()).collect();
    assert!(times[1..].iter().all(|&time| time == times[1]), "{json}");
    assert_eq!(json["messages"], 1);
}

#[test]
fn round_trips_are_made_whichever_way_the_sides_wait() {
    for how in ["spin", "sleep", "0s", "50us"] {
        let mut bench = Bench::start(&["latency", "--wait", how, "--messages", "500", "--cap", "1K"]);
        assert_eq!(json(&bench.wait())["messages"], 500, "{how}");
        bench.assert_nothing_left();
    }
}

#[test]
fn a_result_that_nobody_reads_is_no_error() {
    let mut bench = Bench::start(&["latency", "--messages", "1000", "--cap", "64K"]);
    bench.close_output();
    assert_eq!(bench.wait().status.code(), Some(0));
    bench.assert_nothing_left();
}

#[test]
fn both_rings_are_removed_on_a_signal() {
    for (signal, status) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143), (Signal::SIGHUP, 129)] {
        assert_ends_on(&["latency", "--cap", "64K"], signal, status);
    }
}

#[test]
fn a_file_in_the_place_of_the_second_ring_is_refused_and_untouched_and_no_first_ring_is_left() {
    let directory = tempfile::tempdir_in(ipc_ring::model::place()).unwrap();
    let second = ring_in(&directory).with_extension("back");
    fs::write(&second, "not ours").unwrap();
    let mut bench = Bench::start_in(directory, &["latency"]);
    let ended = bench.wait();
    assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    assert!(ended.stderr.contains("ring.back exists already"), "{ended:?}");
    assert_eq!(fs::read(&second).unwrap(), b"not ours");
    assert!(!bench.ring().exists());
}

/// What happens to the processes, found by way of `/proc`.
#[cfg(target_os = "linux")]
mod processes {
    use std::fs::OpenOptions;
    use std::os::unix::fs::FileExt;
    use std::path::PathBuf;

    use crate::bench::{
        assert_both_end_without_the_driver, assert_ends_when_killed, assert_the_dead_is_blamed, until, Bench, Ended,
    };

    const ROLES: [&str; 2] = ["caller", "echo"];

    #[test]
    fn the_process_that_was_killed_is_blamed_and_both_rings_are_removed() {
        for role in ROLES {
            assert_ends_when_killed(&["latency"], ROLES, role);
        }
    }

    #[test]
    fn the_process_that_died_is_blamed_and_not_the_one_that_noticed() {
        for (dies, notices) in [("caller", "echo"), ("echo", "caller")].repeat(4) {
            assert_the_dead_is_blamed(&["latency"], dies, notices);
        }
    }

    #[test]
    fn both_processes_end_and_remove_the_rings_when_the_driver_is_killed() {
        assert_both_end_without_the_driver(&["latency"], ROLES);
    }

    /// Writes into the ring, which has space for one message, until somebody notices.
    fn damaged(ring: impl FnOnce(&Bench) -> PathBuf) -> Ended {
        let mut bench = Bench::start_endless(&["latency", "--cap", "4096", "--msg-size", "4080"]);
        bench.process("echo");
        let ring = OpenOptions::new().write(true).open(ring(&bench)).unwrap();
        let message = ring.metadata().unwrap().len() - 4088;
        let ended = until("somebody notices", || {
            for _ in 0..1000 {
                ring.write_all_at(&[0, 1], message + 100).unwrap();
            }
            bench.try_wait()
        });
        assert_eq!(ended.status.code(), Some(1), "{ended:?}");
        assert!(ended.stderr.contains("came with a wrong byte at 10"), "{ended:?}");
        bench.assert_nothing_left();
        ended
    }

    #[test]
    fn a_byte_that_changes_on_its_way_there_ends_the_run_with_an_error() {
        // The echo sends it back before it checks it, so that either may be the first to say so.
        let ended = damaged(Bench::ring);
        let told = ROLES.map(|role| ended.stderr.starts_with(&format!("error: the {role} failed: message ")));
        assert_eq!(told.iter().filter(|&&told| told).count(), 1, "{ended:?}");
    }

    #[test]
    fn a_byte_that_changes_on_its_way_back_ends_the_run_with_an_error() {
        let ended = damaged(Bench::ring_back);
        assert!(ended.stderr.starts_with("error: the caller failed: message "), "{ended:?}");
    }

    #[test]
    fn pinned_processes_have_the_cores_that_were_named() {
        if std::thread::available_parallelism().unwrap().get() < 2 {
            return;
        }
        let bench = Bench::start_endless(&["latency", "--cap", "64K", "--pin"]);
        let cores = ROLES.map(|role| bench.core(role));
        assert_ne!(cores[0], cores[1]);
        let swapped = format!("{},{}", cores[1], cores[0]);
        let bench = Bench::start_endless(&["latency", "--cap", "64K", "--pin", &swapped]);
        assert_eq!(ROLES.map(|role| bench.core(role)), [cores[1], cores[0]]);
    }
}
