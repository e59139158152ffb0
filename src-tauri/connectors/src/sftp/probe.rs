//! Trying a connection step by step.

use std::sync::Arc;

use longshore_transfer::storage::{Error, Finish, Result, Storage, Writer};

use super::auth;
use super::dial::{self, Dialed, Wire, addresses, check, connect, reach, shake};
use super::options::Options;
use super::target::Target;
use super::trouble::Lost;
use super::{Sftp, link};
use crate::connection::{Connection, Step, step};

type Tell<'t> = &'t mut dyn FnMut(Step);

/// Names in a folder that are looked at, at most.
const ENOUGH: usize = 1000;

pub(super) fn test(connection: &Connection, folder: &[u8], write: bool, tell: Tell<'_>) {
    // What follows a failure is not tried.
    let _ = run(connection, folder, write, tell);
}

fn run(connection: &Connection, folder: &[u8], write: bool, tell: Tell<'_>) -> Option<()> {
    let mut found = None;
    let resolved = connection.options::<Options>().and_then(|options| {
        found = Some((Target::of(connection, &options)?, options));
        Ok(())
    });
    if let Err(error) = resolved {
        return step(tell, "dns", || Err(error));
    }
    let (target, options) = found?;
    let wire = wire(&target, tell)?;
    let dialed = log_in(&target, wire, tell)?;
    let storage = list(connection, target, &options, folder, dialed, tell)?;
    if write {
        try_writing(&storage, tell)?;
    }
    room(&storage, tell)?;
    step(tell, "checksum", || Ok(((), format!("taken by the server: {}", storage.sums.known(&storage.pool.target)))))
}

/// The server's addresses and a connection to one of them, or the way by its jump hosts.
fn wire(target: &Target, tell: Tell<'_>) -> Option<Wire> {
    let told = |lost: Lost| lost.connecting(&target.name());
    if !target.by_way_of.is_empty() {
        let way: Vec<String> = target.by_way_of.iter().map(Target::name).collect();
        return step(tell, "jump", || Ok((reach(target).map_err(told)?, format!("by way of {}", way.join(", ")))));
    }
    let found = step(tell, "dns", || {
        let found = addresses(target).map_err(told)?;
        let words = found.iter().map(|address| address.ip().to_string()).collect::<Vec<_>>().join(", ");
        Ok((found, words))
    })?;
    step(tell, "tcp", || {
        let stream = connect(&found, target.connect).map_err(told)?;
        let words = stream.peer_addr().map_or_else(|_| "connected".into(), |peer| format!("connected to {peer}"));
        Ok((Wire::of(stream), words))
    })
}

fn log_in(target: &Target, wire: Wire, tell: Tell<'_>) -> Option<Dialed> {
    let told = |lost: Lost| lost.connecting(&target.name());
    let dialed = step(tell, "host_key", || {
        let dialed = shake(target, wire).map_err(told)?;
        let key = check(target, &dialed.session).map_err(told)?;
        let words = format!("{} {}, as it is known; {}", key.kind, key.fingerprint(), dial::agreed(&dialed.session));
        Ok((dialed, words))
    })?;
    step(tell, "login", || {
        let way = auth::login(target, &dialed.session).map_err(told)?;
        let server = dialed.session.banner().unwrap_or("an SSH server").to_owned();
        let passed = if target.passed.is_empty() { String::new() } else { format!(" ({})", target.passed.join("; ")) };
        Ok(((), format!("{} by {way}, on {server}{passed}", target.user)))
    })?;
    Some(dialed)
}

fn list(
    connection: &Connection,
    target: Target,
    options: &Options,
    folder: &[u8],
    dialed: Dialed,
    tell: Tell<'_>,
) -> Option<Sftp> {
    step(tell, "list", || {
        let server = target.name();
        let link = link::start(dialed, target.patience).map_err(|lost| lost.connecting(&server))?;
        let storage = Sftp::on(&connection.id, connection, target, options, folder)?;
        storage.pool.take_in(Arc::clone(&link));
        let mut count = 0;
        let listed = storage.list(b"", &mut |_| {
            count += 1;
            if count == ENOUGH { Err(connection.wrong(String::new())) } else { Ok(()) }
        });
        listed.or_else(|error| if count == ENOUGH { Ok(()) } else { Err(error) })?;
        let at = crate::place::text(&storage.whole(&link, b""));
        let more = if count == ENOUGH { " or more" } else { "" };
        Ok((storage, format!("{count}{more} names in {at}")))
    })
}

/// Writes a file of a few bytes, names it, and takes it away.
fn try_writing(storage: &Sftp, tell: Tell<'_>) -> Option<()> {
    let name = format!("longshore-probe-{}", std::process::id()).into_bytes();
    let writer = step(tell, "write", || {
        let mut writer = storage.write(&name, None)?;
        let written = writer.write(b"A test of the connection. It can be deleted.\n").and_then(|()| writer.sync());
        match written {
            Ok(()) => Ok((writer, "a file can be written".into())),
            Err(error) => Err(give_up(writer, error)),
        }
    })?;
    let finish = Finish { replace: true, durable: true, ..Finish::default() };
    let named = step(tell, "rename", || writer.commit(&finish).map(|_| ((), "it can be given its name".into())));
    if named.is_none() {
        let _ = storage.discard(&name);
    }
    named?;
    step(tell, "delete", || storage.delete(&name).map(|()| ((), "it can be deleted".into())))
}

fn give_up(writer: Box<dyn Writer>, error: Error) -> Error {
    let _ = writer.abort();
    error
}

fn room(storage: &Sftp, tell: Tell<'_>) -> Option<()> {
    step(tell, "space", || -> Result<((), String)> {
        if !storage.capabilities().space {
            return Ok(((), "the server does not say how much room there is".into()));
        }
        let room = storage.space()?;
        let gib = |bytes: u64| bytes as f64 / f64::from(1 << 30);
        let words = format!("{:.1} GiB free of {:.1}", gib(room.free), gib(room.total));
        Ok(((), if room.read_only { format!("{words}, read-only") } else { words }))
    })
}
