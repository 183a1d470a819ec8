//! Faults 10 to 13: files that are not to be trusted, filesystems that will not do, and systems that refuse.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::{chown, MetadataExt, PermissionsExt};
use std::path::Path;

use crate::fuse::Fuse;
use ipc_ring::{CreateError, OpenError, RingOptions, RingReader, RingView, RingWriter, Trust};
use ipc_ring_reference::kernel::{
    deciding, failing, in_a_sandbox, in_a_thread, is_root, mounted, not_run, openings, Calls, Fate, LOCKS, SHARED_MAPS,
};
use ipc_ring_reference::{other_process, pop_all, pops, Other, Place, Steps, LONG};

fn permissions(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// Both sides refuse to open `path` and say `expected`, unless they are told to trust it.
fn untrusted(path: &Path, expected: &str) {
    for error in [RingReader::open(path).err().unwrap(), RingWriter::attach(path).err().unwrap()] {
        assert!(matches!(error, OpenError::Untrusted { why, .. } if why == expected), "{error}");
        let text = error.to_string();
        assert!(text.contains(expected) && text.contains("trust it explicitly"), "{text}");
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::PermissionDenied);
    }
    let mut options = RingOptions::new();
    options.trust(Trust::new().any_owner(true));
    let mut writer = options.attach(path).unwrap();
    let mut reader = options.open(path).unwrap();
    writer.push(b"trusted", None).unwrap();
    assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Ok(7));
}

// Checks: I4.
#[test]
fn f10_a_ring_that_others_made_or_may_change_is_untrusted_unless_that_is_allowed() {
    let place = Place::with_a_ring(64);
    for mode in [0o602, 0o622, 0o666, 0o777] {
        fs::set_permissions(place.ring(), fs::Permissions::from_mode(mode)).unwrap();
        untrusted(&place.ring(), "anyone may write to it");
    }
    fs::set_permissions(place.ring(), fs::Permissions::from_mode(0o600)).unwrap();

    let second = place.path("a second name");
    fs::hard_link(place.ring(), &second).unwrap();
    untrusted(&place.ring(), "it has more than one name");
    untrusted(&second, "it has more than one name");
    fs::remove_file(second).unwrap();

    if is_root() {
        chown(place.ring(), Some(65534), None).unwrap();
        untrusted(&place.ring(), "another user owns it");
        chown(place.ring(), Some(0), None).unwrap();
    } else {
        not_run("f10", "only root can give a file to another user");
    }
    RingReader::open(place.ring()).unwrap();
}

// Checks: I4.
#[test]
fn f10_a_ring_is_for_its_owner_alone_or_as_the_options_say_whatever_the_umask() {
    in_a_thread(|| {
        // The umask is this thread's alone from here on.
        // SAFETY: takes effect for this thread alone.
        assert_eq!(unsafe { libc::unshare(libc::CLONE_FS) }, 0);
        for umask in [0, 0o022, 0o077, 0o777] {
            // SAFETY: cannot fail.
            unsafe { libc::umask(umask) };
            let directory = tempfile::Builder::new()
                .permissions(fs::Permissions::from_mode(0o700))
                .tempdir_in(ipc_ring::model::place())
                .unwrap();
            fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o700)).unwrap();
            let ring = directory.path().join("ring");
            drop(RingWriter::create(&ring, 64).unwrap());
            assert_eq!(permissions(&ring), 0o600, "umask {umask:o}");
            fs::remove_file(&ring).unwrap();
            for mode in [0o600, 0o640, 0o660] {
                drop(RingOptions::new().create_mode(mode).create(&ring, 64).unwrap());
                assert_eq!(permissions(&ring), mode, "umask {umask:o}");
                RingReader::open(&ring).unwrap();
                fs::remove_file(&ring).unwrap();
            }
        }
    });
}

