//! Reading an object: ranges of it side by side, handed on in order.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use bytes::{Buf, Bytes};
use longshore_transfer::level::Turn;
use longshore_transfer::storage::{Error, Meta, ReadOptions, Reader, Result, Status};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::AbortHandle;

use super::error::{Refusal, stalled};
use super::head;
use super::key::Target;
use super::proof::Check;
use super::quick::Wanted;
use super::site::{BREAKS, Site, pause};
use crate::bridge;
use crate::place::Place;

/// Bytes of one range.
const RANGE: u64 = 8 << 20;

/// Ranges that are asked for ahead, at most; with their bytes a reader holds no more than 48 MiB.
const AHEAD: usize = 5;

/// What is read: one version of one object.
struct Source {
    site: Arc<Site>,
    place: Place,
    target: Target,
    /// The version that all ranges must be of.
    etag: Option<String>,
    /// Nothing is asked for from this byte on.
    until: u64,
}

/// An object open for reading.
pub(super) struct ObjectReader {
    source: Arc<Source>,
    meta: Meta,
    own_time: Option<(i64, u32)>,
    /// Offset of the next byte to hand on.
    at: u64,
    /// Offset of the next byte to ask for.
    asked: u64,
    /// Offset from which on nothing is asked for.
    until: u64,
    /// Bytes at hand.
    piece: Bytes,
    flows: VecDeque<Flow>,
    /// The checksum that the server keeps, of what was handed on so far.
    check: Option<Check>,
    /// Ranges to have on their way: few at first, as a reader may want little.
    ahead: usize,
}

/// The body of a reply, and the turn in which it was asked for, which lasts until the body has come.
struct Body {
    stream: ByteStream,
    turn: Turn,
}

/// A range on its way.
struct Flow {
    pieces: UnboundedReceiver<Result<Bytes>>,
    task: AbortHandle,
}

impl Drop for Flow {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl ObjectReader {
    /// Opens the object, and asks for its first bytes in the same request.
    pub(super) fn open(site: Arc<Site>, place: Place, target: Target, options: ReadOptions) -> Result<Self> {
        let ReadOptions { offset, until, .. } = options;
        let source = Source { site, place, target, etag: None, until: until.unwrap_or(u64::MAX).max(offset + 1) };
        let (site, place) = (Arc::clone(&source.site), source.place.clone());
        // Where its connection is: so the thread that waits is woken once, and not for each piece of a reply.
        let opening = bridge::handle().map(|handle| handle.spawn(source.open(offset)));
        let ended =
            |error: &dyn std::fmt::Display| place.told("Reading", "io.error", Status::Transient, error.to_string());
        let opening = opening.map_err(|error| ended(&error))?;
        site.wait(async { opening.await.map_err(|error| ended(&error))? })
    }

    /// Takes in what is handed on, and at the end sees whether it is what the server keeps the checksum of.
    fn compare(&mut self, bytes: &[u8]) -> Result<()> {
        let Some(check) = &mut self.check else { return Ok(()) };
        check.update(bytes);
        if self.at < self.meta.size || check.holds() {
            return Ok(());
        }
        let why = "what came is not what the endpoint keeps the checksum of";
        Err(self.source.place.told("Reading", "s3.damaged", Status::Transient, why))
    }

    /// Asks for ranges ahead.
    fn ask_ahead(&mut self) {
        while self.flows.len() < self.ahead && self.asked < self.until {
            let range = self.asked..self.until.min(self.asked + RANGE);
            self.asked = range.end;
            let Some(flow) = Flow::start(Arc::clone(&self.source), range, None) else { return };
            self.flows.push_back(flow);
        }
    }

