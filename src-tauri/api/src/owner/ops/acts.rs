//! What an operator does with runs, one or many: selected, shown, and then done to just those that were shown.

use std::sync::Arc;

use longshore_engine::event::Mark;
use longshore_engine::{Fault, RunId, RunState};
use longshore_runner::{Marking, Retry, Touched, Waking};
use longshore_store::{Act as Recorded, Ending, RunFilter};
use serde_json::{Value, json};

use super::super::Owner;
use super::super::audit::{self, acting};
use super::super::dispatch::Answer;
use super::run_rows;
use crate::fault::of_store;
use crate::wire::{
    MarkState, RunAct, RunRefused, RunSelect, RunTouched, RunsAct, RunsActArgs, RunsDone, RunsPreview, RunsPreviewArgs,
    RunsPreviewShow,
};

/// Runs that one act may touch.
const MOST: u32 = 10_000;
/// Runs that a preview names, and refusals.
const NAMED: usize = 50;
/// Parts of an act that are recorded at once.
const BATCH: usize = 500;

/// Runs to which an act can be done, with the number of task runs that it touches; and those to which it cannot.
#[derive(Default)]
struct Chosen {
    runs: Vec<(RunId, u32)>,
    refused: Vec<RunRefused>,
}

impl Answer<RunsPreviewShow> for Owner {
    async fn answer(self: &Arc<Self>, args: RunsPreviewArgs) -> Result<RunsPreview, Fault> {
        let mut chosen = choose(self, args.select, &args.act).await?;
        let token = token(&args.act, &chosen.runs);
        let first: Vec<(RunId, u32)> = chosen.runs.iter().take(NAMED).cloned().collect();
        let rows = self.ask(move |owner| touched(owner, &first));
        let refused = number(chosen.refused.len());
        chosen.refused.truncate(NAMED);
        Ok(RunsPreview {
            runs: number(chosen.runs.len()),
            task_runs: chosen.runs.iter().map(|(_, count)| u64::from(*count)).sum(),
            rows: rows.await?,
            refused,
            refusals: chosen.refused,
            token,
        })
    }
}

