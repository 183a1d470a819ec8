//! The protocol as a transition system: two sides, and between them the memory of x86, with store buffers of any
//! length.
//!
//! **Memory.** A side numbers its stores. For each of its words there is a table with the word's value after that many
//! stores. `n` stores were issued, and `d` of them have drained: memory holds a word's value after `d` stores, and the
//! rest waits in the side's store buffer, in order. That is x86-TSO: a side never loads what it stores, except when it
//! attaches, and then its buffer is empty (T3).
//!
//! **Arm's order of stores.** Where `reorders` holds, a store of `wake_at` (relaxed) may reach memory ahead of stores
//! before it; of a cursor (release) only after them. `dw` is how many stores have reached memory as far as `wake_at` is
//! concerned. Loads are in the order of the program: `lib.rs` says which lemma that leaves open.
//!
//! **Bytes.** A table has for each place the number of the store that wrote it last. So a load of a place is right if
//! that store has drained, and no store to the same index of a later lap was issued.
//!
//! **Records** are numbered, too: `at` has where each ends and the next begins. So "the reader pops what was published"
//! says: its position is always `at` its number of records, and that number is at most what was published.
//!
//! Positions are whole numbers here. That the library's, which wrap, behave as these is the arithmetic's (`goals.rs`).
//! Left out: views, figures and notes, on which no side depends; loads that only tell a caller something (`is_empty`)
//! or let a writer fail early (O12); forks; a peer that breaks the protocol.

use std::collections::BTreeSet;
use std::sync::Mutex;

use crate::term::{all, any, name, number, truth, Sort, Term};

/// What a side is about to do.
pub mod pc {
    /// Nobody holds the side.
    pub const OUT: i128 = 0;
    /// A holder has loaded its own cursor. It may wait for room.
    pub const RESUMED: i128 = 1;
    /// It has stored its number.
    pub const COUNTED: i128 = 2;
    /// It has stored its cursor.
    pub const SHOWN: i128 = 3;
    /// It is between two calls, or in one, and no handshake is under way.
    pub const READY: i128 = 4;
    /// W1 is done.
    pub const STORED: i128 = 5;
    /// W2 is done.
    pub const FENCED: i128 = 6;
    /// W3 is done: the peer has to be woken.
    pub const WAKING: i128 = 7;
    /// S1 is done.
    pub const ANNOUNCED: i128 = 8;
    /// The own half of S2 is done.
    pub const SWEPT: i128 = 9;
    /// S2 is done.
    pub const BARRED: i128 = 10;
    /// S3 is done, in vain.
    pub const LOOKED: i128 = 11;
    /// S4 is done: the kernel has put the side to sleep.
    pub const ASLEEP: i128 = 12;
    /// It has slept, or was kept from it. Its announcement stands, so it may go on with S3.
    pub const BETWEEN: i128 = 13;
    /// A side that leaves has said so in `wake_at`.
    pub const LEAVING: i128 = 14;
    /// It has said so in its cursor.
    pub const LEFT: i128 = 15;
}
use pc::*;

/// The two sides.
pub const SIDES: [&str; 2] = ["w", "r"];
/// The bytes of a granule.
pub const GRANULE: i128 = 8;
/// What the kernel compares of a word.
const HALF: i128 = 1 << 32;

/// A step: what has to hold, and what changes.
#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    /// Its name, after its side.
    pub name: &'static str,
    /// What decides beside the state: names of numbers.
    pub parameters: Vec<&'static str>,
    /// When it can be taken.
    pub guard: Term,
    /// The names that change, and to what.
    pub updates: Vec<(&'static str, Term)>,
}

/// A part of the protocol that can be left out, to see what breaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Part {
    LightFence,
    OwnFence,
    Membarrier,
    SecondLook,
    Comparison,
    CapacityBound,
    BarrierInWake,
    Wake,
    Crossing,
    WakeOnLeaving,
    BarrierInLeaving,
    WriterReleases,
    ReaderAcquires,
    ReaderReleases,
    WriterAcquires,
    Space,
    Lock,
    Nap,
    Excuse,
    Target,
    Payload,
    Header,
}

