//! What transfers moved and how fast, which files they did not copy, and why runs failed.

use std::collections::BTreeMap;
use std::sync::Arc;

use longshore_engine::{Fault, TaskState};
use longshore_store::{TaskRun, TaskRunFilter};
use serde::Deserialize;
use serde_json::Value;

use super::super::Owner;
use super::super::dispatch::Answer;
use super::{limit, runs};
use crate::events::lock;
use crate::fault::of_store;
use crate::wire::{
    FaultCauseRow, FaultCauses, FileCauseRow, Nothing, TransferCauses, TransferFileRow, TransferFiles,
    TransferFilesArgs, TransferFilesShow, TransferSpeed, TransferSpeedArgs, TransferSpeedShow,
};

/// Task runs of a transfer that are looked at.
const TASK_RUNS: u32 = 1_000;
/// The kind whose checkpoint names files.
const COPY: &str = "copy";

impl Answer<TransferCauses> for Owner {
    async fn answer(self: &Arc<Self>, _: Nothing) -> Result<FaultCauses, Fault> {
        self.ask(|owner| {
            let (causes, failed) = owner.store.fault_causes()?;
            let row = |cause: longshore_store::FaultCause| FaultCauseRow {
                code: cause.fault.code.clone(),
                runs: cause.runs,
                task_runs: cause.task_runs,
                run: cause.run,
                task: cause.task,
                fault: cause.fault,
            };
            Ok(FaultCauses { failed, causes: causes.into_iter().map(row).collect() })
        })
        .await
    }
}

impl Answer<TransferSpeedShow> for Owner {
    async fn answer(self: &Arc<Self>, args: TransferSpeedArgs) -> Result<TransferSpeed, Fault> {
        Ok(lock(&self.speeds).of(args.run.as_deref()))
    }
}

impl Answer<TransferFilesShow> for Owner {
    async fn answer(self: &Arc<Self>, args: TransferFilesArgs) -> Result<TransferFiles, Fault> {
        self.ask(move |owner| files(owner, &args)).await
    }
}

/// As the checkpoint of a copy has it, and its output.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Saved {
    done: Counted,
    failed: Vec<Value>,
    more_failed: bool,
}

/// What a copy counts.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Counted {
    files: u64,
    already: u64,
    read_back: u64,
    by_server: u64,
    left: u64,
}

fn files(owner: &Owner, args: &TransferFilesArgs) -> Result<TransferFiles, Fault> {
    let run = owner.store.run(&args.run).map_err(of_store)?;
    let version = owner.store.flow_version(&run.version).map_err(of_store)?;
    let flow = runs::parse(&version.flow, &version.source)?;
    let (mut told, mut failed) = (TransferFiles::default(), Vec::new());
    for task in flow.tasks.iter().filter(|task| task.uses == COPY) {
        let filter = TaskRunFilter { task: Some(task.id.clone()), states: Vec::new(), offset: 0, limit: TASK_RUNS };
        for task_run in owner.store.task_runs(&args.run, &filter).map_err(of_store)?.rows {
            let saved = saved(owner, &args.run, &task_run)?;
            told.add(&saved.done);
            told.more_failed |= saved.more_failed;
            let named = saved.failed.iter().filter_map(|file| row(&task_run, file));
            let before = failed.len();
            failed.extend(named);
            if failed.len() == before {
                failed.extend(of_fault(&task_run));
            }
        }
    }
    told.failed = failed.len() as u64;
    told.causes = causes(&failed);
    let search = args.search.as_deref().map(str::to_ascii_lowercase);
    failed.retain(|file| {
        args.code.as_ref().is_none_or(|code| *code == file.code)
            && search.as_ref().is_none_or(|text| file.path.to_ascii_lowercase().contains(text))
    });
    told.total = failed.len() as u64;
    let offset = usize::try_from(args.offset).unwrap_or(usize::MAX);
    told.rows = failed.into_iter().skip(offset).take(limit(args.limit) as usize).collect();
    Ok(told)
}

/// What a task run of a copy has written down: its checkpoint, or its output once it has succeeded.
fn saved(owner: &Owner, run: &str, task_run: &TaskRun) -> Result<Saved, Fault> {
    if task_run.state == TaskState::Success {
        let done = task_run.output.clone().and_then(|output| serde_json::from_value(output).ok());
        return Ok(Saved { done: done.unwrap_or_default(), ..Saved::default() });
    }
    let checkpoint = owner.store.checkpoint(run, &task_run.task, task_run.index).map_err(of_store)?;
    Ok(checkpoint.and_then(|checkpoint| serde_json::from_value(checkpoint.saved).ok()).unwrap_or_default())
}

/// A file that the checkpoint names; one of an older version has its path alone.
fn row(of: &TaskRun, file: &Value) -> Option<TransferFileRow> {
    let text = |name: &str| file.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let path = file.as_str().or_else(|| file.get("path")?.as_str())?.to_owned();
    Some(TransferFileRow {
        task: of.task.clone(),
        index: of.index,
        path,
        code: text("code"),
        why: text("why"),
        now: text("now"),
    })
}

/// The file of a fault, of a copy that keeps none in its checkpoint: it copies one file, or failed of too many.
fn of_fault(of: &TaskRun) -> Option<TransferFileRow> {
    let fault = of.fault.as_ref().filter(|_| of.state == TaskState::Failed)?;
    let path = fault.file.clone()?;
    let (code, why, now) = (fault.code.clone(), fault.to_string(), fault.now.clone());
    Some(TransferFileRow { task: of.task.clone(), index: of.index, path, code, why, now })
}

fn causes(failed: &[TransferFileRow]) -> Vec<FileCauseRow> {
    let mut by_code: BTreeMap<&str, FileCauseRow> = BTreeMap::new();
    for file in failed {
        let empty = || FileCauseRow { code: file.code.clone(), files: 0, example: file.clone() };
        by_code.entry(&file.code).or_insert_with(empty).files += 1;
    }
    let mut causes: Vec<FileCauseRow> = by_code.into_values().collect();
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.files));
    causes
}

impl TransferFiles {
    fn add(&mut self, of: &Counted) {
        self.done += of.files;
        self.already += of.already;
        self.read_back += of.read_back;
        self.by_server += of.by_server;
        self.left += of.left;
    }
}
