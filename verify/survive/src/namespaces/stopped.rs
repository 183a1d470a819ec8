//! A peer that is stopped, or that has not come yet, is not dead; and goes on where it stood.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::side::{pair, wait_until_stopped, Side, Surroundings};
use crate::report::{Report, Row};

/// How long the peers are stopped: a hundred times what it takes to look whether they live.
const STOPPED: Duration = Duration::from_secs(5);
const SHORT_WAITS: u32 = 40;
const FULL: u64 = 31;

pub fn run(place: &Path, report: &mut Report) {
    let path = |name: &str| place.join(format!("stopped.{name}"));
    let violations = Vec::from_iter(all(path).err());
    report.add(Row {
        what: "peers that are stopped, and one that never came".into(),
        cases: 4,
        unit: "peers",
        bound: format!("waited for during {STOPPED:?}, at once and {SHORT_WAITS} times in a row; then they go on"),
        violations,
    });
}

/// All of them at once, for it is waiting that takes the time.
fn all(path: impl Fn(&str) -> PathBuf) -> Result<(), String> {
    let (mut stopped_writer, mut reader) = pair(&path("writer"), "sleep")?;
    let (mut another_writer, mut hasty_reader) = pair(&path("another"), "both")?;
    let (mut writer, mut stopped_reader) = pair(&path("reader"), "both")?;
    let mut lonely = Side::start(&path("lonely"), "sleep", Surroundings::default())?;
    lonely.expect("create 4096", "done")?;
    for writer in [&mut writer, &mut lonely] {
        writer.expect("fill", &FULL.to_string())?;
    }
    for side in [&stopped_writer, &another_writer, &stopped_reader] {
        side.signal(libc::SIGSTOP)?;
        wait_until_stopped(side.id())?;
    }

    let millis = STOPPED.as_millis();
    reader.begin(&format!("pop {millis}"))?;
    writer.begin(&format!("push {FULL} {millis}"))?;
    lonely.begin(&format!("push {FULL} {millis}"))?;
    for _ in 0..SHORT_WAITS {
        hasty_reader.expect(&format!("pop {}", millis / u128::from(SHORT_WAITS)), "TimedOut")?;
    }
    for (side, line) in
        [(&mut reader, "pop"), (&mut writer, "push to a stopped reader"), (&mut lonely, "push to nobody")]
    {
        let answer = side.expect_answer(line, "TimedOut")?;
        if answer.took < STOPPED {
            return Err(format!("{line}: timed out after {:?} already, not {STOPPED:?}", answer.took));
        }
    }

    for side in [&stopped_writer, &another_writer, &stopped_reader] {
        side.signal(libc::SIGCONT)?;
    }
    for (writer, reader) in [(&mut stopped_writer, &mut reader), (&mut another_writer, &mut hasty_reader)] {
        reader.begin("pop")?;
        writer.expect("push 5", "done")?;
        reader.expect_message_answered("pop", 5)?;
    }
    writer.begin(&format!("push {FULL}"))?;
    for number in 0..=FULL {
        stopped_reader.expect_message("pop", number)?;
    }
    writer.expect_answer("push", "done").map(drop)
}
