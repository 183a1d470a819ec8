//! Faults 42 and 45: a sandbox, or a filesystem, that lacks what the others have.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::common::other::{other_process, Other};
use crate::common::{Place, LONG};
use crate::kernel::{enter_a_sandbox, in_a_sandbox, in_a_storm_of_signals, is_root, mounted, not_run, Calls};
use ipc_ring::{CreateError, FenceMode, OpenError, RingOptions, RingReader, RingView, RingWriter, Side, WaitStrategy};

const BARRIERS: Calls = Calls::of(libc::SYS_membarrier);
/// Of the two commands that the library uses, the one without which the other is of no use.
const BARRIERS_BUT_REGISTERING: Calls = Calls::with(libc::SYS_membarrier, 0, !0, 1 << 1);

/// A sandbox that refuses `number` in this way, for the processes below.
fn sandbox(number: usize) -> (Calls, libc::c_int) {
    [(BARRIERS, libc::ENOSYS), (BARRIERS, libc::EPERM), (BARRIERS_BUT_REGISTERING, libc::EPERM)][number]
}

/// Whether this machine has asymmetric fences; says so if not.
fn has_asymmetric_fences() -> bool {
    let place = Place::new();
    let created = RingOptions::new().fence_mode(FenceMode::Asymmetric).create(place.ring(), 64);
    if let Err(error) = &created {
        not_run("f42", format!("this machine has no asymmetric fences: {error}"));
    }
    created.is_ok()
}

#[test]
#[ignore = "the other process of the tests below"]
fn whoever_is_in_a_sandbox() {
    let (path, mut steps) = other_process();
    let (refused, errno) = sandbox(std::env::var("IPC_RING_SANDBOX").unwrap().parse().unwrap());
    enter_a_sandbox(&[refused], errno);
    let names_the_remedy = |error: OpenError| {
        let text = error.to_string();
        assert!(text.contains("FenceMode::Symmetric") && text.contains("membarrier"), "{text}");
        let source = match error {
            OpenError::FencesUnavailable { source, .. } => source,
            error => panic!("{error:?}"),
        };
        assert_eq!(source.raw_os_error(), Some(errno));
    };
    names_the_remedy(RingReader::open(&path).unwrap_err());
    names_the_remedy(RingWriter::attach(&path).unwrap_err());
    // An onlooker needs no fence.
    assert_eq!(RingView::open(&path).unwrap().fence_mode(), FenceMode::Asymmetric);
    // Asked for, they are an error here, too. Left to the ring, they are what there is.
    let another = path.with_extension("another");
    let mut options = RingOptions::new();
    let error = options.fence_mode(FenceMode::Asymmetric).create(&another, 64).unwrap_err();
    assert!(matches!(error, CreateError::FencesUnavailable { .. }), "{error:?}");
    assert!(error.to_string().contains("FenceMode::Symmetric"), "{error}");
    drop(RingWriter::create(&another, 64).unwrap());
    assert_eq!(RingView::open(&another).unwrap().fence_mode(), FenceMode::Symmetric);
    steps.step("was told, twice");

    let mut reader = RingReader::open(&path).unwrap();
    steps.say(format!("{:?}", reader.pop(&mut Vec::new(), Some(LONG))));
}

#[test]
fn f42_a_side_that_may_not_use_the_fences_of_the_ring_is_told_which_it_may() {
    if !has_asymmetric_fences() {
        return;
    }
    for number in 0..3 {
        let place = Place::new();
        let mut options = RingOptions::new();
        drop(options.fence_mode(FenceMode::Asymmetric).create(place.ring(), 64).unwrap());
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        command.env("IPC_RING_SANDBOX", number.to_string());
        let mut other = Other::start_by(&mut command, "sandbox::whoever_is_in_a_sandbox", &place.ring());
        other.expect("was told, twice");
        // The remedy helps.
        fs::remove_file(place.ring()).unwrap();
        let mut writer = options.fence_mode(FenceMode::Symmetric).create(place.ring(), 64).unwrap();
        writer.push(b"seven b", None).unwrap();
        other.go_on();
        other.expect("Ok(7)");
    }
}

#[test]
#[ignore = "the other process of the test below"]
fn reader_that_enters_a_sandbox() {
    let (path, mut steps) = other_process();
    let mut reader = RingOptions::new().wait(WaitStrategy::Sleep).open(path).unwrap();
    enter_a_sandbox(&[BARRIERS], libc::EPERM);
    steps.step("reads");
    let mut buffer = Vec::new();
    for number in 0..10u64 {
        reader.pop(&mut buffer, Some(LONG)).unwrap();
        assert_eq!(buffer, number.to_le_bytes());
    }
    steps.say("read");
}

#[test]
fn f42_a_sandbox_that_is_entered_afterwards_costs_no_message() {
    if !has_asymmetric_fences() {
        return;
    }
    let place = Place::new();
    let mut writer = RingOptions::new().fence_mode(FenceMode::Asymmetric).create(place.ring(), 4096).unwrap();
    let mut other = Other::start("sandbox::reader_that_enters_a_sandbox", &place.ring());
    other.expect("reads");
    other.go_on();
    for number in 0..10u64 {
        place.until_reader_sleeps(writer.position() + 8);
        writer.push(&number.to_le_bytes(), None).unwrap();
    }
    other.expect("read");
}

const ALLOCATIONS: Calls = Calls::of(libc::SYS_fallocate);
/// Naming a file that has no name yet.
const NAMES_OF_NAMELESS: Calls =
    Calls::with(libc::SYS_linkat, 4, libc::AT_SYMLINK_FOLLOW as u32, libc::AT_SYMLINK_FOLLOW as u32);
