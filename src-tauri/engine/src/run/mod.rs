//! A run: the fold of its events, with indexes so that no event costs more than the task runs it touches.

pub mod apart;
mod apply;
mod due;
pub(crate) mod scope;
mod task_runs;
pub mod trial;
mod trigger;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use apply::Refused;
pub use task_runs::{Pending, TaskRun, TaskRuns};
pub use trigger::Verdict;

use crate::event::{Created, Event, Outcome, Parent, RunEvent, What};
use crate::expression::{Seen, seen};
use crate::flow::Role;
use crate::{Fault, Flow, Millis, RunId, RunState, TaskState};

/// Position of a task in its flow, and of a task run in its task (0 if it is not mapped).
pub type Slot = (usize, u32);

/// A run.
#[derive(Debug)]
pub struct Run {
    /// Id.
    pub id: RunId,
    /// Its flow, in the version that it started with.
    pub flow: Arc<Flow>,
    /// What it started with.
    pub created: Created,
    /// When it was created.
    pub created_at: Millis,
    /// When it first started.
    pub started_at: Option<Millis>,
    /// When it was created or last reopened.
    pub begun_at: Millis,
    /// State.
    pub state: RunState,
    /// Whether it was let go by `max_active_runs`, and so counts against it.
    pub placed: bool,
    /// The first fault that failed a task run for good since it was last started, and the task.
    pub fault: Option<(String, Fault)>,
    tasks: Vec<TaskRuns>,
    /// Task runs that an attempt works on.
    active: BTreeSet<Slot>,
    /// When the attempts that may not take forever must have ended.
    deadlines: BTreeSet<(Millis, Slot)>,
    /// When task runs must have ended, with all their attempts and waits.
    overall: BTreeSet<(Millis, Slot)>,
    /// When retries and sensors are due.
    timers: BTreeSet<(Millis, Slot)>,
    /// Tasks with task runs in `none` about which there is something to decide.
    due: BTreeSet<usize>,
    /// Task runs in `none`, of tasks that follow another item by item, about which there is something to decide.
    due_items: BTreeSet<Slot>,
    /// How often a task run was to be tried again, the last of them, and up to which each hook for that has been.
    retries: u32,
    retried: Option<Retried>,
    hooked: BTreeMap<usize, u32>,
    params: Seen,
    vars: Seen,
}

/// A task run that failed and will be tried again.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Retried {
    pub(crate) task: String,
    pub(crate) index: Option<u32>,
    pub(crate) fault: Fault,
    pub(crate) next_at: Millis,
}

/// The same run in the same state, indexes and all.
impl PartialEq for Run {
    fn eq(&self, other: &Self) -> bool {
        (&self.id, self.state, self.placed, self.created_at, self.started_at, &self.fault, &self.tasks)
            == (&other.id, other.state, other.placed, other.created_at, other.started_at, &other.fault, &other.tasks)
            && (&self.active, &self.deadlines, &self.overall, &self.timers, &self.due, &self.due_items)
                == (&other.active, &other.deadlines, &other.overall, &other.timers, &other.due, &other.due_items)
            && (self.retries, &self.retried, &self.hooked) == (other.retries, &other.retried, &other.hooked)
    }
}

impl Run {
    /// Begins with its first event, which must be [`RunEvent::Created`] and fit the flow.
    pub fn begin(flow: Arc<Flow>, event: &Event) -> Result<Self, Refused> {
        let What::Run { event: RunEvent::Created(created) } = &event.what else {
            return Err(Refused::NotCreated);
        };
        let mut run = Self {
            id: event.run.clone(),
            created: (**created).clone(),
            created_at: event.at,
            begun_at: event.at,
            started_at: None,
            state: RunState::Queued,
            placed: false,
            fault: None,
            tasks: flow.tasks.iter().map(|_| TaskRuns::new()).collect(),
            active: BTreeSet::new(),
            deadlines: BTreeSet::new(),
            overall: BTreeSet::new(),
            timers: BTreeSet::new(),
            due: BTreeSet::new(),
            due_items: BTreeSet::new(),
            retries: 0,
            retried: None,
            hooked: BTreeMap::new(),
            params: seen(&serde_json::Value::Object(created.params.clone())),
            vars: seen(&serde_json::Value::Object(created.vars.clone())),
            flow,
        };
        run.look_at_all();
        Ok(run)
    }

