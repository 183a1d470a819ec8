//! The places in a ring and the lengths of messages that are tried, and what becomes of each message at each place.

use ipc_ring_reference::record::Need;

/// How a message stands to the end of the lap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fit {
    /// There is space after it.
    Within,
    /// It ends where the lap does.
    Exactly,
    /// Padding goes before it, and both fit the ring, with the end of the stream.
    Wraps,
    /// Padding goes before it, and the two do not fit the ring together with that end.
    PaddingAlone,
}

/// A message somewhere in a ring.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub capacity: usize,
    pub offset: usize,
    pub len: usize,
}

impl Place {
    pub fn fit(self) -> Fit {
        let need = Need::of(self.len, self.capacity as u64, self.offset as u64);
        match need.padding {
            0 if (self.offset as u64 + need.size).is_multiple_of(self.capacity as u64) => Fit::Exactly,
            0 => Fit::Within,
            _ if need.apart => Fit::PaddingAlone,
            _ => Fit::Wraps,
        }
    }
}

/// The places to try where a message fits so: few; or, if `all`, every length at every offset of a small ring, and in
/// larger ones all lengths around boundaries.
pub fn places(all: bool, fit: Fit) -> Vec<Place> {
    let mut places = Vec::new();
    let mut add = |capacity: usize, offsets: &mut dyn Iterator<Item = usize>, lens: &[usize]| {
        for offset in offsets {
            let place = |&len| Place { capacity, offset, len };
            places.extend(lens.iter().map(place).filter(|place| place.fit() == fit));
        }
    };
    if all {
        add(64, &mut (0..64).step_by(8), &(0..=48).collect::<Vec<_>>());
        add(128, &mut (0..128).step_by(24), &near(&[0, 8, 16, 32, 40, 64, 96], 112));
        add(1024, &mut [0, 512, 1000, 1016].into_iter(), &near(&[0, 256, 504, 1000], 1008));
        add(4096, &mut [0, 2048, 4088].into_iter(), &near(&[1024, 2032, 2048, 3072], 4080));
    } else {
        add(64, &mut [0, 40].into_iter(), &[0, 3, 16, 24, 40, 48]);
        add(128, &mut [72].into_iter(), &[5, 48, 64, 100]);
        // Copied in pieces.
        add(4096, &mut [3000].into_iter(), &[1030, 1088, 1500]);
    }
    places
}

/// These lengths, those next to them, and the longest two.
fn near(marks: &[usize], max: usize) -> Vec<usize> {
    let mut lens: Vec<usize> = marks.iter().flat_map(|&mark| mark.saturating_sub(1)..=mark + 1).collect();
    lens.extend([max - 1, max]);
    lens.retain(|&len| len <= max);
    lens.sort_unstable();
    lens.dedup();
    lens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_place_for_every_fit() {
        for fit in [Fit::Within, Fit::Exactly, Fit::Wraps, Fit::PaddingAlone] {
            assert!(!places(false, fit).is_empty(), "{fit:?}");
            assert!(places(true, fit).len() > places(false, fit).len(), "{fit:?}");
        }
    }

    #[test]
    fn a_place_knows_how_its_message_fits() {
        let fit = |offset, len| Place { capacity: 64, offset, len }.fit();
        assert_eq!([fit(0, 48), fit(8, 48), fit(56, 0)], [Fit::Within, Fit::Exactly, Fit::Exactly]);
        assert_eq!([fit(40, 17), fit(40, 24), fit(40, 25)], [Fit::Wraps, Fit::Wraps, Fit::PaddingAlone]);
    }
}
