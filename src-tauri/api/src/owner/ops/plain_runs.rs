//! Runs for other programs, under the names that these gave them.

use std::sync::Arc;

use longshore_engine::{Fault, RunId};
use longshore_store::{RunFilter, RunPlain};
use serde_json::{Map, Value};

use super::super::Owner;
use super::super::dispatch::Answer;
use super::super::rows;
use super::acts::touched_by;
use super::runs::{order, task_runs_of};
use super::{PAGE, limit};
use crate::fault::of_store;
use crate::wire::{
    NoteSet, NoteSetArgs, Nothing, Page, PlainRun, PlainRunArgs, PlainRunShow, PlainRuns, PlainRunsArgs, RunArgs,
    RunForget, RunNotes, RunTouches, RunTouchesArgs, RunTouchesShow, TaskNote,
};

/// What the keys of runs that schedules start begin with.
const SCHEDULED: &str = "schedule/";
/// Characters of a note at most, as in Airflow.
const NOTE: usize = 1_000;

impl Answer<PlainRuns> for Owner {
    async fn answer(self: &Arc<Self>, args: PlainRunsArgs) -> Result<Page<PlainRun>, Fault> {
        let filter = filter(args);
        self.ask(move |owner| Ok(rows::page_of(owner.store.plain_runs(&filter).map_err(of_store)?, row))).await
    }
}

fn filter(args: PlainRunsArgs) -> RunFilter {
    let PlainRunsArgs { mut flows, states, created, started, ended, sort, ascending, offset, limit: asked } = args;
    // One flow is found by an index that holds all that a list of its runs is sorted by.
    let flow = if flows.len() == 1 { flows.pop() } else { None };
    RunFilter {
        flow,
        flows,
        states,
        since: created.since,
        until: created.until,
        started_since: started.since,
        started_until: started.until,
        ended_since: ended.since,
        ended_until: ended.until,
        order: order(sort),
        ascending,
        offset,
        limit: limit(asked),
        ..RunFilter::default()
    }
}

/// The name of a run among those of its flow. The keys of runs that schedules and other runs start are made, and say nothing to others.
fn name(run: &RunPlain) -> &str {
    let said = |key: &&String| run.parent.is_none() && !key.starts_with(SCHEDULED);
    run.key.as_ref().filter(said).unwrap_or(&run.id)
}

pub(super) fn row(run: RunPlain) -> PlainRun {
    let name = name(&run).to_owned();
    let scheduled = run.key.as_deref().is_some_and(|key| key.starts_with(SCHEDULED));
    let time = || run.key.as_deref()?.rsplit('/').next()?.parse::<jiff::Timestamp>().ok();
    let time = if scheduled { time().map(jiff::Timestamp::as_millisecond) } else { None };
    let (by, given, logical_at, since, until) = match run.asked {
        Some(asked) => (Some(asked.by), asked.conf, asked.logical_at, asked.since, asked.until),
        None => (None, run.params, None, None, None),
    };
    PlainRun {
        name,
        scheduled,
        by,
        conf: without_secrets(given),
        logical_at: logical_at.or(time),
        since,
        until,
        id: run.id,
        flow: run.flow,
        version: run.version,
        state: run.state,
        parent: run.parent,
        note: run.note,
        created_at: run.created_at,
        started_at: run.started_at,
        ended_at: run.ended_at,
    }
}

/// Parameters as they may be shown: what is kept in the place of a secret one means nothing to anybody else.
fn without_secrets(mut conf: Map<String, Value>) -> Map<String, Value> {
    let sealed = |value: &Value| value.as_str().is_some_and(|text| text.starts_with("<secret:") && text.ends_with('>'));
    conf.values_mut().filter(|value| sealed(value)).for_each(|value| *value = "***".into());
    conf
}

