//! xtask as a shell runs it.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

const SIGPIPE: i32 = 13;

#[test]
fn it_ends_without_a_word_where_nobody_reads_what_it_prints() {
    for asked in ["--help", "tidy"] {
        let (reader, output) = io::pipe().expect("a pipe");
        drop(reader);
        let xtask = Command::new(env!("CARGO_BIN_EXE_xtask")).arg(asked).stdout(output).stderr(Stdio::piped()).spawn();
        let ended = xtask.and_then(|xtask| xtask.wait_with_output()).expect("it was built for this test");
        assert_eq!((ended.status.signal(), &*String::from_utf8_lossy(&ended.stderr)), (Some(SIGPIPE), ""), "{asked}");
    }
}
