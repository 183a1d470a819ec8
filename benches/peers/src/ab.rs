//! Two builds of this program, taking turns: what a change of the library is judged by.

use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use ipc_ring_measure::job::{self, Lap, Task};
use ipc_ring_measure::message::Look;
use ipc_ring_measure::statistics::Summary;
use ipc_ring_measure::table::{significant, table};
use ipc_ring_measure::{enough, Outcome};
use serde::Serialize;
use serde_json::json;

use crate::args::Ab;
use crate::job::Job;
use crate::meter::MANY;
use crate::peers::{self, Geometry, Pages, BATCH};
use crate::result::{in_bytes, Sample};
use crate::runner::Runner;
use crate::state::State;

/// How the other build is called where it fails: most often it does not know the job.
const OTHER: &str = "the other build (was it built with the same benches/?)";

/// A program as it was when the run began. Another build in its place does not change it.
struct Program {
    file: File,
}

impl Program {
    fn at(path: &Path) -> Outcome<Self> {
        Ok(Self { file: File::open(path).map_err(|error| format!("{}: {error}", path.display()))? })
    }

    fn path(&self) -> PathBuf {
        format!("/proc/{}/fd/{}", std::process::id(), self.file.as_raw_fd()).into()
    }
}

/// What both builds measured, one after the other.
#[derive(Clone, Copy, Debug, Serialize)]
struct Pair {
    /// The state of the machine, if it was one.
    state: Option<State>,
    /// The bare line before, between and after, in nanoseconds.
    lines: [f64; 3],
    /// Messages per second, or the median round trip in nanoseconds: of this build and of the other.
    figures: [f64; 2],
    /// How many times faster this build was.
    ratio: f64,
}

/// Measures as `args` say, and prints the result.
pub fn run(args: &Ab) -> Outcome<()> {
    let programs = [Program::at(Path::new("/proc/self/exe"))?, Program::at(&args.with)?];
    let is_same = fs::read(programs[0].path())? == fs::read(programs[1].path())?;
    if is_same && !args.json {
        println!("Both are the same program: what is said to differ is noise.\n");
    }
    let mut runner = Runner::new([args.deadline, 0.0, args.patience])?;
    for (size, capacity) in args.size.iter().flat_map(|size| args.capacity.iter().map(move |at| (*size, *at))) {
        let geometry = Geometry { size, capacity };
        let pairs = pairs(args, geometry, &programs, &mut runner)?;
        match args.json {
            true => println!("{}", json!({ "peer": peer(args), "geometry": geometry, "pairs": pairs })),
            false => println!("{}", text(args, geometry, &pairs)),
        }
    }
    Ok(())
}

/// The name of the peer that the arguments mean.
fn peer(args: &Ab) -> &str {
    match (args.peer.as_str(), args.in_place, args.batch) {
        ("ours", false, Some(_)) => "ours-batch",
        ("ours", true, None) => "ours-in-place",
        ("ours", true, Some(_)) => "ours-in-place-batch",
        (peer, ..) => peer,
    }
}

fn pairs(args: &Ab, geometry: Geometry, programs: &[Program; 2], runner: &mut Runner) -> Outcome<Vec<Pair>> {
    let name = peer(args);
    if !peers::named(name).is_some_and(|peer| peer.takes(geometry.size)) {
        return Err(format!("{name} is not built for messages of {} bytes", geometry.size).into());
    }
    let (task, ringful) = match args.pingpong {
        true => (Task::PingPong, 0),
        false => (Task::Stream { toil: None }, geometry.slots() as u64),
    };
    let measure = |runner: &Runner, build: usize, messages: u64| -> Outcome<Sample> {
        let (warm_up, cores) = (enough::warm_up(messages, ringful), Some(runner.cores));
        let look = Look::Number { buffers: args.buffers, opaque: args.opaque };
        let passes = job::Job { task, size: geometry.size, look, warm_up, messages, rounds: 1, cores, tells: false };
        let batch = args.batch.unwrap_or(BATCH);
        let job =
            Job { peer: name.into(), geometry, batch, pages: Pages::Usual, directory: runner.directory(), passes };
        let sample = runner.run(&programs[build].path(), &job)?;
        sample.map_err(|failure| format!("{}: {failure}", ["this build", OTHER][build]).into())
    };
    let lap = |sample: Sample| if let Sample::Passed { lap, .. } = sample { Some(lap) } else { None::<Lap> };
    // Both builds get as many messages, so that both have a round at least as long as was asked for.
    let mut messages = 1;
    for build in [0, 1] {
        let attempt = |messages| measure(runner, build, messages).map(lap);
        messages = messages.max(enough::messages(args.seconds, ringful.min(MANY), attempt)?);
    }
    let mut pairs = Vec::new();
    for round in 0..args.rounds {
        let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
        let (mut lines, mut figures) = (vec![runner.line(args.state)?], [0.0; 2]);
        for build in order {
            figures[build] = match measure(runner, build, messages)? {
                Sample::Passed { times: Some(times), .. } => times.within(0.5) as f64,
                sample => lap(sample).map_or(0.0, |lap| lap.rate()),
            };
            lines.push(runner.line(None)?);
        }
        pairs.push(Pair::new([lines[0], lines[1], lines[2]], figures, args.pingpong));
    }
    Ok(pairs)
}

