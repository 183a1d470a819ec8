//! Watches a ring go through its course: each state is one of the course's, none comes again, and the work ends in the
//! last.

use super::ledger::{Contents, Course, Ledger};
use super::work::in_short;

pub struct Watch {
    course: Course,
    /// Where the ring is on its course.
    part: usize,
    state: usize,
    violations: Vec<String>,
}

impl Watch {
    /// Begins to watch, in the first state of the course.
    pub fn new(course: Course) -> Self {
        Self { course, part: 0, state: 0, violations: Vec::new() }
    }

    /// The ring is found in this state after this number of instructions. Whether it is a new one of the course.
    pub fn sees(&mut self, instructions: u64, found: Option<&Contents>) -> bool {
        let part = &self.course.parts[self.part];
        let is_it = |state: &Option<Ledger>| state.as_ref().map(Ledger::contents).as_ref() == found;
        let within_reach = if instructions == 0 { 1 } else { part.len() };
        match part.iter().skip(self.state).take(within_reach).position(is_it) {
            Some(further) => {
                self.state += further;
                further > 0
            }
            None => {
                let all = part.iter().map(|state| told(state.as_ref().map(Ledger::contents).as_ref()));
                let all: Vec<String> = all.skip(self.state).collect();
                let what = if part.iter().any(is_it) { "goes back to" } else { "holds" };
                let (found, may) = (told(found), all.join(", or "));
                self.complain(format!("after {instructions} instructions the ring {what} {found}; it may hold {may}"));
                false
            }
        }
    }

    /// A part of the work has ended, or the work has begun. Whether another part begins.
    pub fn next_part(&mut self, instructions: u64) -> bool {
        if instructions == 0 {
            return true;
        }
        if !self.is_at_the_end() {
            let part = &self.course.parts[self.part];
            let (is, has_to) =
                (told(contents(&part[self.state]).as_ref()), told(contents(&part[part.len() - 1]).as_ref()));
            self.complain(format!("after {instructions} instructions the ring holds {is}; it has to hold {has_to}"));
        }
        self.state = 0;
        self.part += 1;
        if self.part == self.course.parts.len() {
            self.part -= 1;
            return false;
        }
        true
    }

    /// Whether the ring is in the last state of this part of the work.
    pub fn is_at_the_end(&self) -> bool {
        self.state + 1 == self.course.parts[self.part].len()
    }

    pub fn complain(&mut self, violation: String) {
        self.violations.push(violation);
    }

    pub fn violations(self) -> Vec<String> {
        self.violations
    }
}

fn contents(state: &Option<Ledger>) -> Option<Contents> {
    state.as_ref().map(Ledger::contents)
}

/// What a ring holds, in a few words.
fn told(contents: Option<&Contents>) -> String {
    let Some(Contents { written, read, messages, ends, ever, writer_closed, reader_closed }) = contents else {
        return "no ring".into();
    };
    let messages: Vec<String> = messages.iter().map(|(end, message)| format!("{}@{end}", in_short(message))).collect();
    let closed = match (writer_closed, reader_closed) {
        (false, false) => "",
        (true, false) => " writer closed",
        (false, true) => " reader closed",
        (true, true) => " both closed",
    };
    let ever = ever.map_or("unknown".into(), |ever| ever.to_string());
    format!("[{read}..{written}{closed} {}, ends {ends:?}, {ever} ever]", messages.join(" "))
}
