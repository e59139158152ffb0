//! Single tasks: an operator's answer, a task tried by itself, a secret given again.

use longshore_engine::Fault;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use super::LogRow;

/// Answers a task run that waits for approval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct TaskAnswerArgs {
    /// Run.
    pub run: String,
    /// Task, of the kind `approve`.
    pub task: String,
    /// Map index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
    /// `true` lets it go on, `false` fails it.
    pub approve: bool,
    /// Reason; kept with the answer, and in the audit log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Tries one task of a flow: no run is made, and nothing is written down. What the task does outside of Longshore, it does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct TaskTestArgs {
    /// Id of a flow in force; or, with `source`, a name for messages.
    pub flow: String,
    /// Text of a flow file to take instead of one in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Task.
    pub task: String,
    /// Parameters of the flow, an object.
    #[ts(type = "Record<string, unknown>")]
    #[serde(default)]
    pub params: Value,
    /// The item, of a mapped task.
    #[ts(type = "unknown")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<Value>,
    /// Outputs of the tasks whose output it uses, by task.
    #[ts(type = "Record<string, unknown>")]
    #[serde(default)]
    pub outputs: Value,
    /// Under this name in the place of a run, its lines are told as they come (event `log`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// What became of a task that was tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct TaskTested {
    /// `success`, `skipped`, `deferred` or `failed`.
    pub state: String,
    /// Output, of a success.
    #[ts(type = "unknown")]
    pub output: Option<Value>,
    /// Why it was skipped.
    pub why: Option<String>,
    /// Until when it would wait, in milliseconds since the epoch.
    #[ts(type = "number | null")]
    pub until: Option<i64>,
    /// Why it failed.
    pub fault: Option<Fault>,
    /// What it logged, the first ten thousand lines.
    pub log: Vec<LogRow>,
}

/// Gives the value of a secret parameter of a run again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct RunSecretArgs {
    /// Run.
    pub run: String,
    /// Parameter.
    pub name: String,
    /// Its value. It is kept in memory only.
    pub value: String,
}

/// A task run that waits for an operator's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ApprovalRow {
    /// Run.
    pub run: String,
    /// Its title.
    pub title: String,
    /// Task.
    pub task: String,
    /// Map index.
    pub index: Option<u32>,
    /// What the operator is asked.
    pub message: String,
    /// Since when.
    #[ts(type = "number | null")]
    pub since: Option<i64>,
}
