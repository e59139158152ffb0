//! Works that travel from an archive to where they are read, and the messages of queues that ask for them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Result;

/// How far a work is, in the order of its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkStep {
    /// Its restore from an archive was asked for, and goes on.
    Requested,
    /// It can be read, for a while.
    Restored,
    /// Its copy lies here, proved.
    Downloaded,
    /// Its bag was valid, and is unpacked.
    Debagged,
    /// It lies where it is read.
    Synced,
}

/// Something that became of a work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkNote {
    /// Its id.
    pub work: String,
    /// Where it lies or lay: CONNECTION:PATH. None keeps what is known.
    pub place: Option<String>,
    /// The step that it has made. None: it came to nothing, and `trouble` says why.
    pub step: Option<WorkStep>,
    /// When, in milliseconds since the epoch.
    pub at: i64,
    /// Until when a restored copy can be read, in milliseconds since the epoch.
    pub until: Option<i64>,
    /// Why it came to nothing.
    pub trouble: Option<String>,
    /// The run that says so.
    pub run: String,
}

/// A message of a queue, by which it is found again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MessageId {
    /// The connection to the queue.
    pub connection: String,
    /// The region, where it is not the connection's own.
    pub region: Option<String>,
    /// The queue's URL.
    pub queue: String,
    /// The message's id.
    pub message: String,
}

/// A message that was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedMessage {
    /// Which.
    pub id: MessageId,
    /// What deletes it, or hides it longer: of the last time that it came.
    pub handle: String,
    /// What it says.
    pub body: String,
    /// What it asks for, each by what makes it one: the same may be asked for by several messages.
    pub asks: Vec<String>,
    /// How often it was received.
    pub times: u32,
    /// Why it is not worked on, if it is not: it is kept as [`HeldState::Poison`].
    pub poison: Option<String>,
    /// When it was received, in milliseconds since the epoch.
    pub at: i64,
    /// The run that received it.
    pub run: String,
}

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HeldState {
    /// A run works on what it asks for.
    Open,
    /// What it asked for is done, and proved: it may be deleted.
    Done,
    /// It was given back to the queue, as what it asked for came to nothing.
    Returned,
    /// It came too often, or nobody understands it. It stays in its queue, hidden.
    Poison,
}

/// A message that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldMessage {
    /// What was received last.
    pub received: ReceivedMessage,
    /// What becomes of it.
    pub state: HeldState,
    /// Of what it asks for, what is not done.
    pub open: Vec<String>,
    /// Whether it was deleted from its queue.
    pub deleted: bool,
    /// How often it had come when an operator gave it back to its queue: those times count no more.
    pub forgiven: u32,
    /// Why it came to nothing.
    pub trouble: Option<String>,
}

/// Works and messages, as tasks read and write them. What [`crate::Catalogue`] says of its calls holds here too. A catalogue that keeps none
/// of them knows none.
pub trait Library: Send + Sync {
    /// Takes down what became of works, all or none. What a run says twice is said once; a step that another run makes again begins the way
    /// anew from there.
    fn note_works(&self, _: &[WorkNote]) -> Result<()> {
        Ok(())
    }
    /// Keeps messages that were received, all or none. One that another run works on stays that run's, with the handle that counts now; one
    /// that asks for nothing that is not done already is [`HeldState::Done`].
    fn hold_messages(&self, _: &[ReceivedMessage]) -> Result<()> {
        Ok(())
    }
    /// The messages that a run works on or has worked on, in the order in which they came.
    fn messages_of(&self, _run: &str) -> Result<Vec<HeldMessage>> {
        Ok(Vec::new())
    }
    /// The messages that ask for one of these, whoever works on them.
    fn messages_asking(&self, _asks: &[String]) -> Result<Vec<HeldMessage>> {
        Ok(Vec::new())
    }
    /// What was asked for is done and proved, at this time in milliseconds since the epoch. It stays done, whichever message asks for it again.
    fn asks_done(&self, _asks: &[String], _at: i64) -> Result<()> {
        Ok(())
    }
    /// Whether something that was asked for is done.
    fn ask_is_done(&self, _ask: &str) -> Result<bool> {
        Ok(false)
    }
    /// A message, if it is kept.
    fn message(&self, _: &MessageId) -> Result<Option<HeldMessage>> {
        Ok(None)
    }
    /// What became of a message, whether it was deleted from its queue, and why, where there is something to say.
    fn settle_message(&self, _: &MessageId, _: HeldState, _deleted: bool, _why: Option<&str>) -> Result<()> {
        Ok(())
    }
}
