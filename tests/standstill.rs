//! A ring that stands still for good, told from one that is slow or idle: by real processes, which wait, die, leave and
//! are stopped.
#![cfg(not(any(loom, shuttle)))]

use std::time::Duration;

use ipc_ring::{
    PushError, RingOptions, RingReader, RingState, RingView, RingWriter, Side, SideState, SideView, Snapshot,
};
use ipc_ring_reference::{other_process, sleeping, wait_until, Other, Place, LONG};

/// What waits asleep for whoever may come.
fn patient() -> RingOptions {
    let mut options = sleeping();
    options.await_successors(true);
    options
}

/// A writer that fills the ring, and waits for space.
#[test]
#[ignore = "the other process of the tests in this file"]
fn fills() {
    let (path, steps) = other_process();
    let mut writer = patient().create(path, 128).unwrap();
    loop {
        match writer.push(&[0; 24], Some(Duration::from_millis(100))) {
            Ok(()) => steps.say("pushed"),
            Err(PushError::TimedOut) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

/// A writer that pushes a message, and has nothing to send until it is told to go on.
#[test]
#[ignore = "the other process of the tests in this file"]
fn idles() {
    let (path, mut steps) = other_process();
    let mut writer = patient().create(path, 64).unwrap();
    writer.push(b"data", None).unwrap();
    steps.step("pushed");
    writer.finish();
    steps.step("ended");
}

/// A reader that takes a message, and then one each time that it is told to go on.
#[test]
#[ignore = "the other process of the tests in this file"]
fn takes_its_time() {
    let (path, mut steps) = other_process();
    let mut reader = patient().open(path).unwrap();
    loop {
        reader.pop(&mut Vec::new(), None).unwrap();
        steps.step("popped");
    }
}

/// A reader that drains the ring, and waits for more.
#[test]
#[ignore = "the other process of the tests in this file"]
fn drains() {
    let (path, _) = other_process();
    let mut reader = patient().open(path).unwrap();
    loop {
        let _ = reader.pop(&mut Vec::new(), Some(Duration::from_millis(100)));
    }
}

fn of(seen: &Snapshot, side: Side) -> SideView {
    match side {
        Side::Writer => seen.writer,
        Side::Reader => seen.reader,
    }
}

/// What is made of the ring by two looks between which this side has waited, for all to see.
fn over_a_wait_of(view: &RingView, side: Side) -> Snapshot {
    wait_until("it waits", || of(&view.snapshot(), side).awaits.is_some());
    let earlier = view.snapshot();
    wait_until("it has gone to sleep again", || of(&view.snapshot(), side).sleeps > of(&earlier, side).sleeps);
    view.snapshot_since(&earlier)
}

fn assert_stuck(view: &RingView, waiting: Side, peer: SideState) {
    let seen = over_a_wait_of(view, waiting);
    let other = if waiting == Side::Writer { seen.reader } else { seen.writer };
    assert_eq!((seen.state, other.state), (RingState::Stuck { waiting }, peer), "{seen:?}");
    assert!(of(&seen, waiting).waiting > Some(Duration::ZERO), "{seen:?}");
}

fn assert_live(view: &RingView, waiting: Side) {
    assert_eq!(over_a_wait_of(view, waiting).state, RingState::Live);
}

#[test]
fn a_writer_that_waits_is_stuck_without_a_reader_and_not_beside_a_slow_one() {
    let place = Place::new();
    let mut writer = Other::start("fills", &place.ring()).after("pushed");
    let view = RingView::open(place.ring()).unwrap();
    assert_stuck(&view, Side::Writer, SideState::Absent);

    // Each message that is taken makes room for one, and then the writer waits again.
    let mut reader = Other::start("takes_its_time", &place.ring());
    for _ in 0..3 {
        reader.expect("popped");
        assert_live(&view, Side::Writer);
        reader.go_on();
    }
    reader.expect("popped");
    reader.kill();
    wait_until("it is missed", || view.snapshot().reader.state == SideState::Died);
    assert_stuck(&view, Side::Writer, SideState::Died);

    let mut successor = RingReader::open(place.ring()).unwrap();
    successor.pop(&mut Vec::new(), None).unwrap();
    assert_live(&view, Side::Writer);
    drop(successor);
    assert_stuck(&view, Side::Writer, SideState::Closed);
    writer.kill();
    wait_until("it is missed", || view.snapshot().state == RingState::Orphaned);
}

#[test]
fn a_reader_that_waits_is_stuck_where_its_writer_has_died_and_not_where_that_is_idle_or_has_ended_the_stream() {
    let place = Place::new();
    let mut writer = Other::start("idles", &place.ring()).after("pushed");
    let _reader = Other::start("drains", &place.ring());
    let view = RingView::open(place.ring()).unwrap();
    wait_until("it is drained", || view.snapshot().used_bytes == 0 && view.snapshot().reader.position > 0);
    assert_live(&view, Side::Reader);
    writer.goes_on_to("ended");
    assert_eq!(over_a_wait_of(&view, Side::Reader).writer.state, SideState::Closed);
    assert_live(&view, Side::Reader);

    RingWriter::attach(place.ring()).unwrap().abandon();
    assert_stuck(&view, Side::Reader, SideState::Died);
    let writer = RingWriter::attach(place.ring()).unwrap();
    assert_live(&view, Side::Reader);
    drop(writer);
}

/// `None` on other systems: there a side that is stopped is not told from one that is slow.
#[cfg(target_os = "linux")]
#[test]
fn a_side_that_is_stopped_is_told_from_one_that_is_slow() {
    let place = Place::new();
    let stopped = |view: &RingView, side| wait_until("it is stopped", || view.is_stopped(side) == Some(true));
    let mut writer = Other::start("fills", &place.ring()).after("pushed");
    let view = RingView::open(place.ring()).unwrap();
    let mut reader = Other::start("takes_its_time", &place.ring()).after("popped");
    assert_eq!([Side::Writer, Side::Reader].map(|side| view.is_stopped(side)), [Some(false); 2]);
    reader.signal(libc::SIGSTOP);
    stopped(&view, Side::Reader);
    assert_stuck(&view, Side::Writer, SideState::Attached);

    // So it is where the one that waits is stopped as well, and does not wait for that matter.
    writer.signal(libc::SIGSTOP);
    stopped(&view, Side::Writer);
    let earlier = view.snapshot();
    assert_eq!(view.snapshot_since(&earlier).state, RingState::Stuck { waiting: Side::Writer });
    reader.signal(libc::SIGCONT);
    wait_until("it goes on", || view.is_stopped(Side::Reader) == Some(false));
    assert_eq!(view.snapshot_since(&earlier).state, RingState::Live);

    // And where a reader has taken all of it, it is the writer that does not come.
    reader.kill();
    let _reader = Other::start("drains", &place.ring());
    wait_until("it is drained", || view.snapshot().used_bytes == 0);
    assert_stuck(&view, Side::Reader, SideState::Attached);
    writer.signal(libc::SIGCONT);
    writer.expect("pushed");
}

/// It is not for this side alone to say whether anything moves: it may wait for more than what was given.
#[cfg(target_os = "linux")]
#[test]
fn a_reader_that_gave_back_less_than_is_waited_for_has_moved() {
    let place = Place::new();
    let mut writer = patient().create(place.ring(), 128).unwrap();
    while writer.try_push(b"").is_ok() {}
    let view = RingView::open(place.ring()).unwrap();
    let mut reader = Other::start("takes_its_time", &place.ring()).after("popped");
    let mut waits = || writer.push(&[0; 64], Some(Duration::from_millis(1))).unwrap_err();
    waits();
    let earlier = view.snapshot();
    reader.goes_on_to("popped");
    reader.signal(libc::SIGSTOP);
    wait_until("it is stopped", || view.is_stopped(Side::Reader) == Some(true));
    waits();
    assert_eq!(view.snapshot_since(&earlier).state, RingState::Live);
    let earlier = view.snapshot();
    waits();
    assert_eq!(view.snapshot_since(&earlier).state, RingState::Stuck { waiting: Side::Writer });
}

#[test]
fn what_moves_or_gave_up_waiting_is_not_stuck() {
    let place = Place::new();
    let mut writer = patient().create(place.ring(), 64).unwrap();
    let view = RingView::open(place.ring()).unwrap();
    let all_of_it = vec![0; writer.max_message_len()];
    writer.push(&all_of_it, None).unwrap();
    let a_while = Some(Duration::from_millis(1));
    let before_it_waited = view.snapshot();
    writer.push(b"", a_while).unwrap_err();
    // It has not waited all the while.
    assert_eq!(view.snapshot_since(&before_it_waited).state, RingState::Live);
    // The announcement stands, and nobody sleeps.
    let earlier = view.snapshot();
    assert!(earlier.writer.awaits.is_some());
    assert_eq!(view.snapshot_since(&earlier).state, RingState::Live);
    writer.push(b"", a_while).unwrap_err();
    assert_eq!(view.snapshot_since(&earlier).state, RingState::Stuck { waiting: Side::Writer });

    // A reader has come and gone meanwhile, and taken nothing; and another one.
    for _ in 0..2 {
        let earlier = view.snapshot();
        drop(RingReader::open(place.ring()).unwrap());
        writer.push(b"", a_while).unwrap_err();
        assert_eq!(view.snapshot_since(&earlier).state, RingState::Live);
    }
    // Or it has taken something.
    let earlier = view.snapshot();
    RingReader::open(place.ring()).unwrap().pop(&mut Vec::new(), None).unwrap();
    // With its padding before it.
    writer.push(&all_of_it[8..], Some(LONG)).unwrap();
    writer.push(b"", a_while).unwrap_err();
    assert_eq!(view.snapshot_since(&earlier).state, RingState::Live);
}
