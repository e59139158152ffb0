//! Single tasks: an operator's answer, a task tried by itself, a secret given again.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use longshore_engine::event::Mark;
use longshore_engine::{Fault, RunId, RunState, TaskState};
use longshore_flows::kind::Done;
use longshore_runner::{LogLine, Marking, Trial};
use longshore_store::{RunFilter, TaskRunFilter};
use serde_json::{Map, Value, json};

use super::super::Owner;
use super::super::audit::acting;
use super::super::dispatch::Answer;
use super::flows::flow_of;
use super::run_rows;
use crate::events::lock;
use crate::fault::of_store;
use crate::wire::{
    ApprovalRow, Event, LogRow, Nothing, RunSecret, RunSecretArgs, TaskAnswer, TaskAnswerArgs, TaskApprovals, TaskTest,
    TaskTestArgs, TaskTested,
};

/// The kind of task that waits for an answer.
const APPROVE: &str = "approve";
/// Runs that have not ended of which it is asked whether they wait for an answer, and answers of one task.
const ACTIVE: u32 = 500;
/// Lines of a task that is tried that are kept.
const LINES: usize = 10_000;

impl Answer<RunSecret> for Owner {
    async fn answer(self: &Arc<Self>, args: RunSecretArgs) -> Result<Nothing, Fault> {
        let RunSecretArgs { run, name, value } = args;
        self.runner.give_secret(&RunId::from(run), &name, value).await.map(|()| Nothing {})
    }
}

impl Answer<TaskAnswer> for Owner {
    async fn answer(self: &Arc<Self>, args: TaskAnswerArgs) -> Result<Nothing, Fault> {
        let asked = args.clone();
        self.ask(move |owner| waits_for_answer(owner, &asked)).await?;
        let by = acting().map(|acting| acting.caller.user);
        let TaskAnswerArgs { run, task, index, approve, why } = args;
        // The audit log has taken the reason out of the arguments.
        let why = why.or_else(|| acting()?.why);
        let mark = if approve {
            Mark::Success { output: json!({"approved": true, "by": by, "reason": why}) }
        } else {
            Mark::Failed { fault: rejected(&task, by.as_deref(), why.as_deref()) }
        };
        self.acting_runner().mark(&RunId::from(run), Marking { task, index, mark }).await.map(|_| Nothing {})
    }
}

impl Answer<TaskApprovals> for Owner {
    async fn answer(self: &Arc<Self>, _: Nothing) -> Result<Vec<ApprovalRow>, Fault> {
        self.ask(approvals).await
    }
}

/// What waits for an operator's answer, in the runs that have not ended, the newest first.
fn approvals(owner: &Owner) -> Result<Vec<ApprovalRow>, Fault> {
    let states = vec![RunState::Running, RunState::Queued, RunState::Paused];
    let active = owner.store.run_rows(&RunFilter { states, limit: ACTIVE, ..RunFilter::default() })?;
    let (mut tasks_of, mut found) = (HashMap::new(), Vec::new());
    for run in active {
        let tasks = match tasks_of.get(&run.version) {
            Some(tasks) => tasks,
            None => tasks_of.entry(run.version.clone()).or_insert(approving(owner, &run.version)?),
        };
        for task in tasks {
            let filter =
                TaskRunFilter { task: Some(task.clone()), states: vec![TaskState::Deferred], offset: 0, limit: ACTIVE };
            for waits in owner.store.task_runs(&run.id, &filter).map_err(of_store)?.rows {
                let attempts = owner.store.attempts(&run.id, task, waits.index).map_err(of_store)?;
                let message = attempts.first().and_then(|last| last.with.get("message")?.as_str()).unwrap_or_default();
                let (run, task, index) = (run.id.clone(), task.clone(), waits.index);
                let message = message.to_owned();
                found.push(ApprovalRow { run, title: String::new(), task, index, message, since: waits.started_at });
            }
        }
    }
    named(owner, found)
}

/// The tasks of a flow that ask.
fn approving(owner: &Owner, version: &str) -> Result<Vec<String>, Fault> {
    let version = owner.store.flow_version(version).map_err(of_store)?;
    if !version.source.contains(APPROVE) {
        return Ok(Vec::new());
    }
    let flow = super::runs::parse(&version.flow, &version.source)?;
    Ok(flow.tasks.into_iter().filter(|task| task.uses == APPROVE).map(|task| task.id).collect())
}

