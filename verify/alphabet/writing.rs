//! How a message is pushed: in every manner, by itself or into a batch.

use std::io::Write;
use std::time::Duration;

use ipc_ring::{Grant, PushError, RingWriter, WriteBatch, TryPushError};

use super::operation::{Manner, Outcome, Parcel};

/// What messages can be pushed into. No time-out at all means the calls that never block.
pub trait Pushes {
    fn push(&mut self, message: &[u8], timeout: Option<Option<Duration>>) -> Result<(), PushError>;
    fn reserve(&mut self, len: usize, timeout: Option<Option<Duration>>) -> Result<Grant<'_>, PushError>;
}

impl Pushes for RingWriter {
    fn push(&mut self, message: &[u8], timeout: Option<Option<Duration>>) -> Result<(), PushError> {
        match timeout {
            Some(timeout) => RingWriter::push(self, message, timeout),
            None => self.try_push(message),
        }
    }

    fn reserve(&mut self, len: usize, timeout: Option<Option<Duration>>) -> Result<Grant<'_>, PushError> {
        match timeout {
            Some(timeout) => RingWriter::reserve(self, len, timeout),
            None => self.try_reserve(len),
        }
    }
}

impl Pushes for WriteBatch<'_> {
    fn push(&mut self, message: &[u8], timeout: Option<Option<Duration>>) -> Result<(), PushError> {
        match timeout {
            Some(timeout) => WriteBatch::push(self, message, timeout),
            None => self.try_push(message),
        }
    }

    fn reserve(&mut self, len: usize, timeout: Option<Option<Duration>>) -> Result<Grant<'_>, PushError> {
        match timeout {
            Some(timeout) => WriteBatch::reserve(self, len, timeout),
            None => self.try_reserve(len),
        }
    }
}

/// Pushes `parcel`, which holds `message`.
pub fn push(to: &mut impl Pushes, parcel: Parcel, message: &[u8], timeout: Option<Option<Duration>>) -> Outcome {
    let pushed = match parcel.manner {
        Manner::Copied => to.push(message, timeout).map(|()| Outcome::Pushed),
        _ => to.reserve(parcel.reserved(), timeout).map(|grant| fill(grant, parcel, message)),
    };
    pushed.unwrap_or_else(|error| match error {
        PushError::TooLarge { len, max } => Outcome::TooLarge { len, max },
        TryPushError::Full => Outcome::Full,
        PushError::TimedOut => Outcome::TimedOut,
        PushError::Closed => Outcome::Closed,
        error => panic!("push: {error}"),
    })
}

/// Does with the space that is reserved for `parcel` what is to be done with it.
fn fill(mut grant: Grant<'_>, parcel: Parcel, message: &[u8]) -> Outcome {
    assert_eq!((grant.len(), grant.len()), (parcel.reserved(), 0));
    if parcel.manner == Manner::InPlace {
        // SAFETY: T7 (whoever reads is another hand like this one, which keeps to the protocol).
        let bytes = unsafe { grant.as_mut_slice() };
        bytes.copy_from_slice(message);
    } else {
        grant.write_all(&message[..parcel.written()]).unwrap();
        assert_eq!(grant.len(), parcel.written());
    }
    match parcel.is_sent() {
        true => {
            grant.commit();
            Outcome::Pushed
        }
        false => Outcome::GivenUp,
    }
}
