//! What a child has of its own, where its parent's rings stood, stays as it is.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use ipc_ring::{ByteWriter, RingReader, RingWriter};
use ipc_ring_reference::kernel::{fork, reap};
use ipc_ring_reference::{other_process, Other, Place, LONG};

const PATTERN: u8 = 0x5a;

/// As a fork, after which no handlers run.
fn bare_clone(body: impl FnOnce() -> i32) -> libc::pid_t {
    // SAFETY: the child does what a signal handler may, and ends at once.
    let child = unsafe { libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) } as libc::pid_t;
    if child == 0 {
        let status = body();
        // SAFETY: ends the process.
        unsafe { libc::_exit(status) };
    }
    assert!(child > 0);
    child
}

/// The addresses and lengths of what this process has mapped of the ring at `path`.
fn mappings(path: &Path) -> Vec<(usize, usize)> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let number = |text: &str| usize::from_str_radix(text, 16).unwrap();
    let of_the_ring = maps.lines().filter(|line| line.ends_with(path.to_str().unwrap()));
    let ranges = of_the_ring.map(|line| line.split(' ').next().unwrap().split_once('-').unwrap());
    ranges.map(|(start, end)| (number(start), number(end) - number(start))).collect()
}

/// Maps memory of the process's own at `start`, if nothing is there, and fills it.
fn map_own(start: usize, len: usize) -> bool {
    let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    let start = start as *mut libc::c_void;
    // SAFETY: new memory, at a place where nothing is, or elsewhere.
    let mapped = unsafe { libc::mmap(start, len, protection, flags, -1, 0) };
    // SAFETY: mapped just now.
    mapped == start && !unsafe { libc::memset(mapped, PATTERN.into(), len) }.is_null()
}

/// Whether all of that memory is as it was filled.
fn is_whole(start: usize, len: usize) -> bool {
    // SAFETY: mapped by `map_own`. If it is no more, that kills the process, and the test fails.
    (0..len).all(|at| unsafe { ((start + at) as *const u8).read_volatile() } == PATTERN)
}

/// Runs `in_the_child` in a child without handlers that has memory of its own wherever the parent's ring was mapped.
/// Returns how the child ended: with 7, if its memory stayed whole.
fn with_own_memory(path: &Path, in_the_child: impl FnOnce()) -> i32 {
    let places = mappings(path);
    assert!(!places.is_empty());
    reap(bare_clone(|| {
        if !places.iter().all(|&(start, len)| map_own(start, len)) {
            return 1;
        }
        in_the_child();
        match places.iter().all(|&(start, len)| is_whole(start, len)) {
            true => 7,
            false => 2,
        }
    }))
}

#[test]
#[ignore = "the other process of the test below"]
fn parent_of_one_with_own_memory() {
    let (path, mut steps) = other_process();
    drop(RingWriter::create(&path, 1 << 16).unwrap());
    // What is opened by its path is mapped with that name.
    let mut handles = Some((RingWriter::attach(&path).unwrap(), RingReader::open(&path).unwrap()));
    let dropped = with_own_memory(&path, || drop(handles.take()));

    let (mut writer, mut reader) = handles.unwrap();
    let mut batch = writer.batch();
    batch.push(b"data", None).unwrap();
    let mut batch = Some(batch);
    let batch_dropped = with_own_memory(&path, || drop(batch.take()));
    drop(batch);

    let mut stream = ByteWriter::new(writer);
    stream.write_all(b"more").unwrap();
    let mut stream = Some(stream);
    let stream_dropped = with_own_memory(&path, || drop(stream.take()));
    drop(stream);
    let popped: Vec<_> = reader.iter(Some(LONG)).map(Result::unwrap).collect();
    assert_eq!(popped, [b"data", b"more"], "the parent's were pushed once");
    steps.step(format!("{dropped:#x} {batch_dropped:#x} {stream_dropped:#x}"));
}

// Checks: I16.
#[test]
fn f36_memory_that_a_child_without_handlers_has_mapped_outlives_the_handles_that_it_drops() {
    let place = Place::new();
    Other::start("forks::own::parent_of_one_with_own_memory", &place.ring()).expect("0x700 0x700 0x700");
}

#[test]
#[ignore = "the other process of the test below"]
fn parent_of_one_that_only_drops() {
    let (path, mut steps) = other_process();
    let mut writer = RingWriter::create(&path, 64).unwrap();
    let mut reader = RingReader::open(&path).unwrap();
    let mut batch = writer.batch();
    batch.push(b"data", None).unwrap();
    let mut batch = Some(batch);
    let batch_dropped = reap(bare_clone(|| {
        drop(batch.take());
        7
    }));
    drop(batch);
    let mut stream = ByteWriter::new(writer);
    stream.write_all(b"more").unwrap();
    let mut stream = Some(stream);
    let stream_dropped = reap(bare_clone(|| {
        drop(stream.take());
        7
    }));
    drop(stream);
    let popped: Vec<_> = reader.iter(Some(LONG)).map(Result::unwrap).collect();
    assert_eq!(popped, [b"data", b"more"], "the parent's were pushed once");
    steps.step(format!("{batch_dropped:#x} {stream_dropped:#x}"));
}

