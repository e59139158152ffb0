//! What a connection says of queues.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::s3::Account;

/// What the extra fields of a connection to queues may say. Airflow's names for them are understood as those of a connection to S3 are,
/// and keys, profiles and the environment count in the same order.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Options {
    /// The queue: its URL, or its name. Tasks may name others.
    #[schemars(title = "Queue")]
    pub queue_url: Option<String>,
    /// How the account is reached.
    #[serde(flatten)]
    pub account: Account,
}