// Checks: I4.
#[test]
fn f10_a_ring_can_be_given_to_a_group_and_only_to_one_of_its_creators() {
    let place = Place::new();
    // SAFETY: asks for a number.
    let own = unsafe { libc::getegid() };
    let mut options = RingOptions::new();
    drop(options.create_mode(0o660).create_group(own).create(place.ring(), 64).unwrap());
    assert_eq!((fs::metadata(place.ring()).unwrap().gid(), permissions(&place.ring())), (own, 0o660));
    RingReader::open(place.ring()).unwrap();
    fs::remove_file(place.ring()).unwrap();
    if is_root() {
        drop(options.create_group(12345).create(place.ring(), 64).unwrap());
        assert_eq!((fs::metadata(place.ring()).unwrap().gid(), permissions(&place.ring())), (12345, 0o660));
        fs::remove_file(place.ring()).unwrap();
    } else {
        not_run("f10", "only root can give a file to a group that it is not in");
    }
    let error =
        failing(Calls::of(libc::SYS_fchown), libc::EPERM, || options.create_group(1).create(place.ring(), 64).err());
    let Some(CreateError::Io { doing, source, .. }) = error else { panic!("{error:?}") };
    assert_eq!((doing, source.raw_os_error()), ("change the group of", Some(libc::EPERM)));
    assert!(place.entries().is_empty());
}

// Checks: I4.
#[test]
fn f10_a_group_can_be_given_by_its_name_if_there_is_one_of_it() {
    let place = Place::new();
    let groups = fs::read_to_string("/etc/group").unwrap();
    // The last: its number is not the one that new files have anyway.
    let named = groups.lines().rev().find_map(|line| {
        let mut fields = line.split(':');
        Some((fields.next()?, fields.nth(1)?.parse::<u32>().ok()?))
    });
    let (name, number) = named.unwrap();
    let mut options = RingOptions::new();
    options.create_mode(0o660).create_group_named(name).unwrap();
    match is_root() {
        true => {
            drop(options.create(place.ring(), 64).unwrap());
            assert_eq!((fs::metadata(place.ring()).unwrap().gid(), permissions(&place.ring())), (number, 0o660));
        }
        false => not_run("f10", "only root can give a file to a group that it is not in"),
    }
    for unknown in ["no such group", "", "nul\0nul"] {
        let error = options.create_group_named(unknown).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{error}");
        assert!(error.to_string().contains("getent group") && error.to_string().contains("or a number"), "{error}");
    }
}

// Checks: I4.
#[test]
fn f11_a_filesystem_behind_which_a_program_stands_is_refused_by_name() {
    let place = Place::with_a_ring(64);
    let whole = fs::read(place.ring()).unwrap();
    let mount_point = place.path("fuse");
    fs::create_dir(&mount_point).unwrap();
    let fuse = match Fuse::new(whole.clone()) {
        Ok(fuse) => fuse,
        Err(error) => return not_run("f11", format!("/dev/fuse: {error}")),
    };
    let options = fuse.mount_options();
    let done = mounted("fuse", &mount_point, &options, || {
        std::thread::scope(|threads| {
            threads.spawn(|| fuse.serve());
            let ring = mount_point.join("ring");
            assert!(fs::read(&ring).unwrap() == whole, "a ring as good as any");
            let errors = (RingReader::open(&ring).err(), RingWriter::attach(&ring).err());
            let created = RingWriter::create(mount_point.join("new"), 64).err();
            let left = fs::metadata(mount_point.join("new")).err().map(|error| error.kind());
            let target = std::ffi::CString::new(mount_point.to_str().unwrap()).unwrap();
            // SAFETY: a C string.
            assert_eq!(unsafe { libc::umount2(target.as_ptr(), libc::MNT_DETACH) }, 0);
            (errors, created, left)
        })
    });
    let ((open, attach), created, left) = match done {
        Ok(done) => done,
        Err(error) => return not_run("f11", format!("no FUSE filesystem can be mounted: {error}")),
    };
    for error in [open.unwrap(), attach.unwrap()] {
        assert!(matches!(error, OpenError::UnsuitableFilesystem { name: "FUSE", .. }), "{error}");
        assert!(error.to_string().contains("use /dev/shm, ext4 or XFS"), "{error}");
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::Unsupported);
    }
    let created = created.unwrap();
    assert!(matches!(created, CreateError::UnsuitableFilesystem { name: "FUSE", .. }), "{created}");
    assert_eq!(left, Some(io::ErrorKind::NotFound), "nothing is left behind");
    assert!(!fuse.names().iter().any(|name| name != "ring"), "{:?}", fuse.names());
}

