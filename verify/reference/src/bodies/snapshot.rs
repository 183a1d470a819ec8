//! A snapshot of a ring in use is true of one moment of the look: who holds a side or how its last holder left, what a
//! sleeper awaits, and since when.

use std::time::Duration;

use super::{dies, pop, push, try_pop, try_push, Stream};
use crate::record::GRANULE;
use crate::thread;
use ipc_ring::model::engine::{note, time_passes, within};
use ipc_ring::model::HeapRing;
use ipc_ring::{FenceMode, PushError, RingState, Side, SideState, SideView, Snapshot};

/// How a holder leaves its side.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    Closes,
    Dies,
}

impl Leaving {
    /// What a view calls the side then, and a ring whose other side was closed.
    fn states(self) -> (SideState, RingState) {
        match self {
            Leaving::Closes => (SideState::Closed, RingState::Idle),
            Leaving::Dies => (SideState::Died, RingState::Orphaned),
        }
    }
}

/// The first holder of `side` has left, as `leaving` says first. While the view looks, another one comes, works, and
/// leaves as `leaving` says next. The other side was closed before.
pub fn of_a_succession(stream: &Stream, side: Side, leaving: [Leaving; 2]) {
    let ring = stream.ring(FenceMode::Asymmetric).awaiting_successors();
    let messages = stream.messages();
    let other = if side == Side::Writer { Side::Reader } else { Side::Writer };
    let of_the_other = if other == Side::Writer { &messages[..] } else { &[] };
    holds(&ring, other, of_the_other, Leaving::Closes);
    let left = holds(&ring, side, &messages[..1], leaving[0]);
    let view = ring.view();
    let looking = thread::spawn(move || view.snapshot());
    let next_left = holds(&ring, side, &messages[1..], leaving[1]);
    let seen = looking.join().unwrap();
    let (this, closed) = of_both(&seen, side);
    assert_eq!((closed.state, closed.epoch), (SideState::Closed, 1), "the other side");
    let [first, next] = leaving.map(Leaving::states);
    let found = (this.state, this.epoch);
    match found {
        (SideState::Attached, 1 | 2) => {
            assert_eq!(seen.state, RingState::Live);
            note("view", "saw the side held");
        }
        _ if found == (first.0, 1) => {
            assert_eq!((seen.state, this.position), (first.1, left), "where the first holder left");
            note("view", "saw that the first holder had left");
        }
        _ if found == (next.0, 2) => {
            assert_eq!((seen.state, this.position), (next.1, next_left), "where the next holder left");
            note("view", "saw that the next holder had left");
        }
        _ => panic!("a side was never like this: {found:?}"),
    }
}

/// A writer comes, and then the reader leaves, while the view looks: somebody holds a side at any time. The view asks
/// for the writer's side first.
pub fn of_a_ring_that_is_handed_on(stream: &Stream, leaving: Leaving) {
    let ring = stream.ring(FenceMode::Asymmetric).awaiting_successors();
    holds(&ring, Side::Writer, &[], Leaving::Closes);
    let reader = Held::take(&ring, Side::Reader);
    let view = ring.view();
    let looking = thread::spawn(move || view.snapshot());
    let _writer = Held::take(&ring, Side::Writer);
    reader.leave(&ring, leaving);
    let seen = looking.join().unwrap();
    assert_eq!(seen.state, RingState::Live, "a side was held at any time");
    for (whose, side) in [("the writer", seen.writer), ("the reader", seen.reader)] {
        note(whose, if side.state == SideState::Attached { "was seen" } else { "was missed" });
    }
}

/// The sides wait for each other: a call a second, by the clock of each. The view looks 10 seconds later. (Timers that
/// ring take less than a second.)
pub fn of_sides_that_sleep(stream: &Stream) {
    let ring = HeapRing::in_sight(stream.capacity, stream.start.position, FenceMode::Symmetric);
    let (mut writer, mut reader) = (super::writer(&ring), super::reader(&ring));
    let (messages, ends) = (stream.messages(), stream.positions());
    let view = ring.view();
    let looking = thread::spawn(move || {
        time_passes(LATE);
        view.snapshot()
    });
    let expected = messages.clone();
    let _sides = stream.race(
        move || {
            for message in &messages {
                time_passes(SECOND);
                push(&mut writer, message).unwrap();
            }
            writer
        },
        move || {
            for message in &expected {
                time_passes(SECOND);
                assert_eq!(pop(&mut reader).as_ref(), Ok(message));
            }
            reader
        },
    );
    let Snapshot { writer, reader, .. } = looking.join().unwrap();
    let space = stream.capacity as u64 - GRANULE;
    // What each call waits for, and where it saw its peer: it waits for space for its message, or for the next header.
    let spaces = (1..ends.len()).map(|end| (ends[end].wrapping_sub(space), ends[end.saturating_sub(2)]));
    let headers = ends.iter().map(|end| (end.wrapping_add(GRANULE), *end));
    is_true("the writer", &writer, reader.position, &Vec::from_iter(spaces));
    is_true("the reader", &reader, writer.position, &Vec::from_iter(headers));
}