impl Pair {
    fn new(lines: [f64; 3], figures: [f64; 2], less_is_better: bool) -> Self {
        let state = Some(State::of(lines[0])).filter(|state| lines.iter().all(|&line| State::of(line) == *state));
        let [this, other] = figures;
        Self { state, lines, figures, ratio: if less_is_better { other / this } else { this / other } }
    }
}

/// The result in words: a table with a row for each state.
fn text(args: &Ab, geometry: Geometry, pairs: &[Pair]) -> String {
    let (unit, scale) = if args.pingpong { ("ns", 1.0) } else { ("M messages/s", 1e-6) };
    let titles =
        ["state", "line, ns", "pairs", &format!("this, {unit}"), "other", "this ÷ other", "19 of 20", "all", ""];
    let rows = State::ALL.into_iter().filter_map(|state| {
        let here: Vec<&Pair> = pairs.iter().filter(|pair| pair.state == Some(state)).collect();
        let median = |of: &dyn Fn(&Pair) -> f64| Summary::of(here.iter().map(|pair| of(pair)));
        let ratio = median(&|pair| pair.ratio)?;
        let mut ratios: Vec<f64> = here.iter().map(|pair| pair.ratio).collect();
        let [low, high] = interval(&mut ratios);
        let says = match (low > 1.0, high < 1.0, ratios.len() < ENOUGH) {
            (_, _, true) => "too few pairs",
            (true, ..) => "faster",
            (_, true, _) => "slower",
            _ => "no difference shown",
        };
        let figure =
            |build: usize| significant(median(&|pair| pair.figures[build]).map_or(0.0, |it| it.median) * scale);
        Some(vec![
            state.name().into(),
            format!("{:.0}", median(&|pair| pair.lines[1])?.median),
            here.len().to_string(),
            figure(0),
            figure(1),
            format!("{:.3}", ratio.median),
            format!("{low:.3} – {high:.3}"),
            format!("{:.3} – {:.3}", ratio.min, ratio.max),
            says.into(),
        ])
    });
    let rows: Vec<_> = rows.collect();
    let dropped = pairs.iter().filter(|pair| pair.state.is_none()).count();
    let how = [
        args.batch.map(|batch| format!(", batches of {batch}")),
        Some(format!(", {} buffers", args.buffers)).filter(|_| args.buffers > 1),
        Some(", opaque".into()).filter(|_| args.opaque),
    ];
    let how: String = how.into_iter().flatten().collect();
    let task = if args.pingpong { "round trips" } else { "a stream" };
    let (name, size, capacity) = (peer(args), geometry.size, in_bytes(geometry.capacity));
    let title = format!("{name}, {task} of {size} bytes, {capacity}{how}");
    format!("{title}: {dropped} of {} pairs dropped\n\n{}", pairs.len(), table(&titles, rows))
}

/// With fewer pairs an interval says nothing.
const ENOUGH: usize = 6;

/// Sorts the values, and returns the interval that has their true median in it in 19 of 20 cases, by the binomial
/// distribution: no assumption is made about theirs.
fn interval(values: &mut [f64]) -> [f64; 2] {
    values.sort_by(f64::total_cmp);
    let many = values.len();
    // How many values may be cut off at each end, so that at most 1 of 40 medians is there.
    let (mut chance, mut below, mut cut) = (0.5f64.powi(many as i32), 0.0, 0);
    loop {
        below += chance;
        if below > 0.025 || 2 * cut + 2 >= many {
            break;
        }
        chance *= (many - cut) as f64 / (cut + 1) as f64;
        cut += 1;
    }
    let cut = cut.saturating_sub(1);
    [values[cut], values[many - 1 - cut]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_leaves_out_what_the_binomial_distribution_allows() {
        // Of 6 values none may go; of 9 one, of 21 five at each end (Conover, Practical Nonparametric Statistics).
        for (many, cut) in [(1, 0), (6, 0), (9, 1), (12, 2), (21, 5)] {
            let mut values: Vec<f64> = (0..many).rev().map(f64::from).collect();
            assert_eq!(interval(&mut values), [f64::from(cut), f64::from(many - 1 - cut)], "{many}");
        }
    }

    #[test]
    fn a_pair_has_a_state_only_if_the_line_kept_it_and_above_1_is_faster() {
        let pair = |lines, less| Pair::new(lines, [300.0, 100.0], less);
        assert_eq!(pair([90.0, 100.0, 110.0], false).state, Some(State::Near));
        assert_eq!(pair([90.0, 400.0, 110.0], false).state, None);
        assert_eq!([pair([90.0; 3], false).ratio, pair([90.0; 3], true).ratio], [3.0, 1.0 / 3.0]);
    }
}
