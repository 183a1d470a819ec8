//! Whether a file can be relied on: whose it is, who else may change it, and what it is on.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;

use super::Settings;
use crate::error::HUGETLBFS;
use crate::sys;

/// Why others than this process's user may have made the file or may change it, if they may. Those of its group may
/// where its permissions say so, as its owner wanted them to.
pub(super) fn distrusted(file: &File) -> io::Result<Option<&'static str>> {
    let metadata = file.metadata()?;
    Ok(if !sys::is_owner(file, metadata.uid())? {
        Some("another user owns it")
    } else if metadata.mode() & 0o002 != 0 {
        Some("anyone may write to it")
    } else if metadata.nlink() > 1 {
        Some("it has more than one name")
    } else {
        None
    })
}

/// What `file` is on, if no ring is to be there.
pub(super) fn unsuitable(file: &File, settings: Settings) -> Option<&'static str> {
    sys::unsuitable_filesystem(file).filter(|&name| name == HUGETLBFS || !settings.any_filesystem)
}
