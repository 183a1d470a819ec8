//! The system calls that docs/operators.md lists for whoever confines a process are those that the library makes: each
//! operation runs under a tracer, and what it was seen to call is compared with its row, in both directions.
//!
//! The tracer is the kernel's own (`SECCOMP_RET_USER_NOTIF`): it tells of each call of a thread, and of those of the
//! processes that the thread starts.
#![cfg(all(target_os = "linux", not(any(loom, shuttle))))]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::mem::size_of;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::io::AsRawFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ipc_ring::{
    remove_drained, OpenError, PopError, PushError, RingOptions, RingReader, RingView, RingWriter, Side, Trust,
    WaitStrategy,
};
use ipc_ring_reference::kernel::{fork, in_a_sandbox, in_a_thread, not_run, reap, watching, Calls};
use ipc_ring_reference::{ring_by, sleeping, waiting, Place, A_WHILE};

/// The names of system calls as the document has them. Where a number means many calls, the argument that tells them
/// apart is part of the name.
fn name_of(call: &libc::seccomp_data) -> String {
    let (number, [_, second, third, fourth, ..]) = (libc::c_long::from(call.nr), call.args);
    let which = |names: &[(libc::c_int, &str)], given: u64| {
        let found = names.iter().find(|(value, _)| *value == given as libc::c_int);
        found.map_or_else(|| format!("{given:#x}"), |(_, name)| name.to_string())
    };
    let argument = match number {
        libc::SYS_fcntl => Some(which(FCNTL, second)),
        libc::SYS_futex => Some(which(FUTEX, second)),
        libc::SYS_madvise => Some(which(MADVISE, third)),
        libc::SYS_membarrier => Some(which(MEMBARRIER, call.args[0])),
        libc::SYS_mmap if fourth as libc::c_int & libc::MAP_SHARED != 0 => Some("MAP_SHARED".into()),
        libc::SYS_mmap => Some("MAP_PRIVATE".into()),
        _ => None,
    };
    let known = CALLS.iter().find(|(known, _)| *known == number);
    let name = known.map_or_else(|| format!("system call {number}"), |(_, name)| name.to_string());
    argument.map_or(name.clone(), |argument| format!("{name} {argument}"))
}

macro_rules! named {
    ($($name:ident),* $(,)?) => { &[$((libc::$name as _, stringify!($name))),*] };
}

const FCNTL: &[(libc::c_int, &str)] =
    named![F_OFD_SETLK, F_OFD_GETLK, F_GETFL, F_SETFL, F_GETFD, F_SETFD, F_ADD_SEALS, F_GET_SEALS, F_DUPFD_CLOEXEC,];
const FUTEX: &[(libc::c_int, &str)] = &[
    (libc::FUTEX_WAIT, "FUTEX_WAIT"),
    (libc::FUTEX_WAKE, "FUTEX_WAKE"),
    (libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG, "FUTEX_WAIT_PRIVATE"),
    (libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG, "FUTEX_WAKE_PRIVATE"),
    (libc::FUTEX_WAIT_BITSET | libc::FUTEX_PRIVATE_FLAG, "FUTEX_WAIT_BITSET_PRIVATE"),
];
const MADVISE: &[(libc::c_int, &str)] = &[
    (libc::MADV_DONTFORK, "MADV_DONTFORK"),
    (libc::MADV_DONTNEED, "MADV_DONTNEED"),
    (libc::MADV_HUGEPAGE, "MADV_HUGEPAGE"),
    (libc::MADV_POPULATE_READ, "MADV_POPULATE_READ"),
    (libc::MADV_POPULATE_WRITE, "MADV_POPULATE_WRITE"),
    (18, "MADV_WIPEONFORK"),
    (25, "MADV_COLLAPSE"),
];
// linux/membarrier.h
const MEMBARRIER: &[(libc::c_int, &str)] = &[(1 << 1, "GLOBAL_EXPEDITED"), (1 << 2, "REGISTER_GLOBAL_EXPEDITED")];

