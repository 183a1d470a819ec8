//! Property: the table of functions that the solvers reason about is the library's arithmetic (`verify/smt`).
//!
//! Each function of that table is evaluated beside the function of the library that it stands for. Both are given all
//! combinations of edges, and random words: any, small, near each other, near a lap apart. The capacities are all 26
//! that there are.

use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::time::Duration;

use ipc_ring_smt::functions::{function, functions, DATA, END, PADDING};
use ipc_ring_smt::term::{Function, Value};

use super::{ring, say, stand};
use crate::atomics::order::{Reading, Writing, PUBLISH};
use crate::atomics::Bytes;
use crate::protocol::{Capacity, Consumer, Endpoint, Mark, NotTaken, Position, Producer, Record, SharedRing, Tally};
use crate::protocol::{PushError, WaitStrategy};

/// How many random points each function is evaluated at.
const POINTS: u64 = 400_000;
/// How many random states of a ring a writer prepares a record in.
const STATES: u64 = 1_000_000;
/// The functions that are seen in what a writer does, and by nothing else.
const SEEN_IN_A_WRITER: [&str; 4] = ["at_once", "needed", "target", "target_of_taking"];

/// The two sides of a ring of each capacity. Only the pages that are touched take memory.
struct Rings(Vec<(SharedRing, SharedRing)>);

impl Rings {
    fn new() -> Self {
        let of = |power: u32| {
            let (capacity, (writer, reader)) = (Capacity::new(1 << power).unwrap(), ring(64));
            let mut map = memmap2::MmapOptions::new().len(1 << power).no_reserve_swap().map_anon().unwrap();
            let start = std::ptr::NonNull::new(map.as_mut_ptr()).unwrap();
            // SAFETY: I4 (the map has this length, begins with a page, and is kept).
            let bytes = unsafe { Bytes::mapped(start, 1 << power, Arc::new(map)) }.unwrap();
            let with = |side| SharedRing { capacity, bytes: bytes.clone(), ..side };
            (with(writer), with(reader))
        };
        Self((6..32).map(of).collect())
    }

    /// The ring of this capacity, whose sides stand at `written` and `read`.
    fn at(&self, capacity: u64, written: u64, read: u64) -> &(SharedRing, SharedRing) {
        let ring = &self.0[capacity.trailing_zeros() as usize - 6];
        stand(ring, written.into(), read.into());
        ring
    }
}

