//! What is refused, and whether the user learns what to pass instead.

use ipc_ring::{FenceMode, RingView};

use crate::bench::Bench;

/// Asserts that these arguments are refused with all of these words, and without a word on stdout.
fn assert_refused(arguments: &[&str], words: &[&str]) {
    let ended = Bench::start_bare(arguments).wait();
    assert_eq!(ended.status.code(), Some(2), "{arguments:?}: {ended:?}");
    assert_eq!(ended.stdout, "", "{arguments:?}");
    assert!(ended.stderr.starts_with("error: "), "{arguments:?}: {ended:?}");
    for word in words {
        assert!(ended.stderr.contains(word), "{arguments:?} lack {word:?}: {ended:?}");
    }
}

#[test]
fn a_capacity_that_no_ring_can_have_is_refused_with_one_that_it_can() {
    assert_refused(&["--cap", "1000"], &["power of two", "1024"]);
    assert_refused(&["--cap", "0"], &["power of two from 64 to"]);
    assert_refused(&["--cap", "32"], &["power of two from 64 to"]);
    assert_refused(&["--cap", "4G"], &["power of two from 64 to 2147483648"]);
}

#[test]
fn a_message_that_does_not_fit_the_ring_is_refused_with_one_that_does() {
    assert_refused(&["--cap", "4096", "--msg-size", "4081"], &["4081", "--msg-size of 4080 or less", "larger --cap"]);
    assert_refused(&["--cap", "64", "--msg-size", "1G"], &["--msg-size of 48 or less"]);
}

#[test]
fn no_messages_at_all_are_refused() {
    assert_refused(&["--messages", "0"], &["--messages", "pass 1 or more"]);
}

#[test]
fn numbers_that_are_none_are_refused_with_some_that_are() {
    assert_refused(&["--messages", "many"], &["--messages", "1_000_000"]);
    assert_refused(&["--messages", "-5"], &["--messages", "1_000_000"]);
    assert_refused(&["--messages", "99999999999999999999"], &["--messages", "smaller"]);
    assert_refused(&["--msg-size", "1.5K"], &["--msg-size", "4096"]);
    assert_refused(&["--msg-size", "-1"], &["--msg-size", "4096"]);
    assert_refused(&["--cap", "64MB"], &["--cap", "64M"]);
    assert_refused(&["--cap", ""], &["--cap", "64M"]);
    assert_refused(&["--cap"], &["--cap", "value is required"]);
}

#[test]
fn rounds_that_are_none_are_refused() {
    assert_refused(&["--rounds", "0"], &["--rounds", "0"]);
    for seconds in ["0", "-1", "soon", "1e9", "NaN"] {
        assert_refused(&["--seconds", seconds], &["--seconds", "from 0.001 to 86400"]);
    }
    assert_refused(&["--seconds", "1", "--messages", "1"], &["--seconds", "--messages"]);
    assert_refused(&["latency", "--seconds", "1"], &["--seconds", "--help"]);
}

#[test]
fn a_batch_of_nothing_is_refused() {
    assert_refused(&["--batch", "0"], &["--batch", "pass 1 or more"]);
    assert_refused(&["--batch", "-1"], &["--batch", "1_000_000"]);
    assert_refused(&["--in-place", "64"], &["64", "--help"]);
}

#[test]
fn the_ring_has_the_fences_that_are_asked_for() {
    assert_refused(&["--fences", "both"], &["--fences", "asymmetric, symmetric"]);
    let bench = Bench::start_endless(&["--fences", "symmetric"]);
    assert_eq!(RingView::open(bench.ring()).unwrap().fence_mode(), FenceMode::Symmetric);
}

#[test]
fn what_is_no_way_to_wait_is_refused_with_some_that_are() {
    for how in ["", "often", "50", "-1us", "50_us"] {
        assert_refused(&["--wait", how], &["--wait", "spin, sleep, or how long", "50us"]);
    }
}

#[test]
fn a_ring_in_a_directory_that_is_not_there_is_refused() {
    assert_refused(
        &["--ring", "/nonexistent/ring"],
        &["/nonexistent/ring", "pass a --ring in a directory that exists"],
    );
    assert_refused(&["--ring", ""], &["--ring"]);
}

#[test]
fn a_ring_where_there_is_a_directory_is_refused() {
    assert_refused(&["--ring", "/"], &["exists already", "pass another --ring"]);
}

#[test]
fn an_unknown_argument_is_refused() {
    assert_refused(&["--capacity", "4096"], &["--capacity", "--help"]);
    assert_refused(&["4096"], &["4096", "--help"]);
}

#[test]
fn a_core_that_cannot_be_had_is_refused() {
    assert_refused(&["--pin", "0"], &["--pin 0,1"]);
    assert_refused(&["--pin", "0,one"], &["--pin 0,1"]);
    assert_refused(&["--pin", "0,1,2"], &["--pin 0,1"]);
    let remedy = if cfg!(target_os = "linux") { "pass --pin with two of" } else { "leave --pin out" };
    assert_refused(&["--pin", "0,99999"], &[remedy]);
}

#[test]
fn what_latency_cannot_do_is_refused_in_the_same_words() {
    assert_refused(&["latency", "--cap", "1000"], &["power of two", "1024"]);
    assert_refused(&["latency", "--cap", "64", "--msg-size", "49"], &["--msg-size of 48 or less", "larger --cap"]);
    assert_refused(&["latency", "--messages", "0"], &["--messages", "pass 1 or more"]);
    assert_refused(&["latency", "--wait", "often"], &["--wait", "spin, sleep, or how long"]);
    assert_refused(&["latency", "--ring", "/nonexistent/ring"], &["pass a --ring in a directory that exists"]);
    assert_refused(&["latency", "--pin", "0"], &["--pin 0,1"]);
    assert_refused(&["latency", "--batch", "64"], &["--batch", "--help"]);
}

#[test]
fn an_option_goes_after_the_name_of_what_is_measured() {
    assert_refused(&["--messages", "5", "latency"], &["latency", "--messages", "--help"]);
    assert_refused(&["throughput"], &["throughput", "--help"]);
}

#[test]
fn the_help_has_examples_and_every_option_but_those_that_only_the_driver_passes() {
    for (arguments, example) in
        [(&["--help"][..], "ipc_bench --pin 0,1"), (&["latency", "--help"], "ipc_bench latency --wait")]
    {
        assert_help(arguments, example);
    }
}

fn assert_help(arguments: &[&str], example: &str) {
    let help = Bench::start_bare(arguments).wait();
    assert!(help.status.success());
    assert!(help.stdout.contains(example), "{}", help.stdout);
    for (flag, public) in [
        ("--messages", true),
        ("--msg-size", true),
        ("--cap", true),
        ("--ring", true),
        ("--pin", true),
        ("--wait", true),
        ("--child", false),
    ] {
        assert_eq!(help.stdout.contains(flag), public, "{arguments:?}: {flag}");
    }
}
