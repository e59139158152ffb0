//! SciCat, the catalogue of datasets: the REST API of its backend in versions 3 and 4.
//!
//! It holds no files. What archiving tells it and asks of it is here as typed calls: datasets and their lifecycle, the original datablocks
//! that say which files a dataset has, the datablocks that say what is archived, and jobs. The facts of the interface are those of
//! scicat-backend-next; where it surprises, the code says so.

mod client;
mod datablocks;
mod datasets;
mod error;
mod jobs;
mod lifecycle;
mod login;
mod options;
mod origdatablocks;
mod probe;
mod request;

use std::sync::Arc;

use longshore_transfer::storage::{Result as StorageResult, Storage};
use schemars::Schema;

use crate::{Connection, Connector, Step, schema_of};

pub use client::{Now, SciCat, Version};
pub use datablocks::{Datablock, NewDatablock};
pub use datasets::{Dataset, NewDataset, Search};
pub use error::{Answered, Error, Result};
pub use jobs::{Job, JobDataset, JobStatus, NewJob};
pub use lifecycle::Lifecycle;
pub use login::Identity;
pub use options::Options;
pub use origdatablocks::{DataFile, Kept, OrigDatablock, Registration};

/// SciCat.
pub(crate) struct Kind;

impl Connector for Kind {
    fn kind(&self) -> &'static str {
        "scicat"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &[]
    }

    fn title(&self) -> &'static str {
        "SciCat"
    }

    fn schema(&self) -> Schema {
        schema_of::<Options>()
    }

    fn secrets(&self) -> &'static [&'static str] {
        &[]
    }

    fn open(&self, _: &str, connection: &Connection, _: &[u8]) -> StorageResult<Arc<dyn Storage>> {
        Err(connection.no_files("SciCat knows of datasets, and holds none of their files"))
    }

    fn test(&self, connection: &Connection, _: &[u8], _: bool, tell: &mut dyn FnMut(Step)) {
        probe::run(connection, tell);
    }
}
