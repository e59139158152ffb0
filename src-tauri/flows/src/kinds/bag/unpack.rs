//! One file out of an archive: written, and its checksums taken in the same pass.

use std::io::{self, Read};

use longshore_engine::Fault;
use longshore_formats::archive::told;
use longshore_formats::bagit::{Algorithm, Digester};
use longshore_transfer::Memory;

use super::report::of_archive;
use super::staging::Staging;
use crate::faults::ToldAt as _;

/// Bytes that are read and written at a time.
const CHUNK: usize = 1 << 20;

/// Digests of a file.
pub(super) type Digests = Vec<(Algorithm, Vec<u8>)>;

/// A buffer for [`file`].
pub(super) fn buffer() -> Memory {
    Memory::new(CHUNK)
}

/// A file of an archive.
pub(super) struct File<'a> {
    /// Path in the staging folder.
    pub(super) path: &'a [u8],
    pub(super) executable: bool,
    /// The checksums to take.
    pub(super) algorithms: &'a [Algorithm],
    /// Whether it is unpacked by itself, so that its checksums may have several cores.
    pub(super) alone: bool,
    /// The archive, as it is shown.
    pub(super) archive: &'a str,
}

impl File<'_> {
    /// Writes it. `each` is told how many more bytes there are, before they are written.
    pub(super) fn write(
        &self,
        staging: &Staging,
        mut content: impl Read,
        buffer: &mut Memory,
        each: &mut dyn FnMut(u64) -> Result<(), Fault>,
    ) -> Result<Digests, Fault> {
        let place = staging.storage.name();
        let chunk = buffer.bytes_mut();
        let digester = Digester::new(self.algorithms.iter().copied());
        let mut digester = if self.alone { digester.apart() } else { digester };
        let mut writer = staging.write(self.path).told_at(place)?;
        loop {
            let count = fill(&mut content, chunk);
            let count = count.map_err(|error| of_archive(told(error, self.path), self.archive))?;
            if count == 0 {
                break;
            }
            each(count as u64)?;
            writer.write(&chunk[..count]).told_at(place)?;
            digester.update(&chunk[..count]);
        }
        Staging::close(writer, self.executable).told_at(place)?;
        Ok(digester.finish())
    }
}

/// Fills a buffer as far as there are bytes, so that whole ones can be written past the cache.
fn fill(content: &mut impl Read, chunk: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < chunk.len() {
        match content.read(&mut chunk[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted && error.get_ref().is_none() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
