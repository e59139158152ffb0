//! Decisions: from the state of all active runs and the time to events for the journal and effects to be carried out.
//!
//! Pure: what it needs to know of the world outside is in [`World`], put there by the runner.

mod advance;
mod command;
mod expand;
mod family;
mod gate;
mod guard;
mod items;
mod mark;
mod outcome;
mod outlook;
mod retry;
mod start;
mod touched;
mod waking;

pub use command::{cancel, pause, resume, wake};
pub(crate) use expand::{fault as expression_fault, values as items_of};
pub use family::DEEPEST;
pub use gate::{Room, never};
pub use guard::{Admission, guard, guarded};
pub use mark::Marking;
pub use outcome::{Ending, ended, panicked, recovered, timed_out};
pub use outlook::{Drawn, MOST_DRAWN, Outlook, outlook};
pub use retry::Redo;
pub(crate) use start::reserved;
pub use touched::Touched;
pub use waking::Waking;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use crate::event::{Event, TaskEvent, What};
use crate::run::{Refused, Run, Slot};
use crate::{Millis, RunId, TaskState};

/// All that a decision rests on.
#[derive(Debug, Default)]
pub struct World {
    /// Runs that have not ended.
    pub runs: BTreeMap<RunId, Run>,
    /// Slots of each limit. One that is not here has none.
    pub limits: BTreeMap<String, u32>,
    /// How many attempts may work at once.
    pub capacity: usize,
    /// What is known of the room on each storage.
    pub rooms: BTreeMap<String, Room>,
    /// Bytes of their reservations that task runs have on the storages: of running ones as it was just before their storage's
    /// room was looked at, of others as they left off. Task runs that wrote nothing are not here.
    pub written: HashMap<(RunId, Slot), u64>,
}

/// What is to be done outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Start an attempt.
    Start(Start),
    /// Tell an attempt to stop. May be told again.
    Stop {
        /// Run.
        run: RunId,
        /// Task run.
        slot: Slot,
        /// Why.
        why: Stop,
    },
    /// Look at the room of a storage and put it into [`World::rooms`].
    Measure {
        /// Storage.
        storage: String,
    },
}

/// An attempt to be started.
#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    /// Run.
    pub run: RunId,
    /// Task run.
    pub slot: Slot,
    /// Number of the attempt.
    pub attempt: u32,
    /// It goes on after it was deferred.
    pub resumes: bool,
    /// Parameters, rendered.
    pub with: Value,
}

/// Why an attempt must stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The operator cancels.
    Cancel,
    /// The attempt took too long.
    Timeout,
    /// The task run took too long, over all its attempts and waits.
    Deadline,
}

/// What a run, or a task run at the head of its line, waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// Run.
    pub run: RunId,
    /// Task run; none if the run as a whole waits.
    pub slot: Option<Slot>,
    /// For what, in words.
    pub text: String,
    /// Room asked for, if that is what it waits for: storage and bytes.
    pub room: Option<(String, u64)>,
}

/// A decision. Events come first: effects may be carried out only once the events are in the journal.
#[derive(Debug, Default)]
pub struct Decision {
    /// For the journal, in order; applied to the world already.
    pub events: Vec<Event>,
    /// What to do then.
    pub effects: Vec<Effect>,
    /// What waits, and for what.
    pub waits: Vec<Wait>,
    /// When to decide again, at the latest, if nothing happens before.
    pub wake: Option<Millis>,
}

impl World {
    /// Applies an event. What ended with it no longer counts as looked at: room that it held is to be measured anew.
    pub fn apply(&mut self, event: &Event) -> Result<(), Refused> {
        let run = self.runs.get_mut(&event.run).ok_or_else(|| Refused::Foreign(event.run.to_string()))?;
        let freed = freed(run, event);
        run.apply(event)?;
        for storage in freed {
            self.distrust(&storage);
        }
        Ok(())
    }

    /// Decides and applies until nothing more follows at this time.
    pub fn settle(&mut self, now: Millis) -> Result<Decision, Refused> {
        let mut all = Decision::default();
        loop {
            let mut step = self.decide(now);
            let events = std::mem::take(&mut step.events);
            let quiet = events.is_empty();
            for event in &events {
                self.apply(event)?;
            }
            all.events.extend(events);
            all.effects.append(&mut step.effects);
            if quiet {
                return Ok(Decision { waits: step.waits, wake: step.wake, ..all });
            }
            // Effects that are only reminders are told again in the last step.
            all.effects.retain(|effect| matches!(effect, Effect::Start(_)));
        }
    }

    /// One step of a decision: nothing is applied, and more may follow once it is.
    pub fn decide(&self, now: Millis) -> Decision {
        let mut decision = Decision::default();
        let mut places = Places::of(self);
        for run in self.runs.values() {
            advance::advance(run, &mut places, now, &mut decision);
            family::family(self, run, now, &mut decision);
        }
        if decision.events.is_empty() {
            start::start(self, now, &mut decision);
        }
        decision
    }

    /// Room on the pool of this storage must be measured before it is granted.
    fn distrust(&mut self, storage: &str) {
        let pool = self.rooms.get(storage).map(|room| room.pool.clone());
        let same = |room: &&mut Room| pool.as_ref().is_some_and(|pool| room.pool == *pool);
        self.rooms.values_mut().filter(same).for_each(|room| room.fresh = false);
    }
}

impl Decision {
    fn wake_at(&mut self, at: Millis) {
        self.wake = Some(self.wake.map_or(at, |wake| wake.min(at)));
    }
}

/// Storages of which a task run gives room back with this event.
fn freed(run: &Run, event: &Event) -> BTreeSet<String> {
    let What::Task { task, span, event } = &event.what else { return BTreeSet::new() };
    if event.state() == TaskState::Cancelling || matches!(event, TaskEvent::Started { .. }) {
        return BTreeSet::new();
    }
    let held = run.slot(task, span.index).and_then(|slot| run.task_run(slot)).map(crate::run::TaskRun::reserved);
    held.unwrap_or_default().iter().map(|one| one.storage.clone()).collect()
}

/// Active runs of each flow, and which of them hold what guards.
#[derive(Debug, Default)]
struct Places {
    taken: BTreeMap<String, u32>,
    guards: BTreeMap<(String, String), RunId>,
}

impl Places {
    fn of(world: &World) -> Self {
        let mut places = Self::default();
        for run in world.runs.values().filter(|run| run.placed) {
            *places.taken.entry(run.flow.id.clone()).or_default() += 1;
            places.guards.extend(guard_of(run).map(|guard| (guard, run.id.clone())));
        }
        places
    }

    /// Takes a place for a run of this flow, or says what it waits for.
    fn take(&mut self, run: &Run) -> Result<(), String> {
        let guard = guard_of(run);
        if let Some(holder) = guard.as_ref().and_then(|guard| self.guards.get(guard)) {
            return Err(format!("waits for the run {holder}, which works on the same"));
        }
        let taken = self.taken.entry(run.flow.id.clone()).or_default();
        if let Some(max) = run.flow.max_active_runs.filter(|max| *taken >= *max) {
            return Err(format!("waits for a place among the active runs of {} (at most {max})", run.flow.id));
        }
        *taken += 1;
        self.guards.extend(guard.map(|guard| (guard, run.id.clone())));
        Ok(())
    }
}

fn guard_of(run: &Run) -> Option<(String, String)> {
    run.created.guard.as_ref().map(|value| (run.flow.id.clone(), value.to_string()))
}