macro_rules! calls {
    ($($(#[$only:meta])* $number:ident $name:ident),* $(,)?) => {
        &[$($(#[$only])* (libc::$number, stringify!($name))),*]
    };
}

const CALLS: &[(libc::c_long, &str)] = calls![
    SYS_brk brk,
    SYS_clock_gettime clock_gettime,
    SYS_clock_nanosleep clock_nanosleep,
    SYS_clone clone,
    SYS_clone3 clone3,
    SYS_close close,
    SYS_dup3 dup3,
    SYS_exit_group exit_group,
    SYS_fallocate fallocate,
    SYS_fchmod fchmod,
    SYS_fchown fchown,
    SYS_fcntl fcntl,
    SYS_fstat fstat,
    SYS_fstatfs fstatfs,
    SYS_ftruncate ftruncate,
    SYS_futex futex,
    SYS_getdents64 getdents64,
    SYS_geteuid geteuid,
    SYS_getpid getpid,
    SYS_getrandom getrandom,
    SYS_gettid gettid,
    SYS_linkat linkat,
    SYS_lseek lseek,
    SYS_madvise madvise,
    SYS_membarrier membarrier,
    SYS_memfd_create memfd_create,
    SYS_mmap mmap,
    SYS_mprotect mprotect,
    SYS_mremap mremap,
    SYS_munmap munmap,
    SYS_nanosleep nanosleep,
    SYS_newfstatat newfstatat,
    SYS_openat openat,
    SYS_ppoll ppoll,
    SYS_pread64 pread64,
    SYS_prlimit64 prlimit64,
    SYS_pwrite64 pwrite64,
    SYS_read read,
    SYS_readlinkat readlinkat,
    SYS_renameat2 renameat2,
    SYS_rt_sigaction rt_sigaction,
    SYS_rt_sigprocmask rt_sigprocmask,
    SYS_sched_yield sched_yield,
    SYS_set_robust_list set_robust_list,
    SYS_set_tid_address set_tid_address,
    SYS_socket socket,
    SYS_statx statx,
    SYS_unlinkat unlinkat,
    SYS_wait4 wait4,
    #[cfg(target_arch = "x86_64")]
    SYS_dup2 dup2,
    #[cfg(target_arch = "x86_64")]
    SYS_fork fork,
    #[cfg(target_arch = "x86_64")]
    SYS_getdents getdents,
    #[cfg(target_arch = "x86_64")]
    SYS_getrlimit getrlimit,
    #[cfg(target_arch = "x86_64")]
    SYS_link link,
    #[cfg(target_arch = "x86_64")]
    SYS_lstat lstat,
    #[cfg(target_arch = "x86_64")]
    SYS_open open,
    #[cfg(target_arch = "x86_64")]
    SYS_readlink readlink,
    #[cfg(target_arch = "x86_64")]
    SYS_stat stat,
    #[cfg(target_arch = "x86_64")]
    SYS_unlink unlink,
    #[cfg(target_arch = "x86_64")]
    SYS_vfork vfork,
];

/// What the document says.
struct Document {
    /// By operation: what it calls, and what it may call besides, on other systems for instance.
    operations: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)>,
    /// By system call: others that do the same, which another C library makes in its place.
    calls: BTreeMap<String, BTreeSet<String>>,
    /// The system calls of each row, and the first kernel that has them.
    kernels: Vec<(BTreeSet<String>, String)>,
}

/// The first kernel that has a call, where that is later than 2.6, and the pages of Linux's manual that say so.
const KERNELS: &[(&str, &str, &str)] = &[
    ("fallocate", "2.6.23; tmpfs 3.5", "fallocate(2)"),
    ("fcntl F_ADD_SEALS", "3.17", "F_ADD_SEALS(2const)"),
    ("fcntl F_GET_SEALS", "3.17", "F_GET_SEALS(2const)"),
    ("fcntl F_OFD_GETLK", "3.15", "F_OFD_GETLK(2const)"),
    ("fcntl F_OFD_SETLK", "3.15", "F_OFD_SETLK(2const)"),
    ("futex FUTEX_WAIT", "2.6.0", "futex(2)"),
    ("futex FUTEX_WAKE", "2.6.0", "futex(2)"),
    ("futex FUTEX_WAIT_PRIVATE", "2.6.22", "futex(2): FUTEX_PRIVATE_FLAG"),
    ("futex FUTEX_WAKE_PRIVATE", "2.6.22", "futex(2): FUTEX_PRIVATE_FLAG"),
    ("getrandom", "3.17", "getrandom(2)"),
    ("linkat", "2.6.16", "link(2)"),
    ("madvise MADV_COLLAPSE", "6.1", "madvise(2)"),
    ("madvise MADV_DONTFORK", "2.6.16", "madvise(2)"),
    ("madvise MADV_HUGEPAGE", "2.6.38; tmpfs 4.8", "madvise(2), tmpfs(5)"),
    ("madvise MADV_POPULATE_READ", "5.14", "madvise(2)"),
    ("madvise MADV_POPULATE_WRITE", "5.14", "madvise(2)"),
    ("madvise MADV_WIPEONFORK", "4.14", "madvise(2)"),
    ("membarrier GLOBAL_EXPEDITED", "4.16", "membarrier(2)"),
    ("membarrier REGISTER_GLOBAL_EXPEDITED", "4.16", "membarrier(2)"),
    ("memfd_create", "3.17", "memfd_create(2)"),
    ("newfstatat", "2.6.16", "stat(2): fstatat()"),
    ("openat", "2.6.16; `O_PATH` 2.6.39; `O_TMPFILE` 3.11", "open(2)"),
    ("prlimit64", "2.6.36", "getrlimit(2)"),
    ("renameat2", "3.15; tmpfs 3.17; XFS 4.0", "rename(2): RENAME_NOREPLACE"),
    ("set_robust_list", "2.6.17", "get_robust_list(2)"),
    ("statx", "4.11", "statx(2)"),
    ("unlinkat", "2.6.16", "unlink(2)"),
];

/// The row of what any operation may call: the C library does, to give it memory for instance.
const ANY: &str = "any";

impl Document {
    fn read() -> Self {
        Self::of(&page())
    }

    fn of(text: &str) -> Self {
        let operations = table(text, "| operation | system calls | perhaps |");
        let calls = table(text, "| system call | or | Linux | what for | where it is refused |");
        let operations =
            operations.into_iter().map(|row| (row[0].replace('`', ""), (quoted(&row[1]), quoted(&row[2]))));
        let by_name =
            |row: &Vec<String>| quoted(&row[0]).into_iter().map(|name| (name, row.clone())).collect::<Vec<_>>();
        let rows: Vec<_> = calls.iter().flat_map(by_name).collect();
        let kernels = calls.iter().map(|row| (quoted(&row[0]), row[2].clone())).collect();
        let calls = rows.iter().map(|(name, row)| (name.clone(), quoted(&row[1])));
        Self { operations: operations.collect(), calls: calls.collect(), kernels }
    }

    /// What is wrong with the first kernels of the calls. A row has that of the call that came last.
    fn wrong_kernels(&self) -> Vec<String> {
        let version = |kernel: &str| -> Vec<u32> {
            kernel.split(';').next().unwrap().split('.').map(|part| part.parse().unwrap()).collect()
        };
        let wrong = |(calls, says): &(BTreeSet<String>, String)| {
            let known = KERNELS.iter().filter(|(call, ..)| calls.contains(*call));
            let last = known.max_by_key(|(_, kernel, _)| version(kernel));
            let (kernel, page) = last.map_or(("any", "the manual"), |(_, kernel, page)| (kernel, page));
            (says != kernel).then(|| format!("{calls:?}: {says}, and not {kernel}, as {page} has it"))
        };
        let has_a_row = |call: &str| self.kernels.iter().any(|(calls, _)| calls.contains(call));
        let strange = KERNELS.iter().filter(|(call, ..)| !has_a_row(call));
        let strange = strange.map(|(call, ..)| format!("{call}: has no row"));
        self.kernels.iter().filter_map(wrong).chain(strange).collect()
    }

    /// What is wrong with the row of an operation that was seen to make these calls.
    fn faults(&self, operation: &str, seen: &BTreeSet<String>) -> Vec<String> {
        let Some((calls, perhaps)) = self.operations.get(operation) else {
            return vec![format!("{operation}: has no row")];
        };
        let ways = |call| self.calls.get(call).into_iter().flatten().chain([call]);
        let listed = calls.iter().chain(perhaps).chain(&self.operations[ANY].1);
        let listed: BTreeSet<&String> = listed.flat_map(ways).collect();
        let unlisted = seen.iter().filter(|call| !listed.contains(call));
        let unseen = calls.iter().filter(|call| !ways(call).any(|way| seen.contains(way)));
        let unlisted = unlisted.map(|call| format!("{operation}: makes the call {call}, which is not in its row"));
        unlisted.chain(unseen.map(|call| format!("{operation}: never makes the call {call} of its row"))).collect()
    }
}

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/operators.md")).unwrap()
}

/// The rows of the table with this head, cell by cell.
fn table(text: &str, head: &str) -> Vec<Vec<String>> {
    let (_, rows) = text.split_once(head).unwrap_or_else(|| panic!("there is no table with the head {head}"));
    let rows = rows.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().to_string()).collect()).collect()
}

/// What stands in backquotes.
fn quoted(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(String::from).collect()
}

#[test]
fn each_operation_makes_the_system_calls_that_the_operators_page_lists_and_no_others() {
    let document = Document::read();
    let faults: Vec<String> = seen().iter().flat_map(|(operation, calls)| document.faults(operation, calls)).collect();
    assert!(faults.is_empty(), "docs/operators.md:\n{}", faults.join("\n"));
    let tried = OPERATIONS.iter().map(|(operation, ..)| operation.to_string());
    let listed: BTreeSet<String> = document.operations.into_keys().filter(|operation| operation != ANY).collect();
    assert_eq!(listed, tried.collect());
}

#[test]
fn each_system_call_of_an_operation_is_explained_and_each_that_is_explained_is_of_one() {
    let Document { operations, calls, .. } = Document::read();
    let named: BTreeSet<String> =
        operations.into_values().flat_map(|(calls, perhaps)| [calls, perhaps]).flatten().collect();
    assert_eq!(named, calls.into_keys().collect());
}

#[test]
fn the_first_kernel_of_each_call_is_the_one_that_the_manual_has() {
    let mut document = Document::read();
    assert_eq!(document.wrong_kernels(), [""; 0]);
    for row in 0..document.kernels.len() {
        let right = std::mem::replace(&mut document.kernels[row].1, "2.0".into());
        assert_eq!(document.wrong_kernels().len(), 1, "{:?}", document.kernels[row]);
        document.kernels[row].1 = right;
    }
    let (_, lock, _) = KERNELS.iter().find(|(call, ..)| *call == "fcntl F_OFD_SETLK").unwrap();
    assert!(page().replace('\n', " ").contains(&format!("The library as a whole needs Linux {lock}, for its locks.")));
    document.kernels.retain(|(calls, _)| !calls.contains("statx"));
    assert_eq!(document.wrong_kernels(), ["statx: has no row"]);
}

#[test]
fn a_call_without_a_row_and_a_row_without_a_call_are_found() {
    let document = Document::of(
        "| operation | system calls | perhaps |\n| --- | --- | --- |\n\
         | `take` | `openat` | `read` |\n| any | | `brk` |\n\n\
         | system call | or | Linux | what for | where it is refused |\n| --- | --- | --- | --- | --- |\n\
         | `openat` | `open` | | | |\n| `read`, `brk` | | | | |\n",
    );
    let faults =
        |operation, calls: &[&str]| document.faults(operation, &calls.iter().map(|call| call.to_string()).collect());
    for calls in [&["openat"][..], &["open", "brk"], &["openat", "read"]] {
        assert_eq!(faults("take", calls), [""; 0]);
    }
    assert_eq!(faults("take", &["openat", "mmap"]), ["take: makes the call mmap, which is not in its row"]);
    assert_eq!(faults("take", &["read"]), ["take: never makes the call openat of its row"]);
    assert_eq!(faults("give", &[]), ["give: has no row"]);
}

/// Rights of Landlock, as the document has them (linux/landlock.h).
const RIGHTS: &[(&str, u64)] =
    &[("WRITE_FILE", 1 << 1), ("READ_FILE", 1 << 2), ("REMOVE_FILE", 1 << 5), ("MAKE_REG", 1 << 8)];
/// All rights of the first version of Landlock.
const ALL_RIGHTS: u64 = (1 << 13) - 1;

/// Leaves this thread these rights below `directory`, and none of [`ALL_RIGHTS`] anywhere else.
fn confine(directory: &Path, rights: u64) -> io::Result<()> {
    const CREATE_RULESET: libc::c_long = 444;
    const ADD_RULE: libc::c_long = 445;
    const RESTRICT_SELF: libc::c_long = 446;
    const PATH_BENEATH: libc::c_int = 1;
    let answer =
        |answer: libc::c_long| if answer < 0 { Err(io::Error::last_os_error()) } else { Ok(answer as libc::c_int) };
    let directory = fs::OpenOptions::new().read(true).custom_flags(libc::O_PATH).open(directory)?;
    // SAFETY: a place for the one word that the call is told to read.
    let rules = answer(unsafe { libc::syscall(CREATE_RULESET, &ALL_RIGHTS, size_of::<u64>(), 0) })?;
    // A rule of no rights is an error.
    if rights != 0 {
        let mut rule = [0; 12];
        rule[..8].copy_from_slice(&rights.to_ne_bytes());
        rule[8..].copy_from_slice(&directory.as_raw_fd().to_ne_bytes());
        // SAFETY: the rule is a word and a descriptor, packed.
        answer(unsafe { libc::syscall(ADD_RULE, rules, PATH_BENEATH, rule.as_ptr(), 0) })?;
    }
    // SAFETY: takes effect for this thread alone.
    assert_eq!(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) }, 0);
    // SAFETY: takes effect for this thread alone.
    answer(unsafe { libc::syscall(RESTRICT_SELF, rules, 0) })?;
    // SAFETY: it is this function's.
    unsafe { libc::close(rules) };
    Ok(())
}

