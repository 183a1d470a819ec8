//! How messages are read: popped, looked at, and in a batch.

use std::time::Duration;

use ipc_ring::{InvalidPosition, PopError, RingReader};

use super::operation::{Access, Disposal, Ending, Message, Outcome};

/// Pops a message into `buffer`. No time-out at all means `try_pop`; so it does below.
pub fn pop(reader: &mut RingReader, buffer: &mut Vec<u8>, timeout: Option<Option<Duration>>) -> Outcome {
    let before = buffer.clone();
    let popped = match timeout {
        Some(timeout) => reader.pop(buffer, timeout).map(Some),
        None => reader.try_pop(buffer).map_err(PopError::from),
    };
    match popped {
        Ok(Some(length)) => assert_eq!(length, buffer.len()),
        _ => assert_eq!(*buffer, before, "a buffer is as it was where nothing was popped"),
    }
    of(popped, |_| Outcome::Popped(buffer.clone()))
}

/// Looks at a message.
pub fn peek(reader: &mut RingReader, access: Access, disposal: Disposal, timeout: Option<Option<Duration>>) -> Outcome {
    let peeked = match timeout {
        Some(timeout) => reader.peek(timeout).map(Some),
        None => reader.try_peek().map_err(PopError::from),
    };
    of(peeked, |message| {
        let outcome = Outcome::Read(vec![read(&message, access)]);
        disposal.of(message);
        outcome
    })
}

/// Reads a batch of at most `max` messages. None is read before the last of them is there.
pub fn pop_batch(
    reader: &mut RingReader,
    max: usize,
    access: Access,
    ending: Ending,
    timeout: Option<Option<Duration>>,
) -> Outcome {
    let batch = match timeout {
        Some(timeout) => reader.batch(max, timeout).map(Some),
        None => reader.try_batch(max).map_err(PopError::from),
    };
    of(batch, |mut batch| {
        let mut each = batch.messages();
        let messages: Vec<_> = each.by_ref().collect();
        let all: Vec<_> = messages.iter().map(|message| read(message, access)).collect();
        let disposal = if ending == Ending::Forgotten { Disposal::Forgotten } else { Disposal::Dropped };
        disposal.of((each, messages));
        match (ending, &all[..]) {
            (Ending::Committed, _) => batch.commit(),
            (Ending::CommittedInPart, [first, ..]) => batch.commit_through(first.end).unwrap(),
            (Ending::Refused, [.., last]) => {
                let given = last.end.wrapping_add(8);
                assert_eq!(batch.commit_through(given), Err(InvalidPosition { given }));
            }
            (Ending::Forgotten | Ending::Dropped, _) | (_, []) => disposal.of(batch),
        }
        Outcome::Read(all)
    })
}

fn read(message: &ipc_ring::Message<'_>, access: Access) -> Message {
    let bytes = match access {
        Access::Copied => {
            let mut buffer = vec![0xAA; 3];
            message.copy_to(&mut buffer);
            buffer
        }
        // SAFETY: T7 (whoever writes is another hand like this one, which keeps to the protocol).
        Access::InPlace => unsafe { message.as_slice() }.to_vec(),
    };
    assert_eq!(message.len(), bytes.len());
    Message { bytes, end: message.position() }
}

fn of<T>(popped: Result<Option<T>, PopError>, outcome: impl FnOnce(T) -> Outcome) -> Outcome {
    match popped {
        Ok(Some(message)) => outcome(message),
        Ok(None) => Outcome::Nothing,
        Err(PopError::TimedOut) => Outcome::TimedOut,
        Err(PopError::Closed) => Outcome::Closed,
        Err(error) => panic!("pop: {error}"),
    }
}
