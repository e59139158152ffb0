//! What a kind of task is, and what a task run is given to work with.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use longshore_catalogue::{Catalogue, PathBytes};
use longshore_connectors::archiver::Archiver;
use longshore_connectors::scicat::SciCat;
use longshore_connectors::sqs::Sqs;
use longshore_engine::{Clock, Fault, Millis, RunState};
use longshore_transfer::storage::Storage;
use schemars::{JsonSchema, Schema};
use secrecy::SecretString;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::secrets::Secrets;

/// What a task run will need, told before it starts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Need {
    /// Files it will touch, if known.
    pub files: Option<u64>,
    /// Bytes it will move, if known.
    pub bytes: Option<u64>,
    /// Bytes it will write, by storage.
    pub space: BTreeMap<String, u64>,
}

/// How an attempt came to a good end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done<T> {
    /// Done, with this output.
    Output(T),
    /// There was nothing to do, for this reason: the task run is skipped.
    Skipped(String),
    /// What it waits for is not there: it gives its slots and its room back. The same attempt goes on at this time, or as soon as
    /// it is woken: [`TypedKind::run`] is called again, with what the last call saved as its checkpoint.
    Deferred {
        /// When to look again at the latest.
        until: Millis,
    },
}

impl<T> Done<T> {
    fn map<U, E>(self, change: impl FnOnce(T) -> Result<U, E>) -> Result<Done<U>, E> {
        Ok(match self {
            Self::Output(output) => Done::Output(change(output)?),
            Self::Skipped(why) => Done::Skipped(why),
            Self::Deferred { until } => Done::Deferred { until },
        })
    }
}

impl<T> From<T> for Done<T> {
    fn from(output: T) -> Self {
        Self::Output(output)
    }
}

/// How far a task run is. Sent as often as is handy; the runner thins it out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Progress {
    /// Bytes done.
    pub bytes: u64,
    /// Bytes in all, if known.
    pub bytes_total: Option<u64>,
    /// Files done.
    pub files: u64,
    /// Files in all, if known.
    pub files_total: Option<u64>,
    /// What is worked on, in a few words (a file name in its text form).
    pub now: String,
    /// Bytes of the task run's reservation that are on the storage already, and so no longer reserved.
    pub written: u64,
}

/// Weight of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// For whoever looks closely.
    Debug,
    /// What happened.
    Info,
    /// Went on, but look at it.
    Warning,
    /// Did not go on.
    Error,
}

/// Future of a trait that is used as an object.
pub type Waiting<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// What the runner gives to one attempt of a task run. Calls do not block, except [`TaskHost::save_checkpoint`].
pub trait TaskHost: Send + Sync {
    /// Appends to the attempt's log.
    fn log(&self, level: Level, text: &str);
    /// Tells how far it is.
    fn progress(&self, progress: Progress);
    /// The last checkpoint that an earlier attempt of this task run saved.
    fn checkpoint(&self) -> Option<Value>;
    /// Saves a checkpoint, replacing the last; blocks until it survives a crash. Not from async threads.
    fn save_checkpoint(&self, checkpoint: Value) -> Result<(), Fault>;
    /// A step was made that shows in no progress: the attempt does not stand still.
    fn came_forward(&self) {}
    /// Whether the attempt was told to stop (cancel, timeout, shutdown): return soon, with anything.
    fn cancelled(&self) -> bool;
    /// Resolves once [`TaskHost::cancelled`] is true.
    fn wait_cancelled(&self) -> Waiting<'_>;
    /// Tells the operator something at once, in a notification of the desktop where there is one. Not kept.
    fn notice(&self, _title: &str, _text: &str) {}
    /// Wakes this task run once it is deferred, before its time. May be kept and called after the attempt gave its slots back,
    /// as often as is handy; lost when the process ends. Where nobody carries task runs on, it does nothing.
    fn waker(&self) -> Waker {
        Arc::new(|| {})
    }
}

/// See [`TaskHost::waker`].
pub type Waker = Arc<dyn Fn() + Send + Sync>;

