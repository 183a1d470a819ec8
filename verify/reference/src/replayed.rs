//! Replays executions of a model by the formulas of the protocol (`verify/smt`), if `IPC_RING_REPLAY` is set.
//!
//! Each step that the code takes has to be a step of the formulas, or the execution fails where it is not. Of many
//! executions the first are replayed, and then some.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use ipc_ring::model::engine::{listen, Did};
use ipc_ring_smt::replay::{Ended, Replay, Way};
use serde_json::json;

use crate::report::write_down;

/// How many of an engine's executions are replayed, and then one of how many: loom's are short and many.
const OF_LOOM: (u64, u64) = (200, 50);
const OF_SHUTTLE: (u64, u64) = (1, u64::MAX);
/// How much of an execution is replayed.
const MOST: u64 = 5_000;
/// One step in so many also evaluates the lemmas.
const LEMMAS: u64 = 41;

/// Whether executions are to be replayed.
pub fn is_asked() -> bool {
    std::env::var_os("IPC_RING_REPLAY").is_some()
}

/// What was replayed since it was last told.
#[derive(Default)]
struct Total {
    traces: u64,
    /// Those that were replayed up to a load that x86 has not.
    beyond: u64,
    /// Those that were replayed up to [`MOST`].
    cut: u64,
    seen: u64,
    taken: BTreeMap<Way, u64>,
}

/// A replay under way, and what was seen by it.
#[derive(Default)]
struct Session {
    replay: Option<Replay>,
    seen: u64,
    is_beyond: bool,
    is_cut: bool,
}

// An engine runs all threads of a model on the thread that called it.
thread_local! {
    static SESSION: RefCell<Option<Rc<RefCell<Session>>>> = const { RefCell::new(None) };
    static TOTAL: RefCell<Total> = RefCell::default();
}

/// Begins to replay the execution of this number, if it is one of those. `has_barrier`: whether this engine's heavy
/// fence reaches the peer.
pub fn begins(execution: u64, has_barrier: bool) {
    let (first, one_of) = if has_barrier { OF_SHUTTLE } else { OF_LOOM };
    if !is_asked() || (execution >= first && !execution.is_multiple_of(one_of)) {
        return;
    }
    let session = Rc::new(RefCell::new(Session::default()));
    SESSION.with(|current| *current.borrow_mut() = Some(Rc::clone(&session)));
    listen(Some(Box::new(move |made, did| {
        let mut session = session.borrow_mut();
        session.is_cut |= session.seen == MOST;
        if session.is_beyond || session.is_cut {
            return;
        }
        session.seen += 1;
        let is_time = session.seen % LEMMAS == 0;
        let replay = session.replay.get_or_insert_with(|| Replay::new(made.capacity, made.awaits, has_barrier));
        let done = take(replay, did).and_then(|()| if is_time { replay.holds() } else { Ok(()) });
        match done {
            Ok(()) => {}
            Err(Ended::Beyond) => session.is_beyond = true,
            Err(Ended::NoStep(why)) => panic!("replay: {why} ({did:?})"),
        }
    })));
}

fn take(replay: &mut Replay, did: Did) -> Result<(), Ended> {
    match did {
        Did::Loaded(edge, place, value) => replay.loaded(edge, place.side, place.word, value),
        Did::Stored(edge, place, value) => replay.stored(edge, place.side, place.word, value),
        Did::Fenced(edge, symmetric) => replay.fenced(edge, symmetric),
        Did::Slept(place, sleeps) => replay.slept(place.side, sleeps),
        Did::Roused(place) => replay.roused(place.side),
        Did::Woke(place) => replay.woke(place.side),
        Did::Wrote(index, len, header) => replay.wrote(index, len, header),
        Did::Read(index, len, header) => replay.read(index, len, header),
        Did::MayDie => {
            replay.sides_may_die();
            Ok(())
        }
    }
}

/// Ends the replay of an execution.
pub fn ends() {
    let Some(session) = SESSION.with(RefCell::take) else { return };
    listen(None);
    let session = session.borrow();
    let Some(replay) = &session.replay else { return };
    TOTAL.with(|total| {
        let mut total = total.borrow_mut();
        total.traces += 1;
        total.beyond += u64::from(session.is_beyond);
        total.cut += u64::from(session.is_cut);
        total.seen += session.seen;
        for (way, times) in &replay.taken {
            *total.taken.entry(*way).or_default() += times;
        }
    });
}

/// Reports what was replayed of `model`, if anything was to be.
pub fn tell(model: &str) {
    if !is_asked() {
        return;
    }
    let Total { traces, beyond, cut, seen, taken } = TOTAL.with(RefCell::take);
    let taken: Vec<_> = taken.into_iter().map(|((step, from, to), times)| json!([step, from, to, times])).collect();
    write_down(&json!({
        "check": "replay", "what": model, "traces": traces, "beyond": beyond, "cut": cut, "seen": seen, "taken": taken,
    }));
}
