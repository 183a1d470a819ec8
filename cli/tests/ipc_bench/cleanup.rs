//! However a run ends, its ring is gone and so are its processes; what is not its own stays.

use std::fs;
use std::os::unix::fs::{symlink, MetadataExt};

use nix::sys::signal::{killpg, Signal};

use crate::bench::{assert_ends_on, ring_in, Bench};

#[test]
fn the_ring_is_removed_on_a_signal() {
    for (signal, status) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143), (Signal::SIGHUP, 129)] {
        assert_ends_on(&["--cap", "64K"], signal, status);
    }
}

/// As the terminal does it: the signal goes to the whole process group.
#[test]
fn the_ring_is_removed_on_ctrl_c() {
    let mut bench = Bench::start_endless(&["--cap", "64K"]);
    killpg(bench.pid(), Signal::SIGINT).unwrap();
    let ended = bench.wait();
    assert_eq!(ended.status.code(), Some(130), "{ended:?}");
    assert_eq!(ended.stderr, "error: ended by SIGINT\n");
    bench.assert_nothing_left();
}

#[test]
fn a_file_that_is_there_already_is_refused_and_untouched() {
    let directory = tempfile::tempdir_in(ipc_ring::model::place()).unwrap();
    let contents: Vec<u8> = (0..10_000u32).map(|n| (n % 251) as u8).collect();
    fs::write(ring_in(&directory), &contents).unwrap();
    let before = fs::metadata(ring_in(&directory)).unwrap();

    let mut bench = Bench::start_in(directory, &[]);
    let ended = bench.wait();
    assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    assert!(ended.stderr.contains("exists already") && ended.stderr.contains("another --ring"), "{ended:?}");
    assert_eq!(fs::read(bench.ring()).unwrap(), contents);
    let after = fs::metadata(bench.ring()).unwrap();
    assert_eq!((after.ino(), after.mode(), after.mtime_nsec()), (before.ino(), before.mode(), before.mtime_nsec()));
}

#[test]
fn a_ring_of_somebody_else_is_refused_and_untouched() {
    let directory = tempfile::tempdir_in(ipc_ring::model::place()).unwrap();
    let mut writer = ipc_ring::RingWriter::create(ring_in(&directory), 4096).unwrap();
    writer.push(b"not ours", None).unwrap();
    let before = fs::read(ring_in(&directory)).unwrap();

    let mut bench = Bench::start_in(directory, &["--cap", "4096", "--msg-size", "8"]);
    assert_eq!(bench.wait().status.code(), Some(2));
    assert_eq!(fs::read(bench.ring()).unwrap(), before);
}

#[test]
fn a_link_that_leads_nowhere_is_refused_and_untouched() {
    let directory = tempfile::tempdir_in(ipc_ring::model::place()).unwrap();
    symlink("nowhere", ring_in(&directory)).unwrap();
    let mut bench = Bench::start_in(directory, &[]);
    assert_eq!(bench.wait().status.code(), Some(2));
    assert_eq!(fs::read_link(bench.ring()).unwrap().to_str(), Some("nowhere"));
}

#[test]
fn a_file_that_took_the_place_of_the_ring_stays() {
    let mut bench = Bench::start_endless(&["--cap", "64K"]);
    bench.wait_for_messages();
    fs::remove_file(bench.ring()).unwrap();
    fs::write(bench.ring(), "not ours").unwrap();
    bench.signal(Signal::SIGTERM);
    bench.wait();
    assert_eq!(fs::read(bench.ring()).unwrap(), b"not ours");
}

#[test]
fn arguments_that_the_ring_shows_to_be_bad_leave_no_ring() {
    let mut bench = Bench::start(&["--cap", "4096", "--msg-size", "4081"]);
    assert_eq!(bench.wait().status.code(), Some(2));
    bench.assert_nothing_left();
}

/// What happens to the sides' processes, found by way of `/proc`.
#[cfg(target_os = "linux")]
mod sides {
    use std::fs::OpenOptions;
    use std::os::unix::fs::FileExt;

    use nix::sys::signal::{kill, Signal};
    use nix::unistd::getpgid;

    use crate::bench::{
        assert_both_end_without_the_driver, assert_ends_when_killed, assert_the_dead_is_blamed, runs, until, Bench,
    };

    #[test]
    fn the_ring_is_removed_when_a_side_is_killed() {
        for side in ["writer", "reader"] {
            assert_ends_when_killed(&[], ["writer", "reader"], side);
        }
    }

    #[test]
    fn the_side_that_died_is_blamed_and_not_the_one_that_noticed() {
        for (dies, notices) in [("writer", "reader"), ("reader", "writer")].repeat(4) {
            assert_the_dead_is_blamed(&[], dies, notices);
        }
    }

    #[test]
    fn a_ctrl_c_reaches_the_driver_alone() {
        let bench = Bench::start_endless(&["--cap", "64K"]);
        for side in ["writer", "reader"] {
            assert_ne!(getpgid(Some(bench.process(side))).unwrap(), bench.pid());
        }
    }

    #[test]
    fn the_sides_have_ended_when_the_driver_ends_even_if_they_were_stopped() {
        let mut bench = Bench::start_endless(&["--cap", "64K"]);
        let sides = ["writer", "reader"].map(|side| bench.process(side));
        for side in sides {
            kill(side, Signal::SIGSTOP).unwrap();
        }
        assert_eq!(sides.map(runs), [true, true]);
        bench.signal(Signal::SIGTERM);
        bench.wait();
        assert_eq!(sides.map(runs), [false, false]);
    }

    #[test]
    fn the_sides_end_and_remove_the_ring_when_the_driver_is_killed() {
        assert_both_end_without_the_driver(&[], ["writer", "reader"]);
    }

    #[test]
    fn a_byte_that_changes_in_the_ring_ends_the_run_with_an_error() {
        // There is space for one message in the ring, which is the end of the file.
        let mut bench = Bench::start_endless(&["--cap", "4096", "--msg-size", "4080"]);
        bench.process("reader");
        let ring = OpenOptions::new().write(true).open(bench.ring()).unwrap();
        let message = ring.metadata().unwrap().len() - 4088;
        // Until a write comes between the message's being pushed and its being popped.
        let ended = until("the reader notices", || {
            for _ in 0..1000 {
                ring.write_all_at(&[0, 1], message + 100).unwrap();
            }
            bench.try_wait()
        });
        assert_eq!(ended.status.code(), Some(1), "{ended:?}");
        assert!(ended.stderr.starts_with("error: the reader failed: message "), "{ended:?}");
        assert!(ended.stderr.contains("came with a wrong byte at 10"), "{ended:?}");
        bench.assert_nothing_left();
    }
}
