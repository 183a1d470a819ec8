//! Fault 39: filesystems that do not keep what was allocated for a file, those that do, and overlays of either.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ipc_ring::{CreateError, OpenError, RingOptions, RingReader, RingView, RingWriter, Trust};
use ipc_ring_reference::kernel::{mount, mounted, not_run, with_own_mounts};
use ipc_ring_reference::{Place, LONG};

/// A filesystem in a file, on a loop device that goes with it.
struct Image {
    device: PathBuf,
}

impl Image {
    fn new(place: &Place, kind: &str) -> Result<Self, String> {
        let image = place.directory().join(format!("{kind}.img"));
        File::create(&image).and_then(|file| file.set_len(512 << 20)).map_err(|error| error.to_string())?;
        said_by(Command::new(format!("mkfs.{kind}")).arg("-q").arg(&image))?;
        let device = said_by(Command::new("losetup").args(["--find", "--show"]).arg(&image))?;
        Ok(Self { device: device.trim().into() })
    }

    fn mount(&self, kind: &str, at: &Path) -> Result<(), String> {
        mount(self.device.to_str().unwrap(), at, kind, 0, "").map_err(|error| format!("cannot mount {kind}: {error}"))
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        let _ = Command::new("losetup").arg("--detach").arg(&self.device).status();
    }
}

/// Runs a program of the system's administrator.
fn said_by(command: &mut Command) -> Result<String, String> {
    let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
    let done = command.env("PATH", path).stderr(Stdio::piped()).stdin(Stdio::null()).output();
    let done = done.map_err(|error| format!("{:?}: {error}", command.get_program()))?;
    match done.status.success() {
        true => Ok(String::from_utf8_lossy(&done.stdout).into_owned()),
        false => Err(format!("{:?}: {}", command.get_program(), String::from_utf8_lossy(&done.stderr))),
    }
}

fn directory(parent: &Path, name: &str) -> PathBuf {
    let directory = parent.join(name);
    fs::create_dir(&directory).unwrap();
    directory
}

/// A ring in `directory` is made and used.
fn accepted(trust: Trust, directory: &Path) {
    let mut options = RingOptions::new();
    options.trust(trust);
    let ring = directory.join("ring");
    let mut writer = options.create(&ring, 4096).unwrap();
    let mut reader = options.open(&ring).unwrap();
    writer.push(b"data", None).unwrap();
    assert_eq!(reader.pop(&mut Vec::new(), Some(LONG)), Ok(4));
    drop(writer);
    options.attach(&ring).unwrap();
    RingView::open_trusting(&ring, trust).unwrap();
    drop(reader);
    ipc_ring::remove(&ring, trust).unwrap();
}

/// A ring in `directory` is neither made nor opened, and `name` says where it would be, unless any filesystem is
/// allowed.
fn refused(directory: &Path, name: &str) {
    let ring = directory.join("ring");
    match RingWriter::create(&ring, 4096) {
        Err(error @ CreateError::UnsuitableFilesystem { name: found, .. }) => {
            assert_eq!(found, name);
            let text = error.to_string();
            let remedies = ["use /dev/shm, ext4 or XFS", "allow any filesystem"];
            assert!(remedies.iter().all(|remedy| text.contains(remedy)), "{text}");
            assert_eq!(io::Error::from(error).kind(), io::ErrorKind::Unsupported);
        }
        other => panic!("{name}: {other:?}"),
    }
    assert_eq!(fs::read_dir(directory).unwrap().count(), 0, "{name}: nothing is left behind");

    let trust = Trust::new().any_filesystem(true);
    let mut any = RingOptions::new();
    any.trust(trust);
    drop(any.create(&ring, 4096).unwrap());
    let errors = [
        RingWriter::attach(&ring).err(),
        RingReader::open(&ring).err(),
        RingView::open(&ring).err(),
        ipc_ring::remove(&ring, Trust::new()).err(),
    ];
    for error in errors {
        assert!(
            matches!(error, Some(OpenError::UnsuitableFilesystem { name: found, .. }) if found == name),
            "{error:?}"
        );
    }
    ipc_ring::remove(&ring, trust).unwrap();
    accepted(trust, directory);
}