/// Whether it works in a ring's directory: `ring` is there, `none` is not.
type Works = fn(&Path, &Path) -> bool;

const UNDER_LANDLOCK: &[(&str, Works)] = &[
    ("look at a ring", |ring, _| RingView::open(ring).is_ok()),
    ("take a side", |ring, _| RingReader::open(ring).is_ok() && RingWriter::attach(ring).is_ok()),
    ("create a ring", |_, none| RingWriter::create(none, CAPACITY).is_ok()),
    ("remove a ring", |ring, _| ipc_ring::remove(ring, Trust::new()).is_ok()),
];

#[test]
fn under_landlock_each_operation_needs_the_rights_that_the_operators_page_lists_and_no_others() {
    let rows = table(&page(), "| under Landlock | rights |");
    let listed: Vec<&str> = rows.iter().map(|row| &*row[0]).collect();
    assert_eq!(listed, UNDER_LANDLOCK.iter().map(|(operation, _)| *operation).collect::<Vec<_>>());
    let works_with = |works: &Works, rights: &BTreeSet<String>| -> io::Result<bool> {
        let place = Place::with_a_ring(CAPACITY);
        let (ring, none) = (place.ring(), place.path("none"));
        let bits = rights.iter().map(|name| RIGHTS.iter().find(|(right, _)| right == name).expect("a right").1);
        let bits = bits.fold(0, |all, bit| all | bit);
        in_a_thread(|| confine(place.directory(), bits).map(|()| works(&ring, &none)))
    };
    for (row, (operation, works)) in rows.iter().zip(UNDER_LANDLOCK) {
        let rights = quoted(&row[1]);
        match works_with(works, &rights) {
            Err(error) => return not_run("Landlock", error),
            Ok(works) => assert!(works, "{operation}: fails with {rights:?}"),
        }
        for left_out in &rights {
            let mut others = rights.clone();
            others.remove(left_out);
            assert!(!works_with(works, &others).unwrap(), "{operation}: needs no {left_out}");
        }
    }
}

