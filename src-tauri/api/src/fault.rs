//! The faults that are this crate's own. Every code stands in [`crate::codes`].

use std::path::Path;

use longshore_engine::Fault;

use crate::lock::Holder;

/// What one side of the wire sent is not what the other expects.
pub(crate) fn wire(op: &str, error: &serde_json::Error) -> Fault {
    Fault::permanent("request.args", format!("The request {op} is not understood"), error.to_string())
}

/// No operation of that name.
pub(crate) fn unknown_operation(op: &str) -> Fault {
    Fault::permanent("request.unknown", format!("There is no operation {op:?}"), "Its name is not one of this version")
}

/// The owner went before it answered a write.
pub(crate) fn lost(op: &str) -> Fault {
    Fault::transient(
        "workspace.lost",
        format!("It is not known whether {op} was carried out"),
        "The process that owns the workspace went before it answered",
    )
    .now("Look at the runs and datasets, and repeat it if it is not there.")
}

/// Locked, and nobody answers.
pub(crate) fn locked(root: &Path, holder: Option<&Holder>) -> Fault {
    let (who, now) = match holder {
        Some(Holder { pid, role, .. }) => (
            format!("Process {pid} ({}) holds its lock and does not answer", role.word()),
            format!(
                "Wait for process {pid} or end it (`kill {pid}`); the lock goes with the process, and the next start carries on."
            ),
        ),
        None => (
            "Another process holds its lock and does not answer".to_owned(),
            "End that process; the lock goes with it, and the next start carries on.".to_owned(),
        ),
    };
    Fault::fatal("workspace.locked", format!("The workspace {} is in use", text(root)), who)
        .now(now)
        .at_place(text(root))
}

/// The owner is of another version.
pub(crate) fn other_version(pid: u32, version: &str) -> Fault {
    Fault::permanent(
        "workspace.version",
        "The workspace is in use by another version of Longshore",
        format!("Process {pid} is version {version}, this is version {}", crate::VERSION),
    )
    .now(format!("Use the same version, or end process {pid} first."))
}

/// The text form of a local path.
pub(crate) fn text(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt as _;
    longshore_catalogue::PathBytes::new(path.as_os_str().as_bytes()).to_text()
}
