//! A process that is stepped, one machine instruction after another, by ptrace.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;

/// Whether processes can be stepped on this system.
pub const IS_HERE: bool = cfg!(all(target_os = "linux", target_arch = "x86_64"));

/// A process that is traced. It dies with the tracer.
pub struct Traced {
    id: libc::pid_t,
    memory: File,
}

/// Why it stands still.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// One more instruction was executed.
    Instruction,
    /// It asked for it, by SIGSTOP.
    Marker,
    /// It does not, but for the next step: it has a signal, or has ended. The status that the kernel gave.
    Other(libc::c_int),
}

impl Traced {
    pub fn seize(id: libc::pid_t) -> Result<Self, String> {
        kernel::request(Request::Seize, id)
            .map_err(|error| format!("cannot trace a child: {error}; allow ptrace in this container"))?;
        let memory = File::open(format!("/proc/{id}/mem"))
            .map_err(|error| format!("cannot read the memory of the child that is traced: {error}; mount /proc"))?;
        Ok(Self { id, memory })
    }

    /// Lets it execute one instruction, or begin to wait for something in one. Look for its end by `wait`.
    pub fn step(&self) -> Result<(), String> {
        kernel::request(Request::Step, self.id).map_err(|error| format!("cannot step: {error}"))
    }

    /// Lets it run.
    pub fn resume(&self) -> Result<(), String> {
        kernel::request(Request::Continue, self.id).map_err(|error| format!("cannot let the child go on: {error}"))
    }

    /// Waits until it stands still.
    pub fn wait(&self) -> Result<Stop, String> {
        let mut status = 0;
        // SAFETY: the status is an int that lives.
        let waited = unsafe { libc::waitpid(self.id, &mut status, kernel::ALL_CHILDREN) };
        if waited != self.id {
            return Err(format!("cannot wait for the child: {}", io::Error::last_os_error()));
        }
        let signal = if libc::WIFSTOPPED(status) { libc::WSTOPSIG(status) } else { 0 };
        Ok(match signal {
            libc::SIGTRAP => Stop::Instruction,
            libc::SIGSTOP => Stop::Marker,
            _ => Stop::Other(status),
        })
    }

    /// Whether the next instruction is the system call by which a side falls asleep.
    pub fn is_about_to_sleep(&self) -> Result<bool, String> {
        let sleep = kernel::next_system_call(self.id).map_err(|error| format!("cannot see the registers: {error}"))?;
        let mut instruction = [0; kernel::SYSTEM_CALL.len()];
        self.read(sleep.instruction, &mut instruction)?;
        Ok(instruction == kernel::SYSTEM_CALL && sleep.is_to_sleep)
    }

    /// Reads its memory at this address.
    pub fn read(&self, address: usize, into: &mut [u8]) -> Result<(), String> {
        let read = self.memory.read_exact_at(into, address as u64);
        read.map_err(|error| format!("cannot read the child's memory: {error}"))
    }

    /// Waits until it sleeps in the kernel, or has stopped instead: what it sleeps for may have come already.
    pub fn wait_until_it_sleeps(&self) -> Result<(), String> {
        loop {
            let stat = fs::read_to_string(format!("/proc/{}/stat", self.id))
                .map_err(|error| format!("cannot see whether the child sleeps: {error}; mount /proc"))?;
            // After the name, which is in parentheses and may hold anything.
            match stat.rsplit(") ").next().and_then(|rest| rest.chars().next()) {
                Some('R') => std::thread::yield_now(),
                _ => return Ok(()),
            }
        }
    }
}

/// What is asked of the kernel that touches no memory of this process.
#[derive(Clone, Copy)]
enum Request {
    Seize,
    Step,
    Continue,
}

/// The system call that comes next, if the next instruction is one.
struct Call {
    /// Where the next instruction is.
    instruction: usize,
    /// Whether the registers ask for the sleep of a futex.
    is_to_sleep: bool,
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod kernel {
    use std::io;
    use std::ptr;

    use super::{Call, Request};

    pub const ALL_CHILDREN: libc::c_int = libc::__WALL;
    /// The instruction `syscall`.
    pub const SYSTEM_CALL: [u8; 2] = [0x0f, 0x05];

    pub fn request(what: Request, id: libc::pid_t) -> io::Result<()> {
        let nothing = ptr::null_mut::<libc::c_void>();
        let dies_with_its_tracer = nothing.wrapping_byte_add(libc::PTRACE_O_EXITKILL as usize);
        let (request, data) = match what {
            Request::Seize => (libc::PTRACE_SEIZE, dies_with_its_tracer),
            Request::Step => (libc::PTRACE_SINGLESTEP, nothing),
            Request::Continue => (libc::PTRACE_CONT, nothing),
        };
        // SAFETY: `data` is a number, options or no signal, which the kernel takes for no address.
        match unsafe { libc::ptrace(request, id, nothing, data) } {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }

    pub fn next_system_call(id: libc::pid_t) -> io::Result<Call> {
        // SAFETY: plain numbers, for which zeroes are valid.
        let mut registers: libc::user_regs_struct = unsafe { std::mem::zeroed() };
        let (nowhere, to) = (ptr::null_mut::<libc::c_void>(), ptr::addr_of_mut!(registers));
        // SAFETY: the kernel writes the registers to where there is space for them.
        if unsafe { libc::ptrace(libc::PTRACE_GETREGS, id, nowhere, to) } == -1 {
            return Err(io::Error::last_os_error());
        }
        let is_to_sleep = registers.rax == libc::SYS_futex as u64 && registers.rsi == libc::FUTEX_WAIT as u64;
        Ok(Call { instruction: registers.rip as usize, is_to_sleep })
    }
}

/// Never called: see [`IS_HERE`].
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
mod kernel {
    use std::io;

    use super::{Call, Request};

    pub const ALL_CHILDREN: libc::c_int = 0;
    pub const SYSTEM_CALL: [u8; 2] = [0; 2];

    pub fn request(what: Request, _id: libc::pid_t) -> io::Result<()> {
        match what {
            Request::Seize | Request::Step | Request::Continue => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    pub fn next_system_call(_id: libc::pid_t) -> io::Result<Call> {
        let _ = Call { instruction: 0, is_to_sleep: false };
        Err(io::ErrorKind::Unsupported.into())
    }
}
