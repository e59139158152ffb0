//! Checksums that a storage takes of what it stores while more of it comes.

/// A checksum of a temporary file that its storage takes behind the writing ([`crate::storage::Storage::follow`]). Dropped, it is given up.
///
/// It spares the time in which nothing else would be done once all is written, and nothing rests on it alone: what it cannot say, or says
/// to be another, is asked of the file that is finished ([`crate::storage::Storage::checksum`]).
pub trait Follow: Send {
    /// The first `bytes` of the file are written and synced: they may be read. `false` where it can go no further.
    fn reach(&mut self, bytes: u64) -> bool;
    /// The SHA-256 of the file, which has so many `bytes` and is finished; it may have its final name by now. `None` where the storage
    /// cannot say.
    fn finish(self: Box<Self>, bytes: u64) -> Option<[u8; 32]>;
}
