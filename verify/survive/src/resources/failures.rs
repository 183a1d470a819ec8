//! Every system call of every operation fails, in turn and in many ways.

use std::collections::BTreeSet;
use std::path::Path;

use super::operation::{Operation, Outcome};
use super::trace::{self, Plan, Watched};
use super::trial::{Finding, Subject, Trial};
use crate::report::{Report, Row};

const ERRORS: [(&str, i32); 9] = [
    ("ENOSPC", libc::ENOSPC),
    ("ENOMEM", libc::ENOMEM),
    ("EMFILE", libc::EMFILE),
    ("EIO", libc::EIO),
    ("EINTR", libc::EINTR),
    ("EPERM", libc::EPERM),
    ("ENOLCK", libc::ENOLCK),
    ("ENOSYS", libc::ENOSYS),
    ("EOPNOTSUPP", libc::EOPNOTSUPP),
];
/// More calls than any operation makes: who makes as many would never end.
const MOST_CALLS: u64 = 500;

/// The ways in which the operations are done.
#[derive(Clone, Copy)]
struct Way {
    operation: Operation,
    huge: bool,
    without_nameless: bool,
}

impl Way {
    fn all() -> Vec<Self> {
        let plain = |operation| Way { operation, huge: false, without_nameless: false };
        let mut all = Operation::ALL.map(plain).to_vec();
        all.push(Way { huge: true, ..plain(Operation::Create) });
        all.push(Way { without_nameless: true, ..plain(Operation::Create) });
        all.push(Way { huge: true, ..plain(Operation::Open) });
        all
    }

    fn name(self) -> String {
        let huge = if self.huge { " with huge pages" } else { "" };
        let named = if self.without_nameless { " by a temporary name" } else { "" };
        format!("{}{huge}{named}", self.operation.name())
    }
}

/// What a sweep over the calls of one way found.
#[derive(Default)]
struct Sweep {
    cases: u64,
    calls: u64,
    violations: Vec<String>,
    /// The calls without which the operation is done nevertheless.
    dispensable: BTreeSet<String>,
}

pub fn run(directory: &Path, report: &mut Report) -> Result<(), String> {
    for way in Way::all() {
        let mut sweep = Sweep::default();
        for (error, errno) in ERRORS {
            sweep.over(way, directory, error, errno, false)?;
        }
        // Whoever repeats a call that was interrupted goes on for ever where it always is.
        for (error, errno) in ERRORS.into_iter().filter(|&(_, errno)| errno != libc::EINTR).step_by(3) {
            sweep.over(way, directory, error, errno, true)?;
        }
        let dispensable = Vec::from_iter(sweep.dispensable).join(", ");
        report.add(Row {
            what: format!("system calls of {} that fail", way.name()),
            cases: sweep.cases,
            unit: "failures",
            bound: format!(
                "each of {} calls alone with {} errors, and with all that follow; done without {dispensable}",
                sweep.calls,
                ERRORS.len()
            ),
            violations: sweep.violations,
        });
    }
    Ok(())
}

impl Sweep {
    /// Lets each call in turn fail with `errno`, alone or with all after it.
    fn over(&mut self, way: Way, directory: &Path, error: &str, errno: i32, all_after: bool) -> Result<(), String> {
        let mut trial = Trial::new(way.operation, directory);
        trial.options.huge_pages(way.huge);
        for first in 1..MOST_CALLS {
            let plan = Plan { first, all_after, errno, without_nameless: way.without_nameless };
            let (ended, failed) = trace::run(plan, || trial.run(&Watched))?;
            let finding = Finding::of(ended);
            let Some(number) = failed else {
                self.calls = self.calls.max(first - 1);
                let sound = finding.as_ref().is_ok_and(|it| it.outcome == Outcome::Done && it.complaints.is_empty());
                let found = finding.map(|finding| finding.describe()).unwrap_or_else(|why| why);
                return match sound && first > 1 {
                    true => Ok(()),
                    false => Err(format!("{} that nothing hinders: {found}; nothing can be said of more", way.name())),
                };
            };
            self.cases += 1;
            let call = trace::name_of(number);
            let on = if all_after { " and on" } else { "" };
            let case = format!("{}, call {first} ({call}){on}: {error}", way.name());
            match finding {
                Ok(finding) => self.judge(way, &case, &call, finding, &plan),
                Err(why) => self.violations.push(format!("{case}: {why}")),
            }
        }
        Err(format!("{}: more than {MOST_CALLS} system calls; raise MOST_CALLS if that is meant", way.name()))
    }

    fn judge(&mut self, way: Way, case: &str, call: &str, finding: Finding, plan: &Plan) {
        let &Plan { errno, all_after, .. } = plan;
        let is_optional = call == "madvise" || (call == "membarrier" && way.operation == Operation::Create);
        if finding.outcome == Outcome::Done && !all_after && errno != libc::EINTR {
            self.dispensable.insert(call.to_string());
        } else if finding.outcome != Outcome::Done && !all_after && is_optional {
            self.violations.push(format!("{case}: {:?}, though it can do without", finding.outcome));
        }
        let complaint = finding.outcome.complaint(&[errno]);
        self.violations.extend(complaint.map(|complaint| format!("{case}: {complaint}")));
        for complaint in finding.complaints {
            // Who cannot unmap or remove something cannot but leave it.
            let is_forced = match complaint.subject {
                Subject::Mappings => call == "munmap",
                Subject::Directory => all_after,
                _ => false,
            };
            if !is_forced {
                self.violations.push(format!("{case}: {}", complaint.says));
            }
        }
    }
}
