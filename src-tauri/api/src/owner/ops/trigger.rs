//! Runs that other programs start, and what they see of the tasks of a flow.

use std::sync::Arc;
use std::time::Duration;

use longshore_engine::flow::{Backoff, Task};
use longshore_engine::{Fault, Flow};
use longshore_runner::NewRun;
use longshore_store::Asked;
use serde_json::{Map, Value};

use super::super::Owner;
use super::super::audit::acting;
use super::super::connections::secret_fields::sensitive;
use super::super::dispatch::Answer;
use super::plain_runs::{plain, row};
use crate::fault::of_store;
use crate::wire::{FlowTaskRow, FlowTasks, FlowTasksArgs, PlainRun, RunTrigger, RunTriggerArgs, TaskClaim};

impl Answer<RunTrigger> for Owner {
    async fn answer(self: &Arc<Self>, args: RunTriggerArgs) -> Result<PlainRun, Fault> {
        let RunTriggerArgs { flow, key, conf, note, logical_at, since, until, .. } = args;
        // One at a time: between looking for the name and taking it nobody else may.
        let _alone = self.triggering.lock().await;
        let named = key.clone();
        let flow = self.ask(move |owner| free(owner, &flow, &named, logical_at)).await?;
        let by = acting().map(|acting| acting.caller.user).unwrap_or_default();
        let asked = Asked { by, conf: shown(&flow, &conf), logical_at, since, until };
        let params = conf.into_iter().filter(|(name, _)| flow.params.iter().any(|param| param.name == *name)).collect();
        let new = NewRun { flow, params, key: Some(key), parent: None, scheduled: None, priority: None };
        let run = self.acting_runner().create_run(new).await?;
        self.ask(move |owner| {
            owner.store.keep_asked(run.as_str(), asked)?;
            if let Some(note) = note.filter(|note| !note.is_empty()) {
                owner.store.set_note(run.as_str(), None, &note)?;
            }
            Ok(row(plain(owner, run.as_str())?))
        })
        .await
    }
}

/// The flow, if it has no run yet of this name or for this time.
fn free(owner: &Owner, flow: &str, key: &str, logical_at: Option<i64>) -> Result<Arc<Flow>, Fault> {
    let flow = owner.shelf.find(flow)?.flow;
    let of_time = match logical_at {
        Some(at) => owner.store.run_of_time(&flow.id, at)?,
        None => None,
    };
    let taken = owner.store.run_of_key(&flow.id, key)?.is_some() || of_time.is_some();
    if taken || owner.store.run_state(key).is_ok() {
        let what = format!("{} was not started", flow.id);
        let why = format!("It has a run with the id {key:?}, or for the same time");
        return Err(Fault::permanent("run.taken", what, why).now("Choose another id, or another time."));
    }
    Ok(flow)
}

/// What was given, as it may be kept and shown.
fn shown(flow: &Flow, conf: &Map<String, Value>) -> Map<String, Value> {
    let secret = |name: &str| match flow.params.iter().find(|param| param.name == name) {
        Some(param) => param.is_secret(),
        None => sensitive(name),
    };
    let one = |(name, value): (&String, &Value)| {
        let value = if secret(name) { "***".into() } else { value.clone() };
        (name.clone(), value)
    };
    conf.iter().map(one).collect()
}

impl Answer<FlowTasks> for Owner {
    async fn answer(self: &Arc<Self>, args: FlowTasksArgs) -> Result<Vec<FlowTaskRow>, Fault> {
        self.ask(move |owner| {
            let flow = match (&args.run, &args.flow) {
                (Some(run), _) => of_version(owner, &owner.store.run(run).map_err(of_store)?.version)?,
                (None, flow) => owner.shelf.find(flow.as_deref().unwrap_or_default())?.flow,
            };
            Ok(flow.tasks.iter().map(|task| task_row(&flow, task)).collect())
        })
        .await
    }
}

/// The flow as of a version: that in force if it is the one.
fn of_version(owner: &Owner, version: &str) -> Result<Arc<Flow>, Fault> {
    if let Some(found) = owner.shelf.all().into_iter().find(|one| one.flow.version == version) {
        return Ok(found.flow);
    }
    let kept = owner.store.flow_version(version).map_err(of_store)?;
    super::runs::parse(&kept.flow, &kept.source).map(Arc::new)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn task_row(flow: &Flow, task: &Task) -> FlowTaskRow {
    let claim = |claim: &longshore_engine::flow::Claim| TaskClaim { limit: claim.limit.clone(), slots: claim.slots };
    FlowTaskRow {
        id: task.id.clone(),
        uses: task.uses.clone(),
        role: task.role.word().to_owned(),
        mapped: task.mapped(),
        trigger: task.trigger.word().to_owned(),
        needed_by: task.needed_by.iter().map(|at| flow.tasks[*at].id.clone()).collect(),
        retries: task.retries.max,
        retry_delay: task.retries.delays.first().copied().map_or(0, millis),
        backoff: task.retries.backoff == Backoff::Exponential,
        timeout: task.timeout.map(millis),
        limits: task.limits.iter().map(claim).collect(),
        priority: task.priority,
    }
}
