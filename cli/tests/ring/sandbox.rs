//! A side in a sandbox that refuses `membarrier`, and one outside.

use std::io;
use std::os::unix::process::CommandExt;

use ipc_ring::{FenceMode, RingOptions, RingView};
use nix::libc;

use crate::arguments;
use crate::tool::{command, ring, Ended, Input, Place, Run};

/// From here on, this process and what it starts may not use `membarrier`. It makes system calls alone, and allocates
/// nothing.
fn enter_a_sandbox() -> io::Result<()> {
    let instruction = |code: u32, k: u32, jf: u8| libc::sock_filter { code: code as u16, jt: 0, jf, k };
    let mut program = [
        instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0),
        instruction(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, libc::SYS_membarrier as u32, 1),
        instruction(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ERRNO | libc::EPERM as u32, 0),
        instruction(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW, 0),
    ];
    let filter = libc::sock_fprog { len: program.len() as u16, filter: program.as_mut_ptr() };
    // SAFETY: a system call without pointers.
    unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    // SAFETY: the filter is a valid program, and is copied.
    match unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &filter) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// `ring` in a sandbox, to its end.
fn sandboxed(arguments: &[std::ffi::OsString]) -> Ended {
    let mut command = command(arguments);
    // SAFETY: it makes system calls alone, and allocates nothing.
    unsafe { command.pre_exec(enter_a_sandbox) };
    Run::start_as(command, Input::Nothing).wait()
}

#[test]
fn a_side_in_a_sandbox_is_told_what_to_type_and_that_helps() {
    let place = Place::new();
    let file = place.file("input", "line\n");
    let fences = || RingView::open(place.ring()).unwrap().fence_mode();
    let send = |mode| ring(arguments!["send", place.ring(), file, "--fences", mode]);
    if RingOptions::new().create_fence_mode(FenceMode::Asymmetric).create(place.path("probe"), 64).is_ok() {
        send("asymmetric").expect();
        assert_eq!(fences(), FenceMode::Asymmetric);
        for arguments in [arguments!["recv", place.ring()], arguments!["send", place.ring(), file]] {
            let ended = sandboxed(arguments);
            assert_eq!((ended.status.code(), &*ended.stdout), (Some(1), &b""[..]), "{ended:?}");
            assert!(ended.stderr.contains("ring send") && ended.stderr.contains("--fences symmetric"), "{ended:?}");
        }
        std::fs::remove_file(place.ring()).unwrap();
    }
    sandboxed(arguments!["send", place.ring(), file, "--fences", "asymmetric"])
        .fails(1, &["pass --fences symmetric, or leave --fences out"]);
    assert!(!place.ring().exists());

    send("symmetric").expect();
    assert_eq!(fences(), FenceMode::Symmetric);
    assert_eq!(sandboxed(arguments!["recv", place.ring()]).expect(), b"line\n");
}
