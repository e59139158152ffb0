//! Servers reached by SSH: their files by SFTP, and commands that are run there.
//!
//! libssh2 (the crate `ssh2`) carries the session: key exchange, ciphers, login, channels. What it leaves to be done is done here: host keys
//! ([`known_hosts`]), the user's configuration ([`ssh_config`]), the order of logins ([`auth`]), ways through other hosts ([`tunnel`]), and the
//! SFTP protocol itself ([`wire`], [`link`]), so that many requests are under way at a time, with OpenSSH's extensions.

mod auth;
mod await_answers;
mod checksum;
mod command;
mod connector;
mod dial;
mod follow;
mod known_hosts;
mod lanes;
mod link;
mod list;
mod options;
mod os;
mod paths;
mod pattern;
mod pool;
mod probe;
mod publish;
mod read;
mod settle;
mod ssh_config;
mod storage;
mod target;
mod trouble;
mod tunnel;
mod wire;
mod within;
mod write;

use std::sync::Arc;

use longshore_transfer::storage::Result;

pub use command::{Command, Ended, Output, quoted};
pub use connector::Ssh;
pub use known_hosts::{HostKey, is_known};

use crate::local::walk;
use crate::place::{self, Place};
use checksum::Sums;
use link::Link;
use paths::Seen;
use pool::Pool;
use trouble::Trouble;

/// A folder of a server as a storage.
pub struct Sftp {
    name: Arc<str>,
    pool: Arc<Pool>,
    /// The folder that the connection names: from the server's top, or from where the login arrives.
    base: Vec<u8>,
    /// The folder below it that is the root.
    folder: Vec<u8>,
    seen: Seen,
    sums: Arc<Sums>,
}

impl Sftp {
    fn place(&self, path: &[u8]) -> Place {
        Place { storage: self.name.clone(), path: path.to_vec() }
    }

    fn check(&self, verb: &str, path: &[u8]) -> Result<()> {
        walk::check(path).map_err(|why| place::bad_path(&self.name, verb, path, why))
    }

    /// Does `work`, once more if the connection was lost under way, and tells a failure in the operator's words.
    fn at<T>(
        &self,
        verb: &str,
        path: &[u8],
        work: impl Fn(&Arc<Link>) -> std::result::Result<T, Trouble>,
    ) -> Result<T> {
        self.check(verb, path)?;
        let mut turn = self.pool.level.wait();
        self.pool.with(work).map_err(|trouble| {
            trouble.seen(&mut turn);
            trouble.tell(&self.place(path), verb)
        })
    }
}
