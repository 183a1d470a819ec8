//! Fault 47: a ring outlives the boot of the system that it was created in.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use ipc_ring::layout::identity::BOOT;
use ipc_ring::{CreateError, OpenError, PopError, RingOptions, RingReader, RingView, RingWriter, Trust};
use ipc_ring_reference::kernel::{in_a_sandbox, in_place_of, not_run, openings, Calls};
use ipc_ring_reference::{Place, LONG};

/// Where the system says which boot it is in.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";
/// Opening a file to read it alone, as the ring's is not, nor a directory.
fn opens_to_read() -> Vec<Calls> {
    openings(libc::O_ACCMODE | libc::O_DIRECTORY | libc::O_PATH, libc::O_RDONLY)
}

/// A ring with a message in it that nobody holds.
fn a_ring(path: &Path) {
    RingWriter::create(path, 4096).unwrap().push(b"before", None).unwrap();
}

fn boot_of(path: &Path) -> [u8; 16] {
    let mut boot = [0; 16];
    File::open(path).unwrap().read_exact_at(&mut boot, BOOT as u64).unwrap();
    boot
}

fn set_boot(path: &Path, boot: [u8; 16]) {
    OpenOptions::new().write(true).open(path).unwrap().write_all_at(&boot, BOOT as u64).unwrap();
}

/// The boot that the system is in.
fn this_boot() -> [u8; 16] {
    let text = fs::read_to_string(BOOT_ID).unwrap().replace('-', "");
    u128::from_str_radix(text.trim(), 16).unwrap().to_be_bytes()
}

