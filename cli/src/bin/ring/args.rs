//! The command line of `ring`: its commands, options and help.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use nix::unistd::Group;

use crate::error;
use crate::fences::Fences;
use crate::join::Joining;
use crate::number;
use crate::split::Splitting;

const EXAMPLES: &str = "\
Examples:
  seq 1000 | ring send /dev/shm/events             send each line as a message
  ring recv /dev/shm/events | gzip > events.gz     receive them, in another process
  ring stat /dev/shm/events                        show who holds the ring, and what waits in it
  ring doctor                                      list the rings in /dev/shm, with advice

The manual is ring(1): ring man | man -l -";

const SEND_EXAMPLES: &str = "\
Examples:
  seq 1000 | ring send /dev/shm/events --capacity 64M     send lines as they come
  ring send /dev/shm/events events.json                   send the lines of a file
  ring send /dev/shm/events events.json --resume          go on where a killed sender stopped
  ring send /dev/shm/log app.log --resume --complete-lines    send what a log has gained
  ring send /dev/shm/dump --block-size 64K < disk.img     send any bytes
  ring send /dev/shm/log --group adm --mode 0660          let a second user receive

The end of the input ends the stream. A sender that dies, is interrupted, or fails does not end it: recv then \
exits with status 4, and the next sender goes on with the same stream.

ring-send(1) says what a message is, what --resume compares, and what happens when the ring loses its name.";

const RECV_EXAMPLES: &str = "\
Examples:
  ring recv /dev/shm/events | gzip > events.gz     receive until the sender ends the stream
  ring recv /dev/shm/events --follow               receive from one sender after another
  ring recv /dev/shm/events --count 1              receive one message, and leave the others
  ring recv /dev/shm/dump --raw > disk.img         write the bytes as they were sent

Every message arrives at least once: recv releases a batch after its output has taken it. If recv dies, its last \
batch comes again, to the next recv.

ring-recv(1) says who receives the end of a stream, and what a pipe can lose.";

const STAT_EXAMPLES: &str = "\
Examples:
  ring stat /dev/shm/events                    for people
  ring stat /dev/shm/events --json | jq .writer    for programs; ring-stat(1) lists the keys";

