//! An object that the endpoint puts together itself, out of objects that lie there: they are copied into its parts, and only what stands
//! between them, and too little of them to be a part, passes through this machine.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use longshore_transfer::storage::{Composer, Error, Finish, Known, ReadOptions, Reader, Result, Status, Storage};
use tokio::task::JoinHandle;

use super::S3;
use super::error::Refusal;
use super::key::{Target, encode};
use super::parts::PARTS;
use super::read::ObjectReader;
use super::site::Site;
use super::upload::{Held, Upload};
use crate::bridge;
use crate::place::Place;

const MIB: u64 = 1 << 20;

/// Bytes of every part but the last, at least: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>.
const PART_MIN: u64 = 5 * MIB;

/// Bytes of a file from which on it is copied. Of each such file up to [`PART_MIN`] pass through this machine, to make a part of what stands
/// before it.
const WORTH: u64 = 16 * MIB;

/// Bytes that are copied in one request, if the limit of parts does not ask for more.
const COPY: u64 = 64 * MIB;

/// Bytes that are sent in one part, where files are too small to be copied.
const SENT: u64 = 16 * MIB;

/// Requests on their way at once.
const SIDE_BY_SIDE: usize = 4;

impl S3 {
    /// Begins to put an object together out of files of `source`.
    pub(super) fn composer(
        &self,
        source: &dyn Storage,
        path: &[u8],
        known: Known,
        files: u64,
    ) -> Result<Option<Box<dyn Composer>>> {
        let Some(source) = source.as_any().downcast_ref::<Self>().filter(|source| source.account == self.account)
        else {
            return Ok(None);
        };
        // Each file may be one part more than its bytes need.
        let copy = COPY.max((known.size / (PARTS / 2)).next_multiple_of(MIB));
        let parts = 2 * files + known.size / copy + known.size / SENT.max(copy);
        if files == 0 || known.size / files < WORTH || parts > PARTS {
            return Ok(None);
        }
        let target = self.site.target("Putting together", path)?;
        let place = self.site.place(path);
        let (upload, earlier) = self.site.wait(begun(&self.site, &place, &target))?;
        let (flights, filling) = (VecDeque::new(), Vec::new());
        let source = Arc::clone(&source.site);
        Ok(Some(Box::new(ObjectComposer {
            source,
            upload,
            copy,
            filling,
            number: 0,
            flights,
            done: Vec::new(),
            earlier,
        })))
    }
}

/// What was begun and not finished, with its parts, or a new upload.
async fn begun(site: &Arc<Site>, place: &Place, target: &Target) -> Result<(Upload, HashMap<i32, Held>)> {
    let mut unfinished = Upload::unfinished(site, place, target).await?.into_iter();
    // Parts that are copied have no checksum that was taken here.
    let (newest, mut stale) = match unfinished.next() {
        Some(upload) if !upload.crc => (Some(upload), Vec::new()),
        other => (None, Vec::from_iter(other)),
    };
    stale.extend(unfinished);
    for upload in stale {
        upload.abort().await?;
    }
    match newest {
        Some(upload) => {
            let parts = upload.parts().await?;
            Ok((upload, parts))
        }
        None => Ok((Upload::begin_plain(site, place, target).await?, HashMap::new())),
    }
}

struct ObjectComposer {
    source: Arc<Site>,
    upload: Upload,
    /// Bytes that are copied in one request.
    copy: u64,
    /// Bytes that are sent in the next part.
    filling: Vec<u8>,
    /// Of the last part.
    number: i32,
    flights: VecDeque<JoinHandle<std::result::Result<Held, Refusal>>>,
    done: Vec<Held>,
    /// Parts that an earlier session made: the same pieces make the same parts.
    earlier: HashMap<i32, Held>,
}

/// A range of an object that becomes a part.
struct Range {
    /// `bucket/key` as the header names it.
    named: String,
    etag: Option<String>,
    from: u64,
    bytes: u64,
}

impl ObjectComposer {
    fn site(&self) -> &Arc<Site> {
        &self.upload.site
    }

    /// Sends a part, or has it copied, once there is room for one more.
    fn fly(&mut self, part: impl Future<Output = std::result::Result<Held, Refusal>> + Send + 'static) -> Result<()> {
        self.land(SIDE_BY_SIDE - 1)?;
        let ended = |error: std::io::Error| {
            self.upload.place.told("Putting together", "io.error", Status::Transient, error.to_string())
        };
        let handle = bridge::handle().map_err(ended)?;
        self.flights.push_back(handle.spawn(part));
        Ok(())
    }

