//! The ring as a link: message by message or in batches, copied or in place.

use ipc_ring::{Grant, RingReader, RingWriter};
use serde::{Deserialize, Serialize};

use crate::link::{Receiver, Sender};
use crate::message::{Inbox, Outbox};
use crate::Outcome;

/// How messages get into the ring, or out of it.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Manner {
    /// At most this many in a batch, which one store publishes or releases. `None` is one by one.
    pub batch: Option<u64>,
    /// Whether messages are made and read in their place in the ring.
    pub in_place: bool,
}

/// Makes a writer the end where messages go in.
pub fn sender(mut ring: RingWriter, manner: Manner) -> Box<dyn Sender + Send> {
    match manner {
        Manner { batch: None, in_place: false } => {
            Box::new(move |outbox: &mut Outbox| -> Outcome<()> { Ok(ring.push(outbox.take(), None)?) })
        }
        Manner { batch: None, in_place: true } => Box::new(move |outbox: &mut Outbox| {
            fill(ring.reserve(outbox.size(), None)?, outbox);
            Ok(())
        }),
        Manner { batch: Some(most), in_place } => Box::new(move |outbox: &mut Outbox| {
            let mut batch = ring.batch();
            for _ in 0..outbox.due().min(most) {
                match in_place {
                    true => fill(batch.reserve(outbox.size(), None)?, outbox),
                    false => batch.push(outbox.take(), None)?,
                }
            }
            Ok(())
        }),
    }
}

/// Makes the next message of `outbox` in the grant, and commits it.
#[inline(always)]
fn fill(mut grant: Grant, outbox: &mut Outbox) {
    // SAFETY: T7 (the reader is this very program, and stores to no message).
    outbox.fill(unsafe { grant.as_mut_slice() });
    grant.commit();
}

/// Makes a reader the end where messages come out.
pub fn receiver(mut ring: RingReader, manner: Manner) -> Box<dyn Receiver + Send> {
    let mut buffer = Vec::new();
    match manner {
        Manner { batch: None, in_place: false } => Box::new(move |inbox: &mut Inbox| {
            ring.pop(&mut buffer, None)?;
            inbox.accept(&buffer);
            Ok(())
        }),
        Manner { batch, in_place } => Box::new(move |inbox: &mut Inbox| {
            let most = usize::try_from(batch.unwrap_or(1).min(inbox.due().max(1))).unwrap_or(usize::MAX);
            let mut batch = ring.batch(most, None)?;
            for message in batch.messages() {
                if in_place {
                    // SAFETY: T7 (the writer is this very program, and stores to no message that it has published).
                    inbox.read(unsafe { message.as_slice() });
                } else {
                    message.copy_to(&mut buffer);
                    inbox.accept(&buffer);
                }
            }
            batch.commit();
            Ok(())
        }),
    }
}

/// Returns how many messages of `size` bytes fill a ring of `capacity` bytes, at their size as records.
pub fn ringful(size: usize, capacity: usize) -> u64 {
    (capacity / ipc_ring::layout::record_size(size)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_takes_a_ringful_or_one_message_less() {
        let directory = tempfile::tempdir().unwrap();
        for (at, size) in [0, 1, 8, 9, 56, 256, 1000].into_iter().enumerate() {
            let mut writer = RingWriter::create(directory.path().join(at.to_string()), 4096).unwrap();
            let message = vec![0; size];
            let pushed = (0..).take_while(|_| writer.try_push(&message).is_ok()).count() as u64;
            let ringful = ringful(size, 4096);
            assert!((ringful - 1..=ringful).contains(&pushed), "{size}: {pushed} and not {ringful}");
        }
    }
}
