//! The judge itself is judged: journals in which one thing is wrong, and those that only look so.

use super::*;
use crate::crash::plan::Place;
use Event::*;

const PLAN: Plan = Plan { seed: 11, capacity: 256 };

fn at(number: u64) -> u64 {
    PLAN.walk(Place::START, number).position
}

/// A judge of a ring into which ten messages were pushed, and which a reader has opened.
fn ten() -> Judge {
    let mut judge = Judge::new(PLAN);
    judge.writer_noted(Entering(1));
    judge.writer_noted(Arrived(0));
    (0..10).for_each(|number| {
        judge.writer_noted(Pushing(number));
        judge.writer_noted(Acknowledged(number));
    });
    judge.reader_noted(Entering(1));
    judge.reader_noted(Arrived(0));
    judge
}

fn pop(judge: &mut Judge, numbers: impl IntoIterator<Item = u64>) {
    for number in numbers {
        judge.reader_noted(Popping);
        judge.reader_noted(Popped(number));
    }
}

fn note(judge: &mut Judge, events: &[Event]) {
    events.iter().for_each(|&event| judge.reader_noted(event));
}

fn write(judge: &mut Judge, events: &[Event]) {
    events.iter().for_each(|&event| judge.writer_noted(event));
}

/// The sorts of what the judge finds, at the end.
fn found(mut judge: Judge) -> Vec<Sort> {
    judge.end();
    judge.findings.list.into_iter().map(|(sort, _)| sort).collect()
}

#[test]
fn messages_that_come_once_and_in_order_are_as_promised() {
    let mut judge = ten();
    pop(&mut judge, 0..10);
    assert_eq!(found(judge), []);
}

#[test]
fn a_message_that_does_not_come_is_lost() {
    let mut judge = ten();
    pop(&mut judge, (0..4).chain(5..10));
    assert_eq!(found(judge), [Sort::Lost]);
    let mut judge = ten();
    pop(&mut judge, 0..8);
    assert_eq!(found(judge), [Sort::Lost, Sort::Lost]);
}

#[test]
fn a_message_that_comes_late_is_out_of_order() {
    let mut judge = ten();
    pop(&mut judge, [0, 1, 3, 2, 4, 5, 6, 7, 8, 9]);
    assert_eq!(found(judge), [Sort::Disorder]);
}

#[test]
fn a_message_that_comes_before_it_was_pushed_is_out_of_order() {
    let mut judge = ten();
    pop(&mut judge, 0..11);
    assert_eq!(found(judge), [Sort::Disorder]);
}

