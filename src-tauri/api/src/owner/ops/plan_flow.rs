//! What a run of a flow would do.

use std::collections::BTreeMap;
use std::sync::Arc;

use longshore_catalogue::PathBytes;
use longshore_engine::decide::never;
use longshore_engine::flow::{Role, Task};
use longshore_engine::{Fault, Flow};
use longshore_runner::{Foreseen, Preview};
use longshore_store::StorageRecord;
use serde_json::{Map, Value};

use super::super::Owner;
use super::super::dispatch::Answer;
use super::plans::need;
use super::room::{Found, Room, probe};
use crate::wire::{FlowPlan, PlanFlow, PlanFlowArgs, PlannedSlots, PlannedSpace, PlannedTask, SpaceNeed};

/// Past task runs that an estimate rests on, at most.
const PAST: u32 = 20;
/// Share of a file system that stays free where the reservation names a path, in percent: as the gate has it.
const FLOOR_OF_PATH: f64 = 1.0;

impl Answer<PlanFlow> for Owner {
    async fn answer(self: &Arc<Self>, args: PlanFlowArgs) -> Result<FlowPlan, Fault> {
        let PlanFlowArgs { flow: name, source, params } = args;
        let params = object(&name, params)?;
        let asked = name.clone();
        let flow = self.ask(move |owner| checked(owner, &asked, source.as_deref())).await?;
        let flow = match flow {
            Ok(flow) => flow,
            Err(faults) => return Ok(refused(name, faults)),
        };
        let preview = self.runner.preview(flow.clone(), params).await?;
        let places = places(self, &preview).await?;
        let past = {
            let flow = flow.clone();
            self.ask(move |owner| flow.tasks.iter().map(|task| past(owner, &flow, task)).collect::<Result<Vec<_>, _>>())
        };
        let past = past.await?;
        let tasks = flow.tasks.iter().zip(&preview.tasks).zip(past).map(|((task, seen), past)| row(task, seen, past));
        Ok(FlowPlan { tasks: tasks.collect(), ..plan(&flow, &preview, &places) })
    }
}

fn object(flow: &str, params: Value) -> Result<Map<String, Value>, Fault> {
    match params {
        Value::Object(params) => Ok(params),
        Value::Null => Ok(Map::new()),
        _ => {
            let what = format!("{flow} cannot be planned");
            Err(Fault::permanent("params.wrong", what, "Its parameters are no object"))
        }
    }
}

/// The flow, or all that is wrong with it.
fn checked(owner: &Owner, name: &str, source: Option<&str>) -> Result<Result<Arc<Flow>, Vec<Fault>>, Fault> {
    match source {
        Some(text) => Ok(owner.shelf.parse(name, text).map(Arc::new)),
        None => Ok(Ok(owner.shelf.find(name)?.flow)),
    }
}

fn refused(flow: String, refused: Vec<Fault>) -> FlowPlan {
    FlowPlan {
        title: flow.clone(),
        flow,
        tasks: Vec::new(),
        bytes: 0,
        unknown: Vec::new(),
        space: Vec::new(),
        held_by: None,
        refused,
        can_start: false,
    }
}

/// All but the tasks.
fn plan(flow: &Flow, preview: &Preview, places: &BTreeMap<String, Place>) -> FlowPlan {
    // Hooks may or may not come.
    let work = || flow.tasks.iter().zip(&preview.tasks).filter(|(task, _)| task.role == Role::Task);
    let known = |seen: &Foreseen| seen.need.is_some() && seen.reserves.is_some();
    let mut refused: Vec<Fault> = preview.refused.clone().into_iter().collect();
    for (_, seen) in work() {
        refused.extend(seen.outlook.fault.clone());
        refused.extend(impossible(seen, places));
    }
    FlowPlan {
        flow: flow.id.clone(),
        title: flow.title.clone(),
        tasks: Vec::new(),
        bytes: work().filter_map(|(_, seen)| seen.need.as_ref()?.bytes).fold(0, u64::saturating_add),
        unknown: work().filter(|(_, seen)| !known(seen)).map(|(task, _)| task.id.clone()).collect(),
        space: space(work().map(|(_, seen)| seen), places),
        held_by: preview.held_by.as_ref().map(ToString::to_string),
        can_start: refused.is_empty(),
        refused,
    }
}

/// A storage that a run would write to.
struct Place {
    path: String,
    found: Found,
    room: Room,
}