/// Returns what the library's function says of these arguments. `None`: it is never given such.
fn library(rings: &Rings, name: &str, a: &[u64]) -> Option<Value> {
    let (word, truth) = (|word| Some(Value::Word(word)), |truth| Some(Value::Truth(truth)));
    let at = Position::new;
    let capacity = |bytes: u64| Capacity::new(bytes as usize).unwrap();
    let (is_granule, apart) = (|at: u64| at % 8 == 0, |ahead: u64, behind: u64| ahead.wrapping_sub(behind));
    match name {
        "after" => word(at(a[0]).after(a[1]).get()),
        "before" => word(at(a[0]).before(a[1]).get()),
        "since" => word(at(a[0]).since(at(a[1]))),
        "reaches" => truth(at(a[0]).reaches(at(a[1]))),
        "first_reaches" => truth(at(a[0]).first_reaches(at(a[1]), at(a[2]))),
        "is_capacity" => truth(Capacity::new(a[0] as usize).is_ok()),
        "max_message_len" => word(capacity(a[0]).max_message_len() as u64),
        "index" => word(capacity(a[0]).index(at(a[1])) as u64),
        "to_end" => word(capacity(a[0]).to_end(at(a[1]))),
        "padding" => word(capacity(a[0]).padding(at(a[1]), a[2])),
        "record_size" => (a[0] < 1 << 32).then(|| Value::Word(Record::data(a[0] as usize).size())),
        "padding_length" => (a[0] >= 8).then(|| Value::Word(Record::padding(a[0]).length() as u64)),
        "to_header" => match a[0] % 4 {
            _ if a[0] > END || a[1] >= 1 << 32 => None,
            DATA => word(Record::data(a[1] as usize).to_word()),
            PADDING => word(Record::padding(a[1] + 8).to_word()),
            END if a[1] == 0 => word(Record::END.to_word()),
            _ => None,
        },
        "length_if_data" => word(Record::length_if_data(a[0])),
        "is_record" => truth(Record::from_word(a[0]).is_some()),
        "kind_of" => word(Record::from_word(a[0])?.kind as u64),
        "length_of" => word(Record::from_word(a[0])?.length() as u64),
        "mark_position" => word(Mark::from_word(a[0]).position.get()),
        "mark_closed" => truth(Mark::from_word(a[0]).closed),
        "to_mark" => (a[1] < 2).then(|| {
            let make = if a[1] == 1 { Mark::closed } else { Mark::open };
            Value::Word(make(at(a[0])).to_word())
        }),
        "is_aligned" => truth(Mark::open(at(a[0])).aligned().is_ok()),
        "looks_the_same" => truth(the_kernel_compares(a[0], a[1])),
        "note_is_due" if is_granule(a[1]) => {
            let (ring, tally) = (rings.at(a[0], 0, 0), Tally::new(at(a[2])));
            tally.note(at(a[1]), 5, capacity(a[0]));
            // A note that was made is at the position. One that was not has counted 0 messages.
            truth(tally.messages_at(at(a[1]), &ring.0.bytes, capacity(a[0]), || true) == Ok(5))
        }
        "writers_window" if is_granule(a[2]) => {
            let writer = Endpoint::<Writing>::attach(rings.at(a[0], a[2], a[2]).0.clone()).unwrap();
            word(writer.window_from(at(a[1])).get())
        }
        "readers_window" if is_granule(a[2]) => {
            let reader = Endpoint::<Reading>::attach(rings.at(a[0], a[2], a[2]).1.clone()).unwrap();
            word(reader.window_from(at(a[1])).get())
        }
        "writer_believes" if [a[0], a[1]].into_iter().all(is_granule) && apart(a[0], a[1]) <= 1 << 31 => {
            let ring = rings.at(1 << 31, a[0], a[1]);
            let mut writer = Endpoint::<Writing>::attach(ring.0.clone()).unwrap();
            ring.1.own.cursor.store(a[2], PUBLISH);
            truth(writer.update_seen().is_ok())
        }
        "reader_believes" if [a[1], a[2]].into_iter().all(is_granule) && apart(a[2], a[1]) <= a[0] => {
            let ring = rings.at(a[0], a[2], a[1]);
            let mut reader = Endpoint::<Reading>::attach(ring.1.clone()).unwrap();
            ring.0.own.cursor.store(a[3], PUBLISH);
            truth(reader.update_seen().is_ok())
        }
        "distance" if is_granule(a[1]) && a[2] % 2 == 0 => {
            let ring = rings.at(a[0], a[1], a[1]);
            let writer = Endpoint::<Writing>::attach(ring.0.clone()).unwrap();
            ring.1.own.cursor.store(a[2], PUBLISH);
            let of_the_writer = writer.distance();
            // The reader's is from its own position to the writer's.
            let ring = rings.at(a[0], a[2] & !7, a[2] & !7);
            let reader = Endpoint::<Reading>::attach(ring.1.clone()).unwrap();
            ring.0.own.cursor.store(a[1], PUBLISH);
            assert!(!is_granule(a[2]) || reader.distance() == of_the_writer);
            word(of_the_writer)
        }
        "is_message" | "is_passed_by" => {
            // Of a message only the room decides.
            let (bytes, start, room) = if name == "is_message" { (1 << 31, 0, a[1]) } else { (a[1], a[2], a[3]) };
            let to_end = capacity(bytes).to_end(at(start));
            let index = capacity(bytes).index(at(start));
            // Few places, so that few pages are touched.
            let is_near = (index as u64).min(bytes - index as u64) < 1 << 16 || index.is_power_of_two();
            if ![start, room].into_iter().all(is_granule) || room < 8 || room > to_end || !is_near {
                return None;
            }
            let ring = rings.at(bytes, start.wrapping_add(room), start);
            // SAFETY: I2 (a multiple of 8 within the capacity), I3 (nobody else is there).
            unsafe { ring.0.bytes.write_word(index, a[0]) };
            let mut reader = ManuallyDrop::new(Consumer::take(ring.1.clone(), WaitStrategy::Sleep).unwrap());
            let is_message = reader.next(Some(Duration::ZERO)).is_ok() && reader.endpoint().position() == at(start);
            let is_passed = reader.endpoint().position() != at(start);
            match name {
                "is_message" => truth(is_message),
                _ => (!is_message).then_some(Value::Truth(is_passed)),
            }
        }
        _ => None,
    }
}

