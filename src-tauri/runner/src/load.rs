//! Runs from the journal.

use std::collections::BTreeMap;
use std::sync::Arc;

use longshore_engine::event::{RunEvent, What};
use longshore_engine::run::Slot;
use longshore_engine::{Clock, Event, Fault, Flow, Run, RunId, TaskState};

use crate::{At, Journal};

/// A run, and what its task runs have on the storages of their reservations.
pub(crate) struct Loaded {
    pub(crate) run: Run,
    pub(crate) written: BTreeMap<Slot, u64>,
}

/// The fold of a run's events. Blocks.
pub(crate) fn load(journal: &dyn Journal, clock: &dyn Clock, id: &RunId) -> Result<Loaded, Fault> {
    let events = journal.events(id)?;
    let flow = flow(journal, id, &events)?;
    let mut run = Run::fold(flow, &events).map_err(|refused| unreadable(id, &refused.to_string()))?;
    run.clock_now(clock.now());
    let written = written(journal, &run)?;
    Ok(Loaded { run, written })
}

fn flow(journal: &dyn Journal, id: &RunId, events: &[Event]) -> Result<Arc<Flow>, Fault> {
    let Some(What::Run { event: RunEvent::Created(created) }) = events.first().map(|event| &event.what) else {
        return Err(unreadable(id, "its journal does not begin with its creation"));
    };
    let text = journal.flow_text(&created.flow, &created.version)?;
    let flow = Flow::parse(&created.flow, &text, None).map_err(|mut faults| {
        let why = faults.drain(..).next().map_or_else(String::new, |fault| fault.to_string());
        unreadable(id, &format!("its version of the flow {} cannot be read: {why}", created.flow))
    })?;
    Ok(Arc::new(flow))
}

fn unreadable(id: &RunId, why: &str) -> Fault {
    Fault::fatal("run.unreadable", format!("The run {id} cannot be taken up from the journal"), why)
        .now("Open the workspace with the version of Longshore that wrote it, or restore the database from a backup.")
}

/// What task runs that begin again will find on the storages, from their checkpoints.
fn written(journal: &dyn Journal, run: &Run) -> Result<BTreeMap<Slot, u64>, Fault> {
    let mut found = BTreeMap::new();
    for (task, (one, all)) in run.flow.tasks.iter().zip(run.tasks()).enumerate() {
        if one.reserve.is_empty() {
            continue;
        }
        for (i, task_run) in (0_u32..).zip(all.runs()) {
            let began = task_run.attempts() > 0 && task_run.state() != TaskState::Success;
            let at = At { run: run.id.clone(), task: one.id.clone(), index: run.index((task, i)) };
            let saved = if began { journal.checkpoint(&at)? } else { None };
            found.extend(saved.map(|saved| ((task, i), saved.written)));
        }
    }
    Ok(found)
}
