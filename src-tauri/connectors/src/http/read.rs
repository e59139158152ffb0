//! Reading a file: ranges fetched side by side and ahead of the reader, given out in order; a stream where the server gives no ranges.
//!
//! Every answer says by ETag, modification time and size which state of the file it is of; one of another state is `file.changed`,
//! so no two states are ever mixed. A fetch that breaks goes on at the byte where it broke.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use longshore_transfer::storage::{Error, Meta, Reader, Result, Status};
use reqwest::{Method, Response, StatusCode, Url, header};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::range::{Span, Version, as_it_is, no_page};
use super::site::{Ask, Reply, Site, wait};
use super::stream::Stream;
use super::trouble::{Tries, Trouble};
use crate::bridge;
use crate::place::Place;

/// Bytes of a range. All that is fetched ahead is held in memory: at most this times [`Site::parallel`].
const PIECE: u64 = 8 << 20;

/// Bytes that are read before another range is fetched beside: who reads little shall not have much fetched.
const GROWTH: u64 = 1 << 20;

/// Pieces of a stream that wait for the reader; each is what came at once from the network.
const WAITING: usize = 32;

/// A file on a server.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) site: Arc<Site>,
    pub(crate) place: Place,
    pub(crate) url: Url,
}

/// What a fetch gives, in order. It ends when all of it was given.
type Given = mpsc::Receiver<std::result::Result<Bytes, Trouble>>;

/// A fetch under way, which ends when it is dropped.
struct Fetch {
    given: Given,
    task: JoinHandle<()>,
}

impl Drop for Fetch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An open file.
pub(crate) struct HttpReader {
    source: Arc<Source>,
    version: Arc<Version>,
    /// In the order of the bytes.
    fetches: VecDeque<Fetch>,
    /// Where the next range begins; at the end there is none.
    next: u64,
    /// End of the file, where ranges are fetched; otherwise the stream says.
    end: u64,
    /// Bytes given to the caller.
    read: u64,
    held: Bytes,
}

/// What came of the first request.
pub(super) enum Opened {
    /// A part, and the server gives others.
    Part(Reply, Version, Span),
    /// The whole from its first byte on.
    Whole(Reply, Version),
    /// Nothing lies behind the offset.
    Nothing(Version),
}

impl HttpReader {
    /// Opens a file at an offset. One request for a small file.
    pub(crate) fn open(source: Source, offset: u64) -> Result<Self> {
        Self::by(source, offset, Some(PIECE))
    }

    /// Opens a file as one stream from its first byte on, whatever ranges the server gives: where it counts requests.
    pub(crate) fn in_one(source: Source, offset: u64) -> Result<Self> {
        Self::by(source, offset, None)
    }

    fn by(source: Source, offset: u64, piece: Option<u64>) -> Result<Self> {
        let source = Arc::new(source);
        let opened = wait(&source.place, "Opening", source.open(offset, piece))?;
        let mut reader = Self {
            version: Arc::default(),
            fetches: VecDeque::new(),
            next: 0,
            end: 0,
            read: 0,
            held: Bytes::new(),
            source,
        };
        match opened {
            Opened::Nothing(version) => reader.version = Arc::new(version),
            Opened::Part(reply, version, span) => {
                reader.version = Arc::new(version);
                (reader.next, reader.end) = (span.to, span.total.unwrap_or(span.to));
                reader.fetch(offset..span.to, Some(reply))?;
            }
            Opened::Whole(reply, version) => {
                reader.version = Arc::new(version);
                let (give, given) = mpsc::channel(WAITING);
                let stream =
                    Stream { source: reader.source.clone(), version: reader.version.clone(), at: offset, give };
                reader.spawn(given, stream.run(reply))?;
            }
        }
        Ok(reader)
    }

    fn spawn(&mut self, given: Given, work: impl Future<Output = ()> + Send + 'static) -> Result<()> {
        let handle = bridge::handle().map_err(|error| self.broken(&error.to_string()))?;
        self.fetches.push_back(Fetch { given, task: handle.spawn(work) });
        Ok(())
    }

