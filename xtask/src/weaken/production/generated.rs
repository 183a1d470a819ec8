//! What Miri cannot show, read in the generated code, for each of [`TARGETS`]. A mutant's code has to fail this.
//!
//! - The light fence of the asymmetric mode binds the compiler alone. A push and a pop store the cursor, then load the
//!   peer's `wake_at`, and the fence stands between the two.
//! - The fence that stands for the kernel's lock comes after the count of holders. It matters where a peer leaves after
//!   a side's last look and before that side asks. Miri seldom switches threads between the two.
//!
//! It is read twice. LLVM's own language says how strong each fence is. The assembly is what the processor gets: a full
//! fence is an instruction there, and the compiler's is a comment, which LLVM writes where nothing may pass.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{ensure, Context, Result};
use rayon::prelude::*;

use crate::report::NotRun;
use crate::schemata::Break;
use crate::shell::{cmd, has_target, read, target_directory, write, Replica, Shell};

const TARGETS: [&str; 2] = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"];
/// What is read, a function each. The names are those of [`CALLS`].
const CALLERS: &str = "
/// Pushes, to be read.
#[no_mangle]
pub fn read_push(writer: &mut RingWriter, message: &[u8]) -> bool {
    writer.push(message, None).is_ok()
}
/// Pops, to be read.
#[no_mangle]
pub fn read_pop(reader: &mut RingReader, buffer: &mut Vec<u8>) -> bool {
    reader.pop(buffer, None).is_ok()
}
/// Asks, to be read.
#[no_mangle]
fn read_gone(presence: &crate::atomics::Presence) -> bool {
    presence.peer_is_gone()
}
";
/// The functions of [`CALLERS`], the edge or the assumption that each one's fence is for, and what comes in which order
/// there, on every way from the first of it.
const CALLS: [(&str, &str, &[&[Event]]); 3] =
    [("read_push", "O5", PUBLISHES), ("read_pop", "O7", PUBLISHES), ("read_gone", "T3", &[&[Load], &[AcquireFence]])];
/// The fence is one of two, as the mode is.
const PUBLISHES: &[&[Event]] = &[&[Publish], &[FullFence, CompilersFence], &[Heed]];

/// What of a line matters here.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Event {
    /// The store of the own cursor (`docs/layout.md`: 128 bytes into a side's words).
    Publish,
    /// A fence of the processor, and one that binds the compiler alone.
    FullFence,
    CompilersFence,
    AcquireFence,
    /// The load of the peer's `wake_at` (256 bytes into its words).
    Heed,
    /// Another load of an atomic.
    Load,
}
use Event::{AcquireFence, CompilersFence, FullFence, Heed, Load, Publish};

/// A line of a function: its event, where it may jump, and whether the next line may come after it.
#[derive(Default)]
struct Line<'a> {
    event: Option<Event>,
    jumps: Vec<&'a str>,
    falls: bool,
}

/// Returns what is wrong with each call's code, if anything is, by its edge: in the library as it is, where `broken` is
/// none, or broken like this. Each complaint begins with its target.
pub fn complaints(replica: &Replica, broken: Option<Break>) -> Result<BTreeMap<&'static str, Vec<String>>> {
    let of_targets = || TARGETS.par_iter().with_max_len(1).map(|target| of_target(replica, target)).collect();
    let found: Vec<Vec<(&str, String)>> = match broken {
        Some(Break { file, piece, broken, .. }) => replica.with(&format!("src/{file}"), piece, broken, of_targets)?,
        None => of_targets()?,
    };
    let mut complaints = BTreeMap::from(CALLS.map(|(_, edge, _)| (edge, Vec::new())));
    for (edge, complaint) in found.into_iter().flatten() {
        complaints.entry(edge).or_default().push(complaint);
    }
    Ok(complaints)
}

/// Makes a replica of this repository whose library has the calls.
pub fn replica() -> Result<Replica> {
    let replica = Replica::new("generated")?;
    let root = replica.root.join("src/lib.rs");
    write(&root, &(read(&root)? + CALLERS))?;
    Ok(replica)
}

/// Ends the check as one that was not run, unless this compiler has the targets.
pub fn needs_targets(sh: &Shell) -> Result<()> {
    let missing = TARGETS.iter().find(|target| !has_target(sh, &[], target));
    ensure!(missing.is_none(), NotRun(format!("needs rustup's target {} (see .ci/install)", missing.unwrap_or(&""))));
    Ok(())
}

