//! The limit: bytes handed over in batches, with nothing but a copy in, a copy out and one store a batch and side.
//!
//! No lengths, no waiting other than polling, no peer that could die or lie.

use std::path::Path;
use std::sync::atomic::Ordering::{Acquire, Release};

use super::{with_size, Kind, Peer, Run};
use crate::boxes::{Inbox, Outbox};
use crate::console::Console;
use crate::job::{Job, Part};
use crate::link::{BetweenProcesses, Geometry, Outcome, Receiver, Sender, Side};
use crate::part::between_processes;
use crate::shared::{look_until, Shared, LINE};

/// See above.
pub const HAND_OVER: Peer = Peer {
    name: "hand-over",
    kind: Kind::Limit,
    about: "The limit: a copy in, a copy out and one store for each 64 messages or 16 KiB, whichever is less",
    run: Run::Processes(run),
    sizes: &[8, 64, 256, 4 << 10, 64 << 10, MIB],
};

const MIB: usize = 1 << 20;

fn run(job: &Job, part: Part, console: &Console) -> Outcome<()> {
    match job.geometry.size {
        MIB => between_processes::<HandOver<MIB>>(job, part, console),
        _ => with_size!(between_processes, HandOver, job, part, console),
    }
}

/// How many messages have been sent, and how many received, since the beginning.
const SENT: usize = 0;
const RECEIVED: usize = LINE;
const MESSAGES: usize = 4096;

/// How many messages make a batch.
const fn batch(size: usize) -> u64 {
    match 16 * 1024 / size {
        0 => 1,
        1..64 => (16 * 1024 / size) as u64,
        _ => 64,
    }
}

struct HandOver<const SIZE: usize>;

/// One side: how far it is, how far the other side was when it last looked.
struct End<const SIZE: usize> {
    memory: Shared,
    mask: u64,
    position: u64,
    seen: u64,
    message: Box<[u8]>,
}

struct Sending<const SIZE: usize>(End<SIZE>);
struct Receiving<const SIZE: usize>(End<SIZE>);

impl<const SIZE: usize> BetweenProcesses for HandOver<SIZE> {
    type Sender = Sending<SIZE>;
    type Receiver = Receiving<SIZE>;
    const FIRST: Side = Side::Sender;

    fn sender(path: &Path, geometry: Geometry) -> Outcome<Sending<SIZE>> {
        End::open(path, geometry).map(Sending)
    }

    fn receiver(path: &Path, geometry: Geometry) -> Outcome<Receiving<SIZE>> {
        End::open(path, geometry).map(Receiving)
    }
}

impl<const SIZE: usize> End<SIZE> {
    fn open(path: &Path, geometry: Geometry) -> Outcome<Self> {
        let memory = Shared::map(path, MESSAGES + geometry.capacity)?;
        let mask = geometry.slots() as u64 - 1;
        Ok(Self { memory, mask, position: 0, seen: 0, message: vec![0; SIZE].into() })
    }

    fn offset(&self) -> usize {
        MESSAGES + (self.position & self.mask) as usize * SIZE
    }
}

impl<const SIZE: usize> Sender for Sending<SIZE> {
    #[inline(always)]
    fn send(&mut self, outbox: &mut Outbox) -> Outcome<()> {
        let end = &mut self.0;
        let slots = end.mask + 1;
        let due = outbox.due().min(batch(SIZE)).min(slots);
        if end.position + due > end.seen + slots {
            let least = end.position + due - slots;
            let received = end.memory.word(RECEIVED);
            end.seen = look_until(|| Some(received.load(Acquire)).filter(|&received| received >= least));
        }
        for _ in 0..due {
            // SAFETY: the receiver is done with this slot, and does not look at it before it is told to.
            unsafe { end.memory.write(end.offset(), outbox.take_array::<SIZE>()) };
            end.position += 1;
        }
        end.memory.word(SENT).store(end.position, Release);
        Ok(())
    }
}

impl<const SIZE: usize> Receiver for Receiving<SIZE> {
    #[inline(always)]
    fn receive(&mut self, inbox: &mut Inbox) -> Outcome<()> {
        let end = &mut self.0;
        if end.seen == end.position {
            let sent = end.memory.word(SENT);
            end.seen = look_until(|| Some(sent.load(Acquire)).filter(|&sent| sent > end.position));
        }
        for _ in 0..(end.seen - end.position).min(batch(SIZE)) {
            // SAFETY: the sender is done with this slot, and does not touch it before it is told to.
            unsafe { end.memory.read(end.offset(), &mut end.message[..SIZE]) };
            inbox.accept(&end.message);
            end.position += 1;
        }
        end.memory.word(RECEIVED).store(end.position, Release);
        Ok(())
    }
}
