//! What SciCat has to be told, and whether it was.

use longshore_catalogue::MessageState;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Which messages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct ScicatPendingArgs {
    /// Those that were delivered or dropped too, and then the newest first.
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

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ScicatState {
    /// To be delivered.
    Pending,
    /// SciCat does not take it; what is about the same dataset or job waits behind it.
    Refused,
    /// Delivered.
    Sent,
    /// An operator decided that it need not be delivered.
    Dropped,
}

impl From<MessageState> for ScicatState {
    fn from(state: MessageState) -> Self {
        match state {
            MessageState::Pending => Self::Pending,
            MessageState::Refused => Self::Refused,
            MessageState::Sent => Self::Sent,
            MessageState::Dropped => Self::Dropped,
        }
    }
}

/// Something that SciCat has to be told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ScicatMessage {
    /// Its number.
    #[ts(type = "number")]
    pub id: i64,
    /// The connection to SciCat.
    pub connection: String,
    /// `dataset PID` or `job ID`.
    pub about: String,
    /// What is told, in a few words.
    pub text: String,
    /// What became of it.
    pub state: ScicatState,
    /// When it was so, in milliseconds since the epoch.
    #[ts(type = "number")]
    pub at: i64,
    /// The run that it comes from.
    pub run: Option<String>,
    /// Tries that failed.
    pub tries: u32,
    /// When it was delivered, refused or dropped.
    #[ts(type = "number | null")]
    pub ended: Option<i64>,
    /// Why the last try failed.
    pub trouble: Option<String>,
}

/// What came of delivering now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ScicatSent {
    /// Messages that were delivered.
    #[ts(type = "number")]
    pub sent: u64,
    /// Messages that are left, those that were refused included.
    #[ts(type = "number")]
    pub left: u64,
    /// Why it went no further, or why one was refused.
    pub trouble: Option<String>,
}

/// A message that need not be delivered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct ScicatDropArgs {
    /// Its number.
    #[ts(type = "number")]
    pub message: i64,
    /// Why, for the audit log.
    #[serde(default)]
    pub why: Option<String>,
}
