//! Moving and proving bytes between any two storages: hashing in the pass that moves, resuming at the byte, reading back.
//!
//! Knows storages only by the traits in [`storage`]; names no system, no dataset and no database. Calls block: they use a few
//! threads of their own while they run, and none afterwards. All that they hold of the data are [`BUFFERS`] buffers of
//! [`BUFFER`] bytes, whatever the size of a file or the number of files.

mod buffer;
pub mod check;
pub mod copy;
mod crew;
pub mod extract;
mod fail;
pub mod hash;
mod line;
pub mod many;
pub mod pack;
pub mod storage;
mod stream;
pub mod sweep;

pub use fail::{Fail, Result};

/// Bytes of one buffer of a pipeline.
pub const BUFFER: usize = 1 << 20;

/// Buffers that one pipeline has in use at most.
pub const BUFFERS: usize = 16;

/// Bytes between two checkpoints, at most.
pub const CHECKPOINT_BYTES: u64 = 64 << 20;

/// Time between two checkpoints, at most.
pub const CHECKPOINT_EVERY: std::time::Duration = std::time::Duration::from_secs(1);

/// What every call of this crate is given by its caller, who sits in the calling thread: none of these is called from another.
pub trait Watch {
    /// How far the call is: bytes and files done, those of earlier sessions included, and the path worked on.
    fn progress(&mut self, bytes: u64, files: u64, now: &[u8]);
    /// Whether to stop: asked at least every 50 ms. The call then returns [`Fail::Cancelled`] and leaves everything as its
    /// last checkpoint needs it.
    fn cancelled(&self) -> bool;
}