    /// Waits until no more than so many parts are on their way.
    fn land(&mut self, flights: usize) -> Result<()> {
        while self.flights.len() > flights {
            let Some(mut flight) = self.flights.pop_front() else { return Ok(()) };
            let landed = self.site().wait(async { Ok::<_, Error>((&mut flight).await) })?;
            let ended = |error: tokio::task::JoinError| {
                self.upload.place.told("Putting together", "io.error", Status::Transient, error.to_string())
            };
            self.done.push(landed.map_err(ended)??);
        }
        Ok(())
    }

    /// Sends what is filled as a part.
    fn ship(&mut self) -> Result<()> {
        let bytes = Bytes::from(std::mem::take(&mut self.filling));
        self.number += 1;
        let (number, upload, earlier) = (self.number, self.upload.clone(), self.earlier.remove(&self.number));
        self.fly(async move {
            match earlier {
                Some(held) if held.is(&bytes) => Ok(held),
                _ => upload.send(number, &bytes).await,
            }
        })
    }

    /// Has a range copied into a part.
    fn take_over(&mut self, range: Range) -> Result<()> {
        self.number += 1;
        let (number, upload, earlier) = (self.number, self.upload.clone(), self.earlier.remove(&self.number));
        self.fly(async move {
            match earlier {
                // Whether its bytes are right is seen when the object is read: nothing here has seen those of any part that was copied.
                Some(held) if held.size == range.bytes => Ok(held),
                _ => upload.copy(number, &range.named, range.etag, range.from, range.bytes).await,
            }
        })
    }

    /// Takes in so many bytes of an object.
    fn fill(&mut self, path: &[u8], target: &Target, bytes: u64) -> Result<()> {
        let options = ReadOptions { until: Some(bytes), ..ReadOptions::default() };
        let place = self.source.place(path);
        let mut reader = ObjectReader::open(Arc::clone(&self.source), place.clone(), target.clone(), options)?;
        let mut left = bytes;
        while left > 0 {
            let begin = self.filling.len();
            let count = usize::try_from(left.min(SENT.saturating_sub(begin as u64).max(1))).unwrap_or(1);
            self.filling.resize(begin + count, 0);
            let read = reader.read(&mut self.filling[begin..])?;
            if read < count {
                return Err(changed(&place, bytes - left + read as u64, bytes));
            }
            left -= read as u64;
            if self.filling.len() as u64 >= SENT {
                self.ship()?;
            }
        }
        Ok(())
    }
}

fn changed(place: &Place, found: u64, known: u64) -> Error {
    let why = format!("it has {found} bytes, the ledger says {known}");
    place.told("Copying", "file.changed", Status::Permanent, why)
}

impl Composer for ObjectComposer {
    fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.filling.extend_from_slice(bytes);
        if self.filling.len() as u64 >= SENT { self.ship() } else { Ok(()) }
    }

    fn file(&mut self, path: &[u8], size: u64, stop: &dyn Fn() -> bool) -> Result<bool> {
        let (target, place) = (self.source.target("Copying", path)?, self.source.place(path));
        let head = self.source.wait(self.source.head(&place, &target))?;
        let found = head.content_length().and_then(|size| u64::try_from(size).ok()).unwrap_or(0);
        if found != size {
            return Err(changed(&place, found, size));
        }
        if size < WORTH {
            self.fill(path, &target, size)?;
            return Ok(!stop());
        }
        // What stands before it becomes a part with as much of it as that needs.
        let lead = if self.filling.is_empty() { 0 } else { PART_MIN.saturating_sub(self.filling.len() as u64) };
        self.fill(path, &target, lead)?;
        if !self.filling.is_empty() {
            self.ship()?;
        }
        let named = format!("{}/{}", target.bucket, encode(&target.key));
        let pieces = (size - lead).div_ceil(self.copy);
        for piece in 0..pieces {
            if stop() {
                return Ok(false);
            }
            // Of one size, so that none is too small to be a part.
            let at = |piece: u64| {
                lead + (size - lead) / pieces * piece + (size - lead) % pieces * u64::from(piece == pieces)
            };
            let (from, etag) = (at(piece), head.e_tag().map(str::to_owned));
            self.take_over(Range { named: named.clone(), etag, from, bytes: at(piece + 1) - from })?;
        }
        Ok(true)
    }

    fn commit(mut self: Box<Self>, finish: &Finish) -> Result<()> {
        if !self.filling.is_empty() {
            self.ship()?;
        }
        self.land(0)?;
        let parts = std::mem::take(&mut self.done);
        self.site().wait(self.upload.finish(parts, !finish.replace))
    }
}

impl Drop for ObjectComposer {
    fn drop(&mut self) {
        // What is still on its way would go on, and a later session could take it for its own.
        self.flights.drain(..).for_each(|flight| flight.abort());
    }
}
