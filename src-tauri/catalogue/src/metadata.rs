//! What is said of a dataset beside its files.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::PathBytes;

/// What is said of a dataset, by the names that SciCat has for it (the fields of its `CreateDatasetDto`). A text that is empty is not said.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, ts_rs::TS)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct Metadata {
    /// Identifier that was chosen; SciCat gives one if there is none.
    pub pid: Option<String>,
    /// `raw` or `derived`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Name.
    pub dataset_name: String,
    /// Who owns it.
    pub owner: String,
    /// Group that may change it.
    pub owner_group: String,
    /// Groups that may see it.
    pub access_groups: Vec<String>,
    /// Whom to ask.
    pub contact_email: String,
    /// Who answers for the work; several are separated by semicolons.
    pub principal_investigator: String,
    /// Where it was measured, as in `/site/facility/instrument`.
    pub creation_location: String,
    /// When it was measured (RFC 3339); when it was uploaded, if not said.
    pub creation_time: Option<String>,
    /// What it is.
    pub description: String,
    /// Words by which it is found.
    pub keywords: Vec<String>,
    /// Of a derived dataset: the datasets that it was made from.
    pub input_datasets: Vec<String>,
    /// Of a derived dataset: the software that made it.
    pub used_software: Vec<String>,
    /// What was measured how.
    #[ts(type = "Record<string, unknown>")]
    pub scientific_metadata: Map<String, Value>,
}

/// Where a dataset with metadata stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Described {
    /// Its identifier in SciCat: that which was chosen, or was given. None until it is known.
    pub pid: Option<String>,
    /// The folder of the landing zone in which its files lie, once it is known.
    pub folder: Option<PathBytes>,
}