fn touched(owner: &Owner, runs: &[(RunId, u32)]) -> Result<Vec<RunTouched>, Fault> {
    let records = runs.iter().map(|(run, _)| owner.store.run(run.as_str()).map_err(of_store));
    let rows = run_rows(owner, records.collect::<Result<_, _>>()?)?;
    Ok(rows.into_iter().zip(runs).map(|(run, (_, task_runs))| RunTouched { run, task_runs: *task_runs }).collect())
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

impl Answer<RunsAct> for Owner {
    async fn answer(self: &Arc<Self>, args: RunsActArgs) -> Result<RunsDone, Fault> {
        let RunsActArgs { select, act, token: seen, expect, .. } = args;
        let named = !select.runs.is_empty();
        let chosen = choose(self, select, &act).await?;
        confirmed(&act, &chosen, named, seen.as_deref(), expect)?;
        let mut done = RunsDone { done: 0, refused: if named { chosen.refused } else { Vec::new() } };
        let mut parts = Vec::new();
        for (run, count) in &chosen.runs {
            let outcome = one(self, run, &act).await;
            parts.extend(part(self, run, *count, outcome.as_ref().err()));
            match outcome {
                Ok(()) => done.done += 1,
                Err(fault) => done.refused.push(RunRefused { run: run.to_string(), fault }),
            }
            if parts.len() >= BATCH {
                self.store.acts_done(std::mem::take(&mut parts)).await?;
            }
        }
        self.store.acts_done(parts).await?;
        audit::tell(&self.bus);
        match done.refused.first() {
            // Of a single run its own fault says more than a number.
            Some(one) if done.done == 0 && done.refused.len() == 1 => Err(one.fault.clone()),
            _ => Ok(done),
        }
    }
}

/// What the audit log says of one run of an act over many.
fn part(owner: &Owner, run: &RunId, task_runs: u32, fault: Option<&Fault>) -> Option<(Recorded, Ending)> {
    let acting = acting()?;
    let recorded = Recorded {
        at: owner.clock.now().0,
        by: acting.caller.user,
        program: acting.caller.program,
        op: "runs.act".to_owned(),
        object: format!("run {run}"),
        why: acting.why,
        detail: json!({ "task_runs": task_runs }),
        part_of: Some(acting.seq),
    };
    Some((recorded, fault.map_or(Ending::Done, |fault| Ending::Fault(fault.code.clone()))))
}

/// Refuses an act that would not be done to just what was seen.
fn confirmed(act: &RunAct, chosen: &Chosen, named: bool, seen: Option<&str>, expect: Option<u32>) -> Result<(), Fault> {
    let there = number(chosen.runs.len());
    let refused = |why: String| {
        Fault::permanent("acts.changed", "Nothing was done", why).now("Look at the preview again, then confirm it.")
    };
    match (seen, expect) {
        (Some(seen), _) if seen != token(act, &chosen.runs) => {
            Err(refused(format!("The runs are no longer those of the preview: it would be done to {there} now")))
        }
        (_, Some(expected)) if expected != there => {
            Err(refused(format!("{expected} runs were expected, and it would be done to {there}")))
        }
        (None, None) if !named => {
            Err(refused(format!("It would be done to {there} runs, and nobody has confirmed that")))
        }
        _ => Ok(()),
    }
}

/// Stands for an act and just these runs. Tells two selections apart; no proof against somebody who wants to be deceived.
fn token(act: &RunAct, runs: &[(RunId, u32)]) -> String {
    let act = serde_json::to_string(act).unwrap_or_default();
    let words = runs.iter().map(|(run, _)| run.as_str()).chain([act.as_str()]);
    let hash = words
        .flat_map(|word| word.bytes().chain([0]))
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{}-{hash:016x}", runs.len())
}

async fn choose(owner: &Arc<Owner>, select: RunSelect, act: &RunAct) -> Result<Chosen, Fault> {
    let filter = filter(select)?;
    let (found, missing) = owner.ask(move |owner| find(owner, &filter)).await?;
    let mut chosen = Chosen { runs: Vec::new(), refused: missing };
    for (run, state) in found {
        match touches(owner, &run, state, act).await {
            Ok(count) => chosen.runs.push((run, count)),
            Err(fault) => chosen.refused.push(RunRefused { run: run.to_string(), fault }),
        }
    }
    Ok(chosen)
}

fn filter(select: RunSelect) -> Result<RunFilter, Fault> {
    if select == RunSelect::default() {
        let why = "It says nothing of the runs that are meant";
        return Err(
            Fault::permanent("acts.unselected", "Nothing was done", why).now("Name runs, a flow, states, a time.")
        );
    }
    let RunSelect { runs, flow, dataset, states, since, until, search, fault } = select;
    Ok(RunFilter { runs, flow, dataset, states, since, until, search, fault, ..RunFilter::default() })
}

/// The selected runs with their states, and those that were named and are not there.
type Selected = (Vec<(RunId, RunState)>, Vec<RunRefused>);

/// Finds them.
fn find(owner: &Owner, filter: &RunFilter) -> Result<Selected, Fault> {
    let ids = owner.store.run_ids(filter, MOST + 1)?;
    if ids.len() > MOST as usize {
        let why = format!("The selection finds more than {MOST} runs");
        return Err(
            Fault::permanent("acts.too_many", "Nothing was done", why).now("Select fewer runs, such as by time.")
        );
    }
    let unknown = |id: &&String| !ids.contains(id) && filter.runs.len() < BATCH;
    let missing = filter.runs.iter().filter(unknown).map(|id| {
        let fault = owner.store.run(id).map_err(of_store).err();
        let other =
            || Fault::permanent("run.state", "The run is not selected", "the rest of the selection leaves it out");
        RunRefused { run: id.clone(), fault: fault.unwrap_or_else(other) }
    });
    let missing = missing.collect();
    let state = |id: String| Ok((RunId::from(id.as_str()), owner.store.run_state(&id).map_err(of_store)?));
    Ok((ids.into_iter().map(state).collect::<Result<_, Fault>>()?, missing))
}

/// How many task runs of a run an act touches, or why it cannot be done.
async fn touches(owner: &Arc<Owner>, run: &RunId, state: RunState, act: &RunAct) -> Result<u32, Fault> {
    if let Some(change) = change(act) {
        return Ok(preview(owner, run, change).await?.count);
    }
    let can = super::runs::can(state);
    let (fits, to) = match act {
        RunAct::Pause => (can.pause, "paused"),
        RunAct::Resume => (can.resume, "resumed"),
        RunAct::Cancel { hard: true } => (can.cancel || state == RunState::Cancelling, "cancelled"),
        _ => (can.cancel, "cancelled"),
    };
    if !fits {
        let why = format!("it is {}", state.word());
        return Err(Fault::permanent("run.state", format!("The run cannot be {to}"), why));
    }
    let run = run.clone();
    owner.ask(move |owner| Ok(owner.store.unended_task_runs(run.as_str())?)).await
}

/// The task runs of a run that an act changes; refused of one about the run as a whole.
pub(super) async fn touched_by(owner: &Arc<Owner>, run: &RunId, act: &RunAct) -> Result<Touched, Fault> {
    let whole = || Fault::permanent("request.args", "Nothing is touched", "The act is about the run as a whole");
    preview(owner, run, change(act).ok_or_else(whole)?).await
}

async fn preview(owner: &Arc<Owner>, run: &RunId, change: Change) -> Result<Touched, Fault> {
    match change {
        Change::Redo(redo) => owner.runner.retry_preview(run, redo).await,
        Change::Mark(marking) => owner.runner.mark_preview(run, *marking).await,
        Change::Wake(waking) => owner.runner.rouse_preview(run, waking).await,
    }
}

/// A change of task runs.
enum Change {
    Redo(Retry),
    Mark(Box<Marking>),
    Wake(Waking),
}

/// What an act changes of task runs; none of one about the run as a whole.
fn change(act: &RunAct) -> Option<Change> {
    Some(match act.clone() {
        RunAct::Retry { task, index, downstream } => {
            Change::Redo(Retry { task, index, downstream, ..Retry::default() })
        }
        RunAct::Clear { task, index, downstream, upstream, only_failed } => {
            let whole = task.is_none();
            Change::Redo(Retry { task, index, downstream, upstream, only_failed, whole })
        }
        RunAct::Mark { task, index, state, output } => {
            Change::Mark(Box::new(Marking { task, index, mark: mark(state, output) }))
        }
        RunAct::Wake { task, index } => Change::Wake(Waking { task, index }),
        RunAct::Cancel { .. } | RunAct::Pause | RunAct::Resume => return None,
    })
}

fn mark(state: MarkState, output: Value) -> Mark {
    match state {
        MarkState::Success => Mark::Success { output },
        MarkState::Skipped => Mark::Skipped,
        MarkState::Failed => {
            let why = acting().and_then(|acting| acting.why).unwrap_or_else(|| "no reason was given".to_owned());
            Mark::Failed { fault: Fault::permanent("task.marked_failed", "An operator marked it as failed", why) }
        }
    }
}

/// Does it to one run.
async fn one(owner: &Arc<Owner>, run: &RunId, act: &RunAct) -> Result<(), Fault> {
    let runner = owner.acting_runner();
    match (change(act), act) {
        (Some(Change::Redo(redo)), _) => runner.retry(run, redo).await.map(drop),
        (Some(Change::Mark(marking)), _) => runner.mark(run, *marking).await.map(drop),
        (Some(Change::Wake(waking)), _) => runner.rouse(run, waking).await.map(drop),
        (None, RunAct::Pause) => runner.pause(run).await,
        (None, RunAct::Resume) => runner.resume(run).await,
        (None, RunAct::Cancel { hard: true }) => runner.abandon(run).await,
        (None, _) => runner.cancel(run).await,
    }
}