// Checks: I16.
#[test]
fn f36_a_batch_and_a_stream_that_a_child_without_handlers_drops_are_pushed_by_its_parent_alone() {
    let place = Place::new();
    Other::start("forks::own::parent_of_one_that_only_drops", &place.ring()).expect("0x700 0x700");
}

/// Has the handler below, which runs in a child before the library's own, map memory where the ring was.
static MAPS: AtomicBool = AtomicBool::new(false);
static PLACES: [(AtomicUsize, AtomicUsize); 8] = {
    #[allow(clippy::declare_interior_mutable_const)] // Each place is a copy of its own.
    const NONE: (AtomicUsize, AtomicUsize) = (AtomicUsize::new(0), AtomicUsize::new(0));
    [NONE; 8]
};

fn places() -> impl Iterator<Item = (usize, usize)> {
    let all = PLACES.iter().map(|(start, len)| (start.load(Ordering::SeqCst), len.load(Ordering::SeqCst)));
    all.filter(|&(_, len)| len > 0)
}

extern "C" fn maps_in_the_child() {
    if MAPS.load(Ordering::SeqCst) {
        MAPS.store(places().all(|(start, len)| map_own(start, len)), Ordering::SeqCst);
    }
}

extern "C" fn registers_early() {
    // SAFETY: a function that lives for ever.
    unsafe { libc::pthread_atfork(None, None, Some(maps_in_the_child)) };
}

#[used]
#[link_section = ".init_array.00102"]
static REGISTERS_EARLY: extern "C" fn() = registers_early;

#[test]
#[ignore = "the other process of the test below"]
fn parent_whose_handler_maps_early() {
    let (path, mut steps) = other_process();
    drop(RingWriter::create(&path, 1 << 16).unwrap());
    // What is opened by its path is mapped with that name.
    let writer = RingWriter::attach(&path).unwrap();
    for ((start, len), (at, as_long)) in mappings(&path).into_iter().zip(&PLACES) {
        at.store(start, Ordering::SeqCst);
        as_long.store(len, Ordering::SeqCst);
    }
    assert!(places().count() > 0);
    MAPS.store(true, Ordering::SeqCst);
    let status = reap(fork(move || {
        let is_mapped = MAPS.load(Ordering::SeqCst);
        let was_whole = places().all(|(start, len)| is_whole(start, len));
        drop(writer);
        let is_whole = places().all(|(start, len)| is_whole(start, len));
        i32::from(is_mapped) + 2 * i32::from(was_whole) + 4 * i32::from(is_whole)
    }));
    steps.step(format!("{status:#x}"));
}

// Checks: I16.
#[test]
fn f36_memory_that_an_earlier_handler_maps_in_the_child_is_not_replaced() {
    let place = Place::new();
    Other::start("forks::own::parent_whose_handler_maps_early", &place.ring()).expect("0x700");
}

#[test]
#[ignore = "the other process of the test below"]
fn parent_of_one_that_closes_everything() {
    let (path, mut steps) = other_process();
    let (writer, reader) = (RingWriter::create(&path, 64).unwrap(), RingReader::open(&path).unwrap());
    let own = path.with_extension("own");
    fs::write(&own, "").unwrap();
    let mut handles = Some((writer, reader));
    let status = reap(bare_clone(|| {
        // As a daemon does. Then it opens files of its own, which get the same numbers.
        (3..64).for_each(|descriptor| {
            // SAFETY: the child uses none of them, and drops only handles of rings.
            unsafe { libc::close(descriptor) };
        });
        let files: Vec<File> = (3..40).map(|_| File::options().append(true).open(&own).unwrap()).collect();
        drop(handles.take());
        let whole = files.iter().all(|mut file| file.write_all(b".").is_ok());
        std::mem::forget(files);
        if whole {
            7
        } else {
            1
        }
    }));
    assert_eq!(fs::read(&own).unwrap().len(), 37);
    let is_held = RingWriter::attach(&path).is_err() && RingReader::open(&path).is_err();
    steps.step(format!("{status:#x} {is_held}"));
}

// Checks: I16.
#[test]
fn f36_files_that_a_child_without_handlers_has_opened_outlive_the_handles_that_it_drops() {
    let place = Place::new();
    Other::start("forks::own::parent_of_one_that_closes_everything", &place.ring()).expect("0x700 true");
}