/// Returns the one string with this text.
pub fn intern(text: String) -> &'static str {
    static ALL: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut all = ALL.lock().expect("nothing panics here");
    match all.get(&*text) {
        Some(known) => known,
        None => {
            let new: &'static str = Box::leak(text.into_boxed_str());
            all.insert(new);
            new
        }
    }
}

/// A number by this name.
pub fn num(of: &str) -> Term {
    name(intern(of.into()), Sort::Number)
}

/// A table by this name.
pub fn table(of: &str) -> Term {
    name(intern(of.into()), Sort::Table)
}

/// A truth by this name.
pub fn flag(of: &str) -> Term {
    name(intern(of.into()), Sort::Truth)
}

/// The capacity.
pub fn capacity() -> Term {
    num("capacity")
}

/// Whether both fences are full ones.
pub fn symmetric() -> Term {
    flag("symmetric")
}

/// Whether stores reach memory in another order than they were made in.
pub fn reorders() -> Term {
    flag("reorders")
}

/// A side's names.
pub struct Side {
    /// `w` or `r`.
    pub letter: &'static str,
}

impl Side {
    /// The name of this side's `what`.
    pub fn name(&self, what: &str) -> &'static str {
        intern(format!("{}_{what}", self.letter))
    }

    /// This side's number `what`.
    pub fn num(&self, what: &str) -> Term {
        num(self.name(what))
    }

    /// This side's table `what`.
    pub fn table(&self, what: &str) -> Term {
        table(self.name(what))
    }

    /// This side's truth `what`.
    pub fn flag(&self, what: &str) -> Term {
        flag(self.name(what))
    }

    /// Whether this side is at one of these.
    pub fn is_at(&self, places: &[i128]) -> Term {
        any(places.iter().map(|place| self.num("pc").is(*place)))
    }

    /// This side's word `what`, as memory has it.
    pub fn in_memory(&self, what: &str) -> Term {
        self.table(what).at(self.num("d"))
    }

    /// This side's `wake_at`, as memory has it.
    pub fn wake_at(&self) -> Term {
        self.table("wake").at(self.num("dw"))
    }

    /// Where a side goes on after a wait.
    fn home(&self) -> Term {
        self.flag("entered").choose(READY, RESUMED)
    }

    fn leads(&self) -> bool {
        self.letter == "w"
    }

    /// The least position that the peer can be at.
    fn nothing_seen(&self, position: &Term) -> Term {
        if self.leads() {
            position - &capacity()
        } else {
            position.clone()
        }
    }

    /// The own position.
    pub fn position(&self) -> Term {
        if self.leads() {
            table("at").at(num("m"))
        } else {
            num("r_at")
        }
    }
}

/// The words of a side whose values are kept for each number of stores.
fn words(side: &Side) -> Vec<Term> {
    let mut words = vec![side.table("cur"), side.table("shut"), side.table("wake")];
    if side.leads() {
        words.push(table("kw"));
    }
    words
}

/// A store of a side: these words get these values, the others keep theirs.
fn store(side: &Side, new: &[(Term, Term)]) -> Vec<(&'static str, Term)> {
    let n = side.num("n");
    let next = &n + 1;
    let value = |word: &Term| new.iter().find(|(of, _)| of == word).map_or_else(|| word.at(&n), |(_, to)| to.clone());
    let mut updates: Vec<_> = words(side).iter().map(|word| (named(word), word.put(&next, value(word)))).collect();
    updates.push((side.name("n"), next));
    updates
}

/// The name that a term is.
fn named(term: &Term) -> &'static str {
    intern(term.to_string())
}

