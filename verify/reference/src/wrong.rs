//! What is known to be wrong, and has to be found so.

use std::cell::Cell;
use std::panic::{catch_unwind, set_hook, take_hook, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Fails unless `explore` does, with a message that contains `how`.
pub fn is_found_wrong(how: &str, explore: impl FnOnce()) {
    let found = quietly(|| catch_unwind(AssertUnwindSafe(explore)));
    let cause = found.expect_err("what is known to be wrong was not found");
    let text = cause.downcast_ref::<String>().map(String::as_str).or(cause.downcast_ref::<&str>().copied());
    assert!(text.is_some_and(|text| text.contains(how)), "found, but not for {how}: {text:?}");
}

/// Panics once `body` has done what it does, with all that it returns in its hands.
pub fn panics_with<T>(body: impl FnOnce() -> T) {
    is_found_wrong("on purpose", || {
        let _held = body();
        panic!("on purpose");
    });
}

/// Runs `body` without a word of its panics: they are what is wanted.
fn quietly<T>(body: impl FnOnce() -> T) -> T {
    static HOOKED: Once = Once::new();
    HOOKED.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info| {
            if !QUIET.with(Cell::get) {
                before(info);
            }
        }));
    });
    QUIET.with(|quiet| quiet.set(true));
    let result = body();
    QUIET.with(|quiet| quiet.set(false));
    result
}
