//! Retrieving a dataset, and verifying it.

use std::collections::BTreeMap;
use std::sync::Arc;

use longshore_catalogue::PathBytes;
use longshore_engine::Fault;
use longshore_flows::faults::of_storage;
use longshore_flows::handout::{DAYS_MAX, Handout, Links, hand_out, offered, retrieval_room};
use longshore_flows::kind::Storages as _;
use longshore_flows::secrets::hide_everywhere;
use longshore_runner::NewRun;
use longshore_store::{Selection, StorageRecord};
use serde_json::{Map, Value, json};

use super::super::Owner;
use super::super::dispatch::Answer;
use super::logs::new_file;
use super::plans::need;
use super::room::{Found, Room};
use super::variables::{number, text};
use crate::fault::{local, of_store};
use crate::wire::{
    DatasetArgs, DatasetVerify, HiddenText, PlanNote, PlanRetrieve, RetrieveArgs, RetrieveLinked, RetrieveLinks,
    RetrieveLinksArgs, RetrievePlan, RetrieveStart, RetrievedBlock, RunStarted, SpaceNeed,
};

impl Answer<RetrieveStart> for Owner {
    async fn answer(self: &Arc<Self>, args: RetrieveArgs) -> Result<RunStarted, Fault> {
        if args.dest.is_none() {
            return self.retrieve_to_storage(args).await;
        }
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

impl Owner {
    /// Whole datablocks are brought there: it has no place for single files.
    async fn retrieve_to_storage(self: &Arc<Self>, args: RetrieveArgs) -> Result<RunStarted, Fault> {
        if args.files.is_some() {
            let why = "Datablocks are brought to the storage retrieval whole";
            return Err(Fault::permanent("dest.path", "Single files are retrieved into a folder only", why)
                .now("Name the folder, or retrieve all of the dataset.")
                .on_dataset(&args.dataset));
        }
        let summary = self.ask(move |owner| owner.store.dataset_summary(&args.dataset).map_err(of_store)).await?;
        let params = [("dataset_id".to_owned(), json!(summary.dataset.pid))].into_iter().collect();
        start(self, "retrieve_dataset", params).await
    }

    /// The room for the datablocks that are not there yet.
    async fn plan_to_storage(self: &Arc<Self>, args: RetrieveArgs) -> Result<RetrievePlan, Fault> {
        let looked = move |owner: &Self| {
            let selection = owner.store.selection(&args.dataset, &[]).map_err(of_store)?;
            let room = retrieval_room(owner.places.as_ref(), &owner.store, &args.dataset)?;
            Ok((selection, room))
        };
        let (selection, room) = self.ask(looked).await?;
        Ok(plan(&selection, super::plans::space(self, &[("retrieval", room)]).await))
    }
}

impl Answer<RetrieveLinks> for Owner {
    async fn answer(self: &Arc<Self>, args: RetrieveLinksArgs) -> Result<RetrieveLinked, Fault> {
        self.ask(move |owner| {
            let days = match args.days {
                Some(days) => days,
                None => number(owner, "minio_url_expiration_days")?
                    .and_then(|days| days.try_into().ok())
                    .unwrap_or(DAYS_MAX),
            };
            let (places, now) = (owner.places.as_ref(), owner.clock.now().0);
            let (offers, missing) = offered(places, &owner.store, &args.dataset)?;
            let links = Links { days, endpoint: text(owner, "minio_external_endpoint")? };
            let handout = hand_out(places, &owner.store, &offers, &links, now)?;
            if let Some(path) = &args.script_to {
                write_script(path, &handout)?;
            }
            Ok(linked(handout, missing))
        })
        .await
    }
}

/// Whoever has the script may fetch the datablocks: nobody else may read it.
fn write_script(given: &str, handout: &Handout) -> Result<(), Fault> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let Some(script) = &handout.script else {
        let why = "The storage retrieval is no object storage: its datablocks are read where they lie";
        return Err(Fault::permanent("storage.unsupported", "There is no script that fetches the datablocks", why));
    };
    let path = new_file(given)?;
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| file.write_all(script.as_bytes()).and_then(|()| file.sync_all()));
    written.map_err(|error| Fault::fatal("file.path", format!("{given} was not written"), error.to_string()))
}

fn linked(handout: Handout, missing: u64) -> RetrieveLinked {
    let until = handout.script.is_some().then_some(handout.until);
    let hidden = |text: String| {
        hide_everywhere(&text);
        HiddenText(text)
    };
    let blocks = handout.blocks.into_iter().map(|one| {
        let (url, path) = (one.url.map(hidden), one.path);
        RetrievedBlock { name: one.name, size: one.size, sha256: one.sha256, url, path }
    });
    RetrieveLinked { blocks: blocks.collect(), missing, script: handout.script.map(HiddenText), until }
}

impl Answer<PlanRetrieve> for Owner {
    async fn answer(self: &Arc<Self>, args: RetrieveArgs) -> Result<RetrievePlan, Fault> {
        if args.dest.is_none() {
            return self.plan_to_storage(args).await;
        }
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
    let dest = destination(owner, args.dest.as_deref().unwrap_or_default())?;
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
