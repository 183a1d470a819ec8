//! A child's part in a run: it opens its ends, waits for its peer, does the task, and keeps its ends open until its
//! peer is done, too.

use std::thread;

use crate::console::{Console, Tell};
use crate::job::{Done, Job, Task};
use crate::link::{AnyReceiver, AnySender, Receiver, Sender, Side};
use crate::{pin, pingpong, stream, Outcome};

/// Opens the ends of a link between processes, by name: `forth` and `back`, or `full` and `silent`.
pub struct Between<'a> {
    /// The end that has to be opened first.
    pub first: Side,
    /// Opens the sending end.
    pub sender: &'a dyn Fn(&str) -> Outcome<AnySender>,
    /// Opens the receiving end.
    pub receiver: &'a dyn Fn(&str) -> Outcome<AnyReceiver>,
}

impl Between<'_> {
    /// Plays one side's part. The left side is the sender, or the side that begins.
    pub fn play(&self, job: &Job, is_left: bool, console: &Console) -> Outcome<()> {
        pin_to(job, usize::from(!is_left))?;
        let (senders, receivers): (&[&str], &[&str]) = match (job.task, is_left) {
            (Task::Stream { .. }, true) => (&["forth"], &[]),
            (Task::Stream { .. }, false) => (&[], &["forth"]),
            (Task::PingPong, true) => (&["forth"], &["back"]),
            (Task::PingPong, false) => (&["back"], &["forth"]),
            (Task::Idle, true) => (&["full", "silent"], &[]),
            (Task::Idle, false) => (&[], &["full", "silent"]),
        };
        let open_senders = || senders.iter().map(|name| (self.sender)(name)).collect::<Outcome<Vec<_>>>();
        let open_receivers = || receivers.iter().map(|name| (self.receiver)(name)).collect::<Outcome<Vec<_>>>();
        let (mut senders, mut receivers) = (Vec::new(), Vec::new());
        match self.first {
            Side::Sender => senders = open_senders()?,
            Side::Receiver => receivers = open_receivers()?,
        }
        console.step()?;
        match self.first {
            Side::Sender => receivers = open_receivers()?,
            Side::Receiver => senders = open_senders()?,
        }
        console.step()?;
        let tell: Tell<'_> = &mut console.progress(job.tells);
        let done = match (job.task, &mut senders[..], &mut receivers[..]) {
            (Task::Stream { .. }, [forth], []) => stream::send(job, &mut **forth),
            (Task::Stream { .. }, [], [forth]) => stream::receive(job, &mut **forth, tell),
            (Task::PingPong, [near], [far]) if is_left => pingpong::ping(job, &mut **near, &mut **far, tell),
            (Task::PingPong, [near], [far]) => pingpong::pong(job, &mut **far, &mut **near),
            (Task::Idle, [full, _silent], []) => wait_for_space(job, &mut **full),
            (Task::Idle, [], [_full, silent]) => wait_for_a_message(job, &mut **silent),
            _ => Err("no such part".into()),
        };
        console.done(done?)
    }
}

/// Fills the link, and waits for space that nobody makes, until the driver kills this process.
fn wait_for_space(job: &Job, link: &mut dyn Sender) -> Outcome<Done> {
    stream::send(job, link)?;
    Err("there was space for everything".into())
}

/// Waits for a message that nobody sends, until the driver kills this process.
fn wait_for_a_message(job: &Job, link: &mut dyn Receiver) -> Outcome<Done> {
    link.receive(&mut job.inbox())?;
    Err("there was a message that nobody sent".into())
}

/// Both ends of a link between two threads of one process.
pub type Pair = (Box<dyn Sender + Send>, Box<dyn Receiver + Send>);

/// Plays both parts, each in a thread, after `ready` returns. This thread receives, or answers.
pub fn between_threads(
    job: &Job,
    pair: &dyn Fn() -> Outcome<Pair>,
    ready: impl FnOnce() -> Outcome<()>,
) -> Outcome<Done> {
    let (mut near, mut far) = pair()?;
    pin_to(job, 1)?;
    match job.task {
        Task::Stream { .. } => {
            ready()?;
            let send = || pin_to(job, 0).and_then(|()| stream::send(job, &mut *near));
            both(send, || stream::receive(job, &mut *far, &mut |_| Ok(())))
        }
        Task::PingPong => {
            let (mut back_near, mut back_far) = pair()?;
            ready()?;
            let mut ping = || pingpong::ping(job, &mut *near, &mut *back_far, &mut |_| Ok(()));
            both(move || pin_to(job, 0).and_then(|()| ping()), || pingpong::pong(job, &mut *far, &mut *back_near))
        }
        Task::Idle => Err("threads of one process are not measured idle".into()),
    }
}

/// Runs both parts, and returns what the side with the clock reports.
fn both(other: impl FnOnce() -> Outcome<Done> + Send, this: impl FnOnce() -> Outcome<Done>) -> Outcome<Done> {
    let (other, this) = thread::scope(|scope| {
        let other = scope.spawn(other);
        let this = this();
        (other.join().unwrap_or_else(|_| Err("a thread panicked".into())), this)
    });
    let both = [other?, this?];
    both.into_iter().find(|done| !done.laps.is_empty()).ok_or_else(|| "nothing was measured".into())
}

/// Pins this thread to the core of its side, if one was named.
pub fn pin_to(job: &Job, side: usize) -> Outcome<()> {
    job.cores.map_or(Ok(()), |cores| pin::to_core(cores[side]))
}
