//! Tells which filesystem a file is on, and whether a ring may be there (T2). It may if two things hold. The filesystem
//! keeps what was allocated for the file, since a later store that ran out of space would be a SIGBUS. And all who map
//! the file share one memory.
//!
//! Filesystems are told apart by their magic numbers, from linux/magic.h and from their own sources.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::io::AsRawFd;
use std::path::{Path, PathBuf};

use super::contents;
use crate::sys::HUGETLBFS;

/// Filesystems that keep what was allocated for a file, and share it between all who map it.
const KEEPING: [u32; 5] = [
    0x0102_1994, // tmpfs, sealed memory among it
    0x8584_58f6, // ramfs
    0xef53,      // ext2, ext3, ext4
    0x5846_5342, // XFS
    0xf2f5_2010, // f2fs
];

/// overlayfs puts one directory over others. A file that is written to is in the upper one.
const OVERLAYFS: u32 = 0x794c_7630;

/// hugetlbfs: nothing smaller than a huge page can be mapped there.
const OF_HUGE_PAGES: u32 = 0x9584_58f6;

/// Names of other filesystems. Some write to another place than was allocated. Some are on a network: two machines may
/// map a file there, each with a memory of its own. With some, a program answers each access.
const OTHERS: [(u32, &str); 25] = [
    (0x9123_683e, "btrfs"),
    (0xca45_1a4e, "bcachefs"),
    (0x2fc1_2fc1, "ZFS"),
    (0x3434, "NILFS2"),
    (0x4d44, "FAT"),
    (0x2011_bab0, "exFAT"),
    (0x5346_544e, "NTFS"),
    (0x7366_746e, "NTFS"),
    (0x3153_464a, "JFS"),
    (0x5265_4973, "ReiserFS"),
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB"),
    (0x6573_5546, "FUSE"),
    (0x0102_1997, "9P"),
    (0x00c3_6400, "Ceph"),
    (0x5346_414f, "AFS"),
    (0x6b41_4653, "AFS"),
    (0x7375_7245, "Coda"),
    (0x564c, "NCP"),
    (0x0116_1970, "GFS2"),
    (0x7461_636f, "OCFS2"),
    (0x0bd0_0bd0, "Lustre"),
    (0x786f_4256, "a VirtualBox share"),
];

/// Returns the name of the filesystem of `file`, if it does not suit. If the kernel does not name it, it suits.
pub(crate) fn unsuitable_filesystem(file: &File) -> Option<&'static str> {
    match magic(file)? {
        OF_HUGE_PAGES => Some(HUGETLBFS),
        OVERLAYFS => match upper_directory_of(file).as_ref().and_then(magic) {
            Some(magic) if KEEPING.contains(&magic) => None,
            Some(_) => Some("an overlay whose upper directory does not keep it"),
            None => Some("an overlay whose upper directory cannot be opened"),
        },
        magic if KEEPING.contains(&magic) => None,
        magic => {
            let known = OTHERS.iter().find(|(number, _)| *number == magic);
            Some(known.map_or("a filesystem not known to keep it", |(_, name)| name))
        }
    }
}

fn magic(file: &File) -> Option<u32> {
    let mut answer = MaybeUninit::<libc::statfs>::uninit();
    // SAFETY: the descriptor is open as long as `file`, and the answer is a `statfs`.
    let done = unsafe { libc::fstatfs(file.as_raw_fd(), answer.as_mut_ptr()) };
    // SAFETY: the call succeeded, so it was filled in.
    (done == 0).then(|| unsafe { answer.assume_init() }.f_type as u32)
}

/// Opens the directory in which an overlay keeps its files, if this thread's mounts name it and it can be opened.
fn upper_directory_of(file: &File) -> Option<File> {
    // A thread may have mounts of its own.
    let of_the_thread = Path::new("/proc/thread-self").exists();
    let about = if of_the_thread { "/proc/thread-self" } else { "/proc/self" };
    let of_the_file = contents(&format!("{about}/fdinfo/{}", file.as_raw_fd())).ok()?;
    let of_the_file = String::from_utf8_lossy(&of_the_file);
    let mount = of_the_file.lines().find_map(|line| line.strip_prefix("mnt_id:"))?.trim();
    let path = upper_directory(&contents(&format!("{about}/mountinfo")).ok()?, mount)?;
    let open =
        |path: &Path| OpenOptions::new().read(true).custom_flags(libc::O_PATH | libc::O_DIRECTORY).open(path).ok();
    // The kernel shows the option as it was given. In some versions it then has a backslash before characters that
    // would end it.
    open(&plain(&path)).or_else(|| open(&path))
}

/// Returns the upper directory of the overlay that is the `mount` of this number in `mountinfo`: proc_pid_mountinfo(5).
fn upper_directory(mountinfo: &[u8], mount: &str) -> Option<PathBuf> {
    let mut lines = mountinfo.split(|&byte| byte == b'\n').map(|line| line.split(|&byte| byte == b' '));
    let mut fields = lines.find_map(|mut fields| (fields.next()? == mount.as_bytes()).then_some(fields))?;
    // After a lone dash: the kind, the source, and the options of the filesystem.
    fields.find(|field| *field == b"-")?;
    let mut options = fields.nth(2)?.split(|&byte| byte == b',');
    let path =
        PathBuf::from(OsStr::from_bytes(&unescaped(options.find_map(|option| option.strip_prefix(b"upperdir="))?)));
    // A path is shown as it was given. A relative one began at a directory that nobody can tell.
    path.is_absolute().then_some(path)
}

/// Undoes what the kernel does to characters that would end a field: it writes a backslash and three octal digits.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        match after {
            [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..] if byte == b'\\' => {
                bytes.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                rest = after;
            }
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    bytes
}

/// Returns the path without the backslashes that somebody put before characters.
fn plain(path: &Path) -> PathBuf {
    let mut bytes = path.as_os_str().as_bytes().iter();
    let mut plain = Vec::new();
    while let Some(&byte) = bytes.next() {
        plain.push(if byte == b'\\' { bytes.next().copied().unwrap_or(byte) } else { byte });
    }
    OsStr::from_bytes(&plain).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upper_directory_is_found_by_the_number_of_its_mount_and_unescaped() {
        let mountinfo = b"22 1 254:0 / / rw - ext4 /dev/root rw\n\
            30 22 0:40 / /a rw,relatime shared:1 master:2 - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w\n\
            31 22 0:41 / /b\\040c rw - overlay none rw,upperdir=/a\\040b\\054c\\134d\\011e,workdir=/w\n\
            32 22 0:42 / /d rw - overlay none rw,upperdir=u,workdir=w\n\
            33 22 0:43 / /e ro - overlay none ro,lowerdir=/upperdir=/f\n\
            3 22 0:44 / /f rw - overlay none rw,upperdir=/3\n";
        let found = |mount| upper_directory(mountinfo, mount).map(|path| path.into_os_string().into_string().unwrap());
        assert_eq!(found("30").as_deref(), Some("/u"));
        assert_eq!(found("31").as_deref(), Some("/a b,c\\d\te"));
        assert_eq!(found("3").as_deref(), Some("/3"));
        assert_eq!(plain(Path::new(r"/a\\b\,\c")), Path::new(r"/a\b,c"));
        assert_eq!(["22", "32", "33", "34", "", "0"].map(found), [(); 6].map(|()| None));
    }
}
