//! `scicat.job_status`: how a job stands, for SciCat.

use async_trait::async_trait;
use longshore_connectors::scicat::JobStatus;
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{connection, tell};
use crate::kind::{Context, Done, Need, Services, TypedKind};
use crate::scicat::Tell;

/// Parameters of `scicat.job_status`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// The job's id; null where there is none, and nothing is told.
    pub job: Option<String>,
    /// `inProgress`, `finishedSuccessful`, `finishedUnsuccessful`, `finishedWithDatasetErrors`.
    pub code: String,
    /// More about it: `jobStarted`, `jobUpdated`, `jobFinished`. Version 3 of SciCat's interface has no place for it.
    pub message: String,
    /// What came of it.
    #[serde(default)]
    pub result: Option<Map<String, Value>>,
    /// The connection to SciCat.
    #[serde(default = "connection")]
    pub connection: String,
}

/// Output of `scicat.job_status`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// The job's id; null where there is none.
    pub job: Option<String>,
    /// What SciCat is told.
    pub code: String,
}

/// `scicat.job_status`.
pub struct ScicatJobStatus;

#[async_trait]
impl TypedKind for ScicatJobStatus {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "scicat.job_status";
    const TITLE: &'static str = "Tells SciCat how a job stands, as soon as SciCat can be told";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        let With { job, code, message, result, connection } = with;
        if let Some(job) = job.clone() {
            let status = JobStatus { code: code.clone(), message, result };
            tell(&context, &connection, vec![Tell::Job { job, status }]).await?;
        }
        Ok(Output { job, code }.into())
    }
}
