//! Users of the interfaces that are reached over a network. A password goes in and never comes out.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::HiddenText;

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum UserRole {
    /// Everything.
    Admin,
    /// Look, and change nothing.
    Viewer,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct UserRow {
    /// Name.
    pub name: String,
    /// What they may do.
    pub role: UserRole,
    /// When the password was last set.
    #[ts(type = "number")]
    pub changed: i64,
}

/// Makes a user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct UserAddArgs {
    /// Name: letters, digits, `.`, `-`, `_` and `@`, at most 64.
    pub user: String,
    /// What they may do.
    pub role: UserRole,
    /// Password, of at least 8 characters; only its hash is kept.
    pub password: HiddenText,
    /// Reason, for the audit log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Gives a user another password.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct UserPasswordArgs {
    /// Name.
    pub user: String,
    /// Password, of at least 8 characters; only its hash is kept.
    pub password: HiddenText,
    /// Reason, for the audit log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Names a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct UserArgs {
    /// Name.
    pub user: String,
    /// Reason, for the audit log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Whether a password is that of a user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct UserCheckArgs {
    /// Name.
    pub user: String,
    /// What was given as the password.
    pub password: HiddenText,
}
