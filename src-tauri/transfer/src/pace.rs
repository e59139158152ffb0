//! How much at a time, and how often.

use std::time::Duration;

/// How much a call holds and handles at a time, and how often it saves a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Bytes of one buffer: a multiple of 4,096, so that storages can pass it by the page cache.
    pub buffer: usize,
    /// Buffers that one pipeline has in use at most.
    pub buffers: usize,
    /// Bytes between two checkpoints, at most.
    pub checkpoint_bytes: u64,
    /// Time between two checkpoints, at most.
    pub checkpoint_every: Duration,
    /// Files of more bytes than this go through a pipeline of their own, others side by side.
    pub small: u64,
    /// Files that are handled side by side before they are synced and reported together, at most.
    pub window: usize,
    /// Bytes of such files, at most.
    pub window_bytes: u64,
}

impl Pace {
    /// For so many files side by side: where a file is one request and much waiting, larger ones go side by side too.
    pub(crate) fn for_width(self, width: usize) -> Self {
        let small = if width > crate::crew::THREADS { self.small.max(self.window_bytes / 4) } else { self.small };
        Self { small, ..self }
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            buffer: 1 << 20,
            buffers: 16,
            checkpoint_bytes: 64 << 20,
            checkpoint_every: Duration::from_secs(1),
            small: 4 << 20,
            window: 2048,
            window_bytes: 64 << 20,
        }
    }
}
