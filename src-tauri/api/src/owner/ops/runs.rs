//! Runs, task runs, logs.

use std::sync::{Arc, Mutex};

use longshore_engine::{Fault, Flow, RunId, RunState, TaskState};
use longshore_runner::{Live, Retry, Touched};
use longshore_store::{RunFilter, RunOrder, RunRecord, TaskRunFilter, TaskSummary};
use serde_json::{Map, Value};

use super::super::Owner;
use super::super::amounts::{Moved, ended};
use super::super::dispatch::Answer;
use super::super::rows;
use super::limit;
use crate::events::lock;
use crate::fault::of_store;
use crate::wire::{
    JournalRow, Nothing, Page, RetryArgs, RetryPreview, RunArgs, RunCan, RunCancel, RunCounts, RunDetail, RunEvents,
    RunEventsArgs, RunList, RunListArgs, RunPause, RunResume, RunRetry, RunRetryPreview, RunRow, RunShow, RunSort,
    RunStateCount, RunTaskRun, RunTaskRuns, TaskRow, TaskRunArgs, TaskRunDetail, TaskRunRow, TaskRunsArgs,
};

/// Runs that a run started, of its page.
const CHILDREN: u32 = 100;

impl Owner {
    /// What the tasks of a run have moved.
    pub(in super::super) fn moved(&self, run: &str) -> Result<Arc<Mutex<Moved>>, Fault> {
        self.amounts.of(&self.store, run)
    }

    /// What works or waits of a run now.
    fn live(&self, run: &str) -> Vec<Live> {
        self.runner.live(&RunId::from(run))
    }
}

/// Runs in a list. The journals of those that have ended are not read for it, but for the first time.
pub(in super::super) fn run_rows(owner: &Owner, mut runs: Vec<RunRecord>) -> Result<Vec<RunRow>, Fault> {
    owner.amounts.settle(&owner.store, &mut runs)?;
    runs.into_iter().map(|run| row(owner, run)).collect()
}

/// A run in a list.
fn row(owner: &Owner, run: RunRecord) -> Result<RunRow, Fault> {
    let live = if run.state.is_final() { Vec::new() } else { owner.live(&run.id) };
    let progress = match run.moved {
        Some(moved) => ended(moved),
        None => lock(&*owner.moved(&run.id)?).run(&live),
    };
    let waits =
        owner.runner.waits(&RunId::from(run.id.as_str())).or_else(|| live.iter().find_map(|live| live.waits.clone()));
    // The keys of runs that schedules and other runs start are made, and say nothing to a reader.
    let said = |key: &String| run.parent.is_none() && !key.starts_with("schedule/");
    let title = run.dataset_name.or(run.key.filter(said)).unwrap_or_else(|| {
        let Ok(in_force) = owner.shelf.get(&run.flow) else { return run.flow.clone() };
        in_force.flow.title_of_run(&run.params).unwrap_or_else(|| in_force.flow.title.clone())
    });
    Ok(RunRow {
        id: run.id,
        flow: run.flow,
        state: run.state,
        dataset: run.dataset,
        title,
        waits: waits.or(run.waits).filter(|_| !run.state.is_final()),
        fault: run.fault,
        fault_task: run.fault_task,
        created_at: run.created_at,
        started_at: run.started_at,
        ended_at: run.ended_at,
        progress,
    })
}

impl Answer<RunList> for Owner {
    async fn answer(self: &Arc<Self>, args: RunListArgs) -> Result<Page<RunRow>, Fault> {
        let filter = filter(args);
        self.ask(move |owner| {
            let page = owner.store.runs(&filter).map_err(of_store)?;
            Ok(Page { rows: run_rows(owner, page.rows)?, total: page.total })
        })
        .await
    }
}

impl Answer<RunCounts> for Owner {
    async fn answer(self: &Arc<Self>, args: RunListArgs) -> Result<Vec<RunStateCount>, Fault> {
        let filter = RunFilter { order: RunOrder::Created, ..filter(args) };
        self.ask(move |owner| {
            let counts = owner.store.run_states(&filter)?.into_iter();
            Ok(counts.map(|(state, count)| RunStateCount { state, count }).collect())
        })
        .await
    }
}

fn filter(args: RunListArgs) -> RunFilter {
    let RunListArgs { flow, dataset, states, search, fault, since, until, sort, ascending, offset, limit: asked } =
        args;
    let (order, limit) = (order(sort), limit(asked));
    RunFilter {
        flow,
        dataset,
        states,
        search,
        fault,
        since,
        until,
        order,
        ascending,
        offset,
        limit,
        ..RunFilter::default()
    }
}

pub(super) fn order(sort: RunSort) -> RunOrder {
    match sort {
        RunSort::Created => RunOrder::Created,
        RunSort::Started => RunOrder::Started,
        RunSort::Ended => RunOrder::Ended,
        RunSort::Duration => RunOrder::Duration,
    }
}

