//! Faults 1 to 9: who creates and who opens at the same time, and what may stand at a path.

use std::fs;
use std::os::unix::fs::{symlink, FileExt, MetadataExt};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};

use ipc_ring::layout::{identity, ABI};
use ipc_ring::{CreateError, OpenError, RingReader, RingView, RingWriter, Side, Trust};
use ipc_ring_reference::kernel::{die_at, failing, holding, openings, Calls, LOCKS, SHARED_MAPS};
use ipc_ring_reference::words::has_a_meaning;
use ipc_ring_reference::{
    numbers, other_process, pop_all, push_all, wait_until, Other, Place, Words, CURSOR, EPOCH, LONG,
};

// Checks: I8.
#[test]
fn f01_whoever_sees_a_ring_being_created_sees_the_whole_of_it() {
    let place = Place::new();
    let path = place.ring();
    for _ in 0..200 {
        let creating = {
            let path = path.clone();
            std::thread::spawn(move || RingWriter::create(path, 4096).unwrap())
        };
        let mut opened = None;
        wait_until("the ring appears", || match RingReader::open(&path) {
            Ok(reader) => {
                opened = Some(reader);
                true
            }
            Err(OpenError::NotFound { .. }) => false,
            Err(error) => panic!("{error}"),
        });
        // The writer holds its side from the first moment on.
        let words = Words::of(&path);
        assert_eq!(words.get(words.writer(EPOCH)), 1);
        assert!(matches!(RingWriter::attach(&path), Err(OpenError::Busy { side: Side::Writer, .. })));
        assert_eq!(opened.unwrap().capacity(), 4096);
        drop(creating.join().unwrap());
        fs::remove_file(&path).unwrap();
    }
}

/// What a creator does between its file's first moment and its name.
const ON_THE_WAY: [(&str, Calls); 5] = [
    ("allocates", Calls::of(libc::SYS_fallocate)),
    ("writes the header", Calls::of(libc::SYS_pwrite64)),
    ("locks", LOCKS),
    ("maps", SHARED_MAPS),
    ("names it", Calls::of(libc::SYS_linkat)),
];

#[test]
#[ignore = "the other process of the test below"]
fn creator_that_dies() {
    let (path, steps) = other_process();
    let step: usize = steps.told().parse().unwrap();
    steps.say("begins");
    die_at(ON_THE_WAY[step].1);
    let created = RingWriter::create(path, 4096);
    steps.say(format!("{created:?}"));
}

/// Killed at each of its system calls in turn.
// Checks: I8.
#[test]
fn f02_a_creator_that_is_killed_half_way_leaves_no_name_and_the_next_one_creates_the_ring() {
    for (number, (step, _)) in ON_THE_WAY.iter().enumerate() {
        let place = Place::new();
        let mut creator =
            Other::start_told("create_and_open::creator_that_dies", &place.ring(), number).after("begins");
        assert_eq!(creator.says(), None, "it {step}");
        assert_eq!(creator.ended().signal(), Some(libc::SIGSYS), "it {step}");
        assert!(place.entries().is_empty(), "it {step}");
        RingWriter::create(place.ring(), 4096).unwrap();
    }
}

// Checks: I8.
#[test]
fn f03_of_two_creators_one_wins_and_the_other_is_told_and_can_open_the_ring() {
    let place = Place::new();
    for _ in 0..100 {
        let create = |path: PathBuf| std::thread::spawn(move || RingWriter::create(path, 64));
        let (one, two) = (create(place.ring()), create(place.ring()));
        let made = [one.join().unwrap(), two.join().unwrap()];
        assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1);
        assert!(made.iter().any(|made| matches!(made, Err(CreateError::AlreadyExists { .. }))));
        assert_eq!(place.entries(), ["ring"]);
        let mut reader = RingReader::open(place.ring()).unwrap();
        made.into_iter().find_map(Result::ok).unwrap().push(b"the winner's", None).unwrap();
        assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Ok(12));
        fs::remove_file(place.ring()).unwrap();
    }
}

