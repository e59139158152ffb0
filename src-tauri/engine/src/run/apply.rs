//! How events change a run. An event that may not follow is refused and changes nothing.

use super::{Run, Slot};
use crate::event::{Event, Item, RunEvent, Span, TaskEvent, What};
use crate::transition::{Illegal, next, next_run};
use crate::{Millis, TaskState};

/// Why an event was not applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It may not follow.
    #[error("{place}: {illegal}")]
    Illegal {
        /// Task run, or the run.
        place: String,
        /// Which pair.
        illegal: Illegal,
    },
    /// It names a task, or a task run, that there is not.
    #[error("the run has no task run {0}")]
    Unknown(String),
    /// It is of another run.
    #[error("the event is of the run {0}")]
    Foreign(String),
    /// A run must begin with its creation.
    #[error("the first event of a run is not its creation")]
    NotCreated,
}

impl Run {
    /// Applies an event, or refuses it and stays as it is.
    pub fn apply(&mut self, event: &Event) -> Result<(), Refused> {
        if event.run != self.id {
            return Err(Refused::Foreign(event.run.to_string()));
        }
        match &event.what {
            What::Run { event: what } => self.apply_run(what, event.at),
            What::Expanded { task, items } => self.apply_expanded(task, items, event.at),
            What::Followed { task, count, labels, .. } => self.apply_followed(task, *count, labels),
            What::Reset { task } => self.apply_reset(task),
            What::Task { task, span, event: what } => self.apply_task(task, *span, what, event),
        }
    }

    fn apply_run(&mut self, event: &RunEvent, at: Millis) -> Result<(), Refused> {
        let illegal = |illegal| Refused::Illegal { place: format!("run {}", self.id), illegal };
        self.state = next_run(Some(self.state), event).map_err(illegal)?;
        match event {
            RunEvent::Started => {
                self.placed = true;
                self.started_at = self.started_at.or(Some(at));
            }
            RunEvent::Ended { .. } => self.placed = false,
            RunEvent::Reopened => (self.fault, self.begun_at) = (None, at),
            _ => {}
        }
        self.look_at_all();
        Ok(())
    }

    fn apply_expanded(&mut self, task: &str, items: &[Item], at: Millis) -> Result<(), Refused> {
        let position = self.known(task)?;
        if self.tasks[position].expanded() || items.is_empty() {
            return Err(Refused::Unknown(task.into()));
        }
        self.legal((position, 0), &TaskEvent::Scheduled)?;
        self.tasks[position].expand(items, at);
        self.hook_seen(position, true, false);
        self.look_at(position);
        Ok(())
    }

    fn apply_followed(&mut self, task: &str, count: u32, labels: &[Option<String>]) -> Result<(), Refused> {
        let position = self.known(task)?;
        if self.tasks[position].expanded() || count == 0 {
            return Err(Refused::Unknown(task.into()));
        }
        self.legal((position, 0), &TaskEvent::Scheduled)?;
        self.tasks[position].follow(count, labels);
        self.look_at(position);
        self.look_at_items(position);
        Ok(())
    }

    fn apply_reset(&mut self, task: &str) -> Result<(), Refused> {
        let position = self.known(task)?;
        for run in (0_u32..).take(self.tasks[position].runs().len()) {
            // One that has not begun since it was cleared has nothing to lose.
            if self.task_run((position, run)).is_some_and(|one| one.state() != TaskState::None) {
                self.legal((position, run), &TaskEvent::Cleared)?;
            }
        }
        self.due_items.retain(|slot| slot.0 != position);
        self.tasks[position].reset();
        self.hooked.remove(&position);
        self.task_changed(position, false);
        Ok(())
    }

