//! A large file: written through a pipeline that can resume, read back through another, and named.

use super::run::{Done, Extraction, concerns_one_file, mismatch};
use super::{Item, What};
use crate::hash::{Hashes, Saved};
use crate::storage::{Finish, ReadOptions};
use crate::stream::{self, Note, Stream};
use crate::{Fail, Result};

pub(super) fn file(extraction: &mut Extraction<'_>, item: &Item, begun: Option<(u64, Saved)>) -> Result<()> {
    let What::File { data, size, sha256 } = item.what else { return Err(Fail::Broken) };
    let target = extraction.places.target;
    let brought = write(extraction, item, data, size, &sha256, begun)
        .and_then(|()| read_back(extraction, item, size, &sha256))
        .and_then(|medium| {
            target.publish(&item.path, extraction.places.options.replace)?;
            target.sync_all()?;
            Ok(medium)
        });
    match brought {
        Ok(medium) => {
            let done = Done { id: item.id, bytes: Some(size), medium };
            extraction.report(&[done], Vec::new(), item.id)
        }
        Err(fail) if concerns_one_file(&fail) => {
            target.discard(&item.path)?;
            extraction.report(&[], vec![(item, fail)], item.id)
        }
        Err(fail) => Err(fail),
    }
}

/// Writes it under its temporary name, synced.
fn write(
    extraction: &mut Extraction<'_>,
    item: &Item,
    data: u64,
    size: u64,
    sha256: &[u8; 32],
    begun: Option<(u64, Saved)>,
) -> Result<()> {
    let places = extraction.places;
    let part = places.target.partial(&item.path)?;
    let begun = begun.filter(|(bytes, _)| part.is_some_and(|part| part >= *bytes));
    let begun = begun.and_then(|(bytes, saved)| Some((bytes, Hashes::load(&saved)?)));
    let writer = places.target.write(&item.path, begun.as_ref().map(|(bytes, _)| *bytes))?;
    let (before, hashes) = begun.unwrap_or_else(|| (0, Hashes::new(false)));
    let reader = places.block.read(places.path, ReadOptions { offset: data + before, ..ReadOptions::default() })?;
    let stream = Stream { reader, writer: Some(writer), before, hashes, size, reach: None };
    let moved = stream::run(stream, extraction.observer.pace(), &mut |note| match note {
        Note::Tick => extraction.tick(0, 0, None),
        Note::At(bytes) => extraction.tick(bytes, 0, Some(item)),
        Note::Saved(bytes, saved, _) => extraction.save(Some((bytes, saved))),
    })?;
    if moved.digests.sha256 != *sha256 {
        return Err(mismatch(item, sha256, &moved.digests.sha256));
    }
    let mut writer = moved.writer.ok_or(Fail::Broken)?;
    writer.sync()?;
    Ok(writer.settle(&Finish { mode: Some(item.mode), mtime: Some(item.mtime), ..Finish::default() })?)
}

/// Reads the temporary file from the medium and compares it; gives whether it really came from there.
fn read_back(extraction: &mut Extraction<'_>, item: &Item, size: u64, sha256: &[u8; 32]) -> Result<bool> {
    let reader =
        extraction.places.target.read(&item.path, ReadOptions { offset: 0, medium: true, part: true, until: None })?;
    let stream = Stream { reader, writer: None, before: 0, hashes: Hashes::new(false), size: u64::MAX, reach: None };
    let moved = stream::run(stream, extraction.observer.pace(), &mut |_| extraction.tick(size, 0, None))?;
    if moved.bytes != size || moved.digests.sha256 != *sha256 {
        return Err(mismatch(item, sha256, &moved.digests.sha256));
    }
    Ok(moved.reader.reads_medium())
}
