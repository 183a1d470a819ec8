//! `ring completions` and `ring man`: prints or writes what belongs to an installation of `ring`.

use std::fs;

use clap::CommandFactory;

use crate::args::{Args, Completions, Man};
use crate::error::Error;
use crate::output::Output;
use crate::quoted::quoted;

/// The page that `ring man` prints.
const FIRST: &str = include_str!("../../../man/ring.1");

/// All manual pages, by file name. They are written by hand; cli/tests/documents.rs compares them with `--help`.
const PAGES: [(&str, &str); 11] = [
    ("ring.1", FIRST),
    ("ring-completions.1", include_str!("../../../man/ring-completions.1")),
    ("ring-doctor.1", include_str!("../../../man/ring-doctor.1")),
    ("ring-man.1", include_str!("../../../man/ring-man.1")),
    ("ring-peek.1", include_str!("../../../man/ring-peek.1")),
    ("ring-recv.1", include_str!("../../../man/ring-recv.1")),
    ("ring-rm.1", include_str!("../../../man/ring-rm.1")),
    ("ring-send.1", include_str!("../../../man/ring-send.1")),
    ("ring-stat.1", include_str!("../../../man/ring-stat.1")),
    ("ring-top.1", include_str!("../../../man/ring-top.1")),
    ("ipc_bench.1", include_str!("../../../man/ipc_bench.1")),
];

/// Prints completions for a shell.
pub fn completions(asked: &Completions) -> Result<(), Error> {
    let (mut output, mut script) = (Output::new()?, Vec::new());
    clap_complete::generate(asked.shell, &mut Args::command(), "ring", &mut script);
    output.print(&String::from_utf8_lossy(&script))
}

/// Prints ring(1), or writes all pages to a directory.
pub fn man(asked: &Man) -> Result<(), Error> {
    let Some(directory) = &asked.directory else { return Output::new()?.print(FIRST) };
    let write_all = || PAGES.iter().try_for_each(|(name, page)| fs::write(directory.join(name), page));
    fs::create_dir_all(directory)
        .and_then(|()| write_all())
        .map_err(Error::system(format!("write manual pages to {}", quoted(directory))))
}
