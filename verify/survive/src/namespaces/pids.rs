//! The sides in PID namespaces of their own, where both have the PID 1, as has whoever comes after them.

use std::path::Path;
use std::time::Duration;

use super::median;
use super::side::{wait_until_asleep, Side, Surroundings};
use crate::report::{Report, Row};

const APART: Surroundings = Surroundings { own_pids: true, ahead: None };
/// Where each is waited for by itself. Odd, for the median.
const WAKES: usize = 21;
/// What a sleeper that nobody wakes sleeps is 50 ms, and it is woken when it has just fallen asleep. What half of all
/// wakes take at most tells the two apart on the busiest machine.
const WOKEN_WITHIN: Duration = Duration::from_millis(20);
const STREAM: u64 = 3000;
/// How many messages fit, with their headers.
const CAPACITY: usize = 4096;

pub fn run(place: &Path, report: &mut Report) {
    let (mut cases, mut violations, mut medians) = (0, Vec::new(), Vec::new());
    for strategy in ["sleep", "both"] {
        for fences in ["asymmetric", "symmetric"] {
            // One that is wrong is enough: the next would wait as long for what does not come.
            if !violations.is_empty() {
                break;
            }
            cases += 1;
            let path = place.join(format!("pids.{strategy}.{fences}"));
            match one(&path, strategy, fences) {
                Ok(took) => medians.extend(took),
                Err(why) => violations.push(format!("{strategy}, {fences} fences: {why}")),
            }
        }
    }
    let slowest = medians.into_iter().max().unwrap_or_default();
    report.add(Row {
        what: "sides in PID namespaces of their own, both with PID 1".into(),
        cases,
        unit: "pairs",
        bound: format!(
            "{WAKES} wakes of each side, of which half took at most {slowest:?}; {STREAM} messages; \
                        Busy, PeerGone and a successor"
        ),
        violations,
    });
}

/// What half of the wakes of the reader, and of the writer, took at most.
fn one(path: &Path, strategy: &str, fences: &str) -> Result<[Duration; 2], String> {
    let mut writer = Side::start(path, strategy, APART)?;
    let mut reader = Side::start(path, strategy, APART)?;
    writer.expect("id", "1")?;
    reader.expect("id", "1")?;
    writer.expect(&format!("create {CAPACITY} {fences}"), "done")?;
    reader.expect("open", "done")?;

    let mut third = Side::start(path, strategy, APART)?;
    third.expect("attach", "Busy")?;
    third.expect("open", "Busy")?;

    let wakes = [wake_reader(&mut writer, &mut reader)?, wake_writer(&mut writer, &mut reader)?];
    writer.begin(&format!("push-all {STREAM}"))?;
    reader.expect(&format!("pop-all {STREAM}"), "done")?;
    writer.expect_answer("push-all", "done")?;
    third.expect("attach", "Busy")?;

    writer.expect("push 7", "done")?;
    writer.kill()?;
    reader.expect_message("pop", 7)?;
    reader.expect("pop", "PeerGone")?;
    third.expect("id", "1")?;
    third.expect("attach", "done")?;
    third.expect("push 8", "done")?;
    reader.expect_message("pop", 8)?;
    reader.expect("pop 100", "TimedOut")?;
    reader.kill()?;
    third.expect("fill", "31")?;
    third.expect("push 9", "PeerGone")?;
    Ok(wakes)
}

/// Wakes the reader by a message, each time that it has fallen asleep.
fn wake_reader(writer: &mut Side, reader: &mut Side) -> Result<Duration, String> {
    let mut took = Vec::new();
    for number in 0..WAKES as u64 {
        reader.begin("pop")?;
        wait_until_asleep(reader.id())?;
        let pushed = writer.ask(&format!("push {number}"))?;
        let popped = reader.expect_message_answered("pop", number)?;
        took.push(Duration::from_nanos(popped.at.saturating_sub(pushed.at)));
    }
    judge("reader", took)
}

/// Wakes the writer by space in a full ring, each time that it has fallen asleep, and leaves the ring empty.
fn wake_writer(writer: &mut Side, reader: &mut Side) -> Result<Duration, String> {
    // The room for the end of the stream is no message's.
    let full = (CAPACITY - 8) / (super::peer::MESSAGE + 8);
    writer.expect("fill", &full.to_string())?;
    let mut took = Vec::new();
    for number in full..full + WAKES {
        let oldest = (number - full) as u64;
        writer.begin(&format!("push {number}"))?;
        wait_until_asleep(writer.id())?;
        let popped = reader.expect_message("pop", oldest)?;
        let pushed = writer.expect_answer("push", "done")?;
        took.push(Duration::from_nanos(pushed.at.saturating_sub(popped.at)));
    }
    for number in WAKES..WAKES + full {
        reader.expect_message("pop", number as u64)?;
    }
    judge("writer", took)
}

fn judge(side: &str, mut took: Vec<Duration>) -> Result<Duration, String> {
    let median = median(&mut took);
    match median <= WOKEN_WITHIN {
        true => Ok(median),
        false => Err(format!("half of the wakes of the {side} took longer than {median:?}: nobody woke it")),
    }
}
