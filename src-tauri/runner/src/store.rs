//! The store as the runner's journal.

use std::collections::BTreeMap;

use async_trait::async_trait;
use longshore_engine::{Event, Fault, RunId, RunState};
use longshore_flows::kind::Level;
use longshore_flows::room::Quota;
use longshore_store::{Checkpoint, FlowVersion, Store};
use serde_json::{Map, Value};

use crate::{At, Journal, LogLine, Saved};

#[async_trait]
impl Journal for Store {
    async fn append(&self, events: Vec<Event>) -> Result<(), Fault> {
        Ok(Self::append(self, events).await?)
    }

    fn unfinished(&self) -> Result<Vec<RunId>, Fault> {
        Ok(self.unfinished_runs()?)
    }

    fn events(&self, run: &RunId) -> Result<Vec<Event>, Fault> {
        Ok(Self::events(self, run)?)
    }

    fn run_state(&self, run: &RunId) -> Result<RunState, Fault> {
        Ok(self.run(run.as_str())?.state)
    }

    fn run_of_key(&self, flow: &str, key: &str) -> Result<Option<RunId>, Fault> {
        Ok(Self::run_of_key(self, flow, key)?)
    }

    fn keep_flow(&self, flow: &str, version: &str, text: &str) -> Result<(), Fault> {
        let version = FlowVersion { version: version.into(), flow: flow.into(), source: text.into() };
        Ok(self.keep_flow_version(&version)?)
    }

    fn flow_text(&self, _flow: &str, version: &str) -> Result<String, Fault> {
        Ok(self.flow_version(version)?.source)
    }

    fn save_checkpoint(&self, at: &At, saved: &Saved) -> Result<(), Fault> {
        let checkpoint = Checkpoint { saved: saved.checkpoint.clone(), written: saved.written };
        Ok(Self::save_checkpoint(self, at.run.as_str(), &at.task, at.index, &checkpoint)?)
    }

    fn checkpoint(&self, at: &At) -> Result<Option<Saved>, Fault> {
        let found = Self::checkpoint(self, at.run.as_str(), &at.task, at.index)?;
        Ok(found.map(|one| Saved { checkpoint: one.saved, written: one.written }))
    }

    fn log(&self, run: &RunId, lines: &[LogLine]) -> Result<(), Fault> {
        let lines: Vec<_> = lines.iter().map(stored).collect();
        Ok(Self::log(self, run.as_str(), &lines)?)
    }

    fn limits(&self) -> Result<BTreeMap<String, u32>, Fault> {
        Ok(Self::limits(self)?.into_iter().map(|limit| (limit.name, limit.slots)).collect())
    }

    fn floors(&self) -> Result<BTreeMap<String, f64>, Fault> {
        Ok(self.storages()?.into_iter().map(|storage| (storage.name, storage.floor_percent)).collect())
    }

    fn quota(&self, storage: &str) -> Result<Option<Quota>, Fault> {
        let quota = self.storages()?.into_iter().find(|known| known.name == storage).and_then(|known| known.quota);
        quota.map(|bytes| Ok(Quota { bytes, used: self.held_on(storage)?.bytes })).transpose()
    }

    fn variables(&self) -> Result<Map<String, Value>, Fault> {
        Ok(Self::variables(self)?.into_iter().map(|variable| (variable.name, variable.value)).collect())
    }
}

fn stored(line: &LogLine) -> longshore_store::LogLine {
    longshore_store::LogLine {
        at: line.at,
        task: line.task.clone(),
        index: line.index,
        attempt: line.attempt,
        level: word(line.level).into(),
        text: line.text.clone(),
    }
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}
