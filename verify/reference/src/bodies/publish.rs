//! What is popped is what was pushed: the same bytes, in the same order, nothing twice and nothing left out.
//! Nobody sleeps.

use super::{attach_reader, attach_writer, push, try_pop_all, try_push, Stream};
use ipc_ring::{FenceMode, WaitStrategy};

/// A writer that pushes each message once, if there is space, and a reader that looks `looks` times in vain. Neither
/// waits, so nothing but the cursors' own orderings keeps the bytes apart: a weakened one cannot hide behind a futex.
pub fn without_waiting(stream: &Stream, looks: usize) {
    let (mut writer, mut reader) = stream.ends_that_do_not_sleep();
    let messages = stream.messages();
    let ((_writer, pushed), (mut reader, mut popped)) = stream.race(
        move || {
            let pushed: Vec<_> =
                messages.into_iter().filter(|message| try_push(&mut writer, message).is_ok()).collect();
            (writer, pushed)
        },
        move || {
            let popped = try_pop_all(&mut reader, looks);
            (reader, popped)
        },
    );
    popped.extend(try_pop_all(&mut reader, 1));
    assert_eq!(popped, pushed);
}

/// Both sides wait awake, for each message and for space.
pub fn waiting_awake(stream: &Stream) {
    let ring = stream.ring(FenceMode::Asymmetric);
    let writer = attach_writer(&ring, WaitStrategy::Spin).unwrap().unwrap();
    let reader = attach_reader(&ring, WaitStrategy::Spin).unwrap();
    stream.pass(writer, reader, push);
}
