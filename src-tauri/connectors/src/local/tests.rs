#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use longshore_transfer::storage::{Finish, ReadOptions, Status, Storage};
use rustix::fs::{Mode, OFlags};

use super::*;

fn open(path: &Path) -> Result<Local> {
    Local::open("lts", path.as_os_str().as_bytes())
}

fn code<T>(result: Result<T>) -> &'static str {
    result.err().unwrap().code
}

fn put(storage: &Local, path: &[u8], content: &[u8]) -> Result<()> {
    let mut writer = storage.write(path, None)?;
    writer.write(content)?;
    writer.commit(&Finish { durable: true, ..Finish::default() }).map(drop)
}

/// A file system in memory, mounted for a test; `None` where this user may not mount.
struct Mount(tempfile::TempDir);

impl Mount {
    fn new(options: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", options, "none"]).arg(folder.path()).output();
        if done.is_ok_and(|output| output.status.success()) {
            return Some(Self(folder));
        }
        eprintln!("this user may not mount: skipped");
        None
    }

    fn remount(&self, options: &str) {
        let done = Command::new("mount").args(["-o", &format!("remount,{options}")]).arg(self.0.path()).status();
        assert!(done.unwrap().success());
    }

    fn unmount(&self) {
        assert!(Command::new("umount").arg(self.0.path()).status().unwrap().success());
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Gone already in the tests that unplug it.
        let _ = Command::new("umount").arg(self.0.path()).output();
    }
}

#[test]
fn a_root_that_is_missing_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let gone = folder.path().join("gone");
    let error = open(&gone).err().unwrap();
    assert_eq!((error.code, error.why.as_str()), ("storage.missing", "the folder is not there"));
    assert_eq!(error.what, format!("Storage lts at {}", gone.display()));
    assert_eq!(code(Local::open("lts", b"not/absolute")), "storage.missing");
    fs::write(&gone, "a file").unwrap();
    assert_eq!(code(open(&gone)), "storage.missing");
    fs::remove_file(&gone).unwrap();
    fs::create_dir(&gone).unwrap();
    let storage = open(&gone).unwrap();
    fs::remove_dir(&gone).unwrap();
    assert_eq!(code(storage.stat(b"file")), "storage.missing");
    assert_eq!(code(storage.write(b"file", None)), "storage.missing");
    assert_eq!(code(storage.space()), "storage.missing");
}

#[test]
fn an_unplugged_root_is_not_replaced_by_the_folder_under_it() {
    let Some(mount) = Mount::new("size=1m") else { return };
    let storage = open(mount.0.path()).unwrap();
    put(&storage, b"file", b"x").unwrap();
    let identity = storage.identity();
    assert!(Local::open_expecting("lts", mount.0.path().as_os_str().as_bytes(), &identity).is_ok());
    mount.unmount();
    assert!(mount.0.path().is_dir(), "the folder under it is there");
    for result in [storage.write(b"file", None).map(drop), storage.stat(b"file").map(drop), storage.sync_all()] {
        assert_eq!(code(result), "storage.missing");
    }
    assert_eq!(fs::read_dir(mount.0.path()).unwrap().count(), 0, "nothing was written under it");
    let opened = Local::open_expecting("lts", mount.0.path().as_os_str().as_bytes(), &identity);
    assert_eq!(code(opened), "storage.missing", "nor is it taken for the storage after a restart");
}

#[test]
fn a_full_file_system_says_so_and_keeps_what_was_written() {
    let Some(mount) = Mount::new("size=1m") else { return };
    let storage = open(mount.0.path()).unwrap();
    let mut writer = storage.write(b"file", None).unwrap();
    let error = writer.write(&vec![1; 2 << 20]).err().unwrap();
    assert_eq!((error.code, error.what.as_str()), ("storage.full", "Writing file on lts"));
    assert!(writer.written() <= 1 << 20);
    drop(writer);
    mount.remount("size=4m");
    let part = storage.partial(b"file").unwrap().unwrap();
    let mut writer = storage.write(b"file", Some(part)).unwrap();
    writer.write(&vec![1; (2 << 20) - usize::try_from(part).unwrap()]).unwrap();
    writer.commit(&Finish::default()).unwrap();
    assert_eq!(fs::read(mount.0.path().join("file")).unwrap(), vec![1; 2 << 20]);
}

