//! Memory that changes between two loads of it, however close they are: each access to a page is trapped, done by
//! itself, and followed by a change.

use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

const PAGE: usize = 4096;
const TRAP_FLAG: i64 = 0x100;

static WATCHED: AtomicPtr<u8> = AtomicPtr::new(ptr::null_mut());
/// The first word of the page, where it can be written.
static WORD: AtomicPtr<AtomicU64> = AtomicPtr::new(ptr::null_mut());
static NEXT: AtomicU64 = AtomicU64::new(0);
static ACCESSES: AtomicU64 = AtomicU64::new(0);

fn protect(protection: libc::c_int) {
    // SAFETY: the page is the one that `watch` was given.
    unsafe { libc::mprotect(WATCHED.load(Ordering::SeqCst).cast(), PAGE, protection) };
}

fn flags(context: *mut libc::c_void) -> *mut i64 {
    let context = context.cast::<libc::ucontext_t>();
    // SAFETY: what a handler is given.
    unsafe { &mut (*context).uc_mcontext.gregs[libc::REG_EFL as usize] }
}

/// An access: lets it be done, and nothing after it.
extern "C" fn before(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: what a handler is given.
    let info = unsafe { &*info };
    // SAFETY: of this signal it is an address.
    let at = unsafe { info.si_addr() }.cast::<u8>();
    if !(0..PAGE as isize).contains(&(at as isize - WATCHED.load(Ordering::SeqCst) as isize)) {
        // SAFETY: back to what kills.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
        return;
    }
    protect(libc::PROT_READ);
    // SAFETY: as in `flags`.
    unsafe { *flags(context) |= TRAP_FLAG };
}

/// It is done: the page changes, and the next access is trapped too.
extern "C" fn after(_: libc::c_int, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    ACCESSES.fetch_add(1, Ordering::SeqCst);
    // SAFETY: the word is mapped for ever.
    unsafe { &*WORD.load(Ordering::SeqCst) }.store(NEXT.load(Ordering::SeqCst), Ordering::SeqCst);
    protect(libc::PROT_NONE);
    // SAFETY: as in `flags`.
    unsafe { *flags(context) &= !TRAP_FLAG };
}

/// From here on the first word of the page at `page`, which can be written at `word`, becomes `next` after each access
/// that this process makes to the page. For a process that does nothing else.
pub fn change_behind_each_access(page: *mut u8, word: *mut u64, next: u64) {
    NEXT.store(next, Ordering::SeqCst);
    WORD.store(word.cast(), Ordering::SeqCst);
    WATCHED.store(page, Ordering::SeqCst);
    ACCESSES.store(0, Ordering::SeqCst);
    type Handler = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);
    for (signal, handler) in [(libc::SIGSEGV, before as Handler), (libc::SIGTRAP, after)] {
        // SAFETY: plain data, for which zeroes are valid.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        action.sa_sigaction = handler as libc::sighandler_t;
        action.sa_flags = libc::SA_SIGINFO;
        // SAFETY: the handlers make system calls and stores alone.
        assert_eq!(unsafe { libc::sigaction(signal, &action, ptr::null_mut()) }, 0);
    }
    protect(libc::PROT_NONE);
}

/// How many accesses there were since this was last asked.
pub fn accesses() -> u64 {
    ACCESSES.swap(0, Ordering::SeqCst)
}
