//! What is wrong with a storage, and what was seen of it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use longshore_transfer::storage::{Result, Status};

use super::error;

/// What happens when a file is opened for reading.
pub(super) type OnRead = Arc<dyn Fn() + Send + Sync>;

/// What is wrong, and what was seen.
#[derive(Default)]
pub(super) struct State {
    pub(super) unreadable: Mutex<Vec<Vec<u8>>>,
    pub(super) on_read: Mutex<BTreeMap<Vec<u8>, OnRead>>,
    pub(super) script: Mutex<Script>,
    /// Bytes that can still be written; `u64::MAX` for any number.
    pub(super) room: AtomicU64,
    pub(super) calls: AtomicU64,
    /// Files that were opened for reading.
    pub(super) opened: AtomicU64,
    /// What it says of how many go side by side; 0 for what the inner one says.
    pub(super) width: AtomicUsize,
    pub(super) written: AtomicU64,
    pub(super) read: AtomicU64,
}

/// Faults by the number of a call, or by the byte.
#[derive(Default)]
pub(super) struct Script {
    pub(super) unplug_at: Option<u64>,
    pub(super) fail_at: Option<(u64, &'static str, Status)>,
    pub(super) flip: Option<(Vec<u8>, u64)>,
    pub(super) cut: Option<(Vec<u8>, u64)>,
    pub(super) bad: Option<(Vec<u8>, u64)>,
}

pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    pub(super) fn new() -> Self {
        Self { room: AtomicU64::new(u64::MAX), ..Self::default() }
    }

    pub(super) fn heal(&self) {
        locked(&self.unreadable).clear();
        locked(&self.on_read).clear();
        *locked(&self.script) = Script::default();
        self.room.store(u64::MAX, Ordering::SeqCst);
        self.calls.store(0, Ordering::SeqCst);
    }

    /// Counts a call, and fails it if it is its turn.
    pub(super) fn pass(&self, path: &[u8]) -> Result<()> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        let script = locked(&self.script);
        if script.unplug_at.is_some_and(|at| call >= at) {
            return Err(error("storage.missing", Status::Unusable, path));
        }
        match script.fail_at {
            Some((at, code, status)) if at == call => Err(error(code, status, path)),
            _ => Ok(()),
        }
    }

    /// How many of so many bytes can still be written.
    pub(super) fn grant(&self, bytes: usize) -> usize {
        let mut granted = bytes;
        let take = |room: u64| {
            granted = usize::try_from(room).map_or(bytes, |room| room.min(bytes));
            Some(if room == u64::MAX { room } else { room - granted as u64 })
        };
        // Taking never fails.
        let _ = self.room.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take);
        granted
    }

    /// Fails the reading of so many bytes at `at`, if a bad one is among them.
    pub(super) fn readable(&self, path: &[u8], at: u64, bytes: usize) -> Result<()> {
        let script = locked(&self.script);
        let hit = script.bad.as_ref().is_some_and(|(bad, byte)| bad == path && (at..at + bytes as u64).contains(byte));
        if hit { Err(error("io.error", Status::Transient, path)) } else { Ok(()) }
    }

    /// Does to what was read at `at` what is to be done to it; gives how many bytes of it are left.
    pub(super) fn distort(&self, path: &[u8], at: u64, bytes: &mut [u8]) -> usize {
        let script = locked(&self.script);
        if let Some((_, offset)) = script.flip.as_ref().filter(|(flipped, _)| flipped == path)
            && let Some(byte) = offset.checked_sub(at).and_then(|at| bytes.get_mut(usize::try_from(at).ok()?))
        {
            *byte ^= 1;
        }
        let left = script.cut.as_ref().filter(|(cut, _)| cut == path).map(|(_, length)| length.saturating_sub(at));
        left.and_then(|left| usize::try_from(left).ok()).map_or(bytes.len(), |left| left.min(bytes.len()))
    }
}
