//! Fault 40: in a user namespace all users that it does not know are one number, which may be the number of one that it
//! knows.

use std::ffi::CString;
use std::fs::{self, File, Permissions};
use std::io::{Read, Write};
use std::os::fd::FromRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use ipc_ring::{OpenError, RingReader, RingView, RingWriter};
use ipc_ring_reference::kernel::{is_root, not_run};
use ipc_ring_reference::Place;

/// The number of all that a namespace does not know.
const UNKNOWN: u32 = 65534;

fn pipe() -> (File, File) {
    let mut ends = [0; 2];
    // SAFETY: a place for two descriptors.
    assert_eq!(unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) }, 0);
    // SAFETY: they are new, and nobody else's.
    ends.map(|end| unsafe { File::from_raw_fd(end) }).into()
}

/// Runs `body` in a process of the user `user`, in a user namespace with this `map`, and returns what it says; `None`
/// where such a namespace is not to be had.
fn in_a_user_namespace(user: u32, map: &str, body: impl FnOnce() -> String) -> Option<String> {
    let ((mut answers, mut answer), (mut maps, mut mapped)) = (pipe(), pipe());
    // SAFETY: the child runs `body` and ends.
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        // SAFETY: numbers; for this thread, which is all that this process has.
        let is_user = unsafe { libc::syscall(libc::SYS_setresuid, user, user, user) } == 0;
        // SAFETY: as above.
        let is_there = is_user && unsafe { libc::unshare(libc::CLONE_NEWUSER) } == 0;
        drop((answers, mapped));
        let said = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            if !is_there {
                return String::new();
            }
            answer.write_all(b"!").unwrap();
            maps.read_exact(&mut [0]).unwrap();
            body()
        }));
        let said = said.unwrap_or_else(|_| "a panic".into());
        let _ = answer.write_all(said.as_bytes());
        // SAFETY: nothing of the parent's is to be run here.
        unsafe { libc::_exit(0) };
    }
    drop((answer, maps));
    let is_there = answers.read_exact(&mut [0]).is_ok();
    if is_there {
        fs::write(format!("/proc/{child}/uid_map"), map).unwrap();
        mapped.write_all(b"!").unwrap();
    }
    let mut said = String::new();
    answers.read_to_string(&mut said).unwrap();
    // SAFETY: the child from above.
    unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
    is_there.then_some(said)
}

/// A ring of the user `owner`, that this process's group may read and write.
fn ring_of(place: &Place, owner: u32) {
    let _ = fs::remove_file(place.ring());
    drop(RingWriter::create(place.ring(), 64).unwrap());
    let ring = CString::new(place.ring().to_str().unwrap()).unwrap();
    // SAFETY: a C string; the group stays.
    assert_eq!(unsafe { libc::chown(ring.as_ptr(), owner, libc::gid_t::MAX) }, 0);
    fs::set_permissions(place.ring(), Permissions::from_mode(0o660)).unwrap();
    fs::set_permissions(place.directory(), Permissions::from_mode(0o755)).unwrap();
}

/// What becomes of taking each side, and of a view, as the user whose number is `expected` here.
fn taken(path: &Path, expected: u32) -> String {
    // SAFETY: asks for a number.
    assert_eq!(unsafe { libc::geteuid() }, expected);
    let errors = [RingWriter::attach(path).err(), RingReader::open(path).err(), RingView::open(path).err()];
    let said: Vec<String> = errors
        .into_iter()
        .map(|error| match error {
            None => "taken".into(),
            Some(OpenError::Untrusted { why, .. }) => why.into(),
            Some(error) => error.to_string(),
        })
        .collect();
    said.join(", ")
}

const REFUSED: &str = "another user owns it, another user owns it, another user owns it";

// Checks: I4.
#[test]
fn f40_a_user_that_the_namespace_does_not_know_owns_nothing() {
    let place = Place::new();
    if !is_root() {
        return not_run("f40", "only root can map users as it likes");
    }
    // The user 12345 is not mapped, nor is root: both are 65534 there.
    for owner in [12345, 0] {
        ring_of(&place, owner);
        let said = in_a_user_namespace(0, "1000 1000 1", || taken(&place.ring(), UNKNOWN));
        match said {
            Some(said) => assert_eq!(said, REFUSED, "the owner is {owner}"),
            None => return not_run("f40", "no user namespace is to be had"),
        }
    }
}

// Checks: I4.
#[test]
fn f40_where_the_number_of_the_unknown_is_mapped_it_is_a_user_like_any_other() {
    let place = Place::new();
    if !is_root() {
        return not_run("f40", "only root can map users as it likes");
    }
    let map = "0 100000 65536";
    for (owner, expected) in [(100_000 + UNKNOWN, "taken, taken, taken"), (12345, REFUSED), (100_001, REFUSED)] {
        ring_of(&place, owner);
        let said = in_a_user_namespace(100_000 + UNKNOWN, map, || taken(&place.ring(), UNKNOWN));
        match said {
            Some(said) => assert_eq!(said, expected, "the owner is {owner}"),
            None => return not_run("f40", "no user namespace is to be had"),
        }
    }
    // And any other user is one, too.
    ring_of(&place, 100_007);
    let said = in_a_user_namespace(100_007, map, || taken(&place.ring(), 7));
    assert_eq!(said.as_deref(), Some("taken, taken, taken"));
}
