//! Fault 36 under an allocator whose lock is taken before each fork: what a ring does while a fork waits for it must
//! not allocate, nor give memory back.
#![cfg(all(target_os = "linux", not(any(loom, shuttle))))]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use ipc_ring::{RingOptions, RingReader, RingWriter, Trust};
use ipc_ring_reference::kernel::{holding, Calls, LOCKS, SHARED_MAPS};
use ipc_ring_reference::{other_process, Other, Place};

/// The system's allocator after a lock of its own, as other allocators have one.
struct Locking;

#[global_allocator]
static ALLOCATOR: Locking = Locking;

static IS_LOCKED: AtomicBool = AtomicBool::new(false);

extern "C" fn lock() {
    while IS_LOCKED.swap(true, Ordering::Acquire) {
        thread::yield_now();
    }
}

extern "C" fn unlock() {
    IS_LOCKED.store(false, Ordering::Release);
}

// SAFETY: the system's allocator, one call at a time.
unsafe impl GlobalAlloc for Locking {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        lock();
        // SAFETY: the caller's promise.
        let start = unsafe { System.alloc(layout) };
        unlock();
        start
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        lock();
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(start, layout) };
        unlock();
    }
}

/// The forks that are wanted, those that have taken the allocator's lock, and those that have returned.
static WANTED: AtomicU32 = AtomicU32::new(0);
static BEGUN: AtomicU32 = AtomicU32::new(0);
static RETURNED: AtomicU32 = AtomicU32::new(0);

extern "C" fn before() {
    lock();
    BEGUN.fetch_add(1, Ordering::SeqCst);
}

/// Has another thread fork, and returns when that holds the allocator's lock or has returned already: nothing here
/// allocates.
fn fork_meanwhile() {
    let begun = BEGUN.load(Ordering::SeqCst);
    if begun > RETURNED.load(Ordering::SeqCst) {
        return;
    }
    WANTED.store(begun + 1, Ordering::SeqCst);
    while BEGUN.load(Ordering::SeqCst) == begun {
        thread::yield_now();
    }
}

fn forks_when_it_is_wanted(is_over: &AtomicBool) {
    while !is_over.load(Ordering::SeqCst) {
        if WANTED.load(Ordering::SeqCst) == RETURNED.load(Ordering::SeqCst) {
            thread::yield_now();
            continue;
        }
        // SAFETY: the child ends at once.
        let child = unsafe { libc::fork() };
        if child == 0 {
            // SAFETY: as above.
            unsafe { libc::_exit(0) };
        }
        // SAFETY: it is this process's child, and no answer is wanted.
        unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
        RETURNED.fetch_add(1, Ordering::SeqCst);
    }
}

/// Calls that are made for a ring, and never by the allocator.
const CALLS: &[Calls] = &[
    Calls::of(libc::SYS_openat),
    #[cfg(target_arch = "x86_64")]
    Calls::of(libc::SYS_open),
    Calls::of(libc::SYS_close),
    Calls::of(libc::SYS_memfd_create),
    LOCKS,
    SHARED_MAPS,
    Calls::with(libc::SYS_madvise, 2, !0, libc::MADV_DONTFORK as u32),
    Calls::with(libc::SYS_madvise, 2, !0, libc::MADV_HUGEPAGE as u32),
];

#[test]
#[ignore = "the other process of the test below"]
fn process_that_forks_and_opens() {
    let (path, mut steps) = other_process();
    // SAFETY: three functions that live for ever.
    unsafe { libc::pthread_atfork(Some(before), Some(unlock), Some(unlock)) };
    let is_over = AtomicBool::new(false);
    thread::scope(|threads| {
        threads.spawn(|| forks_when_it_is_wanted(&is_over));
        holding(
            CALLS,
            |_| fork_meanwhile(),
            || {
                let writer = RingOptions::new().huge_pages(true).create(&path, 64).unwrap();
                let reader = RingReader::open(&path).unwrap();
                RingReader::open(&path).unwrap_err();
                drop((writer, reader));
                RingWriter::attach(&path).unwrap();
                ipc_ring::remove(&path, Trust::new()).unwrap();
                RingWriter::attach(path.with_extension("none")).unwrap_err();
                let (writer, memory) = RingOptions::new().create_sealed(64).unwrap();
                let reader = RingOptions::new().open_memory(&memory).unwrap();
                drop((writer, reader));
            },
        );
        is_over.store(true, Ordering::SeqCst);
    });
    let forks = RETURNED.load(Ordering::SeqCst);
    assert!(forks > 0);
    steps.step("done");
}

// Checks: I16.
#[test]
fn f36_nothing_is_allocated_or_given_back_while_a_fork_may_wait_for_it() {
    let place = Place::new();
    Other::start("process_that_forks_and_opens", &place.ring()).expect("done");
}