    fn apply_task(&mut self, task: &str, span: Span, event: &TaskEvent, whole: &Event) -> Result<(), Refused> {
        let position = self.known(task)?;
        let unknown = || Refused::Unknown(format!("{task}[{:?}+{}]", span.index, span.count));
        let first = self.tasks[position].run_at(span.index).ok_or_else(unknown)?;
        let end = first.checked_add(span.count).filter(|end| *end as usize <= self.tasks[position].runs().len());
        let end = end.filter(|end| *end > first).ok_or_else(unknown)?;
        for run in first..end {
            self.legal((position, run), event)?;
        }
        let ended = self.tasks[position].ended();
        let begins = self.task_run((position, first)).is_some_and(|one| one.state() == TaskState::None);
        for run in first..end {
            self.enter((position, run), event, whole);
            self.look_at_item((position, run));
            self.look_at_followers((position, run));
        }
        self.hook_seen(position, begins, event.state() == TaskState::None);
        self.task_changed(position, ended != self.tasks[position].ended());
        Ok(())
    }

    fn known(&self, task: &str) -> Result<usize, Refused> {
        self.flow.position(task).ok_or_else(|| Refused::Unknown(task.into()))
    }

    fn legal(&self, slot: Slot, event: &TaskEvent) -> Result<TaskState, Refused> {
        let name = &self.flow.tasks[slot.0].id;
        let one = self.task_run(slot).ok_or_else(|| Refused::Unknown(name.clone()))?;
        next(one.state(), event).map_err(|illegal| {
            let place = self.index(slot).map_or_else(|| name.clone(), |index| format!("{name}[{index}]"));
            Refused::Illegal { place, illegal }
        })
    }

    fn enter(&mut self, slot: Slot, event: &TaskEvent, whole: &Event) {
        self.leave(slot);
        let (state, at) = (event.state(), whole.at);
        let timeout = self.flow.tasks[slot.0].timeout;
        let one = self.tasks[slot.0].enter(slot.1, state, at);
        match event {
            TaskEvent::Started { attempt, reserved, .. } => {
                one.attempt(*attempt, at);
                one.until = timeout.map(|timeout| at + timeout);
                one.reserved = (!reserved.is_empty()).then(|| reserved.clone().into());
            }
            TaskEvent::Succeeded { output } => one.gave(output),
            TaskEvent::Retrying { next_at, .. } => {
                one.used_retry();
                one.until = Some(*next_at);
            }
            TaskEvent::Deferred { until } => one.deferred(*until),
            TaskEvent::Stopping { mark } => one.stopping(mark, whole.by.as_deref()),
            TaskEvent::Marked { mark } => one.marked(mark),
            TaskEvent::Cleared => one.fresh(),
            _ => {}
        }
        let (until, began) = (one.until, one.began());
        self.index_of(slot, state, until);
        let overall = self.flow.tasks[slot.0].deadline.zip(began).filter(|_| !state.is_final());
        self.overall.extend(overall.map(|(deadline, began)| (began + deadline, slot)));
        self.retrying(slot, event);
        if let Some(fault) = event.fault().filter(|_| state == TaskState::Failed && self.fault.is_none()) {
            self.fault = Some((self.flow.tasks[slot.0].id.clone(), fault.clone()));
        }
    }

    fn leave(&mut self, slot: Slot) {
        self.active.remove(&slot);
        let began = self.task_run(slot).and_then(super::TaskRun::began);
        if let Some((deadline, began)) = self.flow.tasks[slot.0].deadline.zip(began) {
            self.overall.remove(&(began + deadline, slot));
        }
        if let Some(until) = self.task_run(slot).and_then(|one| one.until) {
            self.deadlines.remove(&(until, slot));
            self.timers.remove(&(until, slot));
        }
    }

    fn index_of(&mut self, slot: Slot, state: TaskState, until: Option<Millis>) {
        match (state, until) {
            (TaskState::Running, until) => {
                self.active.insert(slot);
                self.deadlines.extend(until.map(|at| (at, slot)));
            }
            (TaskState::Cancelling, _) => {
                self.active.insert(slot);
            }
            (_, Some(at)) => {
                self.timers.insert((at, slot));
            }
            _ => {}
        }
    }
}
