//! The shared memory as the tracer sees it: whether it changed, and what was found in each of its states.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use ipc_ring::layout::{figure, identity::ID, word::FIGURES};
use ipc_ring_reference::words::page_size;

use super::judge::Judge;
use super::ledger::Contents;

/// The bytes of the figures that change with time.
const TIMES: usize = 8 * figure::NOTES;

/// The ring's memory, as it was when last looked at.
pub struct Memory {
    path: PathBuf,
    judge: Judge,
    file: Option<File>,
    image: Vec<u8>,
    now: Vec<u8>,
    looked: bool,
    /// Whether the directory is looked at, too.
    watches_name: bool,
    /// What was found in the states that were seen.
    known: HashMap<Vec<u8>, Result<Contents, String>>,
}

pub enum Look {
    Same,
    Changed(Option<Contents>),
    Wrong(String),
}

impl Memory {
    pub fn new(path: &Path, judge: Judge, watches_name: bool) -> Self {
        let (file, image, now, known) = (None, Vec::new(), Vec::new(), HashMap::new());
        Self { path: path.into(), judge, file, image, now, looked: false, watches_name, known }
    }

    /// The ring comes to be once more, and is looked at from the beginning. What was found is not forgotten.
    pub fn begin_again(&mut self) {
        self.file = None;
        self.image.clear();
        self.looked = false;
    }

    /// How many states there were.
    pub fn states(&self) -> u64 {
        self.known.len() as u64
    }

    /// How often one of them was taken over.
    pub fn checks(&self) -> u64 {
        self.judge.checks
    }

    /// Looks at it, and has the judge see what it has not seen yet.
    pub fn look(&mut self) -> Result<Look, String> {
        let failed = |error: io::Error| format!("cannot read the ring: {error}");
        if self.watches_name {
            let home = self.path.parent().unwrap_or(Path::new("."));
            for entry in fs::read_dir(home).map_err(failed)? {
                let name = entry.map_err(failed)?.file_name();
                if Some(name.as_os_str()) != self.path.file_name() {
                    return Ok(Look::Wrong(format!("{} is left behind", name.to_string_lossy())));
                }
            }
        }
        let first = !std::mem::replace(&mut self.looked, true);
        if self.file.is_none() {
            match File::open(&self.path) {
                Ok(file) => self.file = Some(file),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Ok(if first { Look::Changed(None) } else { Look::Same });
                }
                Err(error) => return Err(failed(error)),
            }
        }
        let Some(file) = &self.file else { return Ok(Look::Same) };
        let len = file.metadata().map_err(failed)?.len();
        self.now.resize(len as usize, 0);
        file.read_exact_at(&mut self.now, 0).map_err(failed)?;
        // What onlookers are told of sleeps hangs on the clock, and nothing hangs on it: no change that comes again.
        for page in [0, page_size()] {
            if let Some(figures) = self.now.get_mut(page + FIGURES..page + FIGURES + TIMES) {
                figures.fill(0);
            }
        }
        if let Some(id) = self.now.get_mut(ID..ID + 16) {
            id.fill(0);
        }
        if self.now == self.image && !first {
            return Ok(Look::Same);
        }
        std::mem::swap(&mut self.now, &mut self.image);
        let found = self.known.entry(self.image.clone()).or_insert_with(|| self.judge.contents(&self.image));
        Ok(match found {
            Ok(contents) => Look::Changed(Some(contents.clone())),
            Err(what) => Look::Wrong(what.clone()),
        })
    }
}