// Checks: I4.
#[test]
fn f12_a_full_filesystem_is_an_error_of_create_and_never_a_signal_later() {
    let place = Place::new();
    let at = place.path("small");
    fs::create_dir(&at).unwrap();
    let done = mounted("tmpfs", &at, "size=1m", || {
        let is_full = |error: Option<CreateError>| match error {
            Some(CreateError::Io { source, doing, .. }) => {
                assert_eq!((source.raw_os_error(), doing), (Some(libc::ENOSPC), "allocate space for"));
            }
            other => panic!("{other:?}"),
        };
        let entries = || fs::read_dir(&at).unwrap().count();
        let mut options = RingOptions::new();
        options.prefault(false);
        for capacity in [1 << 20, 1 << 21, 1 << 26, 1 << 31] {
            is_full(options.create(at.join("ring"), capacity).err());
            assert_eq!(entries(), 0);
        }
        // All of the space is there again; and once the ring has its own, the others may have the rest.
        let mut writer = options.create(at.join("ring"), 1 << 19).unwrap();
        let mut reader = options.open(at.join("ring")).unwrap();
        let filling = fs::write(at.join("the rest"), vec![1; 1 << 20]);
        assert_eq!(filling.err().and_then(|error| error.raw_os_error()), Some(libc::ENOSPC));
        is_full(options.create(at.join("second"), 4096).err());
        assert_eq!(entries(), 2);
        for number in 0..512u64 {
            writer.push(&number.to_le_bytes().repeat(500), None).unwrap();
            pops(&mut reader, number.to_le_bytes().repeat(500));
        }
        assert!(writer.position() > 3 << 19, "it went all the way round");
    });
    if let Err(error) = done {
        not_run("f12", format!("no small filesystem can be mounted: {error}"));
    }

    small_filesystems(&at);

    // What a quota says, no differently.
    for errno in [libc::ENOSPC, libc::EDQUOT] {
        let error = failing(Calls::of(libc::SYS_fallocate), errno, || RingWriter::create(place.ring(), 4096).err());
        assert!(matches!(error, Some(CreateError::Io { source, .. }) if source.raw_os_error() == Some(errno)));
        assert_eq!(place.entries(), ["small"]);
    }
}

/// On filesystems of every size from a page to twice the ring, and with too few inodes, there is space for all of a
/// ring, and every byte can be written, or that is the error. A signal would end the tests.
fn small_filesystems(at: &Path) {
    const CAPACITY: usize = 16 * 4096;
    let sizes = (1..=36).map(|pages| format!("size={}", pages * 4096));
    let inodes = (1..=9).map(|inodes| format!("nr_inodes={inodes},size=1m"));
    let (mut created, mut refused) = (0, 0);
    for (filesystem, prefault) in sizes.chain(inodes).flat_map(|of| [(of.clone(), true), (of, false)]) {
        let attempt = || {
            let ring = at.join("ring");
            let mut options = RingOptions::new();
            let mut writer = match options.prefault(prefault).create(&ring, CAPACITY) {
                Ok(writer) => writer,
                refused => {
                    assert_eq!(fs::read_dir(at).unwrap().count(), 0, "{filesystem}");
                    return errno_of_create(refused);
                }
            };
            let mut reader = options.open(ring).unwrap();
            for length in [4088, 56, 1000] {
                let message = |number: usize| vec![(number ^ length) as u8; length];
                let pushed = (0..).take_while(|&number| writer.try_push(&message(number)).is_ok()).count();
                pop_all(&mut reader, (0..pushed).map(message));
            }
            None
        };
        match mounted("tmpfs", at, &filesystem, attempt) {
            Ok(None) => created += 1,
            Ok(errno) => {
                assert_eq!(errno, Some(libc::ENOSPC), "{filesystem}");
                refused += 1;
            }
            Err(error) => return not_run("f12", format!("no small filesystem can be mounted: {error}")),
        }
    }
    assert!(created > 0 && refused > 0, "{created} created, {refused} refused: the sizes are not those that matter");
}

