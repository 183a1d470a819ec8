//! `ring doctor`: which rings there are, how each is, and what to do about it.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use console::{style, StyledObject};
use ipc_ring::{OpenError, RingState, RingView, SideState, Snapshot, ViewError};
use serde::Serialize;

use crate::args::{Doctor, Trust};
use crate::error::Error;
use crate::look::{bytes, view};
use crate::output::print;
use crate::quoted::quoted;

/// What is to be made of a file.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Live,
    Idle,
    Orphaned,
    Corrupt,
    Foreign,
    Unknown,
}

/// What is said of a file.
#[derive(Serialize)]
struct Finding {
    path: String,
    /// The same as a shell takes it.
    #[serde(skip)]
    shown: String,
    verdict: Verdict,
    /// What was found.
    found: String,
    /// What to do about it; empty where there is nothing to be done.
    remedy: String,
}

pub fn run(asked: &Doctor) -> Result<(), Error> {
    let paths = if asked.paths.is_empty() { vec![default_directory()] } else { asked.paths.clone() };
    let mut needs_attention = false;
    for path in &paths {
        for file in files(path)? {
            let finding = examine(&file, &asked.trust);
            needs_attention |= matches!(finding.verdict, Verdict::Orphaned | Verdict::Corrupt);
            let text = match asked.json {
                true => serde_json::to_string(&finding).map_err(|error| Error::output(error.into()))?,
                false => finding.in_words(),
            };
            print(&format!("{text}\n"))?;
        }
    }
    if needs_attention {
        Err(Error::Unwell)
    } else {
        Ok(())
    }
}

fn default_directory() -> PathBuf {
    let shm = Path::new("/dev/shm");
    if shm.is_dir() {
        shm.into()
    } else {
        std::env::temp_dir()
    }
}

/// What is to be examined at `path`: what lies in it, if it is a directory, by name.
fn files(path: &Path) -> Result<Vec<PathBuf>, Error> {
    if fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        return Err(OpenError::NotFound { path: path.into() }.into());
    }
    if !path.is_dir() {
        return Ok(vec![path.into()]);
    }
    let failed = |error| Error::system(format!("look into {}", quoted(path)))(error);
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_type().map_err(failed)?.is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

fn examine(path: &Path, trust: &Trust) -> Finding {
    let shown = quoted(path);
    let finding = |verdict, found, remedy| {
        let (path, shown) = (path.display().to_string(), shown.clone());
        Finding { path, shown, verdict, found, remedy }
    };
    let remove = format!("nothing in it can be saved: ring rm {shown}");
    match view(path, trust) {
        Ok(view) => {
            let (verdict, found, remedy) = diagnose(&shown, &view, &view.snapshot());
            finding(verdict, found, remedy)
        }
        Err(OpenError::NotARing { why, .. }) if begins_like_a_ring(path) => {
            finding(Verdict::Corrupt, format!("it was a ring, but {why}"), remove)
        }
        Err(OpenError::NotARing { why, .. }) => finding(Verdict::Foreign, format!("no ring: {why}"), String::new()),
        Err(OpenError::Untrusted { why, .. }) => {
            finding(Verdict::Unknown, format!("not looked into: {why}"), "if you trust them: --any-owner".into())
        }
        Err(error) => finding(Verdict::Unknown, error.to_string(), String::new()),
    }
}

/// Whether the file begins as rings do.
fn begins_like_a_ring(path: &Path) -> bool {
    let mut magic = [0; 8];
    File::open(path).and_then(|mut file| file.read_exact(&mut magic)).is_ok_and(|()| magic == *b"ipc_ring")
}

/// What was found, and what to do about it.
fn diagnose(path: &str, view: &RingView, seen: &Snapshot) -> (Verdict, String, String) {
    let sides = [("writer", seen.writer.state), ("reader", seen.reader.state)];
    let of_state = |state| sides.iter().filter(|side| side.1 == state).map(|side| side.0).collect::<Vec<_>>();
    let dead = of_state(SideState::Died).join(" and the ");
    let waits = match seen.used_bytes {
        0 => "nothing waits".into(),
        used => format!("{} wait", bytes(used)),
    };
    let go_on = |dead: &str| match dead {
        "writer" => format!("start the writer again (ring send {path}), which goes on"),
        "reader" => format!("start the reader again (ring recv {path}), which goes on"),
        _ => "start both again, which go on".into(),
    };
    match seen.state {
        RingState::Corrupt { check } => (Verdict::Corrupt, check.to_string(), rid(path)),
        RingState::Live => {
            let living = of_state(SideState::Attached).join(" and a ");
            let (death, remedy) = match &*dead {
                "" => (String::new(), String::new()),
                dead => (format!(", its {dead} died"), go_on(dead)),
            };
            (Verdict::Live, format!("it has a living {living}{death}; {waits}"), remedy)
        }
        state => match broken_record(view) {
            Some(error) => (Verdict::Corrupt, error.to_string(), rid(path)),
            None if state == RingState::Orphaned => {
                let remedy = format!("{}, or give up what waits (ring rm {path})", go_on(&dead));
                (Verdict::Orphaned, format!("its {dead} died, and nobody is there; {waits}"), remedy)
            }
            None => (Verdict::Idle, format!("nobody is there, and nobody died; {waits}"), idle_remedy(path, seen)),
        },
    }
}

fn idle_remedy(path: &str, seen: &Snapshot) -> String {
    match seen.used_bytes {
        0 => format!("remove it if it is not used any more: ring rm {path}"),
        _ => format!("receive what waits: ring recv {path}"),
    }
}

fn rid(path: &str) -> String {
    format!("see what can be read (ring peek {path}), then ring rm {path}")
}

/// What is wrong with the records of a ring that nobody holds.
fn broken_record(view: &RingView) -> Option<ViewError> {
    view.messages(usize::MAX).find_map(|message| match message {
        Err(error @ ViewError::Corrupt { .. }) => Some(error),
        _ => None,
    })
}

impl Verdict {
    /// In a word, in colour where colours are wanted.
    fn styled(self) -> StyledObject<&'static str> {
        match self {
            Verdict::Live => style("live    ").green(),
            Verdict::Idle => style("idle    ").cyan(),
            Verdict::Orphaned => style("orphaned").yellow(),
            Verdict::Corrupt => style("corrupt ").red(),
            Verdict::Foreign => style("foreign ").dim(),
            Verdict::Unknown => style("unknown ").magenta(),
        }
    }
}

impl Finding {
    fn in_words(&self) -> String {
        let remedy = if self.remedy.is_empty() { String::new() } else { format!("\n          {}", self.remedy) };
        format!("{}  {}: {}{remedy}", self.verdict.styled(), self.shown, self.found)
    }
}
