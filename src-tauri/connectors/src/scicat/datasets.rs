//! Datasets.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::client::{SciCat, Version};
use super::error::{Error, Result};
use super::lifecycle::Lifecycle;
use super::request::Call;

/// A dataset: of its many fields those that archiving looks at.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(from = "Told")]
pub struct Dataset {
    /// Identifier; it has a slash in it.
    pub pid: String,
    /// Name.
    pub name: String,
    /// `raw`, `derived`, ...
    pub kind: String,
    /// Who owns it.
    pub owner: String,
    /// Group that may change it.
    pub owner_group: String,
    /// Groups that may see it.
    pub access_groups: Vec<String>,
    /// Whom to ask.
    pub contact_email: String,
    /// Where its files were taken from.
    pub source_folder: String,
    /// When it was measured, as SciCat writes it.
    pub creation_time: String,
    /// Everybody may see it.
    pub published: bool,
    /// Bytes of its files.
    pub size: u64,
    /// Files of its original datablocks.
    pub files: u64,
    /// Bytes of its datablocks.
    pub packed_size: u64,
    /// Principal investigators: version 3 has one, version 4 a list.
    pub investigators: Vec<String>,
    /// Where it is on its way.
    pub lifecycle: Lifecycle,
    /// When it was changed last, as SciCat writes it.
    pub changed: Option<String>,
}

/// What is told in either version. Anything may be missing or `null`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    pid: String,
    dataset_name: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    owner: Option<String>,
    owner_group: Option<String>,
    access_groups: Option<Vec<String>>,
    contact_email: Option<String>,
    source_folder: Option<String>,
    creation_time: Option<String>,
    is_published: Option<bool>,
    size: Option<u64>,
    number_of_files: Option<u64>,
    packed_size: Option<u64>,
    principal_investigator: Option<String>,
    investigator: Option<String>,
    principal_investigators: Option<Vec<String>>,
    datasetlifecycle: Option<Lifecycle>,
    updated_at: Option<String>,
}

impl From<Told> for Dataset {
    fn from(told: Told) -> Self {
        let one = told.principal_investigator.or(told.investigator);
        Self {
            pid: told.pid,
            name: told.dataset_name.unwrap_or_default(),
            kind: told.kind.unwrap_or_default(),
            owner: told.owner.unwrap_or_default(),
            owner_group: told.owner_group.unwrap_or_default(),
            access_groups: told.access_groups.unwrap_or_default(),
            contact_email: told.contact_email.unwrap_or_default(),
            source_folder: told.source_folder.unwrap_or_default(),
            creation_time: told.creation_time.unwrap_or_default(),
            published: told.is_published.unwrap_or_default(),
            size: told.size.unwrap_or_default(),
            files: told.number_of_files.unwrap_or_default(),
            packed_size: told.packed_size.unwrap_or_default(),
            investigators: told.principal_investigators.unwrap_or_else(|| one.into_iter().collect()),
            lifecycle: told.datasetlifecycle.unwrap_or_default(),
            changed: told.updated_at,
        }
    }
}

/// A dataset to be made.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewDataset {
    /// Identifier; SciCat makes one if none is given.
    pub pid: Option<String>,
    /// Name.
    pub name: String,
    /// `raw`, `derived`, ...
    pub kind: String,
    /// Who owns it.
    pub owner: String,
    /// Group that may change it.
    pub owner_group: String,
    /// Whom to ask.
    pub contact_email: String,
    /// Where its files are taken from.
    pub source_folder: String,
    /// When it was measured (RFC 3339).
    pub creation_time: String,
    /// Principal investigators. Version 3 has one text for all, with semicolons between them.
    pub investigators: Vec<String>,
    /// What else to say, by SciCat's names: `creationLocation`, `scientificMetadata`, ...
    pub more: Map<String, Value>,
}

impl NewDataset {
    fn body(&self, version: Version) -> Value {
        let mut body = self.more.clone();
        let texts = [
            ("datasetName", &self.name),
            ("type", &self.kind),
            ("owner", &self.owner),
            ("ownerGroup", &self.owner_group),
            ("contactEmail", &self.contact_email),
            ("sourceFolder", &self.source_folder),
            ("creationTime", &self.creation_time),
        ];
        body.extend(texts.map(|(name, text)| (name.to_owned(), json!(text))));
        body.extend(self.pid.iter().map(|pid| ("pid".to_owned(), json!(pid))));
        if !self.investigators.is_empty() {
            let (field, who) = self.investigators(version);
            body.insert(field.to_owned(), who);
        }
        if version == Version::V3 && self.is_derived() {
            // Version 3 has no such field for what was not measured anywhere.
            body.remove("creationLocation");
        }
        Value::Object(body)
    }

    fn is_derived(&self) -> bool {
        self.kind == "derived"
    }

