//! SFTP and SSH against OpenSSH's own server.
#![allow(clippy::unwrap_used)]

mod ciphers;
mod commands;
mod faults;
mod files;
mod hosts;
mod logins;

use std::path::Path;

use longshore_connectors::Connection;
use longshore_connectors::sftp::Sftp;
use longshore_testkit::servers::sshd::{Setup, Sshd};
use longshore_transfer::storage::{Error, Finish, ReadOptions, Result, Storage};

/// Replace what is there, and sync.
const FINISH: Finish = Finish { mode: None, mtime: None, replace: true, durable: true };

fn server() -> Option<Sshd> {
    Sshd::start(&Setup::default())
}

fn with_config(config: &[&str]) -> Option<Sshd> {
    Sshd::start(&Setup { config: config.iter().map(|line| (*line).to_owned()).collect(), ..Setup::default() })
}

fn open(connection: &Connection) -> Sftp {
    Sftp::open("server", connection, b"").unwrap()
}

/// Whether one gets in: what lies at the top.
fn enter(connection: &Connection) -> Result<()> {
    Sftp::open("server", connection, b"")?.stat(b"").map(drop)
}

fn refused(connection: &Connection) -> Error {
    enter(connection).expect_err("one must not get in")
}

fn put(storage: &dyn Storage, path: &[u8], content: &[u8]) -> Result<()> {
    let mut writer = storage.write(path, None)?;
    writer.write(content)?;
    writer.commit(&FINISH).map(drop)
}

fn get(storage: &dyn Storage, path: &[u8]) -> Result<Vec<u8>> {
    let mut reader = storage.read(path, ReadOptions::default())?;
    let (mut content, mut buffer) = (Vec::new(), vec![0; 1 << 20]);
    loop {
        let count = reader.read(&mut buffer)?;
        content.extend_from_slice(&buffer[..count]);
        if count < buffer.len() {
            return Ok(content);
        }
    }
}

/// Bytes in which every place differs from its neighbours, and no two pieces are the same.
#[allow(clippy::cast_possible_truncation)] // meant
fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| ((at % 251) ^ (at >> 12) ^ (at >> 20)) as u8).collect()
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}