/// Descriptors and mappings of shared files that this process has.
fn possessions() -> (usize, usize) {
    let descriptors = fs::read_dir("/proc/self/fd").unwrap().count();
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    (descriptors, maps.lines().filter(|line| line.contains("s ") && line.contains("/dev/shm")).count())
}

#[cfg(target_env = "gnu")]
type Resource = libc::__rlimit_resource_t;
#[cfg(not(target_env = "gnu"))]
type Resource = libc::c_int;

/// Sets the limit, and returns what it was.
fn limit(resource: Resource, to: u64) -> u64 {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: a valid place for the answer.
    assert_eq!(unsafe { libc::getrlimit(resource, &mut limit) }, 0);
    let before = std::mem::replace(&mut limit.rlim_cur, to);
    // SAFETY: a valid question.
    assert_eq!(unsafe { libc::setrlimit(resource, &limit) }, 0);
    before
}

/// What the system said where it refused.
fn errno_of_create<T>(created: Result<T, CreateError>) -> Option<i32> {
    match created {
        Ok(_) => None,
        Err(CreateError::Io { source, .. }) => source.raw_os_error(),
        Err(other) => panic!("{other:?}"),
    }
}

fn errno_of_open<T>(opened: Result<T, OpenError>) -> Option<i32> {
    match opened {
        Ok(_) => None,
        Err(OpenError::Io { source, .. }) => source.raw_os_error(),
        Err(other) => panic!("{other:?}"),
    }
}

/// A process of its own: nobody shares its descriptors and limits.
#[test]
#[ignore = "the other process of the tests below"]
fn whoever_is_refused() {
    let (path, steps) = other_process();
    let directory = path.parent().unwrap();
    let standing = directory.join("standing");
    drop(RingWriter::create(&standing, 4096).unwrap());
    drop(RingReader::open(&standing).unwrap());
    let entries = || fs::read_dir(directory).unwrap().count();
    let before = possessions();
    let untouched = |what: &str| {
        assert_eq!((possessions(), entries()), (before, 1), "{what} leaves something");
        drop(RingWriter::create(&path, 4096).unwrap());
        fs::remove_file(&path).unwrap();
        drop((RingReader::open(&standing).unwrap(), RingWriter::attach(&standing).unwrap()));
        assert_eq!((possessions(), entries()), (before, 1));
    };
    let attempts = || {
        let created = errno_of_create(RingWriter::create(&path, 4096));
        [created, errno_of_open(RingReader::open(&standing)), errno_of_open(RingWriter::attach(&standing))]
    };
    // The limit is raised until nothing is refused.
    let raised = |resource, errno, first: u64, step: u64| {
        let mut refusals = 0;
        for to in (0..32).map(|times| first + step * times) {
            let before = limit(resource, to);
            let refused = attempts();
            limit(resource, before);
            assert!(refused.iter().flatten().all(|&of| of == errno), "a limit of {to}: {refused:?}");
            let _ = fs::remove_file(&path);
            untouched("a limit that is raised");
            refusals += refused.iter().flatten().count();
            if to > first + 8 * step && refused == [None; 3] {
                return assert!(refusals > 0, "the limit does not limit");
            }
        }
        panic!("something is never done, whatever the limit");
    };
    match steps.told().as_str() {
        "calls" => every_call_in_turn(&path, &standing, &untouched, &steps),
        "descriptors" => {
            for spare in 0..8 {
                let limit_before = limit(libc::RLIMIT_NOFILE, 64);
                // All that there are, except these.
                let mut taken: Vec<_> = std::iter::from_fn(|| fs::File::open("/dev/null").ok()).collect();
                taken.truncate(taken.len() - spare);
                let refused = attempts();
                drop(taken);
                limit(libc::RLIMIT_NOFILE, limit_before);
                // The file and its directory.
                let expected = if spare < 2 { Some(libc::EMFILE) } else { None };
                assert_eq!(refused, [expected; 3], "{spare} to spare");
                let _ = fs::remove_file(&path);
                untouched("a limit of descriptors");
            }
        }
        "addresses" => {
            drop(RingWriter::create(directory.join("large"), 1 << 30).unwrap());
            let limit_before = limit(libc::RLIMIT_AS, 1 << 30);
            let created = RingWriter::create(&path, 1 << 30);
            let (opened, attached) =
                (RingReader::open(directory.join("large")), RingWriter::attach(directory.join("large")));
            limit(libc::RLIMIT_AS, limit_before);
            assert_eq!(errno_of_create(created), Some(libc::ENOMEM));
            assert_eq!(errno_of_open(opened), Some(libc::ENOMEM));
            assert_eq!(errno_of_open(attached), Some(libc::ENOMEM));
            fs::remove_file(directory.join("large")).unwrap();
            untouched("a limit of addresses");
            let statm = fs::read_to_string("/proc/self/statm").unwrap();
            let in_use = 4096 * statm.split(' ').next().unwrap().parse::<u64>().unwrap();
            // Other allocators map a page for every few bytes, and end the process where they may not.
            match cfg!(any(target_env = "gnu", target_os = "macos")) {
                true => raised(libc::RLIMIT_AS, libc::ENOMEM, in_use, 4096),
                false => not_run("f13", "a limit of addresses, raised page by page: it is the allocator's, too"),
            }
        }
        "file size" => {
            for handling in [libc::SIG_DFL, libc::SIG_IGN] {
                // SAFETY: no handler.
                unsafe { libc::signal(libc::SIGXFSZ, handling) };
                raised(libc::RLIMIT_FSIZE, libc::EFBIG, 0, 2048);
            }
        }
        refusal => panic!("no refusal {refusal}"),
    }
    steps.say("refused");
}