/// Whether the kernel lets a thread sleep that expects `expected` in a word that is `word`, asked as `sys::futex::wait`
/// asks it.
#[cfg(target_os = "linux")]
fn the_kernel_compares(word: u64, expected: u64) -> bool {
    let at_once = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    let address = std::ptr::addr_of!(word).cast::<u32>();
    // SAFETY: the kernel checks the address; the time is a valid one.
    let answer = unsafe { libc::syscall(libc::SYS_futex, address, libc::FUTEX_WAIT, expected as u32, &at_once) };
    assert_eq!(answer, -1);
    std::io::Error::last_os_error().raw_os_error() == Some(libc::ETIMEDOUT)
}

/// Another kernel compares all of the word. Half of it is the least that the goals may count on.
#[cfg(not(target_os = "linux"))]
fn the_kernel_compares(word: u64, expected: u64) -> bool {
    word as u32 == expected as u32
}

/// Words that are drawn by chance, the same every time (splitmix64).
struct Chance(u64);

impl Chance {
    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.word() % bound
    }

    fn capacity(&mut self) -> u64 {
        1 << (6 + self.below(26))
    }

    /// A word: any, a small one, or one near another, or a lap from it. Half of them are multiples of 8.
    fn near(&mut self, others: &[u64]) -> u64 {
        let other = if others.is_empty() { 0 } else { others[self.below(others.len() as u64) as usize] };
        let (small, lap) = (self.below(160).wrapping_sub(80), self.capacity());
        let word = match self.below(8) {
            0 => self.word(),
            1 => self.word() >> self.below(64),
            2 => 1 << self.below(64),
            3 => other.wrapping_add(lap),
            4 => other.wrapping_sub(lap),
            5 => self.below(4) << 32,
            _ => other,
        };
        let word = word.wrapping_add(if self.below(4) == 0 { 0 } else { small });
        if self.below(2) == 0 {
            word & !7
        } else {
            word
        }
    }

    fn arguments(&mut self, function: &Function) -> Vec<u64> {
        let mut drawn = Vec::new();
        for (name, _) in &function.parameters {
            drawn.push(match *name {
                "capacity" => self.capacity(),
                "kind" | "closed" => self.below(4),
                _ => self.near(&drawn),
            });
        }
        drawn
    }
}

/// The words at which something changes.
fn edges(parameter: &str) -> Vec<u64> {
    let powers = [0, 3, 4, 6, 7, 12, 31, 32, 33, 62, 63].map(|power| 1u64 << power);
    match parameter {
        "capacity" => (6..32).map(|power| 1 << power).collect(),
        _ => powers.iter().flat_map(|power| [power - 1, *power, power + 1, power.wrapping_neg()]).collect(),
    }
}

/// All combinations of edges.
fn corners(function: &Function) -> Vec<Vec<u64>> {
    let none = vec![vec![]];
    function.parameters.iter().fold(none, |before, (name, _)| {
        let edges = edges(name);
        before.iter().flat_map(|first| edges.iter().map(move |edge| [&first[..], &[*edge]].concat())).collect()
    })
}

/// Evaluates the function at a point, by formula and by the library. Returns whether the library has it.
fn agree(rings: &Rings, function: &Function, arguments: &[u64]) -> bool {
    let Some(expected) = library(rings, function.name, arguments) else { return false };
    let values: Vec<Value> = arguments.iter().copied().map(Value::Word).collect();
    assert_eq!(function.of(&values), expected, "{}{arguments:x?}", function.name);
    true
}

