//! The keyring of the operating system: Secret Service, Keychain, Credential Manager.

use keyring::{Entry, Error as Failure};
use secrecy::{ExposeSecret as _, SecretString};

use crate::error::{Error, Result};

/// The program's name in the keyring.
const PROGRAM: &str = "longshore";

/// Whether there is a keyring. The system is asked once in the life of a process.
pub(crate) fn is_there() -> bool {
    apart(|| match Entry::store_status() {
        Ok(()) => true,
        Err(error) => {
            tracing::info!(%error, "there is no keyring; secrets are kept in an encrypted file");
            false
        }
    })
}

/// Keeps a secret under a name.
pub(crate) fn put(name: &str, secret: &SecretString) -> Result<()> {
    apart(|| {
        let entry = Entry::new(PROGRAM, name).map_err(|error| failed(name, &error))?;
        entry.set_password(secret.expose_secret()).map_err(|error| failed(name, &error))
    })
}

/// The secret of a name.
pub(crate) fn get(name: &str) -> Result<SecretString> {
    apart(|| {
        let entry = Entry::new(PROGRAM, name).map_err(|error| failed(name, &error))?;
        entry.get_password().map(SecretString::from).map_err(|error| failed(name, &error))
    })
}

/// Removes the secret of a name; one that is not there is removed already.
pub(crate) fn remove(name: &str) -> Result<()> {
    apart(|| {
        let entry = Entry::new(PROGRAM, name).map_err(|error| failed(name, &error))?;
        match entry.delete_credential() {
            Ok(()) | Err(Failure::NoEntry) => Ok(()),
            Err(error) => Err(failed(name, &error)),
        }
    })
}

fn failed(name: &str, error: &Failure) -> Error {
    match error {
        Failure::NoEntry => Error::Missing(format!("the secret {name} in the keyring")),
        Failure::NoStorageAccess(why) => {
            Error::Locked(format!("the keyring of the operating system is locked ({why}): unlock it, as by logging in"))
        }
        // Whatever else it says may hold the secret itself (`BadEncoding`): its kind is enough.
        Failure::BadEncoding(_) | Failure::BadDataFormat(..) => Error::Keyring("what it holds is no text".into()),
        other => Error::Keyring(other.to_string()),
    }
}

/// Does something on a thread of its own: the library blocks on a runtime of its own, which is forbidden where one runs already.
fn apart<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| match scope.spawn(work).join() {
        Ok(done) => done,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}
