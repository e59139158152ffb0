//! Storages as they are now: how they do, and what room they have.

use std::sync::Arc;
use std::time::Duration;

use longshore_engine::Fault;
use longshore_flows::kind::Storages as _;
use longshore_flows::room::{self, Quota};
use longshore_runner::Reservation;
use longshore_store::StorageRecord;
use longshore_transfer::storage::Space;

use super::super::Owner;
use crate::wire::{StorageHealth, StorageRow};

/// What a storage says of its room: nothing, where it has no word for it and no quota.
pub(super) type Found = Result<Option<Space>, Fault>;

/// How long a storage may take to say how much room it has.
const PATIENCE: Duration = Duration::from_secs(3);

/// Every storage, in the order in which bytes pass through them.
pub(super) async fn rows(owner: &Arc<Owner>) -> Result<Vec<StorageRow>, Fault> {
    let mut records = owner.places.records();
    let place = |record: &StorageRecord| crate::place::STORAGES.iter().position(|name| *name == record.name);
    records.sort_by_key(|record| (place(record).unwrap_or(usize::MAX), record.name.clone()));
    let probes: Vec<_> = records.iter().map(|record| tokio::spawn(probe(owner.clone(), record.name.clone()))).collect();
    let mut rows = Vec::new();
    for (record, probe) in records.iter().zip(probes) {
        let found = probe.await.unwrap_or_else(|error| Err(crate::fault::broken(&error)));
        rows.push(row(owner, record, found)?);
    }
    Ok(rows)
}

/// One storage.
pub(super) async fn one(owner: &Arc<Owner>, name: &str) -> Result<StorageRow, Fault> {
    let record = owner.places.record(name)?;
    let found = probe(owner.clone(), name.to_owned()).await;
    row(owner, &record, found)
}

/// A storage as it would be in another folder, which need not be there: then its file system is that of the nearest folder above.
pub(super) async fn elsewhere(owner: &Arc<Owner>, name: &str, path: &str) -> Result<StorageRow, Fault> {
    let record = super::moving::elsewhere(owner, name, path)?;
    let (places, path, asked) = (owner.clone(), record.path.to_text(), name.to_owned());
    let found = patient(name, move || {
        let storage = places.places.place(&path)?;
        room::space(&asked, storage.as_ref(), None)
    });
    row(owner, &record, found.await)
}

/// Asks a storage, or the file system on which an absolute path lies or will lie, for its room.
pub(super) async fn probe(owner: Arc<Owner>, name: String) -> Found {
    let asked = name.clone();
    let ask = move || {
        let quota = match owner.places.record(&asked) {
            Ok(record) => quota(&owner, &record)?,
            Err(_) => None,
        };
        room::space(&asked, owner.places.place(&asked)?.as_ref(), quota)
    };
    patient(&name, ask).await
}

/// What a storage may hold at most; what is on its way to it counts as lying there.
fn quota(owner: &Owner, record: &StorageRecord) -> Result<Option<Quota>, Fault> {
    let Some(bytes) = record.quota else { return Ok(None) };
    let reservations = owner.runner.reservations();
    let on_its_way = reservations.iter().filter(|one| one.granted && one.storage == record.name);
    let written: u64 = on_its_way.map(|one| one.written).sum();
    Ok(Some(Quota { bytes, used: owner.store.held_on(&record.name)?.bytes.saturating_add(written) }))
}

/// Asks. What hangs (a server that is gone) keeps its thread, and this goes on without it.
async fn patient(name: &str, ask: impl FnOnce() -> Found + Send + 'static) -> Found {
    let space = tokio::task::spawn_blocking(ask);
    match tokio::time::timeout(PATIENCE, space).await {
        Ok(Ok(space)) => space,
        Ok(Err(error)) => Err(crate::fault::broken(&error)),
        Err(_) => Err(silent(name)),
    }
}

fn silent(name: &str) -> Fault {
    let why = format!("It has not answered for {} seconds", PATIENCE.as_secs());
    Fault::transient("storage.silent", format!("The storage {name} does not answer"), why)
        .now("See whether its server or disk is there.")
        .at_place(name)
}