/// What each operation was seen to call, without what the operation that it goes beyond calls.
fn seen() -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut seen = BTreeMap::<_, BTreeSet<String>>::new();
    for (operation, beyond, run) in OPERATIONS {
        let mut calls = BTreeSet::new();
        run(&mut Tracer(&mut calls));
        if let Some(beyond) = beyond {
            calls.retain(|call| !seen[beyond].contains(call));
        }
        seen.insert(*operation, calls);
    }
    seen
}

/// What notes the system calls of a piece of code.
struct Tracer<'a>(&'a mut BTreeSet<String>);

impl Tracer<'_> {
    /// Runs `body` in a thread whose system calls are noted while it is inside [`Noted::note`].
    fn run<T: Send>(&mut self, body: impl FnOnce(&Noted) -> T + Send) -> T {
        let noted = Noted(AtomicUsize::new(0));
        // With room from the beginning: a fork has the locks of the allocator.
        let mut calls = Vec::with_capacity(MOST);
        let note = |call: &libc::seccomp_data| {
            if noted.0.load(Ordering::SeqCst) > 0 {
                assert!(calls.len() < MOST, "more than {MOST} system calls");
                calls.push(*call);
            }
        };
        let value = watching(note, || body(&noted));
        self.0.extend(calls.iter().map(name_of));
        value
    }

    /// The same where all of `body` is noted.
    fn all<T: Send>(&mut self, body: impl FnOnce() -> T + Send) -> T {
        self.run(|noted| noted.note(body))
    }
}

