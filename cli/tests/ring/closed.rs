//! A standard input or output that is not there, or of no use: nothing is consumed, ended or made.

use std::fs;
use std::process::{Command, Output};

use ipc_ring::RingReader;
use ipc_ring_reference::pop_all;
use nix::fcntl::{fcntl, FcntlArg, OFlag};

use crate::arguments;
use crate::tool::{idle, Place};

/// Runs `ring` as a shell does, with these arguments and these redirections.
fn redirected(place: &Place, arguments: &str, redirections: &str) -> Output {
    let script = format!("cd \"$1\" && exec \"$0\" {arguments} {redirections}");
    let mut command = Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_ring")]).arg(place.directory());
    command.output().unwrap()
}

/// A ring with two messages that nobody holds, and a file of lines.
fn place() -> Place {
    let place = Place::new();
    idle(&place.ring(), &[b"one", b"two"]);
    place.file("lines", "three\n");
    place
}

/// Asserts that the run is refused with these words, and that all is as it was before it.
fn assert_refused(place: &Place, arguments: &str, redirections: &str, words: &str) {
    let before = fs::read(place.ring()).unwrap();
    let done = redirected(place, arguments, redirections);
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{arguments} {redirections}: {done:?}");
    assert!(said.starts_with("error: ") && said.contains(words), "{arguments} {redirections}: {said}");
    assert!(fs::read(place.ring()).unwrap() == before, "{arguments} {redirections}: nobody has touched it");
    assert_eq!(place.entries(), ["lines", "ring"], "{arguments} {redirections}: nothing was made");
}

#[test]
fn a_closed_output_is_refused_by_all_that_write_to_it() {
    let place = place();
    for arguments in [
        "recv ring",
        "recv ring --remove",
        "recv ring --follow",
        "recv none",
        "peek ring",
        "stat ring",
        "stat ring --json",
        "top ring",
        "top ring --count 1",
        "doctor .",
        "doctor ring --json",
        "completions bash",
        "man",
        "help",
        "--help",
        "--version",
    ] {
        assert_refused(&place, arguments, ">&-", "the standard output is closed");
        assert_refused(&place, arguments, "<&- >&-", "the standard output is closed");
    }
}

#[test]
fn a_closed_input_is_refused_where_it_is_what_is_to_be_sent_by_whatever_name() {
    let place = place();
    for ring in ["ring", "new"] {
        for input in ["", "-", "/dev/stdin", "/dev/fd/0"] {
            for redirections in ["<&-", "<&- >&-"] {
                assert_refused(&place, &format!("send {ring} {input}"), redirections, "the standard input is closed");
            }
        }
    }
}

#[test]
fn what_is_open_the_wrong_way_is_refused() {
    let place = place();
    for arguments in ["recv ring", "recv none", "peek ring", "stat ring", "top ring", "doctor ring", "man"] {
        for redirections in ["1</dev/null", "1<lines"] {
            assert_refused(&place, arguments, redirections, "the standard output is not open for writing");
        }
    }
    for arguments in ["send ring", "send new", "send new /dev/stdin"] {
        for redirections in ["0>/dev/null", "0>>lines"] {
            assert_refused(&place, arguments, redirections, "the standard input is not open for reading");
        }
    }
}

/// A descriptor that is a file's name and nothing more.
#[test]
#[cfg(target_os = "linux")]
fn a_mere_name_is_nothing_to_read_or_write() {
    let place = place();
    let name = || {
        // Not by the standard library, which with musl takes this flag away.
        let opened = nix::fcntl::open(&place.path("lines"), nix::fcntl::OFlag::O_PATH, nix::sys::stat::Mode::empty());
        fs::File::from(opened.unwrap())
    };
    let mut receiver = crate::tool::command(arguments!["recv", place.ring()]);
    let done = receiver.stdout(name()).output().unwrap();
    assert_eq!(done.status.code(), Some(1), "{done:?}");
    let mut sender = crate::tool::command(arguments!["send", place.path("new")]);
    let done = sender.stdin(name()).output().unwrap();
    assert_eq!(done.status.code(), Some(1), "{done:?}");
    assert!(!place.path("new").exists());
    assert_eq!(place.seen().reader.epoch, 0);
}

#[test]
fn what_is_not_used_may_be_closed() {
    let place = place();
    for (arguments, redirections, printed) in [
        ("send ring lines", "<&- >&- 2>&-", ""),
        ("recv ring --count 1", "<&- 2>&-", "one\n"),
        ("peek ring --count 1", "<&- 2>&-", "two\n"),
        ("man pages", "<&- >&- 2>&-", ""),
        ("recv ring", "<&-", "two\n"),
        ("recv ring", "<&-", "three\n"),
        ("rm ring", "<&- >&- 2>&-", ""),
    ] {
        let done = redirected(&place, arguments, redirections);
        assert!(done.status.success(), "{arguments} {redirections}: {done:?}");
        assert_eq!(String::from_utf8_lossy(&done.stdout), printed, "{arguments} {redirections}");
    }
    assert!(place.path("pages/ring.1").exists() && !place.ring().exists());
}

/// No file that happens to get its number: what is said goes nowhere.
#[test]
fn where_errors_are_closed_they_get_into_no_file() {
    let place = place();
    let before = fs::read(place.ring()).unwrap();
    for arguments in ["send ring none", "send ring --frames", "recv ring none", "stat none", "rm none", "doctor none"] {
        for redirections in ["2>&- <lines", "2>&- >&- <lines", "<&- >&- 2>&-"] {
            let done = redirected(&place, arguments, redirections);
            assert!(done.status.code().is_some_and(|code| code > 0), "{arguments} {redirections}: {done:?}");
            let lines = fs::read(place.path("lines")).unwrap();
            assert_eq!(lines, b"three\n", "{arguments} {redirections}");
        }
    }
    // The one that read the lines was told of a frame cut short, after it had attached.
    let mut reader = RingReader::open(place.ring()).unwrap();
    pop_all(&mut reader, [b"one", b"two"]);
    assert!(reader.is_empty() && fs::read(place.ring()).unwrap().len() == before.len());
}

/// What this process has open does not change by what `ring` does with it.
#[test]
fn a_shared_output_blocks_or_not_as_before() {
    let place = place();
    let (pipe, to) = nix::unistd::pipe().unwrap();
    for flags in [OFlag::empty(), OFlag::O_NONBLOCK] {
        fcntl(&to, FcntlArg::F_SETFL(flags)).unwrap();
        let mut peek = crate::tool::command(arguments!["peek", place.ring()]);
        assert!(peek.stdout(to.try_clone().unwrap()).status().unwrap().success());
        let now = OFlag::from_bits_retain(fcntl(&to, FcntlArg::F_GETFL).unwrap());
        assert_eq!(now & OFlag::O_NONBLOCK, flags);
    }
    drop(pipe);
}
