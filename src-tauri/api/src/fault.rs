//! The faults that are this crate's own. Every code stands in [`crate::codes`].

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use longshore_catalogue::PathBytes;
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

/// Code of [`closing`].
pub(crate) const CLOSING: &str = "workspace.closing";

/// The owner takes no more calls.
pub(crate) fn closing() -> Fault {
    Fault::transient(CLOSING, "Nothing was done", "The process that owns the workspace is leaving it")
        .now("Try again: the next process that opens the workspace owns it.")
}

/// This session was closed.
pub(crate) fn closed() -> Fault {
    Fault::transient("workspace.closed", "Nothing was done", "This process has left the workspace")
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

/// A piece of work broke off: a panic, which is a bug, or the end of the process.
pub(crate) fn broken(error: &tokio::task::JoinError) -> Fault {
    Fault::fatal("request.broken", "A request broke off", error.to_string())
}

/// What the store did not do, in the words of what was asked for.
pub(crate) fn of_store(error: longshore_store::Error) -> Fault {
    use longshore_store::Error;
    match error {
        Error::NotFound { what, key } => not_found(what, &key),
        Error::Taken { what, value } => Fault::permanent(
            "dataset.exists",
            format!("The dataset {value} was not created"),
            format!("Another one has this {what}"),
        )
        .now(format!("Choose another {what}.")),
        other => other.fault(),
    }
}

fn not_found(what: &str, key: &str) -> Fault {
    let fault = Fault::permanent(
        format!("{}.unknown", what.replace(' ', "_")),
        format!("There is no {what} {key:?}"),
        "The workspace does not know it",
    );
    match what {
        "dataset" => fault.now("See the datasets with: longshore datasets"),
        "run" => fault.now("See the runs with: longshore run list"),
        _ => fault,
    }
}

/// The text form of a local path.
pub(crate) fn text(path: &Path) -> String {
    bytes(path).to_text()
}

/// A local path as bytes.
pub(crate) fn bytes(path: &Path) -> PathBytes {
    PathBytes::new(path.as_os_str().as_bytes())
}

/// The local path of these bytes.
pub(crate) fn local(path: &PathBytes) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(path.as_bytes()))
}
