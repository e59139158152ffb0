//! Seconds, bytes and memory of a command.

use std::io;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a command took.
#[derive(Debug, Clone, Default)]
pub(crate) struct Measured {
    /// Seconds from start to exit.
    pub(crate) seconds: f64,
    /// Bytes read and written through system calls, children included.
    pub(crate) moved: u64,
    /// Peak of resident memory in bytes, sampled.
    pub(crate) peak: u64,
}

/// The measurement in the middle by time.
pub(crate) fn median(mut all: Vec<Measured>) -> Measured {
    all.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    all.get(all.len() / 2).cloned().unwrap_or_default()
}

/// Runs a command to its end and measures it; an exit code other than `wanted` is an error.
pub(crate) fn command(command: &mut Command, wanted: i32) -> io::Result<Measured> {
    let before = own_io()?;
    let start = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit()).spawn()?;
    let mut peak = 0;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        peak = peak.max(longshore_testkit::resident_peak(child.id()).unwrap_or(0));
        std::thread::park_timeout(Duration::from_millis(5));
    };
    let seconds = start.elapsed().as_secs_f64();
    if status.code() != Some(wanted) {
        return Err(io::Error::other(format!("{command:?} ended with {status}")));
    }
    Ok(Measured { seconds, moved: own_io()?.saturating_sub(before), peak })
}

/// `rchar + wchar` of this process and of the children that it has waited for (proc(5)).
fn own_io() -> io::Result<u64> {
    let text = std::fs::read_to_string("/proc/self/io")?;
    let field = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name))
            .and_then(|rest| rest.trim().parse::<u64>().ok())
            .unwrap_or(0)
    };
    Ok(field("rchar:") + field("wchar:"))
}
