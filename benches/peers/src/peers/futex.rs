//! The limit of a ping-pong that sleeps: a word, one system call to sleep on it and one to wake who does.

use std::path::Path;
use std::ptr;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{Acquire, Release};

use super::{Kind, Peer, Run};
use crate::boxes::{Inbox, Outbox};
use crate::link::{BetweenProcesses, Geometry, Outcome, Receiver, Sender, Side};
use crate::part;
use crate::shared::{Shared, LINE};

/// See above.
pub const FUTEX: Peer = Peer {
    name: "futex",
    kind: Kind::Limit,
    about: "The limit: a word, FUTEX_WAIT by one side and FUTEX_WAKE by the other; no message",
    run: Run::Processes(part::between_processes::<Futex>),
    sizes: &[],
};

struct Futex;

/// The word is how many messages have been sent, modulo 2^32. No byte of a message goes with it.
struct End {
    memory: Shared,
    message: Vec<u8>,
}

impl BetweenProcesses for Futex {
    type Sender = End;
    type Receiver = End;
    const FIRST: Side = Side::Sender;

    fn sender(path: &Path, geometry: Geometry) -> Outcome<End> {
        Ok(End { memory: Shared::map(path, LINE)?, message: vec![0; geometry.size] })
    }

    fn receiver(path: &Path, geometry: Geometry) -> Outcome<End> {
        Self::sender(path, geometry)
    }
}

impl Sender for End {
    #[inline(always)]
    fn send(&mut self, outbox: &mut Outbox) -> Outcome<()> {
        outbox.take();
        let word = self.memory.half_word(0);
        word.store(outbox.taken() as u32, Release);
        futex(word, libc::FUTEX_WAKE, 1);
        Ok(())
    }
}

impl Receiver for End {
    #[inline(always)]
    fn receive(&mut self, inbox: &mut Inbox) -> Outcome<()> {
        let word = self.memory.half_word(0);
        let before = inbox.received() as u32;
        while word.load(Acquire) == before {
            futex(word, libc::FUTEX_WAIT, before);
        }
        let sent = inbox.received() + u64::from(word.load(Acquire).wrapping_sub(before));
        self.message[..8].copy_from_slice(&(sent - 1).to_le_bytes());
        inbox.accept(&self.message);
        Ok(())
    }
}

/// Whatever the kernel answers: who called looks at the word itself.
fn futex(word: &AtomicU32, operation: libc::c_int, value: u32) {
    // SAFETY: the word is aligned and mapped as long as it is borrowed; without a time-out there is no other pointer.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), operation, value, ptr::null::<libc::timespec>()) };
}
