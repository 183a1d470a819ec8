//! Fault 44: a ring is removed, or only looked at for that, while somebody takes a side of it.

use std::path::Path;
use std::sync::mpsc::channel;

use ipc_ring::{OpenError, PopError, RingReader, RingWriter, Side, SideState, Trust};
use ipc_ring_reference::kernel::{holding, Calls, LOCKS, SHARED_MAPS};
use ipc_ring_reference::{Place, LONG};

/// Asking who has a lock.
const QUESTIONS: Calls = Calls::with(libc::SYS_fcntl, 1, !0, libc::F_OFD_GETLK as u32);

/// A side that somebody has taken.
enum Taken {
    Writer(#[allow(dead_code)] RingWriter),
    Reader(#[allow(dead_code)] RingReader),
}

fn take(side: Side, path: &Path) -> Result<Taken, OpenError> {
    match side {
        Side::Writer => RingWriter::attach(path).map(Taken::Writer),
        Side::Reader => RingReader::open(path).map(Taken::Reader),
    }
}

/// The removal is held before each of its calls about locks. A peer comes before the first or the second of them, and
/// from then on the other side can be taken at each.
// Checks: I3.
#[test]
fn f44_a_side_that_nobody_has_can_be_taken_beside_a_removal_that_finds_the_other_one_held() {
    for (side, held) in [(Side::Writer, Side::Reader), (Side::Reader, Side::Writer)] {
        for comes_at in 0..2 {
            let place = Place::with_a_ring(64);
            let (mut peer, mut calls) = (None, 0);
            let at_each = |_: &_| {
                if calls == comes_at {
                    peer = take(held, &place.ring()).ok();
                }
                calls += 1;
                if peer.is_some() {
                    let taken = take(side, &place.ring()).map(drop);
                    assert!(taken.is_ok(), "the {held} came at call {comes_at}, at call {calls}: {taken:?}");
                }
            };
            let removed = holding(&[LOCKS, QUESTIONS], at_each, || ipc_ring::remove(place.ring(), Trust::new()));
            match removed {
                Err(OpenError::Busy { side: busy, .. }) => assert!(busy == held && peer.is_some()),
                // It had both when the peer came.
                other => assert!(other.is_ok() && peer.is_none() && comes_at == 1, "{other:?}"),
            }
        }
    }
}

/// A removal is stopped while it has both sides.
// Checks: I8.
#[test]
fn f44_whoever_meets_a_removal_that_does_not_end_is_told_that_the_side_it_wants_is_busy() {
    let place = Place::with_a_ring(64);
    let mut told = Vec::new();
    let ask = |_: &_| {
        if told.is_empty() {
            told = [Side::Writer, Side::Reader].map(|side| take(side, &place.ring()).err()).into();
        }
    };
    holding(&[SHARED_MAPS], ask, || ipc_ring::remove_drained(place.ring(), Trust::new())).unwrap();
    let sides = told.into_iter().map(|why| match why {
        Some(OpenError::Busy { side, .. }) => side,
        other => panic!("{other:?}"),
    });
    assert_eq!(sides.collect::<Vec<_>>(), [Side::Writer, Side::Reader]);
}

/// A writer that has ended its stream is held before it lets go of its side, until the removal has looked again.
// Checks: I9.
#[test]
fn f44_a_removal_of_what_is_drained_waits_for_a_writer_that_is_leaving() {
    let place = Place::new();
    let writer = RingWriter::create(place.ring(), 64).unwrap();
    let mut reader = RingReader::open(place.ring()).unwrap();
    let (is_leaving, leaving) = channel();
    let (has_looked_again, looked_again) = channel::<()>();
    std::thread::scope(|threads| {
        threads.spawn(move || {
            let wait = |_: &_| {
                is_leaving.send(()).unwrap();
                // Also where it does not look again, and is gone.
                let _ = looked_again.recv();
            };
            holding(&[LOCKS], wait, || drop(writer));
        });
        leaving.recv().unwrap();
        assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Err(PopError::Closed));
        drop(reader);
        let mut looks = 0;
        let look = |_: &_| {
            looks += 1;
            if looks == 2 {
                has_looked_again.send(()).unwrap();
            }
        };
        let removed = holding(&[LOCKS], look, || ipc_ring::remove_drained(place.ring(), Trust::new()));
        drop(has_looked_again);
        assert!(matches!(removed, Ok(true)), "{removed:?}");
    });
}

/// Holds a removal until a side has met it, and that side until it ends. The removal has both sides, and gives up since
/// a message waits.
// Checks: I3.
#[test]
fn f44_whoever_comes_beside_a_removal_that_gives_up_looks_again_and_no_view_takes_it_for_a_side() {
    let attach: fn(&Path) -> Result<(), OpenError> = |path| take(Side::Writer, path).map(drop);
    let open: fn(&Path) -> Result<(), OpenError> = |path| take(Side::Reader, path).map(drop);
    let remove: fn(&Path) -> Result<(), OpenError> = |path| ipc_ring::remove(path, Trust::new());
    for (what, comes) in [("a writer", attach), ("a reader", open), ("another removal", remove)] {
        let place = Place::new();
        RingWriter::create(place.ring(), 64).unwrap().push(b"data", None).unwrap();
        let (has_both, both_are_had) = channel();
        let (looks_again, has_looked_again) = channel::<()>();
        let (is_over, over) = channel::<()>();
        std::thread::scope(|threads| {
            let path = place.ring();
            let giving_up = threads.spawn(move || {
                let mut first = true;
                let wait = |_: &_| {
                    if std::mem::take(&mut first) {
                        has_both.send(()).unwrap();
                        // Also where it does not look again, and is gone.
                        let _ = has_looked_again.recv();
                    }
                };
                let removed = holding(&[SHARED_MAPS], wait, || ipc_ring::remove_drained(path, Trust::new()));
                drop(is_over);
                removed
            });
            both_are_had.recv().unwrap();
            let seen = place.seen();
            assert_eq!((seen.writer.state, seen.reader.state), (SideState::Closed, SideState::Absent), "{what}");
            let path = place.ring();
            let coming = threads.spawn(move || {
                let (mut calls, mut looks_again) = (0, Some(looks_again));
                let wait = |_: &_| {
                    calls += 1;
                    if calls == 2 {
                        drop(looks_again.take());
                        let _ = over.recv();
                    }
                };
                holding(&[LOCKS], wait, || comes(&path))
            });
            let came = coming.join().unwrap();
            assert!(came.is_ok(), "{what}: {came:?}");
            assert!(matches!(giving_up.join().unwrap(), Ok(false)), "{what}");
        });
    }
}
