//! Property: what is stored of a record and of a mark is what is loaded, and a record takes whole granules.
//!
//! Bounds: every length up to 512 bytes, and the last 512 that 32 bits hold; every byte of `mod.rs`'s laps as a word.

use super::{position, positions, say, CAPACITIES};
use crate::protocol::Check;
use crate::protocol::Mark;
use crate::protocol::{Kind, Record};

/// Every length up to 512, and as many below 2^32.
fn lengths() -> impl Iterator<Item = u128> {
    (0..=512).chain((1 << 32) - 512..1 << 32)
}

/// The fewest granules that hold a header, of one, and `length` bytes.
fn size(length: u128) -> u128 {
    let mut granules = 1;
    while granules * 8 < 8 + length {
        granules += 1;
    }
    granules * 8
}

// Checks: I1.
#[test]
fn a_message_takes_its_header_and_the_fewest_granules_that_hold_it() {
    let mut cases = 0;
    for length in 0..=512 {
        assert_eq!(Record::data(length as usize).size() as u128, size(length), "{length}");
        cases += 1;
    }
    // Too far to be counted out: as much as the length is beyond a multiple of 8.
    for length in (1 << 32) - 512..1 << 32 {
        let whole = length - length % 8;
        assert_eq!(Record::data(length as usize).size() as u128, whole + size(length % 8), "{length}");
        cases += 1;
    }
    say("size of a message", cases, 512);
}

#[test]
fn padding_takes_the_granules_that_it_is_made_for() {
    let mut cases = 0;
    for size in (8..=512u64).chain((1 << 32) - 512..=1 << 32).filter(|size| size % 8 == 0) {
        let padding = Record::padding(size);
        assert_eq!((padding.kind, padding.size(), padding.length() as u64), (Kind::Padding, size, size - 8));
        cases += 1;
    }
    say("size of padding", cases, 512);
}

#[test]
fn a_word_means_a_record_exactly_if_its_high_half_is_a_kind_and_an_end_has_no_length() {
    let far = (0..32).flat_map(|bit| [1 << bit, 1 << bit | 1, 1 << bit | 2]);
    let kinds: Vec<u128> = (0..=16).chain(far).chain([(1 << 32) - 1]).collect();
    let mut cases = 0;
    for length in lengths() {
        for &kind in &kinds {
            let word = (kind * (1 << 32) + length) as u64;
            let record = Record::from_word(word);
            let expected = match kind {
                1 => Some(Kind::Data),
                2 => Some(Kind::Padding),
                3 if length == 0 => Some(Kind::End),
                _ => None,
            };
            assert_eq!(record.map(|record| record.kind), expected, "{word:#x}");
            let stated = Record::length_if_data(word);
            assert_eq!(
                stated <= u32::MAX.into(),
                kind == 1,
                "who looks for a message alone is told a length: {word:#x}"
            );
            assert!(kind != 1 || stated as u128 == length);
            if let Some(record) = record {
                assert_eq!((record.length() as u128, record.to_word()), (length, word));
            }
            cases += 1;
        }
        assert_eq!(Record::data(length as usize).to_word() as u128, (1 << 32) + length);
    }
    say("words of records", cases, 512);
}

#[test]
fn a_mark_is_an_even_position_and_whether_its_word_is_odd() {
    let mut cases = 0;
    for capacity in CAPACITIES {
        for word in positions(capacity) {
            let mark = Mark::from_word(word as u64);
            let (even, odd) = (word / 2 * 2, word % 2 == 1);
            assert_eq!(mark, Mark { position: position(even), closed: odd }, "{word:#x}");
            assert_eq!(mark.to_word(), word as u64, "{word:#x}");
            assert_eq!(if odd { Mark::closed(position(even)) } else { Mark::open(position(even)) }, mark);
            let aligned = if even % 8 == 0 { Ok(mark) } else { Err(Check::CursorAlignment) };
            assert_eq!(mark.aligned(), aligned, "{word:#x}");
            cases += 1;
        }
    }
    say("marks", cases, 512);
}
