//! Starting an archive, or carrying on one that was begun.

use std::sync::Arc;

use longshore_catalogue::{Catalogue as _, DatasetState, NewDataset, PathBytes};
use longshore_engine::{Fault, RunId};
use longshore_flows::faults::of_storage;
use longshore_flows::plan::{Source, naming};
use longshore_runner::{NewRun, Retry};
use longshore_store::{DatasetSummary, RunFilter, RunRecord};
use longshore_transfer::storage::{Error, Kind, Storage};
use serde_json::{Map, Value, json};

use super::super::Owner;
use super::super::dispatch::Answer;
use crate::fault::{local, of_store};
use crate::wire::{ArchiveArgs, ArchiveStart, ArchiveStarted};

/// The flow that brings a dataset into the landing zone, and then starts the next.
const UPLOAD: &str = "upload_dataset";
/// The flow that packs and proves it.
const ARCHIVE: &str = "archive_dataset";
/// Characters of the longest name.
const NAME_LENGTH: usize = 200;

impl Answer<ArchiveStart> for Owner {
    async fn answer(self: &Arc<Self>, args: ArchiveArgs) -> Result<ArchiveStarted, Fault> {
        let paths = sources(&args.paths)?;
        let name = checked_name(&args.name)?;
        if let Some(pid) = &args.pid {
            naming::check_pid(pid)?;
        }
        let ready = self.ask(move |owner| prepare(owner, paths, name, args.pid)).await?;
        let options = [("archive".to_owned(), json!(!args.land_only))].into_iter().collect();
        begin(self, ready, options, args.land_only).await
    }
}

/// Starts the upload of a dataset with these parameters, or carries on one that was begun. `land_only`: it is not to be archived.
pub(super) async fn begin(
    owner: &Arc<Owner>,
    ready: Ready,
    options: Map<String, Value>,
    land_only: bool,
) -> Result<ArchiveStarted, Fault> {
    match ready {
        Ready::New(pid) => start(owner, pid, options, false).await,
        Ready::Begun(summary) => carry_on(owner, *summary, options, land_only).await,
    }
}

/// The dataset that is to be archived.
pub(super) enum Ready {
    /// It was created just now.
    New(String),
    /// It was there, unfinished, from the same sources.
    Begun(Box<DatasetSummary>),
}

impl Ready {
    /// Its pid.
    pub(super) fn pid(&self) -> &str {
        match self {
            Self::New(pid) => pid,
            Self::Begun(summary) => &summary.dataset.pid,
        }
    }
}

/// The paths that a client gave, in bytes. There must be one, and no two with the same top name.
pub(super) fn sources(given: &[String]) -> Result<Vec<PathBytes>, Fault> {
    if given.is_empty() {
        return Err(Fault::permanent("source.none", "Nothing can be archived", "Not a single path was given"));
    }
    let path = |text: &String| {
        let path = PathBytes::from_text(text).map_err(|error| {
            Fault::permanent("source.text", format!("{text} is not a path"), error.to_string()).on_file(text)
        })?;
        Source::of(&path)?;
        Ok(path)
    };
    given.iter().map(path).collect()
}

pub(super) fn checked_name(given: &str) -> Result<String, Fault> {
    let name = given.trim();
    let why = if name.is_empty() {
        "It is empty"
    } else if name.chars().count() > NAME_LENGTH {
        "It is longer than 200 characters"
    } else if PathBytes::from(name).to_text() != name.replace('\\', "\\\\") {
        "It holds characters that cannot be seen, or that change how others are shown"
    } else {
        return Ok(name.to_owned());
    };
    Err(Fault::permanent("dataset.name", format!("{name:?} cannot be the name of a dataset"), why))
}

pub(super) fn prepare(owner: &Owner, paths: Vec<PathBytes>, name: String, pid: Option<String>) -> Result<Ready, Fault> {
    if let Some(summary) = taken(owner, &name, pid.as_deref())? {
        return begun(summary, &paths, &name, pid.as_deref());
    }
    apart(owner, &paths)?;
    holds_something(owner, &paths)?;
    let pid = match pid {
        Some(pid) => pid,
        None => free_pid(owner, &name)?,
    };
    let created_at = owner.clock.now().0;
    let new = NewDataset { pid: pid.clone(), name, sources: paths, created_at };
    owner.store.create_dataset(&new).map_err(|error| longshore_flows::faults::of_catalogue(&error))?;
    Ok(Ready::New(pid))
}

