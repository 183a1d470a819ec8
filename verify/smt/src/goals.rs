//! The goals of the arithmetic: for every capacity there is, every position, every length and every header.
//!
//! A goal holds if its premises do. The solver shows that no values meet the premises and not the conclusion. Before
//! that, it has to find values for each premise that meet all others and not the conclusion: each premise is needed, so
//! nothing is proved of nothing, and the conclusion can fail.

use crate::functions::{bits, of, DATA, END, GRANULE, PADDING};
use crate::term::{all, any, word, Term};

/// A statement of the arithmetic.
pub struct Goal {
    /// What it says.
    pub name: &'static str,
    /// The statement of SAFETY.md that it is a part of.
    pub of: &'static str,
    /// Whether it needs that [`CAPACITY`] is one.
    pub needs_a_capacity: bool,
    /// Whether that is only said to make the proof short: it would hold of any other number, too.
    pub is_for_speed: bool,
    /// What else has to hold. Each is needed.
    pub premises: Vec<Term>,
    /// What holds then.
    pub conclusion: Term,
}

/// The capacity in a goal.
pub const CAPACITY: &str = "c";

/// All goals.
#[rustfmt::skip] // a goal's name, what it is of and what it needs in a line, as far as that goes
pub fn goals() -> Vec<Goal> {
    let goal = |name, of, premises: &[&Term], conclusion: Term| {
        let is_capacity = crate::functions::of("is_capacity", [&bits(CAPACITY)]);
        let needs_a_capacity = premises.contains(&&is_capacity);
        let premises = premises.iter().map(|premise| (*premise).clone()).filter(|premise| *premise != is_capacity);
        Goal { name, of, needs_a_capacity, is_for_speed: false, premises: premises.collect(), conclusion }
    };
    let [c, p, q, b, s] = [CAPACITY, "p", "q", "b", "s"].map(bits);
    let [n, h, room, k, other] = ["n", "h", "room", "k", "other"].map(bits);
    let is_capacity = of("is_capacity", [&c]);
    let aligned = |position: &Term| of("is_aligned", [position]);
    let since = |position: &Term, earlier: &Term| of("since", [position, earlier]);
    let index = |position: &Term| of("index", [&c, position]);
    let to_end = |position: &Term| of("to_end", [&c, position]);
    let size = |length: &Term| of("record_size", [length]);
    // `earlier`, at most `bytes` before `position`.
    let within = |position: &Term, earlier: &Term, bytes: &Term| since(position, earlier).at_most(bytes);
    let (granule, half) = (word(GRANULE), word(1 << 32));
    let for_messages = &c - &granule;
    // The writer, which leaves room for an end, is at `w`; it saw the reader at `s`; the reader is at `e`; and may read
    // `d`. Solvers are fast where places are written as sums.
    let [used, freed, ahead] = ["used", "freed", "ahead"].map(bits);
    let (w, e) = (&s + &used, &s + &freed);
    let d = &e + &ahead;
    let writer_may_be = used.at_most(&for_messages);
    let seen_before = freed.at_most(&used);
    let reads = ahead.less(&used - &freed);
    let is_size = size(&n);
    let [is_short, is_long] = [n.at_most(of("max_message_len", [&c])), n.less(&half)];
    let padding = of("padding", [&c, &p, &is_size]);
    let start = &p + &padding;
    let window = of("writers_window", [&c, &w, &s]);
    let writes = b.less(since(&window, &w));
    let padding_there = of("padding", [&c, &w, &is_size]);
    let target = of("target", [&c, &w, &is_size]);
    let is_there = of("reaches", [&s, &target]);
    let needed = of("needed", [&c, &w, &is_size]);
    let is_at_once = of("at_once", [&c, &w, &is_size]);
    let header = of("to_header", [&k, &n]);
    let padding_header = of("to_header", [&word(PADDING), &of("padding_length", [&padding])]);
    let is_kind = any([k.is(DATA), k.is(PADDING), k.is(END).and(n.is(0u64))]);
    let mark = of("to_mark", [&p, &k]);
    let is_bit = k.at_most(1u64);
    let readers_window = of("readers_window", [&c, &p, &s]);
    let [position_of, closed_of] = ["mark_position", "mark_closed"].map(|name| move |mark: &Term| of(name, [mark]));
    let is_room = all([granule.at_most(&room), room.at_most(&c), aligned(&room)]);
    let lap = &w - index(&w);
    vec![
        // Index, and what crosses the end.
        goal("an index lies in the ring", "I2", &[&is_capacity], index(&p).less(&c)),
        goal("the way to the end of a lap is a granule at least", "I2", &[&is_capacity, &aligned(&p)],
            granule.at_most(to_end(&p)).and(to_end(&p).at_most(&c)).and(aligned(&to_end(&p)))),
        goal("a lap ends where an index is 0", "I2", &[&is_capacity], index(&(&p + to_end(&p))).is(0u64)),
        goal("within a lap, indices are in a row", "I2", &[&is_capacity, &b.less(to_end(&p))],
            index(&(&p + &b)).is(index(&p) + &b)),
        goal("two positions share an index only a lap or more apart", "I3",
            &[&is_capacity, &index(&p).is(index(&q)), &p.is_not(&q)],
            c.at_most(since(&p, &q))),
        // Records.
        goal("a record holds its header and its message, and wastes no granule", "I1", &[&is_long],
            all([(&n + &granule).at_most(&is_size), is_size.less(&n + word(2 * GRANULE)), aligned(&is_size)])),
        goal("the longest message leaves room for an end", "I18", &[&is_capacity, &is_short],
            (&is_size + &granule).at_most(&c)),
        goal("a header says what it was made of", "I6", &[&is_kind, &is_long],
            all([of("is_record", [&header]), of("kind_of", [&header]).is(&k), of("length_of", [&header]).is(&n)])),
        goal("a header that is believed is one that could be made", "I6", &[&of("is_record", [&h])],
            of("to_header", [&of("kind_of", [&h]), &of("length_of", [&h])]).is(&h).and(
                any([of("kind_of", [&h]).is_not(END), of("length_of", [&h]).is(0u64)]))),
        goal("a message that is believed was seen whole", "I6",
            &[&is_capacity, &is_room, &of("is_message", [&h, &room])],
            all([of("kind_of", [&h]).is(DATA), size(&of("length_of", [&h])).at_most(&room)])),
        goal("of each message that was seen whole its reader learns", "I12",
            &[&is_size.at_most(&room), &n.less(&half)],
            of("is_message", [&of("to_header", [&word(DATA), &n]), &room])),
        goal("padding that is believed ends its lap, and what is passed was seen whole", "I6",
            &[&is_capacity, &of("is_message", [&h, &room]).not(), &of("is_passed_by", [&h, &c, &p, &room])],
            all([size(&of("length_of", [&h])).at_most(&room),
                of("kind_of", [&h]).is(PADDING).implies(index(&(&p + size(&of("length_of", [&h])))).is(0u64)),
                of("kind_of", [&h]).is_not(DATA)])),
        goal("padding that a writer writes is passed", "I12",
            &[&is_capacity, &is_short, &padding.is_not(0u64), &aligned(&p)],
            of("is_passed_by", [&padding_header, &c, &p, &padding])),
        goal("no lap begins with padding", "I12", &[&is_capacity, &is_short, &index(&p).is(0u64)], padding.is(0u64)),
        goal("after its padding a record is contiguous", "I2", &[&is_capacity, &is_short],
            is_size.at_most(to_end(&start))),
        goal("where a record fits the lap there is no padding", "I12", &[&is_size.at_most(to_end(&p))],
            padding.is(0u64)),
        // Marks.
        goal("a mark says what it was made of", "I6", &[&aligned(&p), &is_bit],
            all([position_of(&mark).is(&p), closed_of(&mark).is(k.is(1u64))])),
        goal("while a side sleeps, its peer's mark does not look the same again", "I5",
            &[&is_capacity, &is_bit, &other.at_most(1u64), &within(&q, &p, &c),
                &of("looks_the_same", [&mark, &of("to_mark", [&q, &other])])],
            mark.is(of("to_mark", [&q, &other]))),
        // Distances that wrap.
        goal("what is less than 2^63 ahead is at or past its target", "I5", &[&b.less(1u64 << 63)],
            of("reaches", [&(&p + &b), &p])),
        goal("what is short of its target by less than 2^63 is not at it", "I5",
            &[&word(1).at_most(&b), &b.at_most(1u64 << 63)], of("reaches", [&(&p - &b), &p]).not()),
        goal("a step that comes from short of a target to it or past it is told", "I11",
            &[&word(1).at_most(&b), &n.less(&half), &b.at_most(&half)],
            of("first_reaches", [&(&p + &n), &p, &(&p - &b)])),
        goal("a step that ends short of a target is not told", "I11",
            &[&word(1).at_most(&n), &n.at_most(&b)],
            of("first_reaches", [&(&p - &n), &p, &(&p - &b)]).not()),
        goal("a step from the target or past it is not told", "I11", &[&n.less(1u64 << 63), &b.at_most(&half)],
            of("first_reaches", [&((&p + &n) + &b), &p, &(&p + &n)]).not()),
        // Windows.
        goal("a writer's window ends with the lap, and leaves room for an end", "I18", &[&writer_may_be],
            all([within(&window, &s, &for_messages), since(&window, &w).at_most(to_end(&w))])),
        goal("a reader's window ends with the lap, at what was published", "I3",
            &[&is_capacity],
            all([since(&readers_window, &p).at_most(since(&s, &p)),
                (index(&p) + since(&readers_window, &p)).at_most(&c)])),
        // Of two such places the index differs, by the goal above.
        goal("a writer writes less than a lap ahead of each byte that may still be read, and not to it", "I3",
            &[&is_capacity, &seen_before, &reads, &writes],
            since(&(&w + &b), &d).less(&c).and((&w + &b).is_not(&d))),
        goal("so it does the end of a stream", "I18",
            &[&is_capacity, &writer_may_be, &seen_before, &reads, &b.less(&granule)],
            since(&(&w + &b), &d).less(&c).and((&w + &b).is_not(&d))),
        // Doubt.
        goal("a writer believes every cursor that its reader may have", "I6",
            &[&aligned(&e), &seen_before, &position_of(&h).is(&e)], of("writer_believes", [&w, &s, &h])),
        goal("a cursor that a writer believes is between the last and its own", "I6",
            &[&of("writer_believes", [&w, &s, &h])], within(&position_of(&h), &s, &used)),
        goal("a reader believes every cursor that its writer may have", "I6",
            &[&aligned(&q), &within(&q, &s, &(&c - since(&s, &p))), &is_bit],
            of("reader_believes", [&c, &p, &s, &of("to_mark", [&q, &k])])),
        goal("a cursor that a reader believes is at most a lap ahead", "I6",
            &[&freed.at_most(&c), &of("reader_believes", [&c, &s, &e, &h])], within(&position_of(&h), &s, &c)),
        goal("the bytes between the sides are told as they are", "I2", &[&within(&p, &q, &c)],
            of("distance", [&c, &p, &q]).is(since(&p, &q))),
        // Space.
        Goal {
            is_for_speed: true,
            ..goal("where the target is reached, padding and record fit", "I3",
                &[&is_capacity, &writer_may_be, &is_there], (&used + &needed).at_most(&for_messages))
        },
        goal("where the target is not reached, they do not", "I12",
            &[&is_capacity, &is_there.not()], for_messages.less(&used + &needed)),
        goal("what was prepared at once fits the window", "I2",
            &[&is_capacity, &is_short, &writer_may_be, &is_there, &is_at_once],
            is_size.at_most(since(&of("writers_window", [&c, &(&w + &padding_there), &s]), &(&w + &padding_there)))),
        goal("an empty ring has space for every message, or for its padding", "I12",
            &[&is_capacity, &is_short, &used.is(0u64)], is_there.clone()),
        goal("what goes ahead alone is padding, and brings its record to an index of 0", "I12",
            &[&is_capacity, &is_at_once.not()],
            all([needed.is(&padding_there), index(&(&w + &padding_there)).is(0u64)])),
        goal("a target is at most a lap ahead of the reader", "I11",
            &[&is_capacity, &writer_may_be, &is_there.not()], within(&target, &s, &c)),
        goal("a writer is taken where an end fits, and only there", "I18", &[&is_capacity, &used.at_most(&c)],
            of("reaches", [&s, &of("target_of_taking", [&c, &w])]).is((&used + &granule).at_most(&c))),
        // Notes.
        goal("a note is due unless one was made in this lap", "I17",
            &[&is_capacity, &used.less(1u64 << 62)],
            of("note_is_due", [&c, &w, &s]).is(of("reaches", [&lap, &(&s + word(1))]))),
    ]
}
