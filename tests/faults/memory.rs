//! Fault 28, memory that is cut off under whoever has it mapped, and rings in memory that cannot be.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::Command;

use ipc_ring::{
    Check, CreateError, OpenError, PushError, RingOptions, RingReader, RingWriter, Side, Trust, TryPopError,
};
use ipc_ring_reference::{numbers, other_process, pop_all, pops, push_all, ring, Other, Place, LONG};

/// Takes the memory of the ring's bytes away, and leaves its size as it is.
fn punch_a_hole(file: &File) {
    let from = 8192;
    let length = file.metadata().unwrap().len() as i64 - from;
    let mode = libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE;
    // SAFETY: the descriptor is open.
    assert_eq!(unsafe { libc::fallocate(file.as_raw_fd(), mode, from, length) }, 0);
}

#[test]
#[ignore = "the other process of the test below"]
fn whoever_has_it_mapped() {
    let (path, mut steps) = other_process();
    let mut writer = RingWriter::create(path, 4096).unwrap();
    writer.push(b"here", None).unwrap();
    steps.step("pushed");
    steps.say(format!("{:?}", writer.push(b"there", None)));
}

/// Nothing else is promised of files with a path: it is what `RingOptions::mode` and assumption T2 say.
// Checks: I4, T2.
#[test]
fn f28_a_file_that_is_truncated_while_it_is_mapped_kills_who_touches_it_as_is_documented() {
    let place = Place::new();
    let mut other = Other::start("memory::whoever_has_it_mapped", &place.ring()).after("pushed");
    OpenOptions::new().write(true).open(place.ring()).unwrap().set_len(0).unwrap();
    other.go_on();
    assert_eq!(other.says(), None);
    assert_eq!(other.ended().signal(), Some(libc::SIGBUS));
    assert!(matches!(RingReader::open(place.ring()), Err(OpenError::NotARing { .. })));
}

// Checks: I4.
#[test]
fn f28_a_hole_that_is_punched_into_a_ring_is_no_signal_but_a_record_that_is_none() {
    let (place, mut writer, mut reader) = ring(4096);
    writer.push(b"lost", None).unwrap();
    punch_a_hole(&OpenOptions::new().write(true).open(place.ring()).unwrap());
    assert_eq!(reader.try_pop(&mut Vec::new()), Err(TryPopError::Corrupt { check: Check::RecordKind }));
    writer.push(b"whatever", None).unwrap();

    let (mut writer, memory) = RingOptions::new().create_sealed(4096).unwrap();
    let mut reader = RingOptions::new().open_memory(&memory).unwrap();
    writer.push(b"lost", None).unwrap();
    punch_a_hole(&File::from(memory));
    assert_eq!(reader.try_pop(&mut Vec::new()), Err(TryPopError::Corrupt { check: Check::RecordKind }));
    writer.push(b"whatever", None).unwrap();
}

// Checks: I4, T2.
#[test]
fn f28_sealed_memory_cannot_be_truncated_by_anybody() {
    let (mut writer, memory) = RingOptions::new().create_sealed(4096).unwrap();
    let mut reader = RingOptions::new().open_memory(&memory).unwrap();
    writer.push(b"safe", None).unwrap();
    let file = File::from(memory);
    let length = file.metadata().unwrap().len();
    // By the descriptor that was handed over, and by another description of the same memory.
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    let again = OpenOptions::new().read(true).write(true).open(path).unwrap();
    for file in [&file, &again] {
        for to in [0, 1, 4096, length - 1, length + 1, length + 4096] {
            let refused = file.set_len(to).err().and_then(|error| error.raw_os_error());
            assert_eq!(refused, Some(libc::EPERM), "to {to} bytes");
        }
        // SAFETY: the descriptor is open.
        let unsealed = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_ADD_SEALS, libc::F_SEAL_WRITE) };
        assert_eq!(unsealed, -1, "the seals are final, too");
    }
    pops(&mut reader, b"safe");
}

