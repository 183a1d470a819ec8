//! Fault 41: the ring's name goes, or comes to mean another file, under a side that has the ring.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use ipc_ring::{PopError, PushError, RingOptions, RingReader, RingWriter, TryPushError};
use ipc_ring_reference::kernel::{failing, in_a_thread, Calls};
use ipc_ring_reference::{other_process, push_all, waiting, Other, Place, A_WHILE, LONG, STRATEGIES};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Lost {
    Removed,
    Replaced,
}

/// Does something to the path.
type Lose = fn(&Path);

/// Ways in which the file at the path loses its name.
const WAYS: [(&str, Lost, Lose); 7] = [
    ("rm", Lost::Removed, |ring| fs::remove_file(ring).unwrap()),
    ("mv", Lost::Removed, |ring| fs::rename(ring, ring.with_extension("elsewhere")).unwrap()),
    ("another ring", Lost::Replaced, |ring| {
        let another = ring.with_extension("another");
        drop(RingWriter::create(&another, 64).unwrap());
        fs::rename(another, ring).unwrap();
    }),
    ("a link to another file", Lost::Replaced, |ring| {
        let another = ring.with_extension("another");
        fs::write(&another, "something else").unwrap();
        fs::remove_file(ring).unwrap();
        fs::hard_link(another, ring).unwrap();
    }),
    ("a directory", Lost::Replaced, |ring| {
        fs::remove_file(ring).unwrap();
        fs::create_dir(ring).unwrap();
    }),
    ("a symbolic link to it", Lost::Replaced, |ring| {
        let elsewhere = ring.with_extension("elsewhere");
        fs::rename(ring, &elsewhere).unwrap();
        symlink(elsewhere, ring).unwrap();
    }),
    ("rm of its directory", Lost::Removed, |ring| fs::remove_dir_all(ring.parent().unwrap()).unwrap()),
];

fn told_by_pop(lost: Lost) -> PopError {
    match lost {
        Lost::Removed => PopError::Removed,
        Lost::Replaced => PopError::Replaced,
    }
}

fn told_by_push(lost: Lost) -> PushError {
    match lost {
        Lost::Removed => PushError::Removed,
        Lost::Replaced => PushError::Replaced,
    }
}

/// Gives the ring its name back, from the second name that it has.
fn back(kept: &Path, ring: &Path) {
    let _ = fs::create_dir(ring.parent().unwrap());
    let _ = fs::remove_dir(ring);
    let _ = fs::remove_file(ring.with_extension("elsewhere"));
    fs::rename(kept, ring).unwrap();
}

// Checks: I9.
#[test]
fn f41_a_reader_that_waits_is_told_that_the_ring_lost_its_name_after_all_messages_and_goes_on_when_it_is_back() {
    for (strategy, (way, lost, lose)) in STRATEGIES.into_iter().flat_map(|strategy| WAYS.map(|way| (strategy, way))) {
        let place = Place::new();
        let (ring, kept) = (place.path("in").join("ring"), place.path("kept"));
        fs::create_dir(ring.parent().unwrap()).unwrap();
        let mut writer = RingWriter::create(&ring, 64).unwrap();
        let mut reader = waiting(strategy).await_successors(true).open(&ring).unwrap();
        fs::hard_link(&ring, &kept).unwrap();
        assert!(reader.still_named() && writer.still_named(), "{way}");
        lose(&ring);
        assert!(!reader.still_named() && !writer.still_named(), "{way}");
        // As long as the peer lives, nothing is amiss between the two.
        let mut buffer = Vec::new();
        assert_eq!(reader.pop(&mut buffer, A_WHILE), Err(PopError::TimedOut), "{way}");
        push_all(&mut writer, [b"one", b"two"]);
        drop(writer);
        for message in [b"one", b"two"] {
            assert_eq!((reader.pop(&mut buffer, A_WHILE), &buffer[..]), (Ok(3), &message[..]), "{way}");
        }
        assert_eq!(reader.pop(&mut buffer, Some(LONG)), Err(told_by_pop(lost)), "{way}");
        assert_eq!(reader.peek(None).err(), Some(told_by_pop(lost)), "{way}");
        assert_eq!(reader.try_pop(&mut buffer), Ok(None), "{way}: who does not wait does not ask");
        assert!(!reader.still_named(), "{way}");

        if way != "rm of its directory" {
            back(&kept, &ring);
            assert!(reader.still_named(), "{way}");
            assert_eq!(reader.pop(&mut buffer, A_WHILE), Err(PopError::TimedOut), "{way}");
            RingWriter::attach(&ring).unwrap().push(b"three", None).unwrap();
            assert_eq!(reader.pop(&mut buffer, A_WHILE), Ok(5), "{way}");
        }
    }
}

