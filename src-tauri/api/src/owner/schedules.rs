//! The scheduler of a workspace: begun with the owner, told of new flows, and passed on to whoever listens.

use std::sync::Arc;

use longshore_engine::Flow;
use longshore_runner::{ScheduledFlows, Scheduler, SchedulerParts};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::Owner;
use super::shelf::Shelf;
use crate::events::{Bus, lock};
use crate::wire::{Event, Tag};

impl ScheduledFlows for Shelf {
    fn scheduled(&self) -> Vec<Arc<Flow>> {
        self.all().into_iter().map(|in_force| in_force.flow).filter(|flow| !flow.schedules.is_empty()).collect()
    }
}

/// Begins to start what schedules ask for.
pub(super) fn begin(owner: &Owner, tasks: &mut JoinSet<()>) -> Arc<Scheduler> {
    let (changed, told) = mpsc::unbounded_channel();
    tasks.spawn(pass_on(told, owner.bus.clone()));
    Arc::new(Scheduler::start(SchedulerParts {
        runner: owner.runner.clone(),
        store: owner.store.clone(),
        flows: owner.shelf.clone(),
        clock: owner.clock.clone(),
        changed,
    }))
}

/// Says what is stale after a schedule has changed.
async fn pass_on(mut changes: mpsc::UnboundedReceiver<()>, bus: Bus) {
    while changes.recv().await.is_some() {
        while changes.try_recv().is_ok() {}
        bus.send(&Event::Changed { tags: vec![Tag::Schedules] });
    }
}

impl Owner {
    /// Schedules were paused or resumed.
    pub(super) fn look_at_schedules(&self) {
        if let Some(scheduler) = lock(&self.open).as_ref().and_then(|open| open.scheduler.as_ref()) {
            scheduler.look_again();
        }
    }
}
