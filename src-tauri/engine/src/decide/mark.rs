//! An operator says how task runs ended.

use std::collections::BTreeSet;

use super::touched::{Touched, below, matching, redo_hooks, unfinished};
use crate::event::Mark;
use crate::run::Run;
use crate::{Fault, TaskState};

/// Which task runs to mark, and as what.
#[derive(Debug, Clone, PartialEq)]
pub struct Marking {
    /// Task.
    pub task: String,
    /// One map index of it; none for all of its task runs that are not in that state already.
    pub index: Option<u32>,
    /// As what.
    pub mark: Mark,
}

impl Marking {
    /// What it would touch: the task runs that are marked, and of what lies below them that which never ran because of how they
    /// had ended. Those at work are stopped first.
    pub fn touches(&self, run: &Run) -> Result<Touched, Fault> {
        let what = || format!("{} cannot be marked", self.task);
        let unknown = || Fault::permanent("task.unknown", what(), format!("the run has no task run {:?}", self.task));
        let task = run.flow.position(&self.task).ok_or_else(unknown)?;
        let runs = match self.index {
            Some(_) => [run.tasks()[task].run_at(self.index).ok_or_else(unknown)?].into(),
            None => matching(run, task, |state| state != self.mark.state()),
        };
        if runs.is_empty() {
            let why = format!("all its task runs are {} already", self.mark.state().word());
            return Err(Fault::permanent("mark.nothing", what(), why));
        }
        let mut touched = Touched { mark: Some(self.mark.clone()), ..Touched::default() };
        touched.marked.insert(task, runs);
        self.wake_below(run, task, &mut touched);
        Ok(touched)
    }

    /// What never ran below is decided anew, and hooks come again after it.
    fn wake_below(&self, run: &Run, task: usize, touched: &mut Touched) {
        if self.mark.state() == TaskState::Failed {
            return;
        }
        let decided = |state| unfinished(state) && state != TaskState::Failed || state == TaskState::Skipped;
        for other in below(run, &BTreeSet::from([task])) {
            touched.cleared.entry(other).or_default().extend(matching(run, other, decided));
        }
        touched.cleared.retain(|_, runs| !runs.is_empty());
        if !touched.cleared.is_empty() {
            redo_hooks(run, touched);
        }
    }
}
