//! Memory of a process, as the kernel counts it.

/// The highest resident memory that a process which still runs has had so far, in bytes (`VmHWM` of proc_pid_status(5)). Nothing where the kernel
/// does not say.
pub fn resident_peak(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib << 10)
}
