//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use nix::unistd::Group;

use crate::fences::Fences;
use crate::join::Joining;
use crate::number;
use crate::split::Splitting;

const EXAMPLES: &str = "\
Examples:
  app | ring send /dev/shm/events                  pass on what an application prints
  ring recv /dev/shm/events | zstd > events.zst    and compress it, in another process
  ring stat /dev/shm/events                        who is there, and what waits
  ring doctor                                      which rings there are, and what to do about them

Exit status:
  0    done
  1    the system refused something, or the standard input or output that is needed is closed
  2    the command line is wrong, or the ring would be its own input or output
  3    the ring cannot be used: it is not there, is damaged, is of another boot, or a living process holds it;
       for doctor, a ring needs attention
  4    the sender did not end the stream (it died, was interrupted, or failed),
       or the ring was removed or replaced meanwhile
  5    the input is no message: a line longer than the ring, a frame cut short
  6    the ring was full, for longer than send was to wait (--when-full, --timeout)
  141  nobody reads the output any more
  128 and the number of a signal: ended by it, as by Ctrl-C (130)";

const SEND_EXAMPLES: &str = "\
Examples:
  app | ring send /dev/shm/events --capacity 64M    lines as they come
  ring send /dev/shm/events events.json             the lines of a file
  ring send /dev/shm/events events.json --resume    the same file again, from where a killed sender got to
  ring send /dev/shm/log log --resume --complete-lines    what a log has more than the last time
  ring send /dev/shm/dump --block-size 64K < disk   bytes, whatever they are
  ring send /dev/shm/log --group adm --mode 0660    for another user: ring recv /dev/shm/log --any-owner

A message is a line without its newline. Where the input does not end in one, the last \
message says so as diff does: \"\\ No newline at end of file\" is put behind it, on a line \
of its own, which ring recv takes away again.

--resume goes by the number of messages, and sees whether the last one that was sent is what \
the input has in its place. If it is not, nothing is sent: the input is another one, or that \
line has grown: --resend sends it whole, and ring recv writes it below the part that it has \
got. Pass --complete-lines each time to hold such lines back. Where messages were dropped \
only a line that has grown is seen. After a sender that was killed the ring may not tell what was \
sent last: then send goes by the number alone.

The end of the input is the end of the stream. A sender that is interrupted, or that \
meets what it cannot send, does not end it: ring recv exits with 4 when it has received \
all that was sent, and the next sender goes on there. A FIFO ends, as for cat, when its last \
writer has closed it.

Where the ring is full, send waits for the reader, however long that takes. With --when-full \
drop-newest a message that finds no space is given up: ring stat shows how many were. With \
--when-full fail, or a --timeout, send gives up itself; started again with --resume it goes on.

A ring that loses its name, by rm or by a clean-up, is noticed within about a second, also while \
the input says nothing: send exits with 4, unless a receiver holds the ring still.";

const RECV_EXAMPLES: &str = "\
Examples:
  ring recv /dev/shm/events | zstd > events.zst     until the sender ends the stream
  ring recv /dev/shm/events --follow                whatever comes, from one sender after another
  ring recv /dev/shm/events --count 1               one message, and no other is lost
  ring recv /dev/shm/dump --raw > disk              bytes, as they were sent

A batch is given back to the ring when the output has taken it, and not before: one that \
recv dies with comes again to the next. So every message arrives at least once. Where recv \
was killed, the last line of its output may be cut short: it comes again whole, so write \
what the next recv says to another file, or cut that line off first. What a pipe has taken \
is taken: if its reader dies with it, or ends before it, as head does, that is gone.

The end of a stream goes to one receiver, after all that was sent before it, also where the \
next sender has come since. recv takes it as the last thing before it exits with 0: killed \
before that, it leaves the end to the next one; killed between the two, it has taken it. \
Where neither a message nor an end is left, recv waits for the next sender, as it does where \
there is no ring yet.

Where nobody reads the output any more, recv ends at once, with 141, and keeps no side. Where the \
ring has lost its name, by rm or by a clean-up, and no sender has it still, recv takes all that \
waits and exits with 4.";

