//! System calls made to fail from outside, one at a time: the child stops before and after each (ptrace), and what it
//! is told there is up to us. The library knows nothing of it, and neither does the libc below.

use std::mem;
use std::ptr;

use crate::linux::done;
use crate::linux::forked::{Ended, Forked};

/// The number of no system call: with it the child says that what is watched is over for now.
const OVER: libc::c_long = 100_001;

/// The calls that do not count, for they always succeed: what the caller is, and how it handles signals.
const CANNOT_FAIL: [i64; 3] = [libc::SYS_geteuid, libc::SYS_getpid, libc::SYS_rt_sigaction];

/// Which system calls fail, and how.
#[derive(Clone, Copy)]
pub struct Plan {
    /// The first one that fails, counted from 1.
    pub first: u64,
    /// Whether those after it fail too, except munmap: a process that cannot unmap keeps its mappings and its locks.
    pub all_after: bool,
    pub errno: i32,
    /// Whether the filesystem is one without nameless files. That it says so is not counted.
    pub without_nameless: bool,
}

/// The child's end: what lies between its beginning and its end is watched.
pub struct Watched;

impl Watched {
    pub fn begin(&self) {
        // SAFETY: a system call without pointers; the tracer takes the signal away and lets the child go on.
        unsafe { libc::kill(std::process::id() as libc::pid_t, libc::SIGSTOP) };
    }

    pub fn end(&self) {
        // SAFETY: a system call that there is not.
        unsafe { libc::syscall(OVER) };
    }
}

/// What a call came to that was made to fail.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is made and answered as ever.
    Made,
    /// It is not made, and answered with this.
    Refused(i32),
    /// It is made, and what it answers is replaced by this. What Linux closes is closed, whatever it answers.
    Belied(i32),
}

struct Tracer {
    id: libc::pid_t,
    plan: Plan,
    /// The calls seen so far.
    seen: u64,
    /// The number of the first that failed.
    failed: Option<i64>,
    fate: Fate,
}

/// Runs `body`, which makes [`Watched`] begin and end, in a child in which system calls fail as `plan` says. Returns
/// how it ended, and the number of the first system call that failed; `None` where there are fewer than that.
pub fn run(plan: Plan, body: impl FnOnce() -> String) -> Result<(Ended, Option<i64>), String> {
    let child = Forked::start(|| {
        let none: *mut libc::c_void = ptr::null_mut();
        // SAFETY: makes the parent the tracer; the arguments are not used.
        unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, none, none) };
        body()
    })?;
    let mut tracer = Tracer { id: child.id, plan, seen: 0, failed: None, fate: Fate::Made };
    let status = tracer.follow()?;
    Ok((child.ended_with(status)?, tracer.failed))
}

impl Tracer {
    /// Follows the child to its end, and returns its status then.
    fn follow(&mut self) -> Result<libc::c_int, String> {
        const SYSTEM_CALL: libc::c_int = libc::SIGTRAP | 0x80;
        loop {
            let mut status = 0;
            // SAFETY: a child of ours; the kernel fills in its status.
            done("wait for a child that is traced", unsafe { libc::waitpid(self.id, &mut status, 0) })?;
            if !libc::WIFSTOPPED(status) {
                return Ok(status);
            }
            let (watch, signal) = match libc::WSTOPSIG(status) {
                libc::SIGSTOP => {
                    let options = libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_EXITKILL;
                    self.ask("set the options of a tracer", libc::PTRACE_SETOPTIONS, 0, options as usize)?;
                    (true, 0)
                }
                SYSTEM_CALL => (self.at_system_call()?, 0),
                signal => (false, signal),
            };
            let request = if watch { libc::PTRACE_SYSCALL } else { libc::PTRACE_CONT };
            self.ask("let a child go on", request, 0, signal as usize)?;
        }
    }

