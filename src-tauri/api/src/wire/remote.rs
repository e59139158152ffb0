//! Flows and runs of other engines: Apache Airflow and Prefect.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use super::Imported;

/// Names an engine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct RemoteArgs {
    /// The connection that leads to it.
    pub connection: String,
}

/// What an engine said, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RemoteSaid<T> {
    /// When it was asked.
    #[ts(type = "number")]
    pub at: i64,
    /// What it said.
    pub said: T,
}

/// A flow that an engine knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RemoteFlowRow {
    /// A DAG's or a deployment's id.
    pub id: String,
    /// As the engine shows it.
    pub title: String,
    /// What is said of it.
    pub description: Option<String>,
    /// Whether its schedule is stopped.
    pub paused: bool,
    /// Its schedule, as the engine words it.
    pub schedule: Option<String>,
    /// Labels.
    pub tags: Vec<String>,
}

/// Names a flow of an engine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct RemoteFlowArgs {
    /// The connection that leads to the engine.
    pub connection: String,
    /// The flow's id there.
    pub flow: String,
}

/// The parameters of a flow of an engine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RemoteSchema {
    /// JSON Schema, as an object schema, with defaults.
    #[ts(type = "unknown")]
    pub schema: Value,
}

/// Asks for runs, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields = nullable)]
pub struct RemoteRunsArgs {
    /// The connection that leads to the engine.
    pub connection: String,
    /// Of one flow.
    pub flow: Option<String>,
    /// Runs at most; 0: 100.
    pub limit: u32,
}

/// A run of an engine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RemoteRunRow {
    /// By which the engine knows it.
    pub id: String,
    /// Its flow's id there; none where it has none.
    pub flow: Option<String>,
    /// As the engine shows it.
    pub title: String,
    /// Its state in Longshore's words; `unknown` for a word that is new to it.
    pub state: String,
    /// Its state as the engine said it.
    pub said: String,
    /// When it is or was due.
    #[ts(type = "number | null")]
    pub due: Option<i64>,
    /// When it began.
    #[ts(type = "number | null")]
    pub began: Option<i64>,
    /// When it ended.
    #[ts(type = "number | null")]
    pub ended: Option<i64>,
    /// What it was given.
    #[ts(type = "Record<string, unknown>")]
    pub params: Value,
}

/// A task run of an engine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RemoteTaskRow {
    /// By which its log is asked for.
    pub id: String,
    /// The task.
    pub task: String,
    /// Which of those that it was mapped to.
    pub map_index: Option<u32>,
    /// Its state in Longshore's words; `unknown` for a word that is new to it.
    pub state: String,
    /// Its state as the engine said it.
    pub said: String,
    /// Which attempt it is at; 0 before the first.
    pub attempt: u32,
    /// When it began.
    #[ts(type = "number | null")]
    pub began: Option<i64>,
    /// When it ended.
    #[ts(type = "number | null")]
    pub ended: Option<i64>,
    /// What it needs: tasks, or ids of task runs.
    pub needs: Vec<String>,
}

/// Names a run of an engine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields = nullable)]
pub struct RemoteRunArgs {
    /// The connection that leads to the engine.
    pub connection: String,
    /// The flow's id there; Prefect needs none.
    pub flow: String,
    /// The run's id there.
    pub run: String,
    /// Reason, for the audit log.
    pub why: Option<String>,
}

/// A run and its tasks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RemoteRunDetail {
    /// The run.
    pub run: RemoteRunRow,
    /// Its tasks.
    pub tasks: Vec<RemoteTaskRow>,
}

/// Asks for a log.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields = nullable)]
pub struct RemoteLogArgs {
    /// The connection that leads to the engine.
    pub connection: String,
    /// The flow's id there; Prefect needs none.
    pub flow: String,
    /// The run's id there.
    pub run: String,
    /// Id of the task run.
    pub task: String,
    /// The attempt; the latest if none is said.
    pub attempt: Option<u32>,
}

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RemoteLogLine {
    /// When it was written, where that is told.
    #[ts(type = "number | null")]
    pub at: Option<i64>,
    /// `debug`, `info`, `warning` or `error`, where it is told.
    pub level: Option<String>,
    /// The text.
    pub text: String,
}

/// Starts a run on an engine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields = nullable)]
pub struct RemoteTriggerArgs {
    /// The connection that leads to the engine.
    pub connection: String,
    /// The flow's id there.
    pub flow: String,
    /// Parameters, an object.
    #[ts(type = "Record<string, unknown>")]
    pub params: Value,
    /// The same key gives the same run.
    pub key: Option<String>,
    /// Reason, for the audit log.
    pub why: Option<String>,
}

/// Runs tasks of a run again.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields = nullable)]
pub struct RemoteRetryArgs {
    /// The connection that leads to the engine.
    pub connection: String,
    /// The flow's id there; Prefect needs none.
    pub flow: String,
    /// The run's id there.
    pub run: String,
    /// These tasks; all if none is named.
    pub tasks: Vec<String>,
    /// Those too that did not fail.
    pub all: bool,
    /// What comes after them too.
    pub downstream: bool,
    /// Reason, for the audit log.
    pub why: Option<String>,
}

/// Stops the schedule of a flow on an engine, or lets it go on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields = nullable)]
pub struct RemotePauseArgs {
    /// The connection that leads to the engine.
    pub connection: String,
    /// The flow's id there.
    pub flow: String,
    /// Whether it is to stand still.
    pub paused: bool,
    /// Reason, for the audit log.
    pub why: Option<String>,
}

/// Takes over what an engine keeps beside its flows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct RemoteImportArgs {
    /// The connection that leads to it.
    pub connection: String,
    /// `airflow` or `prefect`, to be refused where the connection leads to the other; either, if not said.
    #[ts(optional = nullable)]
    pub engine: Option<String>,
    /// Change what is there under the same name; it is left as it is otherwise.
    pub replace: bool,
    /// Only say what would be done.
    pub dry_run: bool,
    /// Reason, for the audit log.
    #[ts(optional = nullable)]
    pub why: Option<String>,
}

/// What became of something that an engine keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RemoteImportRow {
    /// `variable`, `connection`, `limit` or `block`.
    pub what: String,
    /// Its name.
    pub name: String,
    /// What became of it.
    pub became: Imported,
    /// Why it was left or kept, or what is still to be given by hand.
    pub why: Option<String>,
}
