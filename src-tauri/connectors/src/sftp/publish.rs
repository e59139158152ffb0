//! Giving a file its final name, and the room that a server has.

use std::sync::Arc;

use longshore_transfer::storage::{Kind, Status};

use super::link::{Batch, Link};
use super::pool::Pool;
use super::trouble::Trouble;
use super::wire::{Kept, Packet, Reply, ask, open};
use crate::local::walk;
use crate::place::Place;

/// A temporary file and the name that it is to have; both from the server's top.
pub(super) struct Named<'n> {
    pub(super) part: &'n [u8],
    pub(super) path: &'n [u8],
    /// Bytes of the file.
    pub(super) size: u64,
}

/// Gives the temporary file (or what else lies there) its final name, replacing what has it only if `replace`, and syncs the folder where the server can.
pub(super) fn publish(pool: &Pool, named: &Named<'_>, replace: bool, place: &Place) -> Result<(), Trouble> {
    let link = pool.link()?;
    match rename(&link, named, replace, place) {
        // Whether it was done before the connection went is seen by what is there now.
        Err(Trouble::Lost(_)) => {
            let link = pool.link()?;
            if is_done(&link, named)? { Ok(()) } else { rename(&link, named, replace, place) }
        }
        other => other,
    }
}

fn is_done(link: &Arc<Link>, named: &Named<'_>) -> Result<bool, Trouble> {
    match link.lstat(named.part) {
        Err(trouble) if trouble.is_missing() => Ok(link.lstat(named.path)?.size == Some(named.size)),
        Err(trouble) => Err(trouble),
        Ok(_) => Ok(false),
    }
}

fn rename(link: &Arc<Link>, named: &Named<'_>, replace: bool, place: &Place) -> Result<(), Trouble> {
    // The folder is opened at the same time, so that it costs no round trip of its own.
    let folder = open_folder(link, walk::split(named.path).0);
    let renamed = if replace { over(link, named) } else { beside(link, named, place) };
    sync_folder(link, folder);
    renamed
}

/// Replaces what has the name.
fn over(link: &Arc<Link>, named: &Named<'_>) -> Result<(), Trouble> {
    if link.offers.posix_rename {
        let both = |packet: Packet| packet.text(b"posix-rename@openssh.com").text(named.part).text(named.path);
        return link.call(ask::EXTENDED, both)?.done();
    }
    match plain(link, named) {
        // The protocol's own rename gives no name that is taken, so it must be free: for a moment there is no file of that name.
        Err(trouble) if trouble.is_failure() && link.lstat(named.path).is_ok() => {
            link.on(ask::REMOVE, named.path)?;
            plain(link, named)
        }
        other => other,
    }
}

/// Takes a name that nobody has.
fn beside(link: &Arc<Link>, named: &Named<'_>, place: &Place) -> Result<(), Trouble> {
    let taken = || place.told("Naming", "file.exists", Status::Permanent, "something of that name is there already");
    // Servers other than OpenSSH are not sure to refuse a name that is taken.
    if !link.offers.posix_rename && link.lstat(named.path).is_ok() {
        return Err(taken().into());
    }
    match plain(link, named) {
        Err(Trouble::Lost(lost)) => Err(lost.into()),
        Err(_) if link.lstat(named.path).is_ok() => Err(taken().into()),
        // What is no file has no second name.
        Err(_) if link.offers.hardlink && link.lstat(named.part)?.kind() == Kind::File => {
            let both = |packet: Packet| packet.text(b"hardlink@openssh.com").text(named.part).text(named.path);
            link.call(ask::EXTENDED, both)?.done()?;
            link.on(ask::REMOVE, named.part)
        }
        other => other,
    }
}

fn plain(link: &Arc<Link>, named: &Named<'_>) -> Result<(), Trouble> {
    link.call(ask::RENAME, |packet| packet.text(named.part).text(named.path))?.done()
}

/// Asks for a folder to be opened, to sync it; nothing where the server does not sync.
fn open_folder(link: &Arc<Link>, folder: &[u8]) -> Option<Batch> {
    let folder = if folder.is_empty() { b"/" } else { folder };
    if !link.offers.fsync {
        return None;
    }
    let mut batch = Batch::new(link);
    batch.ask(ask::OPEN, |packet| packet.text(folder).u32(open::READ).kept(&Kept::default()));
    Some(batch)
}

/// Makes the names in a folder survive power loss, where the server lets a folder be opened. Where not, it is the server's own affair.
fn sync_folder(link: &Arc<Link>, opened: Option<Batch>) {
    let opened = opened.and_then(|batch| batch.replies().ok()).unwrap_or_default();
    let Some(Ok(handle)) = opened.first().map(Reply::handle) else { return };
    let mut batch = Batch::new(link);
    batch.ask(ask::EXTENDED, |packet| packet.text(b"fsync@openssh.com").text(&handle));
    batch.ask(ask::CLOSE, |packet| packet.text(&handle));
    let _ = batch.replies();
}

/// Room on the server, as in statvfs(3).
pub(super) struct Room {
    pub(super) total: u64,
    pub(super) free: u64,
    pub(super) file_system: u64,
    pub(super) read_only: bool,
    /// No file can be made any more, or hardly a byte written.
    full: bool,
}

impl Room {
    pub(super) fn is_full(&self) -> bool {
        self.full
    }
}

/// Asks for the room where a path lies.
pub(super) fn room(link: &Arc<Link>, path: &[u8]) -> Result<Room, Trouble> {
    let reply = link.call(ask::EXTENDED, |packet| packet.text(b"statvfs@openssh.com").text(path))?;
    let mut fields = reply.extended()?;
    fields.u64()?;
    let unit = fields.u64()?;
    let (blocks, _, available) = (fields.u64()?, fields.u64()?, fields.u64()?);
    let (files, free_files, _) = (fields.u64()?, fields.u64()?, fields.u64()?);
    let (file_system, flags) = (fields.u64()?, fields.u64()?);
    let free = available.saturating_mul(unit);
    Ok(Room {
        total: blocks.saturating_mul(unit),
        free,
        file_system,
        // SSH_FXE_STATVFS_ST_RDONLY
        read_only: flags & 1 != 0,
        // A write that does not fit may leave a few blocks over.
        full: free < (1 << 20) || (files > 0 && free_files == 0),
    })
}
