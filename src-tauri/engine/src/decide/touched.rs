//! What an operator's act on task runs touches, shown before it is done.

use std::collections::{BTreeMap, BTreeSet};

use super::advance::span;
use crate::event::{Event, Mark, RunEvent, TaskEvent, What};
use crate::flow::Role;
use crate::run::{Run, Slot};
use crate::{Fault, Millis, TaskState};

/// What an act touches.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Touched {
    /// As what some are marked.
    pub(super) mark: Option<Mark>,
    /// Task runs that are marked, by task.
    pub(super) marked: BTreeMap<usize, BTreeSet<u32>>,
    /// Task runs that wait for a time and look at once, by task.
    pub(super) woken: BTreeMap<usize, BTreeSet<u32>>,
    /// Task runs that start again as they are, by task.
    pub(super) cleared: BTreeMap<usize, BTreeSet<u32>>,
    /// Mapped tasks that are mapped anew.
    pub(super) reset: BTreeSet<usize>,
}

/// Failed, or not begun because of a failure or a cancellation.
pub(super) fn unfinished(state: TaskState) -> bool {
    matches!(state, TaskState::Failed | TaskState::UpstreamFailed | TaskState::Cancelled)
}

/// A task is done anew, and a mapped one mapped anew.
pub(super) fn redo_all(run: &Run, task: usize, touched: &mut Touched) {
    if run.tasks()[task].expanded() {
        touched.cleared.remove(&task);
        touched.reset.insert(task);
    } else {
        touched.cleared.entry(task).or_default().extend(matching(run, task, TaskState::is_final));
    }
}

/// Hooks come again when the work has ended again.
pub(super) fn redo_hooks(run: &Run, touched: &mut Touched) {
    for (task, one) in run.flow.tasks.iter().enumerate() {
        if !matches!(one.role, Role::Task | Role::OnRetry) && run.tasks()[task].ended() {
            redo_all(run, task, touched);
        }
    }
}

/// Task runs of a task whose state passes.
pub(super) fn matching(run: &Run, task: usize, passes: impl Fn(TaskState) -> bool) -> BTreeSet<u32> {
    run.tasks()[task].spans(passes).into_iter().flat_map(|(first, count)| first..first + count).collect()
}

/// Refuses while a task run has not ended.
pub(super) fn at_rest(run: &Run, slot: Slot) -> Result<(), Fault> {
    let state = run.task_run(slot).map_or(TaskState::None, crate::run::TaskRun::state);
    if state.is_final() {
        return Ok(());
    }
    let task = &run.flow.tasks[slot.0].id;
    Err(Fault::permanent("retry.active", format!("{task} cannot be retried now"), format!("it is {}", state.word()))
        .now("Wait for it, or cancel the run first."))
}

/// Tasks that lie downstream of these, without these.
pub(super) fn below(run: &Run, tasks: &BTreeSet<usize>) -> BTreeSet<usize> {
    reach(tasks.iter().copied(), |task| &run.flow.tasks[task].needed_by).difference(tasks).copied().collect()
}

/// Tasks that lie upstream of this one.
pub(super) fn above(run: &Run, task: usize) -> BTreeSet<usize> {
    reach([task], |task| &run.flow.tasks[task].needs)
}

fn reach<'f>(start: impl IntoIterator<Item = usize>, next: impl Fn(usize) -> &'f [usize]) -> BTreeSet<usize> {
    let (mut found, mut open) = (BTreeSet::new(), start.into_iter().collect::<Vec<_>>());
    while let Some(task) = open.pop() {
        open.extend(next(task).iter().filter(|other| found.insert(**other)));
    }
    found
}

impl Touched {
    /// Task runs that are marked or woken, and those that start again; of a task that is mapped anew, those that it has now.
    pub fn slots<'r>(&'r self, run: &'r Run) -> impl Iterator<Item = Slot> + 'r {
        let whole = |task: &usize| (0..run.tasks()[*task].runs().len()).filter_map(|one| u32::try_from(one).ok());
        let named = self.marked.iter().chain(&self.woken);
        let named = named.flat_map(|(task, runs)| runs.iter().map(move |one| (*task, *one)));
        let reset = self.reset.iter().flat_map(move |task| whole(task).map(move |one| (*task, one)));
        let cleared = self.cleared.iter().flat_map(|(task, runs)| runs.iter().map(move |one| (*task, *one)));
        named.chain(cleared).chain(reset)
    }

    /// How many task runs are touched.
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
        events.extend(self.mark.iter().flat_map(|mark| self.marks(run, mark, now)));
        let slots = |(task, runs): (&usize, &BTreeSet<u32>)| runs.iter().map(|one| (*task, *one)).collect::<Vec<_>>();
        events.extend(self.woken.iter().flat_map(slots).filter_map(|slot| super::wake(run, slot, now)));
        for (task, runs) in &self.cleared {
            for (first, count) in joined(runs) {
                let span = span(&run.tasks()[*task], first, count);
                events.push(Event::task(&run.id, now, &run.flow.tasks[*task].id, span, TaskEvent::Cleared));
            }
        }
        let reset = |task: &usize| What::Reset { task: run.flow.tasks[*task].id.clone() };
        events.extend(self.reset.iter().map(|task| Event::new(&run.id, now, reset(task))));
        events
    }

    /// What is at rest is marked at once; what is at work is told to stop, and marked when it has.
    fn marks(&self, run: &Run, mark: &Mark, now: Millis) -> Vec<Event> {
        let active = |slot: &Slot| run.active().contains(slot);
        let event = |(task, one): Slot, count: u32, event: TaskEvent| {
            let span = span(&run.tasks()[task], one, count);
            Event::task(&run.id, now, &run.flow.tasks[task].id, span, event)
        };
        let mut events = Vec::new();
        for (task, runs) in &self.marked {
            let (work, rest): (BTreeSet<u32>, BTreeSet<u32>) = runs.iter().partition(|one| active(&(*task, **one)));
            let (stop, at_once) = (mark.clone().into(), mark.clone().into());
            let (stop, at_once) = (TaskEvent::Stopping { mark: stop }, TaskEvent::Marked { mark: at_once });
            events.extend(work.iter().map(|one| event((*task, *one), 1, stop.clone())));
            events
                .extend(joined(&rest).into_iter().map(|(first, count)| event((*task, first), count, at_once.clone())));
        }
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
