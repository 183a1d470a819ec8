//! A page for auditors: each guarantee, the kinds of evidence for it, the checks that give it, the mutants that break
//! it and have to be noticed, and when all this ran last. What was not run is red.
//!
//! It is made of what the other documents are made of: the statements of SAFETY.md, the tags beside the tests, the
//! mutants, the goals of the solvers; and of what the last runs left in `target`. One file, which loads nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use anyhow::Result;
use ipc_ring_mutants::{MUTANTS, UNBROKEN};
use ipc_ring_smt::goals::goals;
use ipc_ring_smt::invariant::{words, BROKEN, PROMISED};
use ipc_ring_tags::{Id, Statement, Test};
use serde_json::Value;

use crate::checks::{CHECKS, LONG};
use crate::shell::{read, target_directory, write, Shell};
use crate::traced::{stated, tagged};
use crate::weaken::MATRIX;

/// Where the page is.
const PAGE: &str = "report/index.html";

/// Writes the page, and tells where it is.
pub fn run(sh: &Shell) -> Result<()> {
    let path = target_directory().join(PAGE);
    write(&path, &page(sh)?)?;
    println!("{}", path.display());
    Ok(())
}

/// The page.
pub fn page(sh: &Shell) -> Result<String> {
    let (statements, tests) = (stated()?, tagged()?);
    let revision = crate::report::revision(sh);
    let last = Runs { last: last_runs(), revision: &revision };
    let mut page = HEAD.replace("REVISION", &text(&revision));
    for (letter, title) in [('I', "Invariants"), ('O', "Ordering edges"), ('T', "Trust")] {
        write!(
            page,
            "<h2 id={letter}>{title}</h2><table><tr><th>guarantee<th>evidence<th>checks<th>mutants that break it</tr>"
        )?;
        for (id, statement) in statements.iter().filter(|(id, _)| id.letter == letter) {
            page += &row(*id, statement, &tests, &last);
        }
        page += "</table>";
    }
    write!(page, "<h2 id=checks>Checks</h2>{}", checks(&last))?;
    let matrix = read(target_directory().join(MATRIX)).ok().and_then(|text| serde_json::from_str(&text).ok());
    page += &matrix_of(matrix.as_ref(), &tests, &last);
    Ok(page + "</main></html>\n")
}

/// What came of each check when it last ran.
fn last_runs() -> BTreeMap<String, Value> {
    let known = CHECKS.iter().chain(LONG).filter_map(|check| {
        let text = read(crate::report::last_run_of(check.0)).ok()?;
        Some((check.0.to_string(), serde_json::from_str(&text).ok()?))
    });
    known.collect()
}

/// What came of each check when it last ran, and the revision that the page is of.
struct Runs<'a> {
    last: BTreeMap<String, Value>,
    revision: &'a str,
}

/// When a check ran, and what came of it, in a cell. A pass of another revision is no pass of this one.
fn ran(check: &str, runs: &Runs) -> String {
    let Some(run) = runs.last.get(check) else { return format!("<span class=no>{check}: NOT RUN</span>") };
    let [result, when, revision] = ["result", "when", "revision"].map(|what| run[what].as_str().unwrap_or_default());
    let is_old = is_old(revision, runs);
    let class = match result {
        "passed" if is_old => "old",
        "passed" => "yes",
        _ => "no",
    };
    let of = if is_old { format!(", of {revision}") } else { String::new() };
    format!("<span class={class}>{check}: {result}</span> <small>{}</small>", text(&(when.to_string() + &of)))
}

/// Whether what was run at this revision says nothing of the page's. Two trees with changes have one name.
fn is_old(revision: &str, runs: &Runs) -> bool {
    revision != runs.revision || revision.ends_with("-dirty")
}

fn checks(runs: &Runs) -> String {
    let row = |name: &str, shows: &str| {
        let run = runs.last.get(name);
        let told = run.and_then(|run| run["told"].as_str()).unwrap_or_default();
        let seconds = run.and_then(|run| run["seconds"].as_f64()).map_or(String::new(), |s| format!("{s:.0} s"));
        let short: String = told.chars().take(200).collect();
        format!("<tr><td>{}<td>{}<td>{}<td class=n>{seconds}</tr>", ran(name, runs), text(shows), text(&short))
    };
    let rows: String = CHECKS.iter().chain(LONG).map(|check| row(check.0, check.1)).collect();
    format!("<table><tr><th>check<th>what it shows<th>how much<th>seconds</tr>{rows}</table>")
}

/// The kind of evidence that a test gives, and the check that runs it.
fn evidence(test: &Test) -> (&'static str, &'static str) {
    let begins = |folder: &str| test.path.starts_with(folder);
    let check = match () {
        () if begins("verify/loom/") => "loom",
        () if begins("verify/shuttle/") => "shuttle",
        () if begins("verify/miri/") => "miri",
        () if begins("src/arithmetic/") => "arithmetic",
        () if begins("tests/faults/") => "faults",
        () if begins("tests/oracle") || begins("tests/programs") => "oracle",
        () => "test",
    };
    (test.evidence(), check)
}