// Checks: I4.
#[test]
fn f10_memory_that_is_not_sealed_is_untrusted_unless_that_is_allowed() {
    let place = Place::with_a_ring(4096);
    // SAFETY: a C string.
    let descriptor = unsafe { libc::memfd_create(b"unsealed\0".as_ptr().cast(), libc::MFD_ALLOW_SEALING) };
    // SAFETY: it is new, and nobody else's.
    let mut unsealed = unsafe { File::from_raw_fd(descriptor) };
    unsealed.write_all(&fs::read(place.ring()).unwrap()).unwrap();
    let by_path = File::open(place.ring()).unwrap();
    // Only some of the seals: it could still be made shorter.
    // SAFETY: the descriptor is open.
    assert_eq!(unsafe { libc::fcntl(unsealed.as_raw_fd(), libc::F_ADD_SEALS, libc::F_SEAL_GROW) }, 0);
    let mut options = RingOptions::new();
    for file in [&unsealed, &by_path] {
        options.trust(Trust::new().any_owner(false));
        for error in [options.open_memory(file).err().unwrap(), options.attach_memory(file).err().unwrap()] {
            assert!(error.to_string().contains("not sealed"), "{error}");
            assert!(matches!(error, OpenError::Untrusted { .. }), "{error}");
        }
        options.trust(Trust::new().any_owner(true));
        let mut writer = options.attach_memory(file).unwrap();
        let mut reader = options.open_memory(file).unwrap();
        writer.push(b"trusted", None).unwrap();
        assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Ok(7));
    }
}

const INHERITED: i32 = 100;

#[test]
#[ignore = "the other process of the test below"]
fn heir_of_memory() {
    let (_, mut steps) = other_process();
    // SAFETY: whoever started this gave it this descriptor, and nobody else here has it.
    let memory = unsafe { OwnedFd::from_raw_fd(INHERITED) };
    let mut reader = RingOptions::new().open_memory(&memory).unwrap();
    assert!(matches!(RingOptions::new().attach_memory(&memory), Err(OpenError::Busy { side: Side::Writer, .. })));
    drop(memory);
    steps.step("opened");
    let mut buffer = Vec::new();
    pop_all(&mut reader, numbers(0..1000));
    steps.step("popped");
    steps.step(format!("{:?}", reader.pop(&mut buffer, Some(LONG))));
}

fn start_with(memory: &OwnedFd) -> Other {
    let descriptor = memory.as_raw_fd();
    let mut command = Command::new(std::env::current_exe().unwrap());
    let inherit = move || {
        // SAFETY: a plain system call.
        match unsafe { libc::dup2(descriptor, INHERITED) } {
            -1 => Err(std::io::Error::last_os_error()),
            _ => Ok(()),
        }
    };
    // SAFETY: it makes a system call alone.
    unsafe { command.pre_exec(inherit) };
    Other::start_by(&mut command, "memory::heir_of_memory", Path::new(""), "")
}

// Checks: I4.
#[test]
fn f28_a_child_that_inherits_sealed_memory_is_the_other_side_and_its_death_is_noticed() {
    let options = RingOptions::new();
    let (mut writer, memory) = options.create_sealed(4096).unwrap();
    let mut child = start_with(&memory);
    child.expect("opened");
    assert!(matches!(options.open_memory(&memory), Err(OpenError::Busy { side: Side::Reader, .. })));
    child.go_on();
    push_all(&mut writer, numbers(0..1000));
    child.expect("popped");
    child.kill();
    let full = loop {
        if let Err(error) = writer.push(&[1; 1000], Some(LONG)) {
            break error;
        }
    };
    assert_eq!(full, PushError::PeerGone);
    // Another goes on, and so does another writer.
    let mut reader = options.open_memory(&memory).unwrap();
    assert_eq!((reader.epoch(), reader.peer_epoch()), (2, 1));
    assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Ok(1000));
    drop(writer);
    let writer = options.attach_memory(&memory).unwrap();
    assert_eq!((writer.epoch(), reader.peer_epoch()), (2, 2));
    drop(writer);

    let (writer, memory) = options.create_sealed(64).unwrap();
    drop(writer);
    assert_eq!(options.open_memory(&memory).unwrap().try_pop(&mut Vec::new()), Err(TryPopError::Closed));
    assert!(matches!(options.create_sealed(65), Err(CreateError::InvalidCapacity(_))));
}
