//! From a session that is logged in to a connection that takes requests.

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize};
use std::sync::{Arc, Mutex, OnceLock};

use ssh2::Channel;

use super::frames::Frames;
use super::pump::Pump;
use super::{LEAST, Link, Offers, Patience};
use crate::sftp::dial::Dialed;
use crate::sftp::os;
use crate::sftp::trouble::{Lost, Trouble, broken};
use crate::sftp::wire::{Malformed, Packet, Reply, ask, reply};

/// Bytes that the server may send before it waits for leave to go on. It sends nothing but what was asked for, and how much that may be
/// is held elsewhere; so this only keeps it from ever waiting.
const WINDOW: u32 = 1 << 28;

/// Bytes of one SSH packet; what libssh2 takes.
const PACKET: u32 = 32_768;

/// Most bytes that one request reads or writes, whatever the server would take: it is answered in one piece.
const MOST: u32 = 261_120;

/// Opens the SFTP channel and starts the thread that serves it.
pub(in crate::sftp) fn start(dialed: Dialed, patience: Patience) -> Result<Arc<Link>, Lost> {
    let millis = u32::try_from(patience.stall.as_millis()).unwrap_or(u32::MAX);
    dialed.session.set_timeout(millis);
    let refused = |error: ssh2::Error| match error.code() {
        ssh2::ErrorCode::Session(-22 | -21) => Lost::new("ssh.no_sftp", "the server does not offer SFTP to this user"),
        _ => broken(&error),
    };
    let mut channel = dialed.session.channel_open("session", WINDOW, PACKET, None).map_err(refused)?;
    channel.subsystem("sftp").map_err(refused)?;
    let offers = greet(&mut channel)?;
    let home = home(&mut channel)?;
    dialed.session.set_blocking(false);
    run(dialed, channel, offers, home, patience)
}

fn run(dialed: Dialed, channel: Channel, offers: Offers, home: Vec<u8>, patience: Patience) -> Result<Arc<Link>, Lost> {
    let failed = |error: std::io::Error| Lost::new("ssh.lost", format!("no thread or socket can be had: {error}"));
    let (bell, heard) = os::pair().map_err(failed)?;
    bell.set_nonblocking(true).map_err(failed)?;
    heard.set_nonblocking(true).map_err(failed)?;
    let (orders, queue) = std::sync::mpsc::channel();
    let link = Arc::new(Link {
        offers,
        home,
        orders: Mutex::new(Some(orders)),
        bell,
        rung: Arc::new(AtomicBool::new(false)),
        next: AtomicU32::new(1),
        waiting: Arc::new(AtomicUsize::new(0)),
        lost: Arc::new(OnceLock::new()),
    });
    let (rung, waiting, lost) = (link.rung.clone(), link.waiting.clone(), link.lost.clone());
    let pump = Pump { channel, dialed, orders: queue, bell: heard, rung, waiting, lost, patience };
    std::thread::Builder::new().name("sftp".into()).spawn(move || pump.run()).map_err(failed)?;
    Ok(link)
}

/// Says which version is spoken, and hears what the server offers.
fn greet(channel: &mut Channel) -> Result<Offers, Lost> {
    let mut hello = vec![0, 0, 0, 5, ask::INIT];
    hello.extend_from_slice(&3_u32.to_be_bytes());
    channel.write_all(&hello).map_err(|error| unsaid(&error))?;
    // Its version stands where replies have their number.
    let (version, hello) = Frames::default().next(channel).map_err(|error| unsaid(&error))?;
    if hello.kind != reply::VERSION || version < 3 {
        return Err(Lost::new("ssh.protocol", format!("the server speaks SFTP {version}; 3 is needed")));
    }
    let mut offers = offered(&hello).map_err(strange)?;
    if offers.limits {
        let packet = Packet::new(ask::EXTENDED, 0).text(b"limits@openssh.com");
        limits(&asked(channel, packet)?, &mut offers).map_err(strange)?;
    }
    Ok(offers)
}

fn offered(hello: &Reply) -> Result<Offers, Malformed> {
    let mut fields = hello.fields();
    let mut offers = Offers::default();
    while !fields.is_empty() {
        let (name, version) = (fields.text()?, fields.text()?);
        match (name, version) {
            (b"posix-rename@openssh.com", _) => offers.posix_rename = true,
            (b"hardlink@openssh.com", _) => offers.hardlink = true,
            (b"fsync@openssh.com", _) => offers.fsync = true,
            (b"statvfs@openssh.com", b"2") => offers.statvfs = true,
            (b"lsetstat@openssh.com", _) => offers.lsetstat = true,
            (b"copy-data", _) => offers.copy_data = true,
            (b"limits@openssh.com", _) => offers.limits = true,
            _ => {}
        }
    }
    Ok(offers)
}

/// Longest packet, read and write, and number of handles; zero where the server sets none.
fn limits(reply: &Reply, offers: &mut Offers) -> Result<(), Malformed> {
    let Ok(mut fields) = reply.extended() else { return Ok(()) };
    fields.u64()?;
    let bounded = |limit: u64| match u32::try_from(limit) {
        Ok(0) => LEAST,
        Ok(limit) => limit.clamp(1024, MOST),
        Err(_) => MOST,
    };
    offers.read = bounded(fields.u64()?);
    offers.write = bounded(fields.u64()?);
    Ok(())
}

fn home(channel: &mut Channel) -> Result<Vec<u8>, Lost> {
    let told = asked(channel, Packet::new(ask::REALPATH, 0).text(b"."))?;
    match told.names() {
        Ok(names) => names.into_iter().next().map(|found| found.name).ok_or_else(|| strange(Malformed)),
        Err(Trouble::Lost(lost)) => Err(lost),
        Err(_) => Ok(b"/".to_vec()),
    }
}

/// A request and its reply, before the thread runs.
fn asked(channel: &mut Channel, packet: Packet) -> Result<Reply, Lost> {
    channel.write_all(&packet.done()).map_err(|error| unsaid(&error))?;
    Ok(Frames::default().next(channel).map_err(|error| unsaid(&error))?.1)
}

fn unsaid(error: &std::io::Error) -> Lost {
    match error.kind() {
        std::io::ErrorKind::TimedOut => {
            Lost::new("ssh.timeout", "the server lets one in, but its SFTP does not answer")
        }
        std::io::ErrorKind::InvalidData => {
            Lost::new("ssh.protocol", "what the server sends is not SFTP: does its shell print something at login?")
        }
        _ => Lost::new("ssh.no_sftp", format!("the server ended SFTP at once: {error}")),
    }
}

fn strange(_: Malformed) -> Lost {
    Lost::new("ssh.protocol", "the server's reply is not what the SFTP protocol says")
}
