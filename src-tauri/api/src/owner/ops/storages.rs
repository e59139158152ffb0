//! Storages.

use std::sync::Arc;

use longshore_engine::Fault;
use longshore_runner::Reservation;

use super::super::Owner;
use super::super::dispatch::Answer;
use super::room;
use crate::wire::{
    Nothing, ReservationRow, StorageArgs, StorageDetail, StorageList, StorageLook, StorageLookArgs, StorageRow,
    StorageSet, StorageSetArgs, StorageShow,
};

impl Answer<StorageList> for Owner {
    async fn answer(self: &Arc<Self>, _: Nothing) -> Result<Vec<StorageRow>, Fault> {
        room::rows(self).await
    }
}

impl Answer<StorageShow> for Owner {
    async fn answer(self: &Arc<Self>, args: StorageArgs) -> Result<StorageDetail, Fault> {
        let storage = room::one(self, &args.name).await?;
        self.ask(move |owner| {
            let here = |one: &Reservation| match &storage.pool {
                Some(pool) => one.pool.as_ref() == Some(pool),
                None => one.storage == storage.name,
            };
            let held = owner.runner.reservations().into_iter().filter(here);
            let reservations = held.map(|one| reservation(owner, one)).collect();
            Ok(StorageDetail { storage, reservations })
        })
        .await
    }
}

impl Answer<StorageLook> for Owner {
    async fn answer(self: &Arc<Self>, args: StorageLookArgs) -> Result<StorageRow, Fault> {
        room::elsewhere(self, &args.name, &args.path).await
    }
}

fn reservation(owner: &Owner, held: Reservation) -> ReservationRow {
    let run = held.run.as_str().to_owned();
    ReservationRow {
        dataset: owner.store.run(&run).ok().and_then(|run| run.dataset),
        run,
        task: held.task,
        index: held.index,
        bytes: held.bytes,
        written: held.written,
        granted: held.granted,
    }
}

impl Answer<StorageSet> for Owner {
    async fn answer(self: &Arc<Self>, args: StorageSetArgs) -> Result<StorageRow, Fault> {
        let name = args.name.clone();
        self.ask(move |owner| super::moving::set(owner, &[args])).await?;
        self.runner.look_again().await;
        room::one(self, &name).await
    }
}
