//! The command line: what can be asked for, and what is meant where nothing is said.

use std::path::{Path, PathBuf};
use std::process;

use clap::Parser;
use ipc_ring::{RingOptions, Side};

use crate::number;
use crate::pin::Pin;
use crate::waiting::Waiting;

/// Measures how fast messages get through a ring from one process to another.
///
/// A writer and a reader, each a process of its own, pass messages through a new ring; the reader checks the sequence
/// number and every byte of each. The first line on stdout is one JSON object, the second says the same for people.
/// The time is from the first to the last message as the reader sees them. The rates are the messages, and the
/// MiB of their payload, over that time; 0 where the time is 0, as with a single message.
#[derive(Parser, Clone, Debug)]
#[command(name = "ipc_bench", version, about)]
pub struct Args {
    /// How many messages to pass, at least 1. k, M and G stand for 10^3, 10^6 and 10^9
    #[arg(long, value_name = "COUNT", default_value = "1_000_000", value_parser = number::messages)]
    #[arg(allow_negative_numbers = true)]
    pub messages: u64,

    /// The bytes of a message, from 0 to the ring's capacity less 8. K, M and G stand for 2^10, 2^20 and 2^30
    #[arg(long, value_name = "BYTES", default_value = "256", value_parser = number::bytes)]
    #[arg(allow_negative_numbers = true)]
    pub msg_size: usize,

    /// The capacity of the ring in bytes, a power of two from 64 to 2G. K, M and G as above
    #[arg(long, value_name = "BYTES", default_value = "64M", value_parser = number::bytes)]
    #[arg(allow_negative_numbers = true)]
    pub cap: usize,

    /// Where to make the ring, which is removed at the end. Nothing may be there yet
    /// [default: ipc_bench.PID in /dev/shm, or in the temporary directory where there is none]
    #[arg(long, value_name = "PATH", default_value_os_t = default_ring(), hide_default_value = true)]
    pub ring: PathBuf,

    /// Pin the writer and the reader to a core each: to those named, or to the first two that are allowed
    #[arg(long, value_name = "WRITER,READER", num_args = 0..=1, default_missing_value = "first-two")]
    pub pin: Option<Pin>,

    /// What a side does while it waits for the other: spin, sleep, or first the one for as long as you say (50us, 1ms)
    /// and then the other [default: the library's, which is to spin for 50us and then sleep]
    #[arg(long, value_name = "spin|sleep|DURATION", allow_hyphen_values = true)]
    pub wait: Option<Waiting>,

    /// Which side this process is. The driver says so to the processes it starts
    #[arg(long, hide = true, value_parser = side)]
    pub role: Option<Side>,

    /// The core this side is pinned to
    #[arg(long, hide = true, requires = "role")]
    pub core: Option<usize>,

    /// Whether the reader is to tell how far it is
    #[arg(long, hide = true, requires = "role")]
    pub progress: bool,
}

impl Args {
    /// How a side takes its end of the ring.
    pub fn ring_options(&self) -> RingOptions {
        let mut options = RingOptions::new();
        if let Some(Waiting(strategy)) = self.wait {
            options.wait(strategy);
        }
        options
    }
}

fn default_ring() -> PathBuf {
    let shm = Path::new("/dev/shm");
    let directory = if shm.is_dir() { shm.into() } else { std::env::temp_dir() };
    directory.join(format!("ipc_bench.{}", process::id()))
}

fn side(name: &str) -> Result<Side, String> {
    [Side::Writer, Side::Reader]
        .into_iter()
        .find(|side| side.to_string() == name)
        .ok_or_else(|| "pass writer or reader".to_owned())
}