    /// Decides about the call that the child is about to make, or has made. Whether to watch on.
    fn at_system_call(&mut self) -> Result<bool, String> {
        // SAFETY: plain data, for which zeroes are valid.
        let mut call: libc::ptrace_syscall_info = unsafe { mem::zeroed() };
        let size = mem::size_of_val(&call);
        let to = ptr::addr_of_mut!(call) as usize;
        self.ask("ask for a system call", libc::PTRACE_GET_SYSCALL_INFO, size, to)?;
        if call.op == libc::PTRACE_SYSCALL_INFO_ENTRY {
            // SAFETY: at an entry the kernel fills in this member.
            let entry = unsafe { call.u.entry };
            if entry.nr as libc::c_long == OVER {
                return Ok(false);
            }
            self.fate = self.fate_of(entry.nr as i64, &entry.args);
            if let Fate::Refused(_) = self.fate {
                self.change_registers(|registers| registers.orig_rax = u64::MAX)?;
            }
        } else if let Fate::Refused(errno) | Fate::Belied(errno) = self.fate {
            self.change_registers(|registers| registers.rax = -i64::from(errno) as u64)?;
        }
        Ok(true)
    }

    fn fate_of(&mut self, number: i64, arguments: &[u64; 6]) -> Fate {
        let nameless = libc::O_TMPFILE as u64;
        if self.plan.without_nameless && number == libc::SYS_openat && arguments[2] & nameless == nameless {
            return Fate::Refused(libc::EOPNOTSUPP);
        }
        if CANNOT_FAIL.contains(&number) {
            return Fate::Made;
        }
        self.seen += 1;
        let fails = match self.plan.all_after {
            true => self.seen >= self.plan.first && number != libc::SYS_munmap,
            false => self.seen == self.plan.first,
        };
        if !fails {
            return Fate::Made;
        }
        self.failed.get_or_insert(number);
        match number {
            libc::SYS_close => Fate::Belied(self.plan.errno),
            _ => Fate::Refused(self.plan.errno),
        }
    }

    fn change_registers(&self, change: impl FnOnce(&mut libc::user_regs_struct)) -> Result<(), String> {
        // SAFETY: plain data, for which zeroes are valid.
        let mut registers: libc::user_regs_struct = unsafe { mem::zeroed() };
        let at = ptr::addr_of_mut!(registers) as usize;
        self.ask("read the registers of a child", libc::PTRACE_GETREGS, 0, at)?;
        change(&mut registers);
        self.ask("write the registers of a child", libc::PTRACE_SETREGS, 0, at)
    }

    fn ask(&self, step: &str, request: libc::c_uint, address: usize, data: usize) -> Result<(), String> {
        // SAFETY: the child is stopped, and `data` is a number or points to what the request fills in or reads.
        done(step, unsafe { libc::ptrace(request, self.id, address, data) })
    }
}

/// The name of a system call that the operations make.
pub fn name_of(number: i64) -> String {
    let known: &[(i64, &str)] = &[
        (libc::SYS_openat, "openat"),
        (libc::SYS_close, "close"),
        (libc::SYS_statx, "statx"),
        (libc::SYS_fcntl, "fcntl"),
        (libc::SYS_fallocate, "fallocate"),
        (libc::SYS_ftruncate, "ftruncate"),
        (libc::SYS_fchmod, "fchmod"),
        (libc::SYS_pread64, "pread64"),
        (libc::SYS_pwrite64, "pwrite64"),
        (libc::SYS_linkat, "linkat"),
        (libc::SYS_renameat2, "renameat2"),
        (libc::SYS_unlink, "unlink"),
        (libc::SYS_mmap, "mmap"),
        (libc::SYS_munmap, "munmap"),
        (libc::SYS_madvise, "madvise"),
        (libc::SYS_membarrier, "membarrier"),
        (libc::SYS_futex, "futex"),
        (libc::SYS_getrandom, "getrandom"),
        (libc::SYS_brk, "brk"),
        (libc::SYS_prlimit64, "prlimit64"),
        (libc::SYS_getpid, "getpid"),
    ];
    let name = known.iter().find(|(known, _)| *known == number).map(|(_, name)| name.to_string());
    name.unwrap_or_else(|| format!("system call {number}"))
}
