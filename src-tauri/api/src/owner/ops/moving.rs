//! Changing where a storage lies. Nothing is moved: what lies at the old place stays there.

use std::io;
use std::path::{Path, PathBuf};

use longshore_catalogue::{BlockState, PathBytes};
use longshore_engine::Fault;
use longshore_store::{DatasetFilter, StorageRecord};

use super::super::Owner;
use crate::fault::{bytes, local, text};
use crate::wire::StorageSetArgs;

/// Share of a storage that can be kept free at most, in percent.
const HIGHEST_FLOOR: f64 = 99.0;

/// Changes storages, all or none.
pub(super) fn set(owner: &Owner, asked: &[StorageSetArgs]) -> Result<(), Fault> {
    let changed = asked.iter().map(|change| record(owner, change)).collect::<Result<Vec<_>, _>>()?;
    apart(&owner.places.records(), &changed)?;
    owner.places.set(changed)
}

/// The record of a storage as it would be in another folder; refused where another storage lies.
pub(super) fn elsewhere(owner: &Owner, name: &str, given: &str) -> Result<StorageRecord, Fault> {
    let path = bytes(&folder(given)?);
    let record = StorageRecord { path, ..owner.places.record(name)? };
    apart(&owner.places.records(), std::slice::from_ref(&record))?;
    Ok(record)
}

fn record(owner: &Owner, change: &StorageSetArgs) -> Result<StorageRecord, Fault> {
    let mut record = owner.places.record(&change.name)?;
    if let Some(percent) = change.floor_percent {
        record.floor_percent = floor(percent)?;
    }
    let Some(path) = &change.path else { return Ok(record) };
    let path = folder(path)?;
    if bytes(&path) != record.path {
        unused(owner, &record)?;
        record.path = bytes(&usable(&path)?);
        holds_the_same(owner, &record)?;
    }
    Ok(record)
}

fn floor(percent: f64) -> Result<f64, Fault> {
    if (0.0..=HIGHEST_FLOOR).contains(&percent) {
        return Ok(percent);
    }
    Err(Fault::permanent(
        "storage.floor",
        format!("{percent} % cannot stay free"),
        format!("It must be 0 to {HIGHEST_FLOOR} %"),
    ))
}

/// The path that a client gave, as one of this machine.
fn folder(given: &str) -> Result<PathBuf, Fault> {
    let path =
        PathBytes::from_text(given).map(|path| local(&path)).map_err(|error| refused(given, &error.to_string()))?;
    let plain = path.components().all(|part| !matches!(part, std::path::Component::ParentDir));
    if path.is_absolute() && plain { Ok(path) } else { Err(refused(given, "It is not an absolute path without ..")) }
}

/// Refused while anything runs that could use it: bytes on their way would end up in two places.
fn unused(owner: &Owner, record: &StorageRecord) -> Result<(), Fault> {
    let active = owner.runner.active().len();
    if active == 0 {
        return Ok(());
    }
    let why = format!("{active} runs have not ended and may use it");
    Err(Fault::permanent("storage.in_use", format!("The storage {} was not moved", record.name), why)
        .now("Wait until they have ended, or cancel them.")
        .at_place(&record.name))
}

/// Makes the folder if need be, and writes into it to see that it can be written.
fn usable(path: &Path) -> Result<PathBuf, Fault> {
    let refuse = |error: io::Error| refused(&text(path), &error.to_string());
    std::fs::create_dir_all(path).map_err(refuse)?;
    let path = path.canonicalize().map_err(refuse)?;
    let probe = path.join(format!(".longshore-probe-{}", std::process::id()));
    std::fs::write(&probe, b"").and_then(|()| std::fs::remove_file(&probe)).map_err(refuse)?;
    Ok(path)
}

