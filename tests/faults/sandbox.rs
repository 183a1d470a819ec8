//! Faults 42, 43 and 45: a sandbox, a filesystem or a cgroup that lacks what the others have.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ipc_ring::{CreateError, FenceMode, OpenError, RingOptions, RingReader, RingView, RingWriter, Side, Trust};
use ipc_ring_reference::kernel::{
    enter_a_sandbox, holding, in_a_sandbox, in_a_storm_of_signals, is_root, mounted, not_run, openings, Calls,
};
use ipc_ring_reference::{numbers, other_process, pop_all, pops, sleeping, wait_until, Other, Place, LONG};

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
    let created = RingOptions::new().create_fence_mode(FenceMode::Asymmetric).create(place.ring(), 64);
    if let Err(error) = &created {
        not_run("f42", format!("this machine has no asymmetric fences: {error}"));
    }
    created.is_ok()
}

#[test]
#[ignore = "the other process of the tests below"]
fn whoever_is_in_a_sandbox() {
    let (path, mut steps) = other_process();
    let (refused, errno) = sandbox(steps.told().parse().unwrap());
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
    let error = options.create_fence_mode(FenceMode::Asymmetric).create(&another, 64).unwrap_err();
    assert!(matches!(error, CreateError::FencesUnavailable { .. }), "{error:?}");
    assert!(error.to_string().contains("FenceMode::Symmetric"), "{error}");
    drop(RingWriter::create(&another, 64).unwrap());
    assert_eq!(RingView::open(&another).unwrap().fence_mode(), FenceMode::Symmetric);
    steps.step("was told, twice");

    let mut reader = RingReader::open(&path).unwrap();
    steps.say(format!("{:?}", reader.pop(&mut Vec::new(), Some(LONG))));
}

// Checks: T4.
#[test]
fn f42_a_side_that_may_not_use_the_fences_of_the_ring_is_told_which_it_may() {
    if !has_asymmetric_fences() {
        return;
    }
    for number in 0..3 {
        let place = Place::new();
        let mut options = RingOptions::new();
        drop(options.create_fence_mode(FenceMode::Asymmetric).create(place.ring(), 64).unwrap());
        let mut other =
            Other::start_told("sandbox::whoever_is_in_a_sandbox", &place.ring(), number).after("was told, twice");
        // The remedy helps.
        fs::remove_file(place.ring()).unwrap();
        let mut writer = options.create_fence_mode(FenceMode::Symmetric).create(place.ring(), 64).unwrap();
        writer.push(b"seven b", None).unwrap();
        other.goes_on_to("Ok(7)");
    }
}

#[test]
#[ignore = "the other process of the test below"]
fn reader_that_enters_a_sandbox() {
    let (path, mut steps) = other_process();
    let mut reader = sleeping().open(path).unwrap();
    enter_a_sandbox(&[BARRIERS], libc::EPERM);
    steps.step("reads");
    pop_all(&mut reader, numbers(0..10));
    steps.say("read");
}

// Checks: T4.
#[test]
fn f42_a_sandbox_that_is_entered_afterwards_costs_no_message() {
    if !has_asymmetric_fences() {
        return;
    }
    let place = Place::new();
    let mut writer = RingOptions::new().create_fence_mode(FenceMode::Asymmetric).create(place.ring(), 4096).unwrap();
    let mut other = Other::start("sandbox::reader_that_enters_a_sandbox", &place.ring()).after("reads");
    other.go_on();
    for number in 0..10u64 {
        place.until_reader_sleeps(writer.position() + 8);
        writer.push(&number.to_le_bytes(), None).unwrap();
    }
    other.expect("read");
}

/// A memory cgroup of our own, removed when this is dropped.
struct Cgroup {
    directory: PathBuf,
    usage: &'static str,
}

