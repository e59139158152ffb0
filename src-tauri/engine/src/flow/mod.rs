//! Flows: what a flow file says, checked.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

mod check;
mod cycle;
pub(crate) mod duration;
mod graph;
mod guard;
mod kinds;
mod names;
mod near;
mod node;
mod params;
mod read;
mod run_title;
mod schedules;
mod schema;
mod task;

pub use duration::{duration, size};
pub use graph::{Edge, Graph, Node};
pub use kinds::Kinds;
pub(crate) use near::meant;
pub use params::Param;
pub use schema::schema;

use crate::expression::Template;
use crate::schedule::Schedule;

/// A flow: a directed acyclic graph of tasks, as one version of a flow file describes it.
#[derive(Debug)]
pub struct Flow {
    /// Id.
    pub id: String,
    /// Other names under which it is found, such as the ids of the DAGs that it takes the place of.
    pub aliases: Vec<String>,
    /// Title; the id if the file gives none.
    pub title: String,
    /// Title of a run, from its parameters.
    run_title: Option<Template>,
    /// Description.
    pub description: String,
    /// Parameters, in the order of the file.
    pub params: Vec<Param>,
    /// Keeps a second run of the same kind from being active.
    pub guard: Option<Guard>,
    /// How many of its runs may be active at once; no bound if none.
    pub max_active_runs: Option<u32>,
    /// How many task runs of one run may work at once; no bound if none.
    pub max_active_tasks: Option<u32>,
    /// Its tasks in the order of the file, then its hooks: on failure, on cancel, at the end.
    pub tasks: Vec<Task>,
    /// When its runs start by themselves, in the order of the file.
    pub schedules: Vec<Schedule>,
    /// Digest of the text, hex: the version.
    pub version: String,
    /// Text of the file.
    pub source: Arc<str>,
    positions: HashMap<String, usize>,
}

/// What part a task has in its flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Does the work.
    Task,
    /// Runs after the work, if any of it failed.
    OnFailure,
    /// Runs after the work, if the run was cancelled.
    OnCancel,
    /// Runs when a task run has failed and will be tried again; the retry does not wait for it.
    OnRetry,
    /// Runs at the very end, whatever happened.
    Finally,
}

impl Role {
    /// Its stable word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::OnFailure => "on_failure",
            Self::OnCancel => "on_cancel",
            Self::OnRetry => "on_retry",
            Self::Finally => "finally",
        }
    }
}

/// A task of a flow.
#[derive(Debug)]
pub struct Task {
    /// Id, unique in its flow.
    pub id: String,
    /// What part it has.
    pub role: Role,
    /// Kind of task.
    pub uses: String,
    /// Parameters of the kind.
    pub with: Template,
    /// Gives the list that it is mapped over.
    pub for_each: Option<Template>,
    /// Positions in [`Flow::tasks`] of the tasks that it needs: those named and those whose output it uses. Ascending.
    pub needs: Vec<usize>,
    /// Positions of the tasks that need it. Ascending.
    pub needed_by: Vec<usize>,
    /// Positions of the tasks whose output its expressions use. Ascending.
    pub reads: Vec<usize>,
    /// Condition; if it is false, the task is skipped.
    pub when: Option<Template>,
    /// Text of the condition.
    pub when_text: Option<String>,
    /// Which ends of the tasks that it needs let it run.
    pub trigger: Trigger,
    /// Position of the task that it follows item by item: its task run with an index has the output of that task's task run with the
    /// same index as its item, and begins as soon as that one has succeeded.
    pub each: Option<usize>,
    /// Slots of limits that it holds while it runs.
    pub limits: Vec<Claim>,
    /// Weight: of what could start, the heaviest starts first, whatever run it is of. 0 if the file says nothing.
    pub priority: i32,
    /// Name of the group of tasks that it is shown in.
    pub group: Option<String>,
    /// Makes ready what others need, and what a teardown takes away.
    pub setup: bool,
    /// Positions of the setups that it takes away again: it runs once all that it needs has ended, if one of them had succeeded.
    pub teardown: Vec<usize>,
    /// Its failure does not make the run failed: a teardown's, unless the file says otherwise.
    pub spares_run: bool,
    /// Room that it needs.
    pub reserve: Vec<Reserve>,
    /// What to do when it fails.
    pub retries: Retries,
    /// How long an attempt may work. While it is deferred the time stands still, and begins anew when it looks again.
    pub timeout: Option<Duration>,
    /// How long an attempt may go without a sign that it comes forward.
    pub stall_timeout: Option<Duration>,
    /// How long all of it may take from the start of its first attempt, further attempts and all waits included.
    pub deadline: Option<Duration>,
    /// Short text for each item of a mapped task.
    pub label: Option<Template>,
}

impl Task {
    /// Whether it has one task run for each item of a list.
    pub fn mapped(&self) -> bool {
        self.for_each.is_some()
    }
}