/// Every call that can fail fails in turn.
fn every_call_in_turn(path: &Path, standing: &Path, untouched: &dyn Fn(&str), steps: &Steps) {
    let of = |number| vec![Calls::of(number)];
    for (what, calls, errno, in_open_too) in [
        ("drawing an id", of(libc::SYS_getrandom), libc::EIO, false),
        ("opening", openings(libc::O_RDWR, libc::O_RDWR), libc::ENFILE, true),
        ("opening directories", openings(libc::O_PATH, libc::O_PATH), libc::ENFILE, true),
        ("permissions", of(libc::SYS_fchmod), libc::EPERM, false),
        ("allocating", of(libc::SYS_fallocate), libc::ENOSPC, false),
        ("writing", of(libc::SYS_pwrite64), libc::EIO, false),
        ("reading", of(libc::SYS_pread64), libc::EIO, true),
        ("locking", vec![LOCKS], libc::ENOLCK, true),
        ("mapping", vec![SHARED_MAPS], libc::ENOMEM, true),
    ] {
        if what != "reading" {
            let error = in_a_sandbox(&calls, errno, || errno_of_create(RingWriter::create(path, 4096)));
            assert_eq!(error, Some(errno), "{what}");
            untouched(what);
        }
        if in_open_too {
            let error = in_a_sandbox(&calls, errno, || errno_of_open(RingReader::open(standing)));
            assert_eq!(error, Some(errno), "{what}");
            let error = in_a_sandbox(&calls, errno, || errno_of_open(RingWriter::attach(standing)));
            assert_eq!(error, Some(errno), "{what}");
            untouched(what);
        }
        steps.say(what);
    }
    // A name can be given in two ways.
    let error = in_a_sandbox(&[Calls::of(libc::SYS_linkat), Calls::of(libc::SYS_renameat2)], libc::EIO, || {
        errno_of_create(RingWriter::create(path, 4096))
    });
    assert_eq!(error, Some(libc::EIO));
    untouched("naming");
    steps.say("naming");
    // What is only of use for speed may fail and nobody is told.
    for number in [libc::SYS_madvise, libc::SYS_membarrier, libc::SYS_fstatfs] {
        failing(Calls::of(number), libc::EPERM, || drop(RingWriter::create(path, 4096).unwrap()));
        fs::remove_file(path).unwrap();
        untouched("advice");
    }
}

/// What the process that is refused says on its way, and that it says so to the end.
fn refused(refusal: &str) -> Vec<String> {
    let place = Place::new();
    let mut other = Other::start_told("refusals::whoever_is_refused", &place.ring(), refusal);
    let mut said: Vec<String> = std::iter::from_fn(|| other.says()).collect();
    let status = other.ended();
    assert_eq!(said.pop().as_deref(), Some("refused"), "{status} after {said:?}");
    assert!(status.success(), "{status}");
    said
}

