//! Property: an index is the rest of a position in its lap, and padding is what keeps a record in one lap.
//!
//! Bounds: those of `mod.rs`, with every byte as a position and every size of a record up to the capacity.

use super::{capacity, positions, say, CAPACITIES};
use crate::protocol::{Capacity, InvalidCapacity};

// Checks: I1, I5.
#[test]
fn a_capacity_is_a_power_of_two_from_64_bytes_to_2_gib_and_nothing_else() {
    let near_powers = (10..64).flat_map(|power| (1usize << power) - 512..=(1 << power) + 512);
    let mut cases = 0;
    for bytes in (0..=1024).chain(near_powers) {
        let power_of_two = (6..=31).any(|power| bytes as u128 == 1 << power);
        let expected = if power_of_two { Ok(bytes as u64) } else { Err(InvalidCapacity { given: bytes }) };
        assert_eq!(Capacity::new(bytes).map(Capacity::bytes), expected);
        cases += 1;
    }
    say("capacity", cases, 1 << 31);
}

// Checks: I2.
#[test]
fn an_index_counts_from_the_beginning_of_the_lap_and_the_way_to_the_end_is_the_rest() {
    let mut cases = 0;
    for bytes in CAPACITIES {
        let ring = capacity(bytes);
        for at in positions(bytes) {
            let lap = at / bytes;
            assert_eq!(ring.index(super::position(at)) as u128, at - lap * bytes, "{bytes}, {at:#x}");
            assert_eq!(ring.to_end(super::position(at)) as u128, (lap + 1) * bytes - at, "{bytes}, {at:#x}");
            cases += 1;
        }
    }
    say("index", cases, 512);
}

// Checks: I2.
#[test]
fn padding_goes_to_the_end_of_the_lap_exactly_where_a_record_would_cross_it() {
    let mut cases = 0;
    for bytes in CAPACITIES {
        let ring = capacity(bytes);
        for at in positions(bytes) {
            for size in 1..=bytes {
                let (first, last) = (at / bytes, (at + size - 1) / bytes);
                let expected = if first == last { 0 } else { last * bytes - at };
                let padding = ring.padding(super::position(at), size as u64);
                assert_eq!(padding as u128, expected, "{bytes}, {at:#x}, {size}");
                cases += 1;
            }
        }
    }
    say("padding", cases, 512);
}
