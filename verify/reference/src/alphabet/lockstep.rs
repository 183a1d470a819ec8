//! One operation after the other: the oracle foretells every outcome, and after each how full the ring is and what an
//! onlooker sees of it, where there can be one.

use ipc_ring::Side::{Reader, Writer};

use super::operation::{Operation, Patience};
use super::oracle::Oracle;
use super::sides::Sides;

/// Holds `sides` against the oracle. The operations are numbered from `first`.
pub fn lockstep(oracle: &mut Oracle, sides: &mut impl Sides, first: usize, operations: &[Operation]) {
    for (number, &operation) in (first..).zip(operations) {
        for operation in [oracle.in_turn(operation), Operation::Measure(Writer), Operation::Measure(Reader)] {
            let report = sides.apply(number, operation);
            oracle.heed(&report);
            let foretold = oracle.apply(number, operation);
            assert_eq!(report, foretold, "operation {number}, {operation:?}");
        }
        if let Some(sight) = sides.sight() {
            assert_eq!(Some(sight), oracle.sight(), "after operation {number}, {operation:?}");
        }
    }
}

/// Pops all that there is, as [`lockstep`].
pub fn drain(oracle: &mut Oracle, sides: &mut impl Sides) {
    let mut operations = vec![Operation::Attach(Reader), Operation::Publish];
    operations.resize(oracle.messages() + 3, Operation::Pop { patience: Patience::Try });
    lockstep(oracle, sides, 0, &operations);
    assert_eq!(oracle.used(), 0);
}
