//! crossbeam-channel: between threads, bounded, an array at a time.

use crossbeam_channel::{bounded, Receiver as Consumer, Sender as Producer};

use super::{with_size, Kind, Peer, Run, SIZES};
use crate::boxes::{Inbox, Outbox};
use crate::console::Console;
use crate::job::Job;
use crate::link::{BetweenThreads, Geometry, Outcome, Receiver, Sender};
use crate::part::between_threads;

/// See above.
pub const CROSSBEAM: Peer = Peer {
    name: "crossbeam",
    kind: Kind::Peer,
    about: "crossbeam-channel 0.5, bounded, between threads: send and recv of an array",
    run: Run::Threads(run),
    sizes: SIZES,
};

fn run(job: &Job, console: &Console) -> Outcome<()> {
    with_size!(between_threads, Crossbeam, job, console)
}

struct Crossbeam<const SIZE: usize>;
struct Sending<const SIZE: usize>(Producer<[u8; SIZE]>);
struct Receiving<const SIZE: usize>(Consumer<[u8; SIZE]>);

impl<const SIZE: usize> BetweenThreads for Crossbeam<SIZE> {
    type Sender = Sending<SIZE>;
    type Receiver = Receiving<SIZE>;

    fn pair(geometry: Geometry) -> Outcome<(Self::Sender, Self::Receiver)> {
        let (producer, consumer) = bounded(geometry.slots());
        Ok((Sending(producer), Receiving(consumer)))
    }
}

impl<const SIZE: usize> Sender for Sending<SIZE> {
    #[inline(always)]
    fn send(&mut self, outbox: &mut Outbox) -> Outcome<()> {
        self.0.send(*outbox.take_array()).map_err(|error| error.to_string().into())
    }
}

impl<const SIZE: usize> Receiver for Receiving<SIZE> {
    #[inline(always)]
    fn receive(&mut self, inbox: &mut Inbox) -> Outcome<()> {
        inbox.accept(&self.0.recv()?);
        Ok(())
    }
}
