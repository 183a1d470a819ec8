//! Where the files of a run are: in memory, under a name of its own, and gone when it ends, however it does.

use std::fs;
use std::path::{Path, PathBuf};

use ipc_ring_measure::Outcome;
use tempfile::TempDir;

const SHARED_MEMORY: &str = "/dev/shm";
const PREFIX: &str = "ipc_ring_peers.";

/// The directory of a run.
#[derive(Debug)]
pub struct Place {
    directory: TempDir,
}

impl Place {
    /// A new one.
    pub fn new() -> Outcome<Self> {
        // With the number of its process, so that it can be told whose it is.
        let prefix = format!("{PREFIX}{}.", std::process::id());
        Ok(Self { directory: tempfile::Builder::new().prefix(&prefix).tempdir_in(SHARED_MEMORY)? })
    }

    /// The directory of a round, which is not there yet.
    pub fn of_round(&self) -> PathBuf {
        self.directory.path().join("round")
    }

    /// Removes all that a round has made, also by those who were killed and those who name shared memory themselves.
    pub fn clear(&self) {
        // Most have tidied up already.
        let _ = fs::remove_dir_all(self.of_round());
        let Some(name) = name_in(self.directory.path()) else { return };
        let begins_so = |file: &fs::DirEntry| {
            let found = file.file_name();
            found.to_str().is_some_and(|found| found.starts_with(name) && found.len() > name.len())
        };
        for file in fs::read_dir(SHARED_MEMORY).into_iter().flatten().flatten().filter(begins_so) {
            let _ = fs::remove_file(file.path());
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.clear();
    }
}

/// The name of the run that `path` belongs to, with which every name in shared memory begins.
pub fn name_in(path: &Path) -> Option<&str> {
    path.iter().filter_map(|part| part.to_str()).find(|part| part.starts_with(PREFIX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_with_its_name_goes_and_nothing_else() -> Outcome<()> {
        let (place, other) = (Place::new()?, Place::new()?);
        fs::create_dir(place.of_round())?;
        let name = name_in(&place.of_round()).ok_or("no name")?.to_string();
        let left_behind = |name: &str| Path::new(SHARED_MEMORY).join(format!("{name}_left_behind"));
        let others = name_in(other.directory.path()).ok_or("no name")?.to_string();
        fs::write(left_behind(&name), "")?;
        fs::write(left_behind(&others), "")?;
        fs::write(place.of_round().join("ring"), "")?;
        drop(place);
        assert!(!left_behind(&name).exists());
        assert!(!Path::new(SHARED_MEMORY).join(name).exists());
        assert!(other.directory.path().exists() && left_behind(&others).exists());
        Ok(())
    }
}