fn row(owner: &Owner, record: &StorageRecord, found: Found) -> Result<StorageRow, Fault> {
    let proved_bytes = owner.store.proved_on(&record.name)?.bytes;
    let held = owner.store.held_on(&record.name)?;
    let room = Room::of(record, &found, &owner.runner.reservations());
    let (health, reason) = health(&found, room.to_grant);
    Ok(StorageRow {
        name: record.name.clone(),
        kind: record.kind().to_owned(),
        path: record.place(),
        connection: record.connection.clone(),
        folder: record.connection.as_ref().map(|_| record.path.to_text()),
        quota: record.quota,
        health,
        reason,
        total: room.total,
        free: room.free,
        reserved: room.reserved,
        floor: room.floor,
        floor_percent: record.floor_percent,
        to_grant: room.to_grant,
        pool: found.ok().flatten().map(|space| space.pool),
        proved_bytes,
        held_datasets: held.datasets,
        held_bytes: held.bytes,
    })
}

/// The room of a storage, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Room {
    pub(super) total: Option<u64>,
    pub(super) free: Option<u64>,
    /// Granted on the whole pool, and not yet written.
    pub(super) reserved: u64,
    pub(super) floor: u64,
    pub(super) to_grant: Option<u64>,
}

impl Room {
    pub(super) fn of(record: &StorageRecord, found: &Found, reservations: &[Reservation]) -> Self {
        let pool = found.as_ref().ok().and_then(|space| space.as_ref().map(|space| space.pool.as_str()));
        let here = |one: &&Reservation| match pool {
            Some(pool) => one.pool.as_deref() == Some(pool),
            None => one.storage == record.name,
        };
        let granted = reservations.iter().filter(|one| one.granted).filter(here);
        let reserved = granted.map(|one| one.bytes.saturating_sub(one.written)).sum();
        let Ok(Some(space)) = found else { return Self { reserved, ..Self::default() } };
        let floor = longshore_runner::floor_of(space.total, record.floor_percent);
        let to_grant = space.free.saturating_sub(reserved).saturating_sub(floor);
        Self { total: Some(space.total), free: Some(space.free), reserved, floor, to_grant: Some(to_grant) }
    }
}

fn health(found: &Found, to_grant: Option<u64>) -> (StorageHealth, Option<String>) {
    match found {
        Ok(Some(space)) if space.read_only => (StorageHealth::ReadOnly, Some("It is mounted read-only".to_owned())),
        Ok(_) if to_grant == Some(0) => {
            (StorageHealth::Full, Some("Nothing can be granted above what stays free".to_owned()))
        }
        Ok(_) => (StorageHealth::Ok, None),
        Err(fault) if fault.code == "storage.silent" => (StorageHealth::Silent, Some(fault.why.clone())),
        Err(fault) if fault.code == "storage.missing" => (StorageHealth::Missing, Some(fault.why.clone())),
        Err(fault) => (StorageHealth::Unusable, Some(format!("{}: {}", fault.what, fault.why))),
    }
}

#[cfg(test)]
mod tests {
    use longshore_catalogue::PathBytes;
    use longshore_engine::RunId;

    use super::*;

    fn reservation(pool: &str, bytes: u64, written: u64, granted: bool) -> Reservation {
        Reservation {
            run: RunId::from("r"),
            task: "pack".into(),
            index: None,
            storage: "lts".into(),
            pool: Some(pool.into()),
            bytes,
            written,
            granted,
        }
    }

    #[test]
    fn what_can_be_granted_is_what_is_free_less_what_is_promised_and_what_stays_free() {
        let record = StorageRecord::local("lts", PathBytes::from("/lts"), 5.0);
        let found = Ok(Some(Space { total: 1000, free: 500, pool: "a".into(), read_only: false }));
        let reservations =
            [reservation("a", 100, 40, true), reservation("a", 900, 0, false), reservation("b", 900, 0, true)];
        let room = Room::of(&record, &found, &reservations);
        assert_eq!((room.reserved, room.floor, room.to_grant), (60, 50, Some(390)));
    }

    #[test]
    fn of_a_storage_that_says_nothing_only_what_is_promised_is_known() {
        let record = StorageRecord { connection: Some("s3".into()), ..StorageRecord::local("lts", "b/x".into(), 5.0) };
        let room = Room::of(&record, &Ok(None), &[reservation("storage:lts", 100, 40, true)]);
        assert_eq!(room, Room { reserved: 60, ..Room::default() });
        assert_eq!(health(&Ok(None), room.to_grant), (StorageHealth::Ok, None));
    }
}
