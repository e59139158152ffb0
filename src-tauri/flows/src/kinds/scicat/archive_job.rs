//! `scicat.archive_job`: has the archiving of a dataset as a job of SciCat, where others see it.

use async_trait::async_trait;
use longshore_catalogue::{Dataset, Metadata};
use longshore_connectors::scicat::{JobDataset, NewJob};
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{connection, reach};
use crate::attempt::blocking;
use crate::faults::Told as _;
use crate::kind::{Context, Done, Need, Services, TypedKind};
use crate::scicat::{of_scicat, undescribed};

/// Parameters of `scicat.archive_job`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Pid or name of the dataset here; it has metadata.
    pub dataset: String,
    /// The connection to SciCat.
    #[serde(default = "connection")]
    pub connection: String,
}

/// Output of `scicat.archive_job`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Parameters of `archive_datasetlist`: the job, or the dataset where there is no SciCat that knows it.
    pub params: Value,
    /// Key of its run: whoever asks for the same job gets the same run.
    pub key: String,
}

/// `scicat.archive_job`.
pub struct ScicatArchiveJob;

#[async_trait]
impl TypedKind for ScicatArchiveJob {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "scicat.archive_job";
    const TITLE: &'static str = "Makes a job of SciCat that archives a dataset";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        let services = context.services.clone();
        let (dataset, said) = blocking(move || {
            let dataset = services.dataset(&with.dataset)?;
            let said = services.catalogue.metadata(dataset.id).told()?.ok_or_else(|| undescribed(&dataset))?;
            Ok((dataset, said))
        })
        .await?;
        let known = dataset.described.as_ref().and_then(|described| described.pid.clone());
        let Some((scicat, pid)) = reach(&context, &with.connection).await?.zip(known) else {
            let key = format!("dataset {}", dataset.pid);
            return Ok(Output { params: json!({"dataset_ids": [dataset.pid]}), key }.into());
        };
        let made = scicat.create_job(&job(&dataset, said, pid)).await.map_err(|error| of_scicat(&error))?;
        Ok(Output { params: json!({"job_id": made.id}), key: format!("job {}", made.id) }.into())
    }
}

fn job(dataset: &Dataset, said: Metadata, pid: String) -> NewJob {
    NewJob {
        kind: "archive".to_owned(),
        datasets: vec![JobDataset { pid, files: Vec::new() }],
        owner: Some(said.owner),
        owner_group: Some(said.owner_group),
        contact: Some(said.contact_email),
        key: format!("longshore-upload-{}", dataset.pid),
    }
}
