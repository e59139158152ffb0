//! Flows.

use std::sync::Arc;

use longshore_engine::schedule::Schedule;
use longshore_engine::{Fault, Flow};
use longshore_runner::NewRun;

use super::super::Owner;
use super::super::dispatch::Answer;
use super::super::rows;
use super::super::shelf::InForce;
use crate::fault::of_store;
use crate::wire::{
    FlowArgs, FlowCheck, FlowCheckArgs, FlowChecked, FlowDetail, FlowList, FlowRow, FlowRun, FlowRunArgs, FlowShow,
    Nothing, RunStarted,
};

/// States of last runs in a row.
const LAST: u32 = 20;

impl Answer<FlowList> for Owner {
    async fn answer(self: &Arc<Self>, _: Nothing) -> Result<Vec<FlowRow>, Fault> {
        self.ask(|owner| {
            let mut all = owner.shelf.all().into_iter().map(|flow| row(owner, &flow)).collect::<Result<Vec<_>, _>>()?;
            all.extend(owner.shelf.refused().into_iter().map(never_good));
            all.extend(deleted(owner)?);
            Ok(all)
        })
        .await
    }
}

fn row(owner: &Owner, in_force: &InForce) -> Result<FlowRow, Fault> {
    let flow = &in_force.flow;
    let states = owner.store.last_states(&flow.id, LAST)?;
    Ok(FlowRow {
        id: flow.id.clone(),
        title: flow.title.clone(),
        aliases: flow.aliases.clone(),
        description: flow.description.clone(),
        max_active_runs: flow.max_active_runs,
        max_active_tasks: flow.max_active_tasks,
        built_in: in_force.built_in,
        tasks: u32::try_from(flow.tasks.len()).unwrap_or(u32::MAX),
        active: owner.store.active_runs(&flow.id)?,
        last_states: states.into_iter().map(|state| state.word().to_owned()).collect(),
        refused: in_force.refused.clone(),
        file: in_force.file.clone(),
        deleted: false,
        schedules: flow.schedules.iter().map(words).collect(),
        ..due(owner, flow)?
    })
}

/// A file that never was a flow has a row, so that its refusal is seen.
fn never_good(fault: Fault) -> FlowRow {
    let file = fault.at.as_deref().and_then(|at| at.split(':').next()).unwrap_or_default();
    let name = file.rsplit('/').next().unwrap_or_default().to_owned();
    FlowRow { id: name.clone(), title: name, file: Some(file.to_owned()), refused: Some(fault), ..FlowRow::default() }
}

/// A schedule in one line.
fn words(schedule: &Schedule) -> String {
    if schedule.zone_name == "UTC" {
        return schedule.words.clone();
    }
    format!("{} ({})", schedule.words, schedule.zone_name)
}

/// When a flow is due next, or that it is paused.
fn due(owner: &Owner, flow: &Flow) -> Result<FlowRow, Fault> {
    if flow.schedules.is_empty() {
        return Ok(FlowRow::default());
    }
    let paused = owner.store.paused_schedules()?.iter().any(|pause| pause.flow == flow.id);
    let now = owner.clock.read().wall;
    let next = flow.schedules.iter().filter_map(|schedule| schedule.next(now)).min().filter(|_| !paused);
    Ok(FlowRow { paused, next: next.map(|at| at.0), ..FlowRow::default() })
}

/// Flows that are in force no more and of which runs are not finished.
fn deleted(owner: &Owner) -> Result<Vec<FlowRow>, Fault> {
    let mut rows: Vec<FlowRow> = Vec::new();
    for run in owner.runner.active() {
        let run = owner.store.run(run.as_str()).map_err(of_store)?;
        if owner.shelf.get(&run.flow).is_ok() || rows.iter().any(|row| row.id == run.flow) {
            continue;
        }
        let kept = owner.store.flow_version(&run.version).map_err(of_store)?;
        let flow = super::runs::parse(&kept.flow, &kept.source)?;
        let gone = InForce { flow: Arc::new(flow), built_in: false, refused: None, file: None };
        rows.push(FlowRow { deleted: true, next: None, schedules: Vec::new(), ..row(owner, &gone)? });
    }
    Ok(rows)
}

impl Answer<FlowShow> for Owner {
    async fn answer(self: &Arc<Self>, args: FlowArgs) -> Result<FlowDetail, Fault> {
        self.ask(move |owner| {
            let in_force = owner.shelf.find(&args.flow)?;
            let flow = &in_force.flow;
            Ok(FlowDetail {
                flow: row(owner, &in_force)?,
                description: flow.description.clone(),
                source: flow.source.to_string(),
                version: flow.version.clone(),
                params_schema: flow.params_schema(),
                graph: rows::graph(flow),
            })
        })
        .await
    }
}

impl Answer<FlowCheck> for Owner {
    async fn answer(self: &Arc<Self>, args: FlowCheckArgs) -> Result<FlowChecked, Fault> {
        self.ask(move |_| Ok(crate::check::check_flow(&args.file, &args.source))).await
    }
}

impl Answer<FlowRun> for Owner {
    async fn answer(self: &Arc<Self>, args: FlowRunArgs) -> Result<RunStarted, Fault> {
        let FlowRunArgs { flow, source, params, key, priority } = args;
        let params = match params {
            serde_json::Value::Object(params) => params,
            serde_json::Value::Null => serde_json::Map::new(),
            _ => {
                return Err(Fault::permanent(
                    "params.wrong",
                    format!("{flow} was not started"),
                    "Its parameters are no object",
                ));
            }
        };
        let flow = self.ask(move |owner| flow_of(owner, &flow, source.as_deref())).await?;
        let run = self.runner.create_run(NewRun { flow, params, key, parent: None, scheduled: None, priority }).await?;
        Ok(RunStarted { run: run.into() })
    }
}

/// The flow in force under this id; or the one that a text describes, of which the name is only for messages.
pub(super) fn flow_of(owner: &Owner, name: &str, source: Option<&str>) -> Result<Arc<Flow>, Fault> {
    match source {
        Some(text) => {
            owner.shelf.parse(name, text).map(Arc::new).map_err(|faults| super::super::shelf::first(name, faults))
        }
        None => Ok(owner.shelf.find(name)?.flow),
    }
}
