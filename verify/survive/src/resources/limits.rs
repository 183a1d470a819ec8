//! What a process may have, lowered until it is too little.

use std::fs;
use std::path::Path;

use super::operation::{Operation, Outcome, CAPACITY};
use super::trial::{Constraint, Finding, Trial};
use crate::linux::forked;
use crate::report::{Report, Row};

/// The resource is limited while the operation runs, to `above` more than `first` says then.
struct Limit {
    resource: libc::__rlimit_resource_t,
    first: fn() -> libc::rlim_t,
    above: libc::rlim_t,
}

impl Limit {
    fn set(&self, value: libc::rlim_t) {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: the kernel fills in the limit.
        unsafe { libc::getrlimit(self.resource, &mut limit) };
        limit.rlim_cur = value.min(limit.rlim_max);
        // SAFETY: the kernel reads the limit.
        let answer = unsafe { libc::setrlimit(self.resource, &limit) };
        assert_eq!(answer, 0, "a soft limit can be set up to the hard one");
    }
}

impl Constraint for Limit {
    fn impose(&self) {
        self.set((self.first)() + self.above);
    }

    fn lift(&self) {
        self.set(libc::RLIM_INFINITY);
    }
}

/// A resource, and how its limit is swept.
struct Kind {
    name: &'static str,
    resource: libc::__rlimit_resource_t,
    errno: i32,
    /// The least limit, from what the child has by then; and the step from one to the next.
    first: fn() -> libc::rlim_t,
    step: libc::rlim_t,
    /// How many limits are tried, if not more are needed until the operation is done.
    steps: u64,
    /// What the child does before: a disposition of a signal.
    prepare: fn(),
}

/// More steps than any operation needs.
const MOST_STEPS: u64 = 200;

pub fn run(directory: &Path, report: &mut Report) -> Result<(), String> {
    let kinds = [
        Kind {
            name: "descriptors (RLIMIT_NOFILE)",
            resource: libc::RLIMIT_NOFILE,
            errno: libc::EMFILE,
            first: || 0,
            step: 1,
            steps: 16,
            prepare: || {},
        },
        Kind {
            name: "addresses (RLIMIT_AS)",
            resource: libc::RLIMIT_AS,
            errno: libc::ENOMEM,
            first: addresses_in_use,
            step: 4096,
            steps: 16,
            prepare: || {},
        },
        Kind {
            name: "a file's length (RLIMIT_FSIZE), SIGXFSZ ignored",
            resource: libc::RLIMIT_FSIZE,
            errno: libc::EFBIG,
            first: || 0,
            step: 2048,
            // As long as the ring, and half a page more.
            steps: 2 + (2 * 4096 + CAPACITY as u64) / 2048,
            // SAFETY: a system call without pointers.
            prepare: || _ = unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) },
        },
        Kind {
            name: "a file's length (RLIMIT_FSIZE), SIGXFSZ as it is by default",
            resource: libc::RLIMIT_FSIZE,
            errno: libc::EFBIG,
            first: || 0,
            step: 2048,
            // As long as the ring, and half a page more.
            steps: 2 + (2 * 4096 + CAPACITY as u64) / 2048,
            // SAFETY: as above.
            prepare: || _ = unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_DFL) },
        },
    ];
    for kind in &kinds {
        sweep(kind, directory, report)?;
    }
    Ok(())
}

/// Raises the limit from too little until every operation is done.
fn sweep(kind: &Kind, directory: &Path, report: &mut Report) -> Result<(), String> {
    let (mut cases, mut refused, mut violations) = (0, 0, Vec::new());
    for operation in Operation::ALL {
        let mut done_at = None;
        for step in 0..MOST_STEPS {
            if done_at.is_some() && step >= kind.steps {
                break;
            }
            let trial = Trial::new(operation, directory);
            let ended = forked::run(|| {
                (kind.prepare)();
                trial.run(&Limit { resource: kind.resource, first: kind.first, above: step * kind.step })
            })?;
            cases += 1;
            let case = format!("{} at step {step}", operation.name());
            match Finding::of(ended) {
                Ok(finding) => {
                    match finding.outcome {
                        Outcome::Done => drop(done_at.get_or_insert(step)),
                        _ => refused += 1,
                    }
                    let complaints = finding.outcome.complaint(&[kind.errno]).into_iter();
                    let complaints = complaints.chain(finding.complaints.into_iter().map(|it| it.says));
                    violations.extend(complaints.map(|complaint| format!("{case}: {complaint}")));
                }
                Err(why) => violations.push(format!("{case}: {why}")),
            }
        }
        if done_at.is_none() {
            violations.push(format!("{} is never done, whatever the limit", operation.name()));
        }
    }
    if refused == 0 {
        violations.push("nothing was ever refused: the limit does not limit".into());
    }
    report.add(Row {
        what: format!("want of {}", kind.name),
        cases,
        unit: "limits",
        bound: format!("in steps of {} until all is done; {refused} refused", kind.step),
        violations,
    });
    Ok(())
}

fn addresses_in_use() -> libc::rlim_t {
    let pages = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = pages.split(' ').next().and_then(|pages| pages.parse::<libc::rlim_t>().ok()).unwrap_or(0);
    pages * 4096
}
