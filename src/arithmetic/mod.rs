//! Property: positions, indices, records and space are computed as whole numbers would be, which never wrap.
//!
//! The production types themselves, seen from inside the library, against models in `u128`. A model's position is never
//! reduced modulo 2^64, and its records lie in laps, not at indices: it knows neither masks nor wraps.
//!
//! Bounds: every capacity up to 512 bytes, and every length. The positions are all those in the first two laps, and in
//! the lap before and the lap after the wraps of 32 and of 64 bits. If there are many combinations, capacities up to
//! 128 bytes; each file says so.
//!
//! Why these suffice: a position enters the arithmetic by its place in the lap and by its distance from another one. If
//! both sides keep to the protocol, the distance is at most two laps. All pairs of the two occur here, with the wrap
//! between them too. A larger capacity moves the border between a place and the laps, and changes nothing else.
//!
//! Beside these, and no arithmetic: when a count of messages has to be asked whether its records are still there.
//!
//! Run by `cargo xtask arithmetic`.
#![cfg(not(any(loom, shuttle)))]

mod cursor;
#[cfg(repository)] // by .cargo/config.toml: the formulas are a package that is not published
mod formulas;
mod header;
mod index;
mod position;
mod record;
mod space;
mod tally;

use std::io::Write;
use std::mem::ManuallyDrop;
use std::time::Duration;

use crate::atomics::order::{PUBLISH, RELEASE};
use crate::atomics::FenceMode;
use crate::protocol::WaitStrategy;
use crate::protocol::{Capacity, Position};
use crate::protocol::{Consumer, Producer};
use crate::protocol::{Mark, SharedRing};
use crate::ring::{RingReader, RingWriter};

/// Every capacity up to 512 bytes.
const CAPACITIES: [u128; 4] = [64, 128, 256, 512];

/// The values of a word. Models begin to count here and not at 0, so that they can look back from there too.
const TURN: u128 = 1 << 64;

/// Every position in the first two laps, and in two laps around the wraps of 32 and of 64 bits.
fn positions(capacity: u128) -> impl Iterator<Item = u128> {
    let laps = [TURN, TURN + (1 << 32) - capacity, 2 * TURN - capacity];
    laps.into_iter().flat_map(move |begin| begin..begin + 2 * capacity)
}

/// Those of them at which a record may start.
fn granules(capacity: u128) -> impl Iterator<Item = u128> {
    positions(capacity).step_by(8)
}

/// The position that the library has in place of the model's.
fn position(at: u128) -> Position {
    Position::new(at as u64)
}

fn capacity(bytes: u128) -> Capacity {
    Capacity::new(bytes as usize).unwrap()
}

/// The two sides of a ring on the heap: writer, reader. Nobody sleeps here, so there is no need for a fence.
fn ring(bytes: u128) -> (SharedRing, SharedRing) {
    SharedRing::on_heap(capacity(bytes), position(TURN), FenceMode::Asymmetric)
}

/// Moves a ring to where its sides stand at `written` and `read`, whatever was before.
fn stand((writer, reader): &(SharedRing, SharedRing), written: u128, read: u128) {
    writer.own.cursor.store(Mark::open(position(written)).to_word(), PUBLISH);
    reader.own.cursor.store(Mark::open(position(read)).to_word(), RELEASE);
}

/// Takes the writer of a ring. It never leaves: leaving makes a system call, and these are millions.
fn writer((writer, _): &(SharedRing, SharedRing)) -> ManuallyDrop<RingWriter> {
    let taken = Producer::take(writer.clone(), WaitStrategy::Sleep, Some(Duration::ZERO));
    ManuallyDrop::new(RingWriter::of(taken.unwrap()))
}

/// Takes the reader of a ring. It never leaves either.
fn reader((_, reader): &(SharedRing, SharedRing)) -> ManuallyDrop<RingReader> {
    ManuallyDrop::new(RingReader::of(Consumer::take(reader.clone(), WaitStrategy::Sleep).unwrap()))
}

/// Reports how much was tried, with capacities up to `largest` bytes: on standard error, and in the file that
/// `IPC_RING_REPORT` names (`verify/reference` does the same).
fn say(what: &str, count: u64, largest: u128) {
    let bound = format!("capacities up to {largest} bytes");
    // Not `println`: the test harness would keep it to itself.
    let _ = writeln!(std::io::stderr(), "arithmetic: {what}: {count} cases, {bound}");
    let Some(path) = std::env::var_os("IPC_RING_REPORT") else { return };
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
    let said = format!(r#""check":"arithmetic","what":"{what}","count":{count},"unit":"cases","bound":"{bound}""#);
    file.write_all(format!("{{{said},\"certify\":null}}\n").as_bytes()).unwrap();
}
