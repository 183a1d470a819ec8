//! The table of functions: the arithmetic of `src/protocol`, as terms. `src/arithmetic/formulas.rs` evaluates each of
//! them beside the function of the library that it is; the goals (`goals.rs`) are made of nothing else.

use std::sync::{Arc, OnceLock};

use crate::term::{all, any, call, name, word, Function, Sort, Term};

/// The bytes of a granule, of a header, and of an end.
pub const GRANULE: u64 = 8;
/// The kinds of records.
pub const DATA: u64 = 1;
/// See [`DATA`].
pub const PADDING: u64 = 2;
/// See [`DATA`].
pub const END: u64 = 3;
/// The bounds of a capacity.
pub const LEAST: u64 = 64;
/// See [`LEAST`].
pub const MOST: u64 = 1 << 31;

/// A word by this name.
pub fn bits(of: &'static str) -> Term {
    name(of, Sort::Word)
}

fn table() -> Vec<Arc<Function>> {
    let f = |name, is, parameters: &[&'static str], body| {
        let parameters = parameters.iter().map(|parameter| (*parameter, Sort::Word)).collect();
        Function { name, is, parameters, body }
    };
    let mut table = Made(Vec::new());
    let [position, earlier, target, from, bytes] = ["position", "earlier", "target", "from", "bytes"].map(bits);
    let [capacity, size, length, kind, header] = ["capacity", "size", "length", "kind", "header"].map(bits);
    let [room, seen, published, noted, mark] = ["room", "seen", "published", "noted", "mark"].map(bits);

    // position.rs
    table.add(f("after", "Position::after", &["position", "bytes"], &position + &bytes));
    table.add(f("before", "Position::before", &["position", "bytes"], &position - &bytes));
    table.add(f("since", "Position::since", &["position", "earlier"], &position - &earlier));
    let since = |a: &Term, b: &Term| a - b;
    let reaches = |a: &Term, b: &Term| since(a, b).less(1u64 << 63);
    table.add(f("reaches", "Position::reaches", &["position", "target"], reaches(&position, &target)));
    let first = since(&position, &target).less(since(&from, &target));
    // `since(mark)`, where the mark is the target.
    table.add(f("first_reaches", "Position::first_reaches", &["position", "target", "from"], first));
    let one_bit = bytes.bits_of(&bytes - &word(1)).is(0u64);
    let valid = all([one_bit, word(LEAST).at_most(&bytes), bytes.at_most(MOST)]);
    table.add(f("is_capacity", "Capacity::new", &["bytes"], valid));
    let most = &capacity - &word(2 * GRANULE);
    table.add(f("max_message_len", "Capacity::max_message_len", &["capacity"], most));
    let index = position.bits_of(&capacity - &word(1));
    let index = table.add(f("index", "Capacity::index", &["capacity", "position"], index));
    let to_end = &capacity - &call(&index, [capacity.clone(), position.clone()]);
    let to_end = table.add(f("to_end", "Capacity::to_end", &["capacity", "position"], to_end));
    let left = call(&to_end, [capacity.clone(), position.clone()]);
    let padding = left.less(&size).choose(&left, 0u64);
    let padding = table.add(f("padding", "Capacity::padding", &["capacity", "position", "size"], padding));

    // record.rs
    let whole = (&length + word(2 * GRANULE - 1)).bits_of(word(GRANULE - 1).other_bits());
    let record_size = table.add(f("record_size", "Record::size", &["length"], whole));
    table.add(f("padding_length", "Record::padding", &["size"], &size - &word(GRANULE)));
    table.add(f("to_header", "Record::to_word", &["kind", "length"], length.bits_or(kind.left(32))));
    let if_data = &header - &word(DATA << 32);
    let if_data = table.add(f("length_if_data", "Record::length_if_data", &["header"], if_data));
    let kind_of = table.add(f("kind_of", "Record::from_word, kind", &["header"], header.right(32)));
    let low = header.bits_of(u64::from(u32::MAX));
    let length_of = table.add(f("length_of", "Record::from_word, length", &["header"], low));
    let of = |function: &Arc<Function>| call(function, [header.clone()]);
    let is_record = any([of(&kind_of).is(DATA), of(&kind_of).is(PADDING), header.is(END << 32)]);
    let is_record = table.add(f("is_record", "Record::from_word", &["header"], is_record));

    // words.rs
    let marked = table.add(f("mark_position", "Mark::from_word, position", &["mark"], mark.bits_of(!1u64)));
    table.add(f("mark_closed", "Mark::from_word, closed", &["mark"], mark.bits_of(1u64).is(1u64)));
    let closed = bits("closed");
    table.add(f("to_mark", "Mark::to_word", &["position", "closed"], position.bits_or(&closed)));
    let aligned = position.bits_of(GRANULE - 1).is(0u64);
    let aligned = table.add(f("is_aligned", "Mark::aligned", &["position"], aligned));

    // endpoint.rs
    let at = [capacity.clone(), position.clone()];
    let least = |a: Term, b: Term| a.at_most(&b).choose(&a, &b);
    let (used, for_messages) = (since(&position, &seen), &capacity - &word(GRANULE));
    let free = used.at_most(&for_messages).choose(&for_messages - &used, 0u64);
    let window = &position + least(free, call(&to_end, at.clone()));
    table.add(f("writers_window", "Endpoint::<Writing>::window_from", &["capacity", "position", "seen"], window));
    let window = &position + least(since(&seen, &position), call(&to_end, at));
    table.add(f("readers_window", "Endpoint::<Reading>::window_from", &["capacity", "position", "seen"], window));
    let peer = call(&marked, [mark.clone()]);
    let believed = |limit: &Term| {
        let in_range = since(&peer, &seen).at_most(since(limit, &seen));
        call(&aligned, [peer.clone()]).and(in_range)
    };
    let by_the_writer = believed(&published);
    table.add(f("writer_believes", "Endpoint::<Writing>::checked", &["published", "seen", "mark"], by_the_writer));
    let by_the_reader = believed(&(&published + &capacity));
    let parameters = ["capacity", "published", "seen", "mark"];
    table.add(f("reader_believes", "Endpoint::<Reading>::checked", &parameters, by_the_reader));
    let distance = since(&position, &earlier);
    table.add(f(
        "distance",
        "Endpoint::distance",
        &["capacity", "position", "earlier"],
        least(distance, capacity.clone()),
    ));

    // producer.rs
    let before_it = call(&padding, [capacity.clone(), position.clone(), size.clone()]);
    let both = &before_it + &size;
    let at_once = both.at_most(&for_messages);
    let parameters = ["capacity", "position", "size"];
    let at_once = table.add(f("at_once", "Producer::prepare, together", &parameters, at_once));
    let is_at_once = call(&at_once, [capacity.clone(), position.clone(), size.clone()]);
    let needed = table.add(f("needed", "Producer::prepare, needed", &parameters, is_at_once.choose(both, before_it)));
    let needed = call(&needed, [capacity.clone(), position.clone(), size.clone()]);
    table.add(f("target", "Producer::prepare, target", &parameters, (&position + &needed) - &for_messages));
    let to_take = (&position + word(GRANULE)) - &capacity;
    table.add(f("target_of_taking", "Producer::take, target", &["capacity", "position"], to_take));

    // consumer.rs
    let fits = of(&if_data).at_most(&room - &word(GRANULE));
    table.add(f("is_message", "Consumer::message_record", &["header", "room"], fits));
    let size_of = call(&record_size, [of(&length_of)]);
    let index_of = call(&index, [capacity.clone(), position.clone()]);
    let ends = size_of.is(call(&to_end, [capacity.clone(), position.clone()]));
    let may_stand = header.is(END << 32).or(index_of.is_not(0u64).and(ends));
    let passed = all([of(&is_record), size_of.at_most(&room), may_stand]);
    let parameters = ["header", "capacity", "position", "room"];
    table.add(f("is_passed_by", "Consumer::padding_or_end", &parameters, passed));

    // tally.rs, and atomics: the kernel compares half of a word.
    let due = call(&index, [capacity.clone(), position.clone()]).less(since(&position, &noted));
    table.add(f("note_is_due", "Tally::note", &["capacity", "position", "noted"], due));
    let [one, other] = ["one", "other"].map(bits);
    let half = |word: &Term| word.bits_of(u64::from(u32::MAX));
    table.add(f("looks_the_same", "Word::wait, the comparison", &["one", "other"], half(&one).is(half(&other))));
    table.0
}

struct Made(Vec<Arc<Function>>);

impl Made {
    fn add(&mut self, function: Function) -> Arc<Function> {
        self.0.push(Arc::new(function));
        Arc::clone(self.0.last().expect("one was added"))
    }
}

/// All functions, each after those that it calls.
pub fn functions() -> &'static [Arc<Function>] {
    static ALL: OnceLock<Vec<Arc<Function>>> = OnceLock::new();
    ALL.get_or_init(table)
}

/// The function of this name.
pub fn function(name: &str) -> &'static Arc<Function> {
    functions().iter().find(|function| function.name == name).unwrap_or_else(|| panic!("there is no function {name}"))
}

/// The call of the function of this name.
pub fn of<const N: usize>(name: &str, arguments: [&Term; N]) -> Term {
    call(function(name), arguments.map(Term::clone))
}
