//! Jobs: what somebody asks to be done with datasets, and how it stands.

use reqwest::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::client::{SciCat, Version};
use super::error::{Error, Result};
use super::request::Call;

/// Member of a job's parameters by which we find again one that we have made.
const KEY: &str = "requestKey";

/// A dataset of a job.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobDataset {
    /// Its pid.
    pub pid: String,
    /// Files of it; none means all.
    #[serde(default)]
    pub files: Vec<String>,
}

/// A job, in either version.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(from = "Told")]
pub struct Job {
    /// Identifier.
    pub id: String,
    /// `archive`, `retrieve`, ...
    pub kind: String,
    /// Its datasets.
    pub datasets: Vec<JobDataset>,
    /// Who asked for it.
    pub owner: Option<String>,
    /// Their group.
    pub owner_group: Option<String>,
    /// Whom to tell.
    pub contact: Option<String>,
    /// How it stands: `jobSubmitted`, `inProgress`, `finishedSuccessful`, ... or what else a site uses.
    pub status: String,
    /// More about that; version 3 does not tell it.
    pub message: Option<String>,
    /// Its parameters.
    pub params: Map<String, Value>,
    /// What came of it.
    pub result: Value,
}

/// What is told in either version.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    id: Option<String>,
    #[serde(rename = "_id")]
    other_id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    dataset_list: Option<Vec<JobDataset>>,
    job_params: Option<Map<String, Value>>,
    owner_user: Option<String>,
    owner_group: Option<String>,
    #[serde(alias = "emailJobInitiator")]
    contact_email: Option<String>,
    #[serde(alias = "jobStatusMessage")]
    status_code: Option<String>,
    status_message: Option<String>,
    #[serde(default)]
    job_result_object: Value,
}

impl From<Told> for Job {
    fn from(told: Told) -> Self {
        let params = told.job_params.unwrap_or_default();
        // At the top in version 3, among the parameters in version 4.
        let within = || serde_json::from_value(params.get("datasetList").cloned().unwrap_or_default()).ok();
        let datasets = told.dataset_list.filter(|list| !list.is_empty()).or_else(within).unwrap_or_default();
        let user = params.get("username").and_then(Value::as_str).map(str::to_owned);
        Self {
            id: told.id.or(told.other_id).unwrap_or_default(),
            kind: told.kind.unwrap_or_default(),
            datasets,
            owner: told.owner_user.or(user),
            owner_group: told.owner_group,
            contact: told.contact_email,
            status: told.status_code.unwrap_or_default(),
            message: told.status_message,
            params,
            result: told.job_result_object,
        }
    }
}

/// A job to be made.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewJob {
    /// `archive`, `retrieve`, ...
    pub kind: String,
    /// Its datasets.
    pub datasets: Vec<JobDataset>,
    /// Who asks for it.
    pub owner: Option<String>,
    /// Their group; version 3 does not take it.
    pub owner_group: Option<String>,
    /// Whom to tell.
    pub contact: Option<String>,
    /// What makes it one: a job with this key that is there is not made again.
    pub key: String,
}

impl NewJob {
    fn body(&self, version: Version) -> Value {
        let mut params = json!({KEY: self.key});
        if let Some(owner) = &self.owner {
            params["username"] = json!(owner);
        }
        let mut body = json!({"type": self.kind});
        match version {
            Version::V3 => {
                body["datasetList"] = json!(self.datasets);
                put(&mut body, "emailJobInitiator", self.contact.as_ref());
            }
            Version::V4 => {
                params["datasetList"] = json!(self.datasets);
                put(&mut body, "ownerUser", self.owner.as_ref());
                put(&mut body, "ownerGroup", self.owner_group.as_ref());
                put(&mut body, "contactEmail", self.contact.as_ref());
            }
        }
        body["jobParams"] = params;
        body
    }
}

fn put(body: &mut Value, field: &str, text: Option<&String>) {
    if let Some(text) = text {
        body[field] = json!(text);
    }
}

/// How a job stands now.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JobStatus {
    /// `inProgress`, `finishedSuccessful`, `finishedUnsuccessful`, `finishedWithDatasetErrors`, or another word of the site.
    pub code: String,
    /// More about it: `jobStarted`, `jobUpdated`, `jobFinished`, ...; version 3 has no place for it.
    pub message: String,
    /// What came of it, which takes the place of what was said before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Map<String, Value>>,
}

impl JobStatus {
    /// Version 4 refuses one of the two without the other; version 3 drops what it does not know without a word.
    fn body(&self, version: Version) -> Value {
        let mut body = match version {
            Version::V3 => json!({"jobStatusMessage": self.code}),
            Version::V4 => json!({"statusCode": self.code, "statusMessage": self.message}),
        };
        if let Some(result) = &self.result {
            body["jobResultObject"] = json!(result);
        }
        body
    }
}

impl SciCat {
    /// A job. `scicat.unknown` where there is none.
    pub async fn job(&self, id: &str) -> Result<Job> {
        let version = self.jobs_version().await?;
        self.ask(&Call::get(format!("Reading the job {id} in SciCat"), version, &["jobs", id])?).await
    }

    /// Makes a job, unless one with its key is there.
    pub async fn create_job(&self, new: &NewJob) -> Result<Job> {
        let (version, what) = (self.jobs_version().await?, format!("Making a job ({}) in SciCat", new.kind));
        if new.key.is_empty() {
            return Err(Error::permanent("scicat.id", &what, "a job without a key might be made twice"));
        }
        let call = Call::new(what, Method::POST, version, &["jobs"])?.json(&new.body(version));
        self.make_once(|| self.job_of(&new.key), || self.ask(&call)).await
    }

    async fn job_of(&self, key: &str) -> Result<Option<Job>> {
        let call = Call::get("Looking for a job in SciCat", self.jobs_version().await?, &["jobs"])?;
        let filter = json!({"where": {(format!("jobParams.{KEY}")): key}, "limits": {"limit": 2}});
        let found: Vec<Job> = self.ask(&call.filter(&filter)).await?;
        // A server that passes over what it cannot look for gives others.
        Ok(found.into_iter().find(|job| job.params.get(KEY).and_then(Value::as_str) == Some(key)))
    }

    /// Says how a job stands. The same twice is once, so it is repeated where no answer comes.
    pub async fn change_job(&self, id: &str, status: &JobStatus) -> Result<Job> {
        let version = self.jobs_version().await?;
        let call = Call::new(format!("Changing the job {id} in SciCat"), Method::PATCH, version, &["jobs", id])?;
        self.ask(&call.json(&status.body(version))).await
    }
}
