//! crossbeam-channel: between threads, bounded, an array at a time.

use super::prelude::*;

pub const LINK: Link = Link::Threads(|setup| sized!(pair(setup), setup));

fn pair<const SIZE: usize>(setup: Setup) -> Outcome<Pair> {
    let (producer, consumer) = crossbeam_channel::bounded::<[u8; SIZE]>(setup.slots);
    let send = move |outbox: &mut Outbox| -> Outcome<()> { Ok(producer.send(*outbox.take_array())?) };
    let receive = move |inbox: &mut Inbox| -> Outcome<()> {
        inbox.accept(&consumer.recv()?);
        Ok(())
    };
    Ok((Box::new(send), Box::new(receive)))
}