const NAMELESS: Calls = Calls::with(libc::SYS_openat, 2, libc::O_TMPFILE as u32, libc::O_TMPFILE as u32);
const RENAMES: Calls = Calls::of(libc::SYS_renameat2);

/// That the ring at `path` is as any other: whole, held, of one name, and with space for all that fits.
fn is_a_ring(path: &Path, mut writer: RingWriter) {
    let metadata = fs::metadata(path).unwrap();
    assert_eq!((metadata.nlink(), metadata.mode() & 0o7777), (1, 0o600));
    assert!(matches!(RingWriter::attach(path), Err(OpenError::Busy { side: Side::Writer, .. })));
    let mut reader = RingReader::open(path).unwrap();
    let message = vec![0xa5; writer.capacity() / 2 - 8];
    let mut buffer = Vec::new();
    for _ in 0..4 {
        writer.push(&message, None).unwrap();
        reader.pop(&mut buffer, None).unwrap();
        assert_eq!(buffer, message);
    }
}

fn is_full(created: Result<RingWriter, CreateError>) {
    match created {
        Err(CreateError::Io { source, .. }) => assert_eq!(source.raw_os_error(), Some(libc::ENOSPC)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn f45_space_that_cannot_be_allocated_is_written() {
    let place = Place::new();
    // Not a multiple of any piece.
    const CAPACITY: usize = 1 << 18;
    for errno in [libc::EOPNOTSUPP, libc::ENOSYS, libc::EPERM] {
        in_a_sandbox(&[ALLOCATIONS], errno, || {
            let (created, _) =
                in_a_storm_of_signals(|| RingOptions::new().prefault(false).create(place.ring(), CAPACITY));
            let metadata = fs::metadata(place.ring()).unwrap();
            let len = CAPACITY as u64 + 8192;
            assert_eq!(metadata.len(), len);
            assert!(metadata.blocks() * 512 >= len, "all of it is allocated");
            is_a_ring(&place.ring(), created.unwrap());
            fs::remove_file(place.ring()).unwrap();
        });
    }

    let at = place.directory().join("mounted");
    fs::create_dir(&at).unwrap();
    // A filesystem that cannot, and one that is full.
    let on_ramfs = || is_a_ring(&at.join("ring"), RingWriter::create(at.join("ring"), CAPACITY).unwrap());
    let on_a_full_one = || {
        in_a_sandbox(&[ALLOCATIONS], libc::ENOSYS, || is_full(RingWriter::create(at.join("ring"), 1 << 20)));
        assert_eq!(fs::read_dir(&at).unwrap().count(), 0);
    };
    let done = mounted("ramfs", &at, "", on_ramfs).and_then(|()| mounted("tmpfs", &at, "size=1m", on_a_full_one));
    if let Err(error) = done {
        not_run("f45", format!("no filesystem can be mounted: {error}"));
    }
}

/// Each sandbox refuses one more of the ways to give a file its name.
#[test]
fn f45_where_one_way_to_name_a_ring_is_refused_another_is_gone() {
    let place = Place::new();
    for refused in
        [&[NAMELESS][..], &[NAMES_OF_NAMELESS], &[NAMES_OF_NAMELESS, RENAMES], &[NAMELESS, NAMES_OF_NAMELESS, RENAMES]]
    {
        for errno in [libc::EPERM, libc::EACCES, libc::ENOSYS, libc::ENOENT, libc::EINVAL, libc::EXDEV] {
            let writer = in_a_sandbox(refused, errno, || RingWriter::create(place.ring(), 4096)).unwrap();
            assert_eq!(place.entries(), ["ring"], "{refused:?}");
            is_a_ring(&place.ring(), writer);
            fs::remove_file(place.ring()).unwrap();
        }
        // Of two creators there, one wins as anywhere.
        for _ in 0..20 {
            let create = || in_a_sandbox(refused, libc::EPERM, || RingWriter::create(place.ring(), 64));
            let made = std::thread::scope(|threads| {
                [threads.spawn(create), threads.spawn(create)].map(|creating| creating.join().unwrap())
            });
            assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1);
            assert!(made.iter().any(|made| matches!(made, Err(CreateError::AlreadyExists { .. }))), "{made:?}");
            assert_eq!(place.entries(), ["ring"]);
            fs::remove_file(place.ring()).unwrap();
        }
    }
    // Where all are refused, that is the error.
    let every = [Calls::of(libc::SYS_linkat), RENAMES];
    match in_a_sandbox(&every, libc::EPERM, || RingWriter::create(place.ring(), 4096)) {
        Err(CreateError::Io { doing: "give its name to", source, .. }) => {
            assert_eq!(source.raw_os_error(), Some(libc::EPERM));
        }
        other => panic!("{other:?}"),
    }
    assert!(place.entries().is_empty());
}

#[test]
fn f45_a_ring_is_created_where_proc_is_hidden() {
    if !is_root() {
        return not_run("f45", "only root can hide /proc");
    }
    let place = Place::new();
    let hidden = mounted("tmpfs", Path::new("/proc"), "", || {
        assert!(!Path::new("/proc/self").exists());
        let writer = RingWriter::create(place.ring(), 4096).unwrap();
        assert_eq!(place.entries(), ["ring"]);
        is_a_ring(&place.ring(), writer);
    });
    if let Err(error) = hidden {
        not_run("f45", format!("nothing can be mounted: {error}"));
    }
}
