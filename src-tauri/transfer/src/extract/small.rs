//! A window of small entries: written side by side, synced together, read back side by side, and named.

use super::run::{Done, Extraction, Places, concerns_one_file, mismatch};
use super::{Item, What};
use crate::buffer::Pool;
use crate::crew::{THREADS, side_by_side};
use crate::hash::Hashes;
use crate::storage::{Finish, ReadOptions, Reader, Storage};
use crate::{Fail, Result};

/// Bytes between two files of a block that are read and dropped, rather than opening the block anew behind them.
const GAP: u64 = 64 << 10;

/// An entry, and whether it got through so far.
type Settled<'i> = (&'i Item, std::result::Result<bool, Fail>);

pub(super) fn window(extraction: &mut Extraction<'_>, items: &[Item]) -> Result<()> {
    let places = extraction.places;
    let written = write_all(extraction, items).and_then(|written| read_back_all(extraction, written));
    let named = written.and_then(|entries| name_all(places, entries));
    let entries = named.inspect_err(|_| discard(places.target, items))?;
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for (item, result) in entries {
        let bytes = matches!(item.what, What::File { .. }).then(|| item.size());
        match result {
            Ok(medium) => done.push(Done { id: item.id, bytes, medium }),
            Err(fail) => failed.push((item, fail)),
        }
    }
    extraction.report(&done, failed, items.last().map_or(0, |item| item.id))
}

/// Writes every file under its temporary name, and makes folders and links; all is synced when this returns.
fn write_all<'i>(extraction: &mut Extraction<'_>, items: &'i [Item]) -> Result<Vec<Settled<'i>>> {
    let (places, buffers) = (extraction.places, Pool::new(THREADS, extraction.observer.pace().buffer));
    let (mut bytes, mut files) = (0, 0);
    let (results, outcome) = side_by_side(
        THREADS,
        items,
        || (Source { places, open: None }, buffers.take()),
        |(source, buffer), item| {
            let buffer = buffer.as_mut().ok_or(Fail::Broken)?;
            one(item, write(source, item, buffer.bytes_mut()).map(|()| true))
        },
        |result| {
            if let Some((item, Ok(_))) = result {
                bytes += item.size();
                files += u64::from(matches!(item.what, What::File { .. }));
            }
            extraction.tick(bytes, files, result.map(|(item, _)| *item))
        },
    );
    outcome?;
    places.target.sync_all()?;
    Ok(results.into_iter().flatten().collect())
}

/// Keeps a failure that concerns only this entry beside it; any other ends the window.
fn one(item: &Item, result: Result<bool>) -> Result<Settled<'_>> {
    match result {
        Err(fail) if !concerns_one_file(&fail) => Err(fail),
        result => Ok((item, result)),
    }
}

fn write(source: &mut Source<'_>, item: &Item, buffer: &mut [u8]) -> Result<()> {
    let target = source.places.target;
    match &item.what {
        What::Folder => Ok(target.make_folder(&item.path)?),
        What::Link(to) => {
            target.make_link(&item.path, to)?;
            Ok(target.set_meta(&item.path, None, Some(item.mtime))?)
        }
        What::File { data, size, sha256 } => write_file(source, item, (*data, *size, sha256), buffer),
    }
}

fn write_file(
    source: &mut Source<'_>,
    item: &Item,
    (data, size, sha256): (u64, u64, &[u8; 32]),
    buffer: &mut [u8],
) -> Result<()> {
    let mut hashes = Hashes::new(false);
    let mut writer = source.places.target.write(&item.path, None)?;
    let moved = source.each(data, size, buffer, |bytes| {
        hashes.update(bytes);
        Ok(writer.write(bytes)?)
    });
    let found = hashes.finish().sha256;
    let wrong = (found != *sha256).then(|| mismatch(item, sha256, &found));
    if let Some(fail) = moved.err().or(wrong) {
        // The failure is what matters; a temporary file that cannot be taken away is swept later.
        let _ = writer.abort();
        return Err(fail);
    }
    Ok(writer.settle(&Finish { mode: Some(item.mode), mtime: Some(item.mtime), ..Finish::default() })?)
}