#[test]
#[ignore = "the other process of the test below"]
fn both_sides() {
    let (path, mut steps) = other_process();
    let mut writer = RingWriter::create(&path, 4096).unwrap();
    let mut reader = RingReader::open(&path).unwrap();
    push_all(&mut writer, numbers(0..3));
    reader.pop(&mut Vec::new(), None).unwrap();
    steps.step("pushed three and popped one");
}

// Checks: I9.
#[test]
fn f04_a_ring_whose_sides_are_both_dead_is_resumed_and_never_created_anew() {
    let place = Place::new();
    let mut dead = Other::start("create_and_open::both_sides", &place.ring()).after("pushed three and popped one");
    dead.kill();
    let before = (fs::metadata(place.ring()).unwrap().ino(), fs::read(place.ring()).unwrap());
    assert!(matches!(RingWriter::create(place.ring(), 4096), Err(CreateError::AlreadyExists { .. })));
    assert!(before == (fs::metadata(place.ring()).unwrap().ino(), fs::read(place.ring()).unwrap()));

    let mut writer = RingWriter::attach(place.ring()).unwrap();
    let mut reader = RingReader::open(place.ring()).unwrap();
    assert_eq!((writer.position(), reader.position()), (48, 16));
    assert_eq!((writer.epoch(), reader.epoch()), (2, 2));
    writer.push(&3u64.to_le_bytes(), None).unwrap();
    let mut buffer = Vec::new();
    pop_all(&mut reader, numbers(1..4));
    assert_eq!(reader.try_pop(&mut buffer), Ok(None));
}

/// The moment between opening the file and taking its lock is held until the path is another's, or nobody's.
// Checks: I9.
#[test]
fn f05_whoever_opens_a_ring_that_is_replaced_meanwhile_is_told() {
    for (side, removed) in [Side::Writer, Side::Reader].into_iter().flat_map(|side| [(side, false), (side, true)]) {
        let place = Place::new();
        let another = place.path("another");
        drop(RingWriter::create(place.ring(), 64).unwrap());
        drop(RingWriter::create(&another, 64).unwrap());
        let mut lost = false;
        let lose = |_: &_| match std::mem::replace(&mut lost, true) {
            true => {}
            false if removed => fs::remove_file(place.ring()).unwrap(),
            false => fs::rename(&another, place.ring()).unwrap(),
        };
        let error = holding(&[LOCKS], lose, || match side {
            Side::Writer => RingWriter::attach(place.ring()).err(),
            Side::Reader => RingReader::open(place.ring()).err(),
        });
        match removed {
            true => assert!(matches!(error, Some(OpenError::NotFound { .. })), "{side}: {error:?}"),
            false => assert!(matches!(error, Some(OpenError::Replaced { .. })), "{side}: {error:?}"),
        }
        // What has the path now is free, and so is what had it.
        let there = if removed { another } else { place.ring() };
        RingWriter::attach(&there).unwrap();
        RingReader::open(there).unwrap();
    }
}

// Checks: I4.
#[test]
fn f06_a_file_that_is_shorter_or_longer_than_its_header_says_is_refused() {
    let place = Place::with_a_ring(4096);
    let whole = fs::read(place.ring()).unwrap();
    let right = whole.len() as u64;
    for length in [0, 1, 127, 128, 4096, right - 4096, right - 1, right + 1, right + 4096, 2 * right, 1 << 40] {
        fs::write(place.ring(), &whole).unwrap();
        fs::OpenOptions::new().write(true).open(place.ring()).unwrap().set_len(length).unwrap();
        // Nothing may be mapped before the length was found right: a page beyond the file kills whoever touches it.
        let refused = failing(SHARED_MAPS, libc::ENOMEM, || {
            [RingReader::open(place.ring()).err(), RingWriter::attach(place.ring()).err()]
        });
        let expected = if length < 128 { "too short" } else { "longer or shorter" };
        for error in refused {
            let said = matches!(error, Some(OpenError::NotARing { why, .. }) if why.contains(expected));
            assert!(said, "{length} bytes: {error:?}");
        }
    }
    fs::write(place.ring(), &whole).unwrap();
    RingReader::open(place.ring()).unwrap();
}

