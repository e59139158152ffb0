//! Works on their way from an archive to where they are read, and the messages that ask for them.

use longshore_catalogue::{HeldMessage, HeldState};
use longshore_store::WorkRecord;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A page of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct WorkListArgs {
    /// Only those that were asked of a slow archive and cannot be read yet, the one that was asked for first at the top.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub recalls: bool,
    /// Rows to pass over.
    #[serde(default)]
    #[ts(type = "number")]
    pub offset: u64,
    /// Rows at most; 100 if not given.
    #[serde(default)]
    pub limit: u32,
}

/// How far a work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum WorkState {
    /// Its restore was asked for, and goes on.
    Requested,
    /// It can be read.
    Restored,
    /// Its copy lies here, proved.
    Downloaded,
    /// Its bag was valid, and is unpacked.
    Debagged,
    /// It lies where it is read.
    Synced,
    /// It came to nothing.
    Failed,
}

/// A work, and when it made each step, in milliseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct WorkRow {
    /// Its id.
    pub work: String,
    /// How far it is.
    pub state: WorkState,
    /// Where it lies or lay.
    pub place: Option<String>,
    /// Its restore was asked for.
    #[ts(type = "number | null")]
    pub requested: Option<i64>,
    /// It could be read.
    #[ts(type = "number | null")]
    pub restored: Option<i64>,
    /// Until when its restored copy can be read.
    #[ts(type = "number | null")]
    pub until: Option<i64>,
    /// Its copy lay here.
    #[ts(type = "number | null")]
    pub downloaded: Option<i64>,
    /// Its bag was unpacked.
    #[ts(type = "number | null")]
    pub debagged: Option<i64>,
    /// It lay where it is read.
    #[ts(type = "number | null")]
    pub synced: Option<i64>,
    /// Why it came to nothing.
    pub trouble: Option<String>,
    /// The run that said so last.
    pub run: String,
    /// When that was.
    #[ts(type = "number")]
    pub changed: i64,
}

impl From<WorkRecord> for WorkRow {
    fn from(known: WorkRecord) -> Self {
        let state = match &known {
            WorkRecord { trouble: Some(_), .. } => WorkState::Failed,
            WorkRecord { synced: Some(_), .. } => WorkState::Synced,
            WorkRecord { debagged: Some(_), .. } => WorkState::Debagged,
            WorkRecord { downloaded: Some(_), .. } => WorkState::Downloaded,
            WorkRecord { restored: Some(_), .. } => WorkState::Restored,
            _ => WorkState::Requested,
        };
        let WorkRecord { id, place, requested, restored, until, downloaded, debagged, synced, trouble, run, changed } =
            known;
        Self { work: id, state, place, requested, restored, until, downloaded, debagged, synced, trouble, run, changed }
    }
}

/// Which messages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct QueueMessagesArgs {
    /// Those that are done too.
    #[serde(default)]
    pub all: bool,
    /// Rows to pass over.
    #[serde(default)]
    #[ts(type = "number")]
    pub offset: u64,
    /// Rows at most; 100 if not given.
    #[serde(default)]
    pub limit: u32,
}

/// A message that an operator decides about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct QueueMessageArgs {
    /// Its id.
    pub message: String,
    /// The URL of its queue, where messages of several have that id.
    #[serde(default)]
    pub queue: Option<String>,
    /// Why, for the audit log.
    #[serde(default)]
    pub why: Option<String>,
}

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum QueueMessageState {
    /// A run works on what it asks for.
    Open,
    /// What it asked for is done.
    Done,
    /// It was given back to its queue.
    Returned,
    /// It came too often: it is worked on no more.
    Poison,
}

/// A message of a queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct QueueMessageRow {
    /// Its id.
    pub message: String,
    /// The connection to its queue.
    pub connection: String,
    /// The URL of its queue.
    pub queue: String,
    /// What becomes of it.
    pub state: QueueMessageState,
    /// What it asks for.
    pub asks: Vec<String>,
    /// How often it was received.
    pub times: u32,
    /// When it was received last, in milliseconds since the epoch.
    #[ts(type = "number")]
    pub at: i64,
    /// The run that works on it, or did.
    pub run: String,
    /// Whether it was deleted from its queue.
    pub deleted: bool,
    /// Why it came to nothing.
    pub trouble: Option<String>,
    /// What it says, as it came.
    pub body: String,
}

impl From<HeldMessage> for QueueMessageRow {
    fn from(held: HeldMessage) -> Self {
        let HeldMessage { received, state, deleted, trouble, .. } = held;
        let state = match state {
            HeldState::Open => QueueMessageState::Open,
            HeldState::Done => QueueMessageState::Done,
            HeldState::Returned => QueueMessageState::Returned,
            HeldState::Poison => QueueMessageState::Poison,
        };
        Self {
            message: received.id.message,
            connection: received.id.connection,
            queue: received.id.queue,
            state,
            asks: received.asks,
            times: received.times,
            at: received.at,
            run: received.run,
            deleted,
            trouble,
            body: received.body,
        }
    }
}
