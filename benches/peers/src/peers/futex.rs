//! The limit of a ping-pong that sleeps: a word, one system call to sleep on it and one to wake who does. The word is
//! how many messages have been sent, modulo 2^32; no byte of a message goes with it.

use std::ptr;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{Acquire, Release};

use super::prelude::*;
use crate::shared::{Shared, LINE};

pub const LINK: Link = Link::Processes { first: Side::Sender, sender, receiver };

fn sender(path: &Path, _: Setup) -> Outcome<AnySender> {
    let memory = Shared::map(path, LINE)?;
    Ok(Box::new(move |outbox: &mut Outbox| -> Outcome<()> {
        outbox.take();
        let word = memory.half_word(0);
        word.store(outbox.taken() as u32, Release);
        futex(word, libc::FUTEX_WAKE, 1);
        Ok(())
    }))
}

fn receiver(path: &Path, setup: Setup) -> Outcome<AnyReceiver> {
    let (memory, mut message) = (Shared::map(path, LINE)?, vec![0; setup.size]);
    Ok(Box::new(move |inbox: &mut Inbox| -> Outcome<()> {
        let (word, before) = (memory.half_word(0), inbox.received() as u32);
        while word.load(Acquire) == before {
            futex(word, libc::FUTEX_WAIT, before);
        }
        let sent = inbox.received() + u64::from(word.load(Acquire).wrapping_sub(before));
        message[..8].copy_from_slice(&(sent - 1).to_le_bytes());
        inbox.accept(&message);
        Ok(())
    }))
}

/// Whatever the kernel answers: who called looks at the word itself.
fn futex(word: &AtomicU32, operation: libc::c_int, value: u32) {
    // SAFETY: the word is aligned and mapped as long as it is borrowed; without a time-out there is no other pointer.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), operation, value, ptr::null::<libc::timespec>()) };
}
