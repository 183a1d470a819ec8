//! What a manual page of cli/man says, for the tests that compare it with the command line.
//!
//! The pages are in mdoc(7): a line that begins with a point has a macro and its words, and all others are text.

use clap::{Arg, Command};

/// An option or argument, as a page or the command line describes it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Described {
    /// `-c` and `--capacity`; none for an argument that goes by its place.
    pub flags: Vec<String>,
    /// The name of its value, in small letters; empty if it has none.
    pub value: String,
    /// The words that its value can be, if they are listed.
    pub choices: Vec<String>,
}

/// Returns the text of a section, without its heading.
pub fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let heading = format!("\n.Sh {heading}\n");
    let (_, after) = page.split_once(&heading).unwrap_or_else(|| panic!("the page has no section {heading:?}"));
    after.split("\n.Sh ").next().unwrap()
}

/// Returns the items of the lists in `text`: the words of the head, and the lines of the body with the lists in it.
pub fn items(text: &str) -> Vec<(&str, String)> {
    let (mut items, mut depth) = (Vec::<(&str, String)>::new(), 0);
    for line in text.lines() {
        depth -= usize::from(line == ".El");
        match (line, depth) {
            (_, 1) if line.starts_with(".It") => items.push((line[3..].trim(), String::new())),
            _ if depth > 0 => items.last_mut().unwrap().1.extend([line, "\n"]),
            _ => {}
        }
        depth += usize::from(line.starts_with(".Bl"));
    }
    assert_eq!(depth, 0, "a list is not closed");
    items
}

/// Returns the text as a reader sees it, on one line.
pub fn plain(text: &str) -> String {
    let (mut plain, mut option) = (String::new(), false);
    for word in text.lines().flat_map(|line| line.strip_prefix('.').unwrap_or(line).split_whitespace()) {
        let mark = matches!(word, "," | "." | ";" | ":" | ")");
        match word {
            "Fl" => option = true,
            "Ar" | "Cm" | "Ev" | "Ic" | "It" | "Nm" | "Ns" | "Op" | "Pa" | "Pp" | "Pq" | "Ql" | "Va" | "Xr" => {}
            _ => {
                plain += if mark || plain.is_empty() { "" } else { " " };
                plain += if option { "-" } else { "" };
                plain += &word.replace("\\-", "-");
                option = false;
            }
        }
    }
    plain
}

/// Returns the flags in the words of a macro, in their order.
fn flags(line: &str) -> Vec<String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    words.windows(2).filter(|pair| pair[0].ends_with("Fl")).map(|pair| format!("-{}", pair[1])).collect()
}

/// Returns what the items of a list of options describe, each with its text as a reader sees it.
pub fn described(list: &str) -> Vec<(Described, String)> {
    let describe = |(head, body): (&str, String)| {
        let flags = flags(head);
        let value = head.rsplit("Fl ").next().unwrap().split_whitespace().skip(usize::from(!flags.is_empty()));
        let value = value.filter(|word| !matches!(*word, "Ar" | "Op" | "Ns" | "...")).collect();
        let choices = items(&body).into_iter().map(|(head, _)| head.trim_start_matches("Cm ").into()).collect();
        (Described { flags, value, choices }, plain(&body))
    };
    items(list).into_iter().map(describe).collect()
}

/// Returns what the command line takes, each with its default. `command` was built.
pub fn taken(command: &Command) -> Vec<(Described, Option<String>)> {
    let take = |arg: &Arg| {
        let short = arg.get_short().map(|short| format!("-{short}"));
        let flags = short.into_iter().chain(arg.get_long().map(|long| format!("--{long}"))).collect();
        let names = arg.get_value_names().filter(|_| arg.get_action().takes_values());
        let value = names.map_or(String::new(), |names| names.join(" ").to_lowercase());
        let choices = arg.get_possible_values().into_iter().map(|value| value.get_name().into());
        let choices = choices.filter(|_| arg.get_action().takes_values()).collect();
        (Described { flags, value, choices }, default(arg))
    };
    command.get_arguments().filter(|arg| !arg.is_hide_set()).map(take).collect()
}

/// Returns the default of an argument, which clap knows or its help ends with.
fn default(arg: &Arg) -> Option<String> {
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let in_help = help.split_once("[default: ").map(|(_, default)| default.trim_end_matches(']').to_string());
    let known = arg.get_default_values().first().map(|value| value.to_string_lossy().into_owned());
    in_help.or(known.filter(|_| arg.get_action().takes_values()))
}