/// The complaints in one line, if the code of every target has one.
pub fn seen_everywhere(complaints: &[String]) -> Result<String> {
    let is_seen = |target: &&str| complaints.iter().any(|complaint| complaint.starts_with(*target));
    let unseen = TARGETS.iter().find(|target| !is_seen(target));
    ensure!(unseen.is_none(), "the code for {} shows nothing", unseen.unwrap_or(&""));
    Ok(complaints.join("; "))
}

/// Compiles the library for `target`, and reads the calls.
fn of_target(replica: &Replica, target: &'static str) -> Result<Vec<(&'static str, String)>> {
    let (sh, manifest) = (Shell::new()?, replica.root.join("Cargo.toml"));
    // A directory for each: cargo lets nobody else build in one meanwhile.
    let directory = target_directory().join("generated").join(target);
    let built = directory.join(target).join("release/deps");
    let is_of_the_library = |name: &str| name.starts_with("ipc_ring-");
    sh.create_dir(&built)?;
    for old in sh.read_dir(&built)?.into_iter().filter(|path| is_of_the_library(&name(path))) {
        fs::remove_file(old)?;
    }
    let words = ["rustc", "--quiet", "--release", "--package", "ipc_ring", "--lib", "--target", target];
    let line = cmd!(sh, "cargo {words...} --manifest-path {manifest} --target-dir {directory}");
    let line = line.args(["--", "--emit", "asm,llvm-ir", "-Ccodegen-units=1", "-Cdebuginfo=0"]);
    eprintln!("$ {line}");
    line.quiet().run()?;
    let text = |ending: &str| {
        let files = sh.read_dir(&built)?;
        let file = files.iter().find(|path| is_of_the_library(&name(path)) && name(path).ends_with(ending));
        read(file.with_context(|| format!("no {ending} came of {target}"))?)
    };
    let (assembly, ir) = (text(".s")?, text(".ll")?);
    let of_call = |(call, edge, order): (&str, &'static str, &[&[Event]])| {
        let (ir, assembly) = (in_ir(&ir, call), in_assembly(&assembly, call));
        // In assembly a load of an atomic is one like any other.
        let in_assembly = if order[0] == [Load] { None } else { complaint(&assembly, order) };
        let found = [("LLVM", complaint(&ir, order)), ("assembly", in_assembly)];
        Vec::from_iter(
            found.into_iter().filter_map(|(form, found)| Some((edge, format!("{target}, {form}: {}", found?)))),
        )
    };
    Ok(CALLS.into_iter().flat_map(of_call).collect())
}