/// The dataset that has this name or identifier.
fn taken(owner: &Owner, name: &str, pid: Option<&str>) -> Result<Option<DatasetSummary>, Fault> {
    for wanted in pid.into_iter().chain([name]) {
        match owner.store.dataset_summary(wanted) {
            Ok(summary) if summary.dataset.name == name || Some(summary.dataset.pid.as_str()) == pid => {
                return Ok(Some(summary));
            }
            Ok(_) | Err(longshore_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(of_store(error)),
        }
    }
    Ok(None)
}

/// Takes up a dataset that was begun from the same sources; any other is somebody else's.
fn begun(summary: DatasetSummary, paths: &[PathBytes], name: &str, pid: Option<&str>) -> Result<Ready, Fault> {
    let dataset = &summary.dataset;
    let same = dataset.sources == paths && dataset.name == name && pid.is_none_or(|pid| pid == dataset.pid);
    if same && !matches!(dataset.state, DatasetState::Archived | DatasetState::Damaged) {
        return Ok(Ready::Begun(Box::new(summary)));
    }
    let why = match dataset.state {
        _ if !same => "A dataset of this name or identifier comes from other sources",
        DatasetState::Damaged => "It was archived, and a datablock of it is damaged",
        _ => "It is archived already",
    };
    Err(Fault::permanent("dataset.exists", format!("{name} was not archived"), why)
        .now("Choose another name, and another identifier if you gave one.")
        .on_dataset(&dataset.pid))
}

/// Refuses sources that hold a storage or lie in one: what is archived would grow while it is read.
pub(super) fn apart(owner: &Owner, paths: &[PathBytes]) -> Result<(), Fault> {
    for path in paths {
        let source = local(path);
        for record in owner.places.records().into_iter().filter(|record| record.connection.is_none()) {
            let storage = local(&record.path);
            // What was retrieved may be archived again; all else in the workspace is Longshore's own.
            let own = record.name != "retrieval" && source.starts_with(&storage);
            if own || storage.starts_with(&source) {
                let why = format!("The storage {} lies at {}", record.name, record.path);
                return Err(Fault::permanent("source.storage", format!("{path} cannot be archived"), why)
                    .now("Choose folders that do not hold a storage and do not lie in one.")
                    .on_file(path.to_text()));
            }
        }
    }
    Ok(())
}

/// Refuses sources at which there is nothing, and such as hold not a single file or link.
fn holds_something(owner: &Owner, paths: &[PathBytes]) -> Result<(), Fault> {
    let mut found = false;
    for path in paths {
        let source = Source::of(path)?;
        let storage = source.storage(owner.places.as_ref())?;
        let told = |error: Error| {
            if error.code == "file.missing" { source.missing() } else { of_storage(storage.name(), &error) }
        };
        let top = source.top().as_bytes();
        let kind = if top.is_empty() { Kind::Folder } else { storage.stat(top).map_err(told)?.kind };
        found |= match kind {
            Kind::File | Kind::Link => true,
            Kind::Folder => holds_a_file(storage.as_ref(), top),
            Kind::Special => false,
        };
    }
    if found {
        return Ok(());
    }
    Err(Fault::permanent("dataset.empty", "Nothing was archived", "There is not a single file or link in it")
        .now("See whether it is mounted and spelt right."))
}

/// Looks for one file or link. A folder that cannot be read counts as one that may hold some: the listing will tell.
fn holds_a_file(storage: &dyn Storage, top: &[u8]) -> bool {
    let mut folders = vec![PathBytes::new(top)];
    while let Some(folder) = folders.pop() {
        let mut found = false;
        let listed = storage.list(folder.as_bytes(), &mut |listed| {
            match listed.meta.kind {
                Kind::Folder => folders.push(folder.join(&listed.name)),
                Kind::File | Kind::Link => found = true,
                Kind::Special => {}
            }
            if found { Err(Error::enough()) } else { Ok(()) }
        });
        if found || listed.is_err() {
            return true;
        }
    }
    false
}

/// An identifier made from the name that no dataset has yet.
fn free_pid(owner: &Owner, name: &str) -> Result<String, Fault> {
    let stem = naming::pid(name);
    for number in 1_u32.. {
        let ending = if number == 1 { String::new() } else { format!("-{number}") };
        let room = naming::PID_LENGTH - ending.len();
        let pid = format!("{}{ending}", &stem[..stem.len().min(room)]);
        match owner.store.dataset_summary(&pid) {
            Err(longshore_store::Error::NotFound { .. }) => return Ok(pid),
            Err(error) => return Err(of_store(error)),
            Ok(_) => {}
        }
    }
    Ok(stem)
}

async fn start(
    owner: &Arc<Owner>,
    pid: String,
    options: Map<String, Value>,
    carried_on: bool,
) -> Result<ArchiveStarted, Fault> {
    let mut params = params(&pid);
    params.extend(options);
    let run = create(owner, UPLOAD, &pid, params).await?;
    Ok(ArchiveStarted { dataset: pid, run, carried_on })
}

/// A run of a flow whose key is the dataset, so that there is never a second one.
async fn create(owner: &Arc<Owner>, flow: &str, pid: &str, params: Map<String, Value>) -> Result<String, Fault> {
    let flow = owner.shelf.get(flow)?.flow;
    let new = NewRun { flow, params, key: Some(pid.to_owned()), parent: None, scheduled: None, priority: None };
    Ok(owner.runner.create_run(new).await?.into())
}

fn params(pid: &str) -> Map<String, Value> {
    [("dataset_id".to_owned(), json!(pid))].into_iter().collect()
}

/// Wakes the runs of a dataset that ended before it was archived; those that go on are left alone.
async fn carry_on(
    owner: &Arc<Owner>,
    summary: DatasetSummary,
    options: Map<String, Value>,
    land_only: bool,
) -> Result<ArchiveStarted, Fault> {
    let pid = summary.dataset.pid;
    let Some(upload) = last_run(owner, UPLOAD, &pid).await? else {
        // The process went between the dataset and its run.
        return start(owner, pid, options, true).await;
    };
    same_way(&upload, &options, &summary.dataset.name)?;
    if upload.state == longshore_engine::RunState::Success {
        match last_run(owner, ARCHIVE, &pid).await? {
            Some(archive) => wake(owner, &archive).await?,
            None if !land_only => {
                // It was only to land then, and is to be archived now.
                let run = create(owner, ARCHIVE, &pid, params(&pid)).await?;
                return Ok(ArchiveStarted { dataset: pid, run, carried_on: true });
            }
            None => {}
        }
    } else {
        wake(owner, &upload).await?;
    }
    Ok(ArchiveStarted { dataset: pid, run: upload.id, carried_on: true })
}

/// Where an upload goes is said when it is begun: nothing is sent elsewhere by carrying it on.
fn same_way(upload: &RunRecord, options: &Map<String, Value>, name: &str) -> Result<(), Fault> {
    let way = |params: &Map<String, Value>| params.get("archiver").and_then(Value::as_str).map(str::to_owned);
    let (begun, asked) = (way(&upload.params), way(options));
    if begun == asked {
        return Ok(());
    }
    let place =
        |way: Option<String>| way.map_or_else(|| "the landing zone".to_owned(), |id| format!("the archiver {id}"));
    let (begun, asked) = (place(begun), place(asked));
    let why = format!("Its upload was begun to {begun}");
    Err(Fault::permanent("dataset.elsewhere", format!("{name} was not uploaded to {asked}"), why)
        .now(format!("Upload it to {begun} as before, or to {asked} under another name."))
        .on_dataset(upload.key.clone().unwrap_or_default()))
}

async fn last_run(owner: &Arc<Owner>, flow: &'static str, pid: &str) -> Result<Option<RunRecord>, Fault> {
    let filter =
        RunFilter { flow: Some(flow.to_owned()), dataset: Some(pid.to_owned()), limit: 1, ..RunFilter::default() };
    owner.ask(move |owner| Ok(owner.store.runs(&filter)?.rows.into_iter().next())).await
}

async fn wake(owner: &Arc<Owner>, run: &RunRecord) -> Result<(), Fault> {
    let id = RunId::from(run.id.as_str());
    if run.state == longshore_engine::RunState::Paused {
        owner.runner.resume(&id).await
    } else if run.state.is_final() {
        owner.runner.retry(&id, Retry::default()).await.map(drop)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_can_be_seen() {
        assert_eq!(checked_name("  grid 3, Ångström\\x ").unwrap(), "grid 3, Ångström\\x");
        for bad in ["", " ", "a\nb", "right\u{202E}gpj", &"x".repeat(201)] {
            assert_eq!(checked_name(bad).unwrap_err().code, "dataset.name", "{bad:?}");
        }
    }

    #[test]
    fn sources_are_absolute_paths() {
        assert_eq!(sources(&["/a\\x0A".into()]).unwrap(), [PathBytes::from("/a\n")]);
        let code = |given: &[String]| sources(given).unwrap_err().code;
        assert_eq!(code(&[]), "source.none");
        assert_eq!(code(&["a".into()]), "source.relative");
        assert_eq!(code(&["/a\\q".into()]), "source.text");
    }
}
