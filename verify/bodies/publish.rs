//! What is popped is what was pushed: the same bytes, in the same order, nothing twice and nothing left out.

use super::{try_pop, Stream};
use crate::engine::thread;

/// A writer that pushes each message once, if there is space, and a reader that looks `looks` times in vain. Neither
/// waits, so nothing but the cursors' own orderings keeps the bytes apart: a weakened one cannot hide behind a futex.
pub fn without_waiting(stream: &Stream, looks: usize) {
    let (mut writer, mut reader) = stream.ends_that_do_not_sleep();
    let messages = stream.messages();
    let writing = thread::spawn(move || {
        let pushed: Vec<Vec<u8>> = messages.into_iter().filter(|message| writer.try_push(message).is_ok()).collect();
        (writer, pushed)
    });
    let mut popped = try_pop(&mut reader, looks);
    let (_writer, pushed) = writing.join().unwrap();
    popped.extend(try_pop(&mut reader, 1));
    assert_eq!(popped, pushed);
}
