//! Making what was written survive power loss while more is written.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use rustix::fd::OwnedFd;
use rustix::io::Errno;

use super::os;

/// A thread that syncs a file as often as it is told to.
pub(super) struct Syncing {
    wanted: Sender<u64>,
    reached: Arc<Reached>,
    thread: JoinHandle<()>,
}

#[derive(Default)]
struct Reached {
    synced: AtomicU64,
    failed: OnceLock<Errno>,
}

impl Syncing {
    /// For an open file; nothing is synced yet.
    pub(super) fn start(file: &OwnedFd) -> Result<Self, Errno> {
        let file = file.try_clone().map_err(|_| Errno::MFILE)?;
        let (wanted, told) = channel();
        let reached = Arc::new(Reached::default());
        let shared = Arc::clone(&reached);
        let run = move || run(&file, &told, &shared);
        let thread = std::thread::Builder::new().name("sync".into()).spawn(run).map_err(|_| Errno::AGAIN)?;
        Ok(Self { wanted, reached, thread })
    }

    /// So many bytes are written, and are to be synced.
    pub(super) fn want(&self, bytes: u64) {
        // A thread that is gone has failed, which is said when it is asked how far it is.
        let _ = self.wanted.send(bytes);
    }

    /// Waits until nothing is being synced any more. A failure to write is told to one call only: whoever syncs after this must have
    /// asked for it here.
    pub(super) fn end(self) -> Result<(), Errno> {
        let Self { wanted, reached, thread } = self;
        drop(wanted);
        let ended = thread.join();
        reached.failed.get().map_or(ended.map_err(|_| Errno::IO), |errno| Err(*errno))
    }

    /// Bytes that are synced.
    pub(super) fn synced(&self) -> Result<u64, Errno> {
        match self.reached.failed.get() {
            Some(errno) => Err(*errno),
            None => Ok(self.reached.synced.load(Ordering::Acquire)),
        }
    }
}

fn run(file: &OwnedFd, told: &Receiver<u64>, reached: &Reached) {
    while let Ok(wanted) = told.recv() {
        // One call is for all that were asked for by now.
        let wanted = told.try_iter().last().unwrap_or(wanted);
        match os::sync_data(file) {
            Ok(()) => reached.synced.store(wanted, Ordering::Release),
            Err(errno) => {
                let _ = reached.failed.set(errno);
                return;
            }
        }
    }
}