impl Answer<RunShow> for Owner {
    async fn answer(self: &Arc<Self>, args: RunArgs) -> Result<RunDetail, Fault> {
        self.ask(move |owner| detail(owner, &args.run)).await
    }
}

fn detail(owner: &Owner, id: &str) -> Result<RunDetail, Fault> {
    let mut run = owner.store.run(id).map_err(of_store)?;
    owner.amounts.settle(&owner.store, std::slice::from_mut(&mut run))?;
    let version = owner.store.flow_version(&run.version).map_err(of_store)?;
    let flow = parse(&version.flow, &version.source)?;
    let summaries = owner.store.task_summaries(id)?;
    let started =
        owner.store.run_rows(&RunFilter { parent: Some(id.to_owned()), limit: CHILDREN, ..RunFilter::default() })?;
    let (parent, params, state) = (run.parent.clone(), run.params.clone(), run.state);
    Ok(RunDetail {
        tasks: tasks(owner, id, &flow, summaries)?,
        can: can(state),
        run: row(owner, run)?,
        flow_title: flow.title.clone(),
        flow_version: version.version,
        flow_source: version.source,
        graph: rows::graph(&flow),
        params: Value::Object(shown(&flow, params)),
        parent,
        children: run_rows(owner, started)?,
    })
}

/// The version of a flow that a run keeps. It was checked when the run was created; kinds may have changed since.
pub(super) fn parse(flow: &str, source: &str) -> Result<Flow, Fault> {
    Flow::parse(flow, source, None).map_err(|faults| super::super::shelf::first(flow, faults))
}

/// Parameters without the secret ones: what is stored in their place means nothing to anybody else.
fn shown(flow: &Flow, mut params: Map<String, Value>) -> Map<String, Value> {
    let secret = |name: &String| flow.params.iter().any(|param| param.name == *name && param.is_secret());
    params.retain(|name, _| !secret(name));
    params
}

/// What may be done with a run in this state.
pub(super) fn can(state: RunState) -> RunCan {
    let works = matches!(state, RunState::Running | RunState::Queued);
    RunCan {
        retry: matches!(state, RunState::Failed | RunState::Cancelled),
        cancel: works || state == RunState::Paused,
        pause: works,
        resume: state == RunState::Paused,
    }
}

fn tasks(owner: &Owner, run: &str, flow: &Flow, mut summaries: Vec<TaskSummary>) -> Result<Vec<TaskRow>, Fault> {
    let (live, moved) = (owner.live(run), owner.moved(run)?);
    let moved = lock(&moved);
    let row = |task: &longshore_engine::flow::Task| {
        let at = summaries.iter().position(|summary| summary.task == task.id);
        let known = at.map(|at| summaries.swap_remove(at));
        let (state, counts) =
            known.as_ref().map_or((TaskState::None, Vec::new()), |known| rows::shown_state(&known.counts));
        let waits =
            live.iter().find(|live| live.task == task.id && live.waits.is_some()).and_then(|live| live.waits.clone());
        TaskRow {
            id: task.id.clone(),
            uses: task.uses.clone(),
            state,
            mapped: task.mapped(),
            counts,
            expanded: known.as_ref().and_then(|known| known.expanded),
            waits: waits.or_else(|| known.as_ref()?.waits.clone()),
            started_at: known.as_ref().and_then(|known| known.started_at),
            ended_at: known.as_ref().and_then(|known| known.ended_at),
            next_at: known.as_ref().and_then(|known| known.next_at),
            progress: moved.task(&task.id, &live),
            fault: known.and_then(|known| known.fault),
        }
    };
    Ok(flow.tasks.iter().map(row).collect())
}

impl Answer<RunTaskRuns> for Owner {
    async fn answer(self: &Arc<Self>, args: TaskRunsArgs) -> Result<Page<TaskRunRow>, Fault> {
        let TaskRunsArgs { run, task, states, offset, limit: asked } = args;
        let filter = TaskRunFilter { task, states, offset, limit: limit(asked) };
        self.ask(move |owner| {
            let page = owner.store.task_runs(&run, &filter).map_err(of_store)?;
            let (live, moved) = (owner.live(&run), owner.moved(&run)?);
            let moved = lock(&moved);
            Ok(rows::page_of(page, |row| task_run(row, &moved, &live)))
        })
        .await
    }
}

/// These task runs of a run.
pub(super) fn task_runs_of(
    owner: &Owner,
    run: &str,
    which: &[(String, Option<u32>)],
) -> Result<Vec<TaskRunRow>, Fault> {
    let moved = owner.moved(run)?;
    let row = |(task, index): &(String, Option<u32>)| {
        let found = owner.store.task_run(run, task, *index).map_err(of_store)?;
        Ok(task_run(found, &lock(&moved), &[]))
    };
    which.iter().map(row).collect()
}

