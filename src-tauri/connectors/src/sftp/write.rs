//! Writing a file under a temporary name: many requests are under way at a time, on several connections for a large file.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use longshore_transfer::storage::{Error, Finish, Receipt, Result, Status, Writer};

use super::await_answers::{AwaitAnswers, mark};
use super::lanes::{Lanes, MANY, WINDOW};
use super::link::{Answer, Batch, Link};
use super::settle::{SYNC, Syncs};
use super::trouble::{Lost, Trouble};
use super::wire::{Attrs, Kept, Packet, Reply, ask};
use super::{publish, within};
use crate::place::Place;

/// Bytes that the server has not confirmed yet.
struct Sent {
    packet: Arc<Vec<u8>>,
    length: usize,
    lane: usize,
    times: u64,
}

/// A file under its temporary name.
pub(super) struct SftpWriter {
    place: Place,
    /// Its final path, from the server's top.
    path: Vec<u8>,
    lanes: Lanes,
    sender: Sender<Answer>,
    answers: Receiver<Answer>,
    /// By their first byte.
    sent: BTreeMap<u64, Sent>,
    /// Memory of requests that were answered, for the next ones: without it, each page is asked of the system anew.
    spare: Vec<Vec<u8>>,
    at: u64,
    syncs: Syncs,
    widened: bool,
    closed: bool,
    /// Why nothing more can be written.
    failed: Option<Error>,
}

impl AwaitAnswers for SftpWriter {
    fn lanes(&mut self) -> &mut Lanes {
        &mut self.lanes
    }

    fn answers(&self) -> &Receiver<Answer> {
        &self.answers
    }

    fn answered(&mut self, at: u64, answer: std::result::Result<Reply, Lost>) -> std::result::Result<(), Trouble> {
        if at == SYNC {
            self.syncs.answered(answer.is_ok());
            return match answer {
                Ok(reply) => reply.done(),
                Err(lost) if self.lanes.first().link.is_lost() => self.renew(0, lost.into()),
                Err(_) => Ok(()),
            };
        }
        let offset = at >> 8;
        let Some(sent) = self.sent.get(&offset).filter(|sent| mark(offset, sent.times) == at) else { return Ok(()) };
        let (lane, length) = (sent.lane, sent.length as u64);
        match answer {
            Err(lost) => self.renew(lane, lost.into()),
            Ok(reply) => {
                let packet = self.sent.remove(&offset).and_then(|sent| Arc::into_inner(sent.packet));
                self.spare.extend(packet);
                let lane = self.lanes.get(lane);
                lane.busy = lane.busy.saturating_sub(length);
                reply.done()?;
                self.lanes.progress();
                Ok(())
            }
        }
    }

    /// Opens a lane again and sends once more what was on its way there. What the server had confirmed must still be there.
    fn renew(&mut self, at: usize, lost: Trouble) -> std::result::Result<(), Trouble> {
        let now = self.lanes.renew(at, lost)?;
        let confirmed = self.confirmed();
        if now.size.is_some_and(|size| size < confirmed) {
            return Err(Trouble::Changed(
                "the connection was lost, and when it was back the temporary file was shorter",
            ));
        }
        let again: Vec<u64> = self.sent.iter().filter(|(_, sent)| sent.lane == at).map(|(offset, _)| *offset).collect();
        for offset in again {
            if let Some(Sent { packet, length, .. }) = self.sent.remove(&offset) {
                self.send_piece(&packet[packet.len() - length..], offset, at);
            }
        }
        Ok(())
    }
}

impl SftpWriter {
    /// A temporary file that is open, of which `at` bytes are there; `path` is its final one, from the server's top.
    pub(super) fn new(place: Place, path: Vec<u8>, lanes: Lanes, at: u64) -> Self {
        let (sender, answers) = channel();
        Self {
            place,
            path,
            lanes,
            sender,
            answers,
            sent: BTreeMap::new(),
            spare: Vec::new(),
            at,
            syncs: Syncs::new(at),
            widened: false,
            closed: false,
            failed: None,
        }
    }

    /// Spreads a large file over several connections.
    pub(super) fn widen(&mut self) -> std::result::Result<(), Trouble> {
        self.widened = true;
        self.lanes.widen()
    }

    /// Lets the server fill the file, which is empty, with another of its own: `from`, from its top, found to be as `before`.
    pub(super) fn take(&mut self, from: &[u8], before: &Attrs) -> Result<()> {
        self.go("Copying", |writer| {
            let lane = writer.lanes.first();
            writer.at = within::copy(&lane.link, from, &lane.handle, before)?;
            Ok(())
        })
    }

    fn send(&mut self, bytes: &[u8]) -> std::result::Result<(), Trouble> {
        if !self.widened && self.at >= MANY {
            self.widen()?;
        }
        let most = self.lanes.first().link.offers.write as usize;
        for piece in bytes.chunks(most) {
            let lane = self.room()?;
            self.send_piece(piece, self.at, lane);
            self.at += piece.len() as u64;
        }
        self.hear()
    }

    /// A lane that takes more, once there is one.
    fn room(&mut self) -> std::result::Result<usize, Trouble> {
        loop {
            let behind = self.sent.keys().next().map_or(0, |first| self.at - first);
            let room = behind < 2 * WINDOW * self.lanes.count() as u64;
            if let Some(lane) = self.lanes.free().filter(|_| room) {
                return Ok(lane);
            }
            self.wait()?;
        }
    }