/// Whether system calls are noted now.
struct Noted(AtomicUsize);

impl Noted {
    fn note<T>(&self, body: impl FnOnce() -> T) -> T {
        self.0.fetch_add(1, Ordering::SeqCst);
        let value = body();
        self.0.fetch_sub(1, Ordering::SeqCst);
        value
    }
}

type Run = fn(&mut Tracer);

const CAPACITY: usize = 4096;
/// More system calls than any operation makes.
const MOST: usize = 100_000;

/// Each operation, the one that it goes beyond, and how it is done.
const OPERATIONS: &[(&str, Option<&str>, Run)] = &[
    ("load the program", None, load),
    ("create", None, |tracer| create(tracer, &RingOptions::new())),
    ("create, huge_pages(true)", Some("create"), |tracer| create(tracer, RingOptions::new().huge_pages(true))),
    ("create, create_group", Some("create"), |tracer| create(tracer, RingOptions::new().create_group(own_group()))),
    ("create, where linkat is refused", Some("create"), create_by_a_temporary_name),
    ("create_sealed, open_memory", None, create_sealed),
    ("open, attach", None, open),
    ("open_wait, before there is a ring", Some("open, attach"), open_wait),
    ("attach_wait, asleep", Some("open, attach"), attach_wait),
    ("push, pop, batch, peek, reserve: no wait", None, awake),
    ("wait awake", None, wait_awake),
    ("wait asleep", None, asleep),
    ("wait for a successor", Some("wait asleep"), without_a_peer),
    ("still_named", None, still_named),
    ("wake a peer that sleeps", None, wake),
    ("drop, finish, abandon", None, close),
    ("RingView::open, snapshot, messages", None, view),
    ("RingView::is_stopped, snapshot_since", None, is_stopped),
    ("remove, remove_drained", None, remove),
    ("fork", None, forks),
];

