//! shaq: an array at a time, or batches of up to 64 of them in both directions.

use std::fs::{File, OpenOptions};
use std::num::NonZeroUsize;
use std::path::Path;

use shaq::spsc::{minimum_file_size, Consumer, Producer};

use super::{with_size, Kind, Peer, Run, SIZES};
use crate::boxes::{Inbox, Outbox};
use crate::console::Console;
use crate::job::{Job, Part};
use crate::link::{BetweenProcesses, Geometry, Outcome, Receiver, Sender, Side};
use crate::part::between_processes;
use crate::shared::poll;

/// An array at a time.
pub const SINGLE: Peer = Peer {
    name: "shaq",
    kind: Kind::Peer,
    about: "shaq 4.0.0: try_write and try_read of an array, polling",
    run: Run::Processes(run_single),
    sizes: SIZES,
};

/// In batches.
pub const BATCH: Peer = Peer {
    name: "shaq-batch",
    kind: Kind::Peer,
    about: "shaq 4.0.0: write_batch and try_reserve_read_batch of up to 64 arrays, polling",
    run: Run::Processes(run_batch),
    sizes: SIZES,
};

const AT_MOST: NonZeroUsize = NonZeroUsize::new(64).unwrap();

fn run_single(job: &Job, part: Part, console: &Console) -> Outcome<()> {
    with_size!(between_processes, Single, job, part, console)
}

fn run_batch(job: &Job, part: Part, console: &Console) -> Outcome<()> {
    with_size!(between_processes, Batch, job, part, console)
}

struct Single<const SIZE: usize>;
struct SingleSender<const SIZE: usize>(Producer<[u8; SIZE]>);
struct SingleReceiver<const SIZE: usize>(Consumer<[u8; SIZE]>);

struct Batch<const SIZE: usize>;
struct BatchSender<const SIZE: usize>(Producer<[u8; SIZE]>);
struct BatchReceiver<const SIZE: usize>(Consumer<[u8; SIZE]>);

fn open(path: &Path) -> Outcome<File> {
    Ok(OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?)
}

fn producer<const SIZE: usize>(path: &Path, geometry: Geometry) -> Outcome<Producer<[u8; SIZE]>> {
    // SAFETY: the path is this round's own, and this its only sender, which comes before the receiver; arrays of
    // bytes are valid in every process.
    let producer = unsafe { Producer::create(&open(path)?, minimum_file_size::<[u8; SIZE]>(geometry.slots())) };
    producer.map_err(|error| format!("{error:?}").into())
}

fn consumer<const SIZE: usize>(path: &Path) -> Outcome<Consumer<[u8; SIZE]>> {
    // SAFETY: as above, with the only receiver.
    unsafe { Consumer::join(&open(path)?) }.map_err(|error| format!("{error:?}").into())
}

impl<const SIZE: usize> BetweenProcesses for Single<SIZE> {
    type Sender = SingleSender<SIZE>;
    type Receiver = SingleReceiver<SIZE>;
    const FIRST: Side = Side::Sender;

    fn sender(path: &Path, geometry: Geometry) -> Outcome<Self::Sender> {
        producer(path, geometry).map(SingleSender)
    }

    fn receiver(path: &Path, _: Geometry) -> Outcome<Self::Receiver> {
        consumer(path).map(SingleReceiver)
    }
}

impl<const SIZE: usize> Sender for SingleSender<SIZE> {
    #[inline(always)]
    fn send(&mut self, outbox: &mut Outbox) -> Outcome<()> {
        let message = outbox.take_array();
        poll(|| self.0.try_write(*message).ok());
        Ok(())
    }
}

impl<const SIZE: usize> Receiver for SingleReceiver<SIZE> {
    #[inline(always)]
    fn receive(&mut self, inbox: &mut Inbox) -> Outcome<()> {
        inbox.accept(&poll(|| self.0.try_read()));
        Ok(())
    }
}

impl<const SIZE: usize> BetweenProcesses for Batch<SIZE> {
    type Sender = BatchSender<SIZE>;
    type Receiver = BatchReceiver<SIZE>;
    const FIRST: Side = Side::Sender;

    fn sender(path: &Path, geometry: Geometry) -> Outcome<Self::Sender> {
        producer(path, geometry).map(BatchSender)
    }

    fn receiver(path: &Path, _: Geometry) -> Outcome<Self::Receiver> {
        consumer(path).map(BatchReceiver)
    }
}

impl<const SIZE: usize> Sender for BatchSender<SIZE> {
    /// A batch that finds no room is published, so that the other side can make some.
    #[inline(always)]
    fn send(&mut self, outbox: &mut Outbox) -> Outcome<()> {
        let mut due = outbox.due().min(AT_MOST.get() as u64);
        while due > 0 {
            let before = due;
            let mut batch = self.0.write_batch();
            while due > 0 {
                // SAFETY: it is initialised here.
                let Some(slot) = (unsafe { batch.try_as_mut() }) else { break };
                slot.write(*outbox.take_array());
                due -= 1;
            }
            drop(batch);
            if due == before {
                std::hint::spin_loop();
            }
        }
        Ok(())
    }
}

impl<const SIZE: usize> Receiver for BatchReceiver<SIZE> {
    #[inline(always)]
    fn receive(&mut self, inbox: &mut Inbox) -> Outcome<()> {
        loop {
            if let Some(batch) = self.0.try_reserve_read_batch(AT_MOST) {
                for message in batch {
                    inbox.accept(&message);
                }
                return Ok(());
            }
            std::hint::spin_loop();
        }
    }
}