/// A guarantee: what it says, and all that is known of it.
fn row(id: Id, statement: &Statement, tests: &[Test], runs: &Runs) -> String {
    let name = id.to_string();
    let mut kinds: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut checks: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for test in tests.iter().filter(|test| test.tags.contains(&id)) {
        let (kind, check) = evidence(test);
        kinds.entry(kind).or_default().insert(check);
        checks.entry(check).or_default().insert(&test.name);
    }
    let all_goals = goals();
    let sizes = all_goals.iter().filter(|goal| goal.of == name).map(|goal| goal.name);
    let ever = PROMISED.iter().filter(|(of, _)| *of == name).map(|(_, what)| *what);
    let needed =
        BROKEN.iter().map(|(part, ..)| words(*part)).filter(|part| ipc_ring_tags::ids(part).any(|of| of == id));
    let proved: BTreeSet<&str> = sizes.chain(ever).chain(needed).collect();
    if !proved.is_empty() {
        kinds.entry("proved").or_default().insert("smt");
        checks.entry("smt").or_default().extend(proved);
    }
    let chips: String = kinds.keys().map(|kind| format!("<span class='chip {kind}'>{kind}</span> ")).collect();
    let listed = |names: &BTreeSet<&str>| {
        names.iter().map(|name| format!("<li>{}", text(&name.replace('_', " ")))).collect::<String>()
    };
    let lists: String = checks
        .iter()
        .map(|(check, names)| {
            let count = names.len();
            format!("<details><summary>{} ({count})</summary><ul>{}</ul></details>", ran(check, runs), listed(names))
        })
        .collect();
    let killed: BTreeSet<&str> =
        MUTANTS.iter().filter(|mutant| mutant.breaks == name).map(|mutant| mutant.name).collect();
    let why = UNBROKEN.iter().find(|(unbroken, _)| *unbroken == name).map(|(_, why)| format!("no mutant: {why}"));
    let kills = match (killed.len(), why) {
        (0, why) => text(&why.unwrap_or_default()),
        (count, _) => {
            let weaken = ran("weaken", runs);
            format!("<details><summary>{weaken} ({count})</summary><ul>{}</ul></details>", listed(&killed))
        }
    };
    let (lists, chips) = match checks.is_empty() {
        true => ("<span class=trust>taken on trust</span>".into(), String::new()),
        false => (lists, chips),
    };
    let says = text(&statement.words);
    format!("<tr id={name}><td><b>{name}</b> {says}<td>{chips}<td>{lists}<td>{kills}</tr>")
}

/// The edges and the models that notice where they are weakened, as a picture.
fn matrix_of(matrix: Option<&Value>, tests: &[Test], runs: &Runs) -> String {
    let mut page = "<h2 id=matrix>What notices a weakened edge</h2>".to_string();
    let is_one = |test: &&Test| test.is_model_of("loom") && test.tags.iter().any(|id| id.letter == 'O');
    let models: BTreeSet<&str> = tests.iter().filter(is_one).map(|test| &*test.name).collect();
    let revision = matrix.and_then(|matrix| matrix["revision"].as_str()).unwrap_or_default();
    let rows: Vec<(String, BTreeSet<&str>)> = match matrix.and_then(|matrix| matrix["rows"].as_array()) {
        Some(rows) => rows
            .iter()
            .map(|row| {
                let names = row["killers"].as_array().into_iter().flatten().filter_map(Value::as_str);
                let [edge, into] = ["edge", "into"].map(|what| row[what].as_str().unwrap_or_default());
                (format!("{edge} {into}"), names.collect())
            })
            .collect(),
        None => {
            page += "<p class=no>weaken: NOT RUN: which of them notice is not known here.</p>";
            let edges: BTreeSet<Id> =
                tests.iter().flat_map(|test| test.tags.iter().copied()).filter(|id| id.letter == 'O').collect();
            edges.into_iter().map(|id| (id.to_string(), BTreeSet::new())).collect()
        }
    };
    let columns: Vec<&str> = models.into_iter().collect();
    let (left, step, head) = (110, 22, 330);
    let (width, height) = (left + step * columns.len() + 220, head + step * rows.len() + 10);
    let mut svg = format!(
        "<svg width={width} viewBox='0 0 {width} {height}' role=img><title>Each weakened edge by each model</title>"
    );
    for (column, model) in columns.iter().enumerate() {
        let x = left + step * column + 11;
        let name = text(&model.replace('_', " "));
        svg += &format!("<text x={x} y={} transform='rotate(-60 {x} {0})'>{}</text>", head - 8, shortened(&name));
    }
    for (number, (name, killers)) in rows.iter().enumerate() {
        let y = head + step * number + 11;
        svg += &format!("<text x={} y={} text-anchor=end>{}</text>", left - 8, y + 4, text(name));
        svg += &format!("<line x1={left} x2={} y1={y} y2={y} />", left + step * columns.len());
        let edge = name.split(' ').next().unwrap_or_default();
        for (column, model) in columns.iter().enumerate() {
            let x = left + step * column + 11;
            let is_tagged = |test: &Test| {
                test.name == *model && test.is_model_of("loom") && test.tags.iter().any(|id| id.to_string() == edge)
            };
            if killers.contains(model) {
                svg += &format!("<circle class=kill cx={x} cy={y} r=7 />");
            } else if tests.iter().any(is_tagged) {
                svg += &format!("<circle class=met cx={x} cy={y} r=5 />");
            }
        }
    }
    if matrix.is_some() && is_old(revision, runs) {
        page += &format!("<p class=old>As it was at revision {}.</p>", text(revision));
    }
    let legend = match matrix {
        Some(_) => "A disc: the model fails. A ring: it is tagged with the edge, and holds.",
        None => "A ring: the model is tagged with the edge.",
    };
    page + &format!("<p>A row is an edge and what was made of it; a column is a model of loom. {legend}</p>")
        + &svg
        + "</svg>"
}

