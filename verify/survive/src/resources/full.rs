//! Filesystems that are too small: of every size from a single page to twice the ring, and with too few inodes. Each is
//! mounted for one attempt, in a mount namespace that nobody else sees.

use std::ffi::CString;
use std::fs;
use std::path::Path;

use ipc_ring::{CreateError, RingOptions, RingReader, TryPushError};

use super::operation::Outcome;
use crate::linux::forked::{self, Ended};
use crate::linux::{done, place, privilege};
use crate::report::{Report, Row};

const PAGE: u64 = 4096;
const CAPACITY: usize = 16 * PAGE as usize;
/// The ring's bytes, and a page for each side.
const RING_PAGES: u64 = CAPACITY as u64 / PAGE + 2;
const INODES: u64 = 8;
/// Lengths of messages with which the ring is filled, so that every byte of it is written to.
const LENGTHS: [usize; 3] = [4088, 56, 1000];

/// A filesystem, and what stands on it before the ring.
struct Filesystem {
    what: String,
    options: String,
    /// The length of a file that is there already.
    occupied: usize,
}

pub fn run(report: &mut Report) -> Result<(), String> {
    let place = place()?;
    let ended = forked::run(|| match apart(place.path()) {
        Ok(()) => all(place.path()).unwrap_or_else(|why| format!("! {why}")),
        Err(why) => format!("? {why}"),
    })?;
    let Ended::Saying(said) = ended else {
        return Err(format!("who mounts small filesystems did not end as it should: {ended:?}"));
    };
    if let Some(why) = said.strip_prefix("? ") {
        report.not_run("small filesystems", why);
        return Ok(());
    }
    if let Some(why) = said.strip_prefix("! ") {
        return Err(why.into());
    }
    let violations: Vec<_> = said.lines().map(str::to_string).collect();
    report.add(Row {
        what: "creating on a full filesystem".into(),
        cases: attempts().len() as u64,
        unit: "attempts",
        bound: format!("a ring of {RING_PAGES} pages; tmpfs of 0 to {} pages, 0 to {INODES} inodes", 2 * RING_PAGES),
        violations,
    });
    Ok(())
}

/// Puts this process where what it mounts is seen by nobody else, and tries whether it may mount.
fn apart(directory: &Path) -> Result<(), String> {
    privilege::acquire()?;
    // SAFETY: a system call without pointers.
    done("make a mount namespace", unsafe { libc::unshare(libc::CLONE_NEWNS) })?;
    mount(None, Path::new("/"), libc::MS_REC | libc::MS_PRIVATE, "")?;
    mount(Some("tmpfs"), directory, 0, "size=4096")?;
    unmount(directory)
}

/// The filesystems, each with whether the ring is prefaulted.
fn attempts() -> Vec<(Filesystem, bool)> {
    let size = |pages: u64| format!("size={}", pages * PAGE);
    // To tmpfs a size of 0 is no limit at all: the least is a page, which something else takes.
    let none = Filesystem { what: "no page".into(), options: size(1), occupied: PAGE as usize };
    let sizes = (1..=2 * RING_PAGES).map(|pages| Filesystem {
        what: format!("{pages} pages"),
        options: size(pages),
        occupied: 0,
    });
    // Its root takes an inode.
    let inodes = (1..=INODES + 1).map(|inodes| Filesystem {
        what: format!("{} inodes", inodes - 1),
        options: format!("nr_inodes={inodes},size=1m"),
        occupied: 0,
    });
    let all = || [none].into_iter().chain(sizes).chain(inodes);
    all().flat_map(|filesystem| [true, false].map(|prefault| (filesystem.again(), prefault))).collect()
}

impl Filesystem {
    fn again(&self) -> Self {
        Self { what: self.what.clone(), options: self.options.clone(), occupied: self.occupied }
    }
}

