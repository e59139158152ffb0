//! What a flow is made of, as other engines see it, and what of it they have no counterpart for.

use std::collections::BTreeSet;

use longshore_engine::expression::Template;
use longshore_engine::flow::{Backoff, OnDuplicate, Role, Task, Trigger};
use longshore_engine::schedule::{Missed, Rule};
use longshore_engine::{Fault, Flow};
use serde_json::Value;

use super::Engine;
use crate::worker::needs_engine;

/// A chain of mapped tasks: the first has a list, each other follows one of them item by item.
pub(super) struct Mapped<'f> {
    pub(super) first: &'f Task,
    /// Positions, the first's too.
    pub(super) tasks: Vec<usize>,
}

/// The chains of mapped tasks of a flow.
pub(super) fn chains(flow: &Flow) -> Vec<Mapped<'_>> {
    let root = |mut position: usize| {
        while let Some(followed) = flow.tasks[position].each {
            position = followed;
        }
        position
    };
    let firsts = flow.tasks.iter().enumerate().filter(|(_, task)| task.mapped() && task.each.is_none());
    let chain = |(first, task)| {
        let tasks = (0..flow.tasks.len()).filter(|one| flow.tasks[*one].mapped() && root(*one) == first).collect();
        Mapped { first: task, tasks }
    };
    firsts.map(chain).collect()
}

/// The flow that a task starts runs of, if it does and the name is plain.
pub(super) fn started(task: &Task) -> Option<&str> {
    let Template::Map(members) = &task.with else {
        let Template::Literal(Value::Object(members)) = &task.with else { return None };
        return members.get("flow").and_then(Value::as_str);
    };
    members.iter().find_map(|(name, value)| match value {
        Template::Literal(Value::String(flow)) if name == "flow" => Some(flow.as_str()),
        _ => None,
    })
}

/// Whether a task starts runs of flows.
pub(super) fn starts(task: &Task) -> bool {
    matches!(task.uses.as_str(), "flow.run" | "flow.start")
}

/// Whether a failure above does not keep a task from running, so that a run could end well although something failed.
pub(super) fn tolerates(task: &Task) -> bool {
    !matches!(task.trigger, Trigger::AllSuccess | Trigger::NoneFailed | Trigger::NoneFailedMinOneSuccess)
}

/// Tasks of the work that none other of the work needs.
pub(super) fn leaves(flow: &Flow) -> Vec<&str> {
    let work = |position: &usize| flow.tasks[*position].role == Role::Task;
    let leaf = |task: &&Task| task.role == Role::Task && !task.needed_by.iter().any(&work);
    flow.tasks.iter().filter(leaf).map(|task| task.id.as_str()).collect()
}

/// What of a flow an engine has no counterpart for, each with its place.
#[derive(Default)]
pub(super) struct Lacks(Vec<String>);

impl Lacks {
    pub(super) fn of(flow: &Flow, engine: Engine) -> Self {
        let mut lacks = Self::default();
        lacks.whole(flow, engine);
        for task in &flow.tasks {
            lacks.task(flow, task, engine);
            lacks.retries(task, engine);
        }
        lacks
    }

    pub(super) fn into_fault(self, flow: &Flow, engine: Engine) -> Option<Fault> {
        let mut all = self.0.into_iter();
        let first = all.next()?;
        let engine = if engine == Engine::Prefect { "Prefect" } else { "Airflow" };
        let what = format!("{} cannot be carried over to {engine} as it is", flow.id);
        let mut fault = Fault::permanent("export.unsupported", what, first)
            .now("Change what is named in a copy of the flow, or run it in a workspace.");
        fault.also = all.take(100).collect();
        Some(fault)
    }

    fn say(&mut self, at: &str, why: &str) {
        self.0.push(format!("{at}: {why}"));
    }