// Checks: I9.
#[test]
fn f41_a_writer_that_waits_is_told_that_the_ring_lost_its_name_also_where_no_reader_ever_came() {
    for (awaits_successors, (way, lost, lose)) in
        [false, true].into_iter().flat_map(|await_| WAYS.map(|way| (await_, way)))
    {
        let place = Place::new();
        let (ring, kept) = (place.path("in").join("ring"), place.path("kept"));
        fs::create_dir(ring.parent().unwrap()).unwrap();
        let mut writer = RingOptions::new().await_successors(awaits_successors).create(&ring, 64).unwrap();
        fs::hard_link(&ring, &kept).unwrap();
        lose(&ring);
        assert!(!writer.still_named(), "{way}");
        writer.push(&[0; 48], None).unwrap(); // there is space: nobody is asked
        assert_eq!(writer.push(b"", Some(LONG)), Err(told_by_push(lost)), "{way}");
        assert_eq!(writer.reserve(1, None).err(), Some(told_by_push(lost)), "{way}");
        assert_eq!(writer.batch().push(b"", None), Err(told_by_push(lost)), "{way}");
        assert_eq!(writer.try_push(b""), Err(TryPushError::Full), "{way}");
        assert_eq!(writer.push(b"", Some(Duration::ZERO)), Err(PushError::TimedOut), "{way}");

        if way != "rm of its directory" {
            back(&kept, &ring);
            assert!(writer.still_named(), "{way}");
            assert_eq!(writer.push(b"", A_WHILE), Err(PushError::TimedOut), "{way}");
            let mut reader = RingReader::open(&ring).unwrap();
            reader.pop(&mut Vec::new(), A_WHILE).unwrap();
            assert_eq!(writer.push(b"", A_WHILE), Ok(()), "{way}");
        }
    }
}

#[test]
#[ignore = "the other process of the test below"]
fn other_writer() {
    let (path, mut steps) = other_process();
    let mut writer = RingWriter::attach(path).unwrap();
    steps.step("attached");
    writer.push(b"data", None).unwrap();
    steps.step("pushed");
}

// Checks: I9.
#[test]
fn f41_a_peer_that_lives_is_waited_for_though_the_ring_has_no_name_and_its_death_is_told_as_ever() {
    for awaits_successors in [false, true] {
        let place = Place::with_a_ring(64);
        let mut writer = Other::start("names::other_writer", &place.ring()).after("attached");
        let mut reader = RingOptions::new().await_successors(awaits_successors).open(place.ring()).unwrap();
        fs::remove_file(place.ring()).unwrap();
        assert_eq!(reader.pop(&mut Vec::new(), A_WHILE), Err(PopError::TimedOut));
        writer.goes_on_to("pushed");
        assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Ok(4));
        writer.kill();
        let told = if awaits_successors { PopError::Removed } else { PopError::PeerGone };
        assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Err(told));
    }
}

// Checks: I9.
#[test]
fn f41_a_ring_is_still_named_where_its_directory_is_moved_or_the_process_goes_elsewhere() {
    let place = Place::new();
    let (before, after) = (place.path("before"), place.path("after"));
    fs::create_dir(&before).unwrap();
    in_a_thread(|| {
        // The working directory is this thread's alone from here on.
        // SAFETY: takes effect for this thread alone.
        assert_eq!(unsafe { libc::unshare(libc::CLONE_FS) }, 0);
        std::env::set_current_dir(&before).unwrap();
        let mut options = RingOptions::new();
        let mut writer = options.await_successors(true).create("ring", 64).unwrap();
        let mut reader = options.open("./ring").unwrap();
        std::env::set_current_dir(place.directory()).unwrap();
        fs::rename(&before, &after).unwrap();
        assert!(writer.still_named() && reader.still_named());
        drop(writer);
        assert_eq!(reader.pop(&mut Vec::new(), A_WHILE), Err(PopError::TimedOut));
        writer = options.attach("after/ring").unwrap();
        drop(reader);
        writer.push(&[0; 48], None).unwrap();
        assert_eq!(writer.push(b"", A_WHILE), Err(PushError::TimedOut));
        fs::remove_file("after/ring").unwrap();
        assert_eq!(writer.push(b"", Some(LONG)), Err(PushError::Removed));
    });
}

// Checks: I9.
#[test]
fn f41_a_look_for_the_name_that_fails_says_nothing() {
    let (place, mut writer) = Place::with_a_writer(64);
    writer.push(&[0; 48], None).unwrap();
    fs::remove_file(place.ring()).unwrap();
    for errno in [libc::EACCES, libc::EIO, libc::ENOTDIR, libc::ESTALE, libc::ENOMEM] {
        failing(Calls::of(libc::SYS_newfstatat), errno, || {
            assert!(writer.still_named(), "error {errno}");
            assert_eq!(writer.push(b"", A_WHILE), Err(PushError::TimedOut), "error {errno}");
        });
    }
    assert_eq!(writer.push(b"", A_WHILE), Err(PushError::Removed));
}

// Checks: I9.
#[test]
fn f41_a_ring_in_sealed_memory_never_had_a_name_to_lose() {
    let mut options = RingOptions::new();
    options.await_successors(true);
    let (mut writer, memory) = options.create_sealed(64).unwrap();
    writer.push(&[0; 48], None).unwrap();
    assert_eq!(writer.push(b"", A_WHILE), Err(PushError::TimedOut));
    let mut reader = options.open_memory(&memory).unwrap();
    reader.pop(&mut Vec::new(), None).unwrap();
    assert!(writer.still_named() && reader.still_named());
    drop(writer);
    assert_eq!(reader.pop(&mut Vec::new(), A_WHILE), Err(PopError::TimedOut));
}