    /// Who answers for it, by the name that a version has for that.
    fn investigators(&self, version: Version) -> (&'static str, Value) {
        match version {
            Version::V3 if self.is_derived() => ("investigator", json!(self.investigators.join("; "))),
            Version::V3 => ("principalInvestigator", json!(self.investigators.join("; "))),
            Version::V4 => ("principalInvestigators", json!(self.investigators)),
        }
    }

    /// Whether a dataset is the one that was to be made: nothing else tells two tries from two datasets.
    fn made(&self, dataset: &Dataset) -> bool {
        let instant = |text: &str| text.parse::<jiff::Timestamp>().ok();
        let same_time = instant(&dataset.creation_time).is_some_and(|at| Some(at) == instant(&self.creation_time));
        dataset.name == self.name && dataset.source_folder == self.source_folder && same_time
    }
}

/// Which datasets are looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// Fields and what they must be, by SciCat's names.
    pub conditions: Map<String, Value>,
    /// Datasets to pass over.
    pub skip: usize,
    /// Datasets at most.
    pub limit: usize,
}

impl Search {
    /// The newest first. Versions 3 and 4 have other words for that.
    fn filter(&self, version: Version) -> Value {
        let mut limits = json!({"limit": self.limit, "skip": self.skip});
        match version {
            Version::V3 => limits["order"] = json!("creationTime:desc"),
            Version::V4 => limits["sort"] = json!({"creationTime": "desc"}),
        }
        json!({"where": self.conditions, "limits": limits})
    }
}

impl SciCat {
    /// A dataset. `scicat.unknown` where there is none, or none that this user may see.
    pub async fn dataset(&self, pid: &str) -> Result<Dataset> {
        let version = self.version().await?;
        self.ask(&Call::get(format!("Reading the dataset {pid} in SciCat"), version, &["datasets", pid])?).await
    }

    /// Datasets that this user may see, the newest first.
    pub async fn datasets(&self, search: &Search) -> Result<Vec<Dataset>> {
        let version = self.version().await?;
        let call = Call::get("Looking for datasets in SciCat", version, &["datasets"])?;
        self.ask(&call.filter(&search.filter(version))).await
    }

    /// Makes a dataset, unless it is there: by its pid, or if it has none by owner group, folder, name and time.
    pub async fn create_dataset(&self, new: &NewDataset) -> Result<Dataset> {
        let version = self.version().await?;
        let what = format!("Making the dataset {} in SciCat", new.pid.as_ref().unwrap_or(&new.name));
        let call = Call::new(what, Method::POST, version, &["datasets"])?.json(&new.body(version));
        self.make_once(|| self.made_dataset(new), || self.ask(&call)).await
    }

    async fn made_dataset(&self, new: &NewDataset) -> Result<Option<Dataset>> {
        if let Some(pid) = &new.pid {
            return known(self.dataset(pid).await);
        }
        let conditions =
            json!({"ownerGroup": new.owner_group, "sourceFolder": new.source_folder, "datasetName": new.name});
        let conditions = conditions.as_object().cloned().unwrap_or_default();
        let found = self.datasets(&Search { conditions, skip: 0, limit: 100 }).await?;
        Ok(found.into_iter().find(|dataset| new.made(dataset)))
    }

    /// Changes the fields that are named, by SciCat's names, and nothing else. `unless_changed_since`: the dataset's
    /// [`Dataset::changed`] as it was read; `scicat.changed` if somebody was faster.
    ///
    /// A lifecycle is refused here: in version 3 what it does not name would fall back to defaults. See [`SciCat::change_lifecycle`].
    pub async fn change_dataset(
        &self,
        pid: &str,
        fields: &Map<String, Value>,
        unless_changed_since: Option<&str>,
    ) -> Result<Dataset> {
        let (version, what) = (self.version().await?, format!("Changing the dataset {pid} in SciCat"));
        if fields.contains_key("datasetlifecycle") {
            let why = "a lifecycle is changed by itself, so that what is not named of it stays";
            return Err(Error::permanent("scicat.refused", &what, why));
        }
        let date = unless_changed_since.map(|changed| just_after(&what, changed)).transpose()?;
        let call =
            Call::new(&what, Method::PATCH, version, &["datasets", pid])?.json(&json!(fields)).unmodified_since(date);
        // Version 3 replaces nested objects whatever it is told.
        let call = if version == Version::V4 { call.merging() } else { call };
        self.ask(&call).await
    }
}

/// What was found, or that there is none.
pub(super) fn known<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.code == "scicat.unknown" => Ok(None),
        Err(error) => Err(error),
    }
}

/// The whole second after a time, as a date of HTTP: the backend wants it later than the last change, which has milliseconds.
fn just_after(what: &str, changed: &str) -> Result<String> {
    let at: jiff::Timestamp = changed
        .parse()
        .map_err(|_| Error::permanent("scicat.answer", what, format!("{changed:?} is no time of a change")))?;
    let seconds = u64::try_from(at.as_second()).unwrap_or(0) + 1;
    let date: SystemTime = UNIX_EPOCH + Duration::from_secs(seconds);
    Ok(httpdate::fmt_http_date(date))
}
