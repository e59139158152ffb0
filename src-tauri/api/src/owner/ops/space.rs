//! The room of storages over time: looked at now and then, and told with what it says of the days to come.

use std::sync::Arc;

use longshore_engine::Fault;
use longshore_store::{Holder, SpaceSeen};

use super::super::Owner;
use super::super::dispatch::Answer;
use super::room;
use crate::wire::{SpaceForecast, SpaceHolder, SpacePoint, StorageHistory, StorageHistoryArgs, StorageHistoryShow};

/// Between two looks. Milliseconds.
const APART: i64 = 10 * 60_000;
/// Milliseconds of a day.
const DAY: i64 = 86_400_000;
/// Points that are told at most.
const POINTS: i64 = 1000;
/// Days that a forecast looks back, and the fewest that it can be made of.
const BACK: i64 = 30;
const FEWEST: usize = 3;
/// Further than this it is not told when the floor is reached.
const FAR: f64 = 3653.0;
/// Nine of ten means of normally distributed days lie within so many of their standard errors.
const NINE_OF_TEN: f64 = 1.645;
/// Datasets and groups that are told.
const MOST: u32 = 20;

impl Answer<StorageHistoryShow> for Owner {
    async fn answer(self: &Arc<Self>, args: StorageHistoryArgs) -> Result<StorageHistory, Fault> {
        let storage = room::one(self, &args.name).await?;
        self.ask(move |owner| {
            let (now, days) = (owner.clock.now().0, i64::from(args.days.clamp(1, 400)));
            let since = now - days * DAY;
            let seen = owner.store.space_since(&args.name, since, days * DAY / POINTS)?;
            // Of the day that is not over nothing is known yet but how it begins.
            let by_day = owner.store.space_since(&args.name, now - BACK * DAY, DAY)?;
            let room = storage.to_grant.unwrap_or(0);
            Ok(StorageHistory {
                points: seen.iter().map(point).collect(),
                forecast: forecast(&by_day, room, now),
                datasets: owner.store.space_by_dataset(&args.name, MOST)?.into_iter().map(dataset).collect(),
                groups: owner.store.space_by_group(&args.name, MOST)?.into_iter().map(group).collect(),
            })
        })
        .await
    }
}

fn point(of: &SpaceSeen) -> SpacePoint {
    SpacePoint { at: of.at, total: of.total, free: of.free, reserved: of.reserved }
}

fn dataset(of: Holder) -> SpaceHolder {
    SpaceHolder { pid: of.pid, name: of.name, bytes: of.bytes, datasets: of.datasets }
}

fn group(of: Holder) -> SpaceHolder {
    SpaceHolder { pid: String::new(), name: of.group, bytes: of.bytes, datasets: of.datasets }
}

/// Looks at all storages, if that was long ago.
pub(in super::super) async fn look(owner: &Arc<Owner>) -> Result<(), Fault> {
    let now = owner.clock.now().0;
    let last = owner.ask(|owner| Ok(owner.store.space_seen_at()?)).await?;
    if last.is_some_and(|last| (0..APART).contains(&(now - last))) {
        return Ok(());
    }
    let seen = room::rows(owner).await?.into_iter().filter_map(|row| {
        Some(SpaceSeen { storage: row.name, at: now, total: row.total?, free: row.free?, reserved: row.reserved })
    });
    let seen: Vec<SpaceSeen> = seen.collect();
    owner.ask(move |owner| Ok(owner.store.keep_space(now, &seen)?)).await
}

/// What the ends of the last days say. The use of each day is taken for one of many like it, so that the error of their mean tells how far
/// it can be trusted; `room` bytes are left above the floor.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // bytes and days, told in round figures
fn forecast(days: &[SpaceSeen], room: u64, now: i64) -> Option<SpaceForecast> {
    // A storage that was made larger or moved is another one from then on.
    let total = days.last()?.total;
    let days: Vec<&SpaceSeen> = days.iter().rev().take_while(|day| day.total == total).collect();
    let used: Vec<f64> = days
        .windows(2)
        .map(|pair| {
            let apart = ((pair[0].at - pair[1].at) as f64 / DAY as f64).max(1.0 / 24.0);
            (pair[1].free as f64 - pair[0].free as f64) / apart
        })
        .collect();
    if used.len() < FEWEST {
        return None;
    }
    let count = used.len() as f64;
    let mean = used.iter().sum::<f64>() / count;
    let spread = used.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let error = NINE_OF_TEN * (spread / count).sqrt();
    let at = |per_day: f64| {
        let days = room as f64 / per_day;
        (per_day > 0.0 && days < FAR).then(|| now + (days * DAY as f64) as i64)
    };
    Some(SpaceForecast {
        days: used.len() as u32,
        per_day: mean as i64,
        per_day_low: (mean - error) as i64,
        per_day_high: (mean + error) as i64,
        floor_at: at(mean),
        floor_earliest: at(mean + error),
        floor_latest: at(mean - error),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn days(free: &[u64]) -> Vec<SpaceSeen> {
        let seen = |(day, free): (usize, &u64)| SpaceSeen {
            storage: "lts".into(),
            at: i64::try_from(day).unwrap() * DAY,
            total: 10_000,
            free: *free,
            reserved: 0,
        };
        free.iter().enumerate().map(seen).collect()
    }

    #[test]
    fn days_that_are_alike_tell_the_day_without_doubt() {
        let told = forecast(&days(&[1000, 900, 800, 700]), 500, 3 * DAY).unwrap();
        assert_eq!((told.days, told.per_day, told.per_day_low, told.per_day_high), (3, 100, 100, 100));
        assert_eq!((told.floor_at, told.floor_earliest), (Some(8 * DAY), Some(8 * DAY)));
    }

    #[test]
    fn days_that_differ_leave_a_doubt_and_one_that_frees_no_end() {
        let told = forecast(&days(&[1000, 900, 600, 500, 200]), 800, 4 * DAY).unwrap();
        assert_eq!(told.per_day, 200);
        assert!(told.per_day_low < 200 && 200 < told.per_day_high);
        assert!(told.floor_earliest < told.floor_at && told.floor_at < told.floor_latest);
        let emptier = forecast(&days(&[100, 200, 300, 400]), 400, 3 * DAY).unwrap();
        assert_eq!((emptier.per_day, emptier.floor_at), (-100, None));
    }

    #[test]
    fn too_few_days_or_a_storage_that_was_changed_tell_nothing() {
        assert_eq!(forecast(&days(&[1000, 900, 800]), 500, 0), None);
        let mut changed = days(&[1000, 900, 800, 700]);
        changed[3].total = 20_000;
        assert_eq!(forecast(&changed, 500, 0), None);
    }
}
