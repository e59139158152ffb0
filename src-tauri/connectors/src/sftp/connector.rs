//! The kind of connection.

use std::sync::Arc;

use longshore_transfer::level::Bounds;
use longshore_transfer::storage::{Result, Storage};
use schemars::Schema;

use super::checksum::Sums;
use super::command::Command;
use super::dial::{check, reach, shake, shown};
use super::known_hosts::{self, HostKey};
use super::options::Options;
use super::paths::Seen;
use super::pool::Pool;
use super::target::Target;
use super::trouble::Lost;
use super::{Sftp, probe};
use crate::connection::{Connection, Connector, Step, schema_of};

/// Connections side by side where the connection does not say how many.
const SESSIONS: usize = 4;

/// Most of them: OpenSSH lets in ten that are not logged in yet.
const MOST: usize = 10;

/// Small files side by side on one connection before more of them do not help: they wait for the server more than for the line.
pub(super) const SIDE_BY_SIDE: usize = 4;

/// Servers reached by SSH.
pub struct Ssh;

impl Connector for Ssh {
    fn kind(&self) -> &'static str {
        "sftp"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["ssh"]
    }

    fn title(&self) -> &'static str {
        "SSH and SFTP"
    }

    fn schema(&self) -> Schema {
        schema_of::<Options>()
    }

    fn secrets(&self) -> &'static [&'static str] {
        &["private_key", "private_key_passphrase"]
    }

    fn open(&self, name: &str, connection: &Connection, folder: &[u8]) -> Result<Arc<dyn Storage>> {
        Ok(Arc::new(Sftp::open(name, connection, folder)?))
    }

    fn test(&self, connection: &Connection, folder: &[u8], write: bool, tell: &mut dyn FnMut(Step)) {
        probe::test(connection, folder, write, tell);
    }
}

impl Sftp {
    /// The storage that a connection leads to. Nothing is asked of the server yet.
    pub fn open(name: &str, connection: &Connection, folder: &[u8]) -> Result<Self> {
        let options: Options = connection.options()?;
        Self::on(name, connection, Target::of(connection, &options)?, &options, folder)
    }

    pub(super) fn on(
        name: &str,
        connection: &Connection,
        target: Target,
        options: &Options,
        folder: &[u8],
    ) -> Result<Self> {
        let sessions = options.sessions.and_then(|count| usize::try_from(count).ok()).unwrap_or(SESSIONS);
        let sessions = sessions.clamp(1, MOST);
        let turns = Bounds { start: sessions * SIDE_BY_SIDE, most: sessions * SIDE_BY_SIDE * 2 };
        let level = connection.level(turns, options.max_transfers)?;
        Ok(Self {
            name: name.into(),
            pool: Arc::new(Pool::new(target, sessions, level)),
            base: options.remote_path.clone().unwrap_or_default().into_bytes(),
            folder: folder.to_vec(),
            seen: Seen::default(),
            sums: Arc::new(Sums::new(options.remote_checksums != Some(false))),
        })
    }
}

impl Sftp {
    /// Commands on the server.
    pub fn command(&self) -> Command {
        Command { target: self.pool.target.clone() }
    }
}

impl Ssh {
    /// Commands on the server that a connection leads to.
    pub fn command(&self, connection: &Connection) -> Result<Command> {
        Ok(Command { target: target(connection)? })
    }

    /// The first key on the way to the server, those of jump hosts included, that is not known yet. `None` if all are known; a changed or revoked
    /// key is an error.
    pub fn unknown_key(&self, connection: &Connection) -> Result<Option<HostKey>> {
        Ok(unknown(&target(connection)?)?.map(|(_, key)| key))
    }

    /// Accepts the key that [`Ssh::unknown_key`] gives, once the operator has compared its fingerprint: it is asked of the server once more,
    /// and kept in the connection's file of known hosts (that of the user where it names none) if it still has this fingerprint.
    pub fn accept_key(&self, connection: &Connection, fingerprint: &str) -> Result<HostKey> {
        let Some((target, key)) = unknown(&target(connection)?)? else {
            return Err(connection.wrong("all host keys on the way are known already".into()));
        };
        let server = target.name();
        if key.fingerprint() != fingerprint {
            let why = format!("its key is {} now, not the one that was confirmed", key.fingerprint());
            return Err(Lost::new("ssh.host_key_changed", why).connecting(&server));
        }
        let unkept = |why: String| Lost::new("ssh.known_hosts", why).connecting(&server);
        let file = target.known_hosts.first().ok_or_else(|| unkept("there is no file to keep its key in".into()))?;
        known_hosts::append(&key, file)
            .map_err(|error| unkept(format!("its key cannot be kept in {}: {error}", file.display())))?;
        Ok(key)
    }
}

fn target(connection: &Connection) -> Result<Target> {
    Target::of(connection, &connection.options()?)
}

/// The first host on the way whose key is not known, and the key.
fn unknown(target: &Target) -> Result<Option<(Target, HostKey)>> {
    let hops = &target.by_way_of;
    let way = (0..hops.len()).map(|at| Target { by_way_of: hops[..at].to_vec(), ..hops[at].clone() });
    for hop in way.chain([target.clone()]) {
        let told = |lost: Lost| lost.connecting(&hop.name());
        let dialed = shake(&hop, reach(&hop).map_err(told)?).map_err(told)?;
        match check(&hop, &dialed.session) {
            Ok(_) => {}
            Err(lost) if lost.code == "ssh.host_key_unknown" => {
                let key = shown(&hop, &dialed.session).map_err(told)?;
                return Ok(Some((hop, key)));
            }
            Err(lost) => return Err(told(lost)),
        }
    }
    Ok(None)
}
