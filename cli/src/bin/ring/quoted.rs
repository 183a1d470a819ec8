//! Quotes paths for a shell: users can type what messages advise, and no file name reaches the terminal raw.

use std::path::Path;

use shell_quote::{Bash, QuoteRefExt};

/// Returns `path`, quoted if a shell needs that.
pub fn quoted(path: &Path) -> String {
    match path.to_str() {
        Some(text) => text.quoted(Bash),
        None => path.quoted(Bash),
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::process::Command;

    use super::*;

    #[test]
    fn a_path_is_quoted_where_it_has_to_be_and_a_shell_reads_it_back() {
        assert_eq!(quoted(Path::new("/dev/shm/events-1.ring")), "/dev/shm/events-1.ring");
        let names: [&[u8]; 5] =
            [b"/tmp/a b", b"/tmp/it's", b"/tmp/$(id);`id`&", b"/tmp/\x1b[2J\nb", b"/tmp/\xff\xfe caf\xc3\xa9"];
        for name in names {
            let quoted = quoted(Path::new(OsStr::from_bytes(name)));
            assert!(!quoted.chars().any(char::is_control), "{quoted}");
            let printed = Command::new("bash").args(["-c", &format!("printf %s {quoted}")]).output().expect("a shell");
            assert_eq!(printed.stdout, name, "{quoted}");
        }
    }
}