/// All names of the state, with their sorts.
///
/// - Of a side, beside `d`, `n` and `dw` above: `pub` and `seen` are the positions that it published and saw last,
///   `from` the one that it published before; `look` and `lookshut` what S3 loaded; `cur`, `shut` (CLOSED) and `wake`
///   its words. It `awaits` successors; it has `entered`; its holder `died`; its sleep is `excused` by a death.
/// - Of records: the writer has made `m` and published `mp`; the reader has passed `r`, given back `rp`, and seen `ks`
///   published. Record `i` is from `at` `i` to `at` `i + 1`; it is a message if its `data` is 1; `header` is the number
///   of the store of its header. A cursor with a number of stores was published with `kw` records.
/// - Of places: `st` is the number of the last store to one, 0 for none; `w_hi` is where the last granule ends that was
///   written; `r_at` is the reader's position; for `bare` see [`is_written`].
pub fn state() -> Vec<(&'static str, Sort)> {
    let mut names = Vec::new();
    for letter in SIDES {
        let side = Side { letter };
        let numbers = ["pc", "n", "d", "dw", "pub", "seen", "target", "look", "lookshut", "from"];
        names.extend(numbers.map(|what| (side.name(what), Sort::Number)));
        names.extend(["entered", "died", "excused", "awaits"].map(|what| (side.name(what), Sort::Truth)));
        names.extend(["cur", "shut", "wake"].map(|what| (side.name(what), Sort::Table)));
    }
    names.extend(["m", "mp", "w_hi", "r", "rp", "ks", "r_at"].map(|what| (what, Sort::Number)));
    names.extend(["at", "data", "header", "kw", "st"].map(|what| (what, Sort::Table)));
    names.push(("bare", Sort::Truth));
    names
}

/// Whether the granule at `any` was written, if it is between these two: each header is, and all of a message. Of what
/// is no message nothing but the header is (`bare`). `any` never changes, and nothing is known of it: so what holds of
/// it holds of all granules.
pub fn is_written(begin: &Term, end: &Term) -> Term {
    let any = num("any");
    let is_there = begin.at_most(&any).and(any.less(end));
    is_there.implies(flag("bare").or(Term::from(0).less(table("st").at(&any))))
}

/// Whether what the writer is about to publish is whole.
fn is_whole() -> Term {
    is_written(&num("w_pub"), &Side { letter: "w" }.position())
}

/// Whether what stands at this place is what was written there last.
pub fn is_fresh(place: &Term) -> Term {
    let is_drained = table("st").at(place).at_most(num("w_d"));
    is_drained.and(num("w_hi").at_most(place + &capacity()))
}

/// The steps, without a part, if so.
pub fn steps(without: Option<Part>) -> Vec<Step> {
    let mut steps = Vec::new();
    for (letter, other) in [("w", "r"), ("r", "w")] {
        of_both(&Side { letter }, &Side { letter: other }, without, &mut steps);
    }
    of_the_writer(without, &mut steps);
    of_the_reader(without, &mut steps);
    steps
}

/// Returns what adds a step of the side: its name, its parameters, its guard, and what it changes.
fn steps_of<'a>(
    side: &'a Side,
    steps: &'a mut Vec<Step>,
) -> impl FnMut(&str, &[&'static str], Term, Vec<(&'static str, Term)>) + 'a {
    |what, parameters, guard, updates| {
        steps.push(Step { name: side.name(what), parameters: parameters.to_vec(), guard, updates })
    }
}

