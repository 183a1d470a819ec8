//! que, in its lossless mode: the sender publishes whenever a quarter of the ring is written, and when it is flushed.
//! The memory is mapped here as que itself maps it, but for the name, which it would leave behind.

use std::path::Path;

use que::lossless::consumer::Consumer;
use que::lossless::producer::Producer;
use que::Channel;

use super::{Kind, Peer, Run};
use crate::boxes::{Inbox, Outbox};
use crate::console::Console;
use crate::job::{Job, Part};
use crate::link::{BetweenProcesses, Geometry, Outcome, Receiver, Sender, Side};
use crate::part::between_processes;
use crate::shared::{poll, Shared};

/// See above.
pub const QUE: Peer = Peer {
    name: "que",
    kind: Kind::Peer,
    about: "que 0.4.5, lossless: push of an array, published a quarter of the ring at a time; pop, polling",
    run: Run::Processes(run),
    sizes: super::SIZES,
};

/// The number of messages that have room is fixed when que is compiled.
fn run(job: &Job, part: Part, console: &Console) -> Outcome<()> {
    macro_rules! built_for {
        ($(($size:literal, $slots:literal))*) => {
            match (job.geometry.size, job.geometry.slots()) {
                $(($size, $slots) => between_processes::<Que<$size, $slots>>(job, part, console),)*
                (size, slots) => Err(format!("not built for {slots} messages of {size} bytes").into()),
            }
        };
    }
    built_for! {
        (8, 0x2_0000) (64, 0x4000) (64, 0x400) (256, 0x1000) (256, 0x4_0000) (0x1000, 0x400) (0x1_0000, 0x40)
    }
}

struct Que<const SIZE: usize, const SLOTS: usize>;

struct QueSender<const SIZE: usize, const SLOTS: usize> {
    producer: Producer<[u8; SIZE], SLOTS>,
    _memory: Shared,
}

struct QueReceiver<const SIZE: usize, const SLOTS: usize> {
    consumer: Consumer<[u8; SIZE], SLOTS>,
    _memory: Shared,
}

impl<const SIZE: usize, const SLOTS: usize> BetweenProcesses for Que<SIZE, SLOTS> {
    type Sender = QueSender<SIZE, SLOTS>;
    type Receiver = QueReceiver<SIZE, SLOTS>;
    const FIRST: Side = Side::Sender;

    fn sender(path: &Path, _: Geometry) -> Outcome<Self::Sender> {
        let memory = Shared::map_lazily(path, size_of::<Channel<[u8; SIZE], SLOTS>>())?;
        // SAFETY: the mapping is as large as the channel, aligned to a page, zeroed, and outlives the producer, the
        // only one.
        let producer = unsafe { Producer::initialize_in(memory.at(0)) }?;
        Ok(QueSender { producer, _memory: memory })
    }

    fn receiver(path: &Path, _: Geometry) -> Outcome<Self::Receiver> {
        let memory = Shared::map_lazily(path, size_of::<Channel<[u8; SIZE], SLOTS>>())?;
        // SAFETY: as above, with the only consumer.
        let consumer = unsafe { Consumer::join(memory.at(0)) }?;
        Ok(QueReceiver { consumer, _memory: memory })
    }
}

impl<const SIZE: usize, const SLOTS: usize> Sender for QueSender<SIZE, SLOTS> {
    #[inline(always)]
    fn send(&mut self, outbox: &mut Outbox) -> Outcome<()> {
        let message = outbox.take_array();
        poll(|| self.producer.push(message).ok());
        Ok(())
    }

    fn flush(&mut self) -> Outcome<()> {
        self.producer.sync();
        Ok(())
    }
}

impl<const SIZE: usize, const SLOTS: usize> Receiver for QueReceiver<SIZE, SLOTS> {
    #[inline(always)]
    fn receive(&mut self, inbox: &mut Inbox) -> Outcome<()> {
        inbox.accept(&poll(|| self.consumer.pop()));
        Ok(())
    }
}