// Checks: I1, I2, I3, I5, I6, I11, I18.
#[test]
fn every_formula_is_the_function_of_the_library_that_it_stands_for() {
    let (rings, mut chance) = (Rings::new(), Chance(1));
    let (mut points, mut at_edges) = (0, 0);
    for function in functions().iter().filter(|function| !SEEN_IN_A_WRITER.contains(&function.name)) {
        let met = corners(function).iter().filter(|corner| agree(&rings, function, corner)).count();
        assert!(met > 0, "{} was evaluated at no edge", function.name);
        at_edges += met as u64;
        let mut left = POINTS;
        // A function that takes few words is drawn for more often.
        for _ in 0..40 * POINTS {
            left -= u64::from(agree(&rings, function, &chance.arguments(function)));
            if left == 0 {
                break;
            }
        }
        assert_eq!(left, 0, "{} was hardly evaluated", function.name);
        points += POINTS;
    }
    say("formulas, at random points", points, 1 << 31);
    say("formulas, at edges", at_edges, 1 << 31);
}

/// The formula of this name, at these words.
fn formula(name: &str, arguments: &[u64]) -> Value {
    function(name).of(&arguments.iter().copied().map(Value::Word).collect::<Vec<_>>())
}

/// What the formulas say of a writer that stands at `written` and saw its reader at `seen`, and prepares a record for
/// `length` bytes: whether there is space, and where it stands then.
fn prepared(capacity: u64, written: u64, seen: u64, length: u64) -> (bool, u64) {
    let size = formula("record_size", &[length]).word();
    let of = |name| formula(name, &[capacity, written, size]);
    let reached = formula("reaches", &[seen, of("target").word()]).is_true();
    let start = written.wrapping_add(of("padding").word());
    match (reached, of("at_once").is_true()) {
        (false, _) => (false, written),
        (true, true) => {
            let window = formula("writers_window", &[capacity, start, seen]).word();
            assert!(window.wrapping_sub(start) >= size);
            (true, start)
        }
        (true, false) => {
            assert_eq!(written.wrapping_add(of("needed").word()), start);
            prepared(capacity, start, seen, length)
        }
    }
}

// Checks: I3, I12, I18.
#[test]
fn a_writer_finds_space_exactly_where_the_formulas_do() {
    let (rings, mut chance) = (Rings::new(), Chance(2));
    for _ in 0..STATES {
        let capacity = chance.capacity();
        // Padding is written to few pages: near the end of a lap, or after it.
        let back = chance.below(capacity.min(1 << 12)) & !7;
        let written = (chance.word() & !(capacity - 1)).wrapping_sub(back);
        let used = match chance.below(3) {
            0 => chance.below(capacity + 8),
            1 => capacity - chance.below(capacity.min(160)),
            _ => chance.below(capacity.min(160)),
        } & !7;
        let seen = written.wrapping_sub(used);
        let length = match chance.below(3) {
            0 => chance.below(capacity),
            1 => (capacity - used).wrapping_sub(chance.below(64)) % (capacity + 8),
            _ => back.wrapping_sub(chance.below(64)) % (capacity + 8),
        };
        let context = (capacity, written, used, length);
        let ring = rings.at(capacity, written, seen);
        let is_room = formula("reaches", &[seen, formula("target_of_taking", &[capacity, written]).word()]).is_true();
        let taken = Producer::take(ring.0.clone(), WaitStrategy::Sleep, Some(Duration::ZERO)).map(ManuallyDrop::new);
        assert_eq!(taken.as_ref().err(), (!is_room).then_some(&NotTaken::Full), "{context:x?}");
        let Ok(mut writer) = taken else { continue };
        let found = writer.reserve(Record::data(length as usize), Some(Duration::ZERO));
        if length > formula("max_message_len", &[capacity]).word() {
            assert!(matches!(found, Err(PushError::TooLarge { .. })), "{context:x?}");
            continue;
        }
        let expected = prepared(capacity, written, seen, length);
        assert_eq!((found.is_ok(), writer.endpoint().position().get()), expected, "{context:x?}");
    }
    say("a writer's formulas, in random states", STATES, 1 << 31);
}