#[test]
fn a_file_system_without_room_for_names_says_so() {
    let Some(mount) = Mount::new("size=1m,nr_inodes=5") else { return };
    let storage = open(mount.0.path()).unwrap();
    let full = (0..10).map(|at| put(&storage, format!("f{at}").as_bytes(), b"")).find(Result::is_err);
    assert_eq!(code(full.unwrap()), "storage.full");
}

#[test]
fn a_read_only_file_system_says_so() {
    let Some(mount) = Mount::new("size=1m") else { return };
    let storage = open(mount.0.path()).unwrap();
    put(&storage, b"file", b"x").unwrap();
    mount.remount("ro");
    assert!(storage.space().unwrap().read_only);
    assert_eq!(code(storage.write(b"other", None)), "storage.read_only");
    assert_eq!(code(storage.delete(b"file")), "storage.read_only");
    assert_eq!(storage.read(b"file", ReadOptions::default()).unwrap().read(&mut [0; 9]).unwrap(), 1);
}

#[test]
fn memory_is_no_medium_and_a_disk_is() {
    let read = |storage: &Local, medium| {
        put(storage, b"file", &vec![7; 100_000]).unwrap();
        let options = ReadOptions { medium, ..ReadOptions::default() };
        let mut reader = storage.read(b"file", options).unwrap();
        assert_eq!(reader.read(&mut vec![0; 100_001]).unwrap(), 100_000);
        reader.reads_medium()
    };
    if let Some(mount) = Mount::new("size=1m") {
        let storage = open(mount.0.path()).unwrap();
        assert!(!storage.capabilities().medium);
        assert!(!read(&storage, true));
    }
    let folder = tempfile::tempdir().unwrap();
    let storage = open(folder.path()).unwrap();
    assert_eq!(read(&storage, true), storage.capabilities().medium);
    storage.delete(b"file").unwrap();
    assert!(!read(&storage, false), "what may come from the cache is not claimed to be read from the medium");
}

#[test]
fn two_storages_of_one_file_system_share_their_room() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("a")).unwrap();
    fs::create_dir(folder.path().join("b")).unwrap();
    let pool = |name| open(&folder.path().join(name)).unwrap().space().unwrap().pool;
    assert_eq!(pool("a"), pool("b"));
    if let Some(mount) = Mount::new("size=1m") {
        assert_ne!(pool("a"), open(mount.0.path()).unwrap().space().unwrap().pool);
    }
}

#[test]
fn special_files_are_listed_and_never_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let storage = open(folder.path()).unwrap();
    assert_eq!(storage.stat(b"pipe").unwrap().kind, longshore_transfer::storage::Kind::Special);
    assert_eq!(code(storage.read(b"pipe", ReadOptions::default())), "file.special");
}

#[test]
fn each_name_of_a_file_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("one"), "x").unwrap();
    fs::hard_link(folder.path().join("one"), folder.path().join("two")).unwrap();
    assert_eq!(open(folder.path()).unwrap().stat(b"two").unwrap().names, 2);
}

#[test]
fn an_unfinished_file_is_private_and_a_finished_one_as_usual() {
    let folder = tempfile::tempdir().unwrap();
    let storage = open(folder.path()).unwrap();
    let writer = storage.write(b"file", None).unwrap();
    let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(".file.longshore-part"), 0o600);
    writer.commit(&Finish::default()).unwrap();
    fs::write(folder.path().join("usual"), "").unwrap();
    assert_eq!(mode("file"), mode("usual"));
}