/// Of what a program calls until it runs, and when it ends, only what is for the library.
fn load(tracer: &mut Tracer) {
    tracer.all(|| {
        let program = std::env::current_exe().unwrap();
        let status = Command::new(program).arg("--list").stdout(Stdio::null()).status().unwrap();
        assert!(status.success());
    });
    tracer.0.retain(|call| call.contains("WIPEONFORK"));
}

fn own_group() -> u32 {
    // SAFETY: asks for a number.
    unsafe { libc::getegid() }
}

fn create(tracer: &mut Tracer, options: &RingOptions) {
    let place = Place::new();
    let ring = place.ring();
    drop(tracer.all(|| options.create(ring, CAPACITY)).unwrap());
}

fn create_by_a_temporary_name(tracer: &mut Tracer) {
    let place = Place::new();
    let ring = place.ring();
    let writer = in_a_sandbox(&[Calls::of(libc::SYS_linkat)], libc::EPERM, || {
        tracer.all(|| RingWriter::create(&ring, CAPACITY))
    });
    drop(writer.unwrap());
}

fn create_sealed(tracer: &mut Tracer) {
    let (writer, memory) = tracer.all(|| RingOptions::new().create_sealed(CAPACITY)).unwrap();
    drop(tracer.all(|| RingOptions::new().open_memory(&memory)).unwrap());
    drop(writer);
}