impl Cgroup {
    /// One that may have `limit` bytes, and no swap.
    fn new(limit: u64) -> io::Result<Self> {
        // Of the first version of cgroups, and of the second: where they are, the limits, the usage.
        let versions = [
            ("memory", ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"], "memory.usage_in_bytes"),
            ("", ["memory.max", "memory.swap.max"], "memory.current"),
        ];
        let mut refused = io::ErrorKind::NotFound.into();
        for (parent, limits, usage) in versions {
            let name = format!("ipc_ring.{}", std::process::id());
            let directory = Path::new("/sys/fs/cgroup").join(parent).join(name);
            if let Err(error) = fs::create_dir(&directory) {
                refused = error;
                continue;
            }
            let cgroup = Self { directory, usage };
            let limited = fs::write(cgroup.directory.join(limits[0]), limit.to_string());
            // The first version's is of both, the second one's of swap alone. Without swap there is no such limit.
            let with_swap = if parent.is_empty() { 0 } else { limit };
            let _ = fs::write(cgroup.directory.join(limits[1]), with_swap.to_string());
            match limited {
                Ok(()) => return Ok(cgroup),
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }

    fn take(&self, process: &Other) -> io::Result<()> {
        fs::write(self.directory.join("cgroup.procs"), process.id().to_string())
    }

    fn usage(&self) -> u64 {
        fs::read_to_string(self.directory.join(self.usage)).unwrap().trim().parse().unwrap()
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.directory);
    }
}

#[test]
#[ignore = "the other process of the test below"]
fn creator_in_a_cgroup() {
    let (path, mut steps) = other_process();
    let capacity = steps.told().parse().unwrap();
    steps.step("begins");
    steps.say(format!("{:?}", RingWriter::create(path, capacity).map(drop)));
}

// Checks: I8.
#[test]
fn f43_a_ring_beyond_the_limit_of_memory_kills_its_creator_and_one_within_is_charged_until_it_is_removed() {
    const LIMIT: u64 = 32 << 20;
    let place = Place::new();
    let create = |cgroup: &Cgroup, capacity: u64| -> io::Result<Other> {
        let mut creator = Other::start_told("sandbox::creator_in_a_cgroup", &place.ring(), capacity).after("begins");
        cgroup.take(&creator)?;
        creator.go_on();
        Ok(creator)
    };
    let cgroup = match Cgroup::new(LIMIT) {
        Ok(cgroup) => cgroup,
        Err(error) => return not_run("f43", format!("no memory cgroup can be made: {error}")),
    };
    let mut beyond = match create(&cgroup, 2 * LIMIT) {
        Ok(creator) => creator,
        Err(error) => return not_run("f43", format!("no process can be moved to a cgroup: {error}")),
    };
    assert_eq!(beyond.says(), None);
    assert_eq!(beyond.ended().signal(), Some(libc::SIGKILL));
    assert!(place.entries().is_empty(), "nothing is left behind");

    let mut within = create(&cgroup, LIMIT / 4).unwrap();
    within.expect("Ok(())");
    assert!(within.ended().success());
    assert!(cgroup.usage() >= LIMIT / 4, "its creator has ended, and it is charged for the ring all the same");
    ipc_ring::remove(place.ring(), Trust::new()).unwrap();
    wait_until("nothing is charged any more", || cgroup.usage() < LIMIT / 4);
}

const ALLOCATIONS: Calls = Calls::of(libc::SYS_fallocate);
/// Naming a file that has no name yet.
const NAMES_OF_NAMELESS: Calls =
    Calls::with(libc::SYS_linkat, 4, libc::AT_SYMLINK_FOLLOW as u32, libc::AT_SYMLINK_FOLLOW as u32);
const RENAMES: Calls = Calls::of(libc::SYS_renameat2);

/// That the ring at `path` is as any other: whole, held, of one name, and with space for all that fits.
fn is_a_ring(path: &Path, mut writer: RingWriter) {
    let metadata = fs::metadata(path).unwrap();
    assert_eq!((metadata.nlink(), metadata.mode() & 0o7777), (1, 0o600));
    assert!(matches!(RingWriter::attach(path), Err(OpenError::Busy { side: Side::Writer, .. })));
    let mut reader = RingReader::open(path).unwrap();
    let message = vec![0xa5; writer.capacity() / 2 - 8];
    for _ in 0..4 {
        writer.push(&message, None).unwrap();
        pops(&mut reader, &message);
    }
}

fn is_full(created: Result<RingWriter, CreateError>) {
    match created {
        Err(CreateError::Io { source, .. }) => assert_eq!(source.raw_os_error(), Some(libc::ENOSPC)),
        other => panic!("{other:?}"),
    }
}

// Checks: I8.
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

    let at = place.path("mounted");
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
// Checks: I8.
#[test]
fn f45_where_one_way_to_name_a_ring_is_refused_another_is_gone() {
    let place = Place::new();
    let nameless = openings(libc::O_TMPFILE, libc::O_TMPFILE);
    let names = vec![NAMES_OF_NAMELESS];
    let both = vec![NAMES_OF_NAMELESS, RENAMES];
    for refused in [nameless.clone(), names, both.clone(), [nameless, both].concat()] {
        for errno in [libc::EPERM, libc::EACCES, libc::ENOSYS, libc::ENOENT, libc::EINVAL, libc::EXDEV] {
            let writer = in_a_sandbox(&refused, errno, || RingWriter::create(place.ring(), 4096)).unwrap();
            assert_eq!(place.entries(), ["ring"], "{refused:?}");
            is_a_ring(&place.ring(), writer);
            fs::remove_file(place.ring()).unwrap();
        }
        // Of two creators there, one wins as anywhere.
        for _ in 0..20 {
            let create = || in_a_sandbox(&refused, libc::EPERM, || RingWriter::create(place.ring(), 64));
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
        Err(CreateError::Io { doing: "put the new ring at", source, .. }) => {
            assert_eq!(source.raw_os_error(), Some(libc::EPERM));
        }
        other => panic!("{other:?}"),
    }
    assert!(place.entries().is_empty());
}

/// Neither a nameless file nor an exclusive rename is to be had. Another thread removes the ring's first name just
/// before the creator does, so that this fails, and the creator starts again.
// Checks: I8.
#[test]
fn f45_a_creator_that_cannot_remove_the_first_of_two_names_takes_back_the_second() {
    let place = Place::new();
    let refused = [openings(libc::O_TMPFILE, libc::O_TMPFILE), vec![NAMES_OF_NAMELESS, RENAMES]].concat();
    let removals = [
        Calls::of(libc::SYS_unlinkat),
        #[cfg(target_arch = "x86_64")]
        Calls::of(libc::SYS_unlink),
    ];
    let (mut seen, mut first) = (Vec::new(), true);
    let interfere = |_: &_| {
        if std::mem::take(&mut first) {
            seen = place.entries();
            let temporary = seen.iter().find(|name| *name != "ring").unwrap();
            fs::remove_file(place.path(temporary)).unwrap();
        }
    };
    let create = || holding(&removals, interfere, || RingWriter::create(place.ring(), 64));
    let created = in_a_sandbox(&refused, libc::EPERM, create);
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert_eq!(place.entries(), ["ring"]);
    is_a_ring(&place.ring(), created.unwrap());
}

// Checks: I8.
#[test]
fn f45_who_may_not_sleep_waits_for_a_ring_all_the_same() {
    let naps = [libc::SYS_nanosleep, libc::SYS_clock_nanosleep].map(Calls::of);
    for errno in [libc::EPERM, libc::ENOSYS, libc::EINVAL] {
        let place = Place::new();
        let soon = Some(Duration::from_millis(30));
        let missing = in_a_sandbox(&naps, errno, || RingReader::open_wait(place.ring(), soon).err());
        assert!(matches!(missing, Some(OpenError::NotFound { .. })), "{missing:?}");
        let waiting = AtomicBool::new(false);
        std::thread::scope(|threads| {
            let opening = threads.spawn(|| {
                in_a_sandbox(&naps, errno, || {
                    waiting.store(true, Ordering::Relaxed);
                    RingReader::open_wait(place.ring(), Some(LONG)).map(drop)
                })
            });
            wait_until("it waits", || waiting.load(Ordering::Relaxed));
            drop(RingWriter::create(place.ring(), 64).unwrap());
            opening.join().unwrap().unwrap();
        });
    }
}

// Checks: I8.
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
