//! Runs of `ring`, and a place for what they read and write.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

use ipc_ring::{RingView, RingWriter};
pub use ipc_ring_reference::Place;
use ipc_ring_reference::{push_all, until, wait_until};
use nix::fcntl::{fcntl, FcntlArg, FdFlag, OFlag};
use nix::sys::signal::{kill, signal, SigHandler, Signal};
use nix::unistd::{pipe, Pid};
use serde_json::Value;
use tempfile::TempDir;

/// Waits until the sender of the ring in `place` has sent this much, which nobody has received.
pub fn until_sent(place: &Place, used_bytes: usize) {
    wait_until("it is sent", || place.ring().exists() && place.seen().used_bytes == used_bytes);
}

/// Waits until the sender of the ring in `place` waits for space.
pub fn until_blocked(place: &Place) {
    wait_until("it waits for space", || {
        RingView::open(place.ring()).is_ok_and(|view| view.snapshot().writer.awaits.is_some())
    });
}

/// Waits until the receiver of the ring in `place` waits for a message.
pub fn until_idle(place: &Place) {
    wait_until("it waits for a message", || {
        RingView::open(place.ring()).is_ok_and(|view| view.snapshot().reader.awaits.is_some())
    });
}

/// A ring that nobody holds, with these messages in it.
pub fn idle(path: &Path, messages: &[&[u8]]) {
    push_all(&mut RingWriter::create(path, 4096).unwrap(), messages);
}

/// What may become of a ring's name: whether another file has it then, and what a side says of that.
pub const LOSSES: [(bool, &str); 2] = [(false, "was removed"), (true, "is another file now")];

/// The ring loses its name, and another file takes its place or none.
pub fn take_its_name(place: &Place, another: bool) {
    match another {
        true => fs::rename(place.file("another", "another"), place.ring()).unwrap(),
        false => fs::remove_file(place.ring()).unwrap(),
    }
}

/// The numbers on the whole lines of an output: each line must be one.
pub fn numbers(output: &[u8]) -> Vec<u64> {
    let whole = output.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
    let lines = std::str::from_utf8(&output[..whole]).unwrap().lines();
    lines.map(|line| line.parse().unwrap_or_else(|_| panic!("no number: {line:?}"))).collect()
}

/// A pipe that takes no more and does not block who writes to it, and what is in it. No child has its ends.
pub fn full_pipe() -> (File, OwnedFd, Vec<u8>) {
    let (read, write) = pipe().unwrap();
    for end in [&read, &write] {
        fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).unwrap();
    }
    fcntl(&write, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
    let (mut to, mut filled) = (File::from(write), Vec::new());
    for piece in [4096, 1] {
        while let Ok(written) = to.write(&[b'.'; 4096][..piece]) {
            filled.resize(filled.len() + written, b'.');
        }
    }
    (read.into(), to.into(), filled)
}

/// How a run ended, and what it printed.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Ended {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap()
    }

    /// Asserts that it ended with this status, and said all of this on stderr. Itself.
    #[track_caller]
    pub fn fails(self, status: i32, says: &[&str]) -> Self {
        assert_eq!(self.status.code(), Some(status), "{self:?}");
        assert!(says.iter().all(|words| self.stderr.contains(words)), "no {says:?}: {self:?}");
        self
    }

    /// Asserts that all went well, and without a word on stderr. What it printed.
    #[track_caller]
    pub fn expect(self) -> Vec<u8> {
        assert!(self.status.success() && self.stderr.is_empty(), "{self:?}");
        self.stdout
    }
}

/// What a run's stdin is.
pub enum Input<'a> {
    Nothing,
    Pipe,
    File(&'a Path),
}

/// A run of `ring`, killed when this is dropped. What it prints goes to files, so that it is never held up by them.
pub struct Run {
    child: Child,
    stdin: Option<ChildStdin>,
    printed: TempDir,
    page: String,
}

impl Run {
    /// Starts `ring` with these arguments, as a shell does: in a process group of its own.
    pub fn start<A: AsRef<OsStr>>(arguments: &[A], input: Input<'_>) -> Self {
        Self::start_as(command(arguments), input)
    }

    pub fn start_as(mut command: Command, input: Input<'_>) -> Self {
        let printed = tempfile::tempdir().unwrap();
        let to = |name| File::create(printed.path().join(name)).unwrap();
        command.stdout(to("stdout")).stderr(to("stderr"));
        match input {
            Input::Nothing => command.stdin(Stdio::null()),
            Input::Pipe => command.stdin(Stdio::piped()),
            Input::File(path) => command.stdin(File::open(path).unwrap()),
        };
        let mut child = command.spawn().unwrap();
        let stdin = child.stdin.take();
        let page = page_of(command.get_args());
        Self { child, stdin, printed, page }
    }

    /// The other end of its stdin.
    pub fn stdin(&mut self) -> &mut ChildStdin {
        self.stdin.as_mut().unwrap()
    }

    /// As `stdin`, for a thread of its own. It ends with the thread.
    pub fn take_stdin(&mut self) -> ChildStdin {
        self.stdin.take().unwrap()
    }

