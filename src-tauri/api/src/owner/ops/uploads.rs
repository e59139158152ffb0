//! Uploads of datasets with what is said of them.

use std::sync::Arc;

use longshore_catalogue::{Catalogue as _, Metadata, PathBytes};
use longshore_connectors::scicat::Version;
use longshore_engine::Fault;
use longshore_flows::faults::of_catalogue;
use longshore_flows::metadata::{self, TYPES, Wrong};
use longshore_flows::plan::naming;
use serde_json::json;

use super::super::Owner;
use super::super::dispatch::Answer;
use super::archive::{self, Ready};
use super::variables::text;
use crate::fault::of_store;
use crate::wire::{
    ArchiveStarted, MetadataWrong, Nothing, UploadArgs, UploadCheck, UploadCheckArgs, UploadForm, UploadFormShow,
    UploadStart,
};

impl Answer<UploadFormShow> for Owner {
    async fn answer(self: &Arc<Self>, _: Nothing) -> Result<UploadForm, Fault> {
        self.ask(|owner| {
            let last = owner.store.last_metadata().map_err(of_store)?;
            let said = last.is_some();
            let (kind, name) = (TYPES[0].to_owned(), String::new());
            let last = last.unwrap_or_else(|| Metadata { kind, ..Metadata::default() });
            let last = Metadata { pid: None, dataset_name: name, creation_time: None, ..last };
            let connection = text(owner, "scicat_connection")?.unwrap_or_default();
            let scicat = owner.connections.has(&connection)?.then_some(connection);
            let rows = owner.connections.rows()?.into_iter().filter(|row| row.kind == "archiver");
            let archivers = rows.map(|row| row.id).collect();
            Ok(UploadForm { last, said, scicat, archivers, types: TYPES.map(str::to_owned).to_vec() })
        })
        .await
    }
}

impl Answer<UploadCheck> for Owner {
    async fn answer(self: &Arc<Self>, args: UploadCheckArgs) -> Result<Vec<MetadataWrong>, Fault> {
        self.ask(move |owner| {
            let (_, wrong) = whole(args.metadata, args.scientific.as_deref(), version(owner)?);
            Ok(wrong.into_iter().map(|Wrong { field, why }| MetadataWrong { field, why }).collect())
        })
        .await
    }
}

impl Answer<UploadStart> for Owner {
    async fn answer(self: &Arc<Self>, args: UploadArgs) -> Result<ArchiveStarted, Fault> {
        let UploadArgs { paths, metadata, scientific, archive, job, archiver } = args;
        let paths = archive::sources(&paths)?;
        let ready = self
            .ask(move |owner| {
                let (said, wrong) = whole(metadata, scientific.as_deref(), version(owner)?);
                metadata::refuse(wrong)?;
                prepare(owner, paths, &said)
            })
            .await?;
        // What another service has in its landing zone is archived there and not here.
        let land_only = !archive || archiver.is_some();
        let options = [("archive", json!(archive)), ("job", json!(job)), ("archiver", json!(archiver))];
        let options = options.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        archive::begin(self, ready, options, land_only).await
    }
}

/// What is said, and what of it SciCat would not take.
fn whole(mut said: Metadata, scientific: Option<&str>, version: Option<Version>) -> (Metadata, Vec<Wrong>) {
    said.pid = said.pid.filter(|pid| !pid.is_empty());
    said.creation_time = said.creation_time.filter(|time| !time.is_empty());
    let mut wrong = metadata::wrongs(&said, version);
    match scientific.map(metadata::scientific) {
        Some(Ok(read)) => said.scientific_metadata = read,
        Some(Err(unread)) => wrong.push(unread),
        None => {}
    }
    (said, wrong)
}

/// The version of SciCat, where the connection says it or it was asked already. Nobody waits for a SciCat that is away.
fn version(owner: &Owner) -> Result<Option<Version>, Fault> {
    let connection = text(owner, "scicat_connection")?.unwrap_or_default();
    Ok(owner.connections.scicat(&connection)?.and_then(|scicat| scicat.known_version()))
}

/// A dataset of these sources of which this is said. One that was begun is described anew: what was wrong is put right that way.
fn prepare(owner: &Owner, paths: Vec<PathBytes>, said: &Metadata) -> Result<Ready, Fault> {
    let name = archive::checked_name(&said.dataset_name)?;
    let chosen = said.pid.as_deref();
    if let Some(pid) = chosen {
        unused(owner, pid, &name)?;
    }
    let ready = archive::prepare(owner, paths, name, chosen.map(|pid| naming::file_name(pid, 1)))?;
    let dataset = owner.store.dataset(ready.pid()).map_err(|error| of_catalogue(&error))?;
    owner.store.describe(dataset.id, said).map_err(|error| of_catalogue(&error))?;
    Ok(ready)
}

/// Refuses a pid that another dataset has in SciCat.
fn unused(owner: &Owner, pid: &str, name: &str) -> Result<(), Fault> {
    match owner.store.dataset_summary(pid) {
        Ok(other) if other.dataset.name != name => {
            let why = format!("The dataset {} has this identifier", other.dataset.name);
            Err(Fault::permanent("dataset.exists", format!("{name} was not uploaded"), why)
                .now("Choose another identifier, or none: SciCat gives one.")
                .on_dataset(other.dataset.pid))
        }
        Ok(_) | Err(longshore_store::Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(of_store(error)),
    }
}
