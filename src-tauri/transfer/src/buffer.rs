//! A bounded number of buffers, aligned so that storages can pass them by the page cache.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Memory of buffers that no pool has in use, kept for the next one: pipelines come and go by the second, and memory that is given back to the
/// system each time, by ever new threads, is not always given back.
static SPARE: Mutex<Vec<Memory>> = Mutex::new(Vec::new());

/// Bytes of it, at most.
const SPARE_BYTES: usize = 32 << 20;

/// Alignment of a buffer's memory: what the usual devices ask for.
const ALIGN: usize = 4096;

/// Memory of one buffer, of which the part from `start` is used.
pub struct Memory {
    bytes: Vec<u8>,
    start: usize,
}

/// Buffers that are lent out and come back when dropped. Waiting for one is what bounds a pipeline.
pub(crate) struct Pool {
    size: usize,
    state: Mutex<State>,
    freed: Condvar,
}

struct State {
    free: Vec<Memory>,
    /// How many may still be made.
    unmade: usize,
    closed: bool,
}

/// A buffer on loan.
pub(crate) struct Buffer {
    memory: Option<Memory>,
    length: usize,
    pool: Arc<Pool>,
}

impl Pool {
    /// At most `count` buffers of `size` bytes, made when they are first needed.
    pub(crate) fn new(count: usize, size: usize) -> Arc<Self> {
        let state = State { free: Vec::new(), unmade: count, closed: false };
        Arc::new(Self { size, state: Mutex::new(state), freed: Condvar::new() })
    }

    /// A buffer of full length, of which the content is whatever it held last; waits for one. `None` once the pool is closed.
    pub(crate) fn take(self: &Arc<Self>) -> Option<Buffer> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some(memory) = state.free.pop() {
                return Some(self.lend(memory));
            }
            if state.unmade > 0 {
                state.unmade -= 1;
                drop(state);
                return Some(self.lend(Memory::new(self.size)));
            }
            state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Wakes everybody who waits, with nothing.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.freed.notify_all();
    }

    fn lend(self: &Arc<Self>, memory: Memory) -> Buffer {
        Buffer { memory: Some(memory), length: self.size, pool: Arc::clone(self) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
        spare.append(&mut self.lock().free);
        spare.truncate(SPARE_BYTES / self.size.max(1));
    }
}

impl Memory {
    /// Spare memory of that size, or new.
    pub fn new(size: usize) -> Self {
        let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
        let fitting = spare.iter().position(|memory| memory.bytes.len() == size + ALIGN);
        if let Some(memory) = fitting.map(|at| spare.swap_remove(at)) {
            return memory;
        }
        drop(spare);
        let bytes = vec![0; size + ALIGN];
        let start = bytes.as_ptr().align_offset(ALIGN).min(ALIGN);
        Self { bytes, start }
    }

    /// Its bytes: as many as were asked for.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        let end = self.bytes.len() - (ALIGN - self.start);
        &mut self.bytes[self.start..end]
    }
}

impl Buffer {
    /// What it holds.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.memory.as_ref().map_or(&[], |memory| &memory.bytes[memory.start..memory.start + self.length])
    }

    /// What it holds, to be written.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        let length = self.length;
        self.memory.as_mut().map_or(&mut [], |memory| &mut memory.bytes[memory.start..memory.start + length])
    }

    /// Shortens it.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if let Some(memory) = self.memory.take() {
            self.pool.lock().free.push(memory);
            self.pool.freed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn buffers_are_aligned_and_come_back() {
        let pool = Pool::new(2, 8192);
        let (first, second) = (pool.take().unwrap(), pool.take().unwrap());
        assert_eq!(first.bytes().as_ptr().align_offset(ALIGN), 0);
        assert_eq!((first.bytes().len(), second.bytes().len()), (8192, 8192));
        drop(first);
        let mut third = pool.take().unwrap();
        third.truncate(10);
        assert_eq!(third.bytes().len(), 10);
        pool.close();
        assert!(pool.take().is_none());
    }
}
