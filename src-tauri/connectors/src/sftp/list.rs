//! What lies in a folder, asked for in pieces and given on as it comes.

use std::sync::Arc;

use longshore_transfer::storage::{Kind, Listed};

use super::Sftp;
use super::link::{Batch, Found, Link};
use super::trouble::Trouble;
use super::wire::{Reply, ask};

/// Pieces of a listing that are asked for at once.
const AHEAD: usize = 8;

impl Sftp {
    /// Gives every name in a folder to `each`.
    pub(super) fn list_folder(
        &self,
        link: &Arc<Link>,
        folder: &[u8],
        each: &mut dyn FnMut(Listed) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        self.walk(link, folder)?;
        let whole = self.whole(link, folder);
        let handle = link.call(ask::OPENDIR, |packet| packet.text(&whole))?.handle()?;
        let listed = read_all(link, &handle, &mut |found| {
            let links = links(link, &whole, &found)?;
            found
                .into_iter()
                .zip(links)
                .try_for_each(|(Found { name, attrs }, target)| each(Listed::new(name, attrs.meta(target))))
        });
        link.close(&handle);
        listed
    }
}

/// Reads a folder that is open to its end.
pub(super) fn read_all(
    link: &Arc<Link>,
    handle: &[u8],
    each: &mut dyn FnMut(Vec<Found>) -> Result<(), Trouble>,
) -> Result<(), Trouble> {
    // A small folder is done with its first piece; from then on several are asked for at once.
    let mut ahead = 2;
    loop {
        let mut batch = Batch::new(link);
        (0..ahead).for_each(|_| {
            batch.ask(ask::READDIR, |packet| packet.text(handle));
        });
        for piece in batch.replies()?.iter().map(Reply::names) {
            match piece {
                Ok(mut found) => {
                    found.retain(|one| !matches!(one.name.as_slice(), b"." | b".."));
                    each(found)?;
                }
                Err(Trouble::End) => return Ok(()),
                Err(trouble) => return Err(trouble),
            }
        }
        ahead = AHEAD;
    }
}

/// What each of them leads to, if it is a link; nothing for the others.
fn links(link: &Arc<Link>, folder: &[u8], found: &[Found]) -> Result<Vec<Vec<u8>>, Trouble> {
    let mut batch = Batch::new(link);
    let is_link = |one: &Found| one.attrs.kind() == Kind::Link;
    for one in found.iter().filter(|one| is_link(one)) {
        batch.ask(ask::READLINK, |packet| packet.text(&longshore_transfer::storage::join(folder, &one.name)));
    }
    let mut targets = batch.replies()?.into_iter();
    let mut target = |one: &Found| {
        let reply = if is_link(one) { targets.next() } else { None };
        // A link that went meanwhile leads nowhere.
        let names = reply.and_then(|reply| reply.names().ok()).unwrap_or_default();
        names.into_iter().next().map(|found| found.name).unwrap_or_default()
    };
    Ok(found.iter().map(&mut target).collect())
}
