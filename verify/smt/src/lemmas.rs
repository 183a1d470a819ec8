//! The invariant: lemmas that hold at the beginning, and that each step preserves. Together they say what SAFETY.md
//! promises (the last ones), for ever.

use crate::system::{capacity, is_due, is_lost_with, is_written, num, reorders, symmetric, table, Part, Side, GRANULE};
use crate::system::{is_fresh, pc::*, Step};
use crate::term::{all, any, Term};

/// A part of the invariant.
pub struct Lemma {
    /// What it says.
    pub name: &'static str,
    /// The names for which it holds whatever they are: `s` and `t` are numbers of stores of the writer or the reader,
    /// `i` and `j` of records, `p` is a place.
    pub body: Term,
}

/// Numbers of stores, of records, and places, at which a lemma is used: what the names stand for.
pub struct Used {
    /// In a lemma, the name of what it holds for.
    pub name: &'static str,
    /// The terms that a proof needs.
    pub at: Vec<Term>,
}

fn sides() -> [(Side, Side); 2] {
    [("w", "r"), ("r", "w")].map(|(x, y)| (Side { letter: x }, Side { letter: y }))
}

/// What is known of the ring itself.
pub fn constants(without: Option<Part>) -> Vec<Term> {
    let c = capacity();
    let least = Term::from(64).at_most(&c);
    match without {
        Some(Part::CapacityBound) => vec![least],
        _ => vec![least, c.at_most(1i128 << 31)],
    }
}

/// The terms at which the lemmas are used.
pub fn used(step: &Step) -> Vec<Used> {
    let stamps = |side: &Side| {
        let mut at = vec![side.num("d"), side.num("n")];
        at.extend(["s", "t"].map(|stamp| num(&format!("{}{stamp}", side.letter))));
        at.extend(step.parameters.contains(&"e").then(|| num("e")));
        at
    };
    let [(w, r), _] = sides();
    let (m, kw) = (num("m"), table("kw"));
    let records = [&m, &num("mp"), &num("r"), &(num("r") + 1), &num("rp"), &num("ks"), &num("i"), &num("j")];
    let mut records = records.map(Term::clone).to_vec();
    records.extend((step.name == "w_write").then(|| m - 1));
    records.push(kw.at(w.num("d")));
    let places = vec![num("p"), num("place"), num("r_at")];
    vec![
        Used { name: "ws", at: stamps(&w) },
        Used { name: "wt", at: stamps(&w) },
        Used { name: "rs", at: stamps(&r) },
        Used { name: "rt", at: stamps(&r) },
        Used { name: "i", at: records.clone() },
        Used { name: "j", at: records },
        Used { name: "p", at: places },
    ]
}

/// A wake for `x` is on its way: `y` will load the target, or has, or is about to wake whoever sleeps.
fn is_on_its_way(x: &Side, y: &Side) -> Term {
    let will_see = y.is_at(&[STORED, FENCED]).and(y.num("from").less(x.num("target")));
    any([will_see, y.is_at(&[WAKING, LEFT])])
}

