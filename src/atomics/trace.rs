//! Tells a listener what the sides of a model do, one by one, in the order in which it takes effect.
//!
//! `verify/smt` replays that: each step that the code takes has to be a step of the formulas. Nothing here is a step of
//! a model, and nothing is told where nobody listens, where a view looks on, or where a model has several rings.

use std::cell::{Cell, RefCell};
use std::mem;

use super::futex::Word;

/// A shared word: whose it is, and which. The writer is 0, the reader 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// The side that stores it.
    pub side: usize,
    /// 0 for the epoch, 1 for the cursor, 2 for `wake_at`.
    pub word: usize,
}

/// What a side did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Did {
    /// It loaded this value, by the edge of this name.
    Loaded(&'static str, Place, u64),
    /// It stored this value.
    Stored(&'static str, Place, u64),
    /// It passed a light or a heavy fence, of the symmetric mode or not.
    Fenced(&'static str, bool),
    /// The kernel put the peer of the word's side to sleep, or kept it from sleeping.
    Slept(Place, bool),
    /// The peer of the word's side is awake again.
    Roused(Place),
    /// The word's side woke all that sleep on it.
    Woke(Place),
    /// The writer stores these bytes, at an index, of a length. With the value, if it is a header.
    Wrote(usize, usize, Option<u64>),
    /// The reader loads them.
    Read(usize, usize, Option<u64>),
    /// From here on a holder may die between any two steps.
    MayDie,
}

/// A ring that was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Made {
    /// Its capacity in bytes.
    pub capacity: usize,
    /// Whether the writer, and the reader, wait on when their peer has closed.
    pub awaits: [bool; 2],
}

type Listener = Box<dyn FnMut(Made, Did)>;

// An engine runs all threads of a model on the thread that called it.
thread_local! {
    static LISTENER: RefCell<Option<Listener>> = const { RefCell::new(None) };
    static PAGES: RefCell<Vec<(usize, usize)>> = const { RefCell::new(Vec::new()) };
    static MADE: Cell<Option<Made>> = const { Cell::new(None) };
    static SILENT: Cell<bool> = const { Cell::new(true) };
}

/// Tells `listener` what the sides of the next ring do, until another one listens, or nobody.
pub fn listen(listener: Option<Listener>) {
    SILENT.with(|silent| silent.set(listener.is_none()));
    LISTENER.with(|current| *current.borrow_mut() = listener);
    PAGES.with(|pages| pages.borrow_mut().clear());
    MADE.with(|made| made.set(None));
}

/// Tells nothing more of this ring.
pub(super) fn ends() {
    SILENT.with(|silent| silent.set(true));
}

fn is_silent() -> bool {
    SILENT.with(Cell::get)
}

/// Notes that a page of words was made: the writer's first.
pub(super) fn page(start: usize, len: usize) {
    if !is_silent() {
        PAGES.with(|pages| pages.borrow_mut().push((start, len)));
        SILENT.with(|silent| silent.set(PAGES.with(|pages| pages.borrow().len()) > 2));
    }
}

/// Notes that the bytes of a ring were made.
pub(super) fn bytes(capacity: usize, in_sight: bool) {
    MADE.with(|made| made.set(Some(Made { capacity, awaits: [false; 2] })));
    if in_sight {
        SILENT.with(|silent| silent.set(true));
    }
}

/// Notes which sides of the ring wait on when their peer has closed.
pub(crate) fn awaits(awaits: [bool; 2]) {
    MADE.with(|made| made.set(made.get().map(|made| Made { awaits, ..made })));
}

/// Returns which word this is.
fn place(word: &Word) -> Option<Place> {
    let address = word as *const Word as usize;
    // `Control` and `Line` in protocol/words.rs: each word has two cache lines, or as many as the model's word needs.
    let line = (mem::size_of::<Word>() + 127) / 128 * 128;
    PAGES.with(|pages| {
        let pages = pages.borrow();
        let side = pages.iter().position(|(start, len)| (*start..start + len).contains(&address))?;
        Some(Place { side, word: (address - pages[side].0) / line })
    })
}

/// Tells what a side did.
pub(super) fn did(what: Did) {
    if is_silent() {
        return;
    }
    let Some(made) = MADE.with(Cell::get) else { return };
    // The listener may panic, which ends the execution: it is not there any more then.
    let Some(mut listener) = LISTENER.with(|current| current.borrow_mut().take()) else { return };
    listener(made, what);
    LISTENER.with(|current| *current.borrow_mut() = Some(listener));
}

/// Tells what a side did to a word.
pub(super) fn did_to(word: &Word, what: impl FnOnce(Place) -> Did) {
    if !is_silent() {
        place(word).map(what).into_iter().for_each(did);
    }
}