/// What a view saw `side` await is one of these targets; its peer was where the call for it saw it, before the target.
/// It is told to wait since that call began.
fn is_true(whose: &'static str, side: &SideView, peer_at: u64, calls: &[(u64, u64)]) {
    let Some(target) = side.awaits else { return note(whose, "was not seen to wait") };
    let call = calls.iter().position(|(awaited, _)| *awaited == target).expect("nobody waits for that");
    assert_eq!(peer_at, calls[call].1, "{whose} awaits {target}, and the peer of its call {call} was elsewhere");
    note(whose, ["was seen in its first call", "was seen in its second call", "was seen in its third call"][call]);
    // No model's clock runs under Miri.
    if let Some(waiting) = side.waiting.filter(|_| !cfg!(miri)) {
        let began = LATE - waiting;
        assert_eq!(began.as_secs(), call as u64 + 1, "{whose} waits since {began:?}, in its call {call}");
        note(whose, "told since when");
    }
}

/// The writer of a full ring gives up at each of three calls, a second apart: for little space, for more, and for
/// little again. Its reader is dead. The view looks 10 seconds later.
pub fn of_a_writer_that_gives_up(stream: &Stream) {
    const A_WHILE: Duration = Duration::from_millis(1);
    let ring = HeapRing::in_sight(stream.capacity, stream.start.position, FenceMode::Symmetric).awaiting_successors();
    let mut writer = super::writer(&ring);
    let mut messages = stream.messages();
    try_push(&mut writer, &messages.remove(0)).unwrap();
    ring.reader_is_dead(true);
    let view = ring.view();
    let looking = thread::spawn(move || {
        time_passes(LATE);
        view.snapshot()
    });
    for message in messages {
        time_passes(SECOND);
        let pushed = within(Some(A_WHILE), || writer.push(&message, Some(A_WHILE)));
        assert_eq!(pushed, Err(PushError::TimedOut));
    }
    let seen = looking.join().unwrap().writer;
    let Some(target) = seen.awaits else { return note("view", "saw nobody wait") };
    let target = target.wrapping_sub(stream.start.position);
    note("view", if target == GRANULE { "saw who waits for little" } else { "saw who waits for more" });
    if let Some(waiting) = seen.waiting.filter(|_| !cfg!(miri)) {
        let call = (LATE - waiting).as_secs() as usize - 1;
        assert_eq!(call == 1, target != GRANULE, "the writer waits for {target} since its call {call} began");
        note("view", ["saw the first call", "saw the second call", "saw the third call"][call]);
    }
}

const SECOND: Duration = Duration::from_secs(1);
/// The clock of the view, so that all waits have begun before.
const LATE: Duration = Duration::from_secs(10);

/// What was seen of `side`, and of the other one.
fn of_both(seen: &Snapshot, side: Side) -> (SideView, SideView) {
    match side {
        Side::Writer => (seen.writer, seen.reader),
        Side::Reader => (seen.reader, seen.writer),
    }
}

/// A side with its holder.
enum Held {
    Writer(ipc_ring::RingWriter),
    Reader(ipc_ring::RingReader),
}

impl Held {
    /// Takes `side`, whose last holder has left, if there was any.
    fn take(ring: &HeapRing, side: Side) -> Self {
        match side {
            Side::Writer => {
                ring.writer_is_dead(false);
                Held::Writer(super::writer(ring))
            }
            Side::Reader => {
                ring.reader_is_dead(false);
                Held::Reader(super::reader(ring))
            }
        }
    }

    /// Leaves, and returns the position that is left to a successor.
    fn leave(self, ring: &HeapRing, leaving: Leaving) -> u64 {
        let (side, position) = match &self {
            Held::Writer(writer) => (Side::Writer, writer.position()),
            Held::Reader(reader) => (Side::Reader, reader.position()),
        };
        let end = if side == Side::Writer && leaving == Leaving::Closes { GRANULE } else { 0 };
        match leaving {
            Leaving::Closes => drop(self),
            Leaving::Dies => dies(self),
        }
        match side {
            Side::Writer => ring.writer_is_dead(true),
            Side::Reader => ring.reader_is_dead(true),
        }
        position.wrapping_add(end)
    }
}

/// Takes `side`, pushes `messages` or pops as many, and leaves. Returns the position that is left to a successor.
fn holds(ring: &HeapRing, side: Side, messages: &[Vec<u8>], leaving: Leaving) -> u64 {
    let mut held = Held::take(ring, side);
    for message in messages {
        match &mut held {
            Held::Writer(writer) => try_push(writer, message).unwrap(),
            Held::Reader(reader) => assert_eq!(try_pop(reader).as_ref(), Ok(&Some(message.clone()))),
        }
    }
    held.leave(ring, leaving)
}