/// Refuses two storages of which one lies in the other, or that are the same folder.
fn apart(all: &[StorageRecord], changed: &[StorageRecord]) -> Result<(), Fault> {
    let after =
        all.iter().map(|old| changed.iter().find(|new| new.name == old.name).unwrap_or(old)).collect::<Vec<_>>();
    for new in changed {
        let path = local(&new.path);
        let other = after.iter().filter(|other| other.name != new.name).find(|other| {
            let other = local(&other.path);
            path.starts_with(&other) || other.starts_with(&path)
        });
        if let Some(other) = other {
            return Err(refused(
                &new.path.to_text(),
                &format!("The storage {} lies there: {}", other.name, other.path),
            ));
        }
    }
    Ok(())
}

/// Datablocks and landing files are known by their paths on the storage: they must be at the new place already.
fn holds_the_same(owner: &Owner, record: &StorageRecord) -> Result<(), Fault> {
    let mut offset = 0;
    loop {
        let page = owner.store.datasets(&DatasetFilter { offset, limit: 500, ..DatasetFilter::default() })?;
        for summary in &page.rows {
            let pid = &summary.dataset.pid;
            if record.name == "landing" && summary.landing_files > 0 {
                expect(record, &PathBytes::from(pid.as_str()), pid)?;
            }
            let blocks = owner.store.dataset_blocks(pid, 1000)?;
            let here = blocks.iter().filter(|block| block.storage == record.name && block.state != BlockState::Planned);
            here.into_iter().try_for_each(|block| expect(record, &block.path, pid))?;
        }
        offset += page.rows.len() as u64;
        if page.rows.is_empty() || offset >= page.total {
            return Ok(());
        }
    }
}

fn expect(record: &StorageRecord, path: &PathBytes, pid: &str) -> Result<(), Fault> {
    let there = local(&record.path.join(path.as_bytes()));
    if there.symlink_metadata().is_ok() {
        return Ok(());
    }
    let why = format!("{path} of the dataset {pid} is not there, and the ledger says that it lies on this storage");
    Err(Fault::permanent(
        "storage.holds_data",
        format!("The storage {} was not moved to {}", record.name, record.path),
        why,
    )
    .now("Copy what lies on the storage to the new place first.")
    .on_dataset(pid)
    .at_place(&record.name))
}

fn refused(path: &str, why: &str) -> Fault {
    Fault::permanent("storage.path", format!("{path} cannot be a storage"), why)
        .now("Choose an empty folder of its own that can be written.")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn storage(name: &str, path: &str) -> StorageRecord {
        StorageRecord { name: name.into(), kind: "local".into(), path: PathBytes::from(path), floor_percent: 1.0 }
    }

    #[test]
    fn storages_lie_apart() {
        let all = [storage("landing", "/ws/landing"), storage("lts", "/ws/lts")];
        for path in ["/ws/landing", "/ws/landing/lts", "/ws", "/"] {
            assert_eq!(apart(&all, &[storage("lts", path)]).unwrap_err().code, "storage.path", "{path}");
        }
        apart(&all, &[storage("lts", "/ws/landing2")]).unwrap();
        // Both at once are looked at as they will be.
        apart(&all, &[storage("lts", "/ws/landing"), storage("landing", "/ws/in")]).unwrap();
    }

    #[test]
    fn paths_of_clients_are_checked() {
        assert_eq!(folder("/a/b").unwrap(), PathBuf::from("/a/b"));
        for path in ["a", "", "/a/../b", "/a\\q"] {
            assert_eq!(folder(path).unwrap_err().code, "storage.path", "{path}");
        }
        assert!(floor(100.0).is_err() && floor(-1.0).is_err() && floor(f64::NAN).is_err());
        assert_eq!(floor(0.0).unwrap().to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn a_folder_is_made_and_left_empty() {
        let temp = tempfile::tempdir().unwrap();
        let made = usable(&temp.path().join("a/b")).unwrap();
        assert_eq!(std::fs::read_dir(made).unwrap().count(), 0);
        std::fs::write(temp.path().join("file"), "").unwrap();
        assert_eq!(usable(&temp.path().join("file/x")).unwrap_err().code, "storage.path");
    }
}
