//! Changing where a storage lies. Nothing is moved: what lies at the old place stays there.

use std::io;
use std::path::{Path, PathBuf};

use longshore_catalogue::{BlockState, PathBytes};
use longshore_engine::Fault;
use longshore_flows::faults::of_storage;
use longshore_flows::room;
use longshore_store::{DatasetFilter, Held, StorageRecord};
use longshore_transfer::storage::{Error, Finish, Known, ReadOptions, Status, Storage};

use super::super::Owner;
use crate::fault::{bytes, local, text};
use crate::wire::StorageSetArgs;

/// Share of a storage that can be kept free at most, in percent.
const HIGHEST_FLOOR: f64 = 99.0;

/// Changes storages, all or none.
pub(in super::super) fn set(owner: &Owner, asked: &[StorageSetArgs]) -> Result<(), Fault> {
    let changed = asked.iter().map(|change| record(owner, change)).collect::<Result<Vec<_>, _>>()?;
    apart(&owner.places.records(), &changed)?;
    owner.places.set(changed)
}

/// The record of a storage as it would be in another folder; refused where another storage lies.
pub(super) fn elsewhere(owner: &Owner, name: &str, given: &str) -> Result<StorageRecord, Fault> {
    let path = bytes(&folder(given)?);
    let record = StorageRecord { path, connection: None, ..owner.places.record(name)? };
    apart(&owner.places.records(), std::slice::from_ref(&record))?;
    Ok(record)
}

fn record(owner: &Owner, change: &StorageSetArgs) -> Result<StorageRecord, Fault> {
    let mut record = owner.places.record(&change.name)?;
    if let Some(percent) = change.floor_percent {
        record.floor_percent = floor(percent)?;
    }
    if let Some(quota) = change.quota {
        record.quota = Some(quota).filter(|bytes| *bytes > 0);
    }
    match wanted(change)? {
        Some(moved) if moved.place() != record.place() => {
            unused(owner, &record)?;
            let moved = StorageRecord { floor_percent: record.floor_percent, quota: record.quota, ..moved };
            let moved = made(owner, moved)?;
            holds_the_same(owner, &moved)?;
            Ok(moved)
        }
        _ => Ok(record),
    }
}

/// Where the storage shall lie, if that is to change.
fn wanted(change: &StorageSetArgs) -> Result<Option<StorageRecord>, Fault> {
    let StorageSetArgs { name, path, connection, folder: below, .. } = change;
    match (path, connection) {
        (Some(path), None) if below.is_none() => Ok(Some(StorageRecord::local(name, bytes(&folder(path)?), 0.0))),
        (None, Some(connection)) => beyond(name, connection, below.as_deref().unwrap_or_default()).map(Some),
        (None, None) if below.is_none() => Ok(None),
        _ => Err(refused(name, "It lies in a folder of this machine, or in a folder below a connection: not in both")),
    }
}

/// A storage in a folder below a connection.
fn beyond(name: &str, connection: &str, folder: &str) -> Result<StorageRecord, Fault> {
    if name == "scratch" {
        let why = "Programs work in it, and they need a path of this machine";
        return Err(Fault::permanent("storage.not_local", "The scratch storage cannot lie behind a connection", why)
            .now("Choose a folder of this machine for it. All other storages may lie behind a connection.")
            .at_place(name));
    }
    let path = super::connection_test::folder(Some(folder))?;
    let record = StorageRecord::local(name, PathBytes::new(path), 0.0);
    Ok(StorageRecord { connection: Some(connection.to_owned()), ..record })
}

/// Makes the folder if need be, and tries what a storage is needed for.
fn made(owner: &Owner, record: StorageRecord) -> Result<StorageRecord, Fault> {
    if record.connection.is_none() {
        return Ok(StorageRecord { path: bytes(&usable(&local(&record.path))?), ..record });
    }
    let storage = owner.places.as_recorded(&record)?;
    let told = |error| of_storage(&record.place(), &error);
    storage.make_folder(b"").map_err(told)?;
    // There are servers that make a bucket for whoever writes into it: one that is not there is most likely misspelt.
    room::space(&record.place(), storage.as_ref(), None)?;
    tried(storage.as_ref()).map_err(told)?;
    Ok(record)
}

