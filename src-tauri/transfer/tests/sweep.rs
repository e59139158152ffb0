//! Sweeping: temporary files go, and nothing else does.
#![allow(clippy::unwrap_used)]

use longshore_testkit::Memory;
use longshore_transfer::storage::{Finish, Storage};
use longshore_transfer::sweep::sweep;

#[test]
fn only_temporary_files_below_the_folder_are_taken_away() {
    let storage = Memory::new();
    for path in [&b"pid/a"[..], b"pid/deep/.hidden", b"pid/deep/x.longshore-part", b"other/a"] {
        storage.put(path, b"kept");
    }
    let kept = storage.paths();
    for path in [&b"pid/a"[..], b"pid/deep/b", b"pid/c"] {
        storage.write(path, None).unwrap().settle(&Finish::default()).unwrap();
    }
    storage.write(b"other/b", None).unwrap().settle(&Finish::default()).unwrap();
    assert_eq!(sweep(&storage, b"pid").unwrap(), 3);
    assert_eq!(storage.partial(b"other/b").unwrap(), Some(0), "another folder is left alone");
    storage.discard(b"other/b").unwrap();
    assert_eq!(storage.paths(), kept);
    assert_eq!(sweep(&storage, b"nothing").unwrap_err().code(), "file.missing");
}
