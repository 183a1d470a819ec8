//! The table of checks: what each is called, what it does, and the command lines it is made of.

use crate::line::{line, run_all, Line};
use crate::outcome::Outcome;
use crate::{cross, refusals, spin, tidy};

/// A check, which is also a subcommand.
pub struct Check {
    /// The subcommand's name.
    pub name: &'static str,
    /// What it does, in a line.
    pub about: &'static str,
    /// Runs it.
    pub run: fn() -> Outcome,
}

/// All checks, in the order in which `ci` runs them: the quick ones first.
pub const CHECKS: &[Check] = &[
    Check { name: "fmt", about: "The sources are as rustfmt writes them", run: fmt },
    Check { name: "tidy", about: "The house rules that no lint knows (xtask/src/tidy/rules.rs)", run: tidy::run },
    Check { name: "tree", about: "The library depends on libc and memmap2 and on nothing else", run: tree },
    Check { name: "refusals", about: "A target that cannot work is refused in our own words", run: refusals::run },
    Check { name: "clippy", about: "No warning, for std, for loom and for shuttle", run: clippy },
    Check { name: "doc", about: "The documentation builds without a warning, private items included", run: doc },
    Check { name: "test", about: "The tests and the examples in the documentation", run: test },
    Check { name: "arithmetic", about: "All cases of the arithmetic (verify/arithmetic)", run: arithmetic },
    Check { name: "loom", about: "The models that loom explores (verify/loom)", run: loom },
    Check { name: "shuttle", about: "The models that shuttle runs at random (verify/shuttle)", run: shuttle },
    Check { name: "spin", about: "The model of liveness that spin searches (verify/spin)", run: spin::run },
    Check { name: "bench", about: "The benchmarks build, and each runs once", run: bench },
    Check {
        name: "cross",
        about: "macOS and 64-bit Arm Linux are type-checked, where Debian's rustc-web is",
        run: cross::run,
    },
];

fn fmt() -> Outcome {
    run_all([line("cargo fmt --all --check")])
}

fn clippy() -> Outcome {
    let lines = ["", "loom", "shuttle"].map(|engine| {
        let line = line("cargo clippy --workspace --all-targets");
        let line = if engine.is_empty() { line } else { with_engine(line, engine) };
        line.and("-- -D warnings")
    });
    run_all(lines)
}

fn doc() -> Outcome {
    let line = line("cargo doc --no-deps --workspace").with("RUSTDOCFLAGS", "-D warnings");
    // The public documentation last: that is what is left to be read.
    run_all([line.clone().and("--document-private-items"), line])
}

fn test() -> Outcome {
    run_all([line("cargo test --workspace")])
}

fn arithmetic() -> Outcome {
    by_name(line("cargo test --lib"), "arithmetic::").into()
}

fn loom() -> Outcome {
    run_all([with_engine(line("cargo test"), "loom")])
}

fn shuttle() -> Outcome {
    run_all([with_engine(line("cargo test"), "shuttle")])
}

fn bench() -> Outcome {
    run_all([line("cargo bench --bench ring -- --test")])
}

/// Runs the tests of `line` whose names begin so. That there is none is a failure: to cargo it is none.
fn by_name(line: Line, prefix: &str) -> Result<(), String> {
    let line = line.and(prefix);
    let listed = line.clone().and("-- --list").printed()?;
    if lists_a_test(&listed, prefix) {
        line.run()
    } else {
        Err(format!("no test has a name that begins with {prefix}: {line}"))
    }
}

/// Whether the test harness lists a test whose name begins so.
fn lists_a_test(listed: &str, prefix: &str) -> bool {
    listed.lines().any(|line| line.starts_with(prefix) && line.ends_with(": test"))
}

/// The line with std's place in the facade taken by `engine`.
fn with_engine(line: Line, engine: &str) -> Line {
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
    fn a_name_that_no_test_has_is_found() {
        assert!(lists_a_test("space::a_push: test\n\n1 test, 0 benchmarks\n", "space::"));
        assert!(!lists_a_test("my_space::a_push: test\nspace::a_push: benchmark\n", "space::"));
        assert!(!lists_a_test("0 tests, 0 benchmarks\n", "space::"));
    }

    #[test]
    fn a_dependency_more_or_less_is_found() {
        let both = "ipc_ring v0.1.0 (/somewhere)\nlibc v0.2.1\nmemmap2 v0.9.1\n";
        assert_eq!(only_libc_and_memmap2(both), Ok(()));
        assert!(only_libc_and_memmap2(&format!("{both}rand v0.9.0\n")).is_err());
        assert!(only_libc_and_memmap2("ipc_ring v0.1.0 (/somewhere)\nlibc v0.2.1\n").is_err());
        assert!(only_libc_and_memmap2("").is_err());
    }
}
