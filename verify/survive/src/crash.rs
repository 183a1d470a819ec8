//! The harness `crash`: real processes under load, killed at any instant, one side or both, and started again at once.
//!
//! The promise that is held against them: a push that returned survives the death of any process, one that did not is
//! in the ring wholly or not at all, and a reader that dies loses at most the message in its hands; a batch that it had
//! not released comes again. Each side notes what it is about to do and what it did in a journal that survives it
//! ([`journal`]); a judge, which itself is tested, holds the journals of both sides together ([`judge`]).

mod event;
mod finding;
mod journal;
mod judge;
mod pair;
mod plan;
mod process;
mod reading;
mod setting;
mod site;
mod tally;
mod trial;
mod writing;

use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use clap::{value_parser, Arg, ArgMatches, Command};
use ipc_ring::Side;

use self::setting::Setting;
use self::tally::Tally;
use crate::report::Report;
use crate::Part;

pub const HARNESS: Part = Part { command, run };
pub const WRITER: Part = Part { command: || site::command(Side::Writer), run: writing::run };
pub const READER: Part = Part { command: || site::command(Side::Reader), run: reading::run };

/// How many processes are killed at one ring before another one is made.
const KILLS_A_RING: u64 = 25;
/// The least that meet everything that there is to meet.
const FEWEST_KILLS: u64 = 100;

fn command() -> Command {
    Command::new("crash").about("Kills writers and readers at any instant, and holds what they noted together").args([
        Arg::new("kills")
            .long("kills")
            .default_value("1000")
            .value_parser(value_parser!(u64).range(FEWEST_KILLS..))
            .help("how many processes are killed"),
        Arg::new("seed")
            .long("seed")
            .value_parser(value_parser!(u64))
            .help("what all choices come from [default: any]"),
        Arg::new("jobs")
            .long("jobs")
            .default_value("2")
            .value_parser(value_parser!(u64).range(1..=64))
            .help("how many rings are tried side by side"),
    ])
}

/// Does nothing for about `duration`. That is part of what is tried, or lets others have the processor between two
/// looks; nothing is concluded from it.
fn idle(duration: Duration) {
    thread::park_timeout(duration);
}

/// What is shared between the threads: each tries one ring after another.
#[derive(Default)]
struct Work {
    /// The rings that were begun.
    begun: u64,
    tally: Tally,
    /// Why a ring could not be tried.
    failed: Option<String>,
}

fn run(options: &ArgMatches) -> Result<Report, String> {
    let number = |name: &str| options.get_one::<u64>(name).copied();
    let kills = number("kills").ok_or("pass --kills")?;
    let seed = number("seed").unwrap_or_else(|| fastrand::u64(..));
    let jobs = number("jobs").ok_or("pass --jobs")?;
    println!("crash: --kills {kills} --seed {seed} --jobs {jobs}");
    let work = Mutex::new(Work::default());
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| while try_a_ring(&work, kills, seed) {});
        }
    });
    let Work { tally, failed, .. } = work.into_inner().map_err(|_| "a thread of the harness panicked")?;
    failed.map_or_else(|| Ok(tally.into_report()), Err)
}

/// Tries the next ring, if there is one. Where something was found no more are begun: one finding has many heirs.
fn try_a_ring(work: &Mutex<Work>, kills: u64, seed: u64) -> bool {
    let rings = kills.div_ceil(KILLS_A_RING);
    let index = {
        let Ok(mut work) = work.lock() else { return false };
        if work.begun == rings || !work.tally.is_clean() || work.failed.is_some() {
            return false;
        }
        work.begun += 1;
        work.begun - 1
    };
    let result = trial::run(Setting::of(index, seed), KILLS_A_RING.min(kills - index * KILLS_A_RING));
    let Ok(mut work) = work.lock() else { return false };
    match result {
        Ok(tally) => work.tally.add(tally),
        Err(why) => work.failed = Some(why),
    }
    true
}
