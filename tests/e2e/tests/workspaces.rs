//! Workspaces that must not be touched, and two programs on one workspace.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use longshore_e2e::site::Site;
use longshore_e2e::{judge, tree, wait};

/// Every file of a workspace with its bytes, but for the lock (which says who took it last) and what SQLite keeps beside a database.
fn bytes_of(workspace: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let kept = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "db" || ending == "tar");
    judge::files_in(workspace).into_iter().filter(kept).map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

fn with_a_dataset(name: &str) -> Site {
    let site = Site::new(name);
    tree::write_small(&site.path("source"), 10, 1000);
    site.cli().archive(&site.path("source"), "it");
    site
}

#[test]
fn a_database_of_a_newer_version_is_refused_and_not_touched() {
    let site = with_a_dataset("newer");
    let database = rusqlite::Connection::open(site.workspace().join("longshore.db")).unwrap();
    database.pragma_update(None, "user_version", 9999).unwrap();
    database.close().unwrap();
    let before = bytes_of(&site.workspace());
    site.cli().run(["datasets"]).refused(4, &["database.newer"]);
    let source = site.path("source");
    site.cli().run(["archive", source.to_str().unwrap(), "--name", "other"]).refused(4, &["database.newer"]);
    assert!(before == bytes_of(&site.workspace()), "the workspace was touched");
}

#[test]
fn a_file_that_is_no_database_is_refused_and_not_touched() {
    let site = Site::new("foreign");
    fs::create_dir_all(site.workspace()).unwrap();
    fs::write(site.workspace().join("longshore.db"), "somebody's notes").unwrap();
    site.cli().run(["datasets"]).refused(4, &["database.foreign"]);
    assert_eq!(fs::read(site.workspace().join("longshore.db")).unwrap(), b"somebody's notes");
}

#[test]
fn a_database_locked_by_another_program_is_refused() {
    let site = with_a_dataset("locked");
    let database = rusqlite::Connection::open(site.workspace().join("longshore.db")).unwrap();
    database.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").unwrap();
    site.cli().run(["datasets"]).refused(4, &["database.locked"]);
    drop(database);
    assert_eq!(site.cli().json(["datasets"])["total"], 1);
}

#[test]
fn a_second_command_works_beside_the_one_that_owns() {
    let site = Site::new("beside");
    let cli = site.cli();
    for name in ["one", "two"] {
        tree::write_random(&site.path(name).join("large"), 100 << 20, 1);
    }
    let one = site.path("one");
    let owner = cli.start(["archive", one.to_str().unwrap(), "--name", "one"]);
    wait::until("the first dataset", 60, || (cli.json(["datasets"])["total"] == 1).then_some(()));
    cli.archive(&site.path("two"), "two");
    assert_eq!(owner.finish(300).code, 0);
    for name in ["one", "two"] {
        judge::archived(&cli, name, &site.path(name), &tree::read(&site.path(name)));
    }
}

#[test]
fn wrong_usage_is_2() {
    assert_eq!(Site::new("usage").cli().run(["archive"]).code, 2);
}
