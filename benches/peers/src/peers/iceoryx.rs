//! iceoryx2: publish and subscribe, without overflow, so that nothing is lost; the subscriber polls.

use std::path::Path;

use iceoryx2::config::Config;
use iceoryx2::port::publisher::Publisher;
use iceoryx2::port::subscriber::Subscriber;
use iceoryx2::prelude::*;
use iceoryx2::service::port_factory::publish_subscribe::PortFactory;

use super::{Kind, Peer, Run};
use crate::boxes::{Inbox, Outbox};
use crate::link::{self, BetweenProcesses, Geometry, Outcome, Receiver, Side};
use crate::part;
use crate::shared::poll;

/// See above.
pub const ICEORYX: Peer = Peer {
    name: "iceoryx2",
    kind: Kind::Peer,
    about: "iceoryx2 0.10, publish-subscribe: a loaned sample is written and sent; receive, polling, copied out",
    run: Run::Processes(part::between_processes::<Iceoryx>),
    sizes: &[],
};

type Service = PortFactory<ipc::Service, [u8], ()>;

struct Iceoryx;

struct Sending {
    publisher: Publisher<ipc::Service, [u8], ()>,
    _service: Service,
    _node: Node<ipc::Service>,
}

struct Receiving {
    subscriber: Subscriber<ipc::Service, [u8], ()>,
    message: Vec<u8>,
    _service: Service,
    _node: Node<ipc::Service>,
}

/// All that it makes is in the directory of the round, but for shared memory, which begins with a name that the
/// driver looks for.
fn config(path: &Path) -> Outcome<Config> {
    let directory = path.parent().ok_or("no directory")?;
    let mut config = Config::default();
    let text = directory.to_str().ok_or("the path is no text")?;
    config.global.set_root_path(&text.try_into().map_err(|error| format!("{text}: {error:?}"))?);
    let prefix = format!("{}_", crate::place::name_in(directory).ok_or("no name to begin with")?);
    config.global.prefix = prefix.as_str().try_into().map_err(|error| format!("{prefix}: {error:?}"))?;
    Ok(config)
}

fn service(path: &Path, geometry: Geometry) -> Outcome<(Node<ipc::Service>, Service)> {
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
        .subscriber_max_buffer_size(geometry.slots())
        .open_or_create()?;
    Ok((node, service))
}

impl BetweenProcesses for Iceoryx {
    type Sender = Sending;
    type Receiver = Receiving;
    const FIRST: Side = Side::Receiver;

    fn sender(path: &Path, geometry: Geometry) -> Outcome<Sending> {
        let (node, service) = service(path, geometry)?;
        let publisher = service
            .publisher_builder()
            .initial_max_slice_len(geometry.size)
            .backpressure_strategy(BackpressureStrategy::RetryUntilDelivered)
            .create()?;
        Ok(Sending { publisher, _service: service, _node: node })
    }

    fn receiver(path: &Path, geometry: Geometry) -> Outcome<Receiving> {
        let (node, service) = service(path, geometry)?;
        let subscriber = service.subscriber_builder().create()?;
        Ok(Receiving { subscriber, message: vec![0; geometry.size], _service: service, _node: node })
    }
}

impl link::Sender for Sending {
    #[inline(always)]
    fn send(&mut self, outbox: &mut Outbox) -> Outcome<()> {
        let message = outbox.take();
        let sample = self.publisher.loan_slice_uninit(message.len())?;
        sample.write_from_slice(message).send()?;
        Ok(())
    }
}

impl Receiver for Receiving {
    #[inline(always)]
    fn receive(&mut self, inbox: &mut Inbox) -> Outcome<()> {
        let sample = poll(|| self.subscriber.receive().transpose())?;
        self.message.clear();
        self.message.extend_from_slice(&sample);
        drop(sample);
        inbox.accept(&self.message);
        Ok(())
    }
}