fn read_back_all<'i>(extraction: &mut Extraction<'_>, written: Vec<Settled<'i>>) -> Result<Vec<Settled<'i>>> {
    let (target, buffers) = (extraction.places.target, Pool::new(THREADS, extraction.observer.pace().buffer));
    let (results, outcome) = side_by_side(
        THREADS,
        &written,
        || buffers.take(),
        |buffer, (item, result)| match (&item.what, result) {
            (What::File { sha256, .. }, Ok(_)) => {
                let buffer = buffer.as_mut().ok_or(Fail::Broken)?;
                one(item, read_back(target, item, sha256, buffer.bytes_mut()))
            }
            _ => Ok((*item, Ok(true))),
        },
        |_| extraction.tick(0, 0, None),
    );
    outcome?;
    // What had failed before stays failed.
    let again = results.into_iter().flatten();
    Ok(written.into_iter().zip(again).map(|(first, second)| if first.1.is_err() { first } else { second }).collect())
}

/// Reads a temporary file from the medium and compares it; gives whether it really came from there.
fn read_back(target: &dyn Storage, item: &Item, sha256: &[u8; 32], buffer: &mut [u8]) -> Result<bool> {
    let mut reader = target.read(&item.path, ReadOptions { offset: 0, medium: true, part: true, until: None })?;
    let mut hashes = Hashes::new(false);
    loop {
        let count = reader.read(buffer)?;
        hashes.update(&buffer[..count]);
        if count < buffer.len() {
            break;
        }
    }
    let found = hashes.finish().sha256;
    if found == *sha256 {
        return Ok(reader.reads_medium());
    }
    target.discard(&item.path)?;
    Err(mismatch(item, sha256, &found))
}

/// Gives final names, and syncs these.
fn name_all<'i>(places: Places<'_>, mut entries: Vec<Settled<'i>>) -> Result<Vec<Settled<'i>>> {
    for (item, result) in &mut entries {
        if result.is_ok() && matches!(item.what, What::File { .. }) {
            let named = places.target.publish(&item.path, places.options.replace).map_err(Fail::from);
            if let Err(fail) = named {
                places.target.discard(&item.path)?;
                *result = one(item, Err(fail))?.1;
            }
        }
    }
    places.target.sync_all()?;
    Ok(entries)
}

/// Takes away what a window has left that will not be finished.
fn discard(target: &dyn Storage, items: &[Item]) {
    for item in items.iter().filter(|item| matches!(item.what, What::File { .. })) {
        // The failure that led here is what matters; what cannot be taken away is swept later.
        let _ = target.discard(&item.path);
    }
}

/// The block, kept open from one file to the next.
struct Source<'a> {
    places: Places<'a>,
    open: Option<(Box<dyn Reader>, u64)>,
}

impl Source<'_> {
    /// Calls `each` with the bytes of a range, piece by piece. A range that the block does not have to its end is given as far as it goes.
    fn each(
        &mut self,
        from: u64,
        length: u64,
        buffer: &mut [u8],
        mut each: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        if length == 0 {
            return Ok(());
        }
        let mut reader = self.at(from, buffer)?;
        let mut left = length;
        while left > 0 {
            let wanted = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
            let count = reader.read(&mut buffer[..wanted])?;
            each(&buffer[..count])?;
            left -= count as u64;
            if count < wanted {
                return Ok(());
            }
        }
        self.open = Some((reader, from + length));
        Ok(())
    }

    fn at(&mut self, from: u64, buffer: &mut [u8]) -> Result<Box<dyn Reader>> {
        if let Some((mut reader, at)) = self.open.take()
            && from >= at
            && from - at <= GAP.min(buffer.len() as u64)
        {
            let gap = usize::try_from(from - at).unwrap_or(0);
            if gap == 0 || reader.read(&mut buffer[..gap])? == gap {
                return Ok(reader);
            }
        }
        Ok(self.places.block.read(self.places.path, ReadOptions { offset: from, ..ReadOptions::default() })?)
    }
}
