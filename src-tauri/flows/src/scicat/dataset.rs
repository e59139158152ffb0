//! A dataset with metadata, as SciCat is told of it.

use std::sync::Arc;

use longshore_catalogue::{Catalogue, Dataset, DatasetId, EntryId, EntryKind, HistoryLine, Metadata, PathBytes};
use longshore_connectors::scicat::{DataFile, NewDataset, Registration, SciCat};
use longshore_engine::Fault;
use serde_json::{Map, Value, json};

use super::{Sources, Undelivered, datablock};
use crate::attempt::{PAGE, blocking};
use crate::faults::{Told as _, of_catalogue};
use crate::landing;

/// What SciCat is to know of a dataset. Where none was said, it was measured when it was uploaded: that time stays the same over tries, which
/// is how one that was made before its answer was lost is found again.
pub(crate) fn new_dataset(dataset: &Dataset, said: &Metadata) -> NewDataset {
    let uploaded = jiff::Timestamp::from_millisecond(dataset.created_at).unwrap_or_default();
    let investigators = said.principal_investigator.split(';').map(str::trim).filter(|name| !name.is_empty());
    NewDataset {
        pid: said.pid.clone(),
        name: said.dataset_name.clone(),
        kind: said.kind.clone(),
        owner: said.owner.clone(),
        owner_group: said.owner_group.clone(),
        contact_email: said.contact_email.clone(),
        source_folder: dataset.sources.first().map(PathBytes::to_text).unwrap_or_default(),
        creation_time: said.creation_time.clone().unwrap_or_else(|| format!("{uploaded:.3}")),
        investigators: investigators.map(str::to_owned).collect(),
        more: more(said),
    }
}

/// The fields that need not be said, where they are.
fn more(said: &Metadata) -> Map<String, Value> {
    let lists = [
        ("accessGroups", &said.access_groups),
        ("keywords", &said.keywords),
        ("inputDatasets", &said.input_datasets),
        ("usedSoftware", &said.used_software),
    ];
    let lists = lists.into_iter().filter(|(_, list)| !list.is_empty()).map(|(name, list)| (name, json!(list)));
    let texts = [("description", &said.description), ("creationLocation", &said.creation_location)];
    let texts = texts.into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| (name, json!(text)));
    let measured = Some(&said.scientific_metadata).filter(|measured| !measured.is_empty());
    let measured = measured.map(|measured| ("scientificMetadata", json!(measured)));
    lists.chain(texts).chain(measured).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Makes a dataset in SciCat unless it is there, and notes its pid.
pub(super) async fn register(scicat: &SciCat, sources: &Sources, pid: String) -> Result<(), Undelivered> {
    let (catalogue, at) = (Arc::clone(&sources.catalogue), sources.now);
    let reading = Arc::clone(&catalogue);
    let read = blocking(move || read(reading.as_ref(), &pid)).await.map_err(Undelivered::Refused)?;
    let (dataset, new) = read;
    let made = scicat.create_dataset(&new).await?;
    let noted = blocking(move || note(catalogue.as_ref(), &dataset, &made.pid, (at, None)));
    noted.await.map_err(Undelivered::Refused)
}

fn read(catalogue: &dyn Catalogue, pid: &str) -> Result<(Dataset, NewDataset), Fault> {
    let dataset = catalogue.dataset(pid).told()?;
    let said = catalogue.metadata(dataset.id).told()?.ok_or_else(|| undescribed(&dataset))?;
    let new = new_dataset(&dataset, &said);
    Ok((dataset, new))
}

pub(crate) fn undescribed(dataset: &Dataset) -> Fault {
    Fault::permanent("metadata.none", format!("{} was not registered in SciCat", dataset.name), "It has no metadata")
        .on_dataset(&dataset.pid)
}

/// SciCat knows a dataset by this pid. `when`: milliseconds since the epoch, and the run that had it made.
pub(crate) fn note(
    catalogue: &dyn Catalogue,
    dataset: &Dataset,
    pid: &str,
    (at, run): (i64, Option<String>),
) -> Result<(), Fault> {
    catalogue.registered(dataset.id, pid).told()?;
    let (event, text) = ("registered".to_owned(), format!("SciCat knows it as {pid}"));
    catalogue.add_history(dataset.id, &HistoryLine { at, event, text, run }).told()
}

/// The pid in SciCat of what a message calls by a pid: a dataset that had none when the message was kept is called by its own.
pub(super) async fn pid_now(sources: &Sources, pid: String) -> Result<String, Undelivered> {
    let catalogue = Arc::clone(&sources.catalogue);
    let looked = blocking(move || match catalogue.dataset(&pid) {
        Ok(dataset) if dataset.described.is_some() => Ok(landing::scicat_pid(&dataset).to_owned()),
        Ok(_) | Err(longshore_catalogue::Error::NotFound { .. }) => Ok(pid),
        Err(error) => Err(of_catalogue(&error)),
    });
    looked.await.map_err(Undelivered::Held)
}

/// Registers the files of a dataset, those that are not registered, without holding all of them in memory.
pub(super) async fn register_files(scicat: &SciCat, sources: &Sources, pid: String) -> Result<(), Undelivered> {
    let catalogue = Arc::clone(&sources.catalogue);
    let looking = Arc::clone(&catalogue);
    let dataset = blocking(move || looking.dataset(&pid).told()).await.map_err(Undelivered::Refused)?;
    let id = dataset.id;
    let mut registration = scicat.registration(landing::scicat_pid(&dataset), Some("md5")).await?;
    let mut after = 0;
    loop {
        let reading = Arc::clone(&catalogue);
        let page = blocking(move || files_after(reading.as_ref(), id, after)).await.map_err(Undelivered::Refused)?;
        let Some((files, last)) = page else { return Ok(()) };
        registration.add(&files).await?;
        after = last;
    }
}

/// As many files after an entry as one original datablock may have, and the last entry that was looked at; none at the end.
fn files_after(
    catalogue: &dyn Catalogue,
    id: DatasetId,
    mut after: EntryId,
) -> Result<Option<(Vec<DataFile>, EntryId)>, Fault> {
    let (begin, mut files) = (after, Vec::new());
    while files.len() + PAGE <= Registration::MOST {
        let entries = catalogue.entries_after(id, after, PAGE).told()?;
        let Some(last) = entries.last() else { break };
        after = last.id;
        files.extend(entries.iter().filter(|entry| entry.kind == EntryKind::File).map(datablock::file));
    }
    Ok((after > begin).then_some((files, after)))
}
