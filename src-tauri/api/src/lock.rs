//! One owner per workspace: a lock on an open file, which the system takes back when the process is gone, however it went.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Role;

/// Who took the lock last. A note for people and for error texts: the lock itself is the system's, not this text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Process id.
    pub pid: u32,
    /// What it is.
    pub role: Role,
    /// Version of Longshore.
    pub version: String,
}

/// The lock, held until this is dropped or the process is gone.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock, or gives `None` while another process holds it.
    pub(crate) fn try_take(path: &Path, role: Role) -> io::Result<Option<Self>> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
            Ok(()) => {}
        }
        note(&mut file, role)?;
        Ok(Some(Self { _file: file }))
    }

    /// Who wrote the note, if it can be read.
    pub(crate) fn holder(path: &Path) -> Option<Holder> {
        let mut text = String::new();
        File::open(path).ok()?.take(4096).read_to_string(&mut text).ok()?;
        serde_json::from_str(&text).ok()
    }
}

fn note(file: &mut File, role: Role) -> io::Result<()> {
    let holder = Holder { pid: std::process::id(), role, version: crate::VERSION.to_owned() };
    let text = serde_json::to_string(&holder)?;
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn one_holds_it_and_the_note_says_who() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("lock");
        let held = Lock::try_take(&path, Role::Window).unwrap().unwrap();
        assert!(Lock::try_take(&path, Role::Command).unwrap().is_none());
        let holder = Lock::holder(&path).unwrap();
        assert_eq!((holder.pid, holder.role), (std::process::id(), Role::Window));
        drop(held);
        assert!(Lock::try_take(&path, Role::Command).unwrap().is_some());
        assert_eq!(Lock::holder(&path).unwrap().role, Role::Command);
    }
}