    fn send_piece(&mut self, piece: &[u8], offset: u64, at: usize) {
        let lane = self.lanes.get(at);
        let id = lane.link.id();
        let room = lane.handle.len() + piece.len() + 16;
        let memory = self.spare.pop().unwrap_or_default();
        let packet = Packet::within(memory, ask::WRITE, id, room).text(&lane.handle).u64(offset).text(piece).done();
        let packet = Arc::new(packet);
        lane.busy += piece.len() as u64;
        lane.link.send_packet(id, Arc::clone(&packet), mark(offset, lane.times), &self.sender);
        self.sent.insert(offset, Sent { packet, length: piece.len(), lane: at, times: lane.times });
    }

    /// Takes what answers there are.
    fn hear(&mut self) -> std::result::Result<(), Trouble> {
        while let Ok((at, answer)) = self.answers.try_recv() {
            self.answered(at, answer)?;
        }
        let confirmed = self.confirmed();
        self.syncs.ask(self.lanes.first(), &self.sender, confirmed);
        Ok(())
    }

    /// Bytes, from the file's start, that the server has confirmed.
    fn confirmed(&self) -> u64 {
        self.sent.keys().next().copied().unwrap_or(self.at)
    }

    /// Waits until the server has confirmed all.
    fn settle_all(&mut self) -> std::result::Result<(), Trouble> {
        while !self.sent.is_empty() {
            self.wait()?;
        }
        Ok(())
    }

    /// Carries something out, unless something failed before; keeps the failure.
    fn go<T>(&mut self, verb: &str, work: impl FnOnce(&mut Self) -> std::result::Result<T, Trouble>) -> Result<T> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let (mut turn, before) = (self.lanes.pool().level.wait(), self.at);
        let done = work(self);
        turn.moved(self.at - before);
        done.map_err(|trouble| {
            trouble.seen(&mut turn);
            let error = self.told(verb, trouble);
            self.failed = Some(error.clone());
            error
        })
    }

    /// A server says of a full disk only that it failed: its room is asked for.
    fn told(&self, verb: &str, trouble: Trouble) -> Error {
        if trouble.is_failure()
            && let Ok(room) = publish::room(&self.lanes.first().link, self.lanes.path())
            && room.is_full()
        {
            return self.place.told(verb, "storage.full", Status::Unusable, "no space is left");
        }
        trouble.tell(&self.place, verb)
    }

    /// Everything confirmed, kept as `finish` says, and on the medium where the server can be asked for that.
    fn end(&mut self, finish: &Finish) -> std::result::Result<(), Trouble> {
        if self.lanes.count() > 1 {
            self.settle_all()?;
            self.lanes.narrow();
        }
        let mut tries = 0;
        loop {
            let lane = self.lanes.first();
            // One connection does what it is asked in order: the last words need not wait for the bytes to be confirmed.
            let (words, times) = (last_words(&lane.link, &lane.handle, finish), lane.times);
            self.settle_all()?;
            match words.replies() {
                Err(lost) if tries < 2 => {
                    tries += 1;
                    if self.lanes.first().times == times {
                        self.renew(0, lost.into())?;
                    }
                }
                other => {
                    self.closed = true;
                    return other?.iter().try_for_each(Reply::done);
                }
            }
        }
    }

    /// Closes what is open.
    fn close(&mut self) {
        self.lanes.narrow();
        if !std::mem::replace(&mut self.closed, true) {
            let lane = self.lanes.first();
            lane.link.close(&lane.handle);
        }
    }
}

/// Mode, time, sync and close, one behind the other.
fn last_words(link: &Arc<Link>, handle: &[u8], finish: &Finish) -> Batch {
    let mut batch = Batch::new(link);
    let kept = Kept::of(finish.mode, finish.mtime);
    if !kept.is_empty() {
        batch.ask(ask::FSETSTAT, |packet| packet.text(handle).kept(&kept));
    }
    if link.offers.fsync {
        batch.ask(ask::EXTENDED, |packet| packet.text(b"fsync@openssh.com").text(handle));
    }
    batch.ask(ask::CLOSE, |packet| packet.text(handle));
    batch
}

impl Writer for SftpWriter {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.go("Writing", |writer| writer.send(bytes))
    }

    fn written(&self) -> u64 {
        self.at
    }

    fn sync(&mut self) -> Result<()> {
        self.go("Syncing", |writer| {
            writer.syncs.want(writer.at);
            while writer.syncs.synced() < writer.at {
                writer.hear()?;
                if writer.syncs.synced() < writer.at {
                    writer.wait()?;
                }
            }
            Ok(())
        })
    }

    fn sync_soon(&mut self) -> Result<()> {
        self.go("Syncing", |writer| {
            writer.syncs.want(writer.at);
            writer.hear()
        })
    }

    fn synced(&mut self) -> Result<u64> {
        self.go("Syncing", Self::hear)?;
        Ok(self.syncs.synced())
    }

    fn commit(mut self: Box<Self>, finish: &Finish) -> Result<Receipt> {
        self.go("Writing", |writer| writer.end(finish))?;
        self.go("Naming", |writer| {
            let named = publish::Named { part: writer.lanes.path(), path: &writer.path, size: writer.at };
            publish::publish(writer.lanes.pool(), &named, finish.replace, &writer.place)
        })?;
        Ok(Receipt::default())
    }

    fn settle(mut self: Box<Self>, finish: &Finish) -> Result<()> {
        self.go("Writing", |writer| writer.end(finish))
    }

    fn abort(mut self: Box<Self>) -> Result<()> {
        self.failed = None;
        self.go("Taking away", |writer| {
            writer.close();
            let path = writer.lanes.path();
            writer.lanes.pool().with(|link| match link.on(ask::REMOVE, path) {
                Err(trouble) if trouble.is_missing() => Ok(()),
                other => other,
            })
        })
    }
}

impl Drop for SftpWriter {
    fn drop(&mut self) {
        self.close();
    }
}
