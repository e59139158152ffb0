//! Copies that a server makes within itself: the extension `copy-data` (draft-ietf-secsh-filexfer-extensions-00, section 7), which OpenSSH has
//! since 9.0.

use std::sync::Arc;

use longshore_transfer::storage::{Finish, Kind, Result, Storage as _, Writer as _};

use super::Sftp;
use super::link::Link;
use super::trouble::Trouble;
use super::wire::{Attrs, Kept, ask, open};

/// Bytes that are asked for at once: a server answers when all of them are copied, and is silent until then.
const PIECE: u64 = 64 << 20;

impl Sftp {
    /// Copies a file within the server; `false` where it does not offer that.
    pub(super) fn copy(&self, from: &[u8], to: &[u8], finish: &Finish) -> Result<bool> {
        let source = self.at("Copying", from, |link| {
            let whole = self.reach(link, from)?;
            let attrs = link.lstat(&whole)?;
            match attrs.kind() {
                Kind::File => Ok((link.offers.copy_data, whole, attrs)),
                kind => Err(self.no_file(from, kind)),
            }
        })?;
        let (offered, source, attrs) = source;
        if !offered {
            return Ok(false);
        }
        let mut writer = Box::new(self.writer(to, None)?);
        if let Err(error) = writer.take(&source, &attrs) {
            // The failure is what matters; what cannot be taken away is swept later.
            let _ = writer.abort();
            return Err(error);
        }
        let kept = attrs.mtime.map(|mtime| (i64::from(mtime), 0));
        let mode = finish.mode.or(attrs.mode.map(|mode| mode & 0o7777));
        let committed = writer.commit(&Finish { mode, mtime: finish.mtime.or(kept), ..*finish });
        match committed {
            Ok(_) => Ok(true),
            Err(error) => self.discard(to).and(Err(error)),
        }
    }
}

/// Lets the server copy the file `from`, from its top, to an open one; `before` is what the file was found to be.
pub(super) fn copy(link: &Arc<Link>, from: &[u8], handle: &[u8], before: &Attrs) -> std::result::Result<u64, Trouble> {
    let source = link.open(from, open::READ, Kept::default())?;
    let size = before.size.unwrap_or(0);
    let copied = pieces(link, &source, handle, size).and_then(|()| {
        let now = link.call(ask::FSTAT, |packet| packet.text(&source))?.attrs()?;
        let same = (now.size, now.mtime) == (before.size, before.mtime);
        same.then_some(size).ok_or(Trouble::Changed("it changed while the server copied it"))
    });
    link.close(&source);
    copied
}

fn pieces(link: &Arc<Link>, source: &[u8], handle: &[u8], size: u64) -> std::result::Result<(), Trouble> {
    let mut at = 0;
    while at < size {
        let length = PIECE.min(size - at);
        let copy = |packet: super::wire::Packet| {
            packet.text(b"copy-data").text(source).u64(at).u64(length).text(handle).u64(at)
        };
        link.call(ask::EXTENDED, copy)?.done()?;
        at += length;
    }
    Ok(())
}
