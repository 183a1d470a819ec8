//! A writer that is lied to.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use fastrand::Rng;
use ipc_ring::{OpenError, PushError, RingOptions, RingWriter, TryPushError};

use super::victim::{Came, Victim};
use super::watch::Watch;

/// The most messages of a batch.
const BATCH: usize = 8;
/// How long room is waited for, where the reader says that there is none for an end.
const ROOM: Duration = Duration::from_micros(200);

pub struct Writer {
    writer: RingWriter,
    /// What messages are a part of. One byte more than the longest that the ring has room for.
    bytes: Vec<u8>,
}

impl Victim for Writer {
    const WAYS: usize = 5;

    fn open(options: &RingOptions, path: &Path) -> Result<Self, OpenError> {
        let writer = options.attach_wait(path, Some(ROOM))?;
        let bytes = (0..=writer.max_message_len()).map(|at| at as u8).collect();
        Ok(Self { writer, bytes })
    }

    fn call(&mut self, way: usize, patience: Duration, rng: &mut Rng, watch: &mut Watch) -> Came {
        let (timeout, at_once) = (Some(patience), Duration::ZERO);
        let message = &self.bytes[..length(self.writer.max_message_len(), rng)];
        let writer = &mut self.writer;
        let came = match way {
            0 => watch.call("push", patience, || writer.push(message, timeout)),
            1 => watch.call("try_push", at_once, || Ok(writer.try_push(message)?)),
            2 => {
                let (count, lens) = (rng.usize(1..=BATCH), [0; BATCH].map(|_| length(writer.max_message_len(), rng)));
                let bytes = &self.bytes;
                watch.call("batch", patience * BATCH as u32, || {
                    let mut batch = writer.batch();
                    let pushed = lens[..count].iter().try_for_each(|&len| batch.push(&bytes[..len], timeout));
                    batch.publish();
                    pushed
                })
            }
            3 => watch.call("reserve", patience, || {
                let mut grant = writer.reserve(message.len(), timeout)?;
                let _written = grant.write(message).unwrap_or(0);
                grant.commit();
                Ok(())
            }),
            _ => watch.call("try_reserve", at_once, || {
                let mut batch = writer.batch();
                drop(batch.try_reserve(message.len())?);
                batch.try_reserve(message.len())?.commit();
                Ok(())
            }),
        };
        match came {
            Ok(()) => Came::Messages(1),
            Err(PushError::TimedOut) => Came::Nothing,
            Err(PushError::Closed | PushError::PeerGone) => Came::Alone,
            Err(PushError::Corrupt { check }) => Came::Verdict(check),
            Err(other) => {
                watch.holds(false, || format!("a push said {other:?}"));
                Came::Nothing
            }
        }
    }

    fn figures(&mut self, _failed: bool, watch: &mut Watch) {
        let writer = &self.writer;
        let (used, free) = watch.call("used_bytes", Duration::ZERO, || (writer.used_bytes(), writer.free_bytes()));
        let capacity = writer.capacity();
        watch.holds(used <= capacity && free <= capacity, || format!("{used} bytes are used, {free} are free"));
        watch.call("is_empty", Duration::ZERO, || writer.is_empty());
        let (len, max) = (self.bytes.len(), writer.max_message_len());
        let too_long = watch.call("push", Duration::ZERO, || self.writer.try_push(&self.bytes));
        let is_refused = matches!(too_long, Err(TryPushError::TooLarge { .. }));
        watch.holds(is_refused, || format!("a message of {len} bytes, of at most {max}, came to {too_long:?}"));
    }
}

/// Mostly small, so that several are in the ring; sometimes up to the longest.
fn length(max: usize, rng: &mut Rng) -> usize {
    match rng.u8(..4) {
        0 => rng.usize(..=max),
        1 => rng.usize(..=max / 4),
        _ => rng.usize(..=max.min(24)),
    }
}
