//! The secrets of a workspace, wherever they are kept.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::file::{File, Secrets};
use crate::ring;

/// The file in the workspace.
const FILE: &str = "secrets.age";
/// Names the file in which the passphrase stands.
const PASSPHRASE_FILE: &str = "LONGSHORE_PASSPHRASE_FILE";
/// `off` leaves the keyring alone: for services, and for tests.
const KEYRING: &str = "LONGSHORE_KEYRING";
/// Characters of a new passphrase at least.
const SHORTEST_PASSPHRASE: usize = 8;

/// Who keeps a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keeper {
    /// The keyring of the operating system.
    Keyring,
    /// The encrypted file in the workspace.
    File,
}

/// How the strongbox stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Who keeps what is put into it now.
    pub keeper: Keeper,
    /// Whether the encrypted file is there.
    pub file: bool,
    /// Whether the passphrase of the file is known.
    pub open: bool,
}

/// The secrets of a workspace. All calls block; none may be made from an asynchronous task that others wait for.
pub struct Strongbox {
    workspace: String,
    keyring: bool,
    passphrase_file: Option<PathBuf>,
    file: File,
    open: Mutex<Option<Open>>,
}

/// The file, opened.
struct Open {
    passphrase: SecretString,
    secrets: Secrets,
}

impl Strongbox {
    /// The secrets of the workspace in this folder; `workspace` tells it from others in the keyring, and stays when the folder is moved.
    pub fn new(folder: &Path, workspace: &str) -> Self {
        let keyring = std::env::var_os(KEYRING).is_none_or(|word| word != "off") && ring::is_there();
        let passphrase_file = std::env::var_os(PASSPHRASE_FILE).map(PathBuf::from);
        Self::with(folder, workspace, keyring, passphrase_file)
    }

    /// The same, with what the environment says given.
    pub fn with(folder: &Path, workspace: &str, keyring: bool, passphrase_file: Option<PathBuf>) -> Self {
        let file = File::at(folder.join(FILE));
        Self { workspace: workspace.to_owned(), keyring, passphrase_file, file, open: Mutex::default() }
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        let keeper = if self.keyring { Keeper::Keyring } else { Keeper::File };
        Standing { keeper, file: self.file.exists(), open: self.opened().is_ok_and(|open| open.is_some()) }
    }

    /// Opens the encrypted file with its passphrase; where there is none yet, this becomes the passphrase of the first.
    pub fn unlock(&self, passphrase: SecretString) -> Result<()> {
        let mut open = self.lock();
        *open = Some(self.open_with(passphrase)?);
        Ok(())
    }

    /// Keeps secrets under their names, all of the file's or none, and says who keeps them.
    pub fn put(&self, secrets: Vec<(String, SecretString)>) -> Result<Keeper> {
        if self.keyring {
            for (name, secret) in &secrets {
                ring::put(&self.in_ring(name), secret)?;
            }
            return Ok(Keeper::Keyring);
        }
        self.change(|all| all.extend(secrets))?;
        Ok(Keeper::File)
    }

    /// The secret of a name.
    pub fn get(&self, keeper: Keeper, name: &str) -> Result<SecretString> {
        match keeper {
            Keeper::Keyring => ring::get(&self.in_ring(name)),
            Keeper::File => {
                let open = self.opened()?;
                let found = open.as_ref().ok_or_else(|| self.locked())?.secrets.get(name).cloned();
                found.ok_or_else(|| Error::Missing(format!("the secret {name} in {}", self.file.path().display())))
            }
        }
    }

    /// Removes secrets; one that is not there is removed already.
    pub fn remove(&self, keeper: Keeper, names: &[String]) -> Result<()> {
        match keeper {
            Keeper::Keyring => names.iter().try_for_each(|name| ring::remove(&self.in_ring(name))),
            Keeper::File => self.change(|all| all.retain(|name, _| !names.contains(name))),
        }
    }

