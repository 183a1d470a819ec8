//! The built documentation and the page for auditors, opened by a real browser: every link and every picture.

use anyhow::ensure;

use crate::page;
use crate::report::{Checked, NotRun};
use crate::shell::{cmd, output, target_directory, write, Shell};

/// The pages that `--pictures` takes pictures of, light and dark.
const PHOTOGRAPHED: [&str; 4] = [
    "report.html",
    "ipc_ring/index.html",
    "ipc_ring/documents/guide/index.html",
    "ipc_ring/documents/layout/index.html",
];

/// What rustdoc links to from pages of its own, and writes only where it has a table of all crates.
const INDEX: &str = "<!DOCTYPE html><meta http-equiv=refresh content='0; url=ipc_ring/index.html'>\
    <title>ipc_ring</title><a href=ipc_ring/index.html>ipc_ring</a>\n";

/// The exit status of `ipc_ring_browser` where there is no browser.
const NO_BROWSER: i32 = 3;

pub fn run(sh: &Shell, asked: &[String]) -> Checked {
    let directory = target_directory().join("browser");
    // What an earlier version had a page for is not linked to any more.
    sh.remove_path(directory.join("doc"))?;
    cmd!(sh, "cargo doc --quiet --no-deps --package ipc_ring --target-dir {directory}").run()?;
    let pages = directory.join("doc");
    write(pages.join("index.html"), INDEX)?;
    write(pages.join("report.html"), &page::page(sh)?)?;
    let mut open = cmd!(sh, "cargo run --quiet --package ipc_ring_browser -- {pages}");
    if asked.contains(&"pictures".into()) {
        open = open.arg("--pictures").arg(directory.join("pictures"));
        open = open.args(PHOTOGRAPHED.iter().flat_map(|page| ["--page", page]));
    }
    let (status, printed, said) = output(&mut open.quiet())?;
    ensure!(status.code() != Some(NO_BROWSER), NotRun(said.lines().last().unwrap_or_default().into()));
    let told = printed.lines().find(|line| line.starts_with("pages ")).unwrap_or_default().to_string();
    ensure!(status.success(), told);
    Ok(told)
}