// Checks: T2.
#[test]
fn f39_a_ring_is_made_where_what_was_allocated_is_kept_and_nowhere_else_unless_that_is_allowed() {
    for (kind, keeps) in [("ext2", true), ("ext4", true), ("xfs", true), ("f2fs", true), ("btrfs", false)] {
        let place = Place::new();
        let image = match Image::new(&place, kind) {
            Ok(image) => image,
            Err(why) => {
                not_run("f39", why);
                continue;
            }
        };
        let at = directory(place.directory(), "at");
        let done = with_own_mounts(|| {
            image.mount(kind, &at)?;
            let inside = directory(&at, "inside");
            match keeps {
                true => accepted(Trust::new(), &inside),
                false => refused(&inside, kind),
            }
            Ok(())
        });
        if let Err(why) = done.map_err(|error| error.to_string()).and_then(|done: Result<(), String>| done) {
            not_run("f39", why);
        }
    }
    for kind in ["tmpfs", "ramfs"] {
        let place = Place::new();
        let at = directory(place.directory(), "at");
        if let Err(error) = mounted(kind, &at, "", || accepted(Trust::new(), &at)) {
            not_run("f39", format!("cannot mount {kind}: {error}"));
        }
    }
}

// Checks: T2.
#[test]
fn f39_in_hugetlbfs_no_ring_can_be_and_no_option_allows_it() {
    let place = Place::new();
    let at = directory(place.directory(), "at");
    let done = mounted("hugetlbfs", &at, "", || {
        for any in [false, true] {
            let error = RingOptions::new().trust(Trust::new().any_filesystem(any)).create(at.join("ring"), 4096).err();
            let Some(error @ CreateError::UnsuitableFilesystem { name: "hugetlbfs", .. }) = error else {
                panic!("{error:?}");
            };
            let text = error.to_string();
            assert!(text.contains("/dev/shm") && !text.contains("allow"), "{text}");
            assert_eq!(fs::read_dir(&at).unwrap().count(), 0);
        }
    });
    if let Err(error) = done {
        not_run("f39", format!("cannot mount hugetlbfs: {error}"));
    }
}

/// What an overlay's upper directory is on.
#[derive(Clone, Copy, Debug)]
enum Upper {
    Kept(&'static str),
    NotKept(&'static str),
    OutOfSight,
}

// Checks: T2.
#[test]
fn f39_an_overlay_is_as_good_as_what_its_upper_directory_is_on_and_no_good_where_that_cannot_be_looked_at() {
    for upper in [Upper::Kept("tmpfs"), Upper::Kept("ext4"), Upper::NotKept("btrfs"), Upper::OutOfSight] {
        let done = overlaid(upper);
        if let Err(why) = done {
            not_run("f39", format!("{upper:?}: {why}"));
        }
    }
}

fn overlaid(upper: Upper) -> Result<(), String> {
    let place = Place::new();
    // Whatever the kernel has to escape where it names the directory.
    let at = directory(place.directory(), "a mount\tpoint\\");
    let lower = directory(place.directory(), "lower");
    let over = directory(place.directory(), "over");
    let image = match upper {
        Upper::Kept("ext4") => Some(("ext4", Image::new(&place, "ext4")?)),
        Upper::NotKept(kind) => Some((kind, Image::new(&place, kind)?)),
        _ => None,
    };
    let done = with_own_mounts(|| {
        match &image {
            Some((kind, image)) => image.mount(kind, &at)?,
            None => mount("tmpfs", &at, "tmpfs", 0, "").map_err(|error| format!("cannot mount tmpfs: {error}"))?,
        }
        let (above, work) = (directory(&at, "up per"), directory(&at, "work"));
        let text = |path: &Path| path.to_str().unwrap().replace('\\', "\\\\");
        let options = format!("lowerdir={},upperdir={},workdir={}", text(&lower), text(&above), text(&work));
        mount("overlay", &over, "overlay", 0, &options).map_err(|error| format!("cannot mount an overlay: {error}"))?;
        let inside = directory(&over, "inside");
        match upper {
            Upper::Kept(_) => accepted(Trust::new(), &inside),
            Upper::NotKept(_) => refused(&inside, "an overlay whose upper directory does not keep it"),
            Upper::OutOfSight => {
                // As in a container: the path is another's.
                mount("tmpfs", &at, "tmpfs", 0, "").map_err(|error| format!("cannot mount tmpfs: {error}"))?;
                refused(&inside, "an overlay whose upper directory cannot be opened");
            }
        }
        Ok(())
    });
    done.map_err(|error| error.to_string()).and_then(|done| done)
}
