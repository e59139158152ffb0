//! The manifest of an archived folder: a line for each file, `SHA256  PATH`, as `sha256sum -c` and BagIt read them.

use std::collections::BTreeMap;

use longshore_catalogue::PathBytes;
use longshore_engine::Fault;
use longshore_formats::bagit::manifest_line;
use longshore_transfer::storage::{Finish, ReadOptions, Storage};

use crate::faults::ToldAt as _;

/// What lies in the archive, by path below the folder.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Manifest {
    files: BTreeMap<Box<[u8]>, [u8; 32]>,
    changed: bool,
}

impl Manifest {
    /// Reads it; an empty one where there is none yet.
    pub(super) fn read(storage: &dyn Storage, path: &[u8]) -> Result<Self, Fault> {
        let name = storage.name();
        match storage.stat(path) {
            Err(error) if matches!(error.code, "file.missing" | "path.not_folder") => return Ok(Self::default()),
            found => found.told_at(name)?,
        };
        let mut reader = storage.read(path, ReadOptions::default()).told_at(name)?;
        let (mut manifest, mut rest, mut chunk) = (Self::default(), Vec::new(), vec![0; 256 << 10]);
        loop {
            let read = reader.read(&mut chunk).told_at(name)?;
            rest.extend_from_slice(&chunk[..read]);
            let whole = if read == 0 {
                rest.len()
            } else {
                rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
            };
            for line in rest[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                let Some((path, digest)) = parse(line) else {
                    let why = format!("This line is none of a manifest: {}", String::from_utf8_lossy(line));
                    return Err(Fault::permanent("archive.manifest", "What is in the archive is not known", why)
                        .now("Put the manifest right, or take it away: everything is sent again then.")
                        .on_file(PathBytes::new(path).to_text())
                        .at_place(name));
                };
                manifest.files.insert(path.into(), digest);
            }
            rest.drain(..whole);
            if read == 0 {
                return Ok(manifest);
            }
        }
    }

    /// Writes it, if anything in it is new.
    pub(super) fn write(&self, storage: &dyn Storage, path: &[u8]) -> Result<(), Fault> {
        let name = storage.name();
        if !self.changed {
            return Ok(());
        }
        let mut writer = storage.write(path, None).told_at(name)?;
        let mut chunk = Vec::new();
        for (path, digest) in &self.files {
            chunk.extend(manifest_line(digest, path));
            if chunk.len() >= 256 << 10 {
                writer.write(&chunk).told_at(name)?;
                chunk.clear();
            }
        }
        writer.write(&chunk).told_at(name)?;
        writer.commit(&Finish { mode: None, mtime: None, replace: true, durable: true }).told_at(name).map(drop)
    }

    /// Whether this file lies in the archive with these bytes, as far as the manifest knows.
    pub(super) fn has(&self, path: &[u8], digest: &[u8; 32]) -> bool {
        self.files.get(path) == Some(digest)
    }

    /// This file lies in the archive with these bytes.
    pub(super) fn enter(&mut self, path: &[u8], digest: [u8; 32]) {
        self.changed |= self.files.insert(path.into(), digest) != Some(digest);
    }
}

/// Path and checksum of a line.
fn parse(line: &[u8]) -> Option<(Vec<u8>, [u8; 32])> {
    let (hex, path) = line.split_at_checked(64)?;
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut digest = [0; 32];
    for (byte, two) in digest.iter_mut().zip(hex.chunks(2)) {
        *byte = digit(two[0])? << 4 | digit(two[1])?;
    }
    let mut rest = path.strip_prefix(b"  ")?;
    let mut path = Vec::with_capacity(rest.len());
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let coded = [(&b"0A"[..], b'\n'), (b"0D", b'\r'), (b"25", b'%')];
        let coded = coded.into_iter().filter(|_| *first == b'%').find(|(code, _)| after.starts_with(code));
        path.push(coded.map_or(*first, |(_, byte)| byte));
        rest = &rest[if coded.is_some() { 2 } else { 0 }..];
    }
    Some((path, digest)).filter(|(path, _)| !path.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_it_was_written() {
        for path in [&b"a"[..], b"a b/%41", b"line\nbreak\r", b"100%", b"%0A", b"\xff"] {
            let line = manifest_line(&[0xA5; 32], path);
            assert_eq!(parse(&line[..line.len() - 1]), Some((path.to_vec(), [0xA5; 32])));
        }
        for line in [&b""[..], b"short  a", b"zz", &[b'0'; 64], &[&[b'0'; 64][..], b"  "].concat()] {
            assert_eq!(parse(line), None);
        }
    }
}