impl Answer<PlainRunShow> for Owner {
    async fn answer(self: &Arc<Self>, args: PlainRunArgs) -> Result<PlainRun, Fault> {
        self.ask(move |owner| {
            let PlainRunArgs { flow, name: asked } = args;
            let keyed = match &flow {
                Some(flow) => owner.store.run_of_key(flow, &asked)?.map(|run| run.as_str().to_owned()),
                None => None,
            };
            let run = plain(owner, keyed.as_deref().unwrap_or(&asked))?;
            // A run has one name: under its id it is found only where it has no other, or where no flow is named.
            if flow.is_some_and(|flow| flow != run.flow || (name(&run) != asked && run.id != asked)) {
                return Err(of_store(longshore_store::Error::NotFound { what: "run", key: asked }));
            }
            Ok(row(run))
        })
        .await
    }
}

/// A run by its id.
pub(super) fn plain(owner: &Owner, id: &str) -> Result<RunPlain, Fault> {
    let filter = RunFilter { runs: vec![id.to_owned()], limit: 1, ..RunFilter::default() };
    let found = owner.store.plain_runs(&filter).map_err(of_store)?.rows.into_iter().next();
    found.ok_or_else(|| of_store(longshore_store::Error::NotFound { what: "run", key: id.to_owned() }))
}

impl Answer<RunForget> for Owner {
    async fn answer(self: &Arc<Self>, args: RunArgs) -> Result<Nothing, Fault> {
        self.ask(move |owner| {
            let run = owner.store.run(&args.run).map_err(of_store)?;
            let refused = |why: &str| Fault::permanent("run.state", "The run was not forgotten", why);
            if !run.state.is_final() {
                return Err(refused("It has not ended").now("Cancel it first."));
            }
            if run.parent.is_some_and(|parent| owner.store.run_state(&parent).is_ok()) {
                return Err(refused("Another run has started it, and goes with it"));
            }
            let children = RunFilter { parent: Some(args.run.clone()), limit: PAGE, ..RunFilter::default() };
            if owner.store.run_rows(&children)?.iter().any(|child| !child.state.is_final()) {
                return Err(refused("A run that it started has not ended"));
            }
            Ok(owner.store.forget_run(&RunId::from(args.run))?)
        })
        .await?;
        Ok(Nothing {})
    }
}

impl Answer<NoteSet> for Owner {
    async fn answer(self: &Arc<Self>, args: NoteSetArgs) -> Result<Nothing, Fault> {
        let NoteSetArgs { run, task, index, note } = args;
        if note.chars().count() > NOTE {
            let why = format!("It has more than {NOTE} characters");
            return Err(Fault::permanent("note.long", "Nothing was noted", why));
        }
        self.ask(move |owner| {
            owner.store.run_state(&run).map_err(of_store)?;
            let task = task.as_deref().map(|task| (task, index));
            Ok(owner.store.set_note(&run, task, &note)?)
        })
        .await?;
        Ok(Nothing {})
    }
}

impl Answer<RunNotes> for Owner {
    async fn answer(self: &Arc<Self>, args: RunArgs) -> Result<Vec<TaskNote>, Fault> {
        self.ask(move |owner| {
            let notes = owner.store.task_notes(&args.run).map_err(of_store)?;
            Ok(notes.into_iter().map(|(task, index, note)| TaskNote { task, index, note }).collect())
        })
        .await
    }
}

impl Answer<RunTouchesShow> for Owner {
    async fn answer(self: &Arc<Self>, args: RunTouchesArgs) -> Result<RunTouches, Fault> {
        let RunTouchesArgs { run, act } = args;
        let touched = touched_by(self, &RunId::from(run.as_str()), &act).await?;
        let count = touched.count;
        let rows = self.ask(move |owner| task_runs_of(owner, &run, &touched.touches)).await?;
        Ok(RunTouches { rows, count })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[test]
    fn what_stands_for_a_secret_is_not_shown() {
        let conf = json!({"a": "<secret:a:01ARZ3NDEKTSV4RRFFQ69G5FAV>", "b": "plain", "c": 1});
        let Value::Object(conf) = conf else { unreachable!() };
        assert_eq!(Value::Object(without_secrets(conf)), json!({"a": "***", "b": "plain", "c": 1}));
    }
}