    /// The next bytes, which there must be.
    fn next_piece(&mut self) -> Result<Bytes> {
        self.ask_ahead();
        while let Some(flow) = self.flows.front_mut() {
            if let Some(piece) = flow.pieces.blocking_recv() {
                return piece;
            }
            self.flows.pop_front();
            self.ahead = (self.ahead + 1).min(AHEAD);
            self.ask_ahead();
        }
        Err(self.source.place.told("Reading", "io.error", Status::Transient, "the connectors were stopped"))
    }
}

impl Reader for ObjectReader {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let mut filled = 0;
        while filled < buf.len() && self.at < self.until {
            if self.piece.is_empty() {
                self.piece = self.next_piece()?;
            }
            let count = self.piece.len().min(buf.len() - filled);
            self.piece.copy_to_slice(&mut buf[filled..filled + count]);
            filled += count;
            self.at += count as u64;
        }
        self.compare(&buf[..filled])?;
        Ok(filled)
    }

    fn meta(&self) -> Result<Meta> {
        // An object does not change: another of the same key is another version, and every range is asked of this one.
        Ok(self.meta.clone())
    }

    fn reads_medium(&self) -> bool {
        false
    }

    fn own_time(&self) -> Option<(i64, u32)> {
        self.own_time
    }
}

impl Source {
    async fn open(self, offset: u64) -> Result<ObjectReader> {
        let range = offset..offset.saturating_add(RANGE).min(self.until);
        match self.get(&range).await {
            Ok(reply) => self.opened(offset, reply).await,
            // Nothing lies at that offset: it is empty, or shorter.
            Err(refusal) if refusal.http == Some(416) => self.at_end(offset).await,
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// Asks for a range of the object; of this version, once one is known.
    async fn get(&self, range: &Range<u64>) -> std::result::Result<(GetObjectOutput, Turn), Refusal> {
        let range = format!("bytes={}-{}", range.start, range.end - 1);
        let get = || self.site.get(Wanted { target: &self.target, range: &range, etag: self.etag.as_deref() });
        let mut refusal = match self.site.ask_for_body(&self.place, "Reading", 0, get).await {
            Err(refusal) => refusal,
            reply => return reply,
        };
        if refusal.condition() {
            refusal.error = self.changed();
        }
        Err(refusal)
    }

    /// The checksum that the server keeps of this version, if it does.
    async fn check(&self) -> Result<Option<Check>> {
        let head = self.site.head_with_checksums(&self.place, &self.target).await?;
        if head.e_tag().map(str::to_owned) == self.etag { Ok(Check::of(&head)) } else { Err(self.changed()) }
    }

    fn changed(&self) -> Error {
        self.place.told("Reading", "file.changed", Status::Permanent, "it was replaced while it was read")
    }

    async fn opened(mut self, offset: u64, (mut reply, turn): (GetObjectOutput, Turn)) -> Result<ObjectReader> {
        let length = reply.content_length().and_then(|length| u64::try_from(length).ok());
        let (first, size) = head::whole_size(&reply).unwrap_or((0, length.unwrap_or(0)));
        if first != offset {
            let why = format!("the endpoint gave the bytes from {first} on when asked for those from {offset} on");
            return Err(self.place.told("Reading", "s3.reply", Status::Permanent, why));
        }
        self.etag = reply.e_tag().map(str::to_owned);
        let body = Body { stream: std::mem::take(&mut reply.body), turn };
        let covered = offset..length.map_or(size, |length| size.min(offset.saturating_add(length)));
        let meta = head::file(i64::try_from(size).ok(), reply.last_modified());
        let own_time = head::own_time(reply.metadata());
        let mut reader = self.reader(meta, own_time, offset);
        reader.asked = covered.end;
        reader.begin(covered, body).await?;
        if offset == 0 && size > RANGE && reader.until == size {
            // One more request for an object that takes many: a reply to a range has no checksum.
            reader.check = reader.source.check().await?;
        }
        Ok(reader)
    }

    /// A reader that stands at or behind the end of the object.
    async fn at_end(self, offset: u64) -> Result<ObjectReader> {
        let head = self.site.head(&self.place, &self.target).await?;
        let meta = head::file(head.content_length(), head.last_modified());
        if offset < meta.size {
            return Err(self.changed());
        }
        Ok(self.reader(meta, head::own_time(head.metadata()), offset))
    }

    fn reader(self, meta: Meta, own_time: Option<(i64, u32)>, at: u64) -> ObjectReader {
        let (asked, piece, flows) = (at, Bytes::new(), VecDeque::new());
        let until = self.until.min(meta.size);
        ObjectReader { source: Arc::new(self), meta, own_time, at, asked, until, piece, flows, check: None, ahead: 2 }
    }

    /// Hands on the bytes of a range, and asks for the rest of it again when the connection breaks off.
    async fn pump(&self, range: Range<u64>, mut body: Option<Body>, to: &UnboundedSender<Result<Bytes>>) -> Result<()> {
        let (mut at, mut breaks) = (range.start, 0);
        while at < range.end {
            let body = match body.take() {
                Some(body) => body,
                None => self.again(at..range.end).await?,
            };
            let before = at;
            let broken = self.drain(body, &mut at, range.end, to).await;
            breaks = if at > before { 1 } else { breaks + 1 };
            if at < range.end {
                if breaks >= BREAKS {
                    return Err(broken);
                }
                pause(breaks).await;
            }
        }
        Ok(())
    }

    /// The rest of a range, which must begin where it was left.
    async fn again(&self, range: Range<u64>) -> Result<Body> {
        let (reply, turn) = self.get(&range).await?;
        match head::whole_size(&reply) {
            Some((first, _)) if first == range.start => Ok(Body { stream: reply.body, turn }),
            None if range.start == 0 => Ok(Body { stream: reply.body, turn }),
            _ => Err(self.place.told(
                "Reading",
                "s3.reply",
                Status::Permanent,
                "the endpoint gave another range than asked for",
            )),
        }
    }

    /// Hands on what comes until the end of the range, and says why there was no more if it ends before.
    async fn drain(&self, mut body: Body, at: &mut u64, end: u64, to: &UnboundedSender<Result<Bytes>>) -> Error {
        while *at < end {
            let error = match tokio::time::timeout(self.site.patience, body.stream.next()).await {
                Ok(Some(Ok(mut piece))) => {
                    piece.truncate(usize::try_from(end - *at).unwrap_or(usize::MAX));
                    *at += piece.len() as u64;
                    body.turn.moved(piece.len() as u64);
                    // Nobody waits for it any more when the reader is gone; this task is then ended.
                    let _ = to.send(Ok(piece));
                    continue;
                }
                Ok(Some(Err(error))) => self.broken(&error.to_string()),
                Ok(None) => self.broken("the endpoint ended its reply too early"),
                Err(_) => stalled(&self.place, "Reading").error,
            };
            body.turn.too_much();
            return error;
        }
        self.broken("")
    }

    fn broken(&self, why: &str) -> Error {
        self.place.told("Reading", "net.broken", Status::Transient, format!("the connection broke: {why}"))
    }
}

impl Flow {
    fn start(source: Arc<Source>, range: Range<u64>, body: Option<Body>) -> Option<Self> {
        let (to, pieces) = unbounded_channel();
        let task = bridge::handle().ok()?.spawn(async move {
            if let Err(error) = source.pump(range, body, &to).await {
                let _ = to.send(Err(error));
            }
        });
        Some(Self { pieces, task: task.abort_handle() })
    }
}

/// A body of no more bytes than this is taken in at once: a task for it would cost more than it.
const AT_ONCE: u64 = 1 << 20;

impl ObjectReader {
    /// Takes in the body of the first reply, or sets a task to it.
    async fn begin(&mut self, covered: Range<u64>, body: Body) -> Result<()> {
        if covered.end - covered.start > AT_ONCE {
            self.flows.extend(Flow::start(Arc::clone(&self.source), covered, Some(body)));
            return Ok(());
        }
        let (to, mut pieces) = unbounded_channel();
        let source = Arc::clone(&self.source);
        source.pump(covered, Some(body), &to).await?;
        drop(to);
        let mut taken = Vec::new();
        while let Ok(piece) = pieces.try_recv() {
            taken.push(piece?);
        }
        self.piece = if taken.len() == 1 { taken.swap_remove(0) } else { taken.concat().into() };
        Ok(())
    }
}
