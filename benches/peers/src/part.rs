//! A child's part in a round: opens its ends, waits for the word, does what the task is, and keeps its ends open
//! until the other side has done the same.

use std::thread;

use crate::body::{idle, pingpong, stream};
use crate::console::Console;
use crate::job::{Done, Job, Part, Task};
use crate::link::{BetweenProcesses, BetweenThreads, Outcome, Side};
use crate::pin;

/// One side's part in a round of a peer between processes.
pub fn between_processes<P: BetweenProcesses>(job: &Job, part: Part, console: &Console) -> Outcome<()> {
    let is_left = part == Part::Left;
    pin::to_core(job.cores[usize::from(!is_left)])?;
    let (senders, receivers): (&[&str], &[&str]) = match (job.task, is_left) {
        (Task::Stream { .. }, true) => (&["forth"], &[]),
        (Task::Stream { .. }, false) => (&[], &["forth"]),
        (Task::PingPong, true) => (&["forth"], &["back"]),
        (Task::PingPong, false) => (&["back"], &["forth"]),
        (Task::Idle, true) => (&["full", "silent"], &[]),
        (Task::Idle, false) => (&[], &["full", "silent"]),
    };
    let mut ends = open::<P>(job, console, senders, receivers)?;
    console.ready()?;
    let done = match (job.task, &mut *ends.senders, &mut *ends.receivers) {
        (Task::Stream { .. }, [forth], []) => stream::send(job, forth),
        (Task::Stream { .. }, [], [forth]) => stream::receive(job, forth),
        (Task::PingPong, [near], [far]) if is_left => pingpong::ping(job, near, far),
        (Task::PingPong, [near], [far]) => pingpong::pong(job, far, near),
        (Task::Idle, [full, _silent], []) => idle::wait_for_room(job, full),
        (Task::Idle, [], [_full, silent]) => idle::wait_for_a_message(job, silent),
        _ => Err("no such part".into()),
    };
    // Now the other side may still look at what this one has in memory.
    console.done(&done?)
}

/// A round of a peer between threads: the sender's is another one.
pub fn between_threads<P: BetweenThreads>(job: &Job, console: &Console) -> Outcome<()> {
    let (mut near, mut far) = P::pair(job.geometry)?;
    let [left, right] = job.cores;
    pin::to_core(right)?;
    let done = match job.task {
        Task::Stream { .. } => {
            console.ready()?;
            thread::scope(|scope| {
                let sender = scope.spawn(|| pin::to_core(left).and_then(|()| stream::send(job, &mut near)));
                let received = stream::receive(job, &mut far);
                joined(sender).and(received)
            })
        }
        Task::PingPong => {
            let (mut back_near, mut back_far) = P::pair(job.geometry)?;
            console.ready()?;
            thread::scope(|scope| {
                let (near, back_far) = (&mut near, &mut back_far);
                let ping = scope.spawn(|| pin::to_core(left).and_then(|()| pingpong::ping(job, near, back_far)));
                let ponged = pingpong::pong(job, &mut far, &mut back_near);
                let pinged = joined(ping);
                ponged.and(pinged)
            })
        }
        Task::Idle => Err("threads of one process are not measured idle".into()),
    };
    console.done(&done?)
}

/// The work of a slow side, and nothing else.
pub fn alone(job: &Job, console: &Console) -> Outcome<()> {
    pin::to_core(job.cores[1])?;
    console.ready()?;
    console.done(&stream::alone(job)?)
}

struct Ends<P: BetweenProcesses> {
    senders: Vec<P::Sender>,
    receivers: Vec<P::Receiver>,
}

/// Opens the ends that have to be first, waits until the other side has done so too, and opens the rest.
fn open<P: BetweenProcesses>(job: &Job, console: &Console, senders: &[&str], receivers: &[&str]) -> Outcome<Ends<P>> {
    let open_senders = || senders.iter().map(|name| P::sender(&job.directory.join(name), job.geometry)).collect();
    let open_receivers = || receivers.iter().map(|name| P::receiver(&job.directory.join(name), job.geometry)).collect();
    Ok(match P::FIRST {
        Side::Sender => {
            let senders: Outcome<_> = open_senders();
            let senders = senders?;
            console.created()?;
            let receivers: Outcome<_> = open_receivers();
            Ends { senders, receivers: receivers? }
        }
        Side::Receiver => {
            let receivers: Outcome<_> = open_receivers();
            let receivers = receivers?;
            console.created()?;
            let senders: Outcome<_> = open_senders();
            Ends { senders: senders?, receivers }
        }
    })
}

fn joined(thread: thread::ScopedJoinHandle<'_, Outcome<Done>>) -> Outcome<Done> {
    thread.join().unwrap_or_else(|_| Err("a thread panicked".into()))
}
