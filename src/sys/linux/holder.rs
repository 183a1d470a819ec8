//! Finds the process that holds a lock, to tell whether it is stopped. For each descriptor, the kernel shows the locks
//! of its description in `/proc`.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::sys::lock::Range;

/// Whether all processes that have the lock on just this range of `file` are stopped. `None` if there are none.
pub(crate) fn holder_is_stopped(file: &File, range: Range) -> Option<bool> {
    let own = file.metadata().ok()?;
    let has_the_lock = |process: &Path, descriptor: &Path| {
        let info = fs::read_to_string(process.join("fdinfo").join(descriptor)).unwrap_or_default();
        // Asked last, so that hardly any other file is asked about: on a network this may take for ever.
        info.lines().any(|line| shows(line, range))
            && fs::metadata(process.join("fd").join(descriptor))
                .is_ok_and(|found| (found.dev(), found.ino()) == (own.dev(), own.ino()))
    };
    let mut found = None;
    for process in fs::read_dir("/proc").ok()?.flatten().map(|entry| entry.path()) {
        // Nothing can be seen of an entry that is no process, of a process that has ended, or of another user's.
        let Ok(descriptors) = fs::read_dir(process.join("fdinfo")) else { continue };
        if !descriptors.flatten().any(|entry| has_the_lock(&process, entry.file_name().as_ref())) {
            continue;
        }
        if !is_stopped(&fs::read_to_string(process.join("stat")).unwrap_or_default()) {
            return Some(false);
        }
        found = Some(true);
    }
    found
}

/// Whether a line about a descriptor shows a lock by open file description on this range.
fn shows(line: &str, range: Range) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let ends = [range.first, range.first + range.len - 1].map(|end| end.to_string());
    matches!(words[..], ["lock:", _, "OFDLCK", _, "WRITE", _, _, first, last] if [first, last] == ends)
}

/// Whether this text of `/proc/*/stat` is of a process that is stopped, or that a debugger holds. Its third word says
/// so, after a name in parentheses that may contain anything.
fn is_stopped(stat: &str) -> bool {
    stat.rsplit(')')
        .next()
        .and_then(|rest| rest.split_whitespace().next())
        .is_some_and(|state| matches!(state, "T" | "t"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_told_from_others_by_its_kind_and_its_range() {
        let reader = Range { first: 1, len: 1 };
        let line = |text: &str| shows(text, reader);
        assert!(line("lock:\t1: OFDLCK ADVISORY  WRITE -1 00:1b:365449 1 1"));
        assert!(!line("lock:\t1: OFDLCK ADVISORY  WRITE -1 00:1b:365449 0 0"), "the writer's");
        assert!(!line("lock:\t1: OFDLCK ADVISORY  WRITE -1 00:1b:365449 0 1"), "who removes the ring");
        assert!(!line("lock:\t1: OFDLCK ADVISORY  READ -1 00:1b:365449 1 1"), "who may only read the file");
        assert!(!line("lock:\t1: POSIX  ADVISORY  WRITE 77 00:1b:365449 1 1"));
        assert!(!line("pos:\t1") && !line(""));
    }

    #[test]
    fn a_process_is_stopped_whatever_it_is_called() {
        assert!(is_stopped("77 (ring) T 1 77") && is_stopped("77 (a) S (b) t 1 77"));
        assert!(!is_stopped("77 (ring) S 1 77") && !is_stopped("77 (a) T (b) R 1 77") && !is_stopped(""));
    }
}
