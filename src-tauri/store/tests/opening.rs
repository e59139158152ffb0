//! Files that are not ours to open, and how each is refused: with its code, its advice, and not a byte touched.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use common::Place;
use longshore_engine::Class;
use longshore_store::{Options, Store};
use rusqlite::Connection;
use tempfile::TempDir;

fn quick() -> Options {
    Options { busy: Duration::from_millis(50), ..Options::default() }
}

/// Everything in a folder: names and contents.
fn picture(folder: &Path) -> Vec<(String, Vec<u8>)> {
    // The task logs beside it are no part of the database.
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap()).filter(|file| file.path().is_file());
    let mut files: Vec<_> =
        files.map(|file| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap())).collect();
    files.sort();
    files
}

/// Opens what must be refused, and checks that nothing in its folder was touched.
fn refused(folder: &Path) -> longshore_engine::Fault {
    let before = picture(folder);
    let fault = Store::open(&folder.join("longshore.db"), &quick()).err().unwrap().fault();
    assert_eq!(picture(folder), before, "something was touched");
    fault
}

#[test]
fn a_closed_store_is_one_file_and_opens_again() {
    let place = Place::new();
    place.store.set_setting("first_run", &serde_json::json!({"done": true})).unwrap();
    assert!(picture(place.folder.path()).len() > 1, "a WAL stands beside an open database");
    place.store.close().unwrap();
    let names: Vec<_> = picture(place.folder.path()).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["longshore.db"]);
    assert_eq!(place.store.setting("first_run").unwrap_err().code(), "database.closed");
    let again = Store::open(&place.path(), &quick()).unwrap();
    assert_eq!(again.setting("first_run").unwrap(), Some(serde_json::json!({"done": true})));
    assert_eq!(again.check().unwrap(), Vec::<String>::new());
}

#[test]
fn a_newer_database_is_left_alone() {
    let place = Place::new();
    place.store.close().unwrap();
    Connection::open(place.path()).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let fault = refused(place.folder.path());
    assert_eq!((fault.code.as_str(), fault.class), ("database.newer", Class::Fatal));
    assert!(fault.why.contains("schema version 99; this program knows versions up to "), "{}", fault.why);
    assert!(fault.now.contains("newer Longshore"), "{}", fault.now);
}

/// A copy of what a newer program leaves when it is killed: a database with a WAL beside it.
fn newer_with_wal(begin: &str) -> TempDir {
    let place = Place::new();
    place.store.close().unwrap();
    let other = Connection::open(place.path()).unwrap();
    other.execute_batch(begin).unwrap();
    other.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE newer (x); INSERT INTO newer VALUES (1)").unwrap();
    let copy = TempDir::new().unwrap();
    for (name, bytes) in picture(place.folder.path()) {
        fs::write(copy.path().join(name), bytes).unwrap();
    }
    assert!(copy.path().join("longshore.db-wal").metadata().unwrap().len() > 0);
    copy
}

#[test]
fn a_newer_database_that_was_not_closed_is_left_alone_with_its_wal() {
    let folder = newer_with_wal("PRAGMA journal_mode = DELETE; PRAGMA user_version = 99");
    assert_eq!(refused(folder.path()).code, "database.newer");
}

#[test]
fn a_newer_version_of_which_only_the_wal_knows_is_refused_and_the_wal_kept() {
    let folder = newer_with_wal("PRAGMA user_version = 99");
    let kept = || ["longshore.db", "longshore.db-wal"].map(|name| fs::read(folder.path().join(name)).unwrap());
    let before = kept();
    let fault = Store::open(&folder.path().join("longshore.db"), &quick()).err().unwrap().fault();
    assert_eq!(fault.code, "database.newer");
    assert!(fault.why.contains("longshore.db has schema version 99"), "{}", fault.why);
    assert!(kept() == before, "the database or its WAL was touched");
}

#[test]
fn what_is_not_a_database_of_longshore_is_left_alone() {
    for bytes in [
        &b"just a text that is longer than the header of a database, which is one hundred bytes, as one sees here"[..],
        b"x",
    ] {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("longshore.db"), bytes).unwrap();
        assert_eq!(refused(folder.path()).code, "database.foreign");
    }
    let folder = TempDir::new().unwrap();
    Connection::open(folder.path().join("longshore.db")).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    let fault = refused(folder.path());
    assert_eq!(fault.code, "database.foreign");
    assert!(fault.why.contains("of another program"), "{}", fault.why);
}

