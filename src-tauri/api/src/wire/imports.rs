//! Connections and variables taken over from what other programs have written down.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::HiddenText;

/// Who wrote a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ImportFormat {
    /// Airflow's export, as JSON.
    Json,
    /// Airflow's export, as YAML.
    Yaml,
    /// Lines of `NAME=VALUE`.
    Env,
    /// `rclone.conf`.
    Rclone,
    /// `~/.ssh/config`.
    Ssh,
    /// `~/.aws/config` or `~/.aws/credentials`.
    Aws,
}

/// Takes over what a text says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct ImportArgs {
    /// Name of the file, by which its format may be known.
    pub file: String,
    /// The text. It may hold secrets.
    pub text: HiddenText,
    /// Who wrote it; found out if not said. Of variables, it is always found out.
    #[serde(default)]
    pub format: Option<ImportFormat>,
    /// Change what is there under the same name; it is left as it is otherwise.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub replace: bool,
    /// Only say what would be done.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub dry_run: bool,
    /// Reason, for the audit log.
    #[serde(default)]
    pub why: Option<String>,
}

/// What became of something in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Imported {
    /// Made.
    Added,
    /// What was there was changed.
    Replaced,
    /// There is one of this name, which was left as it is.
    Kept,
    /// Not taken over; the reason says why.
    Left,
}

/// Something in a text, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ImportLine {
    /// Line, from 1.
    pub line: u32,
    /// The name that stands there.
    pub name: String,
    /// What became of it.
    pub became: Imported,
    /// Why it was left.
    pub why: Option<String>,
}

/// What became of a text, line by line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ImportReport {
    /// What it was read as, of connections.
    pub format: Option<ImportFormat>,
    /// The lines, in their order.
    pub lines: Vec<ImportLine>,
}