/// With the titles of their runs.
fn named(owner: &Owner, mut found: Vec<ApprovalRow>) -> Result<Vec<ApprovalRow>, Fault> {
    let runs = found.iter().map(|row| owner.store.run(&row.run).map_err(of_store)).collect::<Result<_, _>>()?;
    for (row, run) in found.iter_mut().zip(run_rows(owner, runs)?) {
        row.title = run.title;
    }
    Ok(found)
}

fn waits_for_answer(owner: &Owner, asked: &TaskAnswerArgs) -> Result<(), Fault> {
    let TaskAnswerArgs { run, task, index, .. } = asked;
    let refused = |why: String| Fault::permanent("approval.none", format!("{task} was not answered"), why);
    let version = owner.store.flow_version(&owner.store.run(run).map_err(of_store)?.version).map_err(of_store)?;
    let flow = longshore_engine::Flow::parse(&version.flow, &version.source, None)
        .map_err(|faults| super::super::shelf::first(&version.flow, faults))?;
    if flow.task(task).is_none_or(|task| task.uses != APPROVE) {
        return Err(refused(format!("it is not of the kind {APPROVE}")));
    }
    match owner.store.task_run(run, task, *index).map_err(of_store)?.state {
        TaskState::Deferred | TaskState::Running => Ok(()),
        other => Err(refused(format!("it does not wait for an answer: it is {}", other.word()))),
    }
}

fn rejected(task: &str, by: Option<&str>, why: Option<&str>) -> Fault {
    let by = by.map_or_else(|| "it was rejected".to_owned(), |by| format!("{by} rejected it"));
    let why = why.map_or_else(|| by.clone(), |why| format!("{by}: {why}"));
    Fault::permanent("approval.rejected", format!("{task} was not approved"), why).now("Retry the task to ask again.")
}

impl Answer<TaskTest> for Owner {
    async fn answer(self: &Arc<Self>, args: TaskTestArgs) -> Result<TaskTested, Fault> {
        let TaskTestArgs { flow, source, task, params, item, outputs, token } = args;
        let flow = self.ask(move |owner| flow_of(owner, &flow, source.as_deref())).await?;
        let (params, outputs) = (object("parameters", params)?, object("outputs", outputs)?);
        let kept = Arc::new(Mutex::new(Vec::new()));
        let (lines, bus) = (kept.clone(), self.bus.clone());
        let log = move |line: LogLine| {
            let mut lines = lock(&lines);
            if lines.len() < LINES {
                let row = row(lines.len(), line);
                lines.push(row.clone());
                if let Some(run) = token.clone() {
                    bus.send(&Event::Log { run, lines: vec![row] });
                }
            }
        };
        let outputs: BTreeMap<String, Value> = outputs.into_iter().collect();
        let done = self.runner.test(Trial { flow, task, params, item, outputs, log: Box::new(log) }).await;
        let log = std::mem::take(&mut *lock(&kept));
        Ok(tested(done, log))
    }
}

fn object(what: &str, value: Value) -> Result<Map<String, Value>, Fault> {
    match value {
        Value::Object(object) => Ok(object),
        Value::Null => Ok(Map::new()),
        _ => Err(Fault::permanent("params.wrong", "The task was not tried", format!("its {what} are no object"))),
    }
}

fn row(before: usize, line: LogLine) -> LogRow {
    let level = serde_json::to_value(line.level).ok().and_then(|level| level.as_str().map(str::to_owned));
    LogRow {
        seq: i64::try_from(before).unwrap_or(i64::MAX) + 1,
        at: line.at,
        task: line.task,
        index: line.index,
        attempt: line.attempt,
        level: level.unwrap_or_default(),
        text: line.text,
    }
}

fn tested(done: Result<Done<Value>, Fault>, log: Vec<LogRow>) -> TaskTested {
    let mut tested = TaskTested { state: String::new(), output: None, why: None, until: None, fault: None, log };
    let state = match done {
        Ok(Done::Output(output)) => {
            tested.output = Some(output);
            TaskState::Success
        }
        Ok(Done::Skipped(why)) => {
            tested.why = Some(why);
            TaskState::Skipped
        }
        Ok(Done::Deferred { until }) => {
            tested.until = Some(until.0);
            TaskState::Deferred
        }
        Err(fault) => {
            tested.fault = Some(fault);
            TaskState::Failed
        }
    };
    state.word().clone_into(&mut tested.state);
    tested
}
