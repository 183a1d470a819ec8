//! rtrb: between threads, an array at a time.

use rtrb::{Consumer, Producer, RingBuffer};

use super::{with_size, Kind, Peer, Run, SIZES};
use crate::boxes::{Inbox, Outbox};
use crate::console::Console;
use crate::job::Job;
use crate::link::{BetweenThreads, Geometry, Outcome, Receiver, Sender};
use crate::part::between_threads;
use crate::shared::poll;

/// See above.
pub const RTRB: Peer = Peer {
    name: "rtrb",
    kind: Kind::Peer,
    about: "rtrb 0.4.1, between threads: push and pop of an array, polling",
    run: Run::Threads(run),
    sizes: SIZES,
};

fn run(job: &Job, console: &Console) -> Outcome<()> {
    with_size!(between_threads, Rtrb, job, console)
}

struct Rtrb<const SIZE: usize>;
struct RtrbSender<const SIZE: usize>(Producer<[u8; SIZE]>);
struct RtrbReceiver<const SIZE: usize>(Consumer<[u8; SIZE]>);

impl<const SIZE: usize> BetweenThreads for Rtrb<SIZE> {
    type Sender = RtrbSender<SIZE>;
    type Receiver = RtrbReceiver<SIZE>;

    fn pair(geometry: Geometry) -> Outcome<(Self::Sender, Self::Receiver)> {
        let (producer, consumer) = RingBuffer::new(geometry.slots());
        Ok((RtrbSender(producer), RtrbReceiver(consumer)))
    }
}

impl<const SIZE: usize> Sender for RtrbSender<SIZE> {
    #[inline(always)]
    fn send(&mut self, outbox: &mut Outbox) -> Outcome<()> {
        let message = outbox.take_array();
        poll(|| self.0.push(*message).ok());
        Ok(())
    }
}

impl<const SIZE: usize> Receiver for RtrbReceiver<SIZE> {
    #[inline(always)]
    fn receive(&mut self, inbox: &mut Inbox) -> Outcome<()> {
        inbox.accept(&poll(|| self.0.pop().ok()));
        Ok(())
    }
}
