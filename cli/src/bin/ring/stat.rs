//! `ring stat`: shows a ring as it is now.

use std::fmt::Write;
use std::thread;
use std::time::Duration;

use indicatif::HumanCount;
use ipc_ring::{RingState, SideState};

use crate::args::Stat;
use crate::error::Error;
use crate::look::{bytes, view, Seen, SeenSide, Suspicion};
use crate::number::counted;
use crate::output::Output;
use crate::quoted::quoted;

pub fn run(asked: &Stat) -> Result<(), Error> {
    let mut output = Output::new()?;
    output.is_not(&asked.ring)?;
    let view = view(&asked.ring, &asked.trust)?;
    let snapshot = match Suspicion::of(&view) {
        Some(suspicion) => {
            thread::sleep(asked.look.time);
            suspicion.look_again(&view)
        }
        None => view.snapshot(),
    };
    let seen = Seen::of(&asked.ring, &view, &snapshot);
    if asked.json {
        let json = serde_json::to_string(&seen).map_err(|error| Error::output(error.into()))?;
        return output.print(&format!("{json}\n"));
    }
    let mut text = String::new();
    let why = match (snapshot.state, seen.stuck) {
        (RingState::Corrupt { check }, _) => format!(": {check}"),
        (_, Some(stuck)) => format!(": {}", stuck.in_words()),
        _ => String::new(),
    };
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{}: {}{why}", quoted(&asked.ring), seen.state);
    let percent = 100.0 * seen.used_bytes as f64 / seen.capacity as f64;
    let _ = writeln!(text, "  capacity  {}, fences {}", bytes(seen.capacity), seen.fences);
    let _ = writeln!(text, "  used      {} ({percent:.1}%)", bytes(seen.used_bytes));
    let boot = if seen.this_boot { "" } else { ", created before the last boot" };
    let _ = writeln!(text, "  id        {}{boot}", seen.id);
    for (name, side, waits_for) in [
        ("writer", &seen.writer, "asleep until there is space"),
        ("reader", &seen.reader, "asleep until there is more"),
    ] {
        let _ = writeln!(text, "  {name}    {}", in_words(side, waits_for));
        let _ = writeln!(text, "            {}", figures(side));
    }
    output.print(&text)
}

/// Says where a side stands.
fn in_words(side: &SeenSide, waits_for: &str) -> String {
    if side.state == crate::look::side_state(SideState::Absent) {
        return "has not attached yet".into();
    }
    let asleep = if side.awaits.is_some() { format!(", {waits_for}") } else { String::new() };
    format!("{}{asleep}, at byte {}, the {} to hold this side", side.state, side.position, ordinal(side.epoch))
}

/// Says what a side has done so far.
fn figures(side: &SeenSide) -> String {
    let messages = side.messages.map_or("an unknown number of messages".into(), |number| counted(number, "message"));
    let longest = Duration::from_nanos(side.longest_wait_ns);
    let (sleeps, wakes) = (counted(side.sleeps, "sleep"), counted(side.wakes, "wake"));
    let if_any = |number, what| match number {
        0 => String::new(),
        number => format!(", {} {what}", HumanCount(number)),
    };
    let (dropped, repeated) = (if_any(side.dropped, "dropped"), if_any(side.repeated, "repeated"));
    let waiting = side
        .waiting_ns
        .map_or(String::new(), |nanoseconds| format!(", has waited for {:.1?}", Duration::from_nanos(nanoseconds)));
    let slept = format!("{sleeps}, {wakes} of the other side, longest wait {longest:.1?}{waiting}");
    format!("{messages}{dropped}{repeated}, {slept}")
}

/// Writes a number as an ordinal: 1st, 2nd, 3rd, 4th.
fn ordinal(number: u64) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

#[cfg(test)]
mod tests {
    use super::ordinal;

    #[test]
    fn ordinals_end_as_they_are_spoken() {
        let written = [1, 2, 3, 4, 11, 12, 13, 21, 102, 111].map(ordinal);
        assert_eq!(written, ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th"]);
    }
}