fn open(tracer: &mut Tracer) {
    let place = Place::with_a_ring(CAPACITY);
    let ring = place.ring();
    let reader = tracer.all(|| RingReader::open(&ring)).unwrap();
    let writer = tracer.all(|| RingWriter::attach(&ring)).unwrap();
    drop((reader, writer));
}

fn open_wait(tracer: &mut Tracer) {
    let place = Place::new();
    let ring = place.ring();
    let opened = tracer.all(|| RingReader::open_wait(&ring, Some(Duration::from_millis(300))));
    assert!(matches!(opened, Err(OpenError::NotFound { .. })));
}

/// A ring of ends has no room for another.
fn attach_wait(tracer: &mut Tracer) {
    let place = Place::with_a_ring(64);
    let ring = place.ring();
    while RingWriter::attach(&ring).is_ok() {}
    let reader = RingReader::open(&ring).unwrap();
    let attached = tracer.all(|| sleeping().attach_wait(&ring, A_WHILE));
    assert!(matches!(attached, Err(OpenError::Full { .. })));
    drop(reader);
}

fn awake(tracer: &mut Tracer) {
    let (_place, mut writer, mut reader) = ring_by(&RingOptions::new(), CAPACITY);
    tracer.run(|noted| {
        let mut buffer = Vec::with_capacity(CAPACITY);
        for len in 0..1000 {
            noted.note(|| writer.push(&[1; 1000][..len], None)).unwrap();
            noted.note(|| reader.pop(&mut buffer, None)).unwrap();
            noted.note(|| drop(writer.reserve(len, None).unwrap()));
            noted.note(|| writer.batch().push(b"data", None)).unwrap();
            noted.note(|| assert!(reader.peek(None).is_ok()));
            noted.note(|| {
                let mut batch = reader.batch(1, None).unwrap();
                batch.messages().for_each(|message| message.copy_to(&mut buffer));
                batch.commit();
            });
        }
        noted.note(|| assert_eq!(reader.try_pop(&mut buffer), Ok(None)));
    });
}

