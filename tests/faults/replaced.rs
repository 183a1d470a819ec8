//! Faults 5 and 44: the path comes to mean something else at any system call of whoever opens, attaches, looks or
//! removes. Each is done on the one ring or on the other, as a whole, or not at all, and its error is true.

use std::ffi::CString;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{symlink, FileTypeExt, MetadataExt};
use std::os::unix::io::AsRawFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipc_ring::{OpenError, RingId, RingReader, RingView, RingWriter, Trust};
use ipc_ring_reference::kernel::{deciding, Fate};
use ipc_ring_reference::Place;

/// What comes to stand at the path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Change {
    AnotherRing,
    AnotherRingAfterNothing,
    ARingByItsDirectory,
    NoRing,
    Link,
    Pipe,
    Directory,
    Nothing,
    NothingForItMoved,
}

impl Change {
    const ALL: [Self; 9] = [
        Change::AnotherRing,
        Change::AnotherRingAfterNothing,
        Change::ARingByItsDirectory,
        Change::NoRing,
        Change::Link,
        Change::Pipe,
        Change::Directory,
        Change::Nothing,
        Change::NothingForItMoved,
    ];

    /// Whether another ring is at the path then.
    fn brings_a_ring(self) -> bool {
        matches!(self, Change::AnotherRing | Change::AnotherRingAfterNothing | Change::ARingByItsDirectory)
    }
}

/// A ring's file, kept open to be known again.
struct Known {
    file: File,
    id: RingId,
    bytes: Vec<u8>,
}

/// A ring of one message, which is its name. Nobody has a side of it.
fn make(path: &Path, name: &str) -> Known {
    RingWriter::create(path, 64).unwrap().push(name.as_bytes(), None).unwrap();
    let file = File::options().read(true).write(true).open(path).unwrap();
    Known { file, id: RingView::open(path).unwrap().id(), bytes: fs::read(path).unwrap() }
}

impl Known {
    fn is(&self, found: &fs::Metadata) -> bool {
        let own = self.file.metadata().unwrap();
        (own.dev(), own.ino()) == (found.dev(), found.ino())
    }

    /// Whether the file has no name any more.
    fn is_gone(&self) -> bool {
        self.file.metadata().unwrap().nlink() == 0
    }

    /// Whether somebody has a side. Allocates nothing: whoever is held may hold the allocator.
    fn is_held(&self) -> bool {
        // SAFETY: plain data, for which zeroes are valid.
        let mut lock: libc::flock = unsafe { std::mem::zeroed() };
        (lock.l_type, lock.l_start, lock.l_len) = (libc::F_WRLCK as _, 0, 2);
        // SAFETY: the file is open, and the command takes a `flock`.
        assert_eq!(unsafe { libc::fcntl(self.file.as_raw_fd(), libc::F_OFD_GETLK, &mut lock) }, 0);
        lock.l_type != libc::F_UNLCK as libc::c_short
    }

    fn is_as_it_was(&self) -> bool {
        use std::os::unix::fs::FileExt;
        let mut bytes = vec![0; self.bytes.len()];
        self.file.read_exact_at(&mut bytes, 0).unwrap();
        bytes == self.bytes
    }
}

/// A ring, what may take its place, and all the names, made before anything is held.
struct Scene {
    place: Place,
    directory: PathBuf,
    ring: PathBuf,
    another: PathBuf,
    no_ring: PathBuf,
    link: PathBuf,
    pipe: PathBuf,
    kept: PathBuf,
    was: PathBuf,
    other_directory: PathBuf,
    old: Known,
    new: Known,
}

impl Scene {
    fn new(change: Change) -> Self {
        let place = Place::new();
        let (directory, other_directory) = (place.path("in"), place.path("other"));
        fs::create_dir(&directory).unwrap();
        fs::create_dir(&other_directory).unwrap();
        let ring = directory.join("ring");
        let by_directory = change == Change::ARingByItsDirectory;
        let another = if by_directory { other_directory.join("ring") } else { place.path("another") };
        let (old, new) = (make(&ring, "old"), make(&another, "new"));
        let (no_ring, link) = (place.file("no ring", "text"), place.path("link"));
        symlink(&another, &link).unwrap();
        let pipe = place.path("pipe");
        let name = CString::new(pipe.as_os_str().as_bytes()).unwrap();
        // SAFETY: the name is a C string.
        assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
        let (kept, was) = (place.path("kept"), place.path("was"));
        Self { place, directory, ring, another, no_ring, link, pipe, kept, was, other_directory, old, new }
    }

