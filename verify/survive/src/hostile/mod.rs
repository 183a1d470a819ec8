//! A process lies to a user of the library. It stores what it likes into all that its side may write; the victim uses
//! the library on the other side (SAFETY.md, I6 and "Trust"). No call of the victim's may panic, read past the ring,
//! allocate more than the ring has bytes, or take longer than it was allowed to; and a verdict stays.
//!
//! | process | |
//! | --- | --- |
//! | `hostile` | makes a ring, starts the two below, and tells what the victim found |
//! | `hostile-liar` | holds a side, and lies (`liar.rs`; its tricks in `tricks.rs`, their words in `lies.rs`) |
//! | `hostile-victim` | opens the other side, again and again, and calls all there is (`victim.rs`) |
//!
//! One pair lies to a reader while another lies to a writer. What is drawn by chance follows from the seed; what two
//! processes make of it by running at once does not, so a seed leads near a failure, and not always to it.
//!
//! The victim can be watched by AddressSanitizer, too, which sees what is written past the buffer of a message:
//!
//! ```sh
//! RUSTFLAGS="-Zsanitizer=address -Cunsafe-allow-abi-mismatch=sanitizer" ASAN_OPTIONS=detect_leaks=0 \
//!     cargo +nightly run --release -p ipc_ring_survive --target x86_64-unknown-linux-gnu --target-dir target/asan \
//!     -- hostile --seconds 10
//! ```

mod allocations;
mod found;
mod liar;
mod lies;
mod order;
mod pair;
mod reading;
mod tricks;
mod victim;
mod watch;
mod writing;

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use clap::{value_parser, Arg, ArgMatches, Command};
use ipc_ring::{Check, Side};

use crate::report::{Report, Row};
use crate::Part;
use found::Found;

pub const HARNESS: Part = Part { command, run };
pub const LIAR: Part = Part { command: || order::command(pair::LIAR), run: liar::run };
pub const VICTIM: Part = Part { command: || order::command(pair::VICTIM), run: victim::run };

/// From this number of calls on, every check must have failed once: chance has no excuse. A busy machine makes fewer in
/// the same time.
const ENOUGH: u64 = 50_000;

fn command() -> Command {
    let number = |name: &'static str| Arg::new(name).long(name).value_parser(value_parser!(u64));
    Command::new("hostile")
        .about("Lies to a reader and to a writer, a process each, in every word that their peer may write")
        .arg(number("seconds").default_value("10").help("how long each is lied to, side by side"))
        .arg(number("seed").help("what chance draws from; one that was printed before"))
        .arg(Arg::new("against").long("against").value_parser(["reader", "writer"]).help("only this one"))
}

fn run(matches: &ArgMatches) -> Result<Report, String> {
    let seconds = *matches.get_one::<u64>("seconds").expect("it has a default");
    let seed = matches.get_one("seed").copied().unwrap_or_else(|| fastrand::u64(..));
    let against = matches.get_one::<String>("against");
    let wanted = |side: &Side| against.is_none_or(|name| *name == side.to_string());
    let sides = [Side::Reader, Side::Writer].into_iter().filter(wanted);
    let rows: Vec<Result<Row, String>> = thread::scope(|scope| {
        let started: Vec<_> = sides.map(|side| scope.spawn(move || lie_to(side, seconds, seed))).collect();
        started.into_iter().map(|row| row.join().map_err(|_| "a thread of the harness panicked".to_string())?).collect()
    });
    let mut report = Report::default();
    for row in rows {
        report.add(row?);
    }
    Ok(report)
}

fn lie_to(side: Side, seconds: u64, seed: u64) -> Result<Row, String> {
    let (found, lies) = pair::lie_to(side, Duration::from_secs(seconds), seed)?;
    let (what, checks) = match side {
        Side::Reader => ("a reader against a hostile writer", &CHECKS[..]),
        Side::Writer => ("a writer against a hostile reader", &CHECKS[..2]),
    };
    let mut violations = found.violations.clone();
    if found.calls >= ENOUGH && violations.is_empty() {
        violations = unreached(&found, checks);
    }
    let Found { messages, openings, late_by_own_time, late_by_the_clock, .. } = found;
    let bound = format!(
        "{lies} lies, {messages} messages; Corrupt: {}; {openings} times opened, refused: {}; late by at most \
         {late_by_own_time} us of its own time, {late_by_the_clock} us by the clock; {}; seed {seed}",
        counts(&found.verdicts),
        counts(&found.refusals),
        pair::RINGS,
    );
    Ok(Row { what: what.into(), cases: found.calls, unit: "calls", bound, violations })
}

/// What a peer can fail: the first two of them both sides, the others a writer.
const CHECKS: [Check; 5] =
    [Check::CursorAlignment, Check::CursorRange, Check::RecordKind, Check::RecordLength, Check::RecordPadding];

/// What was not got to: then that nothing went wrong says little.
fn unreached(found: &Found, checks: &[Check]) -> Vec<String> {
    let names = checks.iter().map(|check| format!("{check:?}"));
    let missing = names.filter(|name| !found.verdicts.contains_key(name)).map(|name| format!("no lie failed {name}"));
    missing.chain((found.messages == 0).then(|| "no message came through".into())).collect()
}

fn counts(counts: &BTreeMap<String, u64>) -> String {
    let counts: Vec<String> = counts.iter().map(|(name, times)| format!("{name} {times}")).collect();
    if counts.is_empty() {
        "none".into()
    } else {
        counts.join(", ")
    }
}
