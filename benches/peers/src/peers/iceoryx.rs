//! iceoryx2: publish and subscribe, without overflow, so that nothing is lost; the subscriber polls.

use std::path::Path;

use iceoryx2::config::Config;
use iceoryx2::prelude::*;
use iceoryx2::service::port_factory::publish_subscribe::PortFactory;

use super::prelude::*;
use crate::shared::poll;

/// A subscriber that finds its publisher there is connected at once. One that was there before is so only when it first
/// looks for a sample, and until then the publisher drops what its buffer does not hold.
pub const LINK: Link = Link::Processes { first: Side::Sender, sender, receiver };

/// All that it makes is in the directory of the round, except shared memory: that begins with a name that the driver
/// looks for.
fn config(path: &Path) -> Outcome<Config> {
    let directory = path.parent().ok_or("no directory")?;
    let mut config = Config::default();
    let text = directory.to_str().ok_or("the path is no text")?;
    config.global.set_root_path(&text.try_into().map_err(|error| format!("{text}: {error:?}"))?);
    let prefix = format!("{}_", crate::place::name_in(directory).ok_or("no name to begin with")?);
    config.global.prefix = prefix.as_str().try_into().map_err(|error| format!("{prefix}: {error:?}"))?;
    Ok(config)
}

/// The service, and the node that it lives with.
type Service = (PortFactory<ipc::Service, [u8], ()>, Node<ipc::Service>);

fn service(path: &Path, setup: Setup) -> Outcome<Service> {
    set_log_level(LogLevel::Error);
    let node = NodeBuilder::new()
        .config(&config(path)?)
        .signal_handling_mode(SignalHandlingMode::Disabled)
        .create::<ipc::Service>()?;
    let name = path.file_name().and_then(|name| name.to_str()).ok_or("no name")?;
    let service = node
        .service_builder(&name.try_into()?)
        .publish_subscribe::<[u8]>()
        .max_publishers(1)
        .max_subscribers(1)
        .history_size(0)
        .enable_safe_overflow(false)
        .subscriber_max_buffer_size(setup.slots)
        .open_or_create()?;
    Ok((service, node))
}

fn sender(path: &Path, setup: Setup) -> Outcome<AnySender> {
    let service = service(path, setup)?;
    let publisher = service
        .0
        .publisher_builder()
        .initial_max_slice_len(setup.size)
        .backpressure_strategy(BackpressureStrategy::RetryUntilDelivered)
        .create()?;
    Ok(Box::new(move |outbox: &mut Outbox| -> Outcome<()> {
        let message = outbox.take();
        publisher.loan_slice_uninit(message.len())?.write_from_slice(message).send()?;
        let _outlives_it = &service;
        Ok(())
    }))
}

fn receiver(path: &Path, setup: Setup) -> Outcome<AnyReceiver> {
    let service = service(path, setup)?;
    let subscriber = service.0.subscriber_builder().create()?;
    Ok(Box::new(move |inbox: &mut Inbox| -> Outcome<()> {
        inbox.read(&poll(|| subscriber.receive().transpose())?);
        let _outlives_it = &service;
        Ok(())
    }))
}
