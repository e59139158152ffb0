//! `scicat.register_files`: the files of a dataset that was brought in, for SciCat.

use async_trait::async_trait;
use longshore_catalogue::DatasetState;
use longshore_connectors::scicat::Lifecycle;
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{connection, tell};
use crate::attempt::blocking;
use crate::kind::{Context, Done, Need, Services, TypedKind};
use crate::landing;
use crate::scicat::{Tell, words};

/// Parameters of `scicat.register_files`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Pid or name of the dataset here. One without metadata is passed over.
    pub dataset: String,
    /// The connection to SciCat.
    #[serde(default = "connection")]
    pub connection: String,
}

/// Output of `scicat.register_files`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Pid of the dataset here.
    pub dataset: String,
    /// Files that SciCat is told of; null where it is told of none.
    pub files: Option<u64>,
}

/// `scicat.register_files`.
pub struct ScicatRegisterFiles;

#[async_trait]
impl TypedKind for ScicatRegisterFiles {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "scicat.register_files";
    const TITLE: &'static str = "Registers the files of a dataset in SciCat, as soon as SciCat can be told";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        let services = context.services.clone();
        let dataset = blocking(move || services.dataset(&with.dataset)).await?;
        if dataset.described.is_none() {
            return Ok(Output { dataset: dataset.pid, files: None }.into());
        }
        let pid = landing::scicat_pid(&dataset).to_owned();
        let files = Tell::Files { pid: pid.clone(), dataset: dataset.pid.clone() };
        let output = Output { dataset: dataset.pid.clone(), files: Some(dataset.totals.files) };
        if !matches!(dataset.state, DatasetState::Landing | DatasetState::Landed) {
            // Done again after the archiving began: it is on its way further.
            tell(&context, &with.connection, vec![files]).await?;
            return Ok(output.into());
        }
        let created = Lifecycle {
            archive_status_message: Some("datasetCreated".to_owned()),
            archivable: Some(true),
            ..Lifecycle::default()
        };
        let text = words(&created);
        let told = vec![files, Tell::Lifecycle { pid, change: Box::new(created) }];
        tell(&context, &with.connection, told).await?;
        blocking(move || context.history(&dataset, "lifecycle", text)).await?;
        Ok(output.into())
    }
}
