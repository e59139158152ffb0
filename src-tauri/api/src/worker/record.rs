//! What the workers of a run tell each other of its task runs.

use longshore_engine::flow::{Flow, Role, Task};
use longshore_engine::{Fault, Millis};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::state::{State, component};
use longshore_transfer::storage::Kind;

/// How a task run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stands {
    /// A worker has begun it, and has not said how it ended.
    Running,
    /// It was told to stop.
    Stopped,
    /// Done.
    Success,
    /// There was nothing to do.
    Skipped,
    /// It failed; the engine may try again.
    Failed,
}

/// The document of a task run: `TASK.json`, or `TASK.INDEX.json` of a mapped one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) state: Stands,
    pub(crate) attempt: u32,
    /// When it came to this, in milliseconds since the epoch.
    pub(crate) at: Millis,
    /// When its first attempt began.
    pub(crate) since: Millis,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub(crate) output: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) why: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fault: Option<Fault>,
}

impl Record {
    fn has_ended(&self) -> bool {
        !matches!(self.state, Stands::Running | Stands::Stopped)
    }
}

/// The task runs of a run, as they stand in the place that is shared.
#[derive(Clone)]
pub(crate) struct Records(State);

/// A document's name without its ending.
pub(crate) fn stem(task: &str, index: Option<u32>) -> String {
    index.map_or_else(|| task.to_owned(), |index| format!("{task}.{index}"))
}

impl Records {
    pub(crate) fn of(state: &State, flow: &str, run: &str) -> Self {
        Self(state.below(&component(flow)).below(&component(run)))
    }

    pub(crate) fn read(&self, task: &str, index: Option<u32>) -> Result<Option<Record>, Fault> {
        self.0.read(&format!("{}.json", stem(task, index)))
    }

    pub(crate) fn write(&self, task: &str, index: Option<u32>, record: &Record) -> Result<(), Fault> {
        self.0.write(&format!("{}.json", stem(task, index)), record)
    }

    pub(crate) fn checkpoint(&self, task: &str, index: Option<u32>) -> Result<Option<Value>, Fault> {
        self.0.read(&format!("{}.checkpoint.json", stem(task, index)))
    }

    pub(crate) fn keep_checkpoint(&self, task: &str, index: Option<u32>, checkpoint: &Value) -> Result<(), Fault> {
        self.0.write(&format!("{}.checkpoint.json", stem(task, index)), checkpoint)
    }

    pub(crate) fn forget_checkpoint(&self, task: &str, index: Option<u32>) -> Result<(), Fault> {
        self.0.delete(&format!("{}.checkpoint.json", stem(task, index)))
    }

    /// What a task is mapped over, as it was when its indexes were asked for.
    pub(crate) fn items(&self, task: &str) -> Result<Option<Vec<Value>>, Fault> {
        self.0.read(&format!("{task}.items.json"))
    }

    pub(crate) fn keep_items(&self, task: &str, items: &[Value]) -> Result<(), Fault> {
        self.0.write(&format!("{task}.items.json"), &items)
    }

    /// What a task gave; none while it has not ended, or if it gave nothing.
    pub(crate) fn output(&self, flow: &Flow, task: &Task) -> Result<Option<Value>, Fault> {
        if !task.mapped() {
            let record = self.read(&task.id, None)?.filter(|record| record.state == Stands::Success);
            return Ok(record.map(|record| record.output));
        }
        let Some(count) = self.count(flow, task)? else { return Ok(None) };
        let mut outputs = Vec::new();
        for index in 0..count {
            match self.read(&task.id, Some(index))? {
                Some(record) if record.has_ended() => {
                    outputs.extend((record.state == Stands::Success).then_some(record.output));
                }
                // What an engine never started, as what stands above it failed, gives nothing.
                _ => {}
            }
        }
        Ok(Some(Value::Array(outputs)))
    }

    /// How many task runs a mapped task has: as many as the one that it follows, item by item.
    fn count(&self, flow: &Flow, task: &Task) -> Result<Option<u32>, Fault> {
        let mut first = task;
        while let Some(followed) = first.each {
            first = &flow.tasks[followed];
        }
        Ok(self.items(&first.id)?.map(|items| u32::try_from(items.len()).unwrap_or(u32::MAX)))
    }

    /// How the work of the run went: its first fault, and whether something of it was stopped.
    pub(crate) fn outcome(&self, flow: &Flow) -> Result<Outcome, Fault> {
        let mut outcome = Outcome::default();
        let mut first = Millis(i64::MAX);
        for name in self.0.names(Kind::File)? {
            let Some((task, index)) = task_run(flow, &name) else { continue };
            let Some(record) = self.read(task, index)? else { continue };
            outcome.stopped |= !record.has_ended();
            if let Some(fault) = record.fault.filter(|_| record.state == Stands::Failed && record.at < first) {
                first = record.at;
                outcome.fault = Some((task.to_owned(), fault));
            }
        }
        Ok(outcome)
    }
}

/// The task run of the work whose document has this name.
fn task_run<'n>(flow: &Flow, name: &'n str) -> Option<(&'n str, Option<u32>)> {
    let stem = name.strip_suffix(".json")?;
    let (task, index) = match stem.split_once('.') {
        Some((task, index)) => (task, Some(index.parse().ok()?)),
        None => (stem, None),
    };
    flow.task(task).is_some_and(|task| task.role == Role::Task).then_some((task, index))
}

/// How the work of a run went.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcome {
    pub(crate) fault: Option<(String, Fault)>,
    /// Something has begun and was not brought to an end.
    pub(crate) stopped: bool,
}

impl Outcome {
    /// Its word, as `run.state` has it in hooks.
    pub(crate) fn word(&self) -> &'static str {
        match (&self.fault, self.stopped) {
            (Some(_), _) => "failed",
            (None, true) => "cancelled",
            (None, false) => "success",
        }
    }
}
