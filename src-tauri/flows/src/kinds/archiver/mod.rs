//! Tasks that upload a dataset through a remote archiver service, into that service's landing zone.

pub mod finish;
pub mod request;
pub mod send;
mod sending;

use std::sync::Arc;

use longshore_catalogue::Dataset;
use longshore_connectors::archiver::Archiver;
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::attempt::blocking;
use crate::kind::Context;

/// Parameters of the tasks that only name a dataset and the service.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Pid or name of the dataset here; SciCat knows it.
    pub dataset: String,
    /// The connection to the archiver service.
    pub connection: String,
}

/// A dataset, what SciCat calls it, and the service that takes it.
#[derive(Clone)]
struct Link {
    archiver: Arc<Archiver>,
    dataset: Dataset,
    pid: String,
}

/// What a task works with.
async fn link(context: &Context, with: &With) -> Result<Link, Fault> {
    let (services, with) = (context.services.clone(), with.clone());
    blocking(move || {
        let dataset = services.dataset(&with.dataset)?;
        let archiver = services.storages.archiver(&with.connection)?.ok_or_else(|| unreachable(&with.connection))?;
        let pid = dataset.described.as_ref().and_then(|described| described.pid.clone());
        let pid = pid.ok_or_else(|| unregistered(&dataset))?;
        Ok(Link { archiver, dataset, pid })
    })
    .await
}

fn unreachable(connection: &str) -> Fault {
    let why = format!("There is no connection {connection} to an archiver service");
    Fault::permanent("archiver.none", "Nothing can be uploaded this way", why).now("Make the connection, and test it.")
}

/// The service knows datasets by SciCat's pid alone.
fn unregistered(dataset: &Dataset) -> Fault {
    let what = format!("{} cannot be uploaded to an archiver service", dataset.name);
    Fault::transient("archiver.unregistered", what, "SciCat has given it no pid yet")
        .now("See whether SciCat can be reached, or choose a pid; then retry.")
        .on_dataset(&dataset.pid)
}