    /// Fetches a range, of which the beginning may have been answered.
    fn fetch(&mut self, range: std::ops::Range<u64>, reply: Option<Reply>) -> Result<()> {
        // The range's own length bounds what waits here.
        let (give, given) = mpsc::channel(usize::try_from(PIECE).unwrap_or(usize::MAX >> 4));
        let (source, version) = (self.source.clone(), self.version.clone());
        let piece = Piece { source, version, at: range.start, to: range.end, give };
        self.spawn(given, piece.run(reply))
    }

    /// As many ranges side by side as what was read so far is worth.
    fn top_up(&mut self) -> Result<()> {
        let worth = usize::try_from(self.read / GROWTH).map_or(usize::MAX, |worth| worth.saturating_add(1));
        let most = self.source.site.parallel.min(worth);
        while self.next < self.end && self.fetches.len() < most {
            let to = (self.next + PIECE).min(self.end);
            self.fetch(self.next..to, None)?;
            self.next = to;
        }
        Ok(())
    }

    /// The bytes that come next; none at the end.
    fn more(&mut self) -> Result<Option<Bytes>> {
        loop {
            self.top_up()?;
            let Some(front) = self.fetches.front_mut() else { return Ok(None) };
            match front.given.blocking_recv() {
                Some(Ok(bytes)) => return Ok(Some(bytes)),
                Some(Err(trouble)) => return Err(trouble.at(&self.source.place, "Reading")),
                None => drop(self.fetches.pop_front()),
            }
        }
    }

    fn broken(&self, why: &str) -> Error {
        self.source.place.told("Reading", "io.error", Status::Unusable, why)
    }
}

impl Reader for HttpReader {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let mut filled = 0;
        while filled < buf.len() {
            if self.held.is_empty() {
                let Some(bytes) = self.more()? else { break };
                self.held = bytes;
            }
            let count = self.held.len().min(buf.len() - filled);
            buf[filled..filled + count].copy_from_slice(&self.held.split_to(count));
            filled += count;
            self.read += count as u64;
        }
        Ok(filled)
    }

    /// All that was read is of this state: an answer of another one is an error.
    fn meta(&self) -> Result<Meta> {
        Ok(self.version.meta())
    }

    fn reads_medium(&self) -> bool {
        false
    }
}

impl Source {
    /// The first request: a range, from whose answer one sees whether the server gives ranges; without a `length` the whole.
    async fn open(&self, offset: u64, length: Option<u64>) -> std::result::Result<Opened, Trouble> {
        let mut tries = Tries::new(self.site.patience.tries);
        let range = |length: u64| format!("bytes={offset}-{}", offset.saturating_add(length - 1));
        let asked = length.into_iter().fold(self.ask(), |ask, length| ask.with(header::RANGE, &range(length)));
        loop {
            let trouble = match self.site.reply(&asked).await {
                Ok(reply) => match self.opened(offset, reply).await {
                    Ok(opened) => return Ok(opened),
                    Err(trouble) => trouble,
                },
                Err(trouble) => trouble,
            };
            tokio::time::sleep(tries.after(trouble)?).await;
        }
    }

    /// What is said of the file, from one byte of it: where a server does not answer HEAD, or says too little.
    pub(super) async fn glance(&self) -> std::result::Result<Version, Trouble> {
        Ok(match self.open(0, Some(1)).await? {
            Opened::Part(_, version, _) | Opened::Whole(_, version) | Opened::Nothing(version) => version,
        })
    }

    async fn opened(&self, offset: u64, reply: Reply) -> std::result::Result<Opened, Trouble> {
        let answer = &reply.answer;
        if is_folder(&self.url, answer.url()) {
            return Err(Trouble::permanent("file.is_folder", "it is a folder"));
        }
        let version = Version::of(answer.status(), answer.headers());
        match answer.status() {
            StatusCode::PARTIAL_CONTENT => {
                self.is_file(answer)?;
                match Span::of(answer.headers()).filter(|span| span.from == offset) {
                    Some(span) if span.total.is_some() => Ok(Opened::Part(reply, version, span)),
                    // A part of a file of which nobody knows the size is of no use: as a stream it at least has an end.
                    Some(_) => {
                        drop(reply);
                        self.whole().await
                    }
                    None => Err(wrong_range()),
                }
            }
            StatusCode::OK => {
                self.is_file(answer)?;
                Ok(Opened::Whole(reply, version))
            }
            StatusCode::RANGE_NOT_SATISFIABLE => match Span::refused(answer.headers()) {
                Some(size) if size <= offset => Ok(Opened::Nothing(Version { size: Some(size), ..version })),
                _ => {
                    drop(reply);
                    self.whole().await
                }
            },
            _ => Err(Trouble::of_answer(reply.answer).await),
        }
    }