    /// Changes what the file holds: on the disk first, then in memory.
    fn change(&self, change: impl FnOnce(&mut Secrets)) -> Result<()> {
        let mut open = self.opened()?;
        let open = open.as_mut().ok_or_else(|| self.locked())?;
        let mut secrets = open.secrets.clone();
        change(&mut secrets);
        self.file.write(&open.passphrase, &secrets)?;
        open.secrets = secrets;
        Ok(())
    }

    /// The file as it is open; opened by the passphrase file, if there is one.
    fn opened(&self) -> Result<MutexGuard<'_, Option<Open>>> {
        let mut open = self.lock();
        if let (None, Some(path)) = (&*open, &self.passphrase_file) {
            *open = Some(self.open_with(crate::reference::text_of(path)?)?);
        }
        Ok(open)
    }

    fn open_with(&self, passphrase: SecretString) -> Result<Open> {
        if !self.file.exists() && passphrase.expose_secret().chars().count() < SHORTEST_PASSPHRASE {
            let why = format!("a new passphrase has {SHORTEST_PASSPHRASE} characters or more");
            return Err(Error::Reference(why));
        }
        let secrets = self.file.read(&passphrase)?;
        Ok(Open { passphrase, secrets })
    }

    fn locked(&self) -> Error {
        let unlock = "unlock them in the window or with `longshore secrets unlock`, or name a file with the passphrase in LONGSHORE_PASSPHRASE_FILE";
        Error::Locked(if self.file.exists() {
            format!("{} is locked: {unlock}", self.file.path().display())
        } else {
            format!("there is no keyring, and no passphrase was chosen for {}: {unlock}", self.file.path().display())
        })
    }

    fn in_ring(&self, name: &str) -> String {
        format!("{}/{name}", self.workspace)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn secret(text: &str) -> SecretString {
        SecretString::from(text.to_owned())
    }

    #[test]
    fn the_file_is_locked_until_the_passphrase_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let new = || Strongbox::with(folder.path(), "W", false, None);
        let first = new();
        let put = |strongbox: &Strongbox| strongbox.put(vec![("a/password".into(), secret("sesame-1"))]);
        assert_eq!(put(&first).unwrap_err().code(), "secrets.locked");
        assert_eq!(first.unlock(secret("short")).unwrap_err().code(), "secrets.reference");
        first.unlock(secret("long enough")).unwrap();
        assert_eq!(put(&first).unwrap(), Keeper::File);
        let second = new();
        assert_eq!(second.standing(), Standing { keeper: Keeper::File, file: true, open: false });
        let error = second.get(Keeper::File, "a/password").unwrap_err();
        assert!(error.to_string().contains("longshore secrets unlock"), "{error}");
        assert_eq!(second.unlock(secret("something else")).unwrap_err().code(), "secrets.passphrase");
        second.unlock(secret("long enough")).unwrap();
        assert_eq!(second.get(Keeper::File, "a/password").unwrap().expose_secret(), "sesame-1");
        second.remove(Keeper::File, &["a/password".into()]).unwrap();
        assert_eq!(second.get(Keeper::File, "a/password").unwrap_err().code(), "secrets.missing");
    }

    #[test]
    fn a_passphrase_file_opens_it() {
        let folder = tempfile::tempdir().unwrap();
        let passphrase = folder.path().join("passphrase.txt");
        std::fs::write(&passphrase, "from the file\n").unwrap();
        let new = || Strongbox::with(folder.path(), "W", false, Some(passphrase.clone()));
        new().put(vec![("a/password".into(), secret("sesame-2"))]).unwrap();
        assert!(new().standing().open);
        assert_eq!(new().get(Keeper::File, "a/password").unwrap().expose_secret(), "sesame-2");
        std::fs::write(&passphrase, "another").unwrap();
        assert_eq!(new().get(Keeper::File, "a/password").unwrap_err().code(), "secrets.passphrase");
    }
}
