//! A remote archiver service: its REST API for uploads through presigned URLs, as the OpenEM Ingestor speaks it.
//!
//! It holds files, but shows none: there is no listing and no reading, so it is no storage. What may be done is what an upload needs: ask for room,
//! get URLs for an object, put its parts, complete or abort it, and say that the dataset is whole. The facts are those of ScopeMArchiver's
//! `openapi.yaml` and implementation; where the two differ, the code says so.

mod answer;
mod client;
mod parts;

use std::sync::Arc;
use std::time::SystemTime;

use longshore_transfer::storage::{Result, Status, Storage};
use schemars::Schema;

use crate::http::{probe, told};
use crate::{Connection, Connector, Step, bridge, schema_of, step};

pub use client::{Archiver, Finish, Options};
pub use parts::{Granted, Put};

/// A remote archiver service.
pub(crate) struct Kind;

impl Connector for Kind {
    fn kind(&self) -> &'static str {
        "archiver"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &[]
    }

    fn title(&self) -> &'static str {
        "Remote archiver service"
    }

    fn schema(&self) -> Schema {
        schema_of::<Options>()
    }

    fn secrets(&self) -> &'static [&'static str] {
        &[]
    }

    fn open(&self, _: &str, connection: &Connection, _: &[u8]) -> Result<Arc<dyn Storage>> {
        Err(connection.no_files("An archiver service takes uploads, and shows nothing of what it holds"))
    }

    fn test(&self, connection: &Connection, _: &[u8], _: bool, tell: &mut dyn FnMut(Step)) {
        tried(connection, tell);
    }
}

/// Every step until one fails. Whether it lets somebody in who is known to SciCat shows with the first upload.
fn tried(connection: &Connection, tell: &mut dyn FnMut(Step)) -> Option<()> {
    let archiver = step(tell, "options", || {
        let archiver = Archiver::open(connection, None, Arc::new(SystemTime::now))?;
        let words = told::place(archiver.address());
        Ok((archiver, words))
    })?;
    probe::reach(archiver.site(), tell)?;
    step(tell, "login", || {
        let status = bridge::wait(archiver.looked_at()).map_err(|error| {
            archiver.error("io.error", Status::Unusable, "Asking the archiver", error.to_string())
        })??;
        Ok(((), format!("the service answers ({status})")))
    })
}