/// All lemmas.
pub fn lemmas() -> Vec<Lemma> {
    let mut lemmas = Vec::new();
    let mut say = |name: &'static str, body: Term| lemmas.push(Lemma { name, body });
    let (c, at, kw, st) = (capacity(), table("at"), table("kw"), table("st"));
    for (x, y) in sides() {
        let (n, d) = (x.num("n"), x.num("d"));
        let name = |what: &str| crate::system::intern(format!("{}: {what}", x.letter));
        let [s, t] = ["s", "t"].map(|stamp| num(&format!("{}{stamp}", x.letter)));
        let cur = x.table("cur");
        say(name("what has drained was stored"), all([Term::from(0).at_most(&d), d.at_most(&n)]));
        let dw = x.num("dw");
        say(name("what has drained is in memory"), all([d.at_most(&dw), dw.at_most(&n), reorders().or(dw.is(&d))]));
        let in_order = all([Term::from(0).at_most(&s), s.at_most(&t), t.at_most(&n)]);
        say(name("a cursor only grows"), in_order.implies(cur.at(&s).at_most(cur.at(&t))));
        say(name("the last cursor is the own one"), cur.at(&n).is(x.num("pub")));
        // The handshake.
        let sleeps = x.is_at(&[ANNOUNCED, SWEPT, BARRED, LOOKED, ASLEEP, BETWEEN]);
        say(name("a sleeper announced its target last"), sleeps.implies(x.table("wake").at(&n).is(x.num("target"))));
        let swept = x.is_at(&[SWEPT, BARRED, LOOKED, ASLEEP, BETWEEN]);
        say(name("a sleeper's announcement is in memory"), swept.implies(d.is(&n)));
        let in_memory = y.in_memory("cur");
        let bounds = [x.num("seen").at_most(x.num("look")), x.num("look").at_most(&in_memory)];
        let short = x.num("look").less(x.num("target"));
        let open = x.flag("awaits").or(x.num("lookshut").is_not(1));
        let looked = all(bounds.into_iter().chain([short, open]));
        say(name("a side that goes to sleep saw that it has cause"), x.is_at(&[LOOKED]).implies(looked));
        let (excused, way) = (x.flag("excused"), is_on_its_way(&x, &y));
        let past = x.is_at(&[BARRED, LOOKED, ASLEEP, BETWEEN]).or(symmetric().and(x.is_at(&[SWEPT])));
        let lags = in_memory.less(x.num("target")).and(x.num("target").at_most(y.num("pub")));
        let comes = way.or(is_lost_with(&y));
        say(name("where memory lags behind the target, a wake comes"), past.and(lags).implies(comes));
        let is_drained = x.is_at(&[STORED, LEFT, OUT]).or(x.in_memory("cur").is(x.num("pub")));
        say(name("with full fences a cursor drains before the target is loaded"), symmetric().implies(is_drained));
        let follows = x.is_at(&[STORED]).implies(x.num("from").at_most(x.in_memory("cur")));
        say(name("with full fences no store but the last has to drain"), symmetric().implies(follows));
        let left = x.is_at(&[OUT]).and(x.flag("died").not());
        say(name("the stores of a side that left are in memory"), left.implies(d.is(&n)));
        let shut = x.table("shut");
        let in_it = x.is_at(&[READY, STORED, FENCED, WAKING, LEAVING]);
        say(name("a side that uses the ring has entered it"), in_it.implies(x.flag("entered")));
        let is_in = x.flag("entered").and(x.is_at(&[OUT, LEFT]).not());
        say(name("a side that has entered is open"), x.is_at(&[SHOWN]).or(is_in).implies(shut.at(&n).is(0)));
        let says_so = all([shut.at(&n).is(1), d.at_most(&s), s.at_most(&n)]);
        let says = shut.at(&s).is(1);
        let alive = x.is_at(&[LEFT, OUT]).not().and(&says_so);
        say(name("a new holder is closed in memory until it says otherwise"), alive.implies(&says));
        let out = x.is_at(&[OUT]).and(says_so);
        say(name("a side that left is closed in memory"), out.implies(says.or(is_lost_with(&x))));
        // The promises.
        say(name("no more is excused than was due"), x.is_at(&[ASLEEP]).and(&excused).implies(is_due(&x, &y)));
        let reached = x.is_at(&[ASLEEP]).and(x.num("target").at_most(y.num("pub")));
        say(name("NO WAKE IS LOST: of a target that was reached"), reached.implies(way.or(&excused)));
        let is_closed = all([x.is_at(&[ASLEEP]), x.flag("awaits").not(), y.table("shut").at(y.num("n")).is(1)]);
        say(name("NO WAKE IS LOST: of a peer that left"), is_closed.implies(y.is_at(&[LEFT]).or(excused)));
    }
    let [(w, r), _] = sides();
    let [i, j, p, s] = ["i", "j", "p", "ws"].map(num);
    let [m, mp, rp, read, ks] = ["m", "mp", "rp", "r", "ks"].map(num);
    let counts = |least: &Term, between: &Term, most: &Term| least.at_most(between).and(between.at_most(most));
    let zero = Term::from(0);
    let in_order = all([zero.at_most(&i), i.less(&j), j.at_most(&m)]);
    say("records follow each other", in_order.implies((at.at(&i) + GRANULE).at_most(at.at(&j))));
    say(
        "the writer is where its last record ends",
        all([zero.at_most(&mp), mp.at_most(&m), w.num("pub").is(at.at(&mp))]),
    );
    let is_stamp = all([zero.at_most(&s), s.at_most(w.num("n"))]);
    let ends = w.table("cur").at(&s).is(at.at(kw.at(&s))).and(counts(&zero, &kw.at(&s), &mp));
    say("a cursor is where a record ends", is_stamp.implies(ends));
    say(
        "the reader is between what it gave back and what it saw",
        all([zero.at_most(&rp), rp.at_most(&read), read.at_most(&ks), ks.at_most(&mp)]),
    );
    say("what the reader saw is where a record ends", r.num("seen").is(at.at(&ks)));
    say("what the reader gave back is where a record ends", r.num("pub").is(at.at(&rp)));
    say("what the reader saw is in memory", r.num("seen").at_most(w.in_memory("cur")));
    let given = r.in_memory("cur");
    say("what the writer saw is in memory", w.is_at(&[OUT]).or(w.num("seen").at_most(&given)));
    let window = w.num("seen") + &c;
    let within = all([w.num("pub").at_most(&window), at.at(&m).at_most(&window)]);
    say("the writer stays within the capacity of what it saw", w.is_at(&[OUT]).or(within));
    say("what was published is within the capacity", w.num("pub").at_most(&given + &c));
    say("a byte was stored", st.at(&p).at_most(w.num("n")));
    let covered = is_stamp.and(p.less(w.table("cur").at(&s)));
    say("bytes come before the cursor that covers them", covered.implies(st.at(&p).at_most(&s)));
    let is_whole = zero.at_most(&i).and(i.less(&m));
    say("a header is stored once", is_whole.implies(st.at(at.at(&i)).is(table("header").at(&i))));
    say("nobody is before the beginning", num("start").at_most(r.num("pub")));
    let is_published = is_stamp.implies(is_written(&num("start"), &w.table("cur").at(&s)));
    say("what is published was written", is_published);
    let waits = r.is_at(&[ANNOUNCED, SWEPT, BARRED, LOOKED, ASLEEP, BETWEEN]);
    say("a reader waits for the next record", waits.implies(r.num("target").is(num("r_at") + GRANULE)));
    // The promises.
    let is_missed = r.is_at(&[ASLEEP]).and(read.less(&mp));
    let comes = is_on_its_way(&r, &w).or(r.flag("excused"));
    say("r: NO WAKE IS LOST: of a message that was published", is_missed.implies(comes));
    say("NO BYTE IS OVERWRITTEN that may still be read", num("w_hi").at_most(&given + &c));
    say("THE READER SEES WHAT WAS PUBLISHED, record by record", num("r_at").is(at.at(&read)));
    lemmas
}

