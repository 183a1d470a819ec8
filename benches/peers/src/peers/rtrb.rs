//! rtrb: between threads, an array at a time.

use super::prelude::*;
use crate::shared::poll;

pub const LINK: Link = Link::Threads(|setup| sized!(pair(setup), setup));

fn pair<const SIZE: usize>(setup: Setup) -> Outcome<Pair> {
    let (mut producer, mut consumer) = rtrb::RingBuffer::<[u8; SIZE]>::new(setup.slots);
    let send = move |outbox: &mut Outbox| -> Outcome<()> {
        let message = outbox.take_array();
        poll(|| producer.push(*message).ok());
        Ok(())
    };
    let receive = move |inbox: &mut Inbox| -> Outcome<()> {
        inbox.accept(&poll(|| consumer.pop().ok()));
        Ok(())
    };
    Ok((Box::new(send), Box::new(receive)))
}
