//! What the two threads do: one pushes all messages, the other pops and checks them.

use std::thread;
use std::time::Duration;

use ipc_ring::{PopError, RingReader, RingWriter};

use crate::args::Args;
use crate::message::Messages;

/// The longest that one call may wait, so that what is lost is told. No call comes near.
const PATIENCE: Option<Duration> = Some(Duration::from_secs(60));

/// Passes all messages from a thread that has `writer` to one that has `reader`.
pub fn pass(writer: RingWriter, reader: RingReader, args: &Args) -> Result<(), String> {
    let (popped, pushed) = thread::scope(|scope| {
        let pushing = scope.spawn(|| push_all(writer, args));
        let popping = scope.spawn(|| pop_all(reader, args));
        (popping.join(), pushing.join())
    });
    // What the reader found is the cause, if there is one: a writer fails because its reader has left.
    let ended = [popped, pushed].map(|end| end.unwrap_or_else(|_| Err("a side panicked".into())));
    ended.into_iter().collect()
}

fn push_all(mut writer: RingWriter, args: &Args) -> Result<(), String> {
    let mut made = Messages::new(&args.lengths, writer.max_message_len());
    (0..args.messages).try_for_each(|number| {
        writer.push(made.make(), PATIENCE).map_err(|error| format!("message {number} was not pushed: {error}"))
    })
}

fn pop_all(mut reader: RingReader, args: &Args) -> Result<(), String> {
    let mut expected = Messages::new(&args.lengths, reader.max_message_len());
    let mut found = Vec::new();
    (0..args.messages).try_for_each(|number| {
        reader.pop(&mut found, PATIENCE).map_err(|error| format!("message {number} was not popped: {error}"))?;
        expected.check(&found)
    })?;
    match reader.pop(&mut found, PATIENCE) {
        Err(PopError::Closed) => Ok(()),
        other => Err(format!("after the last message came {other:?} in place of the end")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Memory;
    use crate::ring::with_sides;
    use ipc_ring::{FenceMode, WaitStrategy};

    fn args(capacity: usize, wait: WaitStrategy, fences: FenceMode, memory: Memory) -> Args {
        Args { messages: 2_000, capacity, lengths: 0..=248, wait, fences, memory }
    }

    #[test]
    fn all_messages_pass_in_either_memory_whichever_way_sides_wait() {
        for memory in [Memory::Heap, Memory::File] {
            for wait in [WaitStrategy::Spin, WaitStrategy::Sleep] {
                for capacity in [64, 4096] {
                    let args = args(capacity, wait, FenceMode::Symmetric, memory);
                    let passed = with_sides(&args, |writer, reader| pass(writer, reader, &args));
                    assert_eq!(passed, Ok(()), "{args:?}");
                }
            }
        }
    }

    #[test]
    fn a_message_that_is_wrong_missing_or_one_too_many_is_told() {
        let args = args(4096, WaitStrategy::Spin, FenceMode::Symmetric, Memory::Heap);
        let after = |first: &[&[u8]], messages| {
            with_sides(&args, |mut writer, reader| {
                first.iter().try_for_each(|message| writer.push(message, PATIENCE)).expect("there is space");
                drop(writer);
                pop_all(reader, &Args { messages, ..args.clone() })
            })
        };
        let told = after(&[b"not the first message"], 1).expect_err("it is not");
        assert!(told.starts_with("message 0 has 21 bytes in place of "), "{told}");
        let told = after(&[], 1).expect_err("there is none");
        assert!(told.starts_with("message 0 was not popped: "), "{told}");
        assert_eq!(after(&[b""], 0), Err("after the last message came Ok(0) in place of the end".into()));
    }

    #[test]
    fn a_ring_that_cannot_be_is_told() {
        let args = args(100, WaitStrategy::Spin, FenceMode::Symmetric, Memory::Heap);
        assert!(with_sides(&args, |_, _| Ok(())).is_err());
    }
}
