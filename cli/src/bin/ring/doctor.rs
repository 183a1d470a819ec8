//! `ring doctor`: finds rings, and says how each is and what to do about it.

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

/// How a file is, in a word.
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

/// What happened to a holder that did not close its side.
const DIED: &str = "died or abandoned the ring";

/// A file that may be a ring.
struct Candidate {
    path: PathBuf,
    /// Whether the command line names it, and not only its directory.
    is_named: bool,
}

/// A writer that waits this long for a living reader is mentioned.
const WORTH_A_WORD: Duration = Duration::from_secs(1);

/// What doctor says about a file.
#[derive(Serialize)]
struct Finding {
    #[serde(flatten)]
    path: PathInJson,
    /// The path as a shell takes it.
    #[serde(skip)]
    shown: String,
    verdict: Verdict,
    /// What was found.
    found: String,
    /// What to do about it; empty if nothing has to be done.
    remedy: String,
    /// Why the ring is stuck, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    stuck: Option<Stuck>,
    /// How much space the ring takes, if the file is one.
    #[serde(flatten)]
    cost: Option<Cost>,
}

/// The space that a ring takes on its filesystem until it is removed. On tmpfs that is memory.
#[derive(Clone, Copy, Serialize)]
struct Cost {
    /// The length of its file.
    file_bytes: u64,
    /// The bytes that are allocated: all of them, unless somebody has punched a hole.
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
    // One wait serves all rings that may be stuck. No ring stays open meanwhile, because there may be many.
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
        Err(Error::NeedsAttention)
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

/// Lists what to examine at `path`: the file, or the files in the directory, sorted by name.
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

/// Looks at one file.
fn examine(path: &Path, suspicion: Option<&Suspicion>, trust: &Trust) -> Finding {
    let shown = quoted(path);
    let finding = |verdict, found, remedy| {
        let is_ring = !matches!(verdict, Verdict::Foreign | Verdict::Unknown);
        let cost = is_ring.then(|| Cost::of(path)).flatten();
        let (path, shown) = (PathInJson::of(path), shown.clone());
        Finding { path, shown, verdict, found, remedy, stuck: None, cost }
    };
    let remove = format!("nothing in it can be saved; remove it: ring rm {shown}");
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
            format!("not looked into: it is on {name}, which may not keep a ring's memory"),
            "make it elsewhere, as in /dev/shm, or if it is to be there: --any-filesystem".into(),
        ),
        Err(error) => finding(Verdict::Unknown, error.to_string(), String::new()),
    }
}

/// Returns whether the file begins as rings do, with a word and a version, and so may be removed as one. Returns false
/// for anything but a regular file.
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

/// Returns the verdict on a ring, what was found, and what to do about it.
fn diagnose(path: &str, view: &RingView, seen: &Snapshot) -> (Verdict, String, String) {
    let sides = [("writer", seen.writer.state), ("reader", seen.reader.state)];
    let of_state = |state| sides.iter().filter(|side| side.1 == state).map(|side| side.0).collect::<Vec<_>>();
    let (living, dead) = (of_state(SideState::Attached), of_state(SideState::Died).join(" and the "));
    if let Some(damage) = damage(view, seen) {
        let rid = format!("save what can be read (ring peek {path}), then remove it (ring rm {path})");
        return match &*living.join(" and the ") {
            "" => (Verdict::Corrupt, damage, rid),
            living => {
                (Verdict::Corrupt, format!("{damage}; a living {living} holds it"), format!("end the {living}; {rid}"))
            }
        };
    }
    let waits = match seen.used_bytes {
        0 => "nothing waits".into(),
        used => format!("{} wait", bytes(used)),
    };
    let go_on = match &*dead {
        "writer" => {
            format!("start the writer again (ring send {path}, with --resume if its input begins again)")
        }
        "reader" => format!("start the reader again (ring recv {path})"),
        _ => "start both again".into(),
    };
    if let Some(stuck) = Stuck::of(seen) {
        let remedy = match (stuck.peer_state, stuck.peer) {
            ("stopped", peer) => {
                let again = if peer == "reader" { "recv" } else { "send" };
                format!(
                    "continue the {peer} (fuser {path} names it, kill -CONT continues it), or kill it and start it \
                     again (ring {again} {path})"
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
            let boot = if view.is_of_this_boot() { "" } else { ", created before the last boot" };
            let (death, remedy) = match &*dead {
                "" => (String::new(), String::new()),
                dead => (format!(", its {dead} {DIED}"), go_on),
            };
            // The reader is slow, or it is stopped and this user cannot see that.
            let wait = match seen.writer.waiting.filter(|_| seen.reader.state == SideState::Attached) {
                Some(time) if time >= WORTH_A_WORD => format!(", its writer has waited for space for {time:.1?}"),
                _ => String::new(),
            };
            let dropped = match seen.writer.dropped {
                0 => String::new(),
                number => format!("; {} dropped so far", counted(number, "message")),
            };
            (Verdict::Live, format!("it has a living {living}{death}{boot}{wait}; {waits}{dropped}"), remedy)
        }
        _ if !view.is_of_this_boot() => {
            let found = "it was created before the last boot, and nobody holds it";
            let remedy = match seen.used_bytes {
                0 => format!("remove it: ring rm {path}"),
                _ => format!(
                    "give up what waits (ring rm {path}), or receive it (ring recv {path} --any-boot), which may be \
                     damaged if the system stopped without warning"
                ),
            };
            (Verdict::Stale, format!("{found}; {waits}"), remedy)
        }
        RingState::Orphaned => {
            let give_up = if seen.used_bytes == 0 { "remove it" } else { "give up what waits" };
            let remedy = format!("{go_on}, or {give_up} (ring rm {path})");
            (Verdict::Orphaned, format!("its {dead} {DIED}, and nobody holds it; {waits}"), remedy)
        }
        _ => (Verdict::Idle, format!("nobody holds it, and no side died; {waits}"), idle_remedy(path, seen)),
    }
}

/// Says what to do about a ring that nobody holds.
fn idle_remedy(path: &str, seen: &Snapshot) -> String {
    match seen.used_bytes {
        0 => format!("remove it if nobody needs it any more: ring rm {path}"),
        _ => format!("receive what waits: ring recv {path}"),
    }
}

/// Returns what is wrong with the ring: its positions, or a record that waits. Skips what a reader takes meanwhile.
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
    /// Returns `None` if the file is gone meanwhile.
    fn of(path: &Path) -> Option<Self> {
        let metadata = fs::symlink_metadata(path).ok()?;
        let file_bytes = metadata.len();
        // st_blocks counts 512 bytes each on every filesystem. ramfs does not count, and says 0.
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
    /// Returns whether somebody has to do something, and the exit status is 3.
    fn needs_attention(self) -> bool {
        matches!(self, Verdict::Stuck | Verdict::Orphaned | Verdict::Stale | Verdict::Corrupt)
    }

    /// Returns the verdict padded, and in colour if stdout is a terminal.
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