#[test]
fn a_message_that_comes_again_was_delivered_twice() {
    let mut judge = ten();
    pop(&mut judge, [0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(found(judge), [Sort::Twice]);
}

#[test]
fn a_message_that_is_not_whole_is_torn() {
    let mut judge = ten();
    pop(&mut judge, 0..5);
    note(&mut judge, &[Popping, Torn(5), Popped(5)]);
    pop(&mut judge, 6..10);
    assert_eq!(found(judge), [Sort::Torn]);
}

#[test]
fn a_reader_that_dies_in_a_pop_may_lose_that_message_and_no_other() {
    for (goes_on_at, sorts) in [(3, vec![]), (4, vec![]), (5, vec![Sort::Lost; 2])] {
        let mut judge = ten();
        pop(&mut judge, 0..3);
        note(&mut judge, &[Popping, Entering(2), Arrived(at(goes_on_at))]);
        pop(&mut judge, goes_on_at..10);
        assert_eq!(found(judge), sorts, "on at {goes_on_at}");
    }
}

#[test]
fn a_reader_that_dies_with_empty_hands_loses_nothing() {
    let mut judge = ten();
    pop(&mut judge, 0..3);
    note(&mut judge, &[Entering(2), Arrived(at(4))]);
    pop(&mut judge, 4..10);
    assert_eq!(found(judge), [Sort::Lost]);
}

#[test]
fn a_reader_that_goes_on_at_what_was_given_back_gets_it_twice() {
    let mut judge = ten();
    pop(&mut judge, 0..3);
    note(&mut judge, &[Entering(2), Arrived(at(2))]);
    pop(&mut judge, 2..10);
    assert_eq!(found(judge), [Sort::Twice, Sort::Twice]);
}

#[test]
fn a_batch_comes_again_after_a_death_and_where_it_was_kept_and_not_otherwise() {
    let shown = [Shown(0), Shown(1), Shown(2)];
    for ends in [[Entering(2), Arrived(0)].as_slice(), &[Kept], &[Releasing, Entering(2), Arrived(0)]] {
        let mut judge = ten();
        note(&mut judge, &shown);
        note(&mut judge, ends);
        pop(&mut judge, 0..10);
        assert_eq!(judge.delivered.again, 3);
        assert_eq!(found(judge), [], "{ends:?}");
    }
    let mut judge = ten();
    note(&mut judge, &shown);
    note(&mut judge, &[Releasing, Released]);
    pop(&mut judge, 2..10);
    assert_eq!(found(judge), [Sort::Twice]);
}

#[test]
fn a_batch_is_released_as_a_whole_and_not_before_its_end() {
    let shown = [Shown(0), Shown(1), Shown(2)];
    let released = [Releasing, Entering(2), Arrived(at(3))];
    let in_part = [Releasing, Entering(2), Arrived(at(2))];
    let too_early = [Entering(2), Arrived(at(3))];
    let cases = [(released.as_slice(), 3, 0), (&in_part, 2, 2), (&too_early, 3, 3)];
    for (ends, goes_on_at, lost) in cases {
        let mut judge = ten();
        note(&mut judge, &shown);
        note(&mut judge, ends);
        pop(&mut judge, goes_on_at..10);
        assert_eq!(found(judge), vec![Sort::Lost; lost], "{ends:?}");
    }
}

#[test]
fn a_writer_goes_on_behind_what_is_acknowledged_and_what_was_begun_and_nowhere_else() {
    let cases = [(9, vec![Sort::Lost]), (10, vec![]), (11, vec![]), (12, vec![]), (13, vec![Sort::Astray])];
    for (goes_on_at, sorts) in cases {
        let mut judge = ten();
        pop(&mut judge, 0..10);
        write(&mut judge, &[Pushing(10), Pushing(11), Entering(2), Arrived(at(goes_on_at))]);
        if sorts.is_empty() {
            pop(&mut judge, 10..goes_on_at);
        }
        assert_eq!(found(judge), sorts, "on at {goes_on_at}");
    }
}

#[test]
fn a_message_whose_push_failed_is_not_in_the_ring() {
    let mut judge = ten();
    pop(&mut judge, 0..10);
    write(&mut judge, &[Pushing(10), Told(Verdict::PeerGone), Entering(2), Arrived(at(11))]);
    assert_eq!(found(judge), [Sort::Astray]);
}

#[test]
fn a_message_that_was_in_the_ring_when_its_writer_died_has_to_come_too() {
    let mut judge = ten();
    write(&mut judge, &[Pushing(10), Entering(2), Arrived(at(11))]);
    assert_eq!((judge.written.got_in, judge.written.acknowledged), (1, 10));
    pop(&mut judge, 0..10);
    assert_eq!(found(judge), [Sort::Lost]);
}

#[test]
fn a_message_said_to_end_elsewhere_or_a_verdict_that_is_not_true_is_found() {
    let mut judge = ten();
    note(&mut judge, &[Astray(at(1) + 8), Misled(Verdict::Closed)]);
    pop(&mut judge, 0..10);
    assert_eq!(found(judge), [Sort::Astray, Sort::Verdict]);
}

/// A judge of a ring into which all up to the first two ends was pushed, and which a reader has opened.
fn up_to_two_ends(stops: bool) -> Judge {
    assert!(PLAN.is_end(40) && PLAN.is_end(41) && !PLAN.is_end(39) && !PLAN.is_end(42));
    let mut judge = ten();
    for number in 10..44 {
        write(&mut judge, &[Pushing(number), Acknowledged(number)]);
    }
    if stops {
        note(&mut judge, &[Stops]);
    }
    pop(&mut judge, 0..40);
    judge
}

#[test]
fn ends_that_are_taken_or_passed_are_as_promised() {
    let mut judge = up_to_two_ends(true);
    pop(&mut judge, 40..44);
    assert_eq!((judge.delivered.ends, found(judge)), (2, vec![]));
    let mut judge = up_to_two_ends(false);
    pop(&mut judge, 42..44);
    assert_eq!((judge.delivered.ends, found(judge)), (0, vec![]));
    // By a reader that passed them and died, be it with a message in its hands.
    for position in [at(40), at(41), at(42), at(43)] {
        let mut judge = up_to_two_ends(false);
        note(&mut judge, &[Popping, Entering(2), Arrived(position)]);
        let next = judge.delivered.next().number.max(42);
        pop(&mut judge, next..44);
        assert_eq!(found(judge), [], "{position}");
    }
    // By one that was taking the first.
    for position in [at(40), at(41)] {
        let mut judge = up_to_two_ends(true);
        note(&mut judge, &[Popping, Entering(2), Arrived(position), Stops]);
        let next = judge.delivered.next().number;
        pop(&mut judge, next..44);
        assert_eq!(found(judge), [], "{position}");
    }
}

#[test]
fn an_end_that_is_not_told_to_who_stops_there_is_lost_and_one_that_is_told_again_comes_twice() {
    let mut judge = up_to_two_ends(true);
    pop(&mut judge, [40, 42, 43]);
    assert_eq!(found(judge), [Sort::Lost]);
    let mut judge = up_to_two_ends(true);
    pop(&mut judge, [40, 40, 41, 42, 43]);
    assert_eq!(found(judge), [Sort::Twice]);
    // Who stops at ends and dies has taken one at most.
    let mut judge = up_to_two_ends(true);
    note(&mut judge, &[Popping, Entering(2), Arrived(at(42)), Stops]);
    pop(&mut judge, 42..44);
    assert_eq!(found(judge), [Sort::Lost, Sort::Lost]);
    // Without a pop it has taken none.
    let mut judge = up_to_two_ends(true);
    note(&mut judge, &[Entering(2), Arrived(at(41)), Stops]);
    pop(&mut judge, 41..44);
    assert_eq!(found(judge), [Sort::Lost]);
}