    /// Allocates nothing. Where the ring is gone by then, so is what this would have removed.
    fn make(&self, change: Change) {
        let removed = |removed: io::Result<()>| match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => panic!("{error}"),
            _ => {}
        };
        match change {
            Change::AnotherRing => fs::rename(&self.another, &self.ring).unwrap(),
            Change::AnotherRingAfterNothing => {
                removed(fs::remove_file(&self.ring));
                fs::rename(&self.another, &self.ring).unwrap();
            }
            Change::ARingByItsDirectory => {
                fs::rename(&self.directory, &self.was).unwrap();
                fs::rename(&self.other_directory, &self.directory).unwrap();
            }
            Change::NoRing => fs::rename(&self.no_ring, &self.ring).unwrap(),
            Change::Link => fs::rename(&self.link, &self.ring).unwrap(),
            Change::Pipe => fs::rename(&self.pipe, &self.ring).unwrap(),
            Change::Directory => {
                removed(fs::remove_file(&self.ring));
                fs::create_dir(&self.ring).unwrap();
            }
            Change::Nothing => removed(fs::remove_file(&self.ring)),
            Change::NothingForItMoved => removed(fs::rename(&self.ring, &self.kept)),
        }
    }

    /// Of the two rings, the one with this id, and the one without. Nobody follows a link to the other one.
    fn by_id(&self, id: RingId) -> (&Known, &Known) {
        assert!(id == self.old.id || id == self.new.id);
        let is_linked = fs::symlink_metadata(&self.ring).is_ok_and(|found| found.is_symlink());
        assert!(!is_linked || id == self.old.id, "a link was followed");
        if id == self.old.id {
            (&self.old, &self.new)
        } else {
            (&self.new, &self.old)
        }
    }

    /// Whether the path means this ring.
    fn is_at_the_path(&self, ring: &Known) -> bool {
        fs::symlink_metadata(&self.ring).is_ok_and(|found| ring.is(&found))
    }

    /// What came to the path is still there, as it was.
    fn change_is_there(&self, change: Change) -> bool {
        let found = fs::symlink_metadata(&self.ring);
        match change {
            Change::NoRing => found.unwrap().is_file() && fs::read(&self.ring).unwrap() == b"text",
            Change::Link => found.unwrap().is_symlink() && fs::read_link(&self.ring).unwrap() == self.another,
            Change::Pipe => found.unwrap().file_type().is_fifo(),
            Change::Directory => found.unwrap().is_dir(),
            _ => true,
        }
    }

    /// No temporary name is left anywhere.
    fn is_tidy(&self) -> bool {
        let names =
            |directory: &Path| fs::read_dir(directory).into_iter().flatten().map(|entry| entry.unwrap().file_name());
        let all = [self.place.directory(), &self.directory, &self.was, &self.other_directory].map(names);
        !all.into_iter().flatten().any(|name| name.to_string_lossy().starts_with('.'))
    }
}

/// Whether the error says what happened.
fn is_true(change: Change, error: &OpenError) -> bool {
    let errno = |wanted| matches!(error, OpenError::Io { source, .. } if source.raw_os_error() == Some(wanted));
    match change {
        Change::Nothing | Change::NothingForItMoved => matches!(error, OpenError::NotFound { .. }),
        Change::NoRing | Change::Pipe => matches!(error, OpenError::NotARing { .. } | OpenError::Replaced { .. }),
        Change::Link => matches!(error, OpenError::NotARing { .. } | OpenError::Replaced { .. }) || errno(libc::ELOOP),
        Change::Directory => {
            matches!(error, OpenError::NotARing { .. } | OpenError::Replaced { .. }) || errno(libc::EISDIR)
        }
        _ => matches!(error, OpenError::Replaced { .. }),
    }
}

