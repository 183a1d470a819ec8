//! `ring doctor`: which rings there are, how each is, and what to do about it.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use console::{style, StyledObject};
use indicatif::BinaryBytes;
use ipc_ring::{OpenError, RingState, RingView, SideState, Snapshot, ViewError};
use nix::libc;
use serde::Serialize;

use crate::args::{Doctor, Trust};
use crate::error::{Error, Failures};
use crate::look::{bytes, view, PathInJson, Stuck, Suspicion};
use crate::number::counted;
use crate::output::Output;
use crate::quoted::quoted;

/// What is to be made of a file.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Live,
    Stuck,
    Idle,
    Orphaned,
    Stale,
    Corrupt,
    Foreign,
    Unknown,
}

/// What became of a side that did not close its end.
const DIED: &str = "died or was stopped in the midst";

/// What may be a ring.
struct Candidate {
    path: PathBuf,
    /// Whether it was asked about by name, and not by a directory's.
    is_named: bool,
}

/// How long a writer waits for a reader that is there before that is mentioned.
const WORTH_A_WORD: Duration = Duration::from_secs(1);

/// What is said of a file.
#[derive(Serialize)]
struct Finding {
    #[serde(flatten)]
    path: PathInJson,
    /// The same as a shell takes it.
    #[serde(skip)]
    shown: String,
    verdict: Verdict,
    /// What was found.
    found: String,
    /// What to do about it; empty where there is nothing to be done.
    remedy: String,
    /// Why it is stuck, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    stuck: Option<Stuck>,
    /// What it takes, if it is a ring.
    #[serde(flatten)]
    cost: Option<Cost>,
}

/// What a ring takes of the filesystem it is on, and that is memory on tmpfs, until it is removed.
#[derive(Clone, Copy, Serialize)]
struct Cost {
    /// The bytes of its file.
    file_bytes: u64,
    /// Those for which there is space. A ring has all of its own from the beginning.
    allocated_bytes: u64,
}

