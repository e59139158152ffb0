//! The encrypted file: all secrets of a workspace in one JSON object, in the age format (age-encryption.org/v1) under a passphrase
//! (scrypt). It is written anew with each change, beside its place, and renamed into it.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use age::DecryptError;
use age::scrypt::{Identity, Recipient};
use age::secrecy::{ExposeSecret as _, SecretString};

use crate::error::{Error, Result};

/// Work of scrypt, as a power of two: 128 MiB and some tenths of a second. OWASP's password storage cheat sheet asks for no less.
const WORK: u8 = 17;
/// Work that is done to open a file at most: what another program wrote may be costlier.
const MOST_WORK: u8 = 20;

/// Secrets by name.
pub(crate) type Secrets = BTreeMap<String, SecretString>;

/// The encrypted file of a workspace.
#[derive(Debug, Clone)]
pub(crate) struct File {
    path: PathBuf,
}

impl File {
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn exists(&self) -> bool {
        self.path.exists()
    }

    /// Reads it. One that is not there holds nothing.
    pub(crate) fn read(&self, passphrase: &SecretString) -> Result<Secrets> {
        let bytes = match std::fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Secrets::new()),
            Err(source) => return Err(self.failed(source)),
        };
        let mut identity = Identity::new(passphrase.clone());
        identity.set_max_work_factor(MOST_WORK);
        let plain = age::decrypt(&identity, &bytes).map_err(|error| self.unopened(&error))?;
        let all: BTreeMap<String, String> =
            serde_json::from_slice(&plain).map_err(|_| self.damaged("what it holds is not what was written"))?;
        Ok(all.into_iter().map(|(name, secret)| (name, SecretString::from(secret))).collect())
    }

    /// Writes it anew, all or nothing.
    pub(crate) fn write(&self, passphrase: &SecretString, secrets: &Secrets) -> Result<()> {
        let all: BTreeMap<&str, &str> =
            secrets.iter().map(|(name, secret)| (name.as_str(), secret.expose_secret())).collect();
        let plain = SecretString::from(serde_json::to_string(&all).map_err(|error| self.damaged(&error.to_string()))?);
        let mut recipient = Recipient::new(passphrase.clone());
        recipient.set_work_factor(WORK);
        let bytes = age::encrypt(&recipient, plain.expose_secret().as_bytes())
            .map_err(|error| self.damaged(&error.to_string()))?;
        self.replace(&bytes).map_err(|source| self.failed(source))
    }

    fn replace(&self, bytes: &[u8]) -> std::io::Result<()> {
        let new = self.path.with_extension("age.new");
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&new, &self.path)?;
        // Only then does a crash leave either the old file or the new one.
        match self.path.parent() {
            Some(folder) => std::fs::File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    }

    fn unopened(&self, error: &DecryptError) -> Error {
        match error {
            // A wrong passphrase and a changed header look the same.
            DecryptError::DecryptionFailed | DecryptError::NoMatchingKeys | DecryptError::KeyDecryptionFailed => {
                Error::Passphrase(self.path.clone())
            }
            other => self.damaged(&other.to_string()),
        }
    }

    fn damaged(&self, why: &str) -> Error {
        Error::Damaged { path: self.path.clone(), why: why.to_owned() }
    }

    fn failed(&self, source: std::io::Error) -> Error {
        Error::File { path: self.path.clone(), source }
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
    fn what_was_written_is_read_with_the_same_passphrase_only() {
        let folder = tempfile::tempdir().unwrap();
        let file = File::at(folder.path().join("secrets.age"));
        assert!(file.read(&secret("any")).unwrap().is_empty());
        let secrets = Secrets::from([("lts/password".to_owned(), secret("kept-in-the-file"))]);
        file.write(&secret("right horse"), &secrets).unwrap();
        let read = file.read(&secret("right horse")).unwrap();
        assert_eq!(read["lts/password"].expose_secret(), "kept-in-the-file");
        assert_eq!(file.read(&secret("wrong horse")).unwrap_err().code(), "secrets.passphrase");
        let bytes = std::fs::read(file.path()).unwrap();
        assert!(bytes.starts_with(b"age-encryption.org/v1\n-> scrypt "));
        assert!(!bytes.windows(16).any(|at| at == b"kept-in-the-file" || at == b"lts/password\":\"ke"));
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(file.path()).unwrap()) & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_file_is_told_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets.age");
        for bytes in [&b""[..], b"age-encryption.org/v1\n", b"something else"] {
            std::fs::write(&path, bytes).unwrap();
            let error = File::at(path.clone()).read(&secret("any")).unwrap_err();
            assert_eq!(error.code(), "secrets.damaged", "{error}");
            assert_eq!(std::fs::read(&path).unwrap(), bytes);
        }
    }
}
