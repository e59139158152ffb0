//! Manual retry, and clearing: of one task run, of all that failed, or of a task with what lies downstream or upstream of it.

use std::collections::{BTreeMap, BTreeSet};

use super::touched::{Touched, at_rest, below, matching, redo_all, redo_hooks, unfinished};
use crate::Fault;
use crate::TaskState;
use crate::flow::Role;
use crate::run::{Run, Slot};

/// What to do again.
#[allow(clippy::struct_excessive_bools, reason = "each is an answer of its own; all pairs have a meaning")]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redo {
    /// One task; none for all that failed.
    pub task: Option<String>,
    /// One map index of that task.
    pub index: Option<u32>,
    /// Also what lies downstream, even if it succeeded.
    pub downstream: bool,
    /// Also what lies upstream, even if it succeeded.
    pub upstream: bool,
    /// Of all that is chosen only what failed or was stopped, or never ran because of that.
    pub only_failed: bool,
    /// Where no task is named: every task, also those that succeeded, as if the run had never begun.
    pub whole: bool,
}

impl Redo {
    /// What it would touch. Refused where there is nothing to retry, or where something is still at work on it.
    pub fn touches(&self, run: &Run) -> Result<Touched, Fault> {
        let mut touched = Touched { cleared: self.chosen(run)?, ..Touched::default() };
        if self.whole && self.task.is_none() && !self.only_failed {
            redo_whole(run, &mut touched)?;
        }
        let chosen = touched.cleared.iter().filter(|(_, runs)| !runs.is_empty()).map(|(task, _)| *task).collect();
        let deep = if self.downstream { below(run, &chosen) } else { BTreeSet::new() };
        if let Some(task) = self.task.as_ref().and_then(|id| run.flow.position(id)).filter(|_| self.upstream) {
            self.redo_above(run, task, &mut touched)?;
        }
        touched.cleared.retain(|_, runs| !runs.is_empty());
        let begun: BTreeSet<usize> = touched.cleared.keys().chain(&touched.reset).copied().collect();
        if begun.is_empty() {
            let why = "none of the task runs asked for has failed or was stopped";
            return Err(Fault::permanent("retry.nothing", "There is nothing to retry", why));
        }
        for task in below(run, &begun) {
            self.redo_below(run, task, deep.contains(&task), &mut touched)?;
        }
        set_up_again(run, &mut touched)?;
        follow_resets(run, &mut touched)?;
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
            let passes = !self.only_failed || run.task_run((task, one)).is_some_and(|one| unfinished(one.state()));
            return Ok([(task, passes.then_some(one).into_iter().collect())].into());
        }
        let mut runs = matching(run, task, unfinished);
        if runs.is_empty() && !self.only_failed {
            runs = matching(run, task, TaskState::is_final);
        }
        Ok([(task, runs)].into())
    }

    /// The tasks above: all of them are done anew, and mapped ones among them, and the one chosen, are mapped anew.
    fn redo_above(&self, run: &Run, chosen: usize, touched: &mut Touched) -> Result<(), Fault> {
        for task in super::touched::above(run, chosen) {
            if self.only_failed {
                touched.cleared.entry(task).or_default().extend(matching(run, task, unfinished));
            } else {
                all_at_rest(run, task)?;
                redo_all(run, task, touched);
            }
        }
        let first = run.flow.tasks[chosen].needs.is_empty();
        if !self.only_failed && !first {
            all_at_rest(run, chosen)?;
            redo_all(run, chosen, touched);
        }
        Ok(())
    }

    /// A task below: what was decided from the outcome above is decided anew; below the chosen ones, with `downstream` (`deep`),
    /// all of it is done anew.
    fn redo_below(&self, run: &Run, task: usize, deep: bool, touched: &mut Touched) -> Result<(), Fault> {
        if let Some(items) = followed_items(run, task, touched).filter(|_| deep && !self.only_failed) {
            items.iter().try_for_each(|one| at_rest_or_none(run, (task, *one)))?;
            let ended = matching(run, task, TaskState::is_final);
            touched.cleared.entry(task).or_default().extend(items.intersection(&ended));
            return Ok(());
        }
        let decided = |state| unfinished(state) && state != TaskState::Failed || state == TaskState::Skipped;
        if deep && self.only_failed {
            touched.cleared.entry(task).or_default().extend(matching(run, task, |one| decided(one) || unfinished(one)));
        } else if deep {
            all_at_rest(run, task)?;
            redo_all(run, task, touched);
        } else {
            touched.cleared.entry(task).or_default().extend(matching(run, task, decided));
        }
        Ok(())
    }
}

/// Every task of the run is done anew, and mapped anew where it is mapped.
fn redo_whole(run: &Run, touched: &mut Touched) -> Result<(), Fault> {
    for (task, _) in run.flow.tasks.iter().enumerate().filter(|(_, one)| one.role == Role::Task) {
        all_at_rest(run, task)?;
        redo_all(run, task, touched);
    }
    Ok(())
}

/// The task runs of a task that follow those which start again as they are, item by item.
fn followed_items(run: &Run, task: usize, touched: &Touched) -> Option<BTreeSet<u32>> {
    let followed = run.flow.tasks[task].each.filter(|_| run.tasks()[task].expanded())?;
    touched.cleared.get(&followed).cloned()
}

/// Where a task is mapped anew, so is what follows it item by item.
fn follow_resets(run: &Run, touched: &mut Touched) -> Result<(), Fault> {
    loop {
        let behind = |(task, one): &(usize, &crate::flow::Task)| {
            let reset = one.each.is_some_and(|followed| touched.reset.contains(&followed));
            reset && run.tasks()[*task].expanded() && !touched.reset.contains(task)
        };
        let Some((task, _)) = run.flow.tasks.iter().enumerate().find(behind) else { return Ok(()) };
        all_at_rest(run, task)?;
        redo_all(run, task, touched);
    }
}

/// What was taken away is set up again for work that lies between, and taken away again after it.
fn set_up_again(run: &Run, touched: &mut Touched) -> Result<(), Fault> {
    let begun: Vec<usize> = touched.cleared.keys().chain(&touched.reset).copied().collect();
    for (task, one) in run.flow.tasks.iter().enumerate() {
        let ran = run.tasks()[task].count(TaskState::Success) + run.tasks()[task].count(TaskState::Failed) > 0;
        for setup in one.teardown.iter().filter(|_| ran) {
            let between = below(run, &BTreeSet::from([*setup]));
            if begun.iter().any(|work| *work != task && between.contains(work)) {
                redo_all(run, *setup, touched);
                redo_all(run, task, touched);
            }
        }
    }
    touched
        .cleared
        .keys()
        .copied()
        .try_for_each(|task| if run.flow.tasks[task].setup { all_at_rest(run, task) } else { Ok(()) })
}

fn at_rest_or_none(run: &Run, slot: Slot) -> Result<(), Fault> {
    let begun = run.task_run(slot).is_some_and(|one| one.state() != TaskState::None);
    if begun { at_rest(run, slot) } else { Ok(()) }
}

/// Refuses while a task run of a task has begun and not ended.
fn all_at_rest(run: &Run, task: usize) -> Result<(), Fault> {
    let all = 0..u32::try_from(run.tasks()[task].runs().len()).unwrap_or(u32::MAX);
    all.into_iter().try_for_each(|one| at_rest_or_none(run, (task, one)))
}
