//! `--pin`: which core each process runs on.

use std::str::FromStr;

use ipc_ring_measure::pin;

use crate::error::Error;

/// What `--pin` asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pin {
    /// The first two cores that this process may use.
    FirstTwo,
    /// These two, in the order of the processes. They may be the same core.
    Cores([usize; 2]),
}

impl FromStr for Pin {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        const NOT_TWO_CORES: &str = "pass --pin alone, or two cores: --pin 0,1 (one for each process)";
        if text == "first-two" {
            return Ok(Pin::FirstTwo);
        }
        let core = |text: &str| text.parse().map_err(|_| NOT_TWO_CORES);
        let (first, second) = text.split_once(',').ok_or(NOT_TWO_CORES)?;
        Ok(Pin::Cores([core(first)?, core(second)?]))
    }
}

impl Pin {
    /// Returns the core of each process, or an error if this process may not use it.
    pub fn cores(self) -> Result<[usize; 2], Error> {
        let allowed = pin::allowed().map_err(|said| format!("the system refuses to pin ({said}): leave --pin out"));
        let cores = allowed.and_then(|allowed| match (self, allowed.as_slice()) {
            (_, &[]) => Err("this system cannot pin a process to a core: leave --pin out".into()),
            (Pin::FirstTwo, &[core]) => {
                Err(format!("--pin needs two cores and there is one: leave it out, or pass --pin {core},{core}"))
            }
            (Pin::FirstTwo, &[first, second, ..]) => Ok([first, second]),
            (Pin::Cores(cores), _) => match cores.iter().find(|core| !allowed.contains(core)) {
                Some(core) => Err(format!("this process may not use core {core}: pass --pin with two of {allowed:?}")),
                None => Ok(cores),
            },
        });
        cores.map_err(Error::Refused)
    }
}
