//! Datablocks that cannot be read at once: objects in an archive, which must be restored; files on a tape, which must be recalled.

use longshore_connectors::s3::{Restoration, S3, Speed};
use longshore_engine::Fault;
use longshore_transfer::storage::{ReadOptions, Storage};

use crate::faults::ToldAt as _;

/// How an archived object is asked for.
#[derive(Debug, Clone, Copy)]
pub(in crate::kinds) struct Ask {
    /// For how many days the restored copy is kept.
    pub(in crate::kinds) days: u32,
    pub(in crate::kinds) speed: Speed,
}

/// When a file can be read.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::kinds) enum Readable {
    Now,
    /// Once what was asked for is done.
    Later(Away),
}

/// Where a file is that cannot be read yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::kinds) enum Away {
    /// In an archive of an object storage, which takes hours.
    Archive,
    /// On a tape behind a file system, which takes minutes.
    Tape,
}

impl Away {
    /// Why it cannot be read, in words.
    pub(in crate::kinds) fn why(self) -> &'static str {
        match self {
            Self::Archive => "it lies in an archive, and is being restored from there",
            Self::Tape => "it lies on a tape, and was not recalled from there yet",
        }
    }
}

/// Whether a file can be read now. One that lies in an archive is asked for, unless it was; one that lies on a tape is recalled by reading
/// its first byte.
pub(in crate::kinds) fn readable(storage: &dyn Storage, path: &[u8], ask: Ask) -> Result<Readable, Fault> {
    let Some(s3) = storage.as_any().downcast_ref::<S3>() else { return first_byte(storage, path) };
    let stands = match s3.restoration(path).told_at(storage.name())? {
        Restoration::Archived => s3.restore(path, ask.days, ask.speed).told_at(storage.name())?,
        stands => stands,
    };
    Ok(match stands {
        Restoration::NotNeeded | Restoration::Restored(_) => Readable::Now,
        Restoration::Archived | Restoration::Ongoing => Readable::Later(Away::Archive),
    })
}

fn first_byte(storage: &dyn Storage, path: &[u8]) -> Result<Readable, Fault> {
    let read = storage.read(path, ReadOptions::default()).and_then(|mut reader| reader.read(&mut [0]));
    match read {
        Err(error) if error.code == "file.offline" => Ok(Readable::Later(Away::Tape)),
        read => read.map(|_| Readable::Now).told_at(storage.name()),
    }
}
