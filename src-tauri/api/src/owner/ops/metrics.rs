//! Numbers of the workspace.

use std::sync::Arc;

use longshore_engine::Fault;

use super::super::Owner;
use super::super::dispatch::Answer;
use crate::events::lock;
use crate::wire::{Measured, MetricsShow, Nothing, RunCount};

impl Answer<MetricsShow> for Owner {
    async fn answer(self: &Arc<Self>, _: Nothing) -> Result<Measured, Fault> {
        self.ask(|owner| {
            let counts = owner.store.run_counts()?.into_iter();
            let runs = counts.map(|(flow, state, count)| RunCount { flow, state, count }).collect();
            let log_bytes = owner.store.log_bytes()?;
            Ok(Measured { runs, log_bytes, ..lock(&owner.tally).measured() })
        })
        .await
    }
}
