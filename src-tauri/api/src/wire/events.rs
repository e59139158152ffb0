//! What an owner tells without being asked.

use longshore_engine::TaskState;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{LogRow, ProgressRow, StateCount, TestStep};

/// What a reply rests on. Each operation says which tags its reply provides; a `changed` event names those that are stale.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(tag = "of", content = "key", rename_all = "snake_case")]
pub enum Tag {
    /// The workspace's own facts.
    Workspace,
    /// Storages and their room.
    Storages,
    /// Any list of datasets.
    Datasets,
    /// One dataset, by pid.
    Dataset(String),
    /// Any list of runs.
    Runs,
    /// One run.
    Run(String),
    /// The flows.
    Flows,
    /// How far schedules are, and what is due next.
    Schedules,
    /// Limits, and who holds their slots.
    Limits,
    /// Variables.
    Variables,
    /// Connections, and where secrets are kept.
    Connections,
    /// How fast bytes may move over connections.
    Rates,
    /// The audit log.
    Audit,
    /// What SciCat has to be told.
    Scicat,
    /// Users of the interfaces that are reached over a network.
    Users,
}

/// Live amounts of one task of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct TaskLive {
    /// Task.
    pub task: String,
    /// State to show.
    pub state: TaskState,
    /// Task runs by state.
    pub counts: Vec<StateCount>,
    /// Amounts of all together.
    pub progress: ProgressRow,
}

/// An event. At most ten a second of each kind for one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// Replies that rest on these tags are stale.
    Changed {
        /// The tags.
        tags: Vec<Tag>,
    },
    /// Every reply is stale: the owner is another one, or more changed than could be told.
    Everything,
    /// Amounts of a run that moves.
    Progress {
        /// Run.
        run: String,
        /// Amounts of the run as a whole, as in its row.
        progress: ProgressRow,
        /// Tasks that moved.
        tasks: Vec<TaskLive>,
    },
    /// New lines of a run's log.
    Log {
        /// Run.
        run: String,
        /// Lines, at most 100; more are to be fetched.
        lines: Vec<LogRow>,
    },
    /// A listing for a plan goes on.
    Plan {
        /// Token of the request.
        token: String,
        /// Files so far.
        #[ts(type = "number")]
        files: u64,
        /// Bytes so far.
        #[ts(type = "number")]
        bytes: u64,
    },
    /// A task tells the operator something at once. Not kept.
    Notice {
        /// Run.
        run: String,
        /// What it is about.
        title: String,
        /// What there is to say.
        text: String,
    },
    /// A step of a test of a connection has ended.
    Tested {
        /// Token of the request.
        token: String,
        /// The step.
        step: TestStep,
    },
    /// Somebody started a second window: show the first.
    Raise,
    /// The connection to the owner was lost; `true` once it is there again.
    Connection {
        /// Whether there is one.
        up: bool,
    },
}
