//! The room that there is on a storage, as far as anybody can say.

use longshore_engine::Fault;
use longshore_transfer::storage::{Error, Space, Status, Storage};

use crate::faults::of_storage;

/// What a storage may hold at most, and what is known to lie there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Bytes at most.
    pub bytes: u64,
    /// Bytes that are known to lie there.
    pub used: u64,
}

impl Quota {
    /// The room that is left under it, and that the storage has as far as it says so.
    fn leaves(self, name: &str, known: Option<Space>) -> Space {
        let left = self.bytes.saturating_sub(self.used);
        match known {
            None => Space { total: self.bytes, free: left, pool: format!("storage:{name}"), read_only: false },
            Some(space) => Space { total: space.total.min(self.bytes), free: space.free.min(left), ..space },
        }
    }
}

/// The room of a storage: what it says itself, within its quota; `None` where it says nothing and has none. One that says nothing is
/// looked at, so that a storage that is not there is not taken for one that has room.
pub fn space(name: &str, storage: &dyn Storage, quota: Option<Quota>) -> Result<Option<Space>, Fault> {
    let told = |error: Error| of_storage(name, &error);
    let known = if storage.capabilities().space {
        Some(storage.space().map_err(told)?)
    } else {
        look(storage).map_err(told)?;
        None
    };
    Ok(match quota {
        Some(quota) => Some(quota.leaves(name, known)),
        None => known,
    })
}

/// Whether a storage is there at all.
fn look(storage: &dyn Storage) -> Result<(), Error> {
    match storage.stat(b"") {
        // There are servers that let a user write below a folder that he may not look at.
        Err(error) if error.code.ends_with(".denied") => Ok(()),
        Err(error) => missing_top(storage, error),
        Ok(_) => Ok(()),
    }
}

/// What it means that a storage's top cannot be looked at. Where folders exist by themselves, one that is not there is a storage that is
/// not there (a disk that is not mounted on the server): what is missing on it then was not lost.
pub(crate) fn missing_top(storage: &dyn Storage, error: Error) -> Result<(), Error> {
    if error.code != "file.missing" {
        return Err(error);
    }
    if !storage.capabilities().folders {
        return Ok(());
    }
    Err(Error { code: "storage.missing", status: Status::Unusable, why: "its folder is not there".into(), ..error })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_quota_is_all_that_is_known_where_the_storage_says_nothing() {
        let quota = Quota { bytes: 100, used: 40 };
        let alone = quota.leaves("lts", None);
        assert_eq!((alone.total, alone.free, alone.pool.as_str()), (100, 60, "storage:lts"));
        let over = Quota { bytes: 100, used: 140 }.leaves("lts", None);
        assert_eq!((over.total, over.free), (100, 0));
    }

    #[test]
    fn of_quota_and_room_the_smaller_holds() {
        let disk = |free| Some(Space { total: 1000, free, pool: "disk".into(), read_only: true });
        let quota = Quota { bytes: 100, used: 40 };
        let left = quota.leaves("lts", disk(500));
        assert_eq!((left.total, left.free, left.pool.as_str(), left.read_only), (100, 60, "disk", true));
        assert_eq!(quota.leaves("lts", disk(5)).free, 5);
    }
}
