//! Property: a side believes a cursor only if a correct peer could store it. It names the fault of any other, for good.
//!
//! Bounds: those of `mod.rs` with capacities up to 128 bytes, and every distance at which the peer was seen last. The
//! words are all those around the range that the peer may be in, and some far off.

use super::{granules, position, ring, say, stand};
use crate::atomics::order::{Reading, Role, Writing, PUBLISH};
use crate::protocol::Endpoint;
use crate::protocol::SharedRing;
use crate::protocol::{Check, Failure};

/// The fault of a peer's cursor, if any: it goes by granules, from where it was seen to its limit.
fn expected(word: u128, seen: u128, limit: u128) -> Result<(), Check> {
    let at = word - word % 2;
    if at % 8 != 0 {
        Err(Check::CursorAlignment)
    } else if seen <= at && at <= limit {
        Ok(())
    } else {
        Err(Check::CursorRange)
    }
}

/// One side, standing at `own`, whose peer was seen at `seen` and stores `word`. It may go as far as `limit`.
fn look<R: Role>(side: &SharedRing, own: u128, seen: u128, limit: u128, word: u128) {
    let context = (own, seen, limit, word);
    let mut endpoint = Endpoint::<R>::attach(side.clone()).unwrap();
    side.peer.cursor.store(word as u64, PUBLISH);
    let expected = expected(word, seen, limit).map_err(Failure::Corrupt);
    let capacity = side.capacity.bytes() as u128;
    let (behind, ahead) = if R::LEADS { (word - word % 2, own) } else { (own, word - word % 2) };
    let distance = if behind <= ahead && ahead <= behind + capacity { ahead - behind } else { capacity };
    assert_eq!(endpoint.distance() as u128, distance, "{context:x?}");
    assert_eq!(endpoint.look(), expected, "{context:x?}");
    assert_eq!(endpoint.failed(), expected.err(), "{context:x?}");
    if expected.is_ok() {
        let at = position(word - word % 2);
        assert!(endpoint.has_seen(at) && !endpoint.has_seen(at.after(8)), "{context:x?}");
        assert_eq!(endpoint.peer_closed_for_good(), word % 2 == 1, "{context:x?}");
    }
    // A peer that mends its cursor has failed all the same.
    side.peer.cursor.store(limit as u64, PUBLISH);
    assert_eq!(endpoint.look(), expected, "{context:x?}");
    // Nothing reaches past the limit.
    assert!(!endpoint.has_seen(position(limit + 8)), "{context:x?}");
}

// Checks: I6.
#[test]
fn a_peers_cursor_is_believed_exactly_between_where_it_was_seen_and_the_farthest_it_may_be() {
    let mut cases = 0;
    for capacity in [64, 128] {
        let ring = ring(capacity);
        for limit in granules(capacity) {
            let near = limit - capacity - 16..=limit + capacity + 16;
            let far = [31, 32, 33, 62, 63].into_iter().flat_map(|power| [limit - (1 << power), limit + (1 << power)]);
            let words: Vec<u128> = near.chain(far).collect();
            for seen in (limit - capacity..=limit).step_by(8) {
                for &word in &words {
                    // A reader may be where its writer is.
                    stand(&ring, limit, seen);
                    look::<Writing>(&ring.0, limit, seen, limit, word);
                    // A writer may be the capacity ahead of its reader.
                    stand(&ring, seen, limit - capacity);
                    look::<Reading>(&ring.1, limit - capacity, seen, limit, word);
                    cases += 2;
                }
            }
        }
    }
    say("cursors", cases, 128);
}
