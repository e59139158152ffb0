//! Where a dataset is on its way.

use reqwest::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::client::{SciCat, Version};
use super::error::Result;
use super::request::Call;

/// A dataset's lifecycle, or a change of it: what is not said stays as it is. Other fields of SciCat's are passed over.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Lifecycle {
    /// It may be archived, and no job for that is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archivable: Option<bool>,
    /// It is archived, and may be retrieved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retrievable: Option<bool>,
    /// It may be published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publishable: Option<bool>,
    /// Its files lie on the central file server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_on_central_disk: Option<bool>,
    /// How its archiving stands: `datasetCreated`, `started`, `datasetOnArchiveDisk`, `scheduleArchiveJobFailed`,
    /// `missingFilesError`, ...
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive_status_message: Option<String>,
    /// How its retrieval stands: `started`, `datasetRetrieved`, `datasetRetrievalFailed`, ...
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retrieve_status_message: Option<String>,
    /// More about its archiving.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive_return_message: Option<Map<String, Value>>,
    /// More about its retrieval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retrieve_return_message: Option<Map<String, Value>>,
    /// Where it lies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_location: Option<String>,
}

impl SciCat {
    /// Changes what the change names of a dataset's lifecycle, and nothing else. Gives the lifecycle as it is then.
    ///
    /// By the sub-route, which merges: through the dataset itself everything that is not named would fall back to its default. The same
    /// change twice is one, so it is repeated where no answer comes.
    pub async fn change_lifecycle(&self, pid: &str, change: &Lifecycle) -> Result<Lifecycle> {
        let path = ["datasets", pid, "datasetlifecycle"];
        let call = Call::new(format!("Changing the lifecycle of {pid} in SciCat"), Method::PATCH, Version::V3, &path)?;
        self.ask(&call.json(&json!(change))).await
    }
}
