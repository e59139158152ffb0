//! Every code that a fault can carry: stable words that programs compare, each with what it means. The document that
//! explains them to operators (docs/errors.md) is made from this list.

/// A code and its meaning.
#[derive(Debug, Clone, Copy)]
pub struct Code {
    /// The code.
    pub code: &'static str,
    /// The request was refused and nothing was begun: exit code 4 of the command line.
    pub refusal: bool,
    /// What it means, and what helps.
    pub meaning: &'static str,
}

/// Whether a request that fails with this code was refused, not begun and failed.
pub fn is_refusal(code: &str) -> bool {
    CODES.iter().any(|known| known.refusal && known.code == code)
}

const fn refused(code: &'static str, meaning: &'static str) -> Code {
    Code { code, refusal: true, meaning }
}

const fn failed(code: &'static str, meaning: &'static str) -> Code {
    Code { code, refusal: false, meaning }
}

/// The list, by code.
pub const CODES: &[Code] = &[
    refused(
        "database.foreign",
        "The file longshore.db in the workspace is not a database of Longshore. It was not touched.",
    ),
    refused("database.locked", "Another program holds the lock of the workspace's database. End it, then try again."),
    refused("database.newer", "A newer Longshore has written this workspace. It was not touched: use that version."),
    refused("dataset.empty", "There is not a single file or link in what is to be archived."),
    refused("dataset.exists", "A dataset of this name or identifier is there already, from other sources or finished."),
    refused(
        "workspace.locked",
        "The process that owns the workspace does not answer. Wait for it, or end it: the lock goes with it.",
    ),
    refused("workspace.version", "The process that owns the workspace is of another version of Longshore."),
    failed("workspace.lost", "The owner of the workspace went before it said whether it had done what it was told."),
];
