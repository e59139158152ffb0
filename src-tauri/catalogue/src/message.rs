//! What other systems have to be told, kept until they have been.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Something that another system has to be told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewMessage {
    /// What makes it one: a message with the key of one that is there is that one.
    pub key: String,
    /// The connection that leads to the system. There need be none yet.
    pub to: String,
    /// What it is about. Messages about one thing are delivered in the order in which they were kept.
    pub about: String,
    /// What is to be told, in words of whoever delivers it.
    pub body: Value,
    /// When it was so, in milliseconds since the epoch.
    pub at: i64,
    /// The run that it comes from.
    pub run: Option<String>,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// To be delivered.
    Pending,
    /// The system does not take it. What is about the same thing waits behind it, until somebody has it tried again or drops it.
    Refused,
    /// Delivered.
    Sent,
    /// An operator decided that it need not be delivered.
    Dropped,
}

/// A message that is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Key; ascending in the order in which messages were kept.
    pub id: i64,
    /// What it says.
    pub message: NewMessage,
    /// What became of it.
    pub state: MessageState,
    /// Tries that failed.
    pub tries: u32,
    /// When it was delivered, refused or dropped, in milliseconds since the epoch.
    pub ended: Option<i64>,
    /// Why the last try failed.
    pub trouble: Option<String>,
}
