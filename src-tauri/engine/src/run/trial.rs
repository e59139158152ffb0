//! What a task's expressions give without a run, so that the task can be tried by itself.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Run;
use super::scope::with_item;
use crate::event::{Created, Event, RunEvent};
use crate::expression::seen;
use crate::{Fault, Flow, Millis, RunId};

/// What a task is tried with.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// Parameters, complete.
    pub params: Map<String, Value>,
    /// Variables.
    pub vars: Map<String, Value>,
    /// The item, of a mapped task.
    pub item: Option<Value>,
    /// Outputs of the tasks that it uses.
    pub outputs: BTreeMap<String, Value>,
}

/// The parameters of a task's kind, rendered as in a run of this id.
pub fn rendered(
    flow: &std::sync::Arc<Flow>,
    task: &str,
    run: &RunId,
    now: Millis,
    given: Given,
) -> Result<Value, Fault> {
    let unknown =
        || Fault::permanent("task.unknown", "There is nothing to try", format!("{} has no task {task:?}", flow.id));
    let position = flow.position(task).ok_or_else(unknown)?;
    let created = Created {
        flow: flow.id.clone(),
        version: flow.version.clone(),
        params: given.params,
        vars: given.vars,
        key: None,
        parent: None,
        scheduled: None,
        guard: None,
        priority: None,
    };
    let event = Event::run(run, now, RunEvent::Created(Box::new(created)));
    let run = Run::begin(flow.clone(), &event)
        .map_err(|refused| Fault::fatal("engine.illegal", "The task cannot be tried", refused.to_string()))?;
    let mut scope = run.scope(position);
    scope.outputs.extend(given.outputs.iter().map(|(task, output)| (task.clone(), seen(output))));
    if let Some(item) = &given.item {
        scope = with_item(scope, item, 0);
    }
    let with = flow.tasks[position].with.render(&scope);
    with.map_err(|error| crate::decide::expression_fault(task, "with", &error))
}