fn task_run(run: longshore_store::TaskRun, moved: &Moved, live: &[Live]) -> TaskRunRow {
    let progress = moved.task_run(&run.task, run.index, live);
    let waits =
        live.iter().find(|live| live.task == run.task && live.index == run.index).and_then(|live| live.waits.clone());
    rows::task_run(run, progress, waits)
}

impl Answer<RunTaskRun> for Owner {
    async fn answer(self: &Arc<Self>, args: TaskRunArgs) -> Result<TaskRunDetail, Fault> {
        self.ask(move |owner| {
            let TaskRunArgs { run, task, index } = args;
            let found = owner.store.task_run(&run, &task, index).map_err(of_store)?;
            let attempts = owner.store.attempts(&run, &task, index).map_err(of_store)?;
            let version =
                owner.store.flow_version(&owner.store.run(&run).map_err(of_store)?.version).map_err(of_store)?;
            let flow = parse(&version.flow, &version.source)?;
            let (live, moved) = (owner.live(&run), owner.moved(&run)?);
            let output = found.output.clone();
            let row = task_run(found, &lock(&moved), &live);
            Ok(TaskRunDetail {
                row,
                uses: flow.task(&task).map(|task| task.uses.clone()).unwrap_or_default(),
                attempts: attempts.iter().map(rows::attempt).collect(),
                with: attempts.into_iter().next().map(|attempt| attempt.with).unwrap_or_default(),
                output,
                checkpoint: owner
                    .store
                    .checkpoint(&run, &task, index)
                    .map_err(of_store)?
                    .map(|checkpoint| checkpoint.saved),
            })
        })
        .await
    }
}

impl Answer<RunEvents> for Owner {
    async fn answer(self: &Arc<Self>, args: RunEventsArgs) -> Result<Vec<JournalRow>, Fault> {
        self.ask(move |owner| {
            let run = RunId::from(args.run.as_str());
            let page = owner.store.journal_page(&run, args.after, limit(args.limit)).map_err(of_store)?;
            Ok(page.into_iter().map(rows::journal).collect())
        })
        .await
    }
}

impl Answer<RunRetryPreview> for Owner {
    async fn answer(self: &Arc<Self>, args: RetryArgs) -> Result<RetryPreview, Fault> {
        let (run, retry) = asked(args);
        let touched = self.runner.retry_preview(&run, retry).await?;
        preview(self, run, touched).await
    }
}

impl Answer<RunRetry> for Owner {
    async fn answer(self: &Arc<Self>, args: RetryArgs) -> Result<RetryPreview, Fault> {
        let (run, retry) = asked(args);
        // Shown as it was before: what is touched starts anew at once.
        let before = self.runner.retry_preview(&run, retry.clone()).await?;
        let preview = preview(self, run.clone(), before).await?;
        self.acting_runner().retry(&run, retry).await?;
        Ok(preview)
    }
}

fn asked(args: RetryArgs) -> (RunId, Retry) {
    (
        RunId::from(args.run),
        Retry { task: args.task, index: args.index, downstream: args.downstream, ..Retry::default() },
    )
}

async fn preview(owner: &Arc<Owner>, run: RunId, touched: Touched) -> Result<RetryPreview, Fault> {
    owner
        .ask(move |owner| {
            let moved = owner.moved(run.as_str())?;
            let mut preview =
                RetryPreview { touches: Vec::new(), count: touched.count, leaves: touched.leaves, resumes: Vec::new() };
            for (task, index) in touched.touches {
                let found = owner.store.task_run(run.as_str(), &task, index).map_err(of_store)?;
                let saved = owner.store.checkpoint(run.as_str(), &task, index).map_err(of_store)?;
                preview.resumes.extend(saved.map(|saved| resumes(&task, index, found.label.as_deref(), saved.written)));
                preview.touches.push(task_run(found, &lock(&moved), &[]));
            }
            Ok(preview)
        })
        .await
}

fn resumes(task: &str, index: Option<u32>, label: Option<&str>, written: u64) -> String {
    let index = index.map(|index| format!("[{index}]")).unwrap_or_default();
    let label = label.map(|label| format!(" ({label})")).unwrap_or_default();
    if written == 0 {
        return format!("{task}{index}{label} goes on from its last checkpoint");
    }
    format!("{task}{index}{label} goes on after {written} bytes that are on the storage")
}

impl Answer<RunCancel> for Owner {
    async fn answer(self: &Arc<Self>, args: RunArgs) -> Result<Nothing, Fault> {
        self.acting_runner().cancel(&RunId::from(args.run)).await.map(|()| Nothing {})
    }
}

impl Answer<RunPause> for Owner {
    async fn answer(self: &Arc<Self>, args: RunArgs) -> Result<Nothing, Fault> {
        self.acting_runner().pause(&RunId::from(args.run)).await.map(|()| Nothing {})
    }
}

impl Answer<RunResume> for Owner {
    async fn answer(self: &Arc<Self>, args: RunArgs) -> Result<Nothing, Fault> {
        self.acting_runner().resume(&RunId::from(args.run)).await.map(|()| Nothing {})
    }
}
