//! ringfire, lossless: an array at a time, or batches of them in both directions.

use ringfire::{FlowControl, RingConsumer, RingProducer, RingProducerBuilder};

use super::prelude::*;
use crate::shared::poll;

/// An array at a time.
pub const SINGLE: Link = Link::Processes {
    first: Side::Sender,
    sender: |path, setup| sized!(sender(path, setup), setup),
    receiver: |path, setup| sized!(receiver(path), setup),
};
/// In batches.
pub const BATCH: Link = Link::Processes {
    first: Side::Sender,
    sender: |path, setup| sized!(batch_sender(path, setup), setup),
    receiver: |path, setup| sized!(batch_receiver(path, setup), setup),
};

fn producer<const SIZE: usize>(path: &Path, setup: Setup) -> Outcome<RingProducer<[u8; SIZE]>> {
    let builder = RingProducerBuilder::new(setup.slots as u64).flow_control(FlowControl::LosslessBackpressure);
    Ok(builder.max_readers(1).build(path)?)
}

fn consumer<const SIZE: usize>(path: &Path) -> Outcome<RingConsumer<[u8; SIZE]>> {
    Ok(RingConsumer::builder().start_from_oldest().attach(path)?)
}

fn sender<const SIZE: usize>(path: &Path, setup: Setup) -> Outcome<AnySender> {
    let mut producer = producer::<SIZE>(path, setup)?;
    Ok(Box::new(move |outbox: &mut Outbox| -> Outcome<()> {
        producer.push(outbox.take_array());
        Ok(())
    }))
}

fn receiver<const SIZE: usize>(path: &Path) -> Outcome<AnyReceiver> {
    let mut consumer = consumer::<SIZE>(path)?;
    Ok(Box::new(move |inbox: &mut Inbox| -> Outcome<()> {
        inbox.accept(&poll(|| consumer.try_recv()));
        Ok(())
    }))
}

fn batch_sender<const SIZE: usize>(path: &Path, setup: Setup) -> Outcome<AnySender> {
    let (mut producer, mut batch) = (producer::<SIZE>(path, setup)?, Vec::with_capacity(setup.batch as usize));
    Ok(Box::new(move |outbox: &mut Outbox| -> Outcome<()> {
        batch.clear();
        for _ in 0..outbox.due().min(setup.batch) {
            batch.push(*outbox.take_array());
        }
        producer.push_batch(&batch);
        Ok(())
    }))
}

fn batch_receiver<const SIZE: usize>(path: &Path, setup: Setup) -> Outcome<AnyReceiver> {
    let (mut consumer, mut batch) = (consumer::<SIZE>(path)?, vec![[0; SIZE]; setup.batch as usize]);
    Ok(Box::new(move |inbox: &mut Inbox| -> Outcome<()> {
        let received = poll(|| Some(consumer.recv_batch(&mut batch)).filter(|&received| received > 0));
        batch[..received].iter().for_each(|message| inbox.accept(message));
        Ok(())
    }))
}