/// Does `operation` with each change at each of its system calls, and lets `judge` see what came of it.
fn at_each_call<T: Send>(
    operation: impl Fn(&Path) -> Result<T, OpenError> + Sync,
    judge: impl Fn(&str, &Scene, Change, Result<T, OpenError>, bool),
) {
    for change in Change::ALL {
        let mut at = 0;
        loop {
            let scene = Scene::new(change);
            let mut held_then = false;
            let replace = |number: usize, _: &_| {
                if number == at {
                    held_then = scene.old.is_held();
                    scene.make(change);
                }
                Fate::Made
            };
            let (done, calls) = deciding(replace, || operation(&scene.ring));
            if calls <= at {
                break;
            }
            let case = format!("{change:?} at call {at}");
            if let Err(error) = &done {
                assert!(is_true(change, error), "{case}: {error:?}");
                assert!(!scene.old.is_held() && !scene.new.is_held(), "{case}: a lock stays");
            }
            assert!(scene.change_is_there(change), "{case}");
            assert!(scene.is_tidy(), "{case}: a temporary name is left");
            judge(&case, &scene, change, done, held_then);
            at += 1;
        }
        assert!(at > 10, "{change:?}: {at} calls alone");
    }
}

/// A side that was taken is of one ring alone, and knows whether the path means that.
fn is_of_one_ring(case: &str, scene: &Scene, id: RingId, still_named: bool) {
    let (taken, other) = scene.by_id(id);
    assert!(taken.is_held() && !other.is_held(), "{case}: one has the lock, the other the side");
    assert_eq!(still_named, scene.is_at_the_path(taken), "{case}: it is not told");
    assert!(other.is_as_it_was() && !taken.is_as_it_was(), "{case}: it stores in the other");
}

fn soon() -> Option<Duration> {
    Some(Duration::from_millis(5))
}

fn is_read(case: &str, scene: &Scene, opened: Result<RingReader, OpenError>) {
    let Ok(mut reader) = opened else { return };
    is_of_one_ring(case, scene, reader.id(), reader.still_named());
    let mut message = Vec::new();
    reader.try_pop(&mut message).unwrap();
    let name = if reader.id() == scene.old.id { "old" } else { "new" };
    assert_eq!(message, name.as_bytes(), "{case}");
}

// Checks: I8, I9.
#[test]
fn f05_a_ring_whose_path_changes_at_any_call_of_an_opener_is_opened_as_a_whole_or_not_at_all() {
    at_each_call(|path| RingReader::open(path), |case, scene, _, opened, _| is_read(case, scene, opened));
    let wait = |path: &Path| RingReader::open_wait(path, soon());
    at_each_call(wait, |case, scene, change, opened, _| {
        // It waits for what comes.
        assert!(!matches!(opened, Err(OpenError::NotFound { .. })) || !change.brings_a_ring(), "{case}: {opened:?}");
        is_read(case, scene, opened);
    });
}

// Checks: I8, I9.
#[test]
fn f05_a_ring_whose_path_changes_at_any_call_of_a_writer_is_attached_to_as_a_whole_or_not_at_all() {
    at_each_call(
        |path| RingWriter::attach(path),
        |case, scene, _, attached, _| {
            let Ok(mut writer) = attached else { return };
            is_of_one_ring(case, scene, writer.id(), writer.still_named());
            writer.try_push(b"more").unwrap();
            let (taken, other) = scene.by_id(writer.id());
            assert!(other.is_as_it_was() && !taken.is_as_it_was(), "{case}");
        },
    );
}

// Checks: I8.
#[test]
fn f05_a_ring_whose_path_changes_at_any_call_of_a_view_is_seen_as_a_whole_or_not_at_all() {
    at_each_call(
        |path| RingView::open(path),
        |case, scene, _, opened, _| {
            let Ok(view) = opened else { return };
            let (seen, _) = scene.by_id(view.id());
            let name = if seen.id == scene.old.id { "old" } else { "new" };
            let messages: Vec<_> = view.messages(usize::MAX).map(|message| message.unwrap().bytes).collect();
            assert_eq!(messages, [name.as_bytes()], "{case}");
            assert!(scene.old.is_as_it_was() && scene.new.is_as_it_was(), "{case}");
        },
    );
}

