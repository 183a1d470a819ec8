//! What the driver waits for: whatever it is, it comes through one channel.

use std::ffi::c_int;
use std::io;
use std::process;
use std::sync::mpsc::Sender;
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::role::Role;
use crate::said::Said;

/// What the driver waits for.
pub enum Event {
    /// A process says something.
    Said(Role, Said),
    /// A process has ended, or is about to.
    Ended(Role),
    /// Somebody wants the run to end.
    Signal(c_int),
}

/// The signals that ask for the end.
pub const SIGNALS: [c_int; 3] = [SIGHUP, SIGINT, SIGTERM];

/// From here on the signals that ask for the end come through `events`; once nobody listens there, they end the
/// process.
pub fn catch_signals(events: Sender<Event>) -> io::Result<()> {
    let mut signals = Signals::new(SIGNALS)?;
    let forward = move || {
        for signal in signals.forever() {
            if events.send(Event::Signal(signal)).is_err() {
                process::exit(128 + signal);
            }
        }
    };
    thread::Builder::new().name("signals".into()).spawn(forward)?;
    Ok(())
}