    /// Ends its input.
    pub fn end_input(&mut self) {
        self.stdin = None;
    }

    /// The same, upon which it has to end well.
    #[track_caller]
    pub fn finish(mut self) {
        self.end_input();
        assert_eq!(self.wait().expect(), b"");
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id() as i32), signal).unwrap();
    }

    /// What it has printed so far.
    pub fn stdout(&self) -> Vec<u8> {
        fs::read(self.printed.path().join("stdout")).unwrap()
    }

    /// How many bytes it has printed so far.
    pub fn stdout_len(&self) -> u64 {
        fs::metadata(self.printed.path().join("stdout")).unwrap().len()
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits until it has ended, with a status that the manual page of its command lists.
    #[track_caller]
    pub fn wait(mut self) -> Ended {
        let status = until("ring ends", || self.child.try_wait().unwrap());
        assert_listed(&self.page, status);
        let stderr = fs::read_to_string(self.printed.path().join("stderr")).unwrap();
        Ended { status, stdout: self.stdout(), stderr }
    }

    /// Kills it, and waits until it is dead. What it had printed.
    pub fn kill(self) -> Vec<u8> {
        self.signal(Signal::SIGKILL);
        let ended = self.wait();
        assert_eq!(ended.status.code(), None, "it was killed, and did not end by itself: {ended:?}");
        ended.stdout
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the manual page of the command in these arguments, or ring(1) if there is none.
fn page_of<'a>(mut arguments: impl Iterator<Item = &'a OsStr>) -> String {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("man");
    let read = |name: &str| fs::read_to_string(pages.join(name)).ok();
    let page = arguments.next().and_then(|command| read(&format!("ring-{}.1", command.to_str()?)));
    page.or_else(|| read("ring.1")).unwrap()
}

/// Asserts that EXIT STATUS of a manual page has this status. A process that was killed has none.
#[track_caller]
fn assert_listed(page: &str, status: ExitStatus) {
    let list = page.split(".Sh EXIT STATUS\n").nth(1).and_then(|after| after.split("\n.Sh ").next()).unwrap();
    let is_listed = |code: i32| list.lines().any(|line| line == format!(".It {code}"));
    let is_a_signal = |code| code > 128 && list.contains("\n.It 128 + Ar signal\n");
    assert!(
        status.code().is_none_or(|code| is_listed(code) || is_a_signal(code)),
        "{status} is not in the page:{list}"
    );
}

/// `ring` with these arguments, in a process group of its own, and with signals as a terminal's shell leaves them:
/// these tests may run where they are ignored.
pub fn command<A: AsRef<OsStr>>(arguments: &[A]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ring"));
    command.args(arguments).process_group(0).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    let heed_signals = || {
        for heeded in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
            // SAFETY: what there is by default is no handler.
            unsafe { signal(heeded, SigHandler::SigDfl) }?;
        }
        Ok(())
    };
    // SAFETY: it makes system calls alone, and allocates nothing.
    unsafe { command.pre_exec(heed_signals) };
    command
}

/// Runs `ring` to its end, without an input.
pub fn ring<A: AsRef<OsStr>>(arguments: &[A]) -> Ended {
    Run::start(arguments, Input::Nothing).wait()
}

/// Sends an input of these contents to its end, with these options.
pub fn send(place: &Place, contents: impl AsRef<[u8]>, options: &[&str]) -> Ended {
    let arguments = [OsString::from("send"), place.ring().into(), place.file("input", contents).into()];
    ring(&with(&arguments, options))
}

/// A sender that has sent this, which takes `used_bytes` of the ring, and whose input is not at its end.
pub fn sender_of(place: &Place, input: &[u8], used_bytes: usize) -> Run {
    let mut sender = Run::start(&[OsStr::new("send"), place.ring().as_os_str()], Input::Pipe);
    sender.stdin().write_all(input).unwrap();
    until_sent(place, used_bytes);
    sender
}

/// Receives a stream.
#[track_caller]
pub fn receive(place: &Place) -> Vec<u8> {
    ring(&[OsStr::new("recv"), place.ring().as_os_str()]).expect()
}

/// What `ring` prints, which is all it says.
#[track_caller]
pub fn text_of<A: AsRef<OsStr>>(arguments: &[A]) -> String {
    String::from_utf8(ring(arguments).expect()).unwrap()
}

/// The same, where it is JSON.
#[track_caller]
pub fn json_of<A: AsRef<OsStr>>(arguments: &[A]) -> Value {
    serde_json::from_str(&text_of(arguments)).unwrap()
}

/// These arguments, and options after them.
pub fn with(arguments: &[OsString], options: &[&str]) -> Vec<OsString> {
    arguments.iter().cloned().chain(options.iter().map(OsString::from)).collect()
}

/// Arguments of several types.
#[macro_export]
macro_rules! arguments {
    ($($argument:expr),* $(,)?) => {
        &[$(std::ffi::OsString::from(&$argument)),*][..]
    };
}
