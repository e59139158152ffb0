//! Task runs by runs of a flow.

use std::collections::HashMap;
use std::sync::Arc;

use longshore_engine::{Fault, Flow};
use longshore_store::{RunFilter, RunRecord, StateCount};

use super::super::Owner;
use super::super::dispatch::Answer;
use super::super::rows;
use super::run_rows;
use crate::fault::of_store;
use crate::wire::{GridRun, GridTask, Page, RunGrid, RunGridArgs};

/// Runs of a page that says no number.
const RUNS: u32 = 24;
/// Runs of the largest page: each is read with all its tasks.
const MOST: u32 = 100;

impl Answer<RunGrid> for Owner {
    async fn answer(self: &Arc<Self>, args: RunGridArgs) -> Result<Page<GridRun>, Fault> {
        self.ask(move |owner| grid(owner, args)).await
    }
}

fn grid(owner: &Owner, args: RunGridArgs) -> Result<Page<GridRun>, Fault> {
    let limit = if args.limit == 0 { RUNS } else { args.limit.min(MOST) };
    let filter = RunFilter { flow: Some(args.flow), offset: args.offset, limit, ..RunFilter::default() };
    let page = owner.store.runs(&filter).map_err(of_store)?;
    let mut versions = HashMap::new();
    let tasks = page.rows.iter().map(|run| tasks(owner, &mut versions, run)).collect::<Result<Vec<_>, _>>()?;
    let runs = run_rows(owner, page.rows)?.into_iter().zip(tasks);
    Ok(Page { rows: runs.map(|(run, tasks)| GridRun { run, tasks }).collect(), total: page.total })
}

/// The tasks of a run. Most runs of a page have one version, so that each is parsed once.
fn tasks(owner: &Owner, versions: &mut HashMap<String, Flow>, run: &RunRecord) -> Result<Vec<GridTask>, Fault> {
    if !versions.contains_key(&run.version) {
        let kept = owner.store.flow_version(&run.version).map_err(of_store)?;
        versions.insert(run.version.clone(), super::runs::parse(&kept.flow, &kept.source)?);
    }
    let mut counts: HashMap<String, Vec<StateCount>> = HashMap::new();
    for (task, count) in owner.store.state_counts(&run.id).map_err(of_store)? {
        counts.entry(task).or_default().push(count);
    }
    let task = |task: &longshore_engine::flow::Task| {
        let (state, counts) = rows::shown_state(counts.get(&task.id).map_or(&[], Vec::as_slice));
        GridTask { id: task.id.clone(), state, mapped: task.mapped(), counts }
    };
    Ok(versions.get(&run.version).into_iter().flat_map(|flow| &flow.tasks).map(task).collect())
}
