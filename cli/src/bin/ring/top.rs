//! `ring top`: shows the rates of rings, a line for each.

use std::collections::VecDeque;
use std::path::Path;
use std::time::{Duration, Instant};

use console::{style, truncate_str, Term};
use ipc_ring::{RingId, RingState, RingView, SideState, Snapshot};

use crate::args::Top;
use crate::error::Error;
use crate::look::{bytes, state, view};
use crate::output::Output;
use crate::quoted::quoted;
use crate::stop::Stop;

/// The width of the bar that shows how full a ring is, in characters.
const BAR: usize = 20;

/// One look at a ring.
struct Look {
    at: Instant,
    seen: Snapshot,
    capacity: usize,
}

/// The recent looks at a ring, back to the one that can tell whether it is stuck.
#[derive(Default)]
struct Past {
    id: Option<RingId>,
    looks: VecDeque<(Instant, Snapshot)>,
}

impl Past {
    /// Looks at the ring, and compares with the look that is `time` old, if there is one.
    fn look(&mut self, view: &RingView, time: Duration) -> (Instant, Snapshot) {
        if self.id != Some(view.id()) {
            *self = Self { id: Some(view.id()), looks: VecDeque::new() };
        }
        let now = Instant::now();
        let is_long_ago = |look: Option<&(Instant, Snapshot)>| look.is_some_and(|(at, _)| now - *at >= time);
        while is_long_ago(self.looks.get(1)) {
            self.looks.pop_front();
        }
        let seen = match self.looks.front().filter(|look| is_long_ago(Some(look))) {
            Some((_, earlier)) => view.snapshot_since(earlier),
            None => view.snapshot(),
        };
        self.looks.push_back((now, seen));
        (now, seen)
    }
}

pub fn run(asked: &Top) -> Result<(), Error> {
    let (stop, mut output, terminal) = (Stop::new()?, Output::new()?, Term::stdout());
    asked.rings.iter().try_for_each(|ring| output.is_not(ring))?;
    let names: Vec<String> = asked.rings.iter().map(|ring| quoted(ring)).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let mut before: Vec<Option<Look>> = asked.rings.iter().map(|_| None).collect();
    let mut pasts: Vec<Past> = asked.rings.iter().map(|_| Past::default()).collect();
    let (mut looks, mut stood) = (0, 0);
    loop {
        let now: Vec<_> = asked.rings.iter().zip(&mut pasts).map(|(ring, past)| look(ring, past, asked)).collect();
        let head = format!(
            "{:width$}  {:8}  {:>12}  {:>12}  {:BAR$}  {:>10}  {}",
            "RING", "STATE", "IN", "OUT", "FILL", "LAG", "ASLEEP"
        );
        let mut lines = vec![style(head).bold().to_string()];
        let most = fits(names.len(), &terminal);
        for ((name, before), now) in names.iter().zip(&before).zip(&now).take(most) {
            lines.push(line(&format!("{name:width$}"), before.as_ref(), now));
        }
        if most < names.len() {
            lines.push(format!("… and {} more, which do not fit the terminal", names.len() - most));
        }
        // Move up to where the last look began, and clear what was below if that was longer.
        let mut shown = match stood {
            0 => String::new(),
            stood if stood > lines.len() => format!("\x1b[{stood}A\r\x1b[0J"),
            stood => format!("\x1b[{stood}A"),
        };
        stood = if terminal.is_term() { lines.len() } else { 0 };
        shown.extend(lines.iter().map(|line| match terminal.is_term() {
            // Cut the line to the width of the terminal, and clear the rest of it.
            true => format!("{}\x1b[K\n", truncate_str(line, usize::from(terminal.size().1), "…")),
            false => format!("{line}\n"),
        }));
        output.write_all(shown.as_bytes(), stop)?;
        looks += 1;
        if asked.count.is_some_and(|count| looks >= count) {
            return Ok(());
        }
        before = now.into_iter().map(Result::ok).collect();
        output.wait_for(asked.interval, stop)?;
    }
}

/// Returns how many of the rings fit the terminal: a line that has scrolled off cannot be written over.
fn fits(rings: usize, terminal: &Term) -> usize {
    // Less the head, and the line below everything, where the cursor stands.
    let room = usize::from(terminal.size().0).saturating_sub(2);
    match terminal.is_term() && rings > room {
        true => room.saturating_sub(1),
        false => rings,
    }
}

/// Looks at one ring.
fn look(ring: &Path, past: &mut Past, asked: &Top) -> Result<Look, Error> {
    let view = view(ring, &asked.trust)?;
    let (at, seen) = past.look(&view, asked.look.time);
    Ok(Look { at, seen, capacity: view.capacity() })
}

/// Formats the line of one ring.
fn line(ring: &str, before: Option<&Look>, now: &Result<Look, Error>) -> String {
    let now = match now {
        Ok(now) => now,
        Err(error) => return format!("{ring}  {}", style(error).dim()),
    };
    let rate = |position: fn(&Snapshot) -> u64| match before {
        Some(before) => {
            let moved = position(&now.seen).wrapping_sub(position(&before.seen));
            // A position that goes back is that of another ring, which took the path: show 0.
            let moved = if moved < 1 << 63 { moved } else { 0 };
            let seconds = (now.at - before.at).as_secs_f64().max(1e-9);
            format!("{}/s", bytes((moved as f64 / seconds) as usize))
        }
        None => "-".into(),
    };
    let (rate_in, rate_out) = (rate(|seen| seen.writer.position), rate(|seen| seen.reader.position));
    let filled = (BAR * now.seen.used_bytes).div_ceil(now.capacity);
    let bar = format!("{}{}", "█".repeat(filled), "░".repeat(BAR - filled));
    let lag = bytes(now.seen.used_bytes);
    let asleep: Vec<&str> = [("writer", &now.seen.writer), ("reader", &now.seen.reader)]
        .into_iter()
        .filter(|(_, side)| side.awaits.is_some())
        .map(|(name, _)| name)
        .collect();
    let coloured = if matches!(now.seen.state, RingState::Stuck { .. }) {
        style(format!("{:8}", state(now.seen.state))).red()
    } else if now.seen.writer.state == SideState::Died || now.seen.reader.state == SideState::Died {
        style(format!("{:8}", state(now.seen.state))).yellow()
    } else {
        style(format!("{:8}", state(now.seen.state)))
    };
    format!("{ring}  {coloured}  {rate_in:>12}  {rate_out:>12}  {bar}  {lag:>10}  {}", asleep.join(", "))
}