    /// A request without a range.
    pub(super) async fn whole(&self) -> std::result::Result<Opened, Trouble> {
        let reply = self.site.reply(&self.ask()).await?;
        let answer = &reply.answer;
        if answer.status() != StatusCode::OK {
            return Err(Trouble::of_answer(reply.answer).await);
        }
        self.is_file(answer)?;
        let version = Version::of(answer.status(), answer.headers());
        Ok(Opened::Whole(reply, version))
    }

    /// Refuses an answer that is not the file as it is.
    pub(super) fn is_file(&self, answer: &Response) -> std::result::Result<(), Trouble> {
        as_it_is(self.url.path(), answer.headers())?;
        if self.site.pages { Ok(()) } else { no_page(self.url.path(), answer.headers()) }
    }

    fn ask(&self) -> Ask {
        Ask::new(Method::GET, self.url.clone())
    }
}

/// Whether the server sent us from an address to the same with a slash at its end, as is done for folders.
pub(super) fn is_folder(asked: &Url, answered: &Url) -> bool {
    answered.path().strip_suffix('/').is_some_and(|path| path == asked.path())
}

pub(super) fn wrong_range() -> Trouble {
    Trouble::permanent("http.range", "the server answers with another part of the file than was asked for")
}

pub(super) fn changed(why: &str) -> Trouble {
    Trouble::permanent("file.changed", format!("it changed while it was read: {why}"))
}

/// A range being fetched.
struct Piece {
    source: Arc<Source>,
    version: Arc<Version>,
    at: u64,
    to: u64,
    give: mpsc::Sender<std::result::Result<Bytes, Trouble>>,
}

impl Piece {
    async fn run(mut self, mut reply: Option<Reply>) {
        let mut tries = Tries::new(self.source.site.patience.tries);
        while self.at < self.to {
            let before = self.at;
            let Err(trouble) = self.some(reply.take()).await else { continue };
            if self.at > before {
                tries.came_forward();
            }
            match tries.after(trouble) {
                Ok(pause) => tokio::time::sleep(pause).await,
                Err(trouble) => return drop(self.give.send(Err(trouble)).await),
            }
        }
    }

    /// Gives what one answer holds of the range.
    async fn some(&mut self, reply: Option<Reply>) -> std::result::Result<(), Trouble> {
        let mut reply = match reply {
            Some(reply) => reply,
            None => self.ask().await?,
        };
        while self.at < self.to {
            let Some(mut bytes) = reply.more(&self.source.site).await? else {
                // A server may give less than was asked for; what it said that it gives has come.
                return Ok(());
            };
            // More than the range would have to be of what follows it, and that is fetched elsewhere.
            bytes.truncate(usize::try_from(self.to - self.at).unwrap_or(usize::MAX));
            self.at += bytes.len() as u64;
            if self.give.send(Ok(bytes)).await.is_err() {
                // Nobody reads any more.
                self.at = self.to;
            }
        }
        Ok(())
    }

    async fn ask(&self) -> std::result::Result<Reply, Trouble> {
        let mut ask = self.source.ask().with(header::RANGE, &format!("bytes={}-{}", self.at, self.to - 1));
        if let Some(tag) = self.version.guard() {
            ask = ask.with(header::IF_RANGE, tag);
        }
        let reply = self.source.site.reply(&ask).await?;
        let answer = &reply.answer;
        let now = Version::of(answer.status(), answer.headers());
        if answer.status() == StatusCode::RANGE_NOT_SATISFIABLE {
            return Err(changed("it is shorter now"));
        }
        if !answer.status().is_success() {
            return Err(Trouble::of_answer(reply.answer).await);
        }
        if let Some(why) = self.version.differs(&now) {
            return Err(changed(why));
        }
        match Span::of(answer.headers()).filter(|_| answer.status() == StatusCode::PARTIAL_CONTENT) {
            Some(span) if span.from == self.at => Ok(reply),
            Some(_) => Err(wrong_range()),
            None => Err(Trouble::transient(
                "http.range_ignored",
                "the server gave a part of the file before, and does not give one now",
            )),
        }
    }
}