#[test]
fn a_link_in_place_of_the_temporary_file_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let outside = tempfile::NamedTempFile::new().unwrap();
    fs::write(outside.path(), "precious").unwrap();
    std::os::unix::fs::symlink(outside.path(), folder.path().join(".file.longshore-part")).unwrap();
    let storage = open(folder.path()).unwrap();
    assert!(storage.write(b"file", Some(0)).is_err());
    put(&storage, b"file", b"new").unwrap();
    assert_eq!(fs::read(outside.path()).unwrap(), b"precious");
    assert_eq!(fs::read(folder.path().join("file")).unwrap(), b"new");
}

#[test]
fn walking_by_component_opens_the_same_and_follows_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("a/b")).unwrap();
    fs::write(folder.path().join("a/b/file"), "x").unwrap();
    std::os::unix::fs::symlink("a", folder.path().join("link")).unwrap();
    let root = rustix::fs::open(folder.path(), OFlags::PATH | OFlags::DIRECTORY, Mode::empty()).unwrap();
    for way in [os::open_beneath, os::by_component] {
        assert!(way(&root, b"a/b/file", OFlags::RDONLY, Mode::empty()).is_ok());
        assert!(way(&root, b"file", OFlags::RDONLY, Mode::empty()).is_err());
        assert!(way(&root, b"link/b/file", OFlags::RDONLY, Mode::empty()).is_err());
        assert_eq!(way(&root, b"link", OFlags::RDONLY | OFlags::NOFOLLOW, Mode::empty()).err(), Some(Errno::LOOP));
    }
}

#[test]
fn a_root_may_lie_deeper_than_one_call_reaches() {
    let folder = tempfile::tempdir().unwrap();
    let storage = open(folder.path()).unwrap();
    let deep = ["0123456789".repeat(20).as_str(); 30].join("/");
    storage.make_folder(deep.as_bytes()).unwrap();
    let root = [folder.path().as_os_str().as_bytes(), b"/", deep.as_bytes()].concat();
    let inner = Local::open("inner", &root).unwrap();
    put(&inner, b"file", b"x").unwrap();
    assert_eq!(storage.stat(&[deep.as_bytes(), b"/file"].concat()).unwrap().size, 1);
}

#[test]
fn errors_are_told_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let storage = open(folder.path()).unwrap();
    let error = storage.stat(b"no such\nfile").err().unwrap();
    assert_eq!(
        error.to_string(),
        "Looking at no such\u{FFFD}file on lts: it is not there (No such file or directory (os error 2))"
    );
    let error = storage.write(&[b'n'; 256], None).map(drop).err().unwrap();
    assert_eq!(error.code, "path.too_long");
    fs::write(folder.path().join("file"), "").unwrap();
    assert_eq!(code(storage.write(b"file/below", None)), "path.not_folder");
    assert_eq!(code(storage.delete_folder(b"")), "path.refused");
}

/// The system's own EIO: nothing is mapped at the beginning of a process's memory.
#[test]
fn a_read_error_is_worth_another_try() {
    let storage = open(Path::new("/proc/self")).unwrap();
    let error = storage.read(b"mem", ReadOptions::default()).unwrap().read(&mut [0; 10]).unwrap_err();
    assert_eq!((error.code, error.status), ("io.error", Status::Transient));
}

/// A file of one hole looks like one that was moved to a tape: it is read as any other, in its own time.
#[test]
fn a_file_that_takes_no_room_is_read() {
    let folder = tempfile::tempdir().unwrap();
    fs::File::create(folder.path().join("away")).unwrap().set_len(3 << 20).unwrap();
    let storage = open(folder.path()).unwrap();
    let mut reader = storage.read(b"away", ReadOptions::default()).unwrap();
    let mut content = vec![1; 4 << 20];
    assert_eq!(reader.read(&mut content), Ok(3 << 20));
    assert!(content[..3 << 20].iter().all(|byte| *byte == 0));
}