/// Starts runs of flows for a task (`flow.start`, `flow.run`).
#[async_trait]
pub trait Starter: Send + Sync {
    /// Starts a run; a run of the same flow and key that exists is returned instead. Gives the run's id.
    async fn start(&self, flow: &str, params: Value, key: Option<&str>) -> Result<String, Fault>;
    /// The same, for a task that waits for the run (`flow.run`): the run is cancelled with the task run, and wakes it when it ends.
    async fn start_child(&self, flow: &str, params: Value, key: &str) -> Result<String, Fault>;
    /// How a run stands.
    async fn look(&self, run: &str) -> Result<Standing, Fault>;
    /// Retries what failed or was stopped of a run that has ended.
    async fn retry(&self, run: &str) -> Result<(), Fault>;
}

/// How a run stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// State.
    pub state: RunState,
    /// What its tasks gave, by task.
    pub outputs: Map<String, Value>,
    /// Its first fault, if a task run of it failed, and the task.
    pub fault: Option<(String, Fault)>,
}

/// The storages of the workspace, by name, and the SciCat that it tells of what lies on them.
pub trait Storages: Send + Sync {
    /// `landing`, `scratch`, `lts`, `retrieval`, ... `storage.unknown` if there is none of that name.
    fn storage(&self, name: &str) -> Result<Arc<dyn Storage>, Fault>;
    /// A storage rooted at any absolute local folder (a source that was dropped, a folder to retrieve into), in its bytes.
    fn folder(&self, absolute: &[u8]) -> Result<Arc<dyn Storage>, Fault>;
    /// The folder of this machine in which a storage lies. `storage.unknown` if there is none of that name,
    /// `storage.not_local` if it lies elsewhere.
    fn local_path(&self, name: &str) -> Result<PathBuf, Fault> {
        Err(not_local(name))
    }
    /// The connection that leads to a storage, and the folder below the connection's top in which it lies: of a connection that is
    /// named itself, its top. `None` where it lies on this machine, or there is none of that name.
    fn reached_by(&self, _name: &str) -> Option<(String, PathBytes)> {
        None
    }
    /// The same storage, within what limits there are of bytes a second.
    fn within_limits(&self, storage: Arc<dyn Storage>) -> Arc<dyn Storage> {
        storage
    }
    /// Takes a storage in under a name, for the run whose storages these are and until it ends: see [`crate::temporary`].
    fn lend(&self, name: &str, _storage: Arc<dyn Storage>) -> Result<(), Fault> {
        let what = format!("The temporary connection {name} was not made");
        Err(Fault::permanent("connection.temporary", what, "Only a task of a run can make one"))
    }
    /// The SciCat that the connection of this name leads to, with the token that it has; none where there is no such connection.
    fn scicat(&self, _connection: &str) -> Result<Option<Arc<SciCat>>, Fault> {
        Ok(None)
    }
    /// A secret that is kept elsewhere, by where it lies: `vault:MOUNT/PATH#FIELD`, `file:PATH`, `env:NAME`. Blocks.
    fn secret(&self, reference: &str) -> Result<SecretString, Fault> {
        let what = format!("The secret {reference} cannot be read");
        Err(Fault::permanent("secrets.reference", what, "Only a workspace reads secrets that are kept elsewhere"))
    }
    /// The archiver service that the connection of this name leads to; none where there is no such connection.
    fn archiver(&self, _connection: &str) -> Result<Option<Arc<Archiver>>, Fault> {
        Ok(None)
    }
    /// The queues that the connection of this name leads to, in this region or else in the connection's; none where there is no such connection.
    fn sqs(&self, _connection: &str, _region: Option<&str>) -> Result<Option<Arc<Sqs>>, Fault> {
        Ok(None)
    }
    /// What a reservation names: a storage, or an absolute path in its text form, which stands for the file system that it lies
    /// on or will lie on: that of the nearest folder above it that is there.
    fn place(&self, name: &str) -> Result<Arc<dyn Storage>, Fault> {
        if !name.starts_with('/') {
            return self.storage(name);
        }
        let path = PathBytes::from_text(name).map_err(|error| {
            Fault::permanent("storage.unknown", format!("{name} is not a path"), error.to_string()).on_file(name)
        })?;
        let mut folder = path.as_bytes();
        loop {
            match self.folder(if folder.is_empty() { b"/" } else { folder }) {
                Err(_) if !folder.is_empty() => {
                    folder = &folder[..folder.iter().rposition(|byte| *byte == b'/').unwrap_or(0)];
                }
                found => return found,
            }
        }
    }
}