const LOOK_EXAMPLES: &str = "\
Examples:
  ring stat /dev/shm/events --json | jq .writer    what there is, for programs
  ring top /dev/shm/*.ring --interval 200ms        several rings as they move
  ring doctor                                      all rings in /dev/shm
  ring peek /dev/shm/events --count 1              the oldest message, which stays
  ring rm /dev/shm/events                          unless somebody is using it; fuser says who";

/// A pipe that outlives the programs at its ends, and a look inside.
///
/// What is sent waits in a ring, a file that both sides map, best in memory (/dev/shm), and is safe there from the
/// death of any program. What is still in the pipe before ring send, or was taken by the pipe after ring recv, is
/// not. Either side may come first, die, and be started again: it goes on where it stood. A side that somebody holds
/// is waited for, for a second.
#[derive(Parser, Debug)]
#[command(name = "ring", version, after_help = EXAMPLES, max_term_width = 120)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Sends what it reads, a message a line, until its input ends
    #[command(after_help = SEND_EXAMPLES)]
    Send(Send),
    /// Receives messages and writes them to its output, until the sender has ended the stream
    #[command(after_help = RECV_EXAMPLES)]
    Recv(Recv),
    /// Shows who holds a ring, where both sides stand, and what waits
    #[command(after_help = LOOK_EXAMPLES)]
    Stat(Stat),
    /// Shows rings as they move, a line for each, until Ctrl-C
    #[command(after_help = LOOK_EXAMPLES)]
    Top(Top),
    /// Finds rings, says how each is, and what to do about it
    ///
    /// Each file is live (a process holds a side), stuck (one waits, and nothing moves, for the other side has died, is
    /// stopped, or is not there), idle (nobody holds a side, and all have closed their ends), orphaned (a process died
    /// and nobody has taken its place), stale (nobody holds it, and it was created before the system was
    /// last started), corrupt (damaged: nobody can go on with it), foreign (no ring), or unknown (it cannot be looked
    /// into, or not be used by this build). The exit status is 3 where one is stuck, orphaned, stale or corrupt. Of a
    /// directory, the foreign files are left out unless --all is given.
    ///
    /// A ring whose reader is slow is live, and so is one whose writer has nothing to send. Whether a side that is
    /// there is stopped (SIGSTOP, Ctrl-Z) is known of the processes that this user may look into, on Linux; of others
    /// it is taken to be slow.
    ///
    /// What a ring takes (allocated_bytes in JSON) is memory if it is in /dev/shm, charged to the memory cgroup of
    /// whoever touched a page first, and given back when the ring is removed: not when its processes end.
    #[command(after_help = LOOK_EXAMPLES)]
    Doctor(Doctor),
    /// Shows the messages that wait in a ring, without consuming them
    #[command(after_help = LOOK_EXAMPLES)]
    Peek(Peek),
    /// Removes rings, and what waits in them, unless a living process holds them
    #[command(after_help = LOOK_EXAMPLES)]
    Rm(Rm),
    /// Prints completions for a shell
    Completions(Completions),
    /// Prints the manual page, or writes all of them to a directory
    Man(Man),
}

#[derive(clap::Args, Debug)]
pub struct Send {
    /// The ring. It is created if it is not there
    pub ring: PathBuf,

    /// The file to send; - is the standard input
    #[arg(default_value = "-")]
    pub input: PathBuf,

    /// The capacity of a ring to be created, in bytes: a power of two from 64 to 2G, 4M unless given. K, M and G stand
    /// for 2^10, 2^20 and 2^30. The longest message is 16 bytes shorter. A ring that is there has to have this one
    #[arg(short, long, value_name = "BYTES", value_parser = number::bytes)]
    pub capacity: Option<usize>,

    /// The permissions of a ring to be created, as chmod takes them: 0600 unless given, for its owner alone. With 0660
    /// a group can be the other side. A ring that is there has to have these
    #[arg(long, value_name = "OCTAL", value_parser = mode)]
    pub mode: Option<u32>,

    /// The group of a ring to be created, by name or number: one that this process is in. The other user passes
    /// --any-owner. A ring that is there has to have this one
    #[arg(long, value_name = "GROUP", value_parser = group)]
    pub group: Option<u32>,

    /// How both sides of a ring to be created order what they do around a sleep: the best there is for this process
    /// unless given. A ring that is there has to have this one
    #[arg(long, value_name = "MODE", value_enum)]
    pub fences: Option<Fences>,

    /// A message is a length and as many bytes: the length in 4 bytes, the low one first
    #[arg(long, conflicts_with = "block_size")]
    frames: bool,

    /// A message is so many bytes, whatever they are; the last may be shorter
    #[arg(long, value_name = "BYTES", value_parser = block)]
    pub block_size: Option<usize>,

    /// What becomes of a message for which there is no space: it waits (block), is given up, and counted (drop-newest),
    /// or ends this with status 6 (fail). Where there is not even room for the end of another stream, both end it
    #[arg(long, value_name = "WHAT", value_enum, default_value = "block")]
    pub when_full: WhenFull,

    /// How long each message waits for space before --when-full says what becomes of it: 5s, 100ms. Unless given for
    /// ever with block, and not at all with the others. With block it is then the end, as with fail
    #[arg(long, value_name = "TIME", value_parser = timeout)]
    pub timeout: Option<Duration>,

    /// Skip as many messages of the input as were already sent into the ring, or dropped: for an input that begins anew
    /// after a sender was killed, so that each message goes in exactly once
    #[arg(short, long)]
    pub resume: bool,

    /// With --resume, where the last message that was sent was not whole yet, as a line that was half written: send it
    /// again, whole. It is an error otherwise
    #[arg(long, requires = "resume")]
    pub resend: bool,

    /// Hold a last line without a newline back, and say so: it may be half written. For a log that grows, with --resume
    #[arg(long, conflicts_with_all = ["frames", "block_size"])]
    pub complete_lines: bool,

    /// Show on stderr how much was sent, and how fast
    #[arg(long)]
    pub progress: bool,

    /// Take the ring also where it was created before the system was last started: what is in it may be damaged if that
    /// stopped without warning. Containers that have a boot of their own (LXC) need it for rings that they share
    #[arg(long)]
    pub any_boot: bool,

    #[command(flatten)]
    pub trust: Trust,
}

#[derive(clap::Args, Debug)]
pub struct Recv {
    /// The ring. It is waited for if it is not there
    pub ring: PathBuf,

    /// Write each message as a length and as many bytes: the length in 4 bytes, the low one first
    #[arg(long, conflicts_with = "raw")]
    frames: bool,

    /// Write the messages' bytes and nothing between: what was sent by --block-size comes out as it went in
    #[arg(long)]
    raw: bool,

    /// Go on when the sender ends or dies: another one may come
    #[arg(short, long)]
    pub follow: bool,

    /// Remove the ring when its stream has ended and nothing is left in it. Not where a sender did not end the stream,
    /// nor where another one has come. Where this user may not remove it, nothing is received
    #[arg(long, conflicts_with_all = ["follow", "count"])]
    pub remove: bool,

    /// End after so many messages. k, M and G stand for 10^3, 10^6 and 10^9
    #[arg(short = 'n', long, value_name = "COUNT", value_parser = number::messages)]
    pub count: Option<u64>,

    /// Show on stderr how much was received, and how fast
    #[arg(long)]
    pub progress: bool,

    /// Take the ring also where it was created before the system was last started: what is in it may be damaged if that
    /// stopped without warning. Containers that have a boot of their own (LXC) need it for rings that they share
    #[arg(long)]
    pub any_boot: bool,

    #[command(flatten)]
    pub trust: Trust,
}

#[derive(clap::Args, Debug)]
pub struct Stat {
    /// The ring
    pub ring: PathBuf,

    /// As a JSON object, on one line. Where the path is no UTF-8, path_bytes has it as a list of its bytes, and path
    /// only as near as text comes to it
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub look: Look,

    #[command(flatten)]
    pub trust: Trust,
}

#[derive(clap::Args, Debug)]
pub struct Top {
    /// The rings. They need not be there yet
    #[arg(required = true)]
    pub rings: Vec<PathBuf>,

    /// How often to look: 500ms, 2s
    #[arg(short, long, value_name = "TIME", default_value = "1s", value_parser = interval)]
    pub interval: Duration,

    /// End after so many looks. That a ring is stuck is seen from the second one on
    #[arg(short = 'n', long, value_name = "COUNT", value_parser = number::messages)]
    pub count: Option<u64>,

    #[command(flatten)]
    pub look: Look,

    #[command(flatten)]
    pub trust: Trust,
}

#[derive(clap::Args, Debug)]
pub struct Doctor {
    /// Rings, or directories to look for rings in [default: /dev/shm, or the temporary directory where there is none]
    pub paths: Vec<PathBuf>,

    /// As JSON objects, a line for each file. Where a path is no UTF-8, path_bytes has it as a list of its bytes, and
    /// path only as near as text comes to it
    #[arg(long)]
    pub json: bool,

    /// Tell of each file in a directory, and not only of rings
    #[arg(short, long)]
    pub all: bool,

    #[command(flatten)]
    pub look: Look,

    #[command(flatten)]
    pub trust: Trust,
}

#[derive(clap::Args, Debug)]
pub struct Peek {
    /// The ring
    pub ring: PathBuf,

    /// The most messages to show
    #[arg(short = 'n', long, value_name = "COUNT", default_value = "10", value_parser = number::messages)]
    pub count: u64,

    /// Write each message as a length and as many bytes: the length in 4 bytes, the low one first
    #[arg(long, conflicts_with = "raw")]
    frames: bool,

    /// Write the messages' bytes and nothing between
    #[arg(long)]
    raw: bool,

    #[command(flatten)]
    pub trust: Trust,
}

#[derive(clap::Args, Debug)]
pub struct Rm {
    /// The rings
    #[arg(required = true)]
    pub rings: Vec<PathBuf>,

    #[command(flatten)]
    pub trust: Trust,
}

#[derive(clap::Args, Debug)]
pub struct Completions {
    /// The shell
    pub shell: Shell,
}

#[derive(clap::Args, Debug)]
pub struct Man {
    /// Write ring.1 and a page for each subcommand there, instead of printing the first
    pub directory: Option<PathBuf>,
}

/// How long it takes to be called stuck.
#[derive(clap::Args, Debug)]
pub struct Look {
    /// How long a ring has to stand still to be called stuck: 1s, 500ms. Only a ring that may be is looked at for so
    /// long, and all that may be together
    #[arg(id = "look", long = "look", value_name = "TIME", default_value = "1s", value_parser = look)]
    pub time: Duration,
}

/// Which rings are taken that otherwise are not.
#[derive(clap::Args, Debug)]
pub struct Trust {
    /// Take rings that other users may change, too: who shortens one's file meanwhile ends this program
    #[arg(long)]
    pub any_owner: bool,

    /// Take rings on any filesystem, too, and not only on tmpfs (/dev/shm), ramfs, ext2 to ext4, XFS and f2fs: on
    /// others, as on btrfs, a filesystem that is full may end this program
    #[arg(long)]
    pub any_filesystem: bool,
}

impl Trust {
    /// What is taken on trust of a ring.
    pub fn granted(&self) -> ipc_ring::Trust {
        ipc_ring::Trust::new().any_owner(self.any_owner).any_filesystem(self.any_filesystem)
    }
}

/// What becomes of a message for which there is no space.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum WhenFull {
    /// It waits
    Block,
    /// It is given up, and counted where ring stat shows it
    DropNewest,
    /// Nothing more is sent, and the stream does not end
    Fail,
}

impl Send {
    /// How long a message waits for space; `None`: as long as it takes.
    pub fn patience(&self) -> Option<Duration> {
        match self.when_full {
            WhenFull::Block => self.timeout,
            WhenFull::DropNewest | WhenFull::Fail => Some(self.timeout.unwrap_or_default()),
        }
    }

    /// What a message of the input is.
    pub fn splitting(&self) -> Splitting {
        match self.block_size {
            Some(size) => Splitting::Blocks(size),
            None if self.frames => Splitting::Frames,
            None => Splitting::Lines,
        }
    }
}

impl Recv {
    /// How messages are written.
    pub fn joining(&self) -> Joining {
        Joining::of(self.frames, self.raw)
    }
}

impl Peek {
    /// How messages are written.
    pub fn joining(&self) -> Joining {
        Joining::of(self.frames, self.raw)
    }
}

fn block(text: &str) -> Result<usize, String> {
    match number::bytes(text) {
        Ok(0) => Err("a message of no bytes would never end: pass 1 or more".into()),
        Ok(size) => Ok(size),
        Err(bad) => Err(bad.to_string()),
    }
}

fn mode(text: &str) -> Result<u32, String> {
    match u32::from_str_radix(text, 8) {
        Ok(mode) if mode <= 0o777 => Ok(mode),
        _ => Err("pass permissions in octal, of at most 0777: 0600, 0660".into()),
    }
}

/// The number of a group that is given by its name, or by that.
fn group(text: &str) -> Result<u32, String> {
    match (text.parse(), Group::from_name(text)) {
        // That one is none: chown takes it for no change.
        (Ok(number), _) if number != u32::MAX => Ok(number),
        (_, Ok(Some(group))) => Ok(group.gid.as_raw()),
        (_, Ok(None)) => Err("there is no such group: take one that there is (getent group), or a number".into()),
        (_, Err(error)) => Err(format!("the system does not say which group that is: {error}; pass its number")),
    }
}

fn timeout(text: &str) -> Result<Duration, String> {
    time(text)
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

/// A time, with its unit.
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
    fn what_is_asked_for_makes_sense() {
        Args::command().debug_assert();
    }
}
