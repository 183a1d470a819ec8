//! How a message is pushed: in every manner, by itself or into a batch.

use std::io::Write;
use std::time::Duration;

use ipc_ring::{Grant, PushError, RingWriter, TryPushError, WriteBatch};

use super::operation::{Disposal, Manner, Outcome, Parcel, SPARE};

/// What messages can be pushed into. No time-out at all means the calls that never block.
pub trait Pushes {
    fn push(&mut self, message: &[u8], timeout: Option<Option<Duration>>) -> Result<(), Outcome>;
    fn reserve(&mut self, len: usize, timeout: Option<Option<Duration>>) -> Result<Grant<'_>, Outcome>;
}

impl Pushes for RingWriter {
    fn push(&mut self, message: &[u8], timeout: Option<Option<Duration>>) -> Result<(), Outcome> {
        match timeout {
            Some(timeout) => RingWriter::push(self, message, timeout).map_err(refused),
            None => self.try_push(message).map_err(refused_at_once),
        }
    }

    fn reserve(&mut self, len: usize, timeout: Option<Option<Duration>>) -> Result<Grant<'_>, Outcome> {
        match timeout {
            Some(timeout) => RingWriter::reserve(self, len, timeout).map_err(refused),
            None => self.try_reserve(len).map_err(refused_at_once),
        }
    }
}

impl Pushes for WriteBatch<'_> {
    fn push(&mut self, message: &[u8], timeout: Option<Option<Duration>>) -> Result<(), Outcome> {
        match timeout {
            Some(timeout) => WriteBatch::push(self, message, timeout).map_err(refused),
            None => self.try_push(message).map_err(refused_at_once),
        }
    }

    fn reserve(&mut self, len: usize, timeout: Option<Option<Duration>>) -> Result<Grant<'_>, Outcome> {
        match timeout {
            Some(timeout) => WriteBatch::reserve(self, len, timeout).map_err(refused),
            None => self.try_reserve(len).map_err(refused_at_once),
        }
    }
}

/// Pushes `parcel`, which holds `message`.
pub fn push(to: &mut impl Pushes, parcel: Parcel, message: &[u8], timeout: Option<Option<Duration>>) -> Outcome {
    let pushed = match parcel.manner {
        Manner::Copied => to.push(message, timeout).map(|()| Outcome::Pushed),
        _ => to.reserve(parcel.reserved(), timeout).map(|grant| fill(grant, parcel, message)),
    };
    pushed.unwrap_or_else(|outcome| outcome)
}

fn refused(error: PushError) -> Outcome {
    match error {
        PushError::TooLarge { len, max } => Outcome::TooLarge { len, max },
        PushError::TimedOut => Outcome::TimedOut,
        PushError::Closed => Outcome::Closed,
        error => panic!("push: {error}"),
    }
}

fn refused_at_once(error: TryPushError) -> Outcome {
    match error {
        TryPushError::Full => Outcome::Full,
        error => refused(error.into()),
    }
}

/// Does with the space that is reserved for `parcel` what is to be done with it.
fn fill(mut grant: Grant<'_>, parcel: Parcel, message: &[u8]) -> Outcome {
    assert_eq!((grant.capacity(), grant.len()), (parcel.reserved(), 0));
    if parcel.manner == Manner::InPlace {
        // SAFETY: T7 (whoever reads is another hand like this one, which keeps to the protocol).
        let bytes = unsafe { grant.as_mut_slice() };
        bytes.copy_from_slice(message);
    } else {
        grant.write_all(message).unwrap();
    }
    if parcel.manner == Manner::Cut {
        grant.write_all(&[0xCC; SPARE]).unwrap();
        assert_eq!(grant.len(), grant.capacity());
        grant.truncate(message.len());
    }
    assert_eq!(grant.len(), message.len());
    match parcel.manner {
        Manner::GivenUp => Disposal::Dropped.of(grant),
        Manner::Forgotten => Disposal::Forgotten.of(grant),
        _ => {
            grant.commit();
            return Outcome::Pushed;
        }
    }
    Outcome::GivenUp
}
