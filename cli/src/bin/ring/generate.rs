//! `ring completions` and `ring man`: prints or writes what belongs to an installation of `ring`.

use std::fs;

use clap::CommandFactory;

use crate::args::{Args, Completions, Man};
use crate::error::Error;
use crate::output::Output;
use crate::quoted::quoted;

/// The page that `ring man` prints.
const FIRST: &str = include_str!("../../../man/ring.1");

/// All manual pages, by file name. They are written by hand; the tests below compare them with the command
/// line, and cli/tests/documents.rs runs their examples.
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::error::{Status, STATUSES};
    use crate::page::{differences, items, plain, section, statuses};

    /// Returns the page of this name.
    fn page(name: &str) -> &'static str {
        PAGES.iter().find(|(other, _)| *other == name).unwrap_or_else(|| panic!("there is no page {name}")).1
    }

    /// Returns the words after each macro of this name.
    fn words_after<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
        text.lines().filter_map(|line| line.strip_prefix(name)?.split_whitespace().next()).collect()
    }

    #[test]
    fn all_pages_of_the_directory_are_written() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("man");
        let files = fs::read_dir(directory).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        let (mut files, mut pages) = (files.collect::<Vec<_>>(), PAGES.map(|(name, _)| name).to_vec());
        files.sort();
        pages.sort_unstable();
        assert_eq!(files, pages);
    }

    #[test]
    fn each_page_has_all_sections_and_its_own_name() {
        for (file, page) in PAGES {
            for heading in ["SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "EXAMPLES", "SEE ALSO"] {
                assert!(!section(page, heading).trim().is_empty(), "{file}: {heading}");
            }
            assert_eq!(words_after(section(page, "NAME"), ".Nm"), [file.trim_end_matches(".1")]);
        }
    }

    #[test]
    fn each_command_has_a_page_with_all_its_options_and_no_others() {
        let mut args = Args::command();
        args.build();
        assert_eq!(differences(FIRST, &args, &args), [""; 0], "ring.1");
        for command in args.get_subcommands().filter(|command| command.get_name() != "help") {
            let name = format!("ring-{}.1", command.get_name());
            assert_eq!(differences(page(&name), command, &args), [""; 0], "{name}");
        }
    }

    #[test]
    fn ring_1_lists_all_commands_and_says_of_each_what_help_says() {
        let mut args = Args::command();
        args.build();
        let (_, list) = section(FIRST, "DESCRIPTION").split_once(".Ss Commands\n").unwrap();
        let listed = items(list.split(".Ss").next().unwrap()).into_iter();
        let listed: Vec<(String, String)> = listed.map(|(head, body)| (plain(head), plain(&body))).collect();
        let commands = args.get_subcommands().map(|command| match command.get_name() {
            "help" => "ring help command".to_string(),
            name => format!("ring-{name} 1"),
        });
        assert_eq!(listed.iter().map(|(head, _)| &**head).collect::<Vec<_>>(), commands.collect::<Vec<_>>());
        for (command, (head, said)) in
            args.get_subcommands().zip(&listed).filter(|(_, (head, _))| head != "ring help command")
        {
            let about = command.get_about().unwrap().to_string();
            assert_eq!(*said, format!("{about}."), "{head}");
        }
    }

    #[test]
    fn the_pages_list_the_exit_statuses_and_no_others() {
        let codes = STATUSES.map(|status| status.code().to_string()).to_vec();
        let all: Vec<String> = codes.into_iter().chain(["128 + signal".to_string()]).collect();
        assert_eq!(Status::Signal(2).code(), 128 + 2);
        assert_eq!(statuses(FIRST), all);
        for (file, page) in PAGES.iter().filter(|(file, _)| file.starts_with("ring-")) {
            let listed = statuses(page);
            let known: Vec<String> = all.iter().filter(|status| listed.contains(status)).cloned().collect();
            assert_eq!(listed, known, "{file}");
        }
    }

    #[test]
    fn each_page_leads_to_ring_1_and_ring_1_leads_to_all() {
        for (file, page) in PAGES {
            let named = page.lines().filter_map(|line| line.split_once("Xr ")).map(|(_, name)| name);
            let named = named.filter_map(|name| name.split(' ').next()).filter(|name| name.starts_with("ring"));
            let lost: Vec<&str> =
                named.filter(|name| PAGES.iter().all(|(file, _)| *file != format!("{name}.1"))).collect();
            assert_eq!(lost, [""; 0], "{file} leads to pages that there are not");
            let also = words_after(section(page, "SEE ALSO"), ".Xr");
            assert!(file == "ring.1" || also.contains(&"ring"), "{file}: {also:?}");
        }
        let mut others: Vec<&str> = PAGES[1..].iter().map(|(file, _)| file.trim_end_matches(".1")).collect();
        others.sort_unstable();
        assert_eq!(words_after(section(FIRST, "SEE ALSO"), ".Xr"), others);
    }
}
