//! Reading a file from a server that gives no ranges: one answer after the other, each from the first byte on.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::range::Version;
use super::read::{Opened, Source, changed, wrong_range};
use super::site::Reply;
use super::trouble::{Tries, Trouble};

/// The whole of a file being fetched from a server that gives no ranges.
pub(super) struct Stream {
    pub(super) source: Arc<Source>,
    pub(super) version: Arc<Version>,
    /// The byte that is given next.
    pub(super) at: u64,
    pub(super) give: mpsc::Sender<std::result::Result<Bytes, Trouble>>,
}

impl Stream {
    pub(super) async fn run(mut self, reply: Reply) {
        let mut tries = Tries::new(self.source.site.patience.tries);
        let mut reply = Some(reply);
        loop {
            let before = self.at;
            let Err(trouble) = self.all(reply.take()).await else { return };
            if self.at > before {
                tries.came_forward();
            }
            match tries.after(trouble) {
                Ok(pause) => tokio::time::sleep(pause).await,
                Err(trouble) => return drop(self.give.send(Err(trouble)).await),
            }
        }
    }

    /// Gives what lies at and behind `at`: everything before is passed over.
    async fn all(&mut self, reply: Option<Reply>) -> std::result::Result<(), Trouble> {
        let mut reply = match reply {
            Some(reply) => reply,
            None => self.again().await?,
        };
        reply.stream();
        let mut place = 0;
        while let Some(mut bytes) = reply.more(&self.source.site).await? {
            let passed =
                usize::try_from(self.at.saturating_sub(place)).map_or(bytes.len(), |left| left.min(bytes.len()));
            place += bytes.len() as u64;
            let rest = bytes.split_off(passed);
            if rest.is_empty() {
                continue;
            }
            self.at += rest.len() as u64;
            if self.give.send(Ok(rest)).await.is_err() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Another answer of the same state.
    async fn again(&self) -> std::result::Result<Reply, Trouble> {
        let Opened::Whole(reply, now) = self.source.whole().await? else { return Err(wrong_range()) };
        match self.version.differs(&now) {
            Some(why) => Err(changed(why)),
            None => Ok(reply),
        }
    }
}
