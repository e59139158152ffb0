//! Engines elsewhere: what an Apache Airflow (2.10 by its API v1, 3 by v2) or a Prefect 3 is asked of its flows and runs, and told to do.
//!
//! What is shown is what the engine itself said, with its own word for a state beside ours ([`State`]); nothing is concluded from silence.

mod airflow;
mod airflow_read;
mod airflow_site;
mod options;
mod prefect;
mod prefect_read;
mod probe;
mod settings;

use std::sync::Arc;

use longshore_transfer::storage::{Result, Storage};
use schemars::Schema;
use serde_json::{Map, Value};

use crate::http::{SECRET_HEADERS, Trouble};
use crate::{Connection, Connector, Step, schema_of};

pub use airflow::Airflow;
pub use options::Options;
pub use prefect::Prefect;
pub use settings::{KeptConnection, Left, Settings};

/// Flows that are asked for, and task runs of one run, at most.
pub const MOST: usize = 20_000;

/// Lines of a log that are given, at most: the last.
pub const LINES: usize = 100_000;

/// A flow that an engine knows: a DAG of Airflow, a deployment of Prefect.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteFlow {
    /// By which the engine knows it.
    pub id: String,
    /// As it shows it.
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

/// One run of a flow.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteRun {
    /// By which the engine knows it.
    pub id: String,
    /// Its flow ([`RemoteFlow::id`]); nothing where the engine knows of none.
    pub flow: Option<String>,
    /// As the engine shows it.
    pub title: String,
    /// Where it stands.
    pub state: State,
    /// When it is or was due, began and ended: milliseconds since the epoch.
    pub due: Option<i64>,
    /// See `due`.
    pub began: Option<i64>,
    /// See `due`.
    pub ended: Option<i64>,
    /// What it was given.
    pub params: Map<String, Value>,
}

/// One task of a run, or one of those that it was mapped to.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteTask {
    /// By which its log is asked for.
    pub id: String,
    /// The task.
    pub task: String,
    /// Which of those that it was mapped to.
    pub map_index: Option<u32>,
    /// Where it stands.
    pub state: State,
    /// Which attempt it is at; 0 before the first.
    pub attempt: u32,
    /// When it began and ended: milliseconds since the epoch.
    pub began: Option<i64>,
    /// See `began`.
    pub ended: Option<i64>,
    /// Ids of tasks ([`RemoteTask::task`], of Prefect [`RemoteTask::id`]) that it needs.
    pub needs: Vec<String>,
}

/// A state in our words, and in those of the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// One of the words of Longshore: `none`, `scheduled`, `queued`, `running`, `deferred`, `up_for_retry`, `paused`, `success`, `failed`,
    /// `upstream_failed`, `skipped`, `cancelled`; `unknown` for a word that is new to it.
    pub word: &'static str,
    /// What the engine said.
    pub said: String,
}

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteLine {
    /// Milliseconds since the epoch, where it is told.
    pub at: Option<i64>,
    /// `debug`, `info`, `warning` or `error`, where it is told.
    pub level: Option<String>,
    /// The text.
    pub text: String,
}

/// What is to be run again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Again {
    /// These tasks; all if none is named.
    pub tasks: Vec<String>,
    /// Those that failed alone.
    pub only_failed: bool,
    /// What comes after them too.
    pub downstream: bool,
}

/// An engine that a connection leads to.
pub trait Engine: Send + Sync {
    /// All its flows, by id.
    fn flows(&self) -> Result<Vec<RemoteFlow>>;
    /// JSON Schema of the parameters of a flow, with defaults: a form is made from it.
    fn params(&self, flow: &str) -> Result<Value>;
    /// The latest runs of one flow or of all, the newest first, so many at most: in one request for each 100.
    fn runs(&self, flow: Option<&str>, most: usize) -> Result<Vec<RemoteRun>>;
    /// A run and its tasks.
    fn run(&self, flow: &str, run: &str) -> Result<(RemoteRun, Vec<RemoteTask>)>;
    /// The log of an attempt of a task run.
    fn log(&self, flow: &str, run: &str, task: &RemoteTask, attempt: u32) -> Result<Vec<RemoteLine>>;
    /// Starts a run, once for each `key`: the same run is given again where the engine has it already.
    fn trigger(&self, flow: &str, key: &str, params: &Map<String, Value>) -> Result<RemoteRun>;
    /// Runs tasks of a run again, or says only which these would be.
    fn again(&self, flow: &str, run: &str, what: &Again, only_look: bool) -> Result<Vec<RemoteTask>>;
    /// Stops a run.
    fn cancel(&self, flow: &str, run: &str) -> Result<RemoteRun>;
    /// Stops the schedule of a flow, or lets it go on.
    fn pause(&self, flow: &str, paused: bool) -> Result<()>;
    /// Its variables, connections and numbers of slots, as far as it tells them.
    fn settings(&self) -> Result<Settings>;
    /// The word for its kind: `airflow` or `prefect`.
    fn kind(&self) -> &'static str;
}

/// The engine that a connection leads to. It is not asked yet.
pub fn open(connection: &Connection) -> Result<Arc<dyn Engine>> {
    Ok(match connection.kind.as_str() {
        "prefect" => Arc::new(Prefect::open(connection)?),
        _ => Arc::new(Airflow::open(connection)?),
    })
}

/// A kind of engine.
pub(crate) struct Kind {
    word: &'static str,
    title: &'static str,
    test: fn(&Connection, &mut dyn FnMut(Step)) -> Option<()>,
}

/// Apache Airflow.
pub(crate) const AIRFLOW: Kind = Kind { word: "airflow", title: "Apache Airflow", test: probe::airflow };

/// Prefect.
pub(crate) const PREFECT: Kind = Kind { word: "prefect", title: "Prefect", test: probe::prefect };

impl Connector for Kind {
    fn kind(&self) -> &'static str {
        self.word
    }

    fn aliases(&self) -> &'static [&'static str] {
        &[]
    }

    fn title(&self) -> &'static str {
        self.title
    }

    fn schema(&self) -> Schema {
        schema_of::<Options>()
    }

    fn secrets(&self) -> &'static [&'static str] {
        SECRET_HEADERS
    }

    fn open(&self, _: &str, connection: &Connection, _: &[u8]) -> Result<Arc<dyn Storage>> {
        Err(connection.no_files("An engine runs flows, and holds no files"))
    }

    fn test(&self, connection: &Connection, _: &[u8], _: bool, tell: &mut dyn FnMut(Step)) {
        let _told = (self.test)(connection, tell);
    }
}

fn malformed(what: &str) -> Trouble {
    Trouble::permanent("http.answer", format!("the answer is no {what}"))
}

/// A text of an object; an empty one is none.
fn text(of: &Value, name: &str) -> Option<String> {
    of.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A text that must be there.
fn must(of: &Value, name: &str, what: &str) -> std::result::Result<String, Trouble> {
    text(of, name).ok_or_else(|| malformed(&format!("{what}: it has no {name}")))
}

/// A time, in milliseconds since the epoch.
fn time(of: &Value, name: &str) -> Option<i64> {
    let text = of.get(name)?.as_str()?;
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}

fn list<'v>(of: &'v Value, name: &str) -> &'v [Value] {
    of.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn words(of: &Value, name: &str) -> Vec<String> {
    let word = |value: &Value| value.as_str().or_else(|| value.get("name")?.as_str()).map(str::to_owned);
    list(of, name).iter().filter_map(word).collect()
}
