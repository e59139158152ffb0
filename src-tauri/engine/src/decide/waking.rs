//! An operator lets what waits look at once.

use super::command::sleeps;
use super::touched::{Touched, matching};
use crate::run::{Run, TaskRun};
use crate::{Fault, TaskState};

/// Which task runs to wake: those that are deferred, or wait for their next try.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waking {
    /// One task; none for all that waits.
    pub task: Option<String>,
    /// One map index of that task.
    pub index: Option<u32>,
}

impl Waking {
    /// What it would touch. Refused where nothing waits.
    pub fn touches(&self, run: &Run) -> Result<Touched, Fault> {
        let what = "There is nothing to wake";
        let unknown = || Fault::permanent("task.unknown", what, format!("the run has no task run {:?}", self.task));
        let mut touched = Touched::default();
        for (task, one) in run.flow.tasks.iter().enumerate() {
            if self.task.as_ref().is_none_or(|id| *id == one.id) {
                touched.woken.insert(task, matching(run, task, sleeps));
            }
        }
        if touched.woken.is_empty() {
            return Err(unknown());
        }
        if let (Some(index), Some((task, runs))) = (self.index, touched.woken.first_key_value()) {
            let one = run.tasks()[*task].run_at(Some(index)).ok_or_else(unknown)?;
            let chosen = runs.get(&one).copied().into_iter().collect();
            touched.woken = [(*task, chosen)].into();
        }
        touched.woken.retain(|_, runs| !runs.is_empty());
        if touched.woken.is_empty() {
            return Err(Fault::permanent("wake.nothing", what, self.why_not(run)));
        }
        Ok(touched)
    }

    fn why_not(&self, run: &Run) -> String {
        let slot = self.task.as_ref().and_then(|task| run.slot(task, self.index));
        match slot.and_then(|slot| run.task_run(slot)).map_or(TaskState::None, TaskRun::state) {
            TaskState::None => "none of its task runs waits for a time".to_owned(),
            state => format!("it does not wait for a time: it is {}", state.word()),
        }
    }
}
