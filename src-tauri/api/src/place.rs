//! Where a workspace lies, and what lies in it.

use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use longshore_engine::Fault;

/// The storages that every workspace has, each a folder of that name in it unless the operator says otherwise.
pub(crate) const STORAGES: [&str; 5] = ["landing", "staging", "scratch", "lts", "retrieval"];

/// A Unix socket's address holds 108 bytes, the last of them 0.
const SOCKET_PATH_MAX: usize = 107;

/// A workspace's folder, with the names of what lies in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    root: PathBuf,
}

impl Place {
    /// The workspace in this folder, made if need be (for its owner alone) with all that belongs in it.
    pub(crate) fn make(folder: &Path) -> Result<Self, Fault> {
        let refuse = |error: &io::Error| unusable(folder, error);
        private_folder(folder).map_err(|error| refuse(&error))?;
        let root = folder.canonicalize().map_err(|error| refuse(&error))?;
        for name in STORAGES.iter().chain(&["flows", "logs"]) {
            match std::fs::create_dir(root.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(refuse(&error)),
                _ => {}
            }
        }
        Ok(Self { root })
    }

    /// The folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The workspace's own folder, and the name of the profile that this is.
    pub(crate) fn profile(&self) -> (PathBuf, String) {
        crate::profile::of_folder(&self.root)
    }

    /// The database: journal, catalogue, ledger.
    pub(crate) fn database(&self) -> PathBuf {
        self.root.join("longshore.db")
    }

    /// The file whose lock says that the workspace has an owner. What it holds only tells who took it last.
    pub(crate) fn lock(&self) -> PathBuf {
        self.root.join("longshore.lock")
    }

    /// The operator's own flows, which are the same in all profiles.
    pub(crate) fn flows(&self) -> PathBuf {
        self.profile().0.join("flows")
    }

    /// The owner's log, and those of the tasks.
    pub(crate) fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// Where a storage lies unless the operator says otherwise.
    pub(crate) fn storage(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Where the owner answers: in the workspace, or, where that path is too long for a socket's address, in a folder of this user's
    /// own under a name made from the workspace's path.
    pub(crate) fn socket(&self) -> Result<PathBuf, Fault> {
        let inside = self.root.join("longshore.sock");
        if inside.as_os_str().len() <= SOCKET_PATH_MAX {
            return Ok(inside);
        }
        let folder = runtime_folder();
        private_folder(&folder).and_then(|()| owned_alone(&folder)).map_err(|error| unusable(&folder, &error))?;
        Ok(folder.join(format!("{:016x}.sock", fnv1a(self.root.as_os_str().as_bytes()))))
    }
}

/// The folder of the workspace that is meant when none is named: `$XDG_DATA_HOME/longshore`, else `~/.local/share/longshore`.
pub fn default_folder() -> Result<PathBuf, Fault> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_DATA_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
        .map(|data| data.join("longshore"))
        .ok_or_else(|| {
            Fault::permanent("workspace.unknown", "No workspace was named", "Neither XDG_DATA_HOME nor HOME is set")
                .now("Name one with --workspace or LONGSHORE_WORKSPACE.")
        })
}

/// A short name for a path that every version of this program gives alike (64-bit FNV-1a).
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

fn runtime_folder() -> PathBuf {
    match std::env::var_os("XDG_RUNTIME_DIR") {
        Some(folder) if Path::new(&folder).is_absolute() => Path::new(&folder).join("longshore"),
        _ => PathBuf::from(format!("/tmp/longshore-{}", rustix::process::getuid().as_raw())),
    }
}

/// Makes a folder that only this user can enter. One that is there is left as it is.
fn private_folder(folder: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Refuses a folder in a shared place that somebody else made or can enter.
fn owned_alone(folder: &Path) -> io::Result<()> {
    let meta = std::fs::symlink_metadata(folder)?;
    if meta.is_dir() && meta.uid() == rustix::process::getuid().as_raw() && (meta.mode() & 0o777) | 0o700 == 0o700 {
        return Ok(());
    }
    Err(io::Error::other("it is not a folder of this user alone"))
}

/// The folder cannot be used as a workspace.
pub(crate) fn unusable(folder: &Path, error: &io::Error) -> Fault {
    let place = crate::fault::text(folder);
    Fault::fatal("workspace.unusable", format!("The workspace {place} cannot be used"), error.to_string())
        .now("Choose a folder that can be written, with --workspace or LONGSHORE_WORKSPACE.")
        .at_place(place)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_new_workspace_is_for_its_user_alone_and_has_its_folders() {
        let temp = tempfile::tempdir().unwrap();
        let place = Place::make(&temp.path().join("a/ws")).unwrap();
        assert_eq!(std::fs::metadata(place.root()).unwrap().mode() & 0o777, 0o700);
        for name in STORAGES {
            assert!(place.storage(name).is_dir(), "{name}");
        }
        assert!(place.flows().is_dir());
        assert_eq!(place.socket().unwrap(), place.root().join("longshore.sock"));
    }

    #[test]
    fn a_long_path_has_a_short_socket() {
        let temp = tempfile::tempdir().unwrap();
        let place = Place::make(&temp.path().join("x".repeat(200))).unwrap();
        let socket = place.socket().unwrap();
        assert!(socket.as_os_str().len() <= SOCKET_PATH_MAX, "{}", socket.display());
        assert_eq!(place.socket().unwrap(), socket);
    }

    #[test]
    fn a_workspace_that_cannot_be_made_says_so() {
        let temp = tempfile::tempdir().unwrap();
        let file = temp.path().join("file");
        std::fs::write(&file, "").unwrap();
        let fault = Place::make(&file.join("ws")).unwrap_err();
        assert_eq!(fault.code, "workspace.unusable");
    }
}
