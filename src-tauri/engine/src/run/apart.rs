//! What the expressions of one task give where another engine keeps the run: no journal, only what it is told.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::scope::with_item;
use crate::event::Reserved;
use crate::expression::{Scope, Template, seen};
use crate::flow::Task;
use crate::{Fault, Millis, decide};

/// What is known of a run, and of one task run of it.
#[derive(Debug, Clone, Default)]
pub struct Apart {
    /// Id of the run.
    pub run: String,
    /// Id of its flow.
    pub flow: String,
    /// Parameters, complete.
    pub params: Map<String, Value>,
    /// Variables.
    pub vars: Map<String, Value>,
    /// How its work stands: `running`, `success`, `failed`, `cancelled`.
    pub state: &'static str,
    /// When it began, as far as is known.
    pub created_at: Millis,
    /// The time that it was due at, if a schedule started it.
    pub scheduled_at: Option<Millis>,
    /// Its first fault, and the task.
    pub fault: Option<(String, Fault)>,
    /// Outputs of tasks that have ended, by task; of a mapped one a list.
    pub outputs: BTreeMap<String, Value>,
    /// Map index and item, of a mapped task.
    pub item: Option<(u32, Value)>,
}

impl Apart {
    fn scope(&self) -> Scope {
        let fault = self
            .fault
            .as_ref()
            .map(|(task, fault)| json!({"task": task, "code": fault.code, "text": fault.to_string()}));
        let about = json!({
            "id": self.run,
            "flow": self.flow,
            "key": null,
            "state": self.state,
            "created_at": self.created_at,
            "scheduled_at": self.scheduled_at.map(Millis::rfc3339),
            "fault": fault,
            "retry": null,
        });
        let mut scope = Scope::default();
        scope.names.insert("params", seen(&Value::Object(self.params.clone())));
        scope.names.insert("vars", seen(&Value::Object(self.vars.clone())));
        scope.names.insert("run", seen(&about));
        scope.outputs = self.outputs.iter().map(|(task, output)| (task.clone(), seen(output))).collect();
        match &self.item {
            Some((index, item)) => with_item(scope, item, *index),
            None => scope,
        }
    }

    /// Whether the condition of a task holds. Of a mapped task it is that of the whole, and no item is in it.
    pub fn lets(&self, task: &Task) -> Result<bool, Fault> {
        let Some(when) = &task.when else { return Ok(true) };
        when.is_true(&self.scope()).map_err(|error| decide::expression_fault(&task.id, "when", &error))
    }

    /// What a task is mapped over, in the order of the map indexes.
    pub fn items(&self, task: &Task) -> Result<Vec<Value>, Fault> {
        let Some(for_each) = &task.for_each else { return Ok(Vec::new()) };
        decide::items_of(task, for_each, &self.scope())
    }

    /// The parameters of a task's kind.
    pub fn with(&self, task: &Task) -> Result<Value, Fault> {
        task.with.render(&self.scope()).map_err(|error| decide::expression_fault(&task.id, "with", &error))
    }

    /// Room that a task run asks for.
    pub fn reserved(&self, task: &Task) -> Result<Vec<Reserved>, Fault> {
        decide::reserved(task, &self.scope())
    }
}

/// Ids of the tasks whose outputs a task run is rendered with: those of the condition and of the list are `mapping`'s.
pub fn read_by(task: &Task) -> Vec<String> {
    let reserve = task.reserve.iter().flat_map(|one| [&one.storage, &one.bytes]);
    ids([&task.with].into_iter().chain(reserve))
}

/// Ids of the tasks whose outputs decide whether a task runs, and over what it is mapped.
pub fn read_by_mapping(task: &Task) -> Vec<String> {
    ids(task.when.iter().chain(&task.for_each))
}

fn ids<'t>(templates: impl Iterator<Item = &'t Template>) -> Vec<String> {
    let mut ids: Vec<String> = templates.flat_map(Template::tasks).collect();
    ids.sort();
    ids.dedup();
    ids
}
