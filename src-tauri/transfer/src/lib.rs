//! Moving and proving bytes between any two storages: hashing in the pass that moves, resuming at the byte, reading back.
//!
//! Knows storages only by the traits in [`storage`]; names no system, no dataset and no database. Calls block: they use a few
//! threads of their own while they run, and none afterwards. All that they hold of the data are the buffers that [`Pace`] allows,
//! whatever the size of a file or the number of files.

pub mod bandwidth;
mod behind;
mod buffer;
pub mod check;
mod composer;
pub mod copy;
pub mod crew;
pub mod extract;
mod fail;
mod follow;
mod halt;
pub mod hash;
pub mod level;
mod line;
pub mod many;
mod pace;
pub mod pack;
mod part;
pub mod storage;
mod stream;
pub mod sum;
pub mod sweep;

pub use buffer::Memory;
pub use fail::{Fail, Result};
pub use pace::Pace;

/// What every call of this crate is given by its caller, who sits in the calling thread: none of these is called from another.
pub trait Watch {
    /// How far the call is: bytes and files done, those of earlier sessions included, and the path worked on.
    fn progress(&mut self, bytes: u64, files: u64, now: &[u8]);
    /// Whether to stop: asked at least every 50 ms. The call then returns [`Fail::Cancelled`] and leaves everything as its
    /// last checkpoint needs it.
    fn cancelled(&self) -> bool;
    /// How much at a time, and how often a checkpoint: asked once, at the start. What is given here suits files and disks.
    fn pace(&self) -> Pace {
        Pace::default()
    }
}
