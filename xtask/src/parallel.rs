//! Work done side by side.

use std::sync::Mutex;
use std::thread;

/// As much at once as continuous integration has cores.
pub const WORKERS: usize = 2;

/// Does each of `jobs`, some at a time. What comes of them is in their order, or the first of the errors.
pub fn in_parallel<J: Sync, T: Send>(
    jobs: &[J],
    job: impl Fn(&J) -> Result<T, String> + Sync,
) -> Result<Vec<T>, String> {
    let left = Mutex::new(jobs.iter().enumerate());
    let next = || left.lock().ok().and_then(|mut left| left.next());
    let work = || std::iter::from_fn(next).map(|(at, input)| (at, job(input))).collect::<Vec<_>>();
    let mut done = thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        let done = workers.into_iter().map(|worker| worker.join().map_err(|_| "a worker panicked".to_string()));
        done.collect::<Result<Vec<_>, _>>().map(|parts| parts.into_iter().flatten().collect::<Vec<_>>())
    })?;
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_done_side_by_side_and_told_in_order() {
        let jobs: Vec<u32> = (0..100).collect();
        assert_eq!(in_parallel(&jobs, |job| Ok(job * 2)), Ok((0..100).map(|job| job * 2).collect()));
        let failing = in_parallel(&jobs, |&job| if job == 70 { Err("70".to_string()) } else { Ok(()) });
        assert_eq!(failing, Err("70".into()));
    }
}
