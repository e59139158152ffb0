//! The checksum of a file, of its bytes.

use crate::buffer::Pool;
use crate::hash::{Digests, Hashes};
use crate::storage::{ReadOptions, Storage, UNKNOWN_SIZE};
use crate::stream::{self, Stream};
use crate::{Fail, Pace, Result};

/// Bytes up to which a file is read and hashed in turns.
const SMALL: usize = 1 << 20;

/// Buffers of the reading of a large one.
const BUFFERS: usize = 4;

/// SHA-256 of the bytes of a file. `go_on` is asked now and then; its failure ends the reading.
pub fn sha256(
    storage: &dyn Storage,
    path: &[u8],
    options: ReadOptions,
    go_on: &mut dyn FnMut() -> Result<()>,
) -> Result<[u8; 32]> {
    Ok(digests(storage, path, options, false, go_on)?.sha256)
}

/// MD5 of the bytes of a file, in the same way.
pub fn md5(
    storage: &dyn Storage,
    path: &[u8],
    options: ReadOptions,
    go_on: &mut dyn FnMut() -> Result<()>,
) -> Result<[u8; 16]> {
    digests(storage, path, options, true, go_on)?.md5.ok_or(Fail::Broken)
}

/// SHA-256, and MD5 if it is asked for, in the same pass.
pub fn digests(
    storage: &dyn Storage,
    path: &[u8],
    options: ReadOptions,
    md5: bool,
    go_on: &mut dyn FnMut() -> Result<()>,
) -> Result<Digests> {
    go_on()?;
    let mut reader = storage.read(path, options)?;
    let mut hashes = Hashes::new(md5);
    let mut buffer = Pool::new(1, SMALL).take().ok_or(Fail::Broken)?;
    let read = reader.read(buffer.bytes_mut())?;
    hashes.update(&buffer.bytes()[..read]);
    if read < SMALL {
        return Ok(hashes.finish());
    }
    drop(buffer);
    let stream = Stream { reader, writer: None, before: read as u64, hashes, size: UNKNOWN_SIZE, reach: None };
    let pace = Pace { buffers: BUFFERS, ..Pace::default() };
    Ok(stream::run(stream, pace, &mut |_| go_on())?.digests)
}
