//! Retrieving a dataset, and verifying it.

use std::collections::BTreeMap;
use std::sync::Arc;

use longshore_catalogue::PathBytes;
use longshore_engine::Fault;
use longshore_flows::faults::of_storage;
use longshore_flows::kind::Storages as _;
use longshore_runner::NewRun;
use longshore_store::{Selection, StorageRecord};
use serde_json::{Map, Value, json};

use super::super::Owner;
use super::super::dispatch::Answer;
use super::plans::need;
use super::room::{Found, Room};
use crate::fault::{local, of_store};
use crate::wire::{
    DatasetArgs, DatasetVerify, PlanNote, PlanRetrieve, RetrieveArgs, RetrievePlan, RetrieveStart, RunStarted,
    SpaceNeed,
};

impl Answer<RetrieveStart> for Owner {
    async fn answer(self: &Arc<Self>, args: RetrieveArgs) -> Result<RunStarted, Fault> {
        let wanted = self.ask(move |owner| wanted(owner, &args)).await?;
        let mut params = Map::new();
        params.insert("dataset_id".to_owned(), json!(wanted.pid));
        params.insert("dest".to_owned(), json!(wanted.dest.to_text()));
        if let Some(files) = wanted.files {
            params.insert("files".to_owned(), files.iter().map(PathBytes::to_text).collect());
        }
        start(self, "retrieve_dataset", params).await
    }
}

impl Answer<DatasetVerify> for Owner {
    async fn answer(self: &Arc<Self>, args: DatasetArgs) -> Result<RunStarted, Fault> {
        let summary = self.ask(move |owner| owner.store.dataset_summary(&args.dataset).map_err(of_store)).await?;
        let params = [("dataset_id".to_owned(), json!(summary.dataset.pid))].into_iter().collect();
        start(self, "verify_dataset", params).await
    }
}

async fn start(owner: &Arc<Owner>, flow: &str, params: Map<String, Value>) -> Result<RunStarted, Fault> {
    let flow = owner.shelf.get(flow)?.flow;
    let run = owner
        .runner
        .create_run(NewRun { flow, params, key: None, parent: None, scheduled: None, priority: None })
        .await?;
    Ok(RunStarted { run: run.into() })
}

impl Answer<PlanRetrieve> for Owner {
    async fn answer(self: &Arc<Self>, args: RetrieveArgs) -> Result<RetrievePlan, Fault> {
        self.ask(move |owner| {
            let wanted = wanted(owner, &args)?;
            let space = space(owner, &wanted);
            Ok(plan(&wanted.selection, space))
        })
        .await
    }
}

/// What a client asked for, checked.
struct Wanted {
    pid: String,
    dest: PathBytes,
    files: Option<Vec<PathBytes>>,
    selection: Selection,
}

fn wanted(owner: &Owner, args: &RetrieveArgs) -> Result<Wanted, Fault> {
    let pid = owner.store.dataset_summary(&args.dataset).map_err(of_store)?.dataset.pid;
    let dest = destination(owner, &args.dest)?;
    let files = args
        .files
        .as_ref()
        .map(|files| files.iter().map(|file| inside(file, &pid)).collect::<Result<Vec<_>, _>>())
        .transpose()?;
    let selection = owner.store.selection(&pid, files.as_deref().unwrap_or_default()).map_err(of_store)?;
    Ok(Wanted { pid, dest, files, selection })
}

/// The folder that a client gave: an absolute path that is not Longshore's own.
fn destination(owner: &Owner, given: &str) -> Result<PathBytes, Fault> {
    let refuse = |why: &str| {
        Fault::permanent("dest.path", format!("Nothing can be retrieved into {given}"), why)
            .now("Choose an absolute path outside of the workspace's storages, or below its folder retrieval.")
    };
    let dest = PathBytes::from_text(given).map_err(|error| refuse(&error.to_string()))?;
    let path = local(&dest);
    let plain = !path.components().any(|part| part == std::path::Component::ParentDir);
    if !path.is_absolute() || !plain {
        return Err(refuse("It is not an absolute path without .."));
    }
    let here = |record: &StorageRecord| record.connection.is_none() && path.starts_with(local(&record.path));
    let own = |record: &StorageRecord| record.name != "retrieval" && here(record);
    match owner.places.records().iter().find(|record| own(record)) {
        Some(record) => Err(refuse(&format!("The storage {} lies there", record.name))),
        None => Ok(dest),
    }
}

fn inside(file: &str, pid: &str) -> Result<PathBytes, Fault> {
    PathBytes::from_text(file).map_err(|error| {
        Fault::permanent("entry.text", format!("{file} is not a path"), error.to_string()).on_dataset(pid).on_file(file)
    })
}

/// What is needed where the destination is or will be.
fn space(owner: &Owner, wanted: &Wanted) -> Vec<SpaceNeed> {
    let name = wanted.dest.to_text();
    let (bytes, found) = (wanted.selection.bytes, nearest(owner, &wanted.dest));
    // The destination is the operator's: nothing there is kept free.
    let record = StorageRecord::local(name.clone(), wanted.dest.clone(), 0.0);
    let room = Room::of(&record, &found, &owner.runner.reservations());
    vec![need(&name, name.clone(), bytes, &found, room, &mut BTreeMap::new())]
}

/// The room of the deepest folder above the destination that is there.
fn nearest(owner: &Owner, dest: &PathBytes) -> Found {
    let path = local(dest);
    let there = path.ancestors().find(|folder| folder.is_dir()).unwrap_or(std::path::Path::new("/"));
    let storage = owner.places.folder(crate::fault::bytes(there).as_bytes())?;
    storage.space().map(Some).map_err(|error| of_storage(storage.name(), &error))
}

fn plan(selection: &Selection, space: Vec<SpaceNeed>) -> RetrievePlan {
    let note = |code: &str, text: String| PlanNote {
        level: "error".to_owned(),
        code: code.to_owned(),
        text,
        details: Vec::new(),
    };
    let mut notes = Vec::new();
    for need in &space {
        if let Some(problem) = &need.problem {
            notes.push(note("dest.path", problem.clone()));
        } else if need.short > 0 {
            notes.push(note("space.short", format!("{} bytes are missing at {}", need.short, need.path)));
        }
    }
    RetrievePlan {
        files: selection.files,
        bytes: selection.bytes,
        blocks: u32::try_from(selection.blocks.len()).unwrap_or(u32::MAX),
        can_start: notes.is_empty(),
        space,
        notes,
    }
}
