//! One operation under one constraint, tried in a process of its own, and everything that must hold afterwards.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use ipc_ring::{RingOptions, RingReader, RingWriter};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::operation::{Handle, Operation, Outcome, CAPACITY, MESSAGES, MODE};
use super::trace::Watched;
use crate::linux::forked::Ended;

/// What is tried.
#[derive(Clone)]
pub struct Trial {
    pub operation: Operation,
    /// An empty directory, where the ring is to be.
    pub directory: PathBuf,
    pub options: RingOptions,
}

/// What a trial found.
#[derive(Serialize, Deserialize)]
pub struct Finding {
    pub outcome: Outcome,
    pub complaints: Vec<Complaint>,
}

/// What does not hold, and of what kind that is.
#[derive(Serialize, Deserialize)]
pub struct Complaint {
    pub subject: Subject,
    pub says: String,
}

/// What a complaint is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Subject {
    /// What an operation that is done promises.
    Promise,
    /// The ring, which an operation that failed has to leave as it was.
    Ring,
    /// Something that is left over in the process or in the directory.
    Descriptors,
    Mappings,
    Directory,
    /// The same operation, once nothing hinders it.
    Again,
}

/// What of this process and of the directory an operation could leave something in.
#[derive(PartialEq, Eq)]
struct Belongings {
    descriptors: BTreeSet<String>,
    mappings: Vec<String>,
    files: BTreeSet<String>,
    ring: Option<Vec<u8>>,
}

impl Trial {
    pub fn new(operation: Operation, directory: &Path) -> Self {
        let mut options = RingOptions::new();
        options.create_mode(MODE);
        Self { operation, directory: directory.into(), options }
    }

    fn path(&self) -> PathBuf {
        self.directory.join("ring")
    }

    /// Does all of it, in the child that it is meant to kill if anything does.
    pub fn run(&self, watched: &Watched) -> String {
        // SAFETY: a system call without pointers.
        unsafe { libc::umask(0o077) };
        // Whatever is done but once in a process, such as asking the kernel what it can do, is done now.
        self.prepare();
        drop(self.operation.perform(&self.path(), &self.options));
        self.prepare();
        let before = self.belongings();

        watched.begin();
        let (outcome, handle) = self.operation.perform(&self.path(), &self.options);
        watched.end();
        let mut complaints = Vec::new();
        let mut complain = |subject, says: Result<(), String>| {
            complaints.extend(says.err().map(|says| Complaint { subject, says }));
        };
        let is_done = handle.is_some();
        if is_done {
            complain(Subject::Promise, self.operation.is_busy(&self.path()));
            complain(Subject::Promise, self.file_is_as_asked());
            watched.begin();
            drop(handle);
            watched.end();
        }
        let after = self.belongings();
        if !is_done {
            let same = after.ring == before.ring;
            complain(Subject::Ring, same.then_some(()).ok_or_else(|| "the ring is not as it was".into()));
        }
        complain(Subject::Descriptors, nothing_new("descriptors", &before.descriptors, &after.descriptors));
        let mappings = |of: &Belongings| of.mappings.iter().cloned().collect();
        complain(Subject::Mappings, nothing_new("mappings", &mappings(&before), &mappings(&after)));
        let mut allowed = before.files.clone();
        allowed.extend((is_done || self.operation != Operation::Create).then(|| "ring".to_string()));
        complain(Subject::Directory, nothing_new("files", &allowed, &after.files));
        complain(Subject::Again, self.again());
        json!(Finding { outcome, complaints }).to_string()
    }

    /// The directory as the operation is to find it.
    fn prepare(&self) {
        for entry in fs::read_dir(&self.directory).into_iter().flatten().flatten() {
            fs::remove_file(entry.path()).expect("the directory is ours");
        }
        if self.operation != Operation::Create {
            let mut writer = self.options.create(self.path(), CAPACITY).expect("nothing hinders it yet");
            for message in MESSAGES {
                writer.try_push(message).expect("there is space for them");
            }
        }
    }