// Checks: I8.
#[test]
fn f13_whatever_the_system_refuses_is_the_error_and_leaves_nothing_behind() {
    let said = refused("calls");
    let expected = "drawing an id, opening, opening directories, permissions, allocating, writing, reading, locking, \
                    mapping, naming";
    assert_eq!(said.join(", "), expected);
}

/// Refuses `open` each of its system calls by itself: it opens the ring all the same, or says what was refused.
fn opens_or_says_what_was_refused(open: impl Fn(&Path) -> Result<(), OpenError> + Sync) {
    // What the allocator asks for is left to it, and a call that cannot fail does not.
    let is_the_libraries = |call: &libc::seccomp_data| match call.nr.into() {
        libc::SYS_mmap => call.args[3] & libc::MAP_SHARED as u64 != 0,
        number => ![libc::SYS_brk, libc::SYS_munmap, libc::SYS_futex, libc::SYS_geteuid].contains(&number),
    };
    for errno in [libc::EIO, libc::EACCES, libc::ENOMEM] {
        let mut at = 0;
        loop {
            let (place, mut refused) = (Place::with_a_ring(64), None);
            let refuse = |number: usize, call: &libc::seccomp_data| {
                if number < at || refused.is_some() || !is_the_libraries(call) {
                    return Fate::Made;
                }
                refused = Some((number, call.nr));
                Fate::Refused(errno)
            };
            let (opened, _) = deciding(refuse, || open(&place.ring()));
            let Some((number, call)) = refused else { break };
            let source = match &opened {
                Ok(()) => None,
                Err(OpenError::Io { source, .. } | OpenError::FencesUnavailable { source, .. }) => {
                    source.raw_os_error()
                }
                Err(other) => panic!("call {number} ({call}) is refused with {errno}: {other:?}"),
            };
            assert!(source.is_none() == opened.is_ok() && source.map_or(true, |is| is == errno), "{opened:?}");
            at = number + 1;
        }
        assert!(at > 10, "{at} calls alone");
    }
}

// Checks: I8.
#[test]
fn f13_an_opener_that_is_refused_any_one_call_opens_the_ring_or_says_what_was_refused() {
    opens_or_says_what_was_refused(|path| RingReader::open(path).map(drop));
    opens_or_says_what_was_refused(|path| RingWriter::attach(path).map(drop));
    opens_or_says_what_was_refused(|path| RingView::open(path).map(drop));
}

/// Ids are drawn where the call for it is not to be had, and where the system has not gathered enough yet.
// Checks: I8.
#[test]
fn f13_a_ring_gets_an_id_also_where_getrandom_is_refused() {
    let place = Place::new();
    let draw = || {
        let id = RingWriter::create(place.ring(), 64).unwrap().id();
        fs::remove_file(place.ring()).unwrap();
        id
    };
    let drawn = Calls::of(libc::SYS_getrandom);
    let ids: BTreeSet<_> = [libc::ENOSYS, libc::EPERM, libc::EAGAIN].map(|errno| failing(drawn, errno, draw)).into();
    assert_eq!(ids.len(), 3);
    assert!(ids.iter().all(|id| id.to_bytes() != [0; 16]));

    // Nor the device in its place.
    let opens_to_read = openings(libc::O_ACCMODE, libc::O_RDONLY);
    let error = failing(drawn, libc::ENOSYS, || {
        in_a_sandbox(&opens_to_read, libc::EACCES, || RingWriter::create(place.ring(), 64).err().unwrap())
    });
    let text = error.to_string();
    assert!(text.contains("get a random id for"), "{text}");
    assert_eq!(io::Error::from(error).kind(), io::ErrorKind::PermissionDenied);
    assert!(place.entries().is_empty());
}

// Checks: I8.
#[test]
fn f13_too_few_descriptors_too_few_addresses_and_a_limit_of_file_sizes_are_errors() {
    for refusal in ["descriptors", "addresses", "file size"] {
        assert!(refused(refusal).is_empty());
    }
}