pub fn run(asked: &Doctor) -> Result<(), Error> {
    let mut output = Output::new()?;
    let paths = if asked.paths.is_empty() { vec![default_directory()] } else { asked.paths.clone() };
    let (mut needs_attention, mut failures) = (false, Failures::default());
    let mut costs = Vec::new();
    let files: Vec<Candidate> = paths.iter().filter_map(|path| failures.note(files(path))).flatten().collect();
    let mut rings = files.iter().map(|file| &*file.path).filter(|path| begins_like_a_ring(path));
    rings.try_for_each(|ring| output.is_not(ring))?;
    // All that may be stuck are looked at together, and none is held open meanwhile: there may be many.
    let suspect = |file: &Candidate| view(&file.path, &asked.trust).ok().and_then(|view| Suspicion::of(&view));
    let suspicions: Vec<_> = files.iter().map(suspect).collect();
    if suspicions.iter().any(Option::is_some) {
        thread::sleep(asked.look.time);
    }
    for (Candidate { path, is_named }, suspicion) in files.iter().zip(&suspicions) {
        let finding = examine(path, suspicion.as_ref(), &asked.trust);
        if finding.verdict == Verdict::Foreign && !is_named && !asked.all {
            continue;
        }
        costs.extend(finding.cost);
        needs_attention |= finding.verdict.needs_attention();
        let text = match asked.json {
            true => serde_json::to_string(&finding).map_err(|error| Error::output(error.into()))?,
            false => finding.in_words(),
        };
        output.print(&format!("{text}\n"))?;
    }
    if costs.len() > 1 && !asked.json {
        let total: u64 = costs.iter().map(|cost| cost.allocated_bytes).sum();
        output.print(&format!("{} rings take {}\n", costs.len(), BinaryBytes(total)))?;
    }
    failures.result()?;
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
fn files(path: &Path) -> Result<Vec<Candidate>, Error> {
    if fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        return Err(OpenError::NotFound { path: path.into() }.into());
    }
    if !path.is_dir() {
        return Ok(vec![Candidate { path: path.into(), is_named: true }]);
    }
    let failed = |error| Error::system(format!("look into {}", quoted(path)))(error);
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_type().map_err(failed)?.is_file() {
            files.push(Candidate { path: entry.path(), is_named: false });
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

fn examine(path: &Path, suspicion: Option<&Suspicion>, trust: &Trust) -> Finding {
    let shown = quoted(path);
    let finding = |verdict, found, remedy| {
        let is_ring = !matches!(verdict, Verdict::Foreign | Verdict::Unknown);
        let cost = is_ring.then(|| Cost::of(path)).flatten();
        let (path, shown) = (PathInJson::of(path), shown.clone());
        Finding { path, shown, verdict, found, remedy, stuck: None, cost }
    };
    let remove = format!("nothing in it can be saved: ring rm {shown}");
    match view(path, trust) {
        Ok(view) => {
            if let Some(error @ OpenError::Incompatible { .. }) = view.refusal() {
                return finding(Verdict::Unknown, error.to_string(), String::new());
            }
            let seen = suspicion.map_or_else(|| view.snapshot(), |suspicion| suspicion.look_again(&view));
            let (verdict, found, remedy) = diagnose(&shown, &view, &seen);
            Finding { stuck: Stuck::of(&seen), ..finding(verdict, found, remedy) }
        }
        Err(OpenError::NotARing { why, .. }) if begins_like_a_ring(path) => {
            finding(Verdict::Corrupt, format!("it was a ring, but {why}"), remove)
        }
        Err(OpenError::NotARing { why, .. }) => finding(Verdict::Foreign, format!("no ring: {why}"), String::new()),
        Err(OpenError::Untrusted { .. } | OpenError::UnsuitableFilesystem { .. }) if !begins_like_a_ring(path) => {
            finding(Verdict::Foreign, "no ring: it does not start with \"ipc_ring\"".into(), String::new())
        }
        Err(OpenError::Untrusted { why, .. }) => {
            finding(Verdict::Unknown, format!("not looked into: {why}"), "if you trust them: --any-owner".into())
        }
        Err(OpenError::UnsuitableFilesystem { name, .. }) => finding(
            Verdict::Unknown,
            format!("not looked into: it is on {name}, where its memory may not last"),
            "make it elsewhere, as in /dev/shm, or if it is to be there: --any-filesystem".into(),
        ),
        Err(error) => finding(Verdict::Unknown, error.to_string(), String::new()),
    }
}

/// Whether the file begins as rings do, with a word and a version, and so may be removed as one. What is no file, or a
/// link to one, does not.
fn begins_like_a_ring(path: &Path) -> bool {
    let is_file = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file());
    let mut begin = [0; 16];
    is_file
        && OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NONBLOCK | libc::O_NOFOLLOW)
            .open(path)
            .and_then(|mut file| file.read_exact(&mut begin))
            .is_ok_and(|()| begin.starts_with(b"ipc_ring"))
}

/// What was found, and what to do about it.
fn diagnose(path: &str, view: &RingView, seen: &Snapshot) -> (Verdict, String, String) {
    let sides = [("writer", seen.writer.state), ("reader", seen.reader.state)];
    let of_state = |state| sides.iter().filter(|side| side.1 == state).map(|side| side.0).collect::<Vec<_>>();
    let (living, dead) = (of_state(SideState::Attached), of_state(SideState::Died).join(" and the "));
    if let Some(damage) = damage(view, seen) {
        let rid = format!("see what can be read (ring peek {path}), then ring rm {path}");
        return match &*living.join(" and the ") {
            "" => (Verdict::Corrupt, damage, rid),
            living => {
                (Verdict::Corrupt, format!("{damage}; it is held by its {living}"), format!("end the {living}; {rid}"))
            }
        };
    }
    let waits = match seen.used_bytes {
        0 => "nothing waits".into(),
        used => format!("{} wait", bytes(used)),
    };
    let go_on = match &*dead {
        "writer" => {
            format!("start the writer again, which goes on (ring send {path}, with --resume if its input begins anew)")
        }
        "reader" => format!("start the reader again, which goes on (ring recv {path})"),
        _ => "start both again, which go on".into(),
    };
    if let Some(stuck) = Stuck::of(seen) {
        let remedy = match (stuck.peer_state, stuck.peer) {
            ("stopped", peer) => {
                let again = if peer == "reader" { "recv" } else { "send" };
                format!(
                    "let its {peer} go on (fuser {path} names it, kill -CONT wakes it), or kill it and start it again \
                     (ring {again} {path})"
                )
            }
            ("died", _) => go_on,
            (_, peer) => format!("start a {peer} (ring recv {path})"),
        };
        return (Verdict::Stuck, format!("{}; {waits}", stuck.in_words()), remedy);
    }
    match seen.state {
        RingState::Live => {
            let living = living.join(" and a ");
            let boot = if view.is_of_this_boot() { "" } else { ", it was created in another boot of the system" };
            let (death, remedy) = match &*dead {
                "" => (String::new(), String::new()),
                dead => (format!(", its {dead} {DIED}"), go_on),
            };
            // It is slow, or has been stopped by who knows whom.
            let wait = match seen.writer.waiting.filter(|_| seen.reader.state == SideState::Attached) {
                Some(time) if time >= WORTH_A_WORD => format!(", the writer has waited for space for {time:.1?} now"),
                _ => String::new(),
            };
            let dropped = match seen.writer.dropped {
                0 => String::new(),
                number => format!("; {} dropped so far", counted(number, "message")),
            };
            (Verdict::Live, format!("it has a living {living}{death}{boot}{wait}; {waits}{dropped}"), remedy)
        }
        _ if !view.is_of_this_boot() => {
            let found = "it was created before the system was last started, and nobody is there";
            let remedy = match seen.used_bytes {
                0 => format!("remove it: ring rm {path}"),
                _ => format!(
                    "give up what waits (ring rm {path}), or receive it, which may be damaged if the system stopped \
                     without warning (ring recv {path} --any-boot)"
                ),
            };
            (Verdict::Stale, format!("{found}; {waits}"), remedy)
        }
        RingState::Orphaned => {
            let give_up = if seen.used_bytes == 0 { "remove it" } else { "give up what waits" };
            let remedy = format!("{go_on}, or {give_up} (ring rm {path})");
            (Verdict::Orphaned, format!("its {dead} {DIED}, and nobody is there; {waits}"), remedy)
        }
        _ => (Verdict::Idle, format!("nobody is there, and all left in good order; {waits}"), idle_remedy(path, seen)),
    }
}

