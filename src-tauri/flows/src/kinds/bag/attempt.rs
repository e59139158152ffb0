//! What bags need of an attempt: that of a task run, or of a command that needs no workspace.

use longshore_engine::Fault;
use serde::Serialize;

use crate::faults;
use crate::kind::{Context, Storages, TaskHost};

/// One attempt.
pub(super) struct Attempt<'a> {
    pub(super) storages: &'a dyn Storages,
    pub(super) host: &'a dyn TaskHost,
    /// Name of its staging folders: no other attempt that goes on at the same time has it.
    pub(super) staging: String,
    /// Milliseconds since the epoch.
    pub(super) now: i64,
}

impl<'a> Attempt<'a> {
    /// Of a task run.
    pub(super) fn of(context: &'a Context) -> Self {
        let index = context.index.map(|index| format!("-{index}")).unwrap_or_default();
        let staging = staging(&format!("{}-{}{index}", context.run, context.task));
        let services = &context.services;
        Self { storages: services.storages.as_ref(), host: context.host.as_ref(), staging, now: services.now() }
    }

    /// Between two steps: fails if it was told to stop.
    pub(super) fn go_on(&self) -> Result<(), Fault> {
        self.host.came_forward();
        if self.host.cancelled() { Err(faults::cancelled()) } else { Ok(()) }
    }

    /// Saves a checkpoint.
    pub(super) fn save(&self, checkpoint: &impl Serialize) -> Result<(), Fault> {
        let checkpoint = serde_json::to_value(checkpoint)
            .map_err(|error| Fault::fatal("task.broken", "A checkpoint cannot be written", error.to_string()))?;
        self.host.save_checkpoint(checkpoint)
    }
}

/// The name of a staging folder of whoever has this name.
pub(super) fn staging(of: &str) -> String {
    format!(".longshore-{}", of.replace('/', "_"))
}
