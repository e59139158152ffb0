//! What the expressions of a task see.

use serde_json::{Value, json};

use super::{Run, Slot};
use crate::expression::{Scope, Seen, seen};

impl Run {
    /// What the expressions of a task see before it has items.
    pub(crate) fn scope(&self, task: usize) -> Scope {
        let mut scope = Scope::default();
        scope.names.insert("params", self.params.clone());
        scope.names.insert("vars", self.vars.clone());
        scope.names.insert("run", seen(&self.about()));
        for read in &self.flow.tasks[task].reads {
            let other = &self.flow.tasks[*read];
            let output = self.tasks[*read].output(other.mapped());
            scope.outputs.extend(output.map(|output| (other.id.clone(), output)));
        }
        scope
    }

    /// What the expressions of a task run see.
    pub(crate) fn scope_of(&self, slot: Slot) -> Scope {
        let item = self.item_of(slot);
        let scope = self.scope(slot.0);
        item.map_or_else(|| self.scope(slot.0), |item| with_item(scope, &item, slot.1))
    }

    /// The item of a task run: its own, or what the task run gave that it follows.
    fn item_of(&self, slot: Slot) -> Option<Value> {
        let one = self.task_run(slot)?;
        match self.flow.tasks[slot.0].each {
            Some(followed) if self.tasks[slot.0].expanded() => self.task_run((followed, slot.1))?.output(),
            _ => one.item(),
        }
    }

    fn about(&self) -> Value {
        let fault = self
            .fault
            .as_ref()
            .map(|(task, fault)| json!({"task": task, "code": fault.code, "text": fault.to_string()}));
        let retry = self.retried.as_ref().map(|one| {
            let (code, text) = (&one.fault.code, one.fault.to_string());
            json!({"task": one.task, "index": one.index, "code": code, "text": text, "next_at": one.next_at})
        });
        json!({
            "id": self.id.as_str(),
            "flow": self.flow.id,
            "key": self.created.key,
            "state": self.outcome_so_far(),
            "created_at": self.created_at,
            "scheduled_at": self.created.scheduled.as_ref().map(|scheduled| scheduled.at.rfc3339()),
            "fault": fault,
            "retry": retry,
        })
    }

    /// For hooks: how the work went.
    fn outcome_so_far(&self) -> &'static str {
        use crate::flow::Role;
        match self.state {
            crate::RunState::Cancelling => "cancelled",
            _ if self.failed(Role::Task) => "failed",
            _ if self.ended(Role::Task) => "success",
            state => state.word(),
        }
    }
}

/// A scope with an item in it.
pub(crate) fn with_item(mut scope: Scope, item: &Value, index: u32) -> Scope {
    scope.names.insert("item", seen(item));
    scope.names.insert("index", Seen::from(index));
    scope
}