/// A removal that has the locks of the one ring removes no other, and an error removes nothing.
fn is_removed_rightly(case: &str, scene: &Scene, change: Change, done: &Result<bool, OpenError>, had_the_old: bool) {
    assert!(scene.old.is_as_it_was() && scene.new.is_as_it_was(), "{case}");
    let is_moved = scene.kept.exists() || scene.was.exists();
    match done {
        Ok(true) => {
            assert!(!had_the_old || !scene.new.is_gone(), "{case}: it had the one and removed the other");
            assert!(scene.new.is_gone() || scene.old.is_gone(), "{case}: nothing is removed");
            assert!(!scene.new.is_gone() || change.brings_a_ring(), "{case}");
        }
        other => {
            assert!(!scene.new.is_gone(), "{case}: {other:?}");
            assert!(!is_moved || !scene.old.is_gone(), "{case}: {other:?}");
            assert!(!change.brings_a_ring() || scene.is_at_the_path(&scene.new), "{case}: {other:?}");
        }
    }
}

// Checks: I8.
#[test]
fn f44_a_removal_whose_path_changes_at_any_of_its_calls_removes_its_own_ring_or_nothing() {
    at_each_call(
        |path| ipc_ring::remove(path, Trust::new()).map(|()| true),
        |case, scene, change, removed, had_the_old| {
            is_removed_rightly(case, scene, change, &removed, had_the_old);
        },
    );
    // Of a ring in which a message waits.
    at_each_call(
        |path| ipc_ring::remove_drained(path, Trust::new()),
        |case, scene, change, removed, had_the_old| {
            assert!(!matches!(removed, Ok(true)), "{case}: {removed:?}");
            is_removed_rightly(case, scene, change, &removed, had_the_old);
        },
    );
}

/// A second change comes while the first, which the removal took away, is put back.
// Checks: I8.
#[test]
fn f44_what_a_removal_took_away_by_mistake_and_cannot_put_back_is_named() {
    let scene = Scene::new(Change::AnotherRing);
    let mut renames = 0;
    let replace = |_: usize, call: &libc::seccomp_data| {
        if call.nr as libc::c_long == libc::SYS_renameat2 {
            renames += 1;
            scene.make(if renames == 1 { Change::AnotherRing } else { Change::NoRing });
        }
        Fate::Made
    };
    let (removed, _) = deciding(replace, || ipc_ring::remove(&scene.ring, Trust::new()));
    assert_eq!(renames, 2);
    let left: Vec<_> = fs::read_dir(&scene.directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    let aside = left.iter().find(|path| **path != scene.ring).unwrap();
    let OpenError::Io { source, .. } = removed.unwrap_err() else { panic!("another error") };
    assert!(source.to_string().contains(aside.file_name().unwrap().to_str().unwrap()), "{source}");
    assert!(scene.new.is(&fs::metadata(aside).unwrap()) && scene.new.is_as_it_was());
    assert!(scene.change_is_there(Change::NoRing) && scene.old.is_gone());
}

/// A sandbox that refuses to rename is no error: the path is removed, after a last look at it.
// Checks: I8.
#[test]
fn f44_a_ring_is_removed_where_nothing_can_be_renamed() {
    for errno in [libc::EPERM, libc::EACCES, libc::ENOSYS, libc::EINVAL, libc::EXDEV] {
        let scene = Scene::new(Change::Nothing);
        let refuse = |_: usize, call: &libc::seccomp_data| match call.nr as libc::c_long {
            libc::SYS_renameat2 => Fate::Refused(errno),
            _ => Fate::Made,
        };
        let (removed, _) = deciding(refuse, || ipc_ring::remove(&scene.ring, Trust::new()));
        assert!(matches!(removed, Ok(())), "{removed:?}");
        assert!(scene.old.is_gone() && scene.is_tidy());
    }
}

/// What cannot be removed is put back.
// Checks: I8.
#[test]
fn f44_a_removal_that_is_refused_leaves_the_ring_at_its_path() {
    for errno in [libc::EPERM, libc::EACCES, libc::EIO, libc::EROFS] {
        let scene = Scene::new(Change::Nothing);
        let refuse = |_: usize, call: &libc::seccomp_data| match call.nr as libc::c_long {
            libc::SYS_unlinkat => Fate::Refused(errno),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_unlink => Fate::Refused(errno),
            _ => Fate::Made,
        };
        let (removed, _) = deciding(refuse, || ipc_ring::remove(&scene.ring, Trust::new()));
        let is_told = matches!(&removed, Err(OpenError::Io { source, .. }) if source.raw_os_error() == Some(errno));
        assert!(is_told, "{removed:?}");
        assert!(scene.is_at_the_path(&scene.old) && scene.is_tidy());
    }
}
