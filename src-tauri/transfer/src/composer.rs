//! Files that are put together where their parts lie.

use crate::storage::{Finish, Result};

/// A file that its storage puts together itself ([`crate::storage::Storage::compose`]).
pub trait Composer: Send {
    /// Appends bytes.
    fn bytes(&mut self, bytes: &[u8]) -> Result<()>;
    /// Appends a file of the source. Another size than this is `file.changed`. `stop` is asked now and then: `false` where it said so.
    fn file(&mut self, path: &[u8], size: u64, stop: &dyn Fn() -> bool) -> Result<bool>;
    /// Gives it its final name, as [`crate::storage::Writer::commit`] does. What was put together before stays for another that takes it up if this is
    /// not called.
    fn commit(self: Box<Self>, finish: &Finish) -> Result<()>;
}