fn is_in_window(r: &Side, place: &Term) -> Term {
    r.num("pub").at_most(place).and(place.less(r.num("seen")))
}

/// What follows from the invariant when a step is taken: the step, what holds then, and its name.
pub fn promises() -> Vec<(&'static str, &'static str, Term)> {
    let [(w, r), _] = sides();
    let (c, p) = (capacity(), num("place"));
    let (writers, readers) = (w.in_memory("cur"), r.in_memory("cur"));
    // `p`: any byte that the reader may read.
    let readable = is_in_window(&r, &num("p"));
    let apart = |place: &Term| {
        let is_apart = num("p").less(place).and((place + GRANULE).at_most(num("p") + &c));
        readable.implies(is_apart)
    };
    let is_in = |of: &Term, least: Term, most: Term| least.at_most(of).and(of.at_most(most));
    vec![
        ("w_write", "a byte that may be read is not touched", apart(&p)),
        ("w_head", "a byte that may be read is not touched", apart(&w.position())),
        ("r_read", "each byte that is read is the one that was written last", is_fresh(&p)),
        (
            "r_read",
            "each byte that is read was written",
            p.is(num("any")).implies(is_written(&r.num("pub"), &r.num("seen"))),
        ),
        ("r_look", "a reader never finds a correct writer at fault", is_in(&writers, r.num("seen"), r.num("pub") + &c)),
        ("w_look", "a writer never finds a correct reader at fault", is_in(&readers, w.num("seen"), w.num("pub"))),
    ]
}

/// How everything begins: nobody has come, and nothing was stored.
pub fn beginning() -> Vec<(&'static str, Term)> {
    let start = num("start");
    let mut begin = Vec::new();
    for (x, _) in sides() {
        let zeroes = ["pc", "n", "d", "dw", "look", "lookshut"];
        begin.extend(zeroes.map(|what| (x.name(what), Term::from(0))));
        begin.extend(["pub", "seen", "target", "from"].map(|what| (x.name(what), start.clone())));
        begin.extend(["entered", "died", "excused", "awaits"].map(|what| (x.name(what), Term::from(false))));
        let word = |what: &str, value: &Term| (x.name(what), table("zeroes").put(0, value));
        begin.extend([word("cur", &start), word("shut", &Term::from(0)), word("wake", &start)]);
    }
    begin.extend(["m", "mp", "r", "rp", "ks"].map(|what| (what, Term::from(0))));
    begin.extend(["w_hi", "r_at"].map(|what| (what, start.clone())));
    begin.extend([("at", table("zeroes").put(0, &start)), ("kw", table("zeroes").put(0, 0))]);
    begin.extend(["data", "header", "st"].map(|what| (what, table("zeroes"))));
    begin.push(("bare", Term::from(false)));
    begin
}