const TOP_EXAMPLES: &str = "\
Examples:
  ring top /dev/shm/events                      one ring, each second
  ring top /dev/shm/*.ring --interval 200ms     several rings, five times a second";

const DOCTOR_EXAMPLES: &str = "\
Verdicts:
  live      a living process holds a side
  stuck     a side waits in vain: the other side died, is stopped, or is not there
  idle      nobody holds a side, and no side died
  orphaned  nobody holds a side, and a side died
  stale     nobody holds a side, and the ring was created before the last boot
  corrupt   the ring is damaged, and nobody can use it
  foreign   the file is no ring; in a directory it is shown only with --all
  unknown   doctor may not look into the file, or this build cannot use the ring

The exit status is 3 if a ring is stuck, orphaned, stale or corrupt.

Examples:
  ring doctor                   all rings in /dev/shm
  ring doctor /dev/shm/events   one ring";

const PEEK_EXAMPLES: &str = "\
Examples:
  ring peek /dev/shm/events              the ten oldest messages
  ring peek /dev/shm/events --count 1    the oldest one";

const RM_EXAMPLES: &str = "\
Examples:
  ring rm /dev/shm/events    fuser /dev/shm/events names the processes that hold it";

const MAN_EXAMPLES: &str = "\
Examples:
  ring man | man -l -                    read ring(1)
  ring man ~/.cargo/share/man/man1       install all pages for yourself";

/// Sends and receives through a ring, a pipe that outlives the programs at its ends, and looks inside rings.
///
/// Messages wait in a ring: a file that both sides map, best in memory (/dev/shm). They are safe there when any program
/// dies. Either side may come first, may die, and may be started again: it goes on where it stopped. send and recv wait
/// up to a second for a side that another process holds.
#[derive(Parser, Debug)]
#[command(name = "ring", version, max_term_width = 120)]
#[command(after_help = format!("{}\n{EXAMPLES}", error::statuses()))]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Sends each line of the input as a message, and then ends the stream
    #[command(after_help = SEND_EXAMPLES)]
    Send(Send),
    /// Receives messages, and writes them to standard output until the stream ends
    #[command(after_help = RECV_EXAMPLES)]
    Recv(Recv),
    /// Shows who holds a ring, where both sides stand, and what waits
    #[command(after_help = STAT_EXAMPLES)]
    Stat(Stat),
    /// Shows the rates of rings, a line for each, until Ctrl-C
    #[command(after_help = TOP_EXAMPLES)]
    Top(Top),
    /// Finds rings, and says how each is and what to do about it
    #[command(after_help = DOCTOR_EXAMPLES)]
    Doctor(Doctor),
    /// Shows the messages that wait in a ring, and leaves them there
    #[command(after_help = PEEK_EXAMPLES)]
    Peek(Peek),
    /// Removes rings that no living process holds, with the messages in them
    #[command(after_help = RM_EXAMPLES)]
    Rm(Rm),
    /// Prints completions for a shell
    Completions(Completions),
    /// Prints the manual page ring(1), or writes all pages to a directory
    #[command(after_help = MAN_EXAMPLES)]
    Man(Man),
}

#[derive(clap::Args, Debug)]
pub struct Send {
    /// The path of the ring. If nothing is there, send creates the ring
    pub ring: PathBuf,

    /// The file to send; - is standard input
    #[arg(default_value = "-")]
    pub input: PathBuf,

    /// The capacity of a ring that send creates, in bytes [default: 4M]
    ///
    /// It is a power of two from 64 to 2G. K, M and G mean 2^10, 2^20 and 2^30. The longest message is 16 bytes
    /// shorter. If the ring exists, this has to be its capacity.
    #[arg(short, long, value_name = "BYTES", value_parser = number::bytes)]
    pub capacity: Option<usize>,

    /// The permissions of a ring that send creates, in octal [default: 0600]
    ///
    /// 0600 is for the owner alone. With 0660 a member of the group can receive. If the ring exists, these have to be
    /// its permissions.
    #[arg(long, value_name = "OCTAL", value_parser = mode)]
    pub mode: Option<u32>,

    /// The group of a ring that send creates, by name or number [default: that of any new file]
    ///
    /// This process has to be in the group. The other user passes --any-owner. If the ring exists, this has to be its
    /// group.
    #[arg(long, value_name = "GROUP", value_parser = group)]
    pub group: Option<u32>,

    /// Which side pays for the memory fences, in a ring that send creates [default: asymmetric where this process may
    /// use it, else symmetric]
    ///
    /// If the ring exists, this has to be its mode.
    #[arg(long, value_name = "MODE", value_enum)]
    pub fences: Option<Fences>,

    /// Send frames: each a length in 4 bytes, the low byte first, and that many bytes
    #[arg(long, conflicts_with = "block_size")]
    frames: bool,

    /// Send blocks of this many bytes; the last one may be shorter
    ///
    /// K, M and G mean 2^10, 2^20 and 2^30.
    #[arg(long, value_name = "BYTES", value_parser = block)]
    pub block_size: Option<usize>,

    /// What to do with a message for which the ring has no space
    ///
    /// If there is not even space for the end of another stream, drop-newest and fail both stop with status 6.
    #[arg(long, value_name = "WHAT", value_enum, default_value = "block")]
    pub when_full: WhenFull,

    /// How long each message waits for space, as 100ms or 5s [default: without limit for block, 0s for the others]
    ///
    /// When the time is over, drop-newest drops the message; block and fail stop with status 6.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub timeout: Option<Duration>,

    /// Skip the messages of the input that were already sent into the ring, or dropped
    ///
    /// Pass it when the same input begins again after a sender died: then each message goes in exactly once.
    #[arg(short, long)]
    pub resume: bool,

    /// With --resume: send the last message again, if it was not whole when it was sent
    ///
    /// It may have been a half-written line, for instance. Without --resend that is an error.
    #[arg(long, requires = "resume")]
    pub resend: bool,

    /// Hold back a last line that has no newline, and say so
    ///
    /// The line may be half written. Pass it with --resume for a log that grows.
    #[arg(long, conflicts_with_all = ["frames", "block_size"])]
    pub complete_lines: bool,

    /// Show on stderr how much was sent, and how fast
    #[arg(long)]
    pub progress: bool,

    /// Use the ring even if it was created before the last boot
    ///
    /// What is in it may be damaged if the system stopped without warning. Containers with a boot ID of their own (LXC)
    /// need this for rings that they share.
    #[arg(long)]
    pub any_boot: bool,

    #[command(flatten)]
    pub trust: Trust,
}

#[derive(clap::Args, Debug)]
pub struct Recv {
    /// The path of the ring. If nothing is there, recv waits until a ring is
    pub ring: PathBuf,

    /// Write frames: each a length in 4 bytes, the low byte first, and that many bytes
    #[arg(long, conflicts_with = "raw")]
    frames: bool,

    /// Write the bytes of each message, and nothing between messages
    ///
    /// What send --block-size sent comes out as it went in.
    #[arg(long)]
    raw: bool,

    /// Go on when the sender ends its stream or dies: wait for the next sender
    #[arg(short, long)]
    pub follow: bool,

    /// Remove the ring when its stream has ended and nothing is left in it
    ///
    /// The ring stays if the sender did not end the stream, or if another sender holds the ring or has sent a stream.
    /// If this user may not remove the ring, nothing is received.
    #[arg(long, conflicts_with_all = ["follow", "count"])]
    pub remove: bool,

    /// Stop after this many messages, or at the end of the stream
    ///
    /// k, M and G mean 10^3, 10^6 and 10^9.
    #[arg(short = 'n', long, value_name = "COUNT", value_parser = number::messages)]
    pub count: Option<u64>,

    /// Show on stderr how much was received, and how fast
    #[arg(long)]
    pub progress: bool,

    /// Use the ring even if it was created before the last boot
    ///
    /// What is in it may be damaged if the system stopped without warning. Containers with a boot ID of their own (LXC)
    /// need this for rings that they share.
    #[arg(long)]
    pub any_boot: bool,

    #[command(flatten)]
    pub trust: Trust,
}

#[derive(clap::Args, Debug)]
pub struct Stat {
    /// The path of the ring
    pub ring: PathBuf,

    /// Print a JSON object on one line
    ///
    /// If the path is not UTF-8, path_bytes lists its bytes, and path is an approximation.
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub look: Look,

    #[command(flatten)]
    pub trust: Trust,
}

#[derive(clap::Args, Debug)]
pub struct Top {
    /// The paths of the rings. They need not exist yet
    #[arg(required = true, value_name = "RING")]
    pub rings: Vec<PathBuf>,

    /// How long to wait between two looks: 10ms or more, as 500ms or 2s
    #[arg(short, long, value_name = "TIME", default_value = "1s", value_parser = interval)]
    pub interval: Duration,

    /// Stop after this many looks
    ///
    /// k, M and G mean 10^3, 10^6 and 10^9. No rate is known at the first look, and no ring is known to be stuck.
    #[arg(short = 'n', long, value_name = "COUNT", value_parser = number::messages)]
    pub count: Option<u64>,

    #[command(flatten)]
    pub look: Look,

    #[command(flatten)]
    pub trust: Trust,
}

#[derive(clap::Args, Debug)]
pub struct Doctor {
    /// Rings, or directories in which to look for rings [default: /dev/shm, or the temporary directory if there is
    /// none]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// Print a JSON object for each file, on a line each
    ///
    /// If a path is not UTF-8, path_bytes lists its bytes, and path is an approximation.
    #[arg(long)]
    pub json: bool,

    /// Show every file of a directory, not only the rings
    #[arg(short, long)]
    pub all: bool,

    #[command(flatten)]
    pub look: Look,

    #[command(flatten)]
    pub trust: Trust,
}

#[derive(clap::Args, Debug)]
pub struct Peek {
    /// The path of the ring
    pub ring: PathBuf,

    /// Show this many messages at most, the oldest first
    ///
    /// k, M and G mean 10^3, 10^6 and 10^9.
    #[arg(short = 'n', long, value_name = "COUNT", default_value = "10", value_parser = number::messages)]
    pub count: u64,

    /// Write frames: each a length in 4 bytes, the low byte first, and that many bytes
    #[arg(long, conflicts_with = "raw")]
    frames: bool,

    /// Write the bytes of each message, and nothing between messages
    #[arg(long)]
    raw: bool,

    #[command(flatten)]
    pub trust: Trust,
}

#[derive(clap::Args, Debug)]
pub struct Rm {
    /// The paths of the rings
    #[arg(required = true, value_name = "RING")]
    pub rings: Vec<PathBuf>,

    #[command(flatten)]
    pub trust: Trust,
}

#[derive(clap::Args, Debug)]
pub struct Completions {
    /// The shell to print completions for
    pub shell: Shell,
}

#[derive(clap::Args, Debug)]
pub struct Man {
    /// Write ring.1, a page for each subcommand, and ipc_bench.1 to this directory. It is created if it does not exist
    pub directory: Option<PathBuf>,
}

/// How long a ring is looked at before it is called stuck.
#[derive(clap::Args, Debug)]
pub struct Look {
    /// How long nothing has to move before a ring is called stuck: 100ms or more, as 500ms or 2s
    ///
    /// Only a ring that may be stuck is looked at for this long. All of these are looked at together.
    #[arg(id = "look", long = "look", value_name = "TIME", default_value = "1s", value_parser = look)]
    pub time: Duration,
}

/// Which rings to use, although they are refused by default.
#[derive(clap::Args, Debug)]
pub struct Trust {
    /// Use rings that other users may change, too
    ///
    /// By default a ring is refused if another user owns it, if anyone may write to it, or if it has a second name (a
    /// hard link). Whoever truncates its file while it is in use kills this program (SIGBUS).
    #[arg(long)]
    pub any_owner: bool,

    /// Use rings on any filesystem
    ///
    /// By default only these are used: tmpfs (/dev/shm), ramfs, ext2 to ext4, XFS, f2fs, an overlay of one of them; on
    /// macOS HFS+ and APFS. On others, as on btrfs, a full filesystem may kill this program (SIGBUS).
    #[arg(long)]
    pub any_filesystem: bool,
}

impl Trust {
    /// Returns what the library may take on trust.
    pub fn granted(&self) -> ipc_ring::Trust {
        ipc_ring::Trust::new().any_owner(self.any_owner).any_filesystem(self.any_filesystem)
    }
}

/// What to do with a message for which the ring has no space.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum WhenFull {
    /// Wait for space
    Block,
    /// Drop the message, and count it: ring stat shows the count
    DropNewest,
    /// Stop with status 6, and do not end the stream
    Fail,
}

impl Send {
    /// Returns how long a message waits for space; `None` is without limit.
    pub fn patience(&self) -> Option<Duration> {
        match self.when_full {
            WhenFull::Block => self.timeout,
            WhenFull::DropNewest | WhenFull::Fail => Some(self.timeout.unwrap_or_default()),
        }
    }

    /// Returns what a message of the input is.
    pub fn splitting(&self) -> Splitting {
        match self.block_size {
            Some(size) => Splitting::Blocks(size),
            None if self.frames => Splitting::Frames,
            None => Splitting::Lines,
        }
    }
}

impl Recv {
    /// Returns how messages are written.
    pub fn joining(&self) -> Joining {
        Joining::of(self.frames, self.raw)
    }
}

impl Peek {
    /// Returns how messages are written.
    pub fn joining(&self) -> Joining {
        Joining::of(self.frames, self.raw)
    }
}

fn block(text: &str) -> Result<usize, String> {
    match number::bytes(text) {
        Ok(0) => Err("blocks of 0 bytes would never come to an end of the input: pass 1 or more".into()),
        Ok(size) => Ok(size),
        Err(bad) => Err(bad.to_string()),
    }
}

fn mode(text: &str) -> Result<u32, String> {
    match u32::from_str_radix(text, 8) {
        Ok(mode) if mode <= 0o777 => Ok(mode),
        _ => Err("pass permissions in octal, at most 0777: 0600, 0660".into()),
    }
}

/// Parses a group: a number, or a name that the system knows.
fn group(text: &str) -> Result<u32, String> {
    match (text.parse(), Group::from_name(text)) {
        // u32::MAX is no group: chown takes it for "no change".
        (Ok(number), _) if number != u32::MAX => Ok(number),
        (_, Ok(Some(group))) => Ok(group.gid.as_raw()),
        (_, Ok(None)) => {
            Err("there is no such group: pass one that exists (getent group lists them), or a number".into())
        }
        (_, Err(error)) => Err(format!("the system cannot look up this group: {error}; pass its number")),
    }
}

fn look(text: &str) -> Result<Duration, String> {
    match time(text)? {
        time if time >= Duration::from_millis(100) => Ok(time),
        _ => Err("pass a time of 100ms or more: 500ms, 2s".into()),
    }
}

fn interval(text: &str) -> Result<Duration, String> {
    match time(text)? {
        interval if interval >= Duration::from_millis(10) => Ok(interval),
        _ => Err("pass a time of 10ms or more: 500ms, 2s".into()),
    }
}

/// Parses a time with its unit.
fn time(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(time) => Ok(time),
        Err(_) if text.trim().parse::<f64>().is_ok_and(f64::is_finite) => {
            Err(format!("the unit is missing: pass {0}s for seconds, or {0}ms for milliseconds", text.trim()))
        }
        Err(_) => Err("pass a time with its unit: 500ms, 2s, 1m".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn clap_finds_no_contradiction_in_the_options() {
        Args::command().debug_assert();
    }
}
