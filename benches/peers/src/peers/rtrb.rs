//! rtrb: between threads, an array at a time, or chunks of them.

use super::prelude::*;
use crate::shared::poll;

/// An array at a time.
pub const LINK: Link = Link::Threads(|setup| sized!(pair(setup), setup));
/// In chunks: copied into their slots, and read there.
pub const CHUNK: Link = Link::Threads(|setup| sized!(chunks(setup), setup));

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

fn chunks<const SIZE: usize>(setup: Setup) -> Outcome<Pair> {
    let (mut producer, mut consumer) = rtrb::RingBuffer::<[u8; SIZE]>::new(setup.slots);
    let send = move |outbox: &mut Outbox| -> Outcome<()> {
        let due = outbox.due().min(setup.batch) as usize;
        let room = poll(|| Some(producer.slots()).filter(|&room| room > 0));
        let mut chunk = producer.write_chunk_uninit(due.min(room))?;
        let (first, second) = chunk.as_mut_slices();
        for slot in first.iter_mut().chain(second) {
            slot.write(*outbox.take_array());
        }
        // SAFETY: each slot was written to.
        unsafe { chunk.commit_all() };
        Ok(())
    };
    let receive = move |inbox: &mut Inbox| -> Outcome<()> {
        let there = poll(|| Some(consumer.slots()).filter(|&there| there > 0));
        let chunk = consumer.read_chunk(there.min(setup.batch as usize))?;
        let (first, second) = chunk.as_slices();
        first.iter().chain(second).for_each(|message| inbox.read(message));
        chunk.commit_all();
        Ok(())
    };
    Ok((Box::new(send), Box::new(receive)))
}
