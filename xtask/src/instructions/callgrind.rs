//! callgrind: how it is run, and what it writes down.
//!
//! Of a call it writes, after the name of the function that is called, how often, and on the line below at which line
//! of the caller's source, and how many instructions were executed until the return:
//!
//! ```text
//! cfn=push_each
//! calls=7940 30
//! 21 849580
//! ```

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::line::line;

/// What a run took.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counted {
    pub messages: u64,
    /// The instructions of all pushes, of all pops, and of everything.
    pub push: u64,
    pub pop: u64,
    pub all: u64,
}

pub fn is_installed() -> bool {
    Command::new("valgrind").arg("--version").output().is_ok()
}

/// Counts a run of `program`, which says how many messages it passed and in which of `ways.rs`.
pub fn count(program: &Path, arguments: &str, file: &Path, way: &str) -> Result<Counted, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", file.display());
    fs::create_dir_all(file.parent().unwrap_or(file)).map_err(failed)?;
    // Every name in full, wherever it stands.
    let line = line("valgrind -q --tool=callgrind --compress-strings=no --compress-pos=no")
        .and(&format!("--callgrind-out-file={}", file.display()))
        .and_path(program)
        .and(arguments);
    let printed = line.printed()?;
    counted(&printed, &fs::read_to_string(file).map_err(failed)?, way).map_err(|what| format!("{what}: {line}"))
}

/// Shows where the instructions of a run went.
pub fn annotate(file: &Path) -> Result<(), String> {
    line("callgrind_annotate --auto=no --threshold=95").and_path(file).run()
}

/// What the run took that printed this and of which callgrind wrote that.
fn counted(printed: &str, written: &str, way: &str) -> Result<Counted, String> {
    let messages = printed.trim().strip_suffix(" messages").and_then(|number| number.parse().ok());
    let all = written.lines().find_map(|line| line.strip_prefix("summary: ")).and_then(|number| number.parse().ok());
    Ok(Counted {
        messages: messages.ok_or("does not say how many messages passed")?,
        push: called(written, &format!("push_{way}"))?,
        pop: called(written, &format!("pop_{way}"))?,
        all: all.ok_or("callgrind does not say how many instructions were executed")?,
    })
}

/// The instructions of all calls of `function`.
fn called(written: &str, function: &str) -> Result<u64, String> {
    let name = format!("cfn={function}");
    let lines = Vec::from_iter(written.lines());
    let calls = lines.windows(3).filter(|lines| lines[0] == name && lines[1].starts_with("calls="));
    let costs = calls.map(|lines| lines[2].rsplit(' ').next().and_then(|cost| cost.parse::<u64>().ok()));
    let sum = costs.sum::<Option<u64>>().ok_or_else(|| format!("callgrind does not say what {function} took"))?;
    match sum {
        0 => Err(format!("{function} was never called")),
        sum => Ok(sum),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: &str = "events: Ir\nsummary: 2604695\n\nfn=main\n16 3\ncfi=ways.rs\ncfn=push_each\ncalls=2 30\n\
                           21 296\n+1 7\ncfn=push_each\ncalls=7940 30\n21 849580\ncfn=pop_each\ncalls=7942 36\n\
                           22 1302536\n\ntotals: 2604695\n";

    #[test]
    fn all_calls_of_a_function_are_summed_and_no_others() {
        let expected = Counted { messages: 7942, push: 849_876, pop: 1_302_536, all: 2_604_695 };
        assert_eq!(counted("7942 messages\n", WRITTEN, "each"), Ok(expected));
        assert_eq!(counted("7942 messages\n", WRITTEN, "eac"), Err("push_eac was never called".into()));
    }

    #[test]
    fn a_run_that_does_not_say_what_it_took_is_an_error() {
        for (printed, written) in [
            ("", WRITTEN),
            ("7942 messages\n", ""),
            ("7942 messages\n", &WRITTEN.replace("summary", "sum")),
            ("7942 messages\n", &WRITTEN.replace("cfn=pop_each", "cfn=pop_else")),
            ("7942 messages\n", &WRITTEN.replace("1302536", "many")),
        ] {
            assert!(counted(printed, written, "each").is_err(), "{printed:?} {written:?}");
        }
    }
}