// Checks: I1.
#[test]
fn f07_a_capacity_that_no_ring_has_is_refused_before_anything_is_mapped_and_read_once() {
    let place = Place::new();
    for given in [0, 1, 32, 63, 65, 96, 1000, (1 << 31) + 1, 1 << 32, 1 << 63, usize::MAX] {
        // Nothing is even looked for in the directory: there is none.
        let nowhere = place.path("nowhere").join("ring");
        match RingWriter::create(&nowhere, given) {
            Err(error @ CreateError::InvalidCapacity(invalid)) => {
                assert_eq!(invalid.given, given);
                let text = error.to_string();
                assert!(text.contains("power of two from 64 to 2147483648"), "{text}");
                assert!(given != 96 || text.contains("for instance 128"), "{text}");
            }
            other => panic!("{given}: {:?}", other.err()),
        }
    }
    drop(RingWriter::create(place.ring(), 64).unwrap());
    let words = place.words();
    let file = fs::OpenOptions::new().write(true).open(place.ring()).unwrap();
    for stated in [0, 1, 32, 63, 96, 65, (1 << 31) + 8, 1 << 32, 1 << 62, 1 << 63, u64::MAX] {
        words.set(identity::CAPACITY, stated);
        // As long as the header says, where a file can be.
        let _ = file.set_len(stated.wrapping_add(8192).min(1 << 40));
        for open in [|path: &Path| RingReader::open(path).err(), |path: &Path| RingWriter::attach(path).err()] {
            let error = failing(SHARED_MAPS, libc::ENOMEM, || open(&place.ring()));
            assert!(
                matches!(error, Some(OpenError::NotARing { why, .. }) if why.contains("capacity")),
                "{stated}: {error:?}"
            );
        }
    }

    // A header that changes after the one look at it does no harm: there is no second look.
    words.set(identity::CAPACITY, 64);
    file.set_len(8192 + 64).unwrap();
    let mut reads = 0;
    let change = |_: &_| {
        reads += 1;
        words.set(identity::CAPACITY, 64);
    };
    // Of as many bytes as the header has: what comes after it is looked at too, and other files.
    let read = Calls::with(libc::SYS_pread64, 2, !0, 128);
    let reader = holding(&[read], change, || {
        let reader = RingReader::open(place.ring()).unwrap();
        words.set(identity::CAPACITY, 1 << 31);
        reader
    });
    assert_eq!((reads, reader.capacity()), (1, 64));
}

// Checks: I4.
#[test]
fn f08_a_ring_of_another_version_byte_order_or_word_size_is_incompatible_and_both_are_named() {
    let place = Place::with_a_ring(64);
    let words = place.words();
    let page = words.page() as u64;
    for (what, offset, found, expected) in [
        ("a later version", identity::ABI, ABI + 1, ABI),
        ("an earlier version", identity::ABI, ABI - 1, ABI),
        ("no version", identity::ABI, 0, ABI),
        ("big-endian words", identity::ABI, ABI.swap_bytes(), ABI),
        ("words of 32 bits", identity::ABI, ABI | 64 << 32, ABI),
        ("larger pages", identity::PAGE_SIZE, 4 * page, page),
        ("no pages", identity::PAGE_SIZE, 0, page),
        ("fences of a later version", identity::FENCES, 2, 1),
    ] {
        let right = words.get(offset);
        words.set(offset, found);
        for error in [RingReader::open(place.ring()).err(), RingWriter::attach(place.ring()).err()] {
            match error {
                Some(OpenError::Incompatible { offset: at, found: named, expected: needed, .. }) => {
                    assert_eq!((at, named, needed), (offset as u64, found, expected), "{what}");
                    let text = error.unwrap().to_string();
                    assert!(text.contains(&found.to_string()) && text.contains(&expected.to_string()), "{text}");
                }
                other => panic!("{what}: {other:?}"),
            }
        }
        words.set(offset, right);
    }
    RingReader::open(place.ring()).unwrap();
}

