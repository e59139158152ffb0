//! What differs between systems: finding the processes of a group.

/// A process of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    /// Its number.
    pub(super) pid: i32,
    /// Its name.
    pub(super) name: String,
    /// Whether its environment names this run.
    pub(super) ours: bool,
}

#[cfg(target_os = "linux")]
pub(super) use linux::members;

/// Processes of a group that are alive. Systems without `/proc` do not tell; there the watcher is relied upon.
#[cfg(not(target_os = "linux"))]
pub(super) fn members(_group: i32, _run: &str) -> Vec<Member> {
    Vec::new()
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;

    use super::Member;

    /// Processes of a group that are alive.
    pub(in super::super) fn members(group: i32, run: &str) -> Vec<Member> {
        let mark = format!("LONGSHORE_RUN={run}");
        let folders = fs::read_dir("/proc").into_iter().flatten().flatten();
        let numbers = folders.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        numbers.filter_map(|pid| member(pid, group, &mark)).collect()
    }

    /// A process that is in the group and not dead.
    fn member(pid: i32, group: i32, mark: &str) -> Option<Member> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name stands in parentheses, and may hold some itself.
        let (before, after) = stat.rsplit_once(") ")?;
        let mut fields = after.split(' ');
        let (state, its_group) = (fields.next()?, fields.nth(1)?);
        if state == "Z" || its_group.parse::<i32>().ok()? != group {
            return None;
        }
        let name = before.split_once('(')?.1.to_owned();
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let ours = environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes());
        Some(Member { pid, name, ours })
    }
}