/// Writes a small file, reads it back and removes it.
fn tried(storage: &dyn Storage) -> longshore_transfer::storage::Result<()> {
    const CONTENT: &[u8] = b"Longshore was here";
    let probe = format!(".longshore-probe-{}", std::process::id()).into_bytes();
    let known = Known { size: CONTENT.len() as u64, mtime: None };
    let mut writer = storage.write_sized(&probe, None, known)?;
    writer.write(CONTENT)?;
    writer.commit(&Finish { replace: true, durable: true, ..Finish::default() })?;
    let mut read = vec![0; CONTENT.len()];
    let count = storage.read(&probe, ReadOptions::default())?.read(&mut read)?;
    storage.delete(&probe)?;
    if count == CONTENT.len() && read == CONTENT {
        return Ok(());
    }
    Err(Error {
        code: "storage.untrue",
        status: Status::Permanent,
        what: "Trying it with a small file".into(),
        why: "it gave back other bytes than were written".into(),
        path: probe,
        storage: storage.name().to_owned(),
    })
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
        let path = root(new);
        let other = after.iter().filter(|other| other.name != new.name).find(|other| {
            let other = root(other);
            path.starts_with(&other) || other.starts_with(&path)
        });
        if let Some(other) = other {
            return Err(refused(&new.place(), &format!("The storage {} lies there: {}", other.name, other.place())));
        }
    }
    Ok(())
}

/// The folder that a storage is, in a form in which no two are the same: below the name of its connection if it has one.
fn root(record: &StorageRecord) -> PathBuf {
    match &record.connection {
        Some(connection) => Path::new(connection).join(local(&record.path)),
        None => local(&record.path),
    }
}

/// Datablocks and landing files are known by their paths on the storage: they must be at the new place already.
fn holds_the_same(owner: &Owner, record: &StorageRecord) -> Result<(), Fault> {
    let storage = owner.places.as_recorded(record)?;
    let expect = |path: &PathBytes, pid: &str| match storage.stat(path.as_bytes()) {
        Ok(_) => Ok(()),
        Err(error) if error.code == "file.missing" => Err(holds_data(owner, record, path, pid)),
        Err(error) => Err(of_storage(&record.place(), &error)),
    };
    let mut offset = 0;
    loop {
        let page = owner.store.datasets(&DatasetFilter { offset, limit: 500, ..DatasetFilter::default() })?;
        for summary in &page.rows {
            let pid = &summary.dataset.pid;
            if record.name == "landing" && summary.landing_files > 0 {
                expect(&PathBytes::from(pid.as_str()), pid)?;
            }
            let blocks = owner.store.dataset_blocks(pid, 1000)?;
            let here = blocks.iter().filter(|block| block.storage == record.name && block.state != BlockState::Planned);
            here.into_iter().try_for_each(|block| expect(&block.path, pid))?;
        }
        offset += page.rows.len() as u64;
        if page.rows.is_empty() || offset >= page.total {
            return Ok(());
        }
    }
}

/// The refusal to leave behind what the ledger knows of.
fn holds_data(owner: &Owner, record: &StorageRecord, path: &PathBytes, pid: &str) -> Fault {
    let held = owner.store.held_on(&record.name).unwrap_or_default();
    let (place, Held { datasets, bytes }) = (record.place(), held);
    let why = format!(
        "{path} of the dataset {pid} is not there. The ledger has {bytes} bytes of {datasets} datasets on this storage"
    );
    Fault::permanent("storage.holds_data", format!("The storage {} was not moved to {place}", record.name), why)
        .now("Copy what lies on the storage to the new place first.")
        .on_dataset(pid)
        .at_place(&record.name)
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
        StorageRecord::local(name, PathBytes::from(path), 1.0)
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
    fn storages_behind_one_connection_lie_apart_too() {
        let by = |name, connection, folder| beyond(name, connection, folder).unwrap();
        let all = [storage("landing", "/ws/landing"), by("lts", "s3", "bucket/lts")];
        for folder in ["bucket/lts", "/bucket/lts/", "bucket", "", "bucket/lts/below"] {
            assert_eq!(apart(&all, &[by("landing", "s3", folder)]).unwrap_err().code, "storage.path", "{folder}");
        }
        apart(&all, &[by("landing", "s3", "bucket/lts2")]).unwrap();
        apart(&all, &[by("landing", "other", "bucket/lts")]).unwrap();
        assert_eq!(beyond("scratch", "s3", "x").unwrap_err().code, "storage.not_local");
        assert_eq!(beyond("lts", "s3", "a/../b").unwrap_err().code, "location.wrong");
    }

    #[test]
    fn a_storage_is_told_one_place() {
        let set = |path: Option<&str>, connection: Option<&str>, folder: Option<&str>| {
            let text = |text: Option<&str>| text.map(str::to_owned);
            let (path, connection, folder) = (text(path), text(connection), text(folder));
            wanted(&StorageSetArgs { name: "lts".into(), path, connection, folder, floor_percent: None, quota: None })
        };
        assert_eq!(set(None, None, None).unwrap(), None);
        assert_eq!(set(Some("/a"), None, None).unwrap().unwrap().place(), "/a");
        assert_eq!(set(None, Some("s3"), None).unwrap().unwrap().place(), "s3:");
        assert_eq!(set(None, Some("s3"), Some("b/x")).unwrap().unwrap().place(), "s3:b/x");
        for both in [set(Some("/a"), Some("s3"), None), set(Some("/a"), None, Some("b")), set(None, None, Some("b"))] {
            assert_eq!(both.unwrap_err().code, "storage.path");
        }
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
