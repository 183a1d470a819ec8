//! What a forked child has of its parent's rings: nothing.
//!
//! A child has copies of all descriptors and, but for `MADV_DONTFORK`, of all shared mappings. So it would keep its
//! parent's locks, and with them the peer from learning that the parent died, and what it did with a handle that it
//! inherited would be done to the parent's ring. Therefore everything of a ring is noted here, and where libc's `fork`
//! returns in the child, each descriptor has been replaced by one of `/dev/null`, and each mapping by private memory,
//! in which no side could go on: whatever the child calls on an inherited handle fails, and touches nobody.
//!
//! A child that a bare system call makes (`clone` without libc) has neither: its first use of a handle is a fault. One
//! that only starts another program, as `std::process::Command` does, has no time to use any.

use std::cell::RefCell;
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use super::platform;

/// What a child must not have.
#[derive(Clone, Copy)]
enum Inherited {
    Descriptor(libc::c_int),
    /// As many bytes from this address on, each of which is this value in the child.
    Memory(usize, usize, u8),
}

/// Everything of every ring that this process has, with the numbers of its guards.
struct Inheritance {
    next: u64,
    entries: Vec<(u64, Inherited)>,
}

static INHERITANCE: Mutex<Inheritance> = Mutex::new(Inheritance { next: 0, entries: Vec::new() });

fn inheritance() -> MutexGuard<'static, Inheritance> {
    INHERITANCE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps a part of a ring from being inherited, until it is dropped: to be dropped first, then what it guards.
pub(crate) struct Guard(u64);

impl Guard {
    fn new(what: Inherited) -> Self {
        static HANDLERS: Once = Once::new();
        HANDLERS.call_once(|| {
            // SAFETY: three functions that live for ever. It fails for want of memory alone, and then a child inherits
            // what it should not.
            unsafe { libc::pthread_atfork(Some(before), Some(in_the_parent), Some(in_the_child)) };
        });
        let mut inheritance = inheritance();
        let number = inheritance.next;
        inheritance.next += 1;
        inheritance.entries.push((number, what));
        Self(number)
    }

    /// Guards a descriptor.
    pub(crate) fn of_descriptor(descriptor: libc::c_int) -> Self {
        Self::new(Inherited::Descriptor(descriptor))
    }

    /// Guards the `len` mapped bytes at `start`, whole pages but for the last. In a child they have the value `filler`.
    pub(crate) fn of_memory(start: NonNull<u8>, len: usize, filler: u8) -> Self {
        platform::do_not_inherit(start, len);
        Self::new(Inherited::Memory(start.as_ptr() as usize, len, filler))
    }

    /// Whether this process was forked from the one that made the guard.
    pub(crate) fn is_forked(&self) -> bool {
        inheritance().entries.iter().all(|(number, _)| *number != self.0)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        inheritance().entries.retain(|(number, _)| *number != self.0);
    }
}

thread_local! {
    /// The lock on what is noted, while this thread forks: no other changes it meanwhile, and the child can read it.
    static WHILE_FORKING: RefCell<Option<MutexGuard<'static, Inheritance>>> = const { RefCell::new(None) };
}

extern "C" fn before() {
    let _ = WHILE_FORKING.try_with(|held| *held.borrow_mut() = Some(inheritance()));
}

extern "C" fn in_the_parent() {
    let _ = WHILE_FORKING.try_with(|held| *held.borrow_mut() = None);
}

/// Makes system calls alone, and allocates nothing: of a parent with several threads, the child has but this one.
extern "C" fn in_the_child() {
    let held = WHILE_FORKING.try_with(|held| held.borrow_mut().take()).ok().flatten();
    let Some(mut inheritance) = held else { return };
    inheritance.entries.iter().for_each(|(_, what)| what.replace());
    inheritance.entries.clear();
}

impl Inherited {
    /// Puts something harmless in its place. Where that fails, the child is left with a fault at its first use.
    fn replace(self) {
        match self {
            Inherited::Descriptor(descriptor) => {
                // Closed first: the parent may have as many descriptors as it is allowed.
                // SAFETY: its owner never learns of it, for it gets another of this number below.
                unsafe { libc::close(descriptor) };
                // SAFETY: a C string.
                let null = unsafe { libc::open(b"/dev/null\0".as_ptr().cast(), libc::O_RDWR | libc::O_CLOEXEC) };
                if null != descriptor {
                    // SAFETY: plain numbers.
                    unsafe { libc::dup2(null, descriptor) };
                    // SAFETY: it was opened above, for nobody else.
                    unsafe { libc::close(null) };
                }
            }
            Inherited::Memory(start, len, filler) => {
                let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED | libc::MAP_NORESERVE;
                let protection = libc::PROT_READ | libc::PROT_WRITE;
                // SAFETY: I4 (the place of a mapping that its owner keeps, which has no other use in the child).
                let start = unsafe { libc::mmap(start as *mut libc::c_void, len, protection, flags, -1, 0) };
                if start != libc::MAP_FAILED && filler != 0 {
                    // SAFETY: mapped just now, for writing.
                    unsafe { libc::memset(start, libc::c_int::from(filler), len) };
                }
            }
        }
    }
}