/// Returns what a page says otherwise than the command line of its command, which is one of `tool`: a line each.
pub fn differences(page: &str, command: &Command, tool: &Command) -> Vec<String> {
    let (described, taken) = (described(section(page, "OPTIONS")), taken(command));
    let mut differences = unlike(&described, &taken);
    for (what, default) in &taken {
        let text = described.iter().find(|(other, _)| other == what).map_or("", |(_, text)| text);
        if let Some(default) = default.as_ref().filter(|default| !says(text, &format!("The default is {default}"))) {
            differences.push(format!("{what:?} has the default {default:?}, which the page does not say"));
        }
    }
    differences.extend(unlike_synopsis(section(page, "SYNOPSIS"), &taken));
    differences.extend(unknown(page, command, tool));
    differences
}

/// Returns whether these words stand in the text, and end there: the number or the word goes on no further.
pub fn says(text: &str, words: &str) -> bool {
    let ends = |rest: &str| {
        let mut rest = rest.trim_start_matches(['.', ',', ':', '-']).chars();
        !rest.next().is_some_and(char::is_alphanumeric)
    };
    text.match_indices(words).any(|(at, _)| ends(&text[at + words.len()..]))
}

/// Returns the flags and their values that a page names and no command line takes. A flag belongs to the command that
/// stands before it in its line (`Ic tool command`), or else to the page's own.
pub fn unknown(page: &str, own: &Command, tool: &Command) -> Vec<String> {
    let (mut unknown, mut is_display) = (Vec::new(), false);
    for line in page.lines().filter(|line| !line.starts_with(".\\\"")) {
        is_display = (is_display || line.starts_with(".Bd")) && line != ".Ed";
        let (mut of, mut words) = (Some(own), line.split_whitespace().peekable());
        let mut flag = None::<&Arg>;
        if !line.starts_with('.') {
            let bare = words.find(|word| !is_display && word.replace("\\-", "-").starts_with("--"));
            unknown.extend(bare.map(|word| format!("{word} is not written with Fl")));
            continue;
        }
        while let Some(word) = words.next() {
            match word.trim_start_matches('.') {
                "Ic" if words.peek() == Some(&tool.get_name()) => {
                    words.next();
                    let named = words.next_if(|word| !matches!(*word, "Fl" | "Ar" | "." | "," | ")"));
                    of = named.map_or(Some(tool), |name| tool.find_subcommand(name));
                }
                "Fl" => {
                    let name = words.next().unwrap_or_default();
                    let is_it = |arg: &&Arg| match name.strip_prefix('-') {
                        Some(long) => arg.get_long() == Some(long),
                        None => arg.get_short().is_some_and(|short| name == short.to_string()),
                    };
                    flag = of.and_then(|command| command.get_arguments().find(is_it));
                    unknown.extend(flag.is_none().then(|| format!("{line}: there is no -{name}")));
                }
                "Cm" => {
                    let (name, values) = (words.next(), flag.map(Arg::get_possible_values).unwrap_or_default());
                    let is_one = values.is_empty() || values.iter().any(|value| Some(value.get_name()) == name);
                    unknown.extend((!is_one).then(|| format!("{line}: no value {name:?}")));
                }
                _ => {}
            }
        }
    }
    unknown
}

/// Returns what only one of the two has.
pub fn unlike(described: &[(Described, String)], taken: &[(Described, Option<String>)]) -> Vec<String> {
    let only_described = described.iter().filter(|(what, _)| taken.iter().all(|(other, _)| other != what));
    let only_taken = taken.iter().filter(|(what, _)| described.iter().all(|(other, _)| other != what));
    let only_described = only_described.map(|(what, _)| format!("only the page has {what:?}"));
    only_described.chain(only_taken.map(|(what, _)| format!("the page lacks {what:?}"))).collect()
}

/// Returns which options a form of SYNOPSIS lacks or has more than once, and which it invents.
pub fn unlike_synopsis(form: &str, taken: &[(Described, Option<String>)]) -> Vec<String> {
    let named: Vec<String> = form.lines().flat_map(flags).collect();
    let times = |flags: &[String]| named.iter().filter(|flag| flags.contains(flag)).count();
    let lacks = taken.iter().filter(|(what, _)| {
        let general = what.flags.iter().any(|flag| flag == "--help" || flag == "--version");
        !general && !what.flags.is_empty() && times(&what.flags) != 1
    });
    let lacks = lacks.map(|(what, _)| format!("SYNOPSIS does not have {:?} once", what.flags));
    let invents = named.iter().filter(|flag| taken.iter().all(|(what, _)| !what.flags.contains(flag)));
    lacks.chain(invents.map(|flag| format!("SYNOPSIS has {flag}, which is no option"))).collect()
}

