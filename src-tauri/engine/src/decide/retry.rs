//! Manual retry, and clearing: of one task run, of all that failed, or of a task with what lies downstream or upstream of it.

use std::collections::{BTreeMap, BTreeSet};

use super::touched::{Touched, at_rest, below, matching, redo_all, redo_hooks, unfinished};
use crate::Fault;
use crate::TaskState;
use crate::flow::Role;
use crate::run::Run;

/// What to do again.
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
}

impl Redo {
    /// What it would touch. Refused where there is nothing to retry, or where something is still at work on it.
    pub fn touches(&self, run: &Run) -> Result<Touched, Fault> {
        let mut touched = Touched { cleared: self.chosen(run)?, ..Touched::default() };
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

/// Refuses while a task run of a task has begun and not ended.
fn all_at_rest(run: &Run, task: usize) -> Result<(), Fault> {
    let begun = |one: &u32| run.task_run((task, *one)).is_some_and(|one| one.state() != TaskState::None);
    let all = 0..u32::try_from(run.tasks()[task].runs().len()).unwrap_or(u32::MAX);
    all.filter(begun).try_for_each(|one| at_rest(run, (task, one)))
}
