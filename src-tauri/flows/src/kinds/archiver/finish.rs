//! `archiver.finish` and `archiver.give_up`: how an upload through a remote archiver service ends.

use async_trait::async_trait;
use longshore_connectors::archiver::Finish;
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{With as Named, link};
use crate::attempt::blocking;
use crate::faults::{Told as _, of_storage};
use crate::kind::{Context, Done, Need, Services, TypedKind};

/// Parameters of `archiver.finish`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Pid or name of the dataset here; SciCat knows it.
    pub dataset: String,
    /// The connection to the archiver service.
    pub connection: String,
    /// Have it archived.
    #[serde(default)]
    pub archive: bool,
}

/// Output of `archiver.finish` and `archiver.give_up`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Pid of the dataset in SciCat.
    pub pid: String,
    /// What the service says to it.
    pub message: String,
}

/// `archiver.finish`.
pub struct ArchiverFinish;

#[async_trait]
impl TypedKind for ArchiverFinish {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "archiver.finish";
    const TITLE: &'static str = "Tells a remote archiver service that a dataset is whole, and has it archived there";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        let With { dataset, connection, archive } = with;
        let link = link(&context, &Named { dataset, connection: connection.clone() }).await?;
        let (catalogue, id) = (context.services.catalogue.clone(), link.dataset.id);
        let said = blocking(move || catalogue.metadata(id).told()).await?.unwrap_or_default();
        let (owner, owner_group, contact) = (said.owner, said.owner_group, said.contact_email);
        let told = link.archiver.finish(&link.pid, &Finish { archive, owner, owner_group, contact }).await;
        let message = told.map_err(|error| of_storage(&connection, &error).on_dataset(&link.dataset.pid))?;
        let text = format!("{connection} has taken it as {}: {message}", link.pid);
        let dataset = link.dataset;
        blocking(move || context.history(&dataset, "handed_over", text)).await?;
        Ok(Output { pid: link.pid, message }.into())
    }
}

/// `archiver.give_up`.
pub struct ArchiverGiveUp;

#[async_trait]
impl TypedKind for ArchiverGiveUp {
    type With = Named;
    type Output = Output;
    const NAME: &'static str = "archiver.give_up";
    const TITLE: &'static str = "Tells a remote archiver service that a dataset is not uploaded after all";

    async fn plan(&self, _: Named, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: Named, context: Context) -> Result<Done<Output>, Fault> {
        let link = link(&context, &with).await?;
        let told = link.archiver.give_up(&link.pid).await;
        told.map_err(|error| of_storage(&with.connection, &error).on_dataset(&link.dataset.pid))?;
        Ok(Output { pid: link.pid, message: String::new() }.into())
    }
}
