//! How fast bytes may move over connections.

use std::sync::Arc;

use longshore_engine::Fault;

use super::super::Owner;
use super::super::dispatch::Answer;
use crate::wire::{Nothing, RateList, RateRow, RateSet, RateSetArgs};

impl Answer<RateList> for Owner {
    async fn answer(self: &Arc<Self>, _: Nothing) -> Result<Vec<RateRow>, Fault> {
        Ok(self.connections.rates().rows())
    }
}

impl Answer<RateSet> for Owner {
    async fn answer(self: &Arc<Self>, args: RateSetArgs) -> Result<RateRow, Fault> {
        self.ask(move |owner| {
            if let Some(connection) = &args.connection {
                owner.connections.row(connection)?;
            }
            owner.connections.rates().set(args)
        })
        .await
    }
}
