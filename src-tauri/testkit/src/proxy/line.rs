//! A line of bytes under way, each with the time at which it came in.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::Instant;

/// Bytes that are taken from a socket at once.
const CHUNK: usize = 64 << 10;

/// What came in at once.
pub(super) struct Chunk {
    pub(super) came: Instant,
    /// Empty: the other side has said all.
    pub(super) bytes: Vec<u8>,
}

/// Where bytes go in.
pub(super) struct Entry {
    room: Arc<Semaphore>,
    chunks: mpsc::UnboundedSender<Chunk>,
}

/// Where they come out.
pub(super) struct Exit {
    room: Arc<Semaphore>,
    chunks: mpsc::UnboundedReceiver<Chunk>,
}

/// A line that holds this many bytes.
pub(super) fn line(buffer: usize) -> (Entry, Exit) {
    let room = Arc::new(Semaphore::new(buffer.max(CHUNK)));
    let (sender, receiver) = mpsc::unbounded_channel();
    (Entry { room: Arc::clone(&room), chunks: sender }, Exit { room, chunks: receiver })
}

impl Entry {
    /// Takes in all that comes, until the end of it.
    pub(super) async fn fill(self, mut from: impl AsyncRead + Unpin) -> std::io::Result<()> {
        loop {
            let mut bytes = Vec::with_capacity(CHUNK);
            let count = from.read_buf(&mut bytes).await?;
            if count < CHUNK / 4 {
                bytes.shrink_to_fit();
            }
            let taken = u32::try_from(count).unwrap_or(u32::MAX);
            let Ok(room) = self.room.acquire_many(taken).await else { return Ok(()) };
            room.forget();
            if self.chunks.send(Chunk { came: Instant::now(), bytes }).is_err() || count == 0 {
                return Ok(());
            }
        }
    }
}

impl Exit {
    pub(super) async fn next(&mut self) -> Option<Chunk> {
        self.chunks.recv().await
    }

    /// These bytes are not under way any more.
    pub(super) fn free(&self, bytes: usize) {
        self.room.add_permits(bytes);
    }
}
