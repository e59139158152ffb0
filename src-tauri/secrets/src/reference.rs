//! Secrets that are not kept but named: where to read them.

use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use crate::error::{Error, Result};
use crate::vault::{Cause, Vault};

/// Bytes of a secret in a file at most.
const MOST: u64 = 1 << 20;

/// Where a secret lies. Written `file:PATH`, `env:NAME` or `vault:MOUNT/PATH#FIELD`; that is no secret itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// In a file, as Docker's and Kubernetes' secrets do; relative to the workspace. One line break at its end is no part of it.
    File(PathBuf),
    /// In the environment of the process that owns the workspace.
    Environment(String),
    /// In a KV engine, version 2, of Vault or OpenBao.
    Vault {
        /// Where the engine is mounted, usually `secret`.
        mount: String,
        /// Path in it.
        path: String,
        /// Field of the secret.
        field: String,
    },
}

impl std::str::FromStr for Reference {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let unknown = || Error::Reference("a reference is file:PATH, env:NAME or vault:MOUNT/PATH#FIELD".to_owned());
        let (kind, rest) = text.split_once(':').ok_or_else(unknown)?;
        match kind {
            "file" if !rest.is_empty() && !rest.contains('\0') => Ok(Self::File(PathBuf::from(rest))),
            "env" if !rest.is_empty() && !rest.contains(['=', '\0']) => Ok(Self::Environment(rest.to_owned())),
            "vault" => in_vault(rest).ok_or_else(unknown),
            _ => Err(unknown()),
        }
    }
}

fn in_vault(rest: &str) -> Option<Reference> {
    let (place, field) = rest.rsplit_once('#')?;
    let (mount, path) = place.split_once('/')?;
    let plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    let whole = plain(mount) && path.split('/').all(plain) && !field.is_empty();
    whole.then(|| Reference::Vault { mount: mount.to_owned(), path: path.to_owned(), field: field.to_owned() })
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Environment(name) => write!(f, "env:{name}"),
            Self::Vault { mount, path, field } => write!(f, "vault:{mount}/{path}#{field}"),
        }
    }
}

impl Reference {
    /// Reads the secret. Blocks; files are looked for in `folder`.
    pub fn read(&self, folder: &Path) -> Result<SecretString> {
        match self {
            Self::File(path) => text_of(&folder.join(path)),
            Self::Environment(name) => std::env::var(name).map(SecretString::from).map_err(|error| {
                // The error of a value that is no text would show it.
                let (cause, why) = match error {
                    std::env::VarError::NotPresent => {
                        (Cause::NotFound, "it is not set for the process that owns the workspace")
                    }
                    std::env::VarError::NotUnicode(_) => (Cause::Wrong, "it is no text"),
                };
                self.refused(cause, why.to_owned())
            }),
            Self::Vault { mount, path, field } => {
                let vault = Vault::from_environment().map_err(|why| self.refused(Cause::Wrong, why))?;
                vault.read(mount, path, field).map_err(|refusal| self.refused(refusal.cause, refusal.why))
            }
        }
    }

    fn refused(&self, cause: Cause, why: String) -> Error {
        let reference = self.to_string();
        match cause {
            Cause::NotFound => Error::NotFound { reference, why },
            Cause::Denied => Error::Denied { reference, why },
            Cause::Away => Error::Unreachable { reference, why, passing: true },
            Cause::Wrong => Error::Unreachable { reference, why, passing: false },
        }
    }
}

/// The text of a file, without one line break at its end.
pub(crate) fn text_of(path: &Path) -> Result<SecretString> {
    let failed = |source| Error::File { path: path.to_owned(), source };
    let size = std::fs::metadata(path).map_err(failed)?.len();
    if size > MOST {
        return Err(failed(std::io::Error::other(format!("{size} bytes are too many for a secret"))));
    }
    let mut text = std::fs::read_to_string(path).map_err(failed)?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(SecretString::from(text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use secrecy::ExposeSecret as _;

    #[test]
    fn references_are_read_as_they_are_written() {
        for text in ["file:/run/secrets/lts", "file:.secrets/a b.txt", "env:LTS_KEY", "vault:secret/lts/key#password"] {
            assert_eq!(text.parse::<Reference>().unwrap().to_string(), text);
        }
        let wrong = [
            "",
            "lts",
            "file:",
            "env:",
            "env:A=B",
            "vault:secret#f",
            "vault:secret/#f",
            "vault:secret/a",
            "vault:secret/../sys#f",
            "http://x",
        ];
        for text in wrong {
            assert_eq!(text.parse::<Reference>().unwrap_err().code(), "secrets.reference", "{text}");
        }
    }

    #[test]
    fn one_line_break_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        for (text, secret) in [("a\n", "a"), ("a\r\n", "a"), ("a", "a"), ("a\n\n", "a\n"), (" a \n", " a "), ("", "")] {
            std::fs::write(folder.path().join("s.txt"), text).unwrap();
            let read = "file:s.txt".parse::<Reference>().unwrap().read(folder.path()).unwrap();
            assert_eq!(read.expose_secret(), secret, "{text:?}");
        }
        assert_eq!("file:none".parse::<Reference>().unwrap().read(folder.path()).unwrap_err().code(), "secrets.file");
        let gone = "env:LONGSHORE_TEST_NOT_SET".parse::<Reference>().unwrap().read(folder.path()).unwrap_err();
        assert_eq!(gone.code(), "secrets.not_found");
    }
}