fn name(path: &std::path::Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The lines of a function, with their labels.
type Code<'a> = (Vec<Line<'a>>, BTreeMap<&'a str, usize>);

/// What is wrong with the code of a call: on all ways from each place of the first of `order`, just these have to come
/// next, then just those that follow.
fn complaint(code: &Code, order: &[&[Event]]) -> Option<String> {
    let begins = |at: &usize| code.0[*at].event.is_some_and(|event| order[0].contains(&event));
    let mut places = BTreeSet::from_iter((0..code.0.len()).filter(begins));
    if places.is_empty() {
        return Some(format!("there is no {:?}", order[0]));
    }
    for (before, expected) in order.iter().zip(&order[1..]) {
        let found = BTreeSet::from_iter(places.iter().flat_map(|at| next(code, *at)));
        let events = BTreeSet::from_iter(found.iter().map(|(event, _)| *event));
        if events != expected.iter().copied().map(Some).collect() {
            return Some(format!("after {before:?} comes {:?}", Vec::from_iter(events)));
        }
        places = found.into_iter().map(|(_, at)| at).collect();
    }
    None
}

/// The events that may come next after the line `from`, and where; none where the function ends before.
fn next((lines, labels): &Code, from: usize) -> BTreeSet<(Option<Event>, usize)> {
    let after = |at: usize| {
        let Line { jumps, falls, .. } = &lines[at];
        let jumps = jumps.iter().map(|label| labels.get(label).copied().unwrap_or(lines.len()));
        Vec::from_iter(jumps.chain(falls.then_some(at + 1)))
    };
    let (mut found, mut met, mut left) = (BTreeSet::new(), BTreeSet::new(), vec![from]);
    while let Some(at) = left.pop() {
        let onward = after(at);
        if onward.is_empty() {
            found.insert((None, at));
        }
        for at in onward.into_iter().filter(|at| met.insert(*at)) {
            match lines.get(at).map(|line| line.event) {
                Some(None) => left.push(at),
                Some(event) => drop(found.insert((event, at))),
                None => drop(found.insert((None, at))),
            }
        }
    }
    found
}

/// Reads a function in assembly, of either processor.
fn in_assembly<'a>(text: &'a str, function: &str) -> Code<'a> {
    let (mut lines, mut labels) = (Vec::new(), BTreeMap::new());
    let body = text.lines().skip_while(|line| line.strip_suffix(':') != Some(function)).skip(1);
    for line in body.take_while(|line| !line.starts_with(".Lfunc_end")).map(str::trim) {
        if let Some(label) = line.strip_suffix(':') {
            labels.insert(label, lines.len());
            continue;
        }
        let (mnemonic, operands) = line.split_once('\t').unwrap_or((line, ""));
        let target = operands.rsplit(", ").next().unwrap_or_default();
        let jumps = mnemonic.starts_with('j') || ["b", "cbz", "cbnz", "tbz", "tbnz"].contains(&mnemonic);
        let jumps = jumps || mnemonic.starts_with("b.");
        let loads = |place: &str| operands.starts_with(place);
        let event = match mnemonic {
            "movq" if target.starts_with("128(") && !target.ends_with("(%rsp)") => Some(Publish),
            "stlr" => Some(Publish),
            "lock" | "mfence" => Some(FullFence),
            "dmb" if operands == "ish" => Some(FullFence),
            "#MEMBARRIER" | "//MEMBARRIER" => Some(CompilersFence),
            "movq" if loads("256(") => Some(Heed),
            "ldr" if target == "#256]" => Some(Heed),
            _ => None,
        };
        let ends = ["jmp", "b", "ud2", "brk"].contains(&mnemonic) || mnemonic.starts_with("ret");
        lines.push(Line { event, jumps: Vec::from_iter(jumps.then_some(target)), falls: !ends });
    }
    (lines, labels)
}

