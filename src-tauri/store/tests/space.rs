//! The room of storages over time, and what takes it.
#![allow(clippy::unwrap_used)]

mod common;

use longshore_catalogue::{Catalogue as _, Metadata};
use longshore_store::{Holder, SpaceSeen};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

fn seen(storage: &str, at: i64, free: u64) -> SpaceSeen {
    SpaceSeen { storage: storage.into(), at, total: 1000, free, reserved: 0 }
}

#[test]
fn what_is_old_is_kept_by_the_hour_and_what_is_very_old_not_at_all() {
    let place = common::Place::new();
    let store = &place.store;
    let now = 1000 * DAY;
    store.keep_space(now, &[seen("lts", now - 401 * DAY, 9), seen("lts", now - 20 * DAY, 8)]).unwrap();
    store.keep_space(now, &[seen("lts", now - 20 * DAY + HOUR / 2, 7), seen("lts", now - HOUR, 6)]).unwrap();
    store.keep_space(now, &[seen("lts", now - HOUR / 2, 5), seen("landing", now, 4)]).unwrap();
    let free =
        |since, step| store.space_since("lts", since, step).unwrap().iter().map(|one| one.free).collect::<Vec<_>>();
    assert_eq!(free(0, 1), [8, 6, 5], "of an old hour the first, of a new one all, of a year ago nothing");
    assert_eq!(free(now - DAY, 1), [6, 5]);
    assert_eq!(free(0, DAY), [8, 5], "of each span the last");
    assert_eq!(store.space_seen_at().unwrap(), Some(now));
}

#[test]
fn who_takes_the_room_is_told_by_dataset_and_by_group() {
    let place = common::Place::new();
    let store = &place.store;
    let mut sizes = Vec::new();
    for (pid, entries, group) in [("small", 3, Some("emf")), ("large", 30, Some("emf")), ("nobodys", 10, None)] {
        let dataset = common::list(store, common::dataset(store, pid).id, entries);
        if let Some(group) = group {
            store.describe(dataset.id, &Metadata { owner_group: group.into(), ..Metadata::default() }).unwrap();
        }
        common::land(store, dataset.id);
        let block = common::whole_block(store, &dataset);
        assert_eq!(store.space_by_dataset("lts", 9).unwrap().len(), sizes.len(), "what is only planned takes no room");
        common::write(store, &block);
        sizes.push(block.plan.size);
    }
    let holder = |pid: &str, group: &str, bytes, datasets| {
        let name = if pid.is_empty() { String::new() } else { format!("Dataset {pid}") };
        Holder { pid: pid.into(), name, group: group.into(), bytes, datasets }
    };
    let by_dataset = store.space_by_dataset("lts", 2).unwrap();
    assert_eq!(by_dataset, [holder("large", "emf", sizes[1], 1), holder("nobodys", "", sizes[2], 1)]);
    let by_group = store.space_by_group("lts", 10).unwrap();
    assert_eq!(by_group, [holder("", "emf", sizes[0] + sizes[1], 2), holder("", "", sizes[2], 1)]);
}
