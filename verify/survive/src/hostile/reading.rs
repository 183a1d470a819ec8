//! A reader that is lied to.

use std::path::Path;
use std::time::Duration;

use fastrand::Rng;
use ipc_ring::{Message, OpenError, PopError, RingOptions, RingReader};

use super::victim::{Came, Victim};
use super::watch::Watch;

/// The most messages of a batch.
const BATCH: usize = 8;
/// How often a message is looked at in a row.
const LOOKS: usize = 256;

pub struct Reader {
    reader: RingReader,
    buffer: Vec<u8>,
}

impl Victim for Reader {
    const WAYS: usize = 8;

    fn open(options: &RingOptions, path: &Path) -> Result<Self, OpenError> {
        Ok(Self { reader: options.open(path)?, buffer: Vec::new() })
    }

    fn call(&mut self, way: usize, patience: Duration, rng: &mut Rng, watch: &mut Watch) -> Came {
        let (timeout, at_once) = (Some(patience), Duration::ZERO);
        let Self { reader, buffer } = self;
        if rng.u8(..) == 0 {
            *buffer = Vec::new();
        }
        let came = match way {
            0 => watch.call("pop", patience, || reader.pop(buffer, timeout).map(Some)),
            1 => watch.call("try_pop", at_once, || Ok(reader.try_pop(buffer)?)),
            2 => watch.call("peek", patience, || reader.peek(timeout).map(|message| Some(copied(&message, buffer)))),
            3 => watch.call("try_peek", at_once, || Ok(reader.try_peek()?.map(|message| copied(&message, buffer)))),
            4 => return self.look_often(watch),
            5 => return self.batch(false, patience, rng, watch),
            6 => return self.batch(true, at_once, rng, watch),
            _ => watch.call("take_end", at_once, || {
                reader.take_end();
                Ok(reader.try_pop(buffer)?)
            }),
        };
        match came {
            Ok(Some(len)) => {
                watch.holds(buffer.len() == len, || format!("a message of {len} bytes is {}", buffer.len()));
                if way < 2 || way == 7 {
                    watch.can_be(len, reader.position());
                }
                self.limits(len, watch);
                Came::Messages(1)
            }
            Ok(None) => Came::Nothing,
            Err(error) => came_of(error, watch),
        }
    }

    fn figures(&mut self, failed: bool, watch: &mut Watch) {
        let reader = &mut self.reader;
        let (used, free) = watch.call("used_bytes", Duration::ZERO, || (reader.used_bytes(), reader.free_bytes()));
        let capacity = reader.capacity();
        watch.holds(used <= capacity && free <= capacity, || format!("{used} bytes are used, {free} are free"));
        let is_empty = watch.call("is_empty", Duration::ZERO, || reader.is_empty());
        watch.holds(!(failed && is_empty), || "a ring that is corrupt says that it is empty".into());
        let took = failed && watch.call("take_end", Duration::ZERO, || self.reader.take_end());
        watch.holds(!took, || "an end is taken of a ring that is corrupt".into());
    }
}

impl Reader {
    /// Looks at one message so often that its header changes between two looks, or within one.
    fn look_often(&mut self, watch: &mut Watch) -> Came {
        let reader = &mut self.reader;
        let longest = watch.call("try_peek, again and again,", Duration::ZERO, || {
            let mut longest = None;
            for _ in 0..LOOKS {
                let Some(message) = reader.try_peek()? else { return Ok(longest) };
                longest = longest.max(Some((message.len(), message.position())));
            }
            Ok(longest)
        });
        match longest {
            Ok(Some((len, end))) => {
                watch.can_be(len, end);
                Came::Messages(1)
            }
            Ok(None) => Came::Nothing,
            Err(error) => came_of(error, watch),
        }
    }

    fn batch(&mut self, tries: bool, patience: Duration, rng: &mut Rng, watch: &mut Watch) -> Came {
        let (most, end, lie) = (rng.usize(..BATCH), rng.u8(..5), rng.u64(..));
        let Self { reader, buffer } = self;
        let mut passed = [(0, 0); BATCH];
        let name = if tries { "try_batch" } else { "batch" };
        let came = watch.call(name, patience, || {
            let batch = if tries { reader.try_batch(most)? } else { Some(reader.batch(most, Some(patience))?) };
            let Some(mut batch) = batch else { return Ok(None) };
            let mut count = 0;
            for message in &mut batch {
                passed[count] = (copied(&message, buffer), message.position());
                count += 1;
            }
            // What the writer changes meanwhile may be why nothing is released.
            let through = match count.checked_sub(1) {
                Some(last) if end < 3 => passed[last].1,
                _ => lie,
            };
            match end {
                0 => batch.commit(),
                1 => drop(batch),
                _ => drop(batch.commit_through(through)),
            }
            Ok(Some(count))
        });
        match came {
            Ok(Some(count)) => {
                watch.holds(count <= most, || format!("a batch of up to {most} had {count}"));
                for &(len, end) in &passed[..count] {
                    watch.can_be(len, end);
                    self.limits(len, watch);
                }
                Came::Messages(count as u64)
            }
            Ok(None) => Came::Nothing,
            Err(error) => came_of(error, watch),
        }
    }

    /// What a message of `len` bytes may have led to.
    fn limits(&self, len: usize, watch: &mut Watch) {
        // A writer that lies may do without room for an end.
        let capacity = self.reader.capacity();
        let most = capacity - 8;
        watch.holds(len <= most, || format!("a message of {len} bytes, of at most {most}"));
        let allocated = self.buffer.capacity();
        watch.holds(allocated <= capacity, || format!("a buffer grew to {allocated} bytes, of a ring of {capacity}"));
    }
}

/// Copies a message out, and returns its length: the copy's, which is what was read.
fn copied(message: &Message, buffer: &mut Vec<u8>) -> usize {
    message.copy_to(buffer);
    buffer.len()
}

fn came_of(error: PopError, watch: &mut Watch) -> Came {
    match error {
        PopError::TimedOut => Came::Nothing,
        PopError::Closed | PopError::PeerGone => Came::Alone,
        PopError::Corrupt { check } => Came::Verdict(check),
        other => {
            watch.holds(false, || format!("a pop said {other:?}"));
            Came::Nothing
        }
    }
}
