//! Sending a file under a temporary name, and moving it to its final one.

use longshore_transfer::storage::{Finish, Receipt, Result, Writer};
use reqwest::Method;

use super::Dav;
use crate::http::{Ask, Sent};
use crate::local::walk;

/// A file being sent.
pub(super) struct DavWriter {
    dav: Dav,
    path: Vec<u8>,
    sent: Option<Sent>,
    written: u64,
}

impl DavWriter {
    pub(super) fn new(dav: Dav, path: &[u8], size: Option<u64>, mtime: Option<(i64, u32)>) -> Result<Self> {
        dav.make(walk::split(path).0)?;
        let ask = Ask::new(Method::PUT, dav.part("Writing", path)?);
        let ask = mtime.filter(|_| dav.extended()).into_iter().fold(ask, with_time);
        let sent = Sent::new(dav.site.clone(), dav.site.place(path), ask, size);
        Ok(Self { dav, path: path.to_vec(), sent: Some(sent), written: 0 })
    }

    fn discard(&self) -> Result<()> {
        self.dav.remove("Taking away the unfinished", &self.path, self.dav.part("Writing", &self.path)?)
    }
}

/// The header by which Nextcloud and ownCloud are told a file's time.
fn with_time(ask: Ask, mtime: (i64, u32)) -> Ask {
    ask.with("x-oc-mtime", &mtime.0.to_string())
}

impl Writer for DavWriter {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let Some(sent) = &mut self.sent else { return Ok(()) };
        sent.write(bytes)?;
        self.written = sent.written();
        Ok(())
    }

    fn written(&self) -> u64 {
        self.written
    }

    /// An upload that breaks begins anew: there is nothing to make safe.
    fn sync(&mut self) -> Result<()> {
        Ok(())
    }

    fn commit(mut self: Box<Self>, finish: &Finish) -> Result<Receipt> {
        let Some(mut sent) = self.sent.take() else { return Ok(Receipt::default()) };
        if let (Some(ask), Some(mtime)) = (sent.unsent(), finish.mtime.filter(|_| self.dav.extended())) {
            *ask = with_time(ask.clone(), mtime);
        }
        sent.finish()?;
        self.dav.name_part(&self.path, self.written, finish.replace)?;
        Ok(Receipt::default())
    }

    fn settle(self: Box<Self>, _finish: &Finish) -> Result<()> {
        Err(self.dav.unsupported("Settling", &self.path))
    }

    fn abort(mut self: Box<Self>) -> Result<()> {
        // Breaks the request off first.
        self.sent = None;
        self.discard()
    }
}