fn of_both(x: &Side, y: &Side, without: Option<Part>, steps: &mut Vec<Step>) {
    let lacks = |part| without == Some(part);
    let mut step = steps_of(x, steps);
    let (c, at, n, d) = (capacity(), |places: &[i128]| x.is_at(places), x.num("n"), x.num("d"));
    let goes = |to: i128| (x.name("pc"), number(to));
    let with = |mut updates: Vec<(&'static str, Term)>, more: Vec<(&'static str, Term)>| {
        updates.extend(more);
        updates
    };
    let put = |what: &str, to: Term| (x.name(what), to);
    // So many stores of a side have drained.
    let drains = |side: &Side, stores: Term| {
        let ahead = stores.at_most(side.num("dw")).choose(side.num("dw"), &stores);
        [(side.name("d"), stores), (side.name("dw"), ahead)]
    };
    let and = |first: Vec<(&'static str, Term)>, more: [(&'static str, Term); 2]| with(first, more.to_vec());

    // To attach: the lock is free, and all that the last holder stored is in memory (T3).
    let lock = if lacks(Part::Lock) { truth(true) } else { d.is(&n) };
    let own = x.in_memory("cur");
    let mut resumed = vec![goes(RESUMED), put("pub", own.clone())];
    resumed.extend(["entered", "died"].map(|what| put(what, truth(false))));
    resumed.push(put("seen", x.nothing_seen(&own)));
    resumed.push(put("awaits", num("awaits").is(1)));
    if x.leads() {
        resumed.push(("m", num("mp")));
    } else {
        resumed.extend([("r", num("rp")), ("ks", num("rp")), ("r_at", own)]);
    }
    step("resume", &["awaits"], at(&[OUT]).and(lock), resumed);
    let has_room = x.num("pub").at_most((x.num("seen") + &c) - GRANULE);
    let may_enter = if x.leads() { at(&[RESUMED]).and(has_room) } else { at(&[RESUMED]) };
    step("count", &[], may_enter, with(store(x, &[]), vec![goes(COUNTED)]));
    // It is open again: nobody misses that it was closed.
    let excused = (y.name("excused"), y.flag("excused").and(y.num("target").at_most(x.num("pub"))));
    step("show", &[], at(&[COUNTED]), with(store(x, &[(x.table("shut"), number(0))]), vec![goes(SHOWN), excused]));
    let nothing = x.nothing_seen(&x.num("pub"));
    let entered = vec![goes(READY), put("entered", truth(true))];
    step("enter", &[], at(&[SHOWN]), with(store(x, &[(x.table("wake"), nothing)]), entered));

    // To look. Without its acquire, the load may come after those of the bytes: it sees a store that drains later.
    let part = if x.leads() { Part::WriterAcquires } else { Part::ReaderAcquires };
    let (parameters, when, is_when) = if lacks(part) {
        let e = num("e");
        (vec!["e"], e.clone(), y.num("d").at_most(&e).and(e.at_most(y.num("n"))))
    } else {
        (vec![], y.num("d"), truth(true))
    };
    let mut looked = vec![put("seen", y.table("cur").at(&when))];
    if !x.leads() {
        looked.push(("ks", table("kw").at(&when)));
    }
    step("look", &parameters, at(&[RESUMED, READY, BETWEEN]).and(is_when), looked);

    // To wake.
    let fenced = if lacks(Part::LightFence) { d.clone() } else { symmetric().choose(&n, &d) };
    step("light", &[], at(&[STORED]), and(vec![goes(FENCED)], drains(x, fenced)));
    let target = y.wake_at();
    let last = if lacks(Part::Crossing) { target.less(x.num("pub")) } else { target.at_most(x.num("pub")) };
    let crosses = x.num("from").less(&target).and(last);
    let heeded = if lacks(Part::Wake) { number(READY) } else { crosses.choose(WAKING, READY) };
    step("heed", &[], at(&[FENCED]), vec![put("pc", heeded)]);
    let woken = (y.name("pc"), y.is_at(&[ASLEEP]).choose(BETWEEN, y.num("pc")));
    let drained = |part| drains(x, if lacks(part) { d.clone() } else { n.clone() });
    step("wake", &[], at(&[WAKING]), and(vec![goes(READY), woken.clone()], drained(Part::BarrierInWake)));

    // To sleep.
    // A reader waits for the next record's header, a writer for room: for an end, or for a record after what it has
    // published. That this is the room which the record needs is the arithmetic's (`goals.rs`).
    let t = num("t");
    let is_ahead = x.num("seen").less(&t).and(t.at_most(x.num("seen") + &c));
    let room = &t + &c;
    let for_an_end = at(&[RESUMED]).and(room.is(x.num("pub") + GRANULE));
    let for_a_record = all([
        at(&[READY]),
        num("m").is(num("mp")),
        (x.num("pub") + 2 * GRANULE).at_most(&room),
        t.at_most(x.num("pub")),
    ]);
    let is_target = match (x.leads(), lacks(Part::Target)) {
        (true, _) => for_an_end.or(for_a_record),
        (false, true) => at(&[READY]),
        (false, false) => at(&[READY]).and(t.is(x.position() + GRANULE)),
    };
    let announced = vec![goes(ANNOUNCED), put("target", t.clone())];
    let announce = with(store(x, &[(x.table("wake"), t)]), announced);
    step("announce", &["t"], is_target.and(is_ahead), announce);
    let swept = if lacks(Part::OwnFence) { d.clone() } else { n.clone() };
    step("fence", &[], at(&[ANNOUNCED]), and(vec![goes(SWEPT)], drains(x, swept)));
    let others = symmetric().choose(y.num("d"), y.num("n"));
    let barred = if lacks(Part::Membarrier) { y.num("d") } else { others };
    step("barrier", &[], at(&[SWEPT]), and(vec![goes(BARRED)], drains(y, barred)));
    let (look, shut) = (y.in_memory("cur"), y.in_memory("shut"));
    let is_over = shut.is(1).and(x.flag("awaits").not()).or(x.num("target").at_most(&look));
    let on = if lacks(Part::SecondLook) { number(LOOKED) } else { is_over.choose(BETWEEN, LOOKED) };
    step(
        "again",
        &[],
        at(&[BARRED, BETWEEN]),
        vec![put("look", look.clone()), put("lookshut", shut.clone()), put("pc", on)],
    );
    let same = (&look - &x.num("look")).modulo(HALF).is(0).and(shut.is(x.num("lookshut")));
    let same = if lacks(Part::Comparison) { truth(true) } else { same };
    let excused = put("excused", is_lost_with(y).and(is_due(x, y)));
    step("sleep", &[], at(&[LOOKED]), vec![put("pc", same.choose(ASLEEP, BETWEEN)), excused]);
    step("rouse", &[], at(&[ASLEEP]), vec![goes(BETWEEN)]);
    step("over", &[], at(&[BETWEEN]), vec![put("pc", x.home())]);

    // To leave, and to die.
    let nothing = x.nothing_seen(&x.position());
    step("say", &[], at(&[READY]), with(store(x, &[(x.table("wake"), nothing)]), vec![goes(LEAVING)]));
    let whole = if x.leads() { is_whole() } else { truth(true) };
    step("leave", &[], at(&[LEAVING]).and(whole), with(published(x, 1), vec![goes(LEFT)]));
    let mut left = and(vec![goes(OUT)], drained(Part::BarrierInLeaving));
    if !lacks(Part::WakeOnLeaving) {
        left.push(woken);
    }
    step("gone", &[], at(&[LEFT]), left);
    let will_see = at(&[STORED, FENCED]).and(x.num("from").less(y.num("target")));
    let owes = will_see.or(at(&[WAKING, LEFT])).and(is_due(y, x));
    let owes = match without {
        Some(Part::Nap) => truth(false),
        Some(Part::Excuse) => truth(true),
        _ => owes,
    };
    let excused = (y.name("excused"), y.flag("excused").or(owes));
    step("die", &[], at(&[OUT]).not(), vec![goes(OUT), put("died", truth(true)), excused]);
    let e = num("e");
    step("drain", &["e"], d.less(&e).and(e.at_most(&n)), drains(x, e.clone()).to_vec());
    let may_overtake = all([reorders(), x.num("dw").less(&e), e.at_most(&n)]);
    step("tell", &["e"], may_overtake, vec![put("dw", e)]);
}

