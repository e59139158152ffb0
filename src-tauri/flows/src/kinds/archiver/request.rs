//! `archiver.request`: asks a remote archiver service for room.

use async_trait::async_trait;
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::Serialize;

use super::{With, link};
use crate::faults::of_storage;
use crate::kind::{Context, Done, Need, Services, TypedKind};

/// Output of `archiver.request`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Pid of the dataset in SciCat.
    pub pid: String,
    /// Bytes of its files.
    pub bytes: u64,
}

/// `archiver.request`.
pub struct ArchiverRequest;

#[async_trait]
impl TypedKind for ArchiverRequest {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "archiver.request";
    const TITLE: &'static str = "Asks a remote archiver service for room for a dataset";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        let link = link(&context, &with).await?;
        let bytes = link.dataset.totals.bytes;
        let asked = link.archiver.request(&link.pid, bytes).await;
        asked.map_err(|error| of_storage(&with.connection, &error).on_dataset(&link.dataset.pid))?;
        Ok(Output { pid: link.pid, bytes }.into())
    }
}
