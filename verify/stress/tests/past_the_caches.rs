//! Messages of 512 KiB and more, which one call of `memcpy` copies (src/atomics/copy.rs).
//!
//! From some length on, `memcpy` stores past the caches (T8). Such stores come in no order, and `memcpy` has to end
//! them with a fence. glibc decides on the length by the size of the caches. It is told here, so that all of these
//! messages are long enough.

use std::process::Command;

#[test]
fn messages_that_are_stored_past_the_caches_arrive_whole() {
    for memory in ["heap", "file"] {
        for wait in ["spin", "sleep"] {
            let mut program = Command::new(env!("CARGO_BIN_EXE_ipc_ring_stress"));
            program.env("GLIBC_TUNABLES", "glibc.cpu.x86_non_temporal_threshold=0x40000");
            let lengths = ["--shortest=524288", "--longest=1048576"];
            program.args(["--messages=500", "--capacity=4194304", "--wait", wait, "--memory", memory]).args(lengths);
            let ended = program.output().expect("it starts");
            let [printed, said] =
                [ended.stdout, ended.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            assert_eq!((&*printed, &*said), ("500 messages\n", ""), "{memory}, {wait}: {}", ended.status);
        }
    }
}
