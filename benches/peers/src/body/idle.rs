//! Both sides wait for what does not come. The driver reads their clocks from outside, and ends them.

use crate::boxes::{Inbox, Outbox};
use crate::job::{Done, Job};
use crate::link::{Outcome, Receiver, Sender};

/// Fills the link, then waits for room that nobody makes.
pub fn wait_for_room(job: &Job, link: &mut impl Sender) -> Outcome<Done> {
    let mut outbox = Outbox::new(job.geometry.size, job.in_all(), 0);
    while outbox.due() > 0 {
        link.send(&mut outbox)?;
    }
    Err("there was room for everything".into())
}

/// Waits for a message that nobody sends.
pub fn wait_for_a_message(job: &Job, link: &mut impl Receiver) -> Outcome<Done> {
    link.receive(&mut Inbox::new(job.geometry.size, 0))?;
    Err("there was a message that nobody sent".into())
}
