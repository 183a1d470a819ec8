//! What a run has measured.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::latency::times::Times;

/// What a run has measured.
#[derive(Serialize, Deserialize, Debug)]
pub enum Measured {
    /// All messages came as they should be, the last of them so long after the first.
    Stream(Duration),
    /// All answers came as they should be, and how long each took.
    RoundTrips(Times),
}
