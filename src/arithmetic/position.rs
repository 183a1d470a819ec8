//! Property: positions that wrap are added, subtracted and compared as if they did not.
//!
//! Bounds: those of `mod.rs`, with every byte as a position where two of them meet, and every granule where three do:
//! cursors move by whole granules. A mark may be any byte, and far away: a peer stores it.

use super::{granules, position, positions, say, CAPACITIES};

#[test]
fn positions_are_added_and_subtracted_as_whole_numbers() {
    let mut cases = 0;
    for capacity in CAPACITIES {
        for at in positions(capacity) {
            for bytes in 0..=2 * capacity {
                let (here, there) = (position(at), position(at + bytes));
                assert_eq!(here.after(bytes as u64), there, "{at:#x} + {bytes}");
                assert_eq!(there.before(bytes as u64), here, "{at:#x} + {bytes}");
                assert_eq!(there.since(here) as u128, bytes, "{at:#x} + {bytes}");
                cases += 1;
            }
        }
    }
    say("sums and distances", cases, 512);
}

#[test]
fn a_position_reaches_exactly_those_that_are_not_ahead_of_it() {
    let mut cases = 0;
    for capacity in CAPACITIES {
        // Two laps, and what is just short of the distance that two positions never have.
        let far = (1 << 63) - 2 * capacity..1 << 63;
        for at in positions(capacity) {
            for bytes in (0..=2 * capacity).chain(far.clone()) {
                for target in [at - bytes, at + bytes] {
                    assert_eq!(position(at).reaches(position(target)), at >= target, "{at:#x}, {target:#x}");
                    cases += 1;
                }
            }
        }
    }
    // So a position that a peer makes up is one that was not reached.
    assert!(!position(1 << 63).reaches(position(0)) && !position(0).reaches(position(1 << 63)));
    say("reaches", cases, 512);
}

#[test]
fn a_mark_is_first_reached_by_the_step_that_begins_before_it_and_ends_at_it_or_after() {
    let mut cases = 0;
    for capacity in CAPACITIES {
        for from in granules(capacity) {
            let near = from - capacity..=from + capacity;
            let far = [31, 32, 33, 62, 63].into_iter().flat_map(|power| [from - (1 << power), from + (1 << power)]);
            let marks: Vec<u128> = near.chain(far).collect();
            for to in (from..=from + capacity).step_by(8) {
                for &mark in &marks {
                    let reached = position(to).first_reaches(position(mark), position(from));
                    assert_eq!(reached, from < mark && mark <= to, "{from:#x} to {to:#x}, {mark:#x}");
                }
                cases += marks.len() as u64;
            }
        }
    }
    say("first reaches", cases, 512);
}