/// Whether a side has died, and its stores have not all drained. Nobody wakes a peer for these.
pub fn is_lost_with(side: &Side) -> Term {
    all([side.is_at(&[OUT]), side.flag("died"), side.num("d").less(side.num("n"))])
}

/// Whether `x` has cause to be woken by `y`: its target was reached, or `y` closed and `x` awaits no successor.
pub fn is_due(x: &Side, y: &Side) -> Term {
    let is_closed = y.table("shut").at(y.num("n")).is(1);
    x.num("target").at_most(y.num("pub")).or(x.flag("awaits").not().and(is_closed))
}

/// The store of the own cursor, open or closed.
fn published(x: &Side, shut: i128) -> Vec<(&'static str, Term)> {
    let position = x.position();
    let mut new = vec![(x.table("cur"), position.clone()), (x.table("shut"), number(shut))];
    if x.leads() {
        new.push((table("kw"), num("m")));
    }
    let mut updates = store(x, &new);
    updates.extend([(x.name("from"), x.num("pub")), (x.name("pub"), position)]);
    updates.push(if x.leads() { ("mp", num("m")) } else { ("rp", num("r")) });
    updates
}

fn of_the_writer(without: Option<Part>, steps: &mut Vec<Step>) {
    let (w, p, e) = (Side { letter: "w" }, num("place"), num("e"));
    let mut step = steps_of(&w, steps);
    let is_ready = w.is_at(&[READY]);
    let more = if without == Some(Part::Space) { GRANULE } else { 0 };
    let end = w.num("seen") + capacity() + more;
    let write = |place: &Term| {
        let reached = place + GRANULE;
        let mut updates = store(&w, &[]);
        updates.push(("st", table("st").put(place, w.num("n") + 1)));
        updates.push(("w_hi", num("w_hi").less(&reached).choose(&reached, num("w_hi"))));
        updates
    };
    // Without a release, a byte may be stored after the cursor that covers it.
    let late = if without == Some(Part::WriterReleases) { GRANULE } else { 0 };
    let is_free = (w.num("pub") - late).at_most(&p).and((&p + GRANULE).at_most(&end));
    // A message is written after its header's place, and after the records that are whole.
    let (position, m) = (w.position(), num("m"));
    let is_none = m.is(num("mp"));
    let after_the_last = is_none.clone().or((table("at").at(&m - 1) + GRANULE).at_most(&p));
    let spares_headers = match without {
        Some(Part::Header) => truth(true),
        _ => after_the_last.and(p.is_not(&position)),
    };
    step("write", &["place"], all([is_ready.clone(), is_free, spares_headers]), write(&p));
    let fits = (&position + GRANULE).at_most(&e).and(e.at_most(&end));
    let mut headed = write(&position);
    let is_data = num("message");
    let is_bit = is_data.is(0).or(is_data.is(1));
    headed.extend([("at", table("at").put(&m + 1, &e)), ("data", table("data").put(&m, &is_data)), ("m", &m + 1)]);
    headed.push(("header", table("header").put(&m, w.num("n") + 1)));
    let is_in_it = position.less(num("any")).and(num("any").less(&e));
    headed.push(("bare", is_in_it.clone().and(is_data.is(0)).or(is_in_it.not().and(flag("bare")))));
    step("head", &["e", "message"], all([is_ready.clone(), fits, is_bit]), headed);
    let is_padding = m.is(num("mp") + 1).and(table("data").at(num("mp")).is(0));
    step("retreat", &[], is_ready.clone().and(is_none.or(is_padding)), vec![("m", num("mp"))]);
    let leaves_room = position.at_most((w.num("seen") + capacity()) - GRANULE);
    let mut stored = published(&w, 0);
    stored.push(("w_pc", number(STORED)));
    let whole = if without == Some(Part::Payload) { truth(true) } else { is_whole() };
    step("publish", &[], all([is_ready, num("mp").less(num("m")), leaves_room, whole]), stored);
}

fn of_the_reader(without: Option<Part>, steps: &mut Vec<Step>) {
    let (r, p, v) = (Side { letter: "r" }, num("place"), num("v"));
    let mut step = steps_of(&r, steps);
    let is_ready = r.is_at(&[READY]);
    // Without a release, a byte may be loaded after the cursor that gives it back.
    let late = if without == Some(Part::ReaderReleases) { GRANULE } else { 0 };
    let is_there = (r.num("pub") - late).at_most(&p).and(p.less(r.num("seen")));
    step("read", &["place"], is_ready.and(is_there), vec![]);
    // To pass a record is to read where it ends.
    let here = r.position();
    let is_its_header = table("st").at(&here).is(table("header").at(num("r")));
    let is_right = all([is_fresh(&here), is_its_header, here.is(table("at").at(num("r")))]);
    let reads = is_right.implies(v.is(table("at").at(num("r") + 1)));
    let passed = vec![("r_at", v), ("r", num("r") + 1)];
    step("pass", &["v"], all([is_ready.clone(), here.less(r.num("seen")), reads]), passed);
    let mut stored = published(&r, 0);
    stored.push(("r_pc", number(STORED)));
    step("release", &[], is_ready.and(num("rp").less(num("r"))), stored);
}
