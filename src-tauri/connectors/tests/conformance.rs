//! The suite that every storage passes.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use longshore_connectors::local::Local;
use longshore_testkit::conformance;

fn local(path: &Path) -> Local {
    Local::open("here", path.as_os_str().as_encoded_bytes()).unwrap()
}

#[test]
fn a_folder_on_a_disk() {
    let folder = tempfile::tempdir().unwrap();
    conformance::run(&local(folder.path()));
}

#[test]
fn a_folder_in_memory() {
    if Path::new("/dev/shm").is_dir() {
        let folder = tempfile::tempdir_in("/dev/shm").unwrap();
        conformance::run(&local(folder.path()));
    }
}

/// Another folder than the system's temporary one, such as one on a file system that shares blocks:
/// `LONGSHORE_CONFORMANCE=/mnt/xfs cargo test -p longshore-connectors`.
#[test]
fn a_folder_of_choice() {
    if let Some(place) = std::env::var_os("LONGSHORE_CONFORMANCE") {
        let folder = tempfile::tempdir_in(place).unwrap();
        conformance::run(&local(folder.path()));
    }
}
