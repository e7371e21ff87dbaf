//! Time and memory of this process.

use std::fs;
use std::time::{Duration, Instant};

use crate::Outcome;

/// Repeats a step that tells how many images it took, for at least this long: images per second.
pub(crate) fn images_per_s(at_least: Duration, mut step: impl FnMut() -> Outcome<usize>) -> Outcome<f64> {
    let start = Instant::now();
    let mut images = 0;
    loop {
        images += step()?;
        let elapsed = start.elapsed();
        if elapsed >= at_least {
            return Ok(images as f64 / elapsed.as_secs_f64());
        }
    }
}

/// The most memory that this process held at a time, in MB of 1024^2 bytes.
pub(crate) fn peak_rss_mb() -> Outcome<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM in /proc/self/status")?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim_end().parse()?;
    Ok(kib / 1024.0)
}