/// The storages that are named, as they are now.
async fn places(owner: &Arc<Owner>, preview: &Preview) -> Result<BTreeMap<String, Place>, Fault> {
    let mut places = BTreeMap::new();
    for name in preview.tasks.iter().flat_map(|seen| seen.space.keys()) {
        if places.contains_key(name) {
            continue;
        }
        let found = probe(owner.clone(), name.clone()).await;
        let record = owner.places.record(name).unwrap_or_else(|_| elsewhere(name));
        let room = Room::of(&record, &found, &owner.runner.reservations());
        places.insert(name.clone(), Place { path: record.place(), found, room });
    }
    Ok(places)
}

/// A folder that is no storage of the workspace.
fn elsewhere(name: &str) -> StorageRecord {
    let path = PathBytes::from_text(name).unwrap_or_else(|_| PathBytes::from(name));
    StorageRecord::local(name, path, FLOOR_OF_PATH)
}

/// What all tasks take up, against the room there is; storages of one pool count together.
fn space<'a>(tasks: impl Iterator<Item = &'a Foreseen>, places: &BTreeMap<String, Place>) -> Vec<SpaceNeed> {
    let mut sums: BTreeMap<&String, u64> = BTreeMap::new();
    for (storage, bytes) in tasks.flat_map(|seen| &seen.space) {
        let sum = sums.entry(storage).or_default();
        *sum = sum.saturating_add(*bytes);
    }
    let mut taken = BTreeMap::new();
    let mut row = |(storage, bytes): (&String, u64)| {
        let place = places.get(storage)?;
        Some(need(storage, place.path.clone(), bytes, &place.found, place.room, &mut taken))
    };
    sums.into_iter().filter_map(&mut row).collect()
}

/// A reservation of the task that could never be granted, however empty the storage is; or one in a place that there is not.
fn impossible(seen: &Foreseen, places: &BTreeMap<String, Place>) -> Option<Fault> {
    seen.outlook.runs.iter().find_map(|drawn| {
        let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
        drawn.reserved.iter().flatten().find_map(|one| {
            let place = places.get(&one.storage)?;
            let found = match &place.found {
                Ok(Some(found)) => found,
                Ok(None) => return None,
                Err(fault) => return (fault.code == "storage.unknown").then(|| fault.clone()),
            };
            let sum = sums.entry(&found.pool).or_default();
            *sum = sum.saturating_add(one.bytes);
            let most = found.total.saturating_sub(place.room.floor);
            (found.total > 0 && *sum > most).then(|| never(&one.storage, *sum, found.total, place.room.floor))
        })
    })
}

/// The median of past task runs in seconds, and over how many.
fn past(owner: &Owner, flow: &Flow, task: &Task) -> Result<(Option<f64>, u32), Fault> {
    let mut durations = owner.store.past_durations(&flow.id, &task.id, PAST)?;
    durations.sort_unstable();
    Ok((median(&durations), u32::try_from(durations.len()).unwrap_or(PAST)))
}

/// The median of sorted milliseconds, in seconds.
fn median(sorted: &[i64]) -> Option<f64> {
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = sorted[(sorted.len() - 1) / 2];
    Some((lower as f64 + upper as f64) / 2000.0)
}

fn row(task: &Task, seen: &Foreseen, (seconds, past): (Option<f64>, u32)) -> PlannedTask {
    let outlook = &seen.outlook;
    PlannedTask {
        id: task.id.clone(),
        uses: task.uses.clone(),
        role: task.role.word().to_owned(),
        group: task.group.clone(),
        runs: outlook.count,
        expects: expects(seen),
        skipped: outlook.skipped.clone(),
        limits: task
            .limits
            .iter()
            .map(|claim| PlannedSlots { limit: claim.limit.clone(), slots: claim.slots })
            .collect(),
        planned: seen.need.is_some(),
        files: seen.need.as_ref().and_then(|need| need.files),
        bytes: seen.need.as_ref().and_then(|need| need.bytes),
        space: listed(&seen.space),
        reserves: seen.reserves.as_ref().map(listed),
        seconds,
        past,
        problem: seen.problem.clone(),
    }
}

fn expects(seen: &Foreseen) -> String {
    match (&seen.outlook.count, &seen.outlook.as_many_as) {
        (Some(count), _) => count.to_string(),
        (None, Some(task)) => format!("as many as {task} gives"),
        (None, None) => "known only in the run".to_owned(),
    }
}

fn listed(space: &BTreeMap<String, u64>) -> Vec<PlannedSpace> {
    space.iter().map(|(storage, bytes)| PlannedSpace { storage: storage.clone(), bytes: *bytes }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_lies_in_the_middle() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[1000, 2000, 9000]), Some(2.0));
        assert_eq!(median(&[1000, 2000]), Some(1.5));
    }
}
