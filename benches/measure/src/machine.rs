//! Where and when a run takes place.

use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use serde::Serialize;

/// The machine that numbers were measured on.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Machine {
    /// When the run began.
    pub date: String,
    /// The name of the processor.
    pub processor: String,
    /// How many cores this process may use.
    pub cores: usize,
    /// The name and release of the operating system.
    pub system: String,
}

impl Machine {
    /// Describes this machine, now.
    pub fn here() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let model = read("/proc/cpuinfo");
        let model = model.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        Self {
            date: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
            processor: model.map_or("an unnamed processor".into(), |(_, model)| model.trim().into()),
            cores: std::thread::available_parallelism().map_or(1, |cores| cores.get()),
            system: ["ostype", "osrelease"]
                .map(|what| read(&format!("/proc/sys/kernel/{what}")).trim().to_string())
                .join(" "),
        }
    }
}

/// Returns `/dev/shm`, where files are in memory, or the temporary directory if there is none.
pub fn memory() -> PathBuf {
    let shm = PathBuf::from("/dev/shm");
    if shm.is_dir() {
        shm
    } else {
        std::env::temp_dir()
    }
}
