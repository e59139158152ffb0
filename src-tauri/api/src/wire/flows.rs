//! Flows: lists, graphs, checks.

use longshore_engine::Fault;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

/// A flow in a list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct FlowRow {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// Other names under which it is found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub aliases: Vec<String>,
    /// Inside the binary, or the operator's own.
    pub built_in: bool,
    /// Description.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[ts(as = "Option<String>", optional)]
    pub description: String,
    /// How many of its runs may be active at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub max_active_runs: Option<u32>,
    /// How many task runs of one run may work at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub max_active_tasks: Option<u32>,
    /// Number of tasks.
    pub tasks: u32,
    /// Active runs.
    pub active: u32,
    /// State words of its last runs, newest last, at most 20.
    pub last_states: Vec<String>,
    /// A file of this id that is refused, and why; the good version stays in force.
    pub refused: Option<Fault>,
    /// File of one of the operator's own, in its text form.
    pub file: Option<String>,
    /// Its file is gone, and runs of it are not finished: they go on with the version that they started with.
    pub deleted: bool,
    /// Its schedules: `0 2 * * * (Europe/Zurich)`, `every 15m`, ...
    pub schedules: Vec<String>,
    /// Its schedules are paused.
    pub paused: bool,
    /// When a run is due next.
    #[ts(type = "number | null")]
    pub next: Option<i64>,
}

/// A task in a graph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct GraphNode {
    /// Task id.
    pub id: String,
    /// Kind of task.
    pub uses: String,
    /// Has `for_each`.
    pub mapped: bool,
    /// `task`, `on_failure`, `on_cancel`, `on_retry` or `finally`.
    pub role: String,
    /// Group of tasks that it is shown in, if one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub group: Option<String>,
    /// `setup` or `teardown`, of such a task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub part: Option<String>,
    /// Condition, if one.
    pub when: Option<String>,
    /// Trigger rule.
    pub trigger: String,
    /// Place in a layered layout, in units of rows (y) and columns (x), computed from the structure alone.
    pub x: f64,
    /// See `x`.
    pub y: f64,
}

/// What needs what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct GraphEdge {
    /// Task that comes first.
    pub from: String,
    /// Task that needs it.
    pub to: String,
    /// A longer way between the two says it already; it is not drawn.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(as = "Option<bool>", optional)]
    pub implied: bool,
}

/// A flow's structure. `key` is the same as long as the structure is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Graph {
    /// Digest of the structure.
    pub key: String,
    /// Tasks.
    pub nodes: Vec<GraphNode>,
    /// Edges.
    pub edges: Vec<GraphEdge>,
}

/// A flow in full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct FlowDetail {
    /// Its row.
    pub flow: FlowRow,
    /// Description.
    pub description: String,
    /// The file's text.
    pub source: String,
    /// Digest of the text: the version.
    pub version: String,
    /// JSON Schema of the parameters, as an object schema.
    #[ts(type = "unknown")]
    pub params_schema: Value,
    /// Structure.
    pub graph: Graph,
}

/// Names a flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct FlowArgs {
    /// Id.
    pub flow: String,
}

/// Checks a flow file's text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct FlowCheckArgs {
    /// Name for messages.
    pub file: String,
    /// Text.
    pub source: String,
}

/// Result of a check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct FlowChecked {
    /// Id, if it could be read.
    pub id: Option<String>,
    /// All that is wrong, each with its place.
    pub faults: Vec<Fault>,
    /// JSON Schema of its parameters, if nothing is wrong.
    #[ts(type = "unknown")]
    pub params_schema: Option<Value>,
}

/// Starts a flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct FlowRunArgs {
    /// Id of a flow in force; or, with `source`, a name for messages.
    pub flow: String,
    /// Text of a flow file to run instead of one in force.
    pub source: Option<String>,
    /// Parameters, an object.
    #[ts(type = "Record<string, unknown>")]
    pub params: Value,
    /// A run of this flow with the same key that exists is given back instead of a new one.
    pub key: Option<String>,
    /// Weight of the run, added to that of each of its tasks: of what could start, the heaviest starts first. 0 if nothing is said.
    pub priority: Option<i32>,
}
