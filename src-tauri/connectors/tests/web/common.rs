//! What the tests of HTTP and WebDAV share.

use std::sync::Arc;

use longshore_connectors::{Connection, connector};
use longshore_transfer::storage::{ReadOptions, Result, Storage};

/// Bytes of a MiB.
pub(crate) const MIB: usize = 1 << 20;

/// Bytes in which every place differs from its neighbours, and one MiB from the other.
#[allow(clippy::cast_possible_truncation)] // meant
pub(crate) fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8 ^ (at >> 12) as u8).collect()
}

/// The storage of a connection.
pub(crate) fn open(connection: &Connection) -> Arc<dyn Storage> {
    connector(&connection.kind).unwrap().open("there", connection, b"").unwrap()
}

/// The stable code of a failure.
pub(crate) fn code<T>(result: Result<T>) -> &'static str {
    result.err().map_or("none", |error| error.code)
}

/// All of a file from an offset on, by a buffer that is no multiple of anything.
pub(crate) fn read_from(storage: &dyn Storage, path: &[u8], offset: u64) -> Result<Vec<u8>> {
    let mut reader = storage.read(path, ReadOptions { offset, ..ReadOptions::default() })?;
    let (mut content, mut buffer) = (Vec::new(), vec![0; 300_007]);
    loop {
        let count = reader.read(&mut buffer)?;
        content.extend_from_slice(&buffer[..count]);
        if count < buffer.len() {
            return Ok(content);
        }
    }
}

/// All of a file.
pub(crate) fn read_all(storage: &dyn Storage, path: &[u8]) -> Result<Vec<u8>> {
    read_from(storage, path, 0)
}

/// The steps of a connection's test; the one that failed with its code.
pub(crate) fn steps(connection: &Connection, folder: &[u8], write: bool) -> String {
    let mut told = Vec::new();
    connector(&connection.kind).unwrap().test(connection, folder, write, &mut |step| {
        let failed = step.outcome.err().map(|error| format!(":{}", error.code));
        told.push(format!("{}{}", step.name, failed.unwrap_or_default()));
    });
    told.join(" ")
}

/// Rounds of a test that is repeated with other numbers: few, unless `LONGSHORE_ROUNDS` says how many.
pub(crate) fn rounds() -> u64 {
    std::env::var("LONGSHORE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(10)
}

/// A number that looks like chance and is the same each time (SplitMix64).
pub(crate) fn chance(seed: u64, below: u64) -> u64 {
    let mut z = seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (z ^ (z >> 31)) % below
}