/// Reads a function in LLVM's language.
fn in_ir<'a>(text: &'a str, function: &str) -> Code<'a> {
    let (mut lines, mut labels, mut places) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
    let begins = |line: &str| line.starts_with("define ") && line.contains(&format!("@{function}("));
    let body = text.lines().skip_while(|line| !begins(line)).skip(1);
    for line in body.take_while(|line| *line != "}") {
        let code = line.split(';').next().unwrap_or_default().trim_end();
        if let Some(label) = code.strip_suffix(':') {
            labels.insert(label.trim_matches('"'), lines.len());
            continue;
        }
        let code = code.trim();
        if code == "]" {
            // What a switch chooses from stands on lines of its own. This was the last.
            lines.last_mut().iter_mut().for_each(|line: &mut &mut Line| line.falls = false);
            continue;
        }
        if let Some((place, rest)) = code.split_once(" = ") {
            if rest.starts_with("getelementptr ") && rest.ends_with(", i64 256") {
                places.insert(place);
            }
        }
        let pointer =
            |code: &str| code.rsplit_once("ptr ").and_then(|(_, rest)| rest.split([' ', ',']).next().map(String::from));
        let event = match code {
            _ if code.starts_with("store atomic ") && code.contains(" release,") => Some(Publish),
            _ if code.starts_with("fence seq_cst") => Some(FullFence),
            _ if code.starts_with("fence syncscope(\"singlethread\") seq_cst") => Some(CompilersFence),
            _ if code.starts_with("fence acquire") => Some(AcquireFence),
            _ if code.contains(" = load atomic ") => match pointer(code) {
                Some(place) if places.contains(&*place) => Some(Heed),
                _ => Some(Load),
            },
            _ => None,
        };
        let jumps = code.split("label %").skip(1).filter_map(|rest| rest.split([',', ' ', ']']).next());
        let jumps = Vec::from_iter(jumps.map(|label| label.trim_matches('"')));
        let ends = ["br ", "ret ", "unreachable", "resume ", "to label "].iter().any(|word| code.starts_with(word));
        lines.push(Line { event, jumps, falls: !ends });
    }
    (lines, labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    const X86: &str = "other:
\tmovq\t%rax, 128(%rcx)
.Lfunc_end0:
read_push:
\tmovq\t256(%rax), %rax
\tmovq\t%rax, 128(%rsp)
\tmovq\t%r15, 128(%rcx)
\tjne\t.LBB0_2
\tlock\t\torl\t$0, -64(%rsp)
\tjmp\t.LBB0_3
.LBB0_2:
\t#MEMBARRIER
.LBB0_3:
\tmovq\t256(%rcx), %rax
\tretq
.Lfunc_end1:
";
    const ARM: &str = "read_push:
\tldr\tx8, [x8, #256]
\tstlr\tx9, [x10]
\ttbz\tw10, #0, .LBB0_6
\tdmb\tish
\tb\t.LBB0_7
.LBB0_6:
\t//MEMBARRIER
.LBB0_7:
\tldr\tx10, [x10, #256]
\tret
.Lfunc_end0:
";
    const IR: &str = "define i1 @read_push(ptr %writer) {
start:
  %p = getelementptr inbounds nuw i8, ptr %a, i64 256
  %1 = load atomic i64, ptr %p monotonic, align 8
  store atomic i64 %2, ptr %q release, align 8
  br i1 %5, label %bb6, label %bb7, !prof !1

bb6:                                              ; preds = %start
  fence seq_cst, !noalias !1
  br label %bb4

bb7:
  fence syncscope(\"singlethread\") seq_cst
  switch i8 %2, label %bb4 [
    i8 0, label %bb4
  ]

bb4:
  %p2 = getelementptr inbounds nuw i8, ptr %b, i64 256
  %3 = load atomic i64, ptr %p2 monotonic, align 8
  ret i1 true
}
";

    fn found(form: &str, text: &str) -> Option<String> {
        match form {
            "LLVM" => complaint(&in_ir(text, "read_push"), PUBLISHES),
            _ => complaint(&in_assembly(text, "read_push"), PUBLISHES),
        }
    }

    #[test]
    fn a_call_that_publishes_then_fences_in_both_modes_and_then_heeds_is_right() {
        assert_eq!([found("", X86), found("", ARM), found("LLVM", IR)], [None, None, None]);
    }

    #[test]
    fn what_is_broken_has_to_be_seen_in_the_code_of_every_target() {
        let all = TARGETS.map(|target| format!("{target}, LLVM: x"));
        assert!(seen_everywhere(&all).is_ok() && seen_everywhere(&all[1..]).is_err() && seen_everywhere(&[]).is_err());
    }

    #[test]
    fn a_fence_that_is_missing_or_weaker_or_a_load_before_the_store_is_found() {
        for (form, text, piece, broken) in [
            ("", X86, "\t#MEMBARRIER\n", ""),
            ("", X86, "\tlock\t\torl\t$0, -64(%rsp)\n", ""),
            ("", X86, "\tmovq\t256(%rcx), %rax\n", ""),
            ("", X86, "\tmovq\t%r15, 128(%rcx)\n", ""),
            ("", X86, "\t#MEMBARRIER\n", "\tmovq\t256(%rcx), %rax\n\t#MEMBARRIER\n"),
            ("", ARM, "\t//MEMBARRIER\n", ""),
            ("", ARM, "\tdmb\tish\n", "\tdmb\tishld\n"),
            ("", ARM, "\tldr\tx10, [x10, #256]\n", ""),
            ("LLVM", IR, "  fence syncscope(\"singlethread\") seq_cst\n", ""),
            (
                "LLVM",
                IR,
                "  fence syncscope(\"singlethread\") seq_cst\n",
                "  fence syncscope(\"singlethread\") acq_rel\n",
            ),
            ("LLVM", IR, "  fence seq_cst, !noalias !1\n", ""),
            ("LLVM", IR, "release", "monotonic"),
            ("LLVM", IR, "  %3 = load atomic i64, ptr %p2 monotonic, align 8\n", ""),
            ("LLVM", IR, "@read_push", "@read_others"),
        ] {
            let text = text.replacen(piece, broken, 1);
            assert!(found(form, &text).is_some(), "{piece}: {text}");
        }
    }
}