/// What a later build may have put where this one knows of nothing.
// Checks: I4.
#[test]
fn f08_a_reserved_byte_that_is_not_zero_is_named_with_where_it_stands() {
    let place = Place::new();
    RingWriter::create(place.ring(), 64).unwrap().push(b"here", None).unwrap();
    let file = fs::OpenOptions::new().read(true).write(true).open(place.ring()).unwrap();
    let words = place.words();
    let page = words.page() as u64;
    let sound = fs::read(place.ring()).unwrap();
    // Everything but the fields of the identity, and in each page the three words, and the figures.
    let is_reserved = |at: u64| !has_a_meaning(page as usize, at as usize);
    for at in (0..2 * page).filter(|&at| is_reserved(at)).filter(|at| at % 8 == 0 || at % 8 == 7 || *at < 128) {
        for byte in [1, 0x80] {
            file.write_all_at(&[byte], at).unwrap();
            for error in [RingReader::open(place.ring()).err(), RingWriter::attach(place.ring()).err()] {
                match error {
                    Some(OpenError::Incompatible { what: "reserved byte", offset, found, expected: 0, .. }) => {
                        assert_eq!((offset, found), (at, u64::from(byte)));
                        let text = error.unwrap().to_string();
                        let says = format!(
                            "the wrong reserved byte: {byte} at byte {at}, and this build needs 0; use the build"
                        );
                        assert!(text.contains(&says), "{text}");
                    }
                    other => panic!("byte {at}: {other:?}"),
                }
            }
            file.write_all_at(&[0], at).unwrap();
        }
    }
    assert!(fs::read(place.ring()).unwrap() == sound);

    // Of several the first; and whoever looks from outside sees the ring, and is told when they ask.
    for at in [90, page + 3, 2 * page - 1] {
        file.write_all_at(&[7], at).unwrap();
    }
    let view = RingView::open(place.ring()).unwrap();
    assert_eq!(view.messages(10).map(|message| message.unwrap().bytes).collect::<Vec<_>>(), [b"here"]);
    assert!(matches!(view.refusal(), Some(OpenError::Incompatible { offset: 90, found: 7, .. })));
    ipc_ring::remove(place.ring(), Trust::new()).unwrap();
}

fn make_fifo(path: &Path) {
    let path = std::ffi::CString::new(path.to_str().unwrap()).unwrap();
    // SAFETY: a C string.
    assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
}

// Checks: I4.
#[test]
fn f09_a_link_a_pipe_a_device_a_socket_and_a_directory_are_refused_and_never_block() {
    let place = Place::new();
    let ring = place.path("a ring");
    drop(RingWriter::create(&ring, 64).unwrap());
    let (link, pipe, directory) = (place.path("link"), place.path("pipe"), place.path("directory"));
    symlink(&ring, &link).unwrap();
    make_fifo(&pipe);
    fs::create_dir(&directory).unwrap();
    let socket = place.path("socket");
    let _socket = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    for path in [&link, &pipe, &directory, &socket, Path::new("/dev/zero")] {
        for error in [RingReader::open(path).err(), RingWriter::attach(path).err()] {
            assert!(matches!(error, Some(OpenError::NotARing { .. })), "{}: {error:?}", path.display());
        }
        assert!(matches!(RingWriter::create(path, 64), Err(CreateError::AlreadyExists { .. })));
    }

    // What takes the ring's place after it was looked at, just before it is opened.
    for what in ["a link", "a pipe"] {
        let swap = |_: &_| {
            let _ = fs::remove_file(place.ring());
            if what == "a link" {
                symlink(&ring, place.ring()).unwrap();
            } else {
                make_fifo(&place.ring());
            }
        };
        let _ = fs::remove_file(place.ring());
        fs::copy(&ring, place.ring()).unwrap();
        let opening = openings(libc::O_RDWR | libc::O_CREAT, libc::O_RDWR);
        let error = holding(&opening, swap, || RingReader::open(place.ring()).err());
        match (what, error) {
            ("a link", Some(OpenError::Io { source, .. })) => assert_eq!(source.raw_os_error(), Some(libc::ELOOP)),
            ("a pipe", Some(OpenError::NotARing { .. })) => {}
            (_, error) => panic!("{what}: {error:?}"),
        }
    }
    let words = Words::of(&ring);
    assert_eq!(words.get(words.reader(CURSOR)), 0);
    assert_eq!(words.get(words.reader(EPOCH)), 0, "nobody has opened it by the link");
}