/// Tries all of them. What went wrong, a line each.
fn all(directory: &Path) -> Result<String, String> {
    let (mut violations, mut refused, mut created) = (Vec::new(), 0, 0);
    for (filesystem, prefault) in attempts() {
        mount(Some("tmpfs"), directory, 0, &filesystem.options)?;
        let wrong = one(directory, &filesystem, prefault);
        unmount(directory)?;
        match wrong? {
            Ok(true) => created += 1,
            Ok(false) => refused += 1,
            Err(why) => {
                let prefault = if prefault { "" } else { ", not prefaulted" };
                violations.push(format!("{}{prefault}: {why}", filesystem.what));
            }
        }
    }
    if refused == 0 || created == 0 {
        violations.push(format!("{created} were created and {refused} refused: the sizes are not those that matter"));
    }
    Ok(violations.join("\n"))
}

/// Creates a ring on the filesystem that is mounted. Whether it was created, or what went wrong.
fn one(directory: &Path, filesystem: &Filesystem, prefault: bool) -> Result<Result<bool, String>, String> {
    if filesystem.occupied > 0 {
        let occupied = fs::write(directory.join("other"), vec![1; filesystem.occupied]);
        occupied.map_err(|error| format!("fill a filesystem: {error}"))?;
    }
    let before = names(directory);
    let path = directory.join("ring");
    let ended = forked::run(|| use_a_ring(&path, prefault))?;
    let mut left = names(directory);
    left.retain(|name| !before.contains(name));
    let said = match ended {
        Ended::Saying(said) => said,
        Ended::Panicked(message) => return Ok(Err(format!("it panicked: {message}"))),
        Ended::Killed(libc::SIGBUS) => return Ok(Err("SIGBUS: there was no space for what was created".into())),
        Ended::Killed(signal) => return Ok(Err(format!("signal {signal} killed it"))),
    };
    Ok(match Outcome::from_line(&said) {
        Some(Outcome::Done) if left == ["ring"] => Ok(true),
        Some(refused @ Outcome::Refused { .. }) if left.is_empty() => match refused.complaint(&[libc::ENOSPC]) {
            None => Ok(false),
            Some(complaint) => Err(complaint),
        },
        Some(_) => Err(format!("{said}, and {left:?} is there")),
        None => Err(said),
    })
}

/// Creates a ring, fills all of it and drains it, as often as there are lengths.
fn use_a_ring(path: &Path, prefault: bool) -> String {
    let mut writer = match RingOptions::new().prefault(prefault).create(path, CAPACITY) {
        Ok(writer) => writer,
        Err(CreateError::Io { doing, source, .. }) => {
            return Outcome::Refused { doing: doing.into(), errno: source.raw_os_error() }.to_line();
        }
        Err(error) => return Outcome::Other(error.to_string()).to_line(),
    };
    let mut reader = match RingReader::open(path) {
        Ok(reader) => reader,
        Err(error) => return format!("what was created cannot be opened: {error}"),
    };
    let mut buffer = Vec::new();
    for length in LENGTHS {
        let message = |number: usize| vec![number as u8 ^ length as u8; length];
        let mut pushed = 0;
        loop {
            match writer.try_push(&message(pushed)) {
                Ok(()) => pushed += 1,
                Err(TryPushError::Full) => break,
                Err(error) => return format!("push: {error}"),
            }
        }
        for number in 0..pushed {
            match reader.try_pop(&mut buffer) {
                Ok(Some(_)) if buffer == message(number) => {}
                other => return format!("message {number} of {length} bytes came out otherwise: {other:?}"),
            }
        }
    }
    Outcome::Done.to_line()
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

fn mount(kind: Option<&str>, target: &Path, flags: libc::c_ulong, options: &str) -> Result<(), String> {
    let text = |text: &str| CString::new(text).map_err(|error| format!("mount: {error}"));
    let (none, kind, options) = (text("none")?, text(kind.unwrap_or("none"))?, text(options)?);
    let target_text = text(&target.to_string_lossy())?;
    // SAFETY: C strings that outlive the call.
    let answer =
        unsafe { libc::mount(none.as_ptr(), target_text.as_ptr(), kind.as_ptr(), flags, options.as_ptr().cast()) };
    done(&format!("mount {}", target.display()), answer)
}

fn unmount(target: &Path) -> Result<(), String> {
    let text = CString::new(&*target.to_string_lossy()).map_err(|error| format!("unmount: {error}"))?;
    // SAFETY: a C string that outlives the call.
    done(&format!("unmount {}", target.display()), unsafe { libc::umount2(text.as_ptr(), 0) })
}
