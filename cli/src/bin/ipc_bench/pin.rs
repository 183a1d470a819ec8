//! Which core each process runs on.

use std::fmt;
use std::str::FromStr;

use crate::role::Role;

/// What `--pin` asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pin {
    /// The first two cores this process may use.
    FirstTwo,
    /// These two, in the order of the roles; they may be one and the same.
    Cores([usize; 2]),
}

/// A `--pin` that cannot be had.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PinError {
    /// The value is not two cores.
    NotTwoCores,
    /// This process may use a single core.
    OneCore {
        /// That core.
        core: usize,
    },
    /// This process may not use the core.
    NoSuchCore {
        /// The core asked for.
        core: usize,
        /// The cores that may be used.
        allowed: Vec<usize>,
    },
    /// The system has no such thing, or refuses.
    Unsupported {
        /// What the system said, if it was asked.
        said: Option<String>,
    },
}

impl fmt::Display for PinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PinError::NotTwoCores => f.write_str("pass --pin alone, or two cores: --pin 0,1 (one for each process)"),
            PinError::OneCore { core } => {
                write!(f, "--pin needs two cores and there is one: leave it out, or pass --pin {core},{core}")
            }
            PinError::NoSuchCore { core, allowed } => {
                write!(f, "core {core} cannot be used: pass --pin with two of {allowed:?}")
            }
            PinError::Unsupported { said: None } => {
                f.write_str("this system pins no process to a core: leave --pin out")
            }
            PinError::Unsupported { said: Some(said) } => write!(f, "pinning is refused ({said}): leave --pin out"),
        }
    }
}

impl std::error::Error for PinError {}

impl FromStr for Pin {
    type Err = PinError;

    fn from_str(text: &str) -> Result<Self, PinError> {
        if text == "first-two" {
            return Ok(Pin::FirstTwo);
        }
        let core = |text: &str| text.parse().map_err(|_| PinError::NotTwoCores);
        let (first, second) = text.split_once(',').ok_or(PinError::NotTwoCores)?;
        Ok(Pin::Cores([core(first)?, core(second)?]))
    }
}

impl Pin {
    /// The core of each process, if this one may use it.
    pub fn cores(self) -> Result<Cores, PinError> {
        let allowed = system::allowed()?;
        let cores = match (self, allowed.as_slice()) {
            (Pin::Cores(cores), _) => cores,
            (Pin::FirstTwo, &[first, second, ..]) => [first, second],
            (Pin::FirstTwo, &[core]) => return Err(PinError::OneCore { core }),
            (Pin::FirstTwo, &[]) => return Err(PinError::Unsupported { said: None }),
        };
        match cores.into_iter().find(|core| !allowed.contains(core)) {
            Some(core) => Err(PinError::NoSuchCore { core, allowed }),
            None => Ok(Cores(cores)),
        }
    }
}

/// A core for each process.
#[derive(Clone, Copy, Debug)]
pub struct Cores([usize; 2]);

impl Cores {
    /// The core of `role`.
    pub fn of(self, role: Role) -> usize {
        self.0[role.index()]
    }
}

/// Keeps this thread, and those it starts, on `core`.
pub fn to_core(core: usize) -> Result<(), PinError> {
    system::pin(core)
}

#[cfg(target_os = "linux")]
mod system {
    use nix::errno::Errno;
    use nix::sched::{sched_getaffinity, sched_setaffinity, CpuSet};
    use nix::unistd::Pid;

    use super::PinError;

    const THIS_THREAD: Pid = Pid::from_raw(0);

    fn refused(errno: Errno) -> PinError {
        PinError::Unsupported { said: Some(errno.to_string()) }
    }

    pub fn allowed() -> Result<Vec<usize>, PinError> {
        let set = sched_getaffinity(THIS_THREAD).map_err(refused)?;
        Ok((0..CpuSet::count()).filter(|&core| set.is_set(core) == Ok(true)).collect())
    }

    pub fn pin(core: usize) -> Result<(), PinError> {
        let mut set = CpuSet::new();
        set.set(core).and_then(|()| sched_setaffinity(THIS_THREAD, &set)).map_err(refused)
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::PinError;

    pub fn allowed() -> Result<Vec<usize>, PinError> {
        Err(PinError::Unsupported { said: None })
    }

    pub fn pin(_core: usize) -> Result<(), PinError> {
        Err(PinError::Unsupported { said: None })
    }
}