#[test]
fn an_empty_file_and_a_creation_that_was_cut_off_become_a_database() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("longshore.db"), b"").unwrap();
    fs::write(folder.path().join("longshore.db.new"), b"SQLite format 3\0 and then the power went").unwrap();
    fs::write(folder.path().join("longshore.db.new-journal"), b"half a journal").unwrap();
    let store = Store::open(&folder.path().join("longshore.db"), &quick()).unwrap();
    assert_eq!(store.limits().unwrap().len(), 4);
    assert!(!folder.path().join("longshore.db.new").exists());
}

#[test]
fn a_lock_that_another_process_holds_is_told_and_waited_for_shortly() {
    let place = Place::new();
    place.store.close().unwrap();
    let other = Connection::open(place.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let fault = Store::open(&place.path(), &quick()).err().unwrap().fault();
    assert_eq!((fault.code.as_str(), fault.class), ("database.locked", Class::Transient));
    other.execute_batch("ROLLBACK").unwrap();
    Store::open(&place.path(), &quick()).unwrap().set_setting("x", &serde_json::json!(1)).unwrap();
}

#[test]
fn a_lock_taken_while_the_store_is_open_reaches_the_caller_and_passes() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(&folder.path().join("longshore.db"), &quick()).unwrap();
    let other = Connection::open(folder.path().join("longshore.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(store.set_setting("x", &serde_json::json!(1)).unwrap_err().code(), "database.locked");
    assert_eq!(store.setting("x").unwrap(), None, "readers wait for nobody");
    other.execute_batch("ROLLBACK").unwrap();
    store.set_setting("x", &serde_json::json!(2)).unwrap();
    assert_eq!(store.setting("x").unwrap(), Some(serde_json::json!(2)));
}

#[test]
fn damage_is_told_at_the_opening_or_by_the_call_that_meets_it() {
    let place = Place::new();
    let dataset = common::dataset(&place.store, "pid");
    common::list(&place.store, dataset.id, 5_000);
    place.store.close().unwrap();
    let sound = fs::read(place.path()).unwrap();
    for from in [100, 4_096] {
        let mut damaged = sound.clone();
        let to = if from == 100 { 4_096 } else { damaged.len() };
        damaged[from..to].fill(0xAA);
        fs::write(place.path(), damaged).unwrap();
        let met = Store::open(&place.path(), &quick()).and_then(|store| store.dataset_summary("pid"));
        let fault = met.unwrap_err().fault();
        assert_eq!((fault.code.as_str(), fault.class), ("database.corrupt", Class::Fatal), "{fault:?}");
        assert!(fault.now.contains("backup"), "{}", fault.now);
    }
    fs::write(place.path(), &sound[..sound.len() / 2]).unwrap();
    let met = Store::open(&place.path(), &quick()).and_then(|store| store.check());
    assert!(met.is_err() || !met.unwrap().is_empty(), "a file cut in half is not sound");
}

#[test]
fn a_folder_that_is_not_there_or_may_not_be_written_is_told_with_its_path() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("no/longshore.db");
    let fault = Store::open(&path, &quick()).err().unwrap().fault();
    assert_eq!(fault.code, "database.denied");
    assert!(fault.why.contains("no/longshore.db"), "{}", fault.why);
    fs::create_dir(folder.path().join("longshore.db")).unwrap();
    assert_eq!(Store::open(&folder.path().join("longshore.db"), &quick()).err().unwrap().code(), "database.denied");
}

#[test]
fn a_database_that_may_only_be_read_is_told() {
    let place = Place::new();
    place.store.close().unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o400)).unwrap();
    let opened = Store::open(&place.path(), &quick());
    // The superuser may write it all the same.
    if let Err(error) = &opened {
        assert_eq!(error.code(), "database.denied");
    } else {
        assert_eq!(opened.unwrap().check().unwrap(), Vec::<String>::new());
    }
}