/// A name, as far as there is room.
fn shortened(name: &str) -> String {
    match name.char_indices().nth(58) {
        Some((at, _)) => format!("{}…", &name[..at]),
        None => name.into(),
    }
}

/// Text, as HTML has it.
fn text(plain: &str) -> String {
    plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

const HEAD: &str = "<!DOCTYPE html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>\
<title>ipc_ring: what is guaranteed, and how it was checked</title><style>\
:root{color-scheme:light dark;--line:#8884;--no:#c00;--old:#8a5a00;--yes:#087d3c;--soft:#8882}\
@media(prefers-color-scheme:dark){:root{--no:#ff6b5e;--old:#e0b050;--yes:#5fd38d}}\
body{font:15px/1.45 system-ui,sans-serif;margin:0}main{max-width:80rem;margin:auto;padding:1rem 1.5rem 4rem}\
table{border-collapse:collapse;width:100%}th{text-align:left;font-weight:600}\
th,td{padding:.35rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}\
td:first-child{width:30%}.n{text-align:right;white-space:nowrap}small{opacity:.7}\
.old{color:var(--old)}.no{color:var(--no);font-weight:700}.yes{color:var(--yes)}.trust{opacity:.75;font-style:italic}\
.chip{border-radius:1em;padding:.05rem .6rem;background:var(--soft);white-space:nowrap}\
.proved{background:#7a4fd055}.explored{background:#2a7de155}.sampled{background:#d9a32055}.tested{background:#38a16955}\
ul{margin:.2rem 0 .4rem;padding-left:1.2rem}summary{cursor:pointer}\
svg{max-width:100%;height:auto}svg text{font-size:11px;fill:currentColor}svg line{stroke:var(--line)}\
.kill{fill:#d23b2f}.met{fill:none;stroke:currentColor;stroke-width:1.5}\
</style><main><h1>ipc_ring</h1><p>What is guaranteed, by which evidence, which checks give it, which mutants \
break it and have to be noticed, and when all this ran last. Revision <code>REVISION</code>. \
<span class='chip proved'>proved</span> for all sizes or for ever, by two solvers; \
<span class='chip explored'>explored</span> in every case within bounds; \
<span class='chip sampled'>sampled</span> by chance; <span class='chip tested'>tested</span> with real files and \
processes. <span class=no>Red</span> was not run here, or failed. <span class=old>Brown</span> passed at another \
revision.</p>\
<p><a href=#I>Invariants</a> · <a href=#O>Ordering edges</a> · <a href=#T>Trust</a> · <a href=#checks>Checks</a> · \
<a href=#matrix>What notices a weakened edge</a></p>";

#[test]
fn a_check_that_was_not_run_is_red_and_one_that_failed_or_was_of_another_revision_is_no_pass() {
    let smt = |result: &str, revision: &str| {
        let run = serde_json::json!({ "result": result, "when": "", "revision": revision });
        ran("smt", &Runs { last: BTreeMap::from([("smt".to_string(), run)]), revision: "this" })
    };
    assert!(ran("smt", &Runs { last: BTreeMap::new(), revision: "" }).starts_with("<span class=no>smt: NOT RUN"));
    assert!(smt("FAILED", "this").starts_with("<span class=no>smt: FAILED"));
    assert!(smt("NOT RUN", "this").starts_with("<span class=no>"));
    assert!(smt("passed", "this").starts_with("<span class=yes>smt: passed"));
    assert!(smt("passed", "that").starts_with("<span class=old>smt: passed"));
    let dirty = serde_json::json!({ "result": "passed", "when": "", "revision": "this-dirty" });
    let runs = Runs { last: BTreeMap::from([("smt".to_string(), dirty)]), revision: "this-dirty" };
    assert!(ran("smt", &runs).starts_with("<span class=old>"));
    assert_eq!(text("a<b & c"), "a&lt;b &amp; c");
}
