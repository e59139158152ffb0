//! Datablocks that cannot be read at once: objects in an archive, which must be restored.

use longshore_connectors::s3::{Restoration, S3, Speed};
use longshore_engine::Fault;
use longshore_transfer::storage::Storage;

use crate::faults::ToldAt as _;

/// How an archived object is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask {
    /// For how many days the restored copy is kept.
    pub(super) days: u32,
    pub(super) speed: Speed,
}

/// When a file can be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Readable {
    Now,
    /// Once what was asked for is done; why, in words.
    Later(String),
}

/// Whether a file can be read now. One that lies in an archive is asked for, unless it was.
pub(super) fn readable(storage: &dyn Storage, path: &[u8], ask: Ask) -> Result<Readable, Fault> {
    let Some(s3) = storage.as_any().downcast_ref::<S3>() else { return Ok(Readable::Now) };
    let stands = match s3.restoration(path).told_at(storage.name())? {
        Restoration::Archived => s3.restore(path, ask.days, ask.speed).told_at(storage.name())?,
        stands => stands,
    };
    Ok(match stands {
        Restoration::NotNeeded | Restoration::Restored(_) => Readable::Now,
        Restoration::Archived | Restoration::Ongoing => {
            Readable::Later("it lies in an archive, and is being restored from there".to_owned())
        }
    })
}
