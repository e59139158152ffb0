//! Profiles of the workspace.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use crate::profile::ProfileColour;

/// A profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ProfileRow {
    /// Name.
    pub name: String,
    /// Colour.
    pub colour: ProfileColour,
    /// Whether it is opened where none is named.
    pub on: bool,
    /// Whether it is the one that answers.
    pub here: bool,
    /// Its folder.
    pub folder: String,
}

/// Names a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct ProfileArgs {
    /// Name.
    pub profile: String,
    /// Reason, for the audit log.
    #[serde(default)]
    pub why: Option<String>,
}

/// Makes a profile, or gives one another colour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct ProfileSetArgs {
    /// Name: lower-case letters, digits, `-` and `_`, at most 40.
    pub profile: String,
    /// Colour; by the name where none is given.
    #[serde(default)]
    pub colour: Option<ProfileColour>,
    /// Reason, for the audit log.
    #[serde(default)]
    pub why: Option<String>,
}