    fn whole(&mut self, flow: &Flow, engine: Engine) {
        if flow.guard.as_ref().is_some_and(|guard| guard.on_duplicate != OnDuplicate::Wait) {
            self.say(
                "guard",
                "a second run of the same kind can wait there, and be neither refused nor answered with the first",
            );
        }
        if flow.schedules.len() > 1 && engine != Engine::Prefect {
            self.say("schedule", "there is more than one");
        }
        for schedule in &flow.schedules {
            match &schedule.rule {
                Rule::Watch(_) => self.say("schedule", "a watched folder starts no runs there"),
                Rule::Cron(cron, _) if cron.text().split_whitespace().count() != 5 => {
                    self.say("schedule", "an expression with seconds is not understood there");
                }
                _ => {}
            }
            if !schedule.jitter.is_zero() {
                self.say("schedule.jitter", "runs start at their time there");
            }
            if engine != Engine::Prefect && !schedule.params.is_empty() {
                self.say("schedule.params", "a schedule gives no parameters there: make them the defaults");
            }
            if engine == Engine::Prefect && schedule.on_missed != Missed::Skip {
                self.say("schedule.on_missed", "what was missed is passed over there: only `skip` is carried over");
            }
        }
        if engine == Engine::Prefect && flow.max_active_tasks.is_some() {
            self.say("max_active_tasks", "the task runs of one run are not bounded there: use a limit");
        }
    }

    fn task(&mut self, flow: &Flow, task: &Task, engine: Engine) {
        let id = &task.id;
        match needs_engine(&task.uses) {
            Some(why) if !starts(task) => self.say(&format!("{id} ({})", task.uses), why),
            Some(_) => self.starts_runs(flow, task, engine),
            None => {}
        }
        if task.role == Role::OnRetry {
            self.say(id, "nothing is run there between two tries (on_retry)");
        }
        if task.limits.len() > 1 && engine != Engine::Prefect {
            self.say(&format!("{id}.limits"), "a task is in one pool there");
        }
        if engine == Engine::Prefect && task.limits.iter().any(|claim| claim.slots > 1) {
            self.say(&format!("{id}.limits"), "a task takes one slot of a limit there");
        }
        if engine == Engine::Airflow2 && task.trigger == Trigger::AllDoneMinOneSuccess {
            self.say(&format!("{id}.trigger"), "all_done_min_one_success came with Airflow 3");
        }
        if engine != Engine::Prefect && task.mapped() && task.trigger == Trigger::Always {
            self.say(&format!("{id}.trigger"), "a mapped task has no rule `always` there");
        }
        if engine == Engine::Prefect && (task.setup || !task.teardown.is_empty()) {
            self.say(id, "there are no setups and teardowns there");
        }
        if engine == Engine::Prefect && task.priority != 0 {
            self.say(&format!("{id}.priority"), "task runs have no weight there");
        }
        if task.mapped() && task.role != Role::Task {
            self.say(id, "a hook that is mapped cannot be carried over");
        }
    }

    fn starts_runs(&mut self, flow: &Flow, task: &Task, engine: Engine) {
        let id = &task.id;
        if started(task).is_none() {
            self.say(&format!("{id}.with.flow"), "the flow that is started must be written out");
        }
        if engine == Engine::Prefect {
            self.say(id, "a run of another flow is not started from here");
        }
        let position = flow.position(id);
        let reads = |other: &&Task| other.reads.iter().chain(&other.each).any(|read| Some(*read) == position);
        if let Some(reader) = flow.tasks.iter().find(reads) {
            self.say(id, &format!("{} reads its output, and a run that the engine starts gives none", reader.id));
        }
    }

    fn retries(&mut self, task: &Task, engine: Engine) {
        let retries = &task.retries;
        let at = format!("{}.retries", task.id);
        let delays: BTreeSet<_> = retries.delays.iter().collect();
        if engine != Engine::Prefect && delays.len() > 1 {
            self.say(&at, "every delay is the same there, or grows exponentially");
        }
        if engine != Engine::Prefect && retries.max > 0 && retries.jitter && retries.backoff == Backoff::Fixed {
            self.say(&at, "a fixed delay has no jitter there");
        }
    }
}
