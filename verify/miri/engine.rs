//! How a body is run, in the words of `verify/loom/engine.rs`: the models of `verify/loom` ask for it in these.
//!
//! Miri is slow. So a seed draws what it tries: a start, and of many cases one. All are tried by many seeds.

use ipc_ring::model::engine::outcome;
use ipc_ring_reference::bodies::{Start, Stream, STARTS};
use ipc_ring_reference::thread::any_below;

/// How far loom looks. Miri looks at one execution, whatever this says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Preemptions {
    AtMost(#[allow(dead_code)] usize), // loom asks how many
    Unbounded,
}

pub type Bounds = (Preemptions, Preemptions);

pub const ALWAYS: Bounds = (Preemptions::Unbounded, Preemptions::Unbounded);

pub fn any_start() -> Start {
    STARTS[any_below(STARTS.len())]
}

pub fn stream(start: Start, lengths: &[usize]) -> Stream {
    Stream::new(64, start, lengths)
}

/// Runs `body` with messages of these lengths, from one of the starts.
pub fn check(model: &str, _: Bounds, lengths: &[usize], body: impl Fn(&Stream) + Send + Sync + Copy + 'static) {
    let start = any_start();
    run(model, start, || body(&stream(start, lengths)));
}

/// As [`check`], of one stream. Models that ask for it do so from each start: one of them is drawn.
pub fn check_from(
    model: &str,
    start: Start,
    _: Bounds,
    stream: Stream,
    body: impl Fn(&Stream) + Send + Sync + 'static,
) {
    if any_below(STARTS.len()) == 0 {
        run(model, start, || body(&stream));
    }
}

/// As [`check`], for a `body` that is run with one of the `cases` that there are of a stream.
pub fn check_all<C: Copy + Send + Sync + 'static>(
    model: &str,
    _: Bounds,
    lengths: &[usize],
    cases: impl Fn(&Stream) -> Vec<C>,
    body: impl Fn(&Stream, C) + Send + Sync + Copy + 'static,
) {
    let start = any_start();
    let stream = stream(start, lengths);
    let cases = cases(&stream);
    run(model, start, || body(&stream, cases[any_below(cases.len())]));
}

/// For models that Miri ignores.
pub fn check_each_step(_: &str, _: Bounds, _: &[usize], _: impl Fn(&Stream, usize) -> bool) {
    unreachable!("Miri counts no steps");
}

/// Runs `body` once, and says how often somebody slept. A sleep that was not ended by a wake, although there was cause
/// for one, is a failure.
pub fn run(model: &str, start: Start, body: impl FnOnce()) {
    outcome();
    body();
    let (outcome, at) = (outcome(), start.position);
    println!("miri: {model}, from {at:#x}: {} sleeps", outcome.sleeps);
    assert_eq!(outcome.missed_wakes, 0, "{model}, from {at:#x}: a side slept on that should have been woken");
}
