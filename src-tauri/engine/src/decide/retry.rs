//! Manual retry: of one task run, of all that failed, or of a task with what lies downstream.

use std::collections::{BTreeMap, BTreeSet};

use super::advance::span;
use crate::event::{Event, RunEvent, TaskEvent, What};
use crate::flow::Role;
use crate::run::{Run, Slot};
use crate::{Fault, Millis, TaskState};

/// What to do again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redo {
    /// One task; none for all that failed.
    pub task: Option<String>,
    /// One map index of that task.
    pub index: Option<u32>,
    /// Also what lies downstream, even if it succeeded.
    pub downstream: bool,
}

/// What a retry touches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// Task runs that start again as they are, by task.
    cleared: BTreeMap<usize, BTreeSet<u32>>,
    /// Mapped tasks that are mapped anew.
    reset: BTreeSet<usize>,
}

/// Failed, or not begun because of a failure or a cancellation.
fn unfinished(state: TaskState) -> bool {
    matches!(state, TaskState::Failed | TaskState::UpstreamFailed | TaskState::Cancelled)
}

impl Redo {
    /// What it would touch. Refused where there is nothing to retry, or where something is still at work on it.
    pub fn touches(&self, run: &Run) -> Result<Touched, Fault> {
        let mut touched = Touched { cleared: self.chosen(run)?, reset: BTreeSet::new() };
        touched.cleared.retain(|_, runs| !runs.is_empty());
        if touched.cleared.is_empty() {
            let why = "none of the task runs asked for has failed or was stopped";
            return Err(Fault::permanent("retry.nothing", "There is nothing to retry", why));
        }
        for task in below(run, touched.cleared.keys().copied()) {
            self.redo_below(run, task, &mut touched)?;
        }
        redo_hooks(run, &mut touched);
        Ok(touched)
    }

    fn chosen(&self, run: &Run) -> Result<BTreeMap<usize, BTreeSet<u32>>, Fault> {
        let Some(id) = &self.task else {
            let tasks = run.flow.tasks.iter().enumerate().filter(|(_, task)| task.role == Role::Task);
            return Ok(tasks.map(|(task, _)| (task, matching(run, task, unfinished))).collect());
        };
        let unknown =
            || Fault::permanent("task.unknown", "There is nothing to retry", format!("the run has no task run {id:?}"));
        let task = run.flow.position(id).ok_or_else(unknown)?;
        if self.index.is_some() {
            let one = run.tasks()[task].run_at(self.index).ok_or_else(unknown)?;
            at_rest(run, (task, one))?;
            return Ok([(task, [one].into())].into());
        }
        let mut runs = matching(run, task, unfinished);
        if runs.is_empty() && (self.downstream || !run.flow.tasks[task].mapped()) {
            runs = matching(run, task, TaskState::is_final);
        }
        Ok([(task, runs)].into())
    }

    /// A task below: what was decided from the outcome above is decided anew; with `downstream`, all of it is done anew.
    fn redo_below(&self, run: &Run, task: usize, touched: &mut Touched) -> Result<(), Fault> {
        let decided = |state| unfinished(state) && state != TaskState::Failed || state == TaskState::Skipped;
        if !self.downstream {
            touched.cleared.entry(task).or_default().extend(matching(run, task, decided));
            return Ok(());
        }
        for one in 0..u32::try_from(run.tasks()[task].runs().len()).unwrap_or(u32::MAX) {
            if run.task_run((task, one)).is_some_and(|one| one.state() != TaskState::None) {
                at_rest(run, (task, one))?;
            }
        }
        redo_all(run, task, touched);
        Ok(())
    }
}

fn redo_all(run: &Run, task: usize, touched: &mut Touched) {
    if run.tasks()[task].expanded() {
        touched.cleared.remove(&task);
        touched.reset.insert(task);
    } else {
        touched.cleared.entry(task).or_default().extend(matching(run, task, TaskState::is_final));
    }
}

/// Hooks come again when the work has ended again.
fn redo_hooks(run: &Run, touched: &mut Touched) {
    for (task, one) in run.flow.tasks.iter().enumerate() {
        if one.role != Role::Task && run.tasks()[task].ended() {
            redo_all(run, task, touched);
        }
    }
}

fn matching(run: &Run, task: usize, passes: impl Fn(TaskState) -> bool) -> BTreeSet<u32> {
    run.tasks()[task].spans(passes).into_iter().flat_map(|(first, count)| first..first + count).collect()
}

fn at_rest(run: &Run, slot: Slot) -> Result<(), Fault> {
    let state = run.task_run(slot).map_or(TaskState::None, crate::run::TaskRun::state);
    if state.is_final() {
        return Ok(());
    }
    let task = &run.flow.tasks[slot.0].id;
    Err(Fault::permanent("retry.active", format!("{task} cannot be retried now"), format!("it is {}", state.word()))
        .now("Wait for it, or cancel the run first."))
}

/// Tasks of the work that lie downstream of these.
fn below(run: &Run, tasks: impl Iterator<Item = usize>) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut next: Vec<usize> = tasks.collect();
    let start: BTreeSet<usize> = next.iter().copied().collect();
    while let Some(task) = next.pop() {
        for other in &run.flow.tasks[task].needed_by {
            if found.insert(*other) {
                next.push(*other);
            }
        }
    }
    found.difference(&start).copied().collect()
}

impl Touched {
    /// Task runs that start again, in the order of the flow; of a task that is mapped anew, those that it has now.
    pub fn slots<'r>(&'r self, run: &'r Run) -> impl Iterator<Item = Slot> + 'r {
        let whole = |task: &usize| (0..run.tasks()[*task].runs().len()).filter_map(|one| u32::try_from(one).ok());
        let reset = self.reset.iter().flat_map(move |task| whole(task).map(move |one| (*task, one)));
        let cleared = self.cleared.iter().flat_map(|(task, runs)| runs.iter().map(move |one| (*task, *one)));
        cleared.chain(reset)
    }

    /// How many task runs start again.
    pub fn count(&self, run: &Run) -> u32 {
        u32::try_from(self.slots(run).count()).unwrap_or(u32::MAX)
    }

    /// How many task runs are left alone.
    pub fn leaves(&self, run: &Run) -> u32 {
        let all: usize = run.tasks().iter().map(|task| task.runs().len()).sum();
        u32::try_from(all).unwrap_or(u32::MAX) - self.count(run)
    }

    /// The events that do it.
    pub fn events(&self, run: &Run, now: Millis) -> Vec<Event> {
        let mut events = Vec::new();
        if run.state.is_final() {
            events.push(Event::run(&run.id, now, RunEvent::Reopened));
        }
        for (task, runs) in &self.cleared {
            for (first, count) in joined(runs) {
                let span = span(&run.tasks()[*task], first, count);
                events.push(Event::task(&run.id, now, &run.flow.tasks[*task].id, span, TaskEvent::Cleared));
            }
        }
        let reset = |task: &usize| What::Reset { task: run.flow.tasks[*task].id.clone() };
        events.extend(self.reset.iter().map(|task| Event { run: run.id.clone(), at: now, what: reset(task) }));
        events
    }
}

fn joined(runs: &BTreeSet<u32>) -> Vec<(u32, u32)> {
    let mut spans: Vec<(u32, u32)> = Vec::new();
    for run in runs {
        match spans.last_mut() {
            Some((first, count)) if *first + *count == *run => *count += 1,
            _ => spans.push((*run, 1)),
        }
    }
    spans
}