/// The refusal to take a storage that lies elsewhere for a folder of this machine.
pub fn not_local(name: &str) -> Fault {
    let why = "A connection leads to it: it has no path on this machine that a program could be given";
    Fault::permanent("storage.not_local", format!("The storage {name} cannot be used as a folder"), why)
        .now("Copy what is needed to a storage of this machine first (scratch, or any absolute folder), and name that.")
        .at_place(name)
}

/// What the workspace offers to every task.
#[derive(Clone)]
pub struct Services {
    /// The catalogue and the ledger.
    pub catalogue: Arc<dyn Catalogue>,
    /// The storages.
    pub storages: Arc<dyn Storages>,
    /// Starts other runs.
    pub starter: Arc<dyn Starter>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// One attempt of a task run, as its kind sees it.
#[derive(Clone)]
pub struct Context {
    /// Run.
    pub run: String,
    /// Task.
    pub task: String,
    /// Map index, of a mapped task.
    pub index: Option<u32>,
    /// Attempt, from 1.
    pub attempt: u32,
    /// What the workspace offers.
    pub services: Services,
    /// What the runner offers.
    pub host: Arc<dyn TaskHost>,
    /// Secret values of the run: whatever leaves the task is free of them.
    pub secrets: Secrets,
}

/// A kind of task, with its types. Kinds hold no state: everything is in `with`, the context, the ledger and the checkpoint,
/// so that an attempt in a new process goes on where the last one stopped.
#[async_trait]
pub trait TypedKind: Send + Sync + 'static {
    /// Parameters (`with:` in the flow file).
    type With: DeserializeOwned + JsonSchema + Send;
    /// Output.
    type Output: Serialize + JsonSchema + Send;
    /// Name, as in `uses: datablock.write`.
    const NAME: &'static str;
    /// One line on what it does.
    const TITLE: &'static str;
    /// It stops where its run is paused, and goes on there from its last checkpoint. Others are let finish.
    const PAUSES: bool = false;

    /// What it will need, found out without writing anything.
    async fn plan(&self, with: Self::With, services: &Services) -> Result<Need, Fault>;
    /// Does it. May be called again after any crash, and then does no confirmed work twice.
    async fn run(&self, with: Self::With, context: Context) -> Result<Done<Self::Output>, Fault>;
}

/// A kind of task, as the runner sees it. Implemented for every [`TypedKind`].
#[async_trait]
pub trait Kind: Send + Sync {
    /// See [`TypedKind::NAME`].
    fn name(&self) -> &'static str;
    /// See [`TypedKind::TITLE`].
    fn title(&self) -> &'static str;
    /// See [`TypedKind::PAUSES`].
    fn pauses(&self) -> bool {
        false
    }
    /// JSON Schema of the parameters.
    fn with_schema(&self) -> Schema;
    /// JSON Schema of the output.
    fn output_schema(&self) -> Schema;
    /// See [`TypedKind::plan`].
    async fn plan(&self, with: Value, services: &Services) -> Result<Need, Fault>;
    /// See [`TypedKind::run`].
    async fn run(&self, with: Value, context: Context) -> Result<Done<Value>, Fault>;
}

#[async_trait]
impl<K: TypedKind> Kind for K {
    fn name(&self) -> &'static str {
        K::NAME
    }

    fn title(&self) -> &'static str {
        K::TITLE
    }

    fn pauses(&self) -> bool {
        K::PAUSES
    }

    fn with_schema(&self) -> Schema {
        schemars::schema_for!(K::With)
    }

    fn output_schema(&self) -> Schema {
        schemars::schema_for!(K::Output)
    }

    async fn plan(&self, with: Value, services: &Services) -> Result<Need, Fault> {
        TypedKind::plan(self, parameters::<K>(with)?, services).await
    }

    async fn run(&self, with: Value, context: Context) -> Result<Done<Value>, Fault> {
        let done = TypedKind::run(self, parameters::<K>(with)?, context).await?;
        done.map(serde_json::to_value).map_err(|error| {
            Fault::permanent(
                "task.output",
                format!("The output of {} cannot be written as JSON", K::NAME),
                error.to_string(),
            )
        })
    }
}

fn parameters<K: TypedKind>(with: Value) -> Result<K::With, Fault> {
    serde_json::from_value(with).map_err(|error| {
        Fault::permanent("task.with", format!("The parameters of {} are wrong", K::NAME), error.to_string())
            .now("Compare `with:` in the flow file with the kind's schema (longshore flow schema).")
    })
}
