//! Tasks that ask SciCat and tell it: jobs, datasets on their way, files, datablocks.

pub mod archive_job;
pub(super) mod compare;
mod comparing;
pub mod job;
pub mod job_status;
pub mod lifecycle;
pub(super) mod listing;
pub mod origdatablocks;
pub mod register_datablocks;
pub mod register_dataset;
pub mod register_files;

use std::sync::Arc;

use longshore_connectors::scicat::SciCat;
use longshore_engine::Fault;

use crate::attempt::blocking;
use crate::faults::Told as _;
use crate::kind::Context;
use crate::scicat::{CONNECTION, Tell};

/// Name of the connection, where a flow file does not say.
pub(super) fn connection() -> String {
    CONNECTION.to_owned()
}

/// The SciCat that a connection leads to; none where there is no such connection, and the local catalogue plays its part.
pub(super) async fn reach(context: &Context, connection: &str) -> Result<Option<Arc<SciCat>>, Fault> {
    let (storages, connection) = (Arc::clone(&context.services.storages), connection.to_owned());
    blocking(move || storages.scicat(&connection)).await
}

/// Keeps what SciCat is to be told. The same attempt tells it once.
pub(super) async fn tell(context: &Context, connection: &str, all: Vec<Tell>) -> Result<(), Fault> {
    let (at, run) = (context.services.now(), context.run.as_str());
    let place = format!("{run} {} {:?} {}", context.task, context.index, context.attempt);
    let messages: Result<Vec<_>, Fault> =
        all.iter().enumerate().map(|(n, tell)| tell.message(connection, format!("{place} {n}"), at, run)).collect();
    let (catalogue, messages) = (Arc::clone(&context.services.catalogue), messages?);
    blocking(move || catalogue.tell(&messages).told()).await
}