    /// The fold of all its events.
    pub fn fold<'e>(flow: Arc<Flow>, events: impl IntoIterator<Item = &'e Event>) -> Result<Self, Refused> {
        let mut events = events.into_iter();
        let mut run = Self::begin(flow, events.next().ok_or(Refused::NotCreated)?)?;
        for event in events {
            run.apply(event)?;
        }
        Ok(run)
    }

    /// The task runs of each task, in the order of the flow.
    pub fn tasks(&self) -> &[TaskRuns] {
        &self.tasks
    }

    /// One task run.
    pub fn task_run(&self, (task, run): Slot) -> Option<&TaskRun> {
        self.tasks.get(task)?.runs().get(run as usize)
    }

    /// Its place in this run: task and map index.
    pub fn slot(&self, task: &str, index: Option<u32>) -> Option<Slot> {
        let task = self.flow.position(task)?;
        Some((task, self.tasks[task].run_at(index)?))
    }

    /// Map index of a task run, if it has one.
    pub fn index(&self, (task, run): Slot) -> Option<u32> {
        self.tasks[task].expanded().then_some(run)
    }

    /// Task runs that an attempt works on.
    pub fn active(&self) -> &BTreeSet<Slot> {
        &self.active
    }

    pub(crate) fn due(&self) -> &BTreeSet<usize> {
        &self.due
    }

    pub(crate) fn due_items(&self) -> &BTreeSet<Slot> {
        &self.due_items
    }

    pub(crate) fn overall(&self) -> &BTreeSet<(Millis, Slot)> {
        &self.overall
    }

    pub(crate) fn timers(&self) -> &BTreeSet<(Millis, Slot)> {
        &self.timers
    }

    pub(crate) fn deadlines(&self) -> &BTreeSet<(Millis, Slot)> {
        &self.deadlines
    }

    /// The run that started it, if one did.
    pub fn parent(&self) -> Option<&Parent> {
        self.created.parent.as_ref()
    }

    /// Whether a task may start anything in the run's present state.
    pub fn lets(&self, task: usize) -> bool {
        match self.state {
            RunState::Running => true,
            RunState::Cancelling => self.outlasts(task),
            _ => false,
        }
    }

    /// Whether a task does its work even if the run is cancelled: hooks for that, and what takes away what was set up.
    pub(crate) fn outlasts(&self, task: usize) -> bool {
        let task = &self.flow.tasks[task];
        matches!(task.role, Role::OnCancel | Role::Finally) || !task.teardown.is_empty()
    }

    /// Whether hooks for retries have ended and are to come again, for a retry that they have not seen.
    pub(crate) fn hooks_behind(&self) -> bool {
        self.retries > 0
            && self.state == RunState::Running
            && self.ended(Role::OnRetry)
            && self.of(Role::OnRetry).any(|hook| self.unseen(hook))
    }

    /// Whether a hook for retries has one to see.
    pub(crate) fn unseen(&self, hook: usize) -> bool {
        self.retries > self.hooked.get(&hook).copied().unwrap_or_default()
    }

    /// Whether all tasks with this part have ended.
    pub(crate) fn ended(&self, role: Role) -> bool {
        self.of(role).all(|task| self.tasks[task].ended())
    }

    /// Whether a task with this part failed.
    pub(crate) fn failed(&self, role: Role) -> bool {
        let failed = |task: usize| {
            self.tasks[task].count(TaskState::Failed) + self.tasks[task].count(TaskState::UpstreamFailed) > 0
        };
        self.of(role).any(|task| !self.flow.tasks[task].spares_run && failed(task))
    }

    pub(crate) fn of(&self, role: Role) -> impl Iterator<Item = usize> + '_ {
        self.flow.tasks.iter().enumerate().filter(move |(_, task)| task.role == role).map(|(i, _)| i)
    }

    /// What its tasks gave, hooks left out: a mapped task a list. A task that gave nothing is not in it.
    pub fn outputs(&self) -> serde_json::Map<String, serde_json::Value> {
        let value = |task: usize| {
            let all = &self.tasks[task];
            if self.flow.tasks[task].mapped() {
                return Some(all.runs().iter().filter_map(TaskRun::output).collect());
            }
            all.runs().first().and_then(TaskRun::output)
        };
        let named = |task: usize| Some((self.flow.tasks[task].id.clone(), value(task)?));
        self.of(Role::Task).filter_map(named).collect()
    }

    /// How it ends, once every task run has ended. A failure anywhere makes it failed, even if something downstream of it
    /// succeeded: nothing is green that was not proved.
    pub fn outcome(&self) -> Option<Outcome> {
        if !self.tasks.iter().all(TaskRuns::ended) || self.hooks_behind() {
            return None;
        }
        let roles = [Role::Task, Role::OnFailure, Role::OnCancel, Role::OnRetry, Role::Finally];
        let cancelled =
            |(task, all): (usize, &TaskRuns)| !self.flow.tasks[task].spares_run && all.count(TaskState::Cancelled) > 0;
        Some(match self.state {
            RunState::Cancelling => Outcome::Cancelled,
            _ if roles.into_iter().any(|role| self.failed(role)) => Outcome::Failed,
            _ if self.tasks.iter().enumerate().any(cancelled) => Outcome::Cancelled,
            _ => Outcome::Success,
        })
    }

    /// After a restart with the clock set back: no retry waits longer from `now` on than its delay.
    pub fn clock_now(&mut self, now: Millis) {
        let late: Vec<(Millis, Slot)> = self.timers.iter().copied().filter(|(at, _)| *at > now).collect();
        for (at, slot) in late {
            let Some(one) = self.task_run(slot) else { continue };
            let latest = now + (at - one.since());
            if latest < at {
                self.timers.remove(&(at, slot));
                self.timers.insert((latest, slot));
                self.tasks[slot.0].postpone(slot.1, latest);
            }
        }
    }
}
