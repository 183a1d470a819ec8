//! A peer that lives on when the process that is stepped is killed for good: it gets what is there, learns of the
//! death, and goes on with a successor. It goes by what it has seen of the ring before, which no copy has.

use std::path::Path;
use std::time::Duration;

use ipc_ring::{PopError, PushError, RingOptions, RingReader, RingWriter, Side};

use super::hand::Hand;
use super::judge::{drain, drain_streams, goes_on};
use super::ledger::Contents;

/// Longer than no time at all: then a side asks whether its peer lives before it gives up.
const A_MOMENT: Option<Duration> = Some(Duration::from_millis(1));
const AT_ONCE: Option<Duration> = Some(Duration::ZERO);

/// Has the side that is left go on in the ring at `path`, which holds `left`. Whether there is such a side.
///
/// `came` is whether the side that died had ever come: one that has not is waited for.
pub fn lives_on(hand: Hand, path: &Path, left: &Contents, came: bool) -> Result<bool, String> {
    let Hand { writer, reader, stops, is_in_a_stream, .. } = hand;
    match (writer, reader) {
        (None, Some(reader)) if stops => {
            a_reader_of_streams_lives_on(reader, path, left, is_in_a_stream).map(|()| true)
        }
        (None, Some(reader)) => a_reader_lives_on(reader, path, left).map(|()| true),
        (Some(writer), None) => a_writer_lives_on(writer, path, left, came).map(|()| true),
        _ => Ok(false),
    }
}

fn a_reader_lives_on(mut reader: RingReader, path: &Path, left: &Contents) -> Result<(), String> {
    let (messages, end) = drain(&mut reader)?;
    let mut end = end.map(PopError::from);
    if messages != left.messages {
        let (popped, there) = (messages.len(), left.messages.len());
        return Err(format!("{popped} messages were popped, which are not the {there} that are there"));
    }
    if end.is_none() {
        end = reader.pop(&mut Vec::new(), A_MOMENT).err();
    }
    let expected = if left.writer_closed { PopError::Closed } else { PopError::PeerGone };
    if end != Some(expected) {
        return Err(format!("after the last message comes {end:?} instead of {expected:?}"));
    }
    goes_on_with_a_successor(reader, path, left)
}

/// As `a_reader_lives_on`, by one that stops at ends, and has or has not had a part of a stream before.
fn a_reader_of_streams_lives_on(
    mut reader: RingReader,
    path: &Path,
    left: &Contents,
    was_in_a_stream: bool,
) -> Result<(), String> {
    let (messages, ends) = drain_streams(&mut reader)?;
    if (&messages, &ends) != (&left.messages, &left.ends) {
        return Err(format!(
            "{messages:?} were popped and the ends {ends:?} taken, which are not those that are there"
        ));
    }
    let (last, last_end) = (messages.last().map(|(end, _)| *end), ends.last().copied());
    let is_in_a_stream = if last.or(last_end).is_none() { was_in_a_stream } else { last > last_end };
    let expected = if is_in_a_stream { PopError::PeerGone } else { PopError::TimedOut };
    let told = reader.pop(&mut Vec::new(), A_MOMENT);
    if told != Err(expected) {
        return Err(format!("after the last record comes {told:?} instead of {expected:?}"));
    }
    goes_on_with_a_successor(reader, path, left)
}

fn goes_on_with_a_successor(mut reader: RingReader, path: &Path, left: &Contents) -> Result<(), String> {
    let writer = RingOptions::new().attach(path).map_err(|error| format!("no successor attaches: {error}"))?;
    expect("the successor", writer.position(), left.written)?;
    match reader.try_pop(&mut Vec::new()) {
        Ok(None) => goes_on(writer, reader, Side::Writer),
        other => Err(format!("with a new writer there is {other:?} to pop")),
    }
}

fn a_writer_lives_on(mut writer: RingWriter, path: &Path, left: &Contents, came: bool) -> Result<(), String> {
    expect("the writer", writer.position(), left.written)?;
    // Empty messages need no padding: 8 bytes each, as many as there is space for.
    let space = writer.capacity() as u64 - 8 - (left.written - left.read);
    let fit = if left.reader_closed { 0 } else { space / 8 };
    for number in 0..fit {
        let pushed = writer.push(&[], AT_ONCE);
        if pushed.is_err() {
            return Err(format!("there is space for {fit} messages, and push number {number} returns {pushed:?}"));
        }
    }
    let expected = match (left.reader_closed, came) {
        (true, _) => PushError::Closed,
        (false, true) => PushError::PeerGone,
        (false, false) => PushError::TimedOut,
    };
    let pushed = writer.push(&[], A_MOMENT);
    if pushed != Err(expected) {
        return Err(format!("where there is no reader and no space, a push returns {pushed:?}, not {expected:?}"));
    }
    let mut reader = RingOptions::new().open(path).map_err(|error| format!("no successor opens: {error}"))?;
    expect("the successor", reader.position(), left.read)?;
    let (messages, end) = drain(&mut reader)?;
    let pushed = (1..=fit).map(|number| (left.written + 8 * number, Vec::new()));
    let all: Vec<_> = left.messages.iter().cloned().chain(pushed).collect();
    match end {
        None if messages == all => goes_on(writer, reader, Side::Reader),
        _ => Err(format!("the successor pops {} messages and then {end:?}; {} are there", messages.len(), all.len())),
    }
}

fn expect(who: &str, position: u64, expected: u64) -> Result<(), String> {
    match position == expected {
        true => Ok(()),
        false => Err(format!("{who} is at {position} instead of {expected}")),
    }
}
