//! crossbeam-channel: between threads, bounded, an array at a time.

use super::prelude::*;

pub const LINK: Link = Link::Threads(|geometry| sized!(pair(geometry), geometry));

fn pair<const SIZE: usize>(geometry: Geometry) -> Outcome<Pair> {
    let (producer, consumer) = crossbeam_channel::bounded::<[u8; SIZE]>(geometry.slots());
    let send = move |outbox: &mut Outbox| -> Outcome<()> { Ok(producer.send(*outbox.take_array())?) };
    let receive = move |inbox: &mut Inbox| -> Outcome<()> {
        inbox.accept(&consumer.recv()?);
        Ok(())
    };
    Ok((Box::new(send), Box::new(receive)))
}
