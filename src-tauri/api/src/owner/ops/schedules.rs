//! Schedules: lists, the calendar, pauses.

use std::collections::BTreeMap;
use std::sync::Arc;

use longshore_engine::schedule::Schedule;
use longshore_engine::{Fault, Flow, Millis};
use longshore_runner::schedules;
use longshore_store::{Pause, ScheduleRecord};

use super::super::Owner;
use super::super::audit::acting;
use super::super::dispatch::Answer;
use crate::wire::{
    DueRow, Nothing, PausedBy, ScheduleList, ScheduleNext, ScheduleNextArgs, SchedulePause, SchedulePauseArgs,
    ScheduleResume, ScheduleRow,
};

/// Times of a calendar, unless more are asked for.
const COUNT: u32 = 20;
/// Times of a calendar at most.
const MOST: u32 = 500;

/// A schedule in force and what is known of it.
pub(super) struct Known {
    pub(super) flow: Arc<Flow>,
    pub(super) n: u32,
    record: Option<ScheduleRecord>,
    paused: Option<Pause>,
    now: Millis,
}

impl Known {
    fn schedule(&self) -> &Schedule {
        &self.flow.schedules[self.n as usize]
    }

    /// The times that are to come, each with its start.
    pub(super) fn times(&self) -> impl Iterator<Item = (Millis, Millis)> + '_ {
        let seed = self.record.as_ref().map(|record| record.seed);
        let schedule = self.schedule();
        let starts = move |at: Millis| at + seed.map_or_else(Default::default, |seed| schedule.delay(seed, at));
        schedule.times(self.now).map(move |at| (at, starts(at)))
    }

    fn row(&self) -> ScheduleRow {
        let schedule = self.schedule();
        let record = self.record.clone();
        let paused = self.paused.clone().map(|pause| PausedBy { at: pause.at, by: pause.by, why: pause.why });
        ScheduleRow {
            flow: self.flow.id.clone(),
            title: self.flow.title.clone(),
            schedule: self.n,
            words: schedule.words.clone(),
            timezone: schedule.zone_name.clone(),
            watches: schedule.watch().is_some(),
            on_missed: schedule.on_missed.word().to_owned(),
            start: schedule.start.map(|at| at.0),
            end: schedule.end.map(|at| at.0),
            next: if paused.is_some() { None } else { self.times().next().map(|(at, _)| at.0) },
            paused,
            last: record.as_ref().and_then(|record| record.fired),
            last_run: record.as_ref().and_then(|record| record.run.clone()),
            fault: record.and_then(|record| record.fault),
        }
    }
}

/// The schedules in force, by flow.
pub(super) fn known(owner: &Owner, of: Option<&str>) -> Result<Vec<Known>, Fault> {
    let mut records: BTreeMap<_, _> =
        owner.store.schedules()?.into_iter().map(|record| ((record.flow.clone(), record.n), record)).collect();
    let paused = owner.store.paused_schedules()?;
    let now = owner.clock.read().wall;
    let mut all = Vec::new();
    for in_force in owner.shelf.all() {
        let flow = in_force.flow;
        if of.is_some_and(|of| of != flow.id) {
            continue;
        }
        for (n, schedule) in (0..).zip(&flow.schedules) {
            let record = records.remove(&(flow.id.clone(), n)).filter(|record| record.digest == schedule.digest);
            let paused = paused.iter().find(|pause| pause.flow == flow.id).cloned();
            all.push(Known { flow: flow.clone(), n, record, paused, now });
        }
    }
    Ok(all)
}

fn rows(owner: &Owner, of: Option<&str>) -> Result<Vec<ScheduleRow>, Fault> {
    Ok(known(owner, of)?.iter().map(Known::row).collect())
}

impl Answer<ScheduleList> for Owner {
    async fn answer(self: &Arc<Self>, _: Nothing) -> Result<Vec<ScheduleRow>, Fault> {
        self.ask(|owner| rows(owner, None)).await
    }
}

impl Answer<ScheduleNext> for Owner {
    async fn answer(self: &Arc<Self>, args: ScheduleNextArgs) -> Result<Vec<DueRow>, Fault> {
        self.ask(move |owner| {
            if let Some(flow) = &args.flow {
                owner.shelf.get(flow)?;
            }
            let count = args.count.unwrap_or(COUNT).min(MOST) as usize;
            let known = known(owner, args.flow.as_deref())?;
            let mut due: Vec<DueRow> =
                known.iter().flat_map(|one| one.times().take(count).map(|at| one.due(at))).collect();
            due.sort_by(|a, b| (a.at, &a.flow, a.schedule).cmp(&(b.at, &b.flow, b.schedule)));
            due.truncate(count);
            Ok(due)
        })
        .await
    }
}

impl Known {
    fn due(&self, (at, starts_at): (Millis, Millis)) -> DueRow {
        DueRow {
            flow: self.flow.id.clone(),
            title: self.flow.title.clone(),
            schedule: self.n,
            words: self.schedule().words.clone(),
            at: at.0,
            starts_at: starts_at.0,
            paused: self.paused.is_some(),
        }
    }
}

/// The flow, if it has schedules.
fn scheduled(owner: &Owner, flow: &str) -> Result<(), Fault> {
    if owner.shelf.get(flow)?.flow.schedules.is_empty() {
        let what = format!("The flow {flow} has no schedule");
        return Err(Fault::permanent("schedule.none", what, "Its file has no `schedule`"));
    }
    Ok(())
}

impl Answer<SchedulePause> for Owner {
    async fn answer(self: &Arc<Self>, args: SchedulePauseArgs) -> Result<Vec<ScheduleRow>, Fault> {
        let by = acting().map(|acting| acting.caller.user);
        self.ask(move |owner| {
            scheduled(owner, &args.flow)?;
            let why = args.why.or_else(|| acting().and_then(|acting| acting.why));
            schedules::pause(&owner.store, &args.flow, owner.clock.read().wall, by, why)?;
            owner.look_at_schedules();
            rows(owner, Some(&args.flow))
        })
        .await
    }
}

impl Answer<ScheduleResume> for Owner {
    async fn answer(self: &Arc<Self>, args: SchedulePauseArgs) -> Result<Vec<ScheduleRow>, Fault> {
        self.ask(move |owner| {
            scheduled(owner, &args.flow)?;
            owner.store.resume_schedules(&args.flow, owner.clock.read().wall.0)?;
            owner.look_at_schedules();
            rows(owner, Some(&args.flow))
        })
        .await
    }
}
