//! Reading a copy back while the rest of it is still on its way: what is synced is read from the medium meanwhile, or by the storage itself.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::copy::{self, Item};
use crate::hash::Hashes;
use crate::storage::{Error, Follow, Meta, ReadOptions, Reader, Status, Storage, UNKNOWN_SIZE};
use crate::stream::{self, Stream};
use crate::{Fail, Pace};

/// Bytes that are read back in one go: a disk that has to move its heads between what is written and what is read shall seldom do so.
const STEP: u64 = 32 << 20;

/// Bytes of a file that its storage is let to read while more of it comes: less is soon read once it is whole.
const WORTH: u64 = 2 * STEP;

/// Buffers of the reading back: it has little to wait for.
const BUFFERS: usize = 4;

/// How long to wait for its end before asking whether to stop.
const PATIENCE: Duration = Duration::from_millis(25);

/// How much of a copy is synced.
#[derive(Default)]
pub(crate) struct Reach {
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Default)]
struct State {
    /// Bytes from the file's start.
    synced: u64,
    /// These are all.
    whole: bool,
    /// Nobody wants to know any more.
    closed: bool,
}

impl Reach {
    /// So many bytes are synced.
    pub(crate) fn synced(&self, bytes: u64) {
        let mut state = self.lock();
        state.synced = state.synced.max(bytes);
        self.moved.notify_all();
    }

    fn whole(&self, bytes: u64) {
        *self.lock() = State { synced: bytes, whole: true, closed: false };
        self.moved.notify_all();
    }

    fn close(&self) {
        self.lock().closed = true;
        self.moved.notify_all();
    }

    /// Waits until `wanted` bytes are synced, or all there are; gives how many of them may be read. `None` once it is closed.
    fn wait(&self, wanted: u64) -> Option<u64> {
        let mut state = self.lock();
        while state.synced < wanted && !state.whole && !state.closed {
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        (!state.closed).then_some(state.synced.min(wanted))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The temporary file, read no further than it is synced.
struct Behind {
    inner: Box<dyn Reader>,
    reach: Arc<Reach>,
    at: u64,
    /// Bytes that are known to be synced.
    free: u64,
}

impl Reader for Behind {
    fn read(&mut self, buf: &mut [u8]) -> crate::storage::Result<usize> {
        let end = self.at + buf.len() as u64;
        if end > self.free {
            let step = (self.at + STEP).max(end);
            self.free = self.reach.wait(step).ok_or_else(given_up)?;
        }
        let count = usize::try_from(self.free.min(end) - self.at).unwrap_or(buf.len());
        let read = self.inner.read(&mut buf[..count])?;
        self.at += read as u64;
        Ok(read)
    }

    fn meta(&self) -> crate::storage::Result<Meta> {
        self.inner.meta()
    }

    fn reads_medium(&self) -> bool {
        self.inner.reads_medium()
    }
}

/// Nobody is told: it ends the reading back alone.
fn given_up() -> Error {
    let (what, why) = ("Reading back".to_owned(), "the copy came to no end".to_owned());
    Error { code: "io.error", status: Status::Transient, what, why, path: Vec::new(), storage: String::new() }
}

/// What was found, or nothing where that could not be done.
type Found = Option<copy::Found>;

/// A copy that is read back while it is written. Dropped, it is given up.
pub(crate) struct ReadBack {
    reach: Arc<Reach>,
    found: Receiver<Found>,
    thread: Option<JoinHandle<()>>,
}

impl ReadBack {
    /// Of the file that is being written for an item. `None` where the target has no medium to read from and does not read it itself.
    pub(crate) fn start(target: &dyn Storage, item: &Item, pace: Pace) -> Option<Self> {
        let reach = Arc::<Reach>::default();
        let behind = Arc::clone(&reach);
        if !target.capabilities().medium {
            let follow = if item.size < WORTH { None } else { target.follow(&item.target) }?;
            return Self::on(reach, move || followed(follow, &behind));
        }
        let inner = target.read(&item.target, ReadOptions { offset: 0, medium: true, part: true, until: None }).ok()?;
        let reader = Box::new(Behind { inner, reach: behind, at: 0, free: 0 });
        Self::on(reach, move || run(reader, Pace { buffers: BUFFERS, ..pace }))
    }

    /// On a thread of its own.
    fn on(reach: Arc<Reach>, work: impl FnOnce() -> Found + Send + 'static) -> Option<Self> {
        let (tell, found) = channel();
        let work = move || {
            let _ = tell.send(work());
        };
        let thread = thread::Builder::new().name("read-back".into()).spawn(work).ok()?;
        Some(Self { reach, found, thread: Some(thread) })
    }

    /// What it may read is said here.
    pub(crate) fn reach(&self) -> Arc<Reach> {
        Arc::clone(&self.reach)
    }

    /// The copy is finished and synced, with so many bytes: waits until the rest is read, unless it is to be `cancelled`.
    pub(crate) fn finish(self, bytes: u64, cancelled: &dyn Fn() -> bool) -> Found {
        self.reach.whole(bytes);
        loop {
            match self.found.recv_timeout(PATIENCE) {
                Ok(found) => return found,
                Err(RecvTimeoutError::Timeout) if !cancelled() => {}
                Err(_) => return None,
            }
        }
    }
}

impl Drop for ReadBack {
    fn drop(&mut self) {
        self.reach.close();
        // Its panic is told as nothing found.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn run(reader: Box<Behind>, pace: Pace) -> Found {
    let reach = Arc::clone(&reader.reach);
    let hashes = Hashes::new(false);
    let stream = Stream { reader, writer: None, before: 0, hashes, size: UNKNOWN_SIZE, reach: None };
    let go_on = |_| if reach.lock().closed { Err(Fail::Cancelled) } else { Ok(()) };
    let read = stream::run(stream, pace, &mut { go_on }).ok()?;
    // Where a file system allows no way past its cache, what was just written is still in it: that proves nothing.
    let proves = read.reader.reads_medium() && reach.wait(u64::MAX) == Some(read.bytes);
    proves.then_some(copy::Found::ReadBack(read.digests.sha256))
}

/// Lets the storage read what is synced.
fn followed(mut follow: Box<dyn Follow>, reach: &Reach) -> Found {
    let mut at = 0;
    // It begins at once: later the file may have another name.
    if !follow.reach(at) {
        return None;
    }
    loop {
        let free = reach.wait(at + STEP)?;
        if free < at + STEP {
            return follow.finish(free).map(copy::Found::ByStorage);
        }
        if !follow.reach(free) {
            return None;
        }
        at = free;
    }
}
