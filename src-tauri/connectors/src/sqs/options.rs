//! What a connection says of queues.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

/// What the extra fields of a connection to queues may say. Airflow's names for them are understood as those of a connection to S3 are,
/// and keys, profiles and the environment count in the same order.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Options {
    /// The queue: its URL, or its name. Tasks may name others.
    #[schemars(title = "Queue")]
    pub queue_url: Option<String>,
    /// URL of the endpoint, where it is not Amazon's.
    #[schemars(title = "Endpoint")]
    pub endpoint_url: Option<String>,
    /// Region, which also enters the signature; `us-east-1` if neither this nor the profile says one.
    #[serde(alias = "region_name")]
    #[schemars(title = "Region")]
    pub region: Option<String>,
    /// A file of certificates (PEM) of authorities to trust besides the system's.
    #[schemars(title = "CA bundle")]
    pub ca_bundle: Option<PathBuf>,
    /// Profile of `~/.aws/config` and `~/.aws/credentials`, where the connection has no keys of its own.
    #[serde(alias = "profile_name")]
    #[schemars(title = "Profile")]
    pub profile: Option<String>,
    /// Token that belongs to temporary keys.
    #[serde(alias = "aws_session_token")]
    #[schemars(title = "Session token")]
    pub session_token: Option<String>,
    /// Role to take on with the keys.
    #[schemars(title = "Role (ARN)")]
    pub role_arn: Option<String>,
    /// External id that the role asks for.
    #[schemars(title = "External id")]
    pub external_id: Option<String>,
}