    fn belongings(&self) -> Belongings {
        let names = |directory: &Path, name: fn(&fs::DirEntry) -> String| {
            fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| name(&entry)).collect()
        };
        let descriptor = |entry: &fs::DirEntry| {
            let target = fs::read_link(entry.path()).unwrap_or_default();
            format!("{} -> {}", entry.file_name().to_string_lossy(), target.display())
        };
        let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
        let directory = self.directory.to_string_lossy();
        Belongings {
            descriptors: names(Path::new("/proc/self/fd"), descriptor),
            mappings: maps.lines().filter(|line| line.contains(&*directory)).map(str::to_string).collect(),
            files: names(&self.directory, |entry| entry.file_name().to_string_lossy().into_owned()),
            ring: fs::read(self.path()).ok(),
        }
    }

    /// Whether the file is one that a ring was promised in: whole, allocated, and for whom it was asked for.
    fn file_is_as_asked(&self) -> Result<(), String> {
        let file = fs::metadata(self.path()).map_err(|error| format!("the ring has no name: {error}"))?;
        let mode = file.permissions().mode() & 0o7777;
        if mode != MODE {
            return Err(format!("the file has the mode {mode:o}"));
        }
        if file.blocks() * 512 < file.len() || file.len() <= CAPACITY as u64 {
            return Err(format!("of {} bytes only {} are allocated", file.len(), file.blocks() * 512));
        }
        Ok(())
    }

    /// Does the operation again, with nothing in its way, and everything that the ring is for.
    fn again(&self) -> Result<(), String> {
        let path = self.path();
        if self.operation == Operation::Create {
            let _ = fs::remove_file(&path);
        }
        let (outcome, handle) = self.operation.perform(&path, &self.options);
        let handle = handle.ok_or_else(|| format!("once nothing hinders it: {outcome:?}"))?;
        let (mut writer, mut reader) = match handle {
            Handle::Writer(writer) => (writer, RingReader::open(&path).map_err(|error| error.to_string())?),
            Handle::Reader(reader) => (RingWriter::attach(&path).map_err(|error| error.to_string())?, reader),
        };
        writer.try_push(b"again").map_err(|error| error.to_string())?;
        let mut expected = if self.operation == Operation::Create { vec![] } else { MESSAGES.to_vec() };
        expected.push(b"again");
        let mut buffer = Vec::new();
        for message in expected {
            match reader.try_pop(&mut buffer) {
                Ok(Some(_)) if buffer == message => {}
                other => return Err(format!("{other:?} {buffer:?} comes out where {message:?} went in")),
            }
        }
        match reader.try_pop(&mut buffer) {
            Ok(None) => Ok(()),
            other => Err(format!("{other:?} {buffer:?} comes out, which nobody pushed")),
        }
    }
}

fn nothing_new(what: &str, before: &BTreeSet<String>, after: &BTreeSet<String>) -> Result<(), String> {
    let new: Vec<_> = after.difference(before).collect();
    new.is_empty().then_some(()).ok_or_else(|| format!("{what} are left: {new:?}"))
}

impl Finding {
    /// What the child said, or how it ended instead.
    pub fn of(ended: Ended) -> Result<Self, String> {
        let said = match ended {
            Ended::Saying(said) => said,
            Ended::Panicked(message) => return Err(format!("it panicked: {message}")),
            Ended::Killed(libc::SIGALRM) => return Err("it did not end".into()),
            Ended::Killed(signal) => return Err(format!("signal {signal} killed it")),
        };
        serde_json::from_str(&said).map_err(|error| format!("it said {said:?}: {error}"))
    }

    /// All of it, in a line.
    pub fn describe(&self) -> String {
        let complaints: Vec<_> = self.complaints.iter().map(|complaint| &*complaint.says).collect();
        format!("{:?} {}", self.outcome, complaints.join("; "))
    }
}
