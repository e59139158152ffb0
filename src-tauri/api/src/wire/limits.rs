//! Limits and variables.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

/// A task run that holds a slot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct SlotHolder {
    /// Run.
    pub run: String,
    /// Task.
    pub task: String,
    /// Map index.
    pub index: Option<u32>,
    /// When its attempt started.
    #[ts(type = "number | null")]
    pub since: Option<i64>,
}

/// A limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct LimitRow {
    /// Name.
    pub name: String,
    /// Task runs that may hold it at once. With 0 nothing that names it starts.
    pub slots: u32,
    /// How many hold it now. May be more than there are slots, if these were made fewer: nothing is taken away.
    pub held: u32,
    /// Who holds it, those that have it longest first, at most 200.
    pub holders: Vec<SlotHolder>,
}

/// Makes or changes a limit. Takes effect at once; what holds a slot keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct LimitSetArgs {
    /// Name.
    pub limit: String,
    /// Slots.
    pub slots: u32,
    /// Reason, for the audit log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Names a limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct LimitArgs {
    /// Name.
    pub limit: String,
    /// Reason, for the audit log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Where a variable's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum VariableSource {
    /// Nobody has set it.
    BuiltIn,
    /// It was set in this workspace.
    Set,
    /// The owner's environment sets it, above what was set here.
    Environment,
}

/// A variable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct VariableRow {
    /// Name; flows read it as `vars.NAME`.
    pub name: String,
    /// Value in force; nothing where it is hidden.
    #[ts(type = "unknown")]
    pub value: Value,
    /// Whether its name says that it is a secret (`api_token`, `db_password`, ...), as Airflow takes it: its value is not told.
    pub hidden: bool,
    /// Where it comes from.
    pub from: VariableSource,
    /// What it is for, of one that Longshore itself reads.
    pub meaning: Option<String>,
}

/// Sets a variable. Runs that have started keep the value that they started with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct VariableSetArgs {
    /// Name: lower-case letters, digits and `_`.
    pub variable: String,
    /// Value.
    #[ts(type = "unknown")]
    pub value: Value,
    /// Reason, for the audit log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Names a variable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct VariableArgs {
    /// Name.
    pub variable: String,
    /// Reason, for the audit log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}
