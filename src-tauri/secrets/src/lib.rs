//! Where secrets are kept, and how one that lies elsewhere is fetched.
//!
//! A secret is kept in the keyring of the operating system; where there is none, in a file of the workspace that is encrypted with a
//! passphrase. It need not be kept at all: a [`Reference`] says where it lies (a file, the environment, Vault), and it is read from
//! there each time. Nothing in this crate prints a secret.

mod error;
mod file;
mod reference;
mod ring;
mod strongbox;
mod vault;

pub use error::{Error, Result};
pub use reference::Reference;
pub use strongbox::{Keeper, Standing, Strongbox};
pub use vault::{Cause, Refusal, Vault};

/// A text that is never printed.
pub use secrecy::{ExposeSecret, SecretString};
