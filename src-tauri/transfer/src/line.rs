//! What the pipelines share: threads that take the same buffers in order, stop together, and meet at marks.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::buffer::{Buffer, Pool};
use crate::{Fail, Pace, Result, halt};

/// How long the conductor waits for news before it asks whether to stop.
const PATIENCE: Duration = Duration::from_millis(25);

/// One buffer of a stream, with what the stream's threads must know of it.
pub(crate) struct Chunk<N, M> {
    /// Number in the stream of this session, from 0.
    pub(crate) seq: u64,
    pub(crate) buffer: Buffer,
    pub(crate) note: N,
    /// Where the threads leave their states, once every so often.
    pub(crate) mark: Option<Arc<Mark<M>>>,
}

/// The first failure, seen by all threads of a line, and the buffers that they share.
pub(crate) struct Line {
    pub(crate) pool: Arc<Pool>,
    stopped: Arc<AtomicBool>,
    fail: Mutex<Option<Fail>>,
}

impl Line {
    pub(crate) fn new(pace: &Pace) -> Self {
        Self { pool: Pool::new(pace.buffers, pace.buffer), stopped: Arc::default(), fail: Mutex::new(None) }
    }

    /// Stops all threads. The first failure is the one that is told.
    pub(crate) fn stop(&self, fail: Fail) {
        self.fail.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(fail);
        self.stopped.store(true, Ordering::Release);
        self.pool.close();
    }

    pub(crate) fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// The failure that stopped it, if one did.
    pub(crate) fn outcome(&self) -> Result<()> {
        match self.fail.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(fail) => Err(fail),
            None if self.stopped() => Err(Fail::Broken),
            None => Ok(()),
        }
    }

    /// Runs the body of a thread: its failure, or its panic, stops the others.
    pub(crate) fn guard<T>(&self, body: impl FnOnce() -> Result<T>) -> Option<T> {
        let watch = Unwind(self);
        let result = halt::within(&self.stopped, body);
        std::mem::forget(watch);
        result.map_err(|fail| self.stop(fail)).ok()
    }
}

/// Stops the line when dropped, which only a panic does.
struct Unwind<'a>(&'a Line);

impl Drop for Unwind<'_> {
    fn drop(&mut self) {
        self.0.stop(Fail::Broken);
    }
}

/// A place in the stream at which each of several threads leaves its state; the last to arrive sends it to the conductor.
pub(crate) struct Mark<M> {
    pub(crate) seq: u64,
    pub(crate) state: Mutex<M>,
    missing: AtomicUsize,
}

impl<M> Mark<M> {
    pub(crate) fn new(seq: u64, threads: usize, state: M) -> Arc<Self> {
        Arc::new(Self { seq, state: Mutex::new(state), missing: AtomicUsize::new(threads) })
    }

    /// Leaves a thread's state. `true` for the last one.
    pub(crate) fn arrive(&self, leave: impl FnOnce(&mut M)) -> bool {
        leave(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.missing.fetch_sub(1, Ordering::AcqRel) == 1
    }
}

/// Says when a mark is due: after so many bytes, so many members, or so much time.
pub(crate) struct Due {
    pace: Pace,
    granule: u64,
    /// Bytes after which a mark is due that is not due yet by the pace, if the last is not just past.
    fine: u64,
    bytes: u64,
    members: usize,
    since: Instant,
}

/// Marks in a large file: with one after each of so many parts, no more than half a hundredth of it lies behind the last.
const SHARE: u64 = 400;

/// Bytes between two marks, at least: each is a checkpoint to be saved.
const FINE: u64 = 1 << 20;

/// Time between two marks, at least, where the pace wants none yet.
const APART: Duration = Duration::from_millis(20);

/// Members between two marks, at most: what is reported at each is held in memory until then.
const MEMBERS: usize = 8192;

impl Due {
    /// Marks are at multiples of `granule` bytes only, as nothing else can be resumed from ([`Writer::granule`]).
    ///
    /// [`Writer::granule`]: crate::storage::Writer::granule
    pub(crate) fn new(pace: Pace, granule: u64) -> Self {
        Self { pace, granule: granule.max(1), fine: u64::MAX, bytes: 0, members: 0, since: Instant::now() }
    }

    /// The same for one file of so many bytes, of which a resume is to send hardly more again than what is missing.
    pub(crate) fn for_file(pace: Pace, granule: u64, size: u64) -> Self {
        // What lies behind the last mark is written anew, unless the storage knows it by its parts.
        let fine = if granule > 1 { u64::MAX } else { (size / SHARE).max(FINE) };
        Self { fine, ..Self::new(pace, granule) }
    }

    /// Whether there may be a mark at this place of the file.
    pub(crate) fn may_at(&self, at: u64) -> bool {
        at.is_multiple_of(self.granule)
    }

    /// After so many more bytes and members, at this place of the file: whether to mark now.
    pub(crate) fn after(&mut self, bytes: u64, members: usize, at: u64) -> bool {
        self.bytes += bytes;
        self.members += members;
        let Pace { checkpoint_bytes, checkpoint_every, .. } = self.pace;
        let passed = self.since.elapsed();
        let due = self.bytes >= checkpoint_bytes || self.members >= MEMBERS || passed >= checkpoint_every;
        let due = (due || self.bytes >= self.fine && passed >= APART) && self.may_at(at);
        if due {
            (self.bytes, self.members, self.since) = (0, 0, Instant::now());
        }
        due
    }
}

/// The chunks of a stream in their order, however they arrive.
pub(crate) struct Ordered<N, M> {
    arriving: Receiver<Arc<Chunk<N, M>>>,
    early: BTreeMap<u64, Arc<Chunk<N, M>>>,
    next: u64,
}

impl<N, M> Ordered<N, M> {
    pub(crate) fn new(arriving: Receiver<Arc<Chunk<N, M>>>) -> Self {
        Self { arriving, early: BTreeMap::new(), next: 0 }
    }
}

impl<N, M> Iterator for Ordered<N, M> {
    type Item = Arc<Chunk<N, M>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(chunk) = self.early.remove(&self.next) {
                self.next += 1;
                return Some(chunk);
            }
            let chunk = self.arriving.recv().ok()?;
            self.early.insert(chunk.seq, chunk);
        }
    }
}

/// Gives every chunk to each of several threads.
pub(crate) struct Fan<N, M>(pub(crate) Vec<Sender<Arc<Chunk<N, M>>>>);

impl<N, M> Clone for Fan<N, M> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<N, M> Fan<N, M> {
    pub(crate) fn send(&self, chunk: Chunk<N, M>) {
        let chunk = Arc::new(chunk);
        for thread in &self.0 {
            // A thread that is gone has stopped the line.
            let _ = thread.send(Arc::clone(&chunk));
        }
    }
}

/// Handles what the threads send until all of them are done; asks in between whether to stop. A failure stops them all; what they had
/// finished by then is still handled, so that a resume starts behind it, unless handling is what failed.
pub(crate) fn conduct<E>(line: &Line, events: &Receiver<E>, mut handle: impl FnMut(Option<E>) -> Result<()>) {
    let mut handling = true;
    loop {
        let event = match events.recv_timeout(PATIENCE) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        if !handling {
            continue;
        }
        if let Err(fail) = handle(event) {
            handling = matches!(fail, Fail::Cancelled);
            line.stop(fail);
        }
    }
}
