//! The table of checks: what each is called, what it does, and the command lines it is made of.

use crate::explored::explored_by;
use crate::line::{line, run_all, Line};
use crate::outcome::Outcome;
use crate::{cross, instructions, msrv, musl, refusals, sanitizers, spin, survive, tidy, weaken};

/// A check, which is also a subcommand.
pub struct Check {
    /// The subcommand's name.
    pub name: &'static str,
    /// What it does, in a line.
    pub about: &'static str,
    /// Runs it.
    pub run: fn() -> Outcome,
}

/// All checks: the quick ones first, and those that take long before those that do not, for they run beside each other.
pub const CHECKS: &[Check] = &[
    Check { name: "fmt", about: "The sources are as rustfmt writes them", run: fmt },
    Check { name: "tidy", about: "The house rules that no lint knows (xtask/src/tidy/rules.rs)", run: tidy::run },
    Check { name: "tree", about: "The library depends on libc and memmap2 and on nothing else", run: tree },
    Check { name: "refusals", about: "A target that cannot work is refused in our own words", run: refusals::run },
    Check { name: "clippy", about: "No warning, for std, for loom and for shuttle", run: clippy },
    Check {
        name: "loom",
        about: "Models, in every interleaving: streams, wraps, sleeps, ends, deaths, time-outs, hostile peers",
        run: loom,
    },
    Check { name: "test", about: "The tests and the examples in the documentation", run: test },
    Check {
        name: "weaken",
        about: "Every weakened edge and every broken protocol makes a model fail",
        run: weaken::run,
    },
    Check { name: "shuttle", about: "The same models with more messages, under random schedules", run: shuttle },
    Check { name: "peers", about: "The comparison: no warning, and every peer passes every message", run: peers },
    Check {
        name: "cross",
        about: "macOS and 64-bit Arm Linux are type-checked, where Debian's rustc-web is",
        run: cross::run,
    },
    Check { name: "musl", about: "The tests, with another C library", run: musl::run },
    Check { name: "msrv", about: "A crate that depends on the library compiles with Rust 1.70", run: msrv::run },
    Check { name: "tsan", about: "ThreadSanitizer reports nothing of the real binary", run: sanitizers::tsan },
    Check { name: "asan", about: "AddressSanitizer reports nothing of the real binary", run: sanitizers::asan },
    Check { name: "bench", about: "The benchmarks build, and each runs once", run: bench },
    Check {
        name: "spin",
        about: "Liveness: what should happen does happen in the end; without a step of it, not",
        run: spin::run,
    },
    Check {
        name: "instructions",
        about: "A push and a pop of 256 bytes take at most 150 instructions, and no more than they did",
        run: instructions::run,
    },
    Check { name: "oracle", about: "Random programs against a queue, in one process and in two", run: oracle },
    Check { name: "arithmetic", about: "Positions, indices, padding and space, in every case", run: arithmetic },
    Check { name: "fuzz", about: "What libFuzzer found worth keeping, replayed (verify/fuzz)", run: survive::fuzz },
    Check { name: "doc", about: "The documentation builds without a warning, private items included", run: doc },
    Check {
        name: "faults",
        about: "Every fault of the catalogue, provoked (docs/reliability.md)",
        run: survive::faults,
    },
    Check { name: "crash", about: "Processes under load that are killed at any instant", run: survive::crash },
    Check { name: "step", about: "What a crash after each machine instruction leaves", run: survive::step },
    Check { name: "hostile", about: "Processes that scribble over every word they may write", run: survive::hostile },
    Check { name: "resources", about: "Want of space, memory, descriptors; failing calls", run: survive::resources },
    Check { name: "namespaces", about: "Peers stopped, interrupted, in other namespaces", run: survive::namespaces },
];

/// Those that explore what the ring does, and say how much.
pub const VERIFY: [&str; 7] = ["arithmetic", "oracle", "loom", "shuttle", "spin", "tsan", "asan"];