fn wait_awake(tracer: &mut Tracer) {
    for spin in [WaitStrategy::Spin, WaitStrategy::SpinThenSleep { spin: Duration::from_secs(60) }] {
        let (_place, _writer, mut reader) = ring_by(&waiting(spin), CAPACITY);
        let popped = tracer.all(|| reader.pop(&mut Vec::new(), A_WHILE));
        assert_eq!(popped, Err(PopError::TimedOut));
    }
}

fn asleep(tracer: &mut Tracer) {
    let (_place, mut writer, mut reader) = ring_by(&sleeping(), 64);
    assert_eq!(tracer.all(|| reader.pop(&mut Vec::new(), A_WHILE)), Err(PopError::TimedOut));
    while writer.try_push(b"full").is_ok() {}
    assert_eq!(tracer.all(|| writer.push(b"full", A_WHILE)), Err(PushError::TimedOut));
}

fn without_a_peer(tracer: &mut Tracer) {
    let (place, writer, mut reader) = ring_by(sleeping().await_successors(true), CAPACITY);
    drop(writer);
    fs::remove_file(place.ring()).unwrap();
    assert_eq!(tracer.all(|| reader.pop(&mut Vec::new(), None)), Err(PopError::Removed));
}

fn still_named(tracer: &mut Tracer) {
    let (_place, mut writer) = Place::with_a_writer(CAPACITY);
    // By a reference that is the thread's alone: a handle is not shared.
    let writer = &mut writer;
    assert!(tracer.all(move || writer.still_named()));
}

fn wake(tracer: &mut Tracer) {
    let (place, mut writer, mut reader) = ring_by(&sleeping(), CAPACITY);
    std::thread::scope(|threads| {
        threads.spawn(|| reader.pop(&mut Vec::new(), None).unwrap());
        place.until_reader_sleeps(8);
        tracer.all(|| writer.push(b"data", None)).unwrap();
    });
}

fn close(tracer: &mut Tracer) {
    let (_place, writer, reader) = ring_by(&RingOptions::new(), CAPACITY);
    tracer.all(|| drop(writer));
    tracer.all(|| drop(reader));
    let (_place, writer) = Place::with_a_writer(CAPACITY);
    tracer.all(|| writer.abandon());
}

fn view(tracer: &mut Tracer) {
    let (place, mut writer, reader) = ring_by(&RingOptions::new(), CAPACITY);
    writer.push(b"data", None).unwrap();
    let ring = place.ring();
    let messages = tracer.all(|| {
        let view = RingView::open(&ring).unwrap();
        view.snapshot();
        view.messages(usize::MAX).count()
    });
    assert_eq!(messages, 1);
    drop((writer, reader));
}

fn is_stopped(tracer: &mut Tracer) {
    let (place, writer) = Place::with_a_writer(CAPACITY);
    let view = RingView::open(place.ring()).unwrap();
    assert_ne!(tracer.all(|| view.is_stopped(Side::Writer)), Some(true));
    drop(writer);
}

fn remove(tracer: &mut Tracer) {
    let (place, another) = (Place::with_a_ring(CAPACITY), Place::with_a_ring(CAPACITY));
    let (ring, another) = (place.ring(), another.ring());
    tracer.all(|| ipc_ring::remove(&ring, Trust::new())).unwrap();
    assert!(matches!(tracer.all(|| remove_drained(&another, Trust::new())), Ok(false)));
}

/// The child is a fork of the thread that is traced, and is traced itself.
fn forks(tracer: &mut Tracer) {
    let (_place, writer, mut reader) = ring_by(&RingOptions::new(), CAPACITY);
    let status = tracer.all(|| reap(fork(|| i32::from(reader.try_pop(&mut Vec::new()).is_ok()))));
    assert_eq!(status, 0);
    drop((writer, reader));
    // The test's own: the end of the child, and the wait for it.
    tracer.0.retain(|call| !["exit_group", "wait4"].contains(&&**call));
}
