//! Two sides of one ring do what the input says, and between their calls words are stored that are not theirs to
//! store, or are lies.
//!
//! As long as none was, the ring does what a queue does, to the byte. From the first on it may give any content, but
//! no call panics, every message has a length that a ring can hold and lies in one lap, and a verdict stays.

use super::input::Input;
use super::rig::Rig;

/// More would make an input slow, and add nothing that a shorter one does not have.
const MOST_STEPS: usize = 256;

pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let mut rig = Rig::new(&mut input);
    for _ in 0..MOST_STEPS {
        if input.is_empty() {
            return;
        }
        match input.below(8) {
            0..=2 => rig.write(&mut input),
            3..=5 => rig.read(&mut input),
            6 => rig.store(&mut input),
            _ => rig.come_and_go(&mut input),
        }
        rig.bytes_add_up();
    }
}
