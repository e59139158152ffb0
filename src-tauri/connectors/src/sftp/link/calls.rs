//! Requests and what their replies mean.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use super::{Answer, Link};
use crate::sftp::trouble::{Lost, Trouble};
use crate::sftp::wire::{Attrs, Fields, Kept, Malformed, Packet, Reply, ask, reply, status};

type Got<T> = Result<T, Trouble>;

/// How often one who waits looks whether the connection is still there.
const LOOK: Duration = Duration::from_secs(1);

/// Requests that are sent one behind the other and answered together.
pub(in crate::sftp) struct Batch {
    link: Arc<Link>,
    sender: Sender<Answer>,
    answers: Receiver<Answer>,
    asked: u64,
}

impl Batch {
    pub(in crate::sftp) fn new(link: &Arc<Link>) -> Self {
        let (sender, answers) = channel();
        Self { link: Arc::clone(link), sender, answers, asked: 0 }
    }

    /// Queues one more.
    pub(in crate::sftp) fn ask(&mut self, kind: u8, fill: impl FnOnce(Packet) -> Packet) -> &mut Self {
        self.link.send(kind, self.asked, &self.sender, fill);
        self.asked += 1;
        self
    }

    /// The replies, in the order of the requests.
    pub(in crate::sftp) fn replies(self) -> Result<Vec<Reply>, Lost> {
        let mut replies: Vec<Option<Reply>> = (0..self.asked).map(|_| None).collect();
        for _ in 0..self.asked {
            let (mark, answer) = next(&self.link, &self.answers)?;
            if let Some(place) = usize::try_from(mark).ok().and_then(|at| replies.get_mut(at)) {
                *place = Some(answer?);
            }
        }
        Ok(replies.into_iter().flatten().collect())
    }
}

/// Waits for an answer on one connection.
fn next(link: &Link, answers: &Receiver<Answer>) -> Result<Answer, Lost> {
    loop {
        match answers.recv_timeout(LOOK) {
            Ok(answer) => return Ok(answer),
            // What was queued just as the connection ended is answered by nobody.
            Err(RecvTimeoutError::Timeout) if !link.is_lost() => {}
            Err(_) => return answers.try_recv().map_err(|_| link.why()),
        }
    }
}

/// A name in a listing.
#[derive(Debug)]
pub(in crate::sftp) struct Found {
    pub(in crate::sftp) name: Vec<u8>,
    pub(in crate::sftp) attrs: Attrs,
}

/// What a reply says, by what was asked for.
impl Reply {
    /// A status other than "done" in the place of what was asked for.
    fn instead(&self) -> Trouble {
        if self.kind != reply::STATUS {
            return Malformed.into();
        }
        self.done().err().unwrap_or_else(|| Malformed.into())
    }

    /// The server has done it.
    pub(in crate::sftp) fn done(&self) -> Got<()> {
        if self.kind != reply::STATUS {
            return Err(Malformed.into());
        }
        let mut fields = self.fields();
        match fields.u32()? {
            status::OK => Ok(()),
            status::EOF => Err(Trouble::End),
            code => {
                let words = fields.text().map(crate::place::text).unwrap_or_default();
                Err(Trouble::Refused(code, if words.is_empty() { format!("code {code}") } else { words }))
            }
        }
    }

    pub(in crate::sftp) fn handle(&self) -> Got<Vec<u8>> {
        if self.kind != reply::HANDLE {
            return Err(self.instead());
        }
        Ok(self.fields().text()?.to_vec())
    }

    pub(in crate::sftp) fn attrs(&self) -> Got<Attrs> {
        if self.kind != reply::ATTRS {
            return Err(self.instead());
        }
        Ok(Attrs::read(&mut self.fields())?)
    }

    pub(in crate::sftp) fn data(&self) -> Got<&[u8]> {
        if self.kind != reply::DATA {
            return Err(self.instead());
        }
        Ok(self.fields().text()?)
    }

    pub(in crate::sftp) fn names(&self) -> Got<Vec<Found>> {
        if self.kind != reply::NAME {
            return Err(self.instead());
        }
        let mut fields = self.fields();
        let count = fields.u32()?;
        (0..count).map(|_| found(&mut fields).map_err(Trouble::from)).collect()
    }

    pub(in crate::sftp) fn extended(&self) -> Got<Fields<'_>> {
        if self.kind != reply::EXTENDED {
            return Err(self.instead());
        }
        Ok(self.fields())
    }
}

fn found(fields: &mut Fields<'_>) -> Result<Found, Malformed> {
    let name = fields.text()?.to_vec();
    fields.text()?;
    Ok(Found { name, attrs: Attrs::read(fields)? })
}

impl Link {
    /// One request and its reply.
    pub(in crate::sftp) fn call(self: &Arc<Self>, kind: u8, fill: impl FnOnce(Packet) -> Packet) -> Got<Reply> {
        let mut batch = Batch::new(self);
        batch.ask(kind, fill);
        batch.replies()?.pop().ok_or_else(|| Malformed.into())
    }

    pub(in crate::sftp) fn lstat(self: &Arc<Self>, path: &[u8]) -> Got<Attrs> {
        self.call(ask::LSTAT, |packet| packet.text(path))?.attrs()
    }

    pub(in crate::sftp) fn open(self: &Arc<Self>, path: &[u8], how: u32, kept: Kept) -> Got<Vec<u8>> {
        self.call(ask::OPEN, |packet| packet.text(path).u32(how).kept(&kept))?.handle()
    }

    /// Closes a handle without waiting for the reply.
    pub(in crate::sftp) fn close(&self, handle: &[u8]) {
        let (sender, _) = channel();
        self.send(ask::CLOSE, 0, &sender, |packet| packet.text(handle));
    }

    /// A request that names one path and is only done or not.
    pub(in crate::sftp) fn on(self: &Arc<Self>, kind: u8, path: &[u8]) -> Got<()> {
        self.call(kind, |packet| packet.text(path))?.done()
    }

    /// A name that stands for a path: its real path, or what a link leads to.
    pub(in crate::sftp) fn name(self: &Arc<Self>, kind: u8, path: &[u8]) -> Got<Vec<u8>> {
        let names = self.call(kind, |packet| packet.text(path))?.names()?;
        names.into_iter().next().map(|found| found.name).ok_or_else(|| Malformed.into())
    }

    pub(in crate::sftp) fn make_folder(self: &Arc<Self>, path: &[u8]) -> Got<()> {
        self.call(ask::MKDIR, |packet| packet.text(path).kept(&Kept::default()))?.done()
    }
}