fn idle_remedy(path: &str, seen: &Snapshot) -> String {
    match seen.used_bytes {
        0 => format!("remove it if it is not used any more: ring rm {path}"),
        _ => format!("receive what waits: ring recv {path}"),
    }
}

/// What is wrong with the ring: its positions, or a record that waits. What a reader takes meanwhile is not judged.
fn damage(view: &RingView, seen: &Snapshot) -> Option<String> {
    if let RingState::Corrupt { check } = seen.state {
        return Some(check.to_string());
    }
    view.messages(usize::MAX).find_map(|message| match message {
        Err(error @ ViewError::Corrupt { .. }) => Some(error.to_string()),
        _ => None,
    })
}

impl Cost {
    /// `None` where the file has gone meanwhile.
    fn of(path: &Path) -> Option<Self> {
        let metadata = fs::symlink_metadata(path).ok()?;
        let file_bytes = metadata.len();
        // Blocks of 512 bytes, whatever the filesystem's are. One that has none does not say (ramfs).
        let allocated_bytes = if metadata.blocks() == 0 { file_bytes } else { metadata.blocks() * 512 };
        Some(Self { file_bytes, allocated_bytes })
    }

    fn in_words(self) -> String {
        let takes = format!("it takes {}", BinaryBytes(self.allocated_bytes));
        if self.allocated_bytes < self.file_bytes {
            format!("{takes} of its {}", BinaryBytes(self.file_bytes))
        } else {
            takes
        }
    }
}

impl Verdict {
    /// Whether somebody has to do something.
    fn needs_attention(self) -> bool {
        matches!(self, Verdict::Stuck | Verdict::Orphaned | Verdict::Stale | Verdict::Corrupt)
    }

    /// In a word, in colour where colours are wanted.
    fn styled(self) -> StyledObject<&'static str> {
        match self {
            Verdict::Live => style("live    ").green(),
            Verdict::Stuck => style("stuck   ").red(),
            Verdict::Idle => style("idle    ").cyan(),
            Verdict::Orphaned => style("orphaned").yellow(),
            Verdict::Stale => style("stale   ").yellow(),
            Verdict::Corrupt => style("corrupt ").red(),
            Verdict::Foreign => style("foreign ").dim(),
            Verdict::Unknown => style("unknown ").magenta(),
        }
    }
}

impl Finding {
    fn in_words(&self) -> String {
        let remedy = if self.remedy.is_empty() { String::new() } else { format!("\n          {}", self.remedy) };
        let cost = self.cost.map(|cost| format!("; {}", cost.in_words())).unwrap_or_default();
        format!("{}  {}: {}{cost}{remedy}", self.verdict.styled(), self.shown, self.found)
    }
}
