//! How a child process talks with its driver: a line at a time, over its standard streams.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::job::Done;
use crate::link::Outcome;

/// What a child says. It waits for a line in answer to all but the last, and for the end of all lines then.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Said {
    /// The ends that must be first are there.
    Created,
    /// All ends are there.
    Ready,
    /// The task is done.
    Done(Done),
    /// The task cannot be done, and why.
    Failed(String),
}

/// A child's end of the conversation.
#[derive(Debug)]
pub struct Console;

impl Console {
    /// Says that what must be first is there, and waits until that is so on the other side.
    pub fn created(&self) -> Outcome<()> {
        self.say_and_wait(&Said::Created)
    }

    /// Says that all is there, and waits until that is so on the other side.
    pub fn ready(&self) -> Outcome<()> {
        self.say_and_wait(&Said::Ready)
    }

    /// Says what was measured, and waits until the other side has said so too.
    pub fn done(&self, done: &Done) -> Outcome<()> {
        self.say(&Said::Done(*done))?;
        let mut line = String::new();
        while io::stdin().read_line(&mut line)? != 0 {}
        Ok(())
    }

    /// Says what went wrong. Nobody may be there to hear it.
    pub fn failed(&self, error: &dyn std::error::Error) {
        let _ = self.say(&Said::Failed(error.to_string()));
    }

    fn say_and_wait(&self, said: &Said) -> Outcome<()> {
        self.say(said)?;
        match io::stdin().read_line(&mut String::new())? {
            0 => Err("the driver has ended".into()),
            _ => Ok(()),
        }
    }

    fn say(&self, said: &Said) -> Outcome<()> {
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{}", serde_json::to_string(said)?)?;
        Ok(stdout.flush()?)
    }
}
