//! What one of the two processes does, by which it is also named.

use clap::ValueEnum;

/// What a process does.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Pushes all messages.
    Writer,
    /// Pops all messages.
    Reader,
    /// Sends a message and waits for the answer, one after the other.
    Caller,
    /// Sends back what comes.
    Echo,
}

impl Role {
    /// Which of its mode's processes it is.
    pub fn index(self) -> usize {
        match self {
            Role::Writer | Role::Caller => 0,
            Role::Reader | Role::Echo => 1,
        }
    }

    /// Whether it is this process that measures.
    pub fn measures(self) -> bool {
        matches!(self, Role::Reader | Role::Caller)
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Role::Writer => "writer",
            Role::Reader => "reader",
            Role::Caller => "caller",
            Role::Echo => "echo",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mode::Mode;

    #[test]
    fn a_role_is_read_as_it_is_written() {
        for role in Role::value_variants() {
            assert_eq!(Role::from_str(&role.to_string(), false), Ok(*role));
        }
    }

    #[test]
    fn of_two_processes_one_measures() {
        for mode in [Mode::Throughput, Mode::Latency] {
            let roles = mode.roles();
            assert_eq!(roles.map(Role::index), [0, 1]);
            assert_eq!(roles.iter().filter(|role| role.measures()).count(), 1);
        }
    }
}
