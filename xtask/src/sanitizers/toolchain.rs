//! The nightly toolchain, which alone has sanitizers: whether it is here, and has the runtime that one needs.

use std::path::Path;

use crate::line::line;

/// The host that the nightly toolchain builds for, if it has the runtime of `sanitizer` for it; else what is
/// missing, and how to come by it.
pub fn host(sanitizer: &str) -> Result<String, String> {
    let directory = asked("target-libdir")?;
    let runtime = runtime(sanitizer);
    match Path::new(&directory).join(&runtime).exists() {
        true => asked("host-tuple"),
        false => Err(format!("needs {runtime} in {directory}: rustup's nightly has it, for Linux")),
    }
}

/// The file of a sanitizer's runtime.
fn runtime(sanitizer: &str) -> String {
    format!("librustc-nightly_rt.{sanitizer}.a")
}

/// What the nightly compiler prints of itself. Asking installs nothing.
fn asked(what: &str) -> Result<String, String> {
    let line = line("rustc +nightly --print").and(what).with("RUSTUP_AUTO_INSTALL", "0");
    line.printed().map(|printed| printed.trim().into()).map_err(missing)
}

/// Why the check is not run where the compiler does not answer.
fn missing(why: String) -> String {
    format!("needs the nightly toolchain (rustup toolchain install nightly): {why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_that_does_not_exist_is_missing_and_a_remedy_is_named() {
        let why = host("no-such-sanitizer").expect_err("there is none");
        let names_it = why.contains("librustc-nightly_rt.no-such-sanitizer.a");
        assert!(names_it || why.contains("rustup toolchain install nightly"), "{why}");
    }

    #[test]
    fn a_compiler_that_does_not_answer_is_missing() {
        let why = missing(line("false").printed().expect_err("it fails"));
        assert_eq!(why, "needs the nightly toolchain (rustup toolchain install nightly): exit status: 1: false");
    }
}
