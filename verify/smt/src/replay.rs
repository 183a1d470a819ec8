//! The interpreter of the transition system: it takes the steps that the code is seen to take, and evaluates for each
//! the very terms that the solvers were given (`system.rs`).
//!
//! What a side does beside memory is no step that can be seen: that a store drains, that a reader passes a record that
//! it has read, that a writer goes back, that a wait is over. The interpreter takes these steps when what is seen next
//! needs them. A step whose guard does not hold is no step of the formula: the code does something that was not proved.
//! Now and then it evaluates the lemmas, too: they hold of what the code does.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use crate::functions::DATA;
use crate::lemmas::{lemmas, Lemma};
use crate::system::{pc, state, steps, Part, Side, Step, GRANULE, SIDES};
use crate::term::{Sort, Value};

/// Why a replay ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ended {
    /// A value was loaded that x86 has overwritten by then. C11 allows more than x86 does, and loom tries it.
    Beyond,
    /// This is no step of the formula.
    NoStep(String),
}

/// A step, and what its side was about to do before and after it.
pub type Way = (&'static str, i128, i128);

/// Ways to take a step that some execution has to take, beside each step in some way: of both sides.
pub const WAYS: [(&str, i128, i128); 9] = [
    ("die", pc::READY, pc::OUT),
    ("die", pc::STORED, pc::OUT),
    ("die", pc::FENCED, pc::OUT),
    ("die", pc::WAKING, pc::OUT),
    ("die", pc::LEFT, pc::OUT),
    ("again", pc::BETWEEN, pc::LOOKED),
    ("again", pc::BARRED, pc::BETWEEN),
    ("sleep", pc::LOOKED, pc::BETWEEN),
    ("heed", pc::FENCED, pc::WAKING),
];

/// The words of a side.
const WORDS: [&str; 3] = ["epoch", "cur", "wake"];

/// A replay of one execution.
pub struct Replay {
    steps: &'static HashMap<&'static str, Step>,
    state: HashMap<&'static str, Value>,
    capacity: i128,
    /// Loom's asymmetric mode has no barrier.
    has_barrier: bool,
    /// Whether a side waits on when its peer has closed.
    awaits: [bool; 2],
    /// Whether a holder may die within a call.
    may_die: bool,
    /// Whether the fences are full ones, once one was passed.
    symmetric: Option<bool>,
    /// The first position, as a word, once a side has come.
    start: Option<u64>,
    /// All values that a word had: a cursor's with CLOSED.
    had: BTreeMap<(usize, usize), BTreeSet<i128>>,
    /// Where the records end that the reader has read, by where they begin.
    ends: BTreeMap<i128, i128>,
    /// The headers that were written last, by where they stand.
    headers: BTreeMap<i128, u64>,
    /// How often each step was taken, by what its side was about to do before and after it.
    pub taken: BTreeMap<Way, u64>,
}

fn table_of_steps(without: Option<Part>) -> &'static HashMap<&'static str, Step> {
    static ALL: OnceLock<HashMap<&'static str, Step>> = OnceLock::new();
    static BARE: OnceLock<HashMap<&'static str, Step>> = OnceLock::new();
    let all = if without.is_some() { &BARE } else { &ALL };
    all.get_or_init(|| steps(without).into_iter().map(|step| (step.name, step)).collect())
}

fn side(number: usize) -> Side {
    Side { letter: SIDES[number] }
}

type Done = Result<(), Ended>;

impl Replay {
    /// Begins a replay of a ring of this many bytes.
    pub fn new(capacity: usize, awaits: [bool; 2], has_barrier: bool) -> Self {
        let zero = |sort| match sort {
            Sort::Truth => Value::Truth(false),
            Sort::Table => Value::Table(Arc::new(BTreeMap::from([(0, 0)]))),
            _ => Value::Number(0),
        };
        let mut state: HashMap<_, _> = state().into_iter().map(|(name, sort)| (name, zero(sort))).collect();
        state.insert("capacity", Value::Number(capacity as i128));
        state.insert("symmetric", Value::Truth(true));
        // Loom reorders; the other engine does not.
        state.insert("reorders", Value::Truth(!has_barrier));
        // Of a granule that is not there nothing has to hold: `wrote_all` looks at those that are.
        state.insert("any", Value::Number(-GRANULE));
        Self {
            steps: table_of_steps(None),
            state,
            capacity: capacity as i128,
            has_barrier,
            awaits,
            may_die: false,
            symmetric: None,
            start: None,
            had: BTreeMap::new(),
            ends: BTreeMap::new(),
            headers: BTreeMap::new(),
            taken: BTreeMap::new(),
        }
    }

    fn number(&self, name: &str) -> i128 {
        self.state[name].number()
    }

    fn at(&self, table: &str, index: i128) -> i128 {
        match &self.state[table] {
            Value::Table(table) => table.get(&index).copied().unwrap_or_default(),
            other => panic!("{other:?} is no table"),
        }
    }

    fn of(&self, x: usize, what: &str) -> i128 {
        self.number(side(x).name(what))
    }

    /// Takes a step, if it is one.
    fn take(&mut self, x: usize, what: &str, parameters: &[(&'static str, i128)]) -> Done {
        let name = side(x).name(what);
        let step = &self.steps[name];
        let value = |name: &'static str| {
            let parameter = parameters.iter().find(|(parameter, _)| *parameter == name);
            parameter.map_or_else(|| self.state[name].clone(), |(_, value)| Value::Number(*value))
        };
        if !step.guard.value(&value).is_true() {
            let places = [0, 1].map(|side| self.of(side, "pc"));
            return Err(Ended::NoStep(format!("{name}{parameters:?} is no step, where the sides are at {places:?}")));
        }
        let before = self.of(x, "pc");
        let new: Vec<_> = step.updates.iter().map(|(name, to)| (*name, to.value(&value))).collect();
        self.state.extend(new);
        *self.taken.entry((name, before, self.of(x, "pc"))).or_default() += 1;
        self.forget();
        Ok(())
    }

    /// Drops what no step will look at: what a word was before what memory has.
    fn forget(&mut self) {
        for x in [0, 1] {
            let drained = self.of(x, "d");
            let words: &[&str] =
                if x == 0 { &["w_cur", "w_shut", "w_wake", "kw"] } else { &["r_cur", "r_shut", "r_wake"] };
            for word in words {
                if let Some(Value::Table(table)) = self.state.get_mut(word) {
                    if table.len() > 64 {
                        *table = Arc::new(table.range(drained..).map(|(at, value)| (*at, *value)).collect());
                    }
                }
            }
        }
    }

    /// A position as a whole number, counted from the first.
    fn position(&self, word: u64) -> i128 {
        i128::from(word.wrapping_sub(self.start.unwrap_or_default()) as i64)
    }

    /// The place of a byte at this index that is not before `base`.
    fn place(&self, index: usize, base: i128) -> i128 {
        let index = index as i128 - i128::from(self.start.unwrap_or_default());
        base + (index - base).rem_euclid(self.capacity)
    }

    /// What a word was after this many stores: a position, with CLOSED in a cursor.
    fn word(&self, x: usize, word: usize, stores: i128) -> i128 {
        let value = self.at(side(x).name(WORDS[word]), stores);
        value + if word == 1 { self.at(side(x).name("shut"), stores) } else { 0 }
    }

    /// Has so many stores of this side drain that one of its words `is` as wanted.
    fn drain_until(&mut self, x: usize, word: usize, is: impl Fn(i128) -> bool, wanted: Option<i128>) -> Done {
        // Without a barrier the engine is loom, which has `wake_at` overtake other stores.
        let (drains, way) = if word == 2 && !self.has_barrier { ("dw", "tell") } else { ("d", "drain") };
        let (drained, stored) = (self.of(x, drains), self.of(x, "n"));
        match (drained..=stored).find(|stores| is(self.word(x, word, *stores))) {
            Some(stores) if stores > drained => self.take(x, way, &[("e", stores)]),
            Some(_) => Ok(()),
            None if wanted.is_none_or(|value| self.had[&(x, word)].contains(&value)) => Err(Ended::Beyond),
            None => Err(Ended::NoStep(format!("{} of {} never was {wanted:?}", WORDS[word], SIDES[x]))),
        }
    }

    /// A side that has waited does something else.
    fn go_on(&mut self, x: usize) -> Done {
        if self.of(x, "pc") == pc::BETWEEN {
            self.take(x, "over", &[])?;
        }
        Ok(())
    }

    fn begin(&mut self, word: u64) {
        if self.start.is_some() {
            return;
        }
        self.start = Some(word & !1);
        // Positions are counted from here, so all words begin as 0.
        for key in [(0, 1), (0, 2), (1, 1), (1, 2)] {
            self.had.entry(key).or_default().insert(0);
        }
    }

    /// A side loaded `word` of the side `of`: 0 for the epoch, 1 for the cursor, 2 for `wake_at`.
    pub fn loaded(&mut self, edge: &str, of: usize, word: usize, value: u64) -> Done {
        let x = if edge == "O13" { of } else { 1 - of };
        if !matches!(edge, "O2" | "O4" | "O10" | "O11" | "O13") || (edge == "O13" && word != 1) {
            return Ok(());
        }
        if edge == "O13" {
            self.begin(value);
            self.succeed(x)?;
            let stored = self.of(x, "n");
            if self.of(x, "d") < stored {
                self.take(x, "drain", &[("e", stored)])?;
            }
            self.take(x, "resume", &[("awaits", i128::from(self.awaits[x]))])?;
            let own = self.word(x, 1, stored);
            return self.is(own, self.position(value & !1) + i128::from(value & 1), "the own cursor");
        }
        let loaded = self.position(value & !1) + i128::from(if word == 1 { value & 1 } else { 0 });
        self.drain_until(of, word, |is| is == loaded, Some(loaded))?;
        match edge {
            "O10" => self.take(x, "heed", &[]),
            "O11" => self.take(x, "again", &[]),
            _ => self.take(x, "look", &[]),
        }
    }

    fn is(&self, is: i128, expected: i128, what: &str) -> Done {
        if is == expected {
            return Ok(());
        }
        Err(Ended::NoStep(format!("{what} is {expected}, and {is} in the formula")))
    }

    /// A side stored a word of its own.
    pub fn stored(&mut self, edge: &str, x: usize, word: usize, value: u64) -> Done {
        self.go_on(x)?;
        let is_its_edge = match (word, x) {
            (0, _) => edge == "O14",
            (1, 0) => edge == "O1",
            (1, _) => edge == "O3",
            _ => edge == "O9",
        };
        if !is_its_edge {
            return Err(Ended::NoStep(format!("{edge} is not the edge of {} of {}", WORDS[word], SIDES[x])));
        }
        let (position, closed) = (self.position(value & !1), value & 1 == 1);
        match (word, self.of(x, "pc"), closed) {
            (0, ..) => self.take(x, "count", &[])?,
            (1, pc::COUNTED, false) => self.take(x, "show", &[])?,
            (1, _, true) => {
                self.wrote_all(x)?;
                self.take(x, "leave", &[])?;
            }
            (1, ..) if x == 0 => {
                self.wrote_all(x)?;
                self.take(x, "publish", &[])?;
            }
            (1, ..) => {
                self.pass(position)?;
                self.take(x, "release", &[])?;
            }
            (_, pc::SHOWN, false) => self.take(x, "enter", &[])?,
            (_, _, true) => {
                if x == 1 {
                    self.pass(position)?;
                }
                self.take(x, "say", &[])?;
            }
            _ => self.take(x, "announce", &[("t", position)])?,
        }
        if word > 0 {
            let value = position + i128::from(closed && word == 1);
            self.had.entry((x, word)).or_default().insert(value);
            self.is(self.word(x, word, self.of(x, "n")), value, edge)?;
        }
        Ok(())
    }

    /// Checks what the formula says of any granule (`is_written` in `system.rs`), of all that the writer publishes.
    fn wrote_all(&self, x: usize) -> Done {
        let (first, end) = (self.number("mp"), self.number("m"));
        for record in (first..end).filter(|record| x == 0 && self.at("data", *record) == 1) {
            let mut granules = (self.at("at", record)..self.at("at", record + 1)).step_by(GRANULE as usize);
            if let Some(granule) = granules.find(|granule| self.at("st", *granule) == 0) {
                return Err(Ended::NoStep(format!("the granule at {granule} is published, and was not written")));
            }
        }
        Ok(())
    }

    /// From here on a holder may die between any two steps.
    pub fn sides_may_die(&mut self) {
        self.may_die = true;
    }

    /// A new holder comes. The last one has left, or has died: so much is not told. Where nobody dies, a handle may be
    /// forgotten, but only by a caller: between two calls.
    fn succeed(&mut self, x: usize) -> Done {
        let place = self.of(x, "pc");
        if place == pc::OUT {
            return Ok(());
        }
        if !self.may_die && ![pc::READY, pc::RESUMED, pc::BETWEEN].contains(&place) {
            return Err(Ended::NoStep(format!("{} has a new holder, and the last one was at {place}", SIDES[x])));
        }
        self.take(x, "die", &[])
    }

    /// Checks that the lemmas hold, as far as the present state goes: of what the sides have stored and read last.
    pub fn holds(&self) -> Done {
        // Without a barrier they do not.
        if self.start.is_none() || (!self.has_barrier && self.symmetric != Some(true)) {
            return Ok(());
        }
        static ALL: OnceLock<Vec<Lemma>> = OnceLock::new();
        let [w, r] = [0, 1].map(|x| [self.of(x, "d"), self.of(x, "n")]);
        let records = [self.number("r"), self.number("mp")];
        let places = [self.number("r_at"), self.of(0, "pub") - GRANULE];
        for lemma in ALL.get_or_init(lemmas) {
            for way in 0..8 {
                let pick = |bit: usize, of: [i128; 2]| of[way >> bit & 1];
                let value = |name: &'static str| match name {
                    "start" => Value::Number(0),
                    "ws" => Value::Number(pick(0, w)),
                    "wt" => Value::Number(w[1]),
                    "rs" => Value::Number(pick(0, r)),
                    "rt" => Value::Number(r[1]),
                    "i" => Value::Number(pick(1, records)),
                    "j" => Value::Number(self.number("m")),
                    "p" => Value::Number(pick(2, places)),
                    name => self.state[name].clone(),
                };
                if !lemma.body.value(&value).is_true() {
                    return Err(Ended::NoStep(format!("a lemma does not hold: {}", lemma.name)));
                }
            }
        }
        Ok(())
    }

    /// The reader passes the records that it has read up to this position.
    fn pass(&mut self, position: i128) -> Done {
        while self.number("r_at") < position {
            let at = self.number("r_at");
            let Some(end) = self.ends.get(&at).copied() else {
                return Err(Ended::NoStep(format!("the reader passes a record at {at} that it has not read")));
            };
            self.take(1, "pass", &[("v", end)])?;
        }
        Ok(())
    }

    /// A side passed a fence of the handshake.
    pub fn fenced(&mut self, edge: &str, symmetric: bool) -> Done {
        if *self.symmetric.get_or_insert(symmetric) != symmetric {
            return Err(Ended::NoStep("the fences are of another mode than before".into()));
        }
        self.state.insert("symmetric", Value::Truth(symmetric));
        self.steps = table_of_steps((!symmetric && !self.has_barrier).then_some(Part::Membarrier));
        match edge {
            "O5" => self.take(0, "light", &[]),
            "O7" => self.take(1, "light", &[]),
            _ => {
                let x = if edge == "O8" { 0 } else { 1 };
                self.take(x, "fence", &[])?;
                self.take(x, "barrier", &[])
            }
        }
    }

    /// The kernel put the peer of the side `of` to sleep on its cursor, or kept it from that.
    pub fn slept(&mut self, of: usize, sleeps: bool) -> Done {
        let x = 1 - of;
        let looked = self.of(x, "look") + self.of(x, "lookshut");
        if !sleeps && !self.had[&(of, 1)].iter().any(|had| *had != looked) {
            return Err(Ended::NoStep("it is kept from sleeping, and nothing was stored".into()));
        }
        self.drain_until(of, 1, |is| (is == looked) == sleeps, None)?;
        self.take(x, "sleep", &[])?;
        self.is(i128::from(self.of(x, "pc") == pc::ASLEEP), i128::from(sleeps), "whether the kernel lets it sleep")
    }

    /// The peer of the side `of` is awake again.
    pub fn roused(&mut self, of: usize) -> Done {
        let x = 1 - of;
        if self.of(x, "pc") == pc::ASLEEP {
            self.take(x, "rouse", &[])?;
        }
        Ok(())
    }

    /// A side woke all that sleep on its cursor.
    pub fn woke(&mut self, x: usize) -> Done {
        let leaves = self.of(x, "pc") == pc::LEFT;
        self.take(x, if leaves { "gone" } else { "wake" }, &[])
    }

    /// The writer stored these bytes. A header comes with its value.
    pub fn wrote(&mut self, index: usize, len: usize, header: Option<u64>) -> Done {
        self.go_on(0)?;
        let published = self.number("w_pub");
        let place = self.place(index, published);
        if let Some(header) = header {
            if place != self.at("at", self.number("m")) && place == published {
                self.take(0, "retreat", &[])?;
            }
            let position = self.at("at", self.number("m"));
            self.is(position, place, "the place of a record")?;
            self.headers.insert(place, header);
            let is_message = i128::from(header >> 32 == DATA);
            return self.take(0, "head", &[("e", place + size(header)), ("message", is_message)]);
        }
        let mut granules = (place..place + len as i128).step_by(GRANULE as usize);
        granules.try_for_each(|place| self.take(0, "write", &[("place", place)]))
    }

    /// The reader loaded these bytes. A header comes with its value.
    pub fn read(&mut self, index: usize, len: usize, header: Option<u64>) -> Done {
        self.go_on(1)?;
        let place = self.place(index, self.number("r_pub"));
        if let Some(header) = header {
            let written = self.headers.get(&place).copied().unwrap_or(header);
            self.is(header.into(), written.into(), "the header that is read")?;
            self.ends.insert(place, place + size(header));
        }
        let mut granules = (place..place + len as i128).step_by(GRANULE as usize);
        granules.try_for_each(|place| self.take(1, "read", &[("place", place)]))
    }
}

/// The bytes of the record with this header, by the formula.
fn size(header: u64) -> i128 {
    let length = crate::functions::function("length_of").of(&[Value::Word(header)]);
    crate::functions::function("record_size").of(&[length]).word().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Just below the wrap of 64 bits.
    const START: u64 = 0u64.wrapping_sub(16);
    /// The header of a message without bytes.
    const EMPTY: u64 = 1 << 32;

    /// A ring of 64 bytes whose sides have both come; the reader sleeps for a record.
    fn asleep() -> Replay {
        let mut replay = Replay::new(64, [false; 2], true);
        for (x, look, show, least) in [(0, "O4", "O1", START.wrapping_sub(64)), (1, "O2", "O3", START)] {
            replay.loaded("O13", x, 1, START).unwrap();
            replay.loaded(look, 1 - x, 1, START).unwrap();
            replay.stored("O14", x, 0, 1).unwrap();
            replay.stored(show, x, 1, START).unwrap();
            replay.stored("O9", x, 2, least).unwrap();
        }
        replay.stored("O9", 1, 2, START.wrapping_add(8)).unwrap();
        replay.fenced("O6", true).unwrap();
        replay.loaded("O11", 0, 1, START).unwrap();
        replay.slept(0, true).unwrap();
        replay
    }

    /// The writer pushes, and is about to wake.
    fn pushed() -> Replay {
        let mut replay = asleep();
        replay.wrote(48, 8, Some(EMPTY)).unwrap();
        replay.stored("O1", 0, 1, START.wrapping_add(8)).unwrap();
        replay.fenced("O5", true).unwrap();
        replay.loaded("O10", 1, 2, START.wrapping_add(8)).unwrap();
        replay
    }

    /// The reader has slept in vain.
    fn roused() -> Replay {
        let mut replay = asleep();
        replay.roused(0).unwrap();
        replay.loaded("O2", 0, 1, START).unwrap();
        replay
    }

    fn is_no_step(done: Done) -> bool {
        matches!(done, Err(Ended::NoStep(_)))
    }

    #[test]
    fn a_message_that_is_pushed_to_a_sleeper_and_popped_takes_steps_of_the_formula_alone() {
        let mut replay = pushed();
        replay.woke(0).unwrap();
        replay.roused(0).unwrap();
        replay.loaded("O2", 0, 1, START.wrapping_add(8)).unwrap();
        replay.read(48, 8, Some(EMPTY)).unwrap();
        replay.stored("O3", 1, 1, START.wrapping_add(8)).unwrap();
        assert!(["w_wake", "r_pass"].iter().all(|step| replay.taken.keys().any(|way| way.0 == *step)));
    }

    #[test]
    fn a_side_that_sleeps_again_looks_again_and_need_not_announce_again() {
        let mut replay = roused();
        replay.loaded("O11", 0, 1, START).unwrap();
        replay.slept(0, true).unwrap();
        assert!(is_no_step(roused().slept(0, true)), "no second look");
        let mut replay = roused();
        replay.stored("O9", 1, 2, START.wrapping_add(8)).unwrap();
        assert!(is_no_step(replay.loaded("O11", 0, 1, START)), "a new announcement without a fence");
    }

    #[test]
    fn what_the_protocol_does_not_do_is_no_step() {
        assert!(is_no_step(pushed().stored("O1", 0, 1, START.wrapping_add(16))), "no wake");
        assert!(is_no_step(asleep().woke(0)), "a wake without a store");
        assert!(is_no_step(asleep().wrote(56, 8, Some(EMPTY))), "a record that begins elsewhere");
        assert!(is_no_step(asleep().stored("O1", 0, 1, START.wrapping_add(8))), "nothing was written");
        assert!(is_no_step(asleep().loaded("O4", 1, 1, START.wrapping_add(8))), "a value that was never stored");
        let mut replay = pushed();
        replay.woke(0).unwrap();
        assert!(is_no_step(replay.read(48, 8, Some(EMPTY))), "bytes that were not seen published");
        let mut replay = pushed();
        replay.woke(0).unwrap();
        replay.loaded("O2", 0, 1, START.wrapping_add(8)).unwrap();
        assert!(is_no_step(replay.stored("O3", 1, 1, START.wrapping_add(8))), "a record that was not read");
        assert!(is_no_step(replay.read(48, 8, Some(EMPTY + 8))), "another header than was written");
        assert!(is_no_step(roused().stored("O9", 1, 2, START.wrapping_add(16))), "a target past the next record");
        assert!(is_no_step(asleep().stored("O9", 0, 1, START)), "a cursor by the edge of another word");
        let mut replay = asleep();
        replay.wrote(48, 8, Some(EMPTY + 1)).unwrap();
        assert!(is_no_step(replay.stored("O1", 0, 1, START.wrapping_add(16))), "a message without its bytes");
        assert!(is_no_step(asleep().fenced("O5", false)), "the other mode");
        let mut replay = roused();
        replay.loaded("O11", 0, 1, START).unwrap();
        assert!(is_no_step(replay.slept(0, false)), "it is kept from sleeping, and nothing was stored");
        assert!(is_no_step(pushed().loaded("O13", 0, 1, START)), "a second holder, without a death");
    }

    #[test]
    fn a_lemma_that_does_not_hold_is_found() {
        assert_eq!(pushed().holds(), Ok(()));
        for (name, value) in [("w_pub", 16), ("r_target", 16), ("rp", 2), ("w_hi", 128)] {
            let mut replay = pushed();
            replay.state.insert(name, Value::Number(value));
            assert!(is_no_step(replay.holds()), "{name}");
        }
    }

    #[test]
    fn a_value_that_memory_no_longer_has_is_beyond_x86() {
        let mut replay = pushed();
        replay.woke(0).unwrap();
        assert_eq!(replay.loaded("O2", 0, 1, START), Err(Ended::Beyond));
    }
}