/// Those that have the machine to themselves: they kill by the clock, or hold the ring to its deadlines. All others run
/// beside each other.
pub const ALONE: [&str; 6] = ["faults", "crash", "step", "hostile", "resources", "namespaces"];

/// Those that only `ci --long` runs: they do not fit in CI.
pub const LONG: &[&str] = &[];

/// All packages but the one that compares: who changes the library does not build iceoryx2.
const WITHOUT_PEERS: &str = "--workspace --exclude ipc_ring_peers";

/// What has engines: no other package asks which one it is built for.
const LIBRARY: &str = "--package ipc_ring";

fn fmt() -> Outcome {
    run_all([line("cargo fmt --all --check")])
}

fn clippy() -> Outcome {
    let denied = |line: Line| line.and("-- -D warnings");
    let all = line("cargo clippy --all-targets").and(WITHOUT_PEERS);
    let models = ["loom", "shuttle"].map(|engine| with_engine(line("cargo clippy --all-targets").and(LIBRARY), engine));
    run_all(std::iter::once(all).chain(models).map(denied))
}

fn doc() -> Outcome {
    let line = line("cargo doc --no-deps").and(WITHOUT_PEERS).with("RUSTDOCFLAGS", "-D warnings");
    // The public documentation last: that is what is left to be read.
    run_all([line.clone().and("--document-private-items"), line])
}

fn test() -> Outcome {
    run_all([tests("")])
}

/// The line that runs these of the tests. Whichever they are, cargo has the same packages to choose features for: other
/// features, and what the tests depend on would be built once more.
pub fn tests(which: &str) -> Line {
    line("cargo test").and(WITHOUT_PEERS).and("--exclude ipc_ring_benches").and(which)
}

fn arithmetic() -> Outcome {
    explored_by("arithmetic", tests("--lib arithmetic::")).into()
}

fn oracle() -> Outcome {
    explored_by("oracle", tests("--test oracle --test programs")).into()
}

fn loom() -> Outcome {
    explored_by("loom", with_engine(line("cargo test").and(LIBRARY), "loom")).into()
}

fn shuttle() -> Outcome {
    explored_by("shuttle", with_engine(line("cargo test").and(LIBRARY), "shuttle")).into()
}

fn bench() -> Outcome {
    run_all([line("cargo bench --bench ring -- --test")])
}

fn peers() -> Outcome {
    run_all([
        line("cargo clippy --package ipc_ring_peers --package ipc_ring_measure --all-targets -- -D warnings"),
        line("cargo doc --no-deps --package ipc_ring_peers --document-private-items")
            .with("RUSTDOCFLAGS", "-D warnings"),
        // Unoptimised, in half the time: nobody asks here how fast a peer is. What measures them can draw only here.
        line("cargo test --package ipc_ring_peers --package ipc_ring_measure --profile dev"),
    ])
}

/// The line with std's place in the facade taken by `engine`.
pub fn with_engine(line: Line, engine: &str) -> Line {
    line.with("RUSTFLAGS", format!("--cfg {engine}")).building_in(engine)
}

fn tree() -> Outcome {
    let line = line("cargo tree -e normal -p ipc_ring --depth 1 --prefix none");
    line.printed().and_then(|listed| only_libc_and_memmap2(&listed)).into()
}

/// Whether `cargo tree` lists these two below the package itself.
fn only_libc_and_memmap2(listed: &str) -> Result<(), String> {
    let names: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    match names[..] {
        ["ipc_ring", "libc", "memmap2"] => Ok(()),
        _ => Err(format!("expected ipc_ring, libc and memmap2, found {names:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_more_or_less_is_found() {
        let both = "ipc_ring v0.1.0 (/somewhere)\nlibc v0.2.1\nmemmap2 v0.9.1\n";
        assert_eq!(only_libc_and_memmap2(both), Ok(()));
        assert!(only_libc_and_memmap2(&format!("{both}rand v0.9.0\n")).is_err());
        assert!(only_libc_and_memmap2("ipc_ring v0.1.0 (/somewhere)\nlibc v0.2.1\n").is_err());
        assert!(only_libc_and_memmap2("").is_err());
    }
}
