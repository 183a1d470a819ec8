//! A run of `ipc_bench`, and how to wait for what it does.

use std::fs;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use ipc_ring::RingView;
use nix::sys::signal::{kill, Signal};
use nix::unistd::Pid;
use tempfile::TempDir;

pub use ipc_ring_reference::until;

/// How a run ended, and what it printed.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

/// A run of `ipc_bench`, killed when this is dropped, with a directory for its ring.
pub struct Bench {
    driver: Child,
    directory: TempDir,
}

impl Bench {
    /// Starts `ipc_bench` with these arguments, and `--ring` with [`ring`](Self::ring).
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir_in(ipc_ring::model::place()).unwrap(), arguments)
    }

    /// As `start`, in a directory where there may be something already.
    pub fn start_in(directory: TempDir, arguments: &[&str]) -> Self {
        let ring = ring_in(&directory);
        Self { driver: command(arguments).arg("--ring").arg(ring).spawn().unwrap(), directory }
    }

    /// Starts `ipc_bench` with just these arguments.
    pub fn start_bare(arguments: &[&str]) -> Self {
        Self {
            driver: command(arguments).spawn().unwrap(),
            directory: tempfile::tempdir_in(ipc_ring::model::place()).unwrap(),
        }
    }

    /// Starts a run that does not end by itself, and waits until its ring is made.
    pub fn start_endless(arguments: &[&str]) -> Self {
        let bench = Self::start(&[arguments, &["--messages", "1_000_000G"]].concat());
        until("the ring is made", || bench.ring().exists().then_some(()));
        bench
    }

    pub fn ring(&self) -> PathBuf {
        ring_in(&self.directory)
    }

    /// The second ring, for the answers.
    pub fn ring_back(&self) -> PathBuf {
        self.ring().with_extension("back")
    }

    pub fn pid(&self) -> Pid {
        pid(self.driver.id())
    }

    pub fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
    }

    /// Has nobody read what it prints.
    pub fn close_output(&mut self) {
        drop((self.driver.stdout.take(), self.driver.stderr.take()));
    }

    /// The process that has this role, once it is at work.
    #[cfg(target_os = "linux")]
    pub fn process(&self, role: &str) -> Pid {
        let children = format!("/proc/{0}/task/{0}/children", self.pid());
        until(role, || {
            let children = fs::read_to_string(&children).unwrap();
            children.split_whitespace().map(|child| pid(child.parse().unwrap())).find(|child| {
                let arguments = fs::read_to_string(format!("/proc/{child}/cmdline")).unwrap_or_default();
                arguments.contains(&format!("\0--child\0{role}\0"))
            })
        })
    }

    /// The core to which the process with this role is pinned, once it is.
    #[cfg(target_os = "linux")]
    pub fn core(&self, role: &str) -> usize {
        let status = format!("/proc/{}/status", self.process(role));
        until("the process is pinned", || {
            let status = fs::read_to_string(&status).unwrap();
            let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:\t")).unwrap();
            list.parse().ok()
        })
    }

    /// Waits until a message has passed. Then the driver has told both sides to go on, so neither waits for it.
    pub fn wait_for_messages(&self) {
        let ring = RingView::open(self.ring()).unwrap();
        until("the reader pops", || (ring.snapshot().reader.position > 0).then_some(()));
    }

    /// Waits until it has ended. Its directory is there for a look until this is dropped.
    pub fn wait(&mut self) -> Ended {
        until("the driver ends", || self.try_wait())
    }

    /// How it ended, if it has.
    pub fn try_wait(&mut self) -> Option<Ended> {
        let status = self.driver.try_wait().unwrap()?;
        let (mut stdout, mut stderr) = (String::new(), String::new());
        if let Some(mut pipe) = self.driver.stdout.take() {
            pipe.read_to_string(&mut stdout).unwrap();
        }
        if let Some(mut pipe) = self.driver.stderr.take() {
            pipe.read_to_string(&mut stderr).unwrap();
        }
        Some(Ended { status, stdout, stderr })
    }

    /// Asserts that nothing is left where the ring was.
    pub fn assert_nothing_left(&self) {
        let left: Vec<_> = fs::read_dir(self.directory.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(left, Vec::<PathBuf>::new());
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// The signal ends the run, which says so, and nothing is left of it.
pub fn assert_ends_on(arguments: &[&str], signal: Signal, status: i32) {
    let mut bench = Bench::start_endless(arguments);
    bench.signal(signal);
    let ended = bench.wait();
    assert_eq!(ended.status.code(), Some(status), "{ended:?}");
    assert_eq!((ended.stdout, ended.stderr), (String::new(), format!("error: ended by {signal}\n")));
    bench.assert_nothing_left();
}

/// One of two processes is killed, which is said, the other has ended too, and nothing is left of the run.
#[cfg(target_os = "linux")]
pub fn assert_ends_when_killed(arguments: &[&str], roles: [&str; 2], dies: &str) {
    let mut bench = Bench::start_endless(&[arguments, &["--cap", "64K"]].concat());
    let processes = roles.map(|role| bench.process(role));
    kill(bench.process(dies), Signal::SIGKILL).unwrap();
    let ended = bench.wait();
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    let blame = format!("error: the {dies} failed: it was killed by SIGKILL\n");
    assert_eq!((ended.stdout, ended.stderr), (String::new(), blame));
    assert_eq!(processes.map(runs), [false, false]);
    bench.assert_nothing_left();
}

/// One of two processes is killed, and the other finds its peer gone, and may say so before the driver learns of the
/// death itself: all the same it is the dead one that is blamed.
#[cfg(target_os = "linux")]
pub fn assert_the_dead_is_blamed(arguments: &[&str], dies: &str, notices: &str) {
    let mut bench = Bench::start_endless(&[arguments, &["--cap", "64K"]].concat());
    let [dies_pid, notices_pid] = [dies, notices].map(|role| bench.process(role));
    bench.wait_for_messages();
    bench.signal(Signal::SIGSTOP);
    kill(dies_pid, Signal::SIGKILL).unwrap();
    until("the peer notices", || (!runs(notices_pid)).then_some(()));
    bench.signal(Signal::SIGCONT);
    let ended = bench.wait();
    assert_eq!(ended.stderr, format!("error: the {dies} failed: it was killed by SIGKILL\n"));
}

/// Both processes end without their driver, and remove what they made.
#[cfg(target_os = "linux")]
pub fn assert_both_end_without_the_driver(arguments: &[&str], roles: [&str; 2]) {
    let mut bench = Bench::start_endless(&[arguments, &["--cap", "64K"]].concat());
    let processes = roles.map(|role| bench.process(role));
    bench.signal(Signal::SIGKILL);
    bench.wait();
    until("both end", || (processes.map(runs) == [false, false]).then_some(()));
    bench.assert_nothing_left();
}

/// `ipc_bench` as a shell starts it: in a process group of its own.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ipc_bench"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    command
}

pub fn ring_in(directory: &TempDir) -> PathBuf {
    directory.path().join("ring")
}

/// Whether the process still runs; one that is dead and only waits to be buried does not.
#[cfg(target_os = "linux")]
pub fn runs(process: Pid) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/status"));
    status.is_ok_and(|status| !status.contains("State:\tZ") && !status.contains("State:\tX"))
}

fn pid(number: u32) -> Pid {
    Pid::from_raw(number as i32)
}