fn is_another_boot<T>(opened: Result<T, OpenError>) {
    let error = opened.err().expect("it is refused");
    assert!(matches!(error, OpenError::AnotherBoot { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("before the last boot") && text.contains("allow any boot"), "{text}");
    assert_eq!(io::Error::from(error).kind(), io::ErrorKind::InvalidData);
}

/// Both sides go on with the message that waits.
fn goes_on(options: &RingOptions, path: &Path) {
    let mut reader = options.open(path).unwrap();
    let mut writer = options.attach(path).unwrap();
    writer.push(b"after", None).unwrap();
    for expected in [&b"before"[..], b"after"] {
        let mut message = Vec::new();
        reader.pop(&mut message, Some(LONG)).unwrap();
        assert_eq!(message, expected);
    }
}

// Checks: I4.
#[test]
fn f47_a_ring_of_another_boot_is_not_used_unless_that_is_allowed() {
    let place = Place::new();
    let path = &place.ring();
    a_ring(path);
    assert_eq!(boot_of(path), this_boot());
    // Any bit of it tells another one.
    for bit in [0, 64, 127] {
        set_boot(path, (u128::from_be_bytes(this_boot()) ^ 1 << bit).to_be_bytes());
        let before = fs::read(path).unwrap();
        is_another_boot(RingReader::open(path));
        is_another_boot(RingWriter::attach(path));
        is_another_boot(RingReader::open_wait(path, Some(Duration::ZERO)));
        assert!(fs::read(path).unwrap() == before, "the file is as it was");
    }
    let of_another = boot_of(path);
    goes_on(RingOptions::new().trust(Trust::new().any_boot(true)), path);
    // It is no ring of this boot by that.
    assert_eq!(boot_of(path), of_another);
    is_another_boot(RingReader::open(path));
    set_boot(path, this_boot());
    RingReader::open(path).unwrap();
}

// Checks: I4.
#[test]
fn f47_memory_of_another_boot_is_not_used_unless_that_is_allowed() {
    // As where a virtual machine, or a container with its processes, is set down and taken up again.
    let mut options = RingOptions::new();
    let (writer, memory) = options.create_sealed(4096).unwrap();
    drop(writer);
    let memory = File::from(memory);
    memory.write_all_at(b"another boot", BOOT as u64).unwrap();
    is_another_boot(options.open_memory(&memory));
    is_another_boot(options.attach_memory(&memory));
    options.trust(Trust::new().any_boot(true));
    options.open_memory(&memory).unwrap();
    options.attach_memory(&memory).unwrap();
}

// Checks: I4.
#[test]
fn f47_a_ring_of_another_boot_is_looked_at_and_removed_without_leave() {
    let place = Place::new();
    let path = &place.ring();
    let _options = RingOptions::new();
    for (drained, another) in [(false, false), (false, true), (true, true)] {
        a_ring(path);
        if drained {
            let mut reader = RingReader::open(path).unwrap();
            reader.pop(&mut Vec::new(), None).unwrap();
            assert_eq!(reader.pop(&mut Vec::new(), None), Err(PopError::Closed));
        }
        if another {
            set_boot(path, *b"0123456789abcdef");
        }
        let view = RingView::open(path).unwrap();
        assert_eq!(view.is_of_this_boot(), !another);
        let refusal = view.refusal();
        assert_eq!(matches!(refusal, Some(OpenError::AnotherBoot { .. })), another, "{refusal:?}");
        assert_eq!(view.messages(10).count(), usize::from(!drained));
        assert_eq!(ipc_ring::remove_drained(path, Trust::new()).unwrap(), drained);
        if !drained {
            ipc_ring::remove(path, Trust::new()).unwrap();
        }
        assert!(!path.exists());
    }
}

// Checks: I4.
#[test]
fn f47_where_either_boot_is_not_known_nothing_is_refused() {
    let place = Place::new();
    let path = &place.ring();
    a_ring(path);
    set_boot(path, [0; 16]);
    goes_on(&RingOptions::new(), path);
    fs::remove_file(path).unwrap();

    for errno in [libc::ENOENT, libc::EACCES, libc::EPERM, libc::EIO] {
        a_ring(path);
        set_boot(path, *b"0123456789abcdef");
        in_a_sandbox(&opens_to_read(), errno, || goes_on(&RingOptions::new(), path));
        is_another_boot(RingReader::open(path));
        fs::remove_file(path).unwrap();
        in_a_sandbox(&opens_to_read(), errno, || a_ring(path));
        assert_eq!(boot_of(path), [0; 16]);
        goes_on(&RingOptions::new(), path);
        fs::remove_file(path).unwrap();
    }

    // What is short for a moment does not make a ring of another boot one of this.
    a_ring(path);
    set_boot(path, *b"0123456789abcdef");
    for errno in [libc::EMFILE, libc::ENFILE, libc::ENOMEM] {
        let is_told = |error: io::Error| assert_eq!(error.raw_os_error(), Some(errno));
        let (created, opened, attached) = in_a_sandbox(&opens_to_read(), errno, || {
            let other = place.path("other");
            (RingWriter::create(other, 4096).err(), RingReader::open(path).err(), RingWriter::attach(path).err())
        });
        let Some(CreateError::Io { source, doing, .. }) = created else { panic!("{created:?}") };
        assert!(doing.contains("boot"), "{doing}");
        is_told(source);
        for error in [opened, attached] {
            let Some(OpenError::Io { source, doing, .. }) = error else { panic!("{error:?}") };
            assert!(doing.contains("boot"), "{doing}");
            is_told(source);
        }
        in_a_sandbox(&opens_to_read(), errno, || {
            drop(RingOptions::new().trust(Trust::new().any_boot(true)).open(path).unwrap())
        });
    }
    assert_eq!(place.entries(), ["ring"]);
}

/// As containers have it that have a boot of their own.
// Checks: I4.
#[test]
fn f47_a_container_with_a_boot_of_its_own_uses_the_rings_of_its_host_where_that_is_allowed() {
    let place = Place::new();
    let path = &place.ring();
    let other_boot = place.path("boot");
    for (text, is_a_boot) in [("01234567-89ab-cdef-0123-456789abcdef\n", true), ("no boot at all\n", false)] {
        a_ring(path);
        fs::write(&other_boot, text).unwrap();
        let seen = in_place_of(Path::new(BOOT_ID), other_boot.to_str().unwrap(), || {
            let inner = place.path("inner");
            drop(RingWriter::create(&inner, 4096).unwrap());
            let inner = (boot_of(&inner), fs::remove_file(inner));
            let opened = RingReader::open(path);
            if is_a_boot {
                is_another_boot(opened);
                goes_on(RingOptions::new().trust(Trust::new().any_boot(true)), path);
            } else {
                drop(opened.unwrap());
                goes_on(&RingOptions::new(), path);
            }
            inner.0
        });
        match seen {
            Ok(seen) => {
                assert_eq!(
                    seen,
                    if is_a_boot { 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef_u128 } else { 0 }.to_be_bytes()
                )
            }
            Err(error) => return not_run("f47", format!("no file can be mounted over another: {error}")),
        }
        fs::remove_file(path).unwrap();
    }
}
