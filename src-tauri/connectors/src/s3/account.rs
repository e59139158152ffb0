//! What every service of an account is reached by: the storage of objects, and the queues.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

/// Where an account's services are, and whose keys count.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Account {
    /// URL of the endpoint, such as `https://s3.example.org`; without one, AWS.
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

impl Account {
    /// An empty field of a form is one that was not filled in.
    pub(super) fn tidy(&mut self) {
        let texts = [
            &mut self.endpoint_url,
            &mut self.region,
            &mut self.profile,
            &mut self.session_token,
            &mut self.role_arn,
            &mut self.external_id,
        ];
        for text in texts {
            text.take_if(|text| text.trim().is_empty());
        }
    }
}
