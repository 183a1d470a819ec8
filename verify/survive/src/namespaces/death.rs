//! How soon a side learns that its peer was killed: after it has drained what is left, and not before the death.

use std::path::Path;
use std::time::Duration;

use super::median;
use super::peer::monotonic;
use super::side::{pair, wait_until_asleep, Side};
use crate::report::{Report, Row};

/// What is promised, from when the kernel has released the lock of the dead, which it has when it lets its parent know.
const PROMISED: Duration = Duration::from_millis(60);
/// Deaths of each kind. Odd, for the median.
const DEATHS: u64 = 7;

pub fn run(place: &Path, report: &mut Report) {
    for strategy in ["spin", "both", "sleep"] {
        let (mut violations, mut took) = (Vec::new(), Vec::new());
        let deaths = [("writer, its reader waiting", writer_dies as Kind), ("reader", reader_dies)];
        for (who, kill) in deaths {
            for number in 0..DEATHS {
                match kill(&place.join(format!("death.{strategy}.{who}.{number}")), strategy) {
                    Ok(duration) => took.push(duration),
                    Err(why) => {
                        // The next would be as wrong, and patience takes its time.
                        violations.push(format!("death {number} of the {who}: {why}"));
                        break;
                    }
                }
            }
        }
        if let Err(why) = writer_dies_with_messages_left(&place.join(format!("death.{strategy}.left")), strategy) {
            violations.push(format!("death of a writer that leaves messages: {why}"));
        }
        let (median, most) = (median(&mut took), took.last().copied().unwrap_or_default());
        if median > PROMISED {
            violations.push(format!("half of all deaths were told after more than {median:?}; 60 ms are promised"));
        }
        report.add(Row {
            what: format!("a peer killed, waiting by {strategy}"),
            cases: 2 * DEATHS + 1,
            unit: "deaths",
            bound: format!("told within {median:?} in the middle, {most:?} at most, of the parent's knowledge"),
            violations,
        });
    }
}

type Kind = fn(&Path, &str) -> Result<Duration, String>;

/// The reader waits when its writer is killed. How long it took to learn of it.
fn writer_dies(path: &Path, strategy: &str) -> Result<Duration, String> {
    let (mut writer, mut reader) = pair(path, strategy)?;
    writer.expect("push 1", "done")?;
    reader.expect_message("pop", 1)?;
    reader.begin("pop")?;
    if strategy != "spin" {
        wait_until_asleep(reader.id())?;
    }
    kill(writer, reader, "pop")
}

/// The writer waits for space when its reader is killed. How long it took to learn of it.
fn reader_dies(path: &Path, strategy: &str) -> Result<Duration, String> {
    let (mut writer, reader) = pair(path, strategy)?;
    writer.ask("fill")?;
    writer.begin("push 1")?;
    kill(reader, writer, "push")
}

/// What was left comes first, whatever the time-out; then the death, however often it is asked for.
fn writer_dies_with_messages_left(path: &Path, strategy: &str) -> Result<(), String> {
    let (mut writer, mut reader) = pair(path, strategy)?;
    for number in 0..3 {
        writer.expect(&format!("push {number}"), "done")?;
    }
    writer.kill()?;
    for (number, line) in ["pop", "pop 0", "pop 1000"].into_iter().enumerate() {
        reader.expect_message(line, number as u64)?;
    }
    reader.expect("pop", "PeerGone")?;
    for line in ["pop 1000", "pop 1"] {
        reader.expect(line, "PeerGone")?;
    }
    Ok(())
}

/// Kills the one side; the other, which waits in `line`, has to learn of it afterwards.
fn kill(dies: Side, mut waits: Side, line: &str) -> Result<Duration, String> {
    let before = monotonic();
    dies.kill()?;
    let known = monotonic();
    let told = waits.expect_answer(line, "PeerGone")?;
    match told.at < before {
        true => Err("it was called dead before it was killed".into()),
        false => Ok(Duration::from_nanos(told.at.saturating_sub(known))),
    }
}