/// Returns the exit statuses that a page lists, in their order.
pub fn statuses(page: &str) -> Vec<String> {
    items(section(page, "EXIT STATUS")).into_iter().map(|(head, _)| plain(head)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "\
.Dt TOOL 1
.Sh SYNOPSIS
.Nm tool
.Op Fl c Ar bytes
.Op Fl -how Ar mode
.Ar file ...
.Sh DESCRIPTION
See
.Ic tool next Fl -deep ,
and
.Fl -how Cm fast ,
.Ic tool Fl -cap .
.Sh OPTIONS
.Bl -tag -width Ds
.It Ar file
Files.
.It Fl c , Fl -cap Ar bytes
A size.
The default is
.Cm 4M .
.It Fl -how Ar mode
How:
.Bl -tag -width Ds
.It Cm slow
Slowly.
.It Cm fast
Fast.
.El
.It Fl h , Fl -help
Help.
.El
.Sh EXIT STATUS
.Bl -tag -width Ds
.It 0
Success.
.It 128 + Ar signal
A signal.
.El
.Sh SEE ALSO
";

    fn tool() -> Command {
        let file = Arg::new("file").value_name("FILE").required(true).num_args(1..);
        let cap = Arg::new("cap").short('c').long("cap").value_name("BYTES").help("A size [default: 4M]");
        let how = Arg::new("how").long("how").value_name("MODE").value_parser(["slow", "fast"]);
        let next = Command::new("next").arg(Arg::new("deep").long("deep").action(clap::ArgAction::SetTrue));
        let mut tool = Command::new("tool").args([file, cap, how]).subcommand(next).disable_help_subcommand(true);
        tool.build();
        tool
    }

    #[test]
    fn a_page_that_says_what_the_command_line_says_has_no_difference() {
        assert_eq!(differences(PAGE, &tool(), &tool()), [""; 0]);
        assert_eq!(statuses(PAGE), ["0", "128 + signal"]);
    }

    #[test]
    fn each_difference_is_found() {
        for (words, others, difference) in [
            (".It Fl c , Fl -cap Ar bytes", ".It Fl -cap Ar bytes", "the page lacks"),
            (".It Fl c , Fl -cap Ar bytes", ".It Fl c , Fl -cap Ar size", "the page lacks"),
            (".It Fl c , Fl -cap Ar bytes", ".It Fl c , Fl -cap", "the page lacks"),
            (".It Ar file\n", ".It Ar path\n", "the page lacks"),
            (".It Ar file\n", ".It Fl -new\nNew.\n.It Ar file\n", "only the page has"),
            (".It Cm fast\n", "", "the page lacks"),
            (".It Cm fast\n", ".It Cm fast\n.It Cm faster\n", "the page lacks"),
            (".Cm 4M .", ".Cm 8M .", "has the default \"4M\""),
            (".Cm 4M .", ".Cm 4MB .", "has the default \"4M\""),
            (".Cm 4M .", ".Cm 4M.5 .", "has the default \"4M\""),
            (".Cm 4M .", ".Cm 4M-and-more .", "has the default \"4M\""),
            (".Fl -how Cm fast", ".Fl -bogus Cm fast", "there is no --bogus"),
            (".Fl -how Cm fast", ".Pq Fl x", "there is no -x"),
            (".Fl -how Cm fast", ".Fl -how Cm faster", "no value Some(\"faster\")"),
            (".Fl -how Cm fast", ".Fl -deep", "there is no --deep"),
            ("next Fl -deep", "next Fl -how", "there is no --how"),
            ("next Fl -deep", "nest Fl -deep", "there is no --deep"),
            ("tool Fl -cap", "tool Fl -deep", "there is no --deep"),
            ("See\n", "See \\-\\-how\n", "is not written with Fl"),
            (".Op Fl c Ar bytes\n", "", "SYNOPSIS does not have [\"-c\", \"--cap\"] once"),
            (".Op Fl c Ar bytes\n", ".Op Fl c\n.Op Fl -cap\n", "SYNOPSIS does not have [\"-c\", \"--cap\"] once"),
            (".Op Fl c Ar bytes\n", ".Op Fl c | Fl x\n", "SYNOPSIS has -x"),
        ] {
            let page = PAGE.replacen(words, others, 1);
            assert_ne!(page, PAGE, "{words:?}");
            let differences = differences(&page, &tool(), &tool());
            assert!(differences.iter().any(|found| found.contains(difference)), "{words:?}: {differences:?}");
        }
    }
}