/// Slots of a limit that a task run holds while it works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Name of the limit.
    pub limit: String,
    /// How many of its slots.
    pub slots: u32,
}

/// Keeps a second run of the same kind from being active. Runs of a flow are of the same kind if this has the same value for them.
#[derive(Debug)]
pub struct Guard {
    /// The value. A run for which it is null or empty is guarded by nothing.
    pub value: Template,
    /// What becomes of a run that is asked for while another one of its kind is active.
    pub on_duplicate: OnDuplicate,
}

/// See [`Guard::on_duplicate`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnDuplicate {
    /// It is refused.
    #[default]
    Refuse,
    /// It waits until the other one has ended.
    Wait,
    /// The other one is given instead.
    Same,
}

impl OnDuplicate {
    /// Every choice, with its word.
    pub const WORDS: [(&'static str, Self); 3] = [("refuse", Self::Refuse), ("wait", Self::Wait), ("same", Self::Same)];
}

/// Why a text is no flow file, to be told before it is read into memory.
pub fn too_large(file: &str, bytes: u64) -> crate::Fault {
    let why = format!("it has {bytes} bytes, and a flow file may have {}", check::MOST_BYTES);
    crate::Fault::permanent("flow.too_large", format!("{file} is too large"), why)
        .now("Move lists into a parameter or into what a task gives back, and data into files.")
}

/// Bytes that a flow file may have.
pub const MOST_BYTES: u64 = check::MOST_BYTES as u64;

/// Room that a task needs while it runs.
#[derive(Debug)]
pub struct Reserve {
    /// Name of the storage.
    pub storage: Template,
    /// Bytes: a number, or text such as `20 GiB`.
    pub bytes: Template,
}

/// Which ends of the tasks that a task needs let it run. Airflow's rules, under Airflow's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// All succeeded.
    #[default]
    AllSuccess,
    /// All failed.
    AllFailed,
    /// All ended.
    AllDone,
    /// All ended, and one succeeded.
    AllDoneMinOneSuccess,
    /// All were skipped.
    AllSkipped,
    /// One failed; the others may still run.
    OneFailed,
    /// One succeeded; the others may still run.
    OneSuccess,
    /// One succeeded or failed; the others may still run.
    OneDone,
    /// None failed: succeeded or skipped.
    NoneFailed,
    /// None failed, and one succeeded.
    NoneFailedMinOneSuccess,
    /// None was skipped.
    NoneSkipped,
    /// At once, whatever they do.
    Always,
}

impl Trigger {
    /// Every rule, with its word.
    pub const WORDS: [(&'static str, Self); 12] = [
        ("all_success", Self::AllSuccess),
        ("all_failed", Self::AllFailed),
        ("all_done", Self::AllDone),
        ("all_done_min_one_success", Self::AllDoneMinOneSuccess),
        ("all_skipped", Self::AllSkipped),
        ("one_failed", Self::OneFailed),
        ("one_success", Self::OneSuccess),
        ("one_done", Self::OneDone),
        ("none_failed", Self::NoneFailed),
        ("none_failed_min_one_success", Self::NoneFailedMinOneSuccess),
        ("none_skipped", Self::NoneSkipped),
        ("always", Self::Always),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, rule)| *rule == self).map_or("all_success", |(word, _)| word)
    }
}

/// How the delay grows from one retry to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Backoff {
    /// It does not.
    #[default]
    Fixed,
    /// It doubles.
    Exponential,
}

/// What to do when an attempt fails in a way that another one may mend.
#[derive(Debug, Clone, PartialEq)]
pub struct Retries {
    /// How many more attempts there may be after the first.
    pub max: u32,
    /// Delays before the first, second, ... retry; the last serves for all that follow. Never empty.
    pub delays: Vec<Duration>,
    /// How the delay grows, once the list is used up.
    pub backoff: Backoff,
    /// Vary each delay by up to a quarter of it, so that many do not come back at once.
    pub jitter: bool,
    /// No delay is longer.
    pub cap: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            max: 0,
            delays: vec![Duration::from_secs(30)],
            backoff: Backoff::Fixed,
            jitter: false,
            cap: Duration::from_hours(1),
        }
    }
}

impl Flow {
    /// Reads and checks a flow file. All that is wrong is told at once, each with its place. `kinds` are the kinds of task
    /// that there are; with none given, `uses` and `with` are taken as they are.
    pub fn parse(file: &str, text: &str, kinds: Option<&Kinds>) -> Result<Self, Vec<crate::Fault>> {
        check::flow(file, text, kinds)
    }

    /// Position of a task.
    pub fn position(&self, task: &str) -> Option<usize> {
        self.positions.get(task).copied()
    }

    /// A task by its id.
    pub fn task(&self, id: &str) -> Option<&Task> {
        self.position(id).map(|position| &self.tasks[position])
    }

    /// JSON Schema of the parameters, as an object schema.
    pub fn params_schema(&self) -> Value {
        params::object_schema(&self.params)
    }
}
