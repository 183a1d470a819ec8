//! Waiting for a condition, and never for a time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long a call of a test may wait for what must happen: then it did not.
pub const LONG: Duration = Duration::from_secs(20);
/// Far more than anything takes on a busy machine: what has not come by then never will.
const DEADLINE: Duration = Duration::from_secs(60);

/// Waits until `condition` gives something. Fails if it does not.
pub fn until<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(met) = condition() {
            return met;
        }
        assert!(begin.elapsed() < DEADLINE, "waited in vain: {what}");
        // Only so as not to take the processor from what is waited for.
        std::thread::park_timeout(Duration::from_micros(100));
    }
}

/// Waits until `condition` holds. Fails if it does not.
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    until(what, || condition().then_some(()));
}

/// Runs `body` while another thread does `mischief` over and over, which has begun by then.
pub fn meanwhile<T>(mut mischief: impl FnMut() + Send, body: impl FnOnce() -> T) -> T {
    let (begun, done) = (AtomicBool::new(false), AtomicBool::new(false));
    std::thread::scope(|threads| {
        threads.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                mischief();
                begun.store(true, Ordering::Relaxed);
            }
        });
        let _done = Done(&done);
        wait_until("the mischief begins", || begun.load(Ordering::Relaxed));
        body()
    })
}

/// Ends what runs beside a test, however that ends: also where it panics, else that would go on for ever.
pub struct Done<'a>(pub &'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
