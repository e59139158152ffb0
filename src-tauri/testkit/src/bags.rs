//! Archives as libraries send them: zips of bags, and plain ones.

use std::io::{self, Write as _};

use longshore_formats::bagit::{Algorithm, DECLARATION, Digester, manifest_line};
use longshore_formats::zip::{Head, Method, Writer};

/// A file of a work: its path in the work, and its bytes.
pub type WorkFile<'a> = (&'a str, &'a [u8]);

/// A zip with a valid bag for each of these works.
pub fn zip_of_bags(works: &[(&str, &[WorkFile<'_>])]) -> io::Result<Vec<u8>> {
    let mut zip = Writer::new(Vec::new());
    for (work, files) in works {
        let mut manifest = Vec::new();
        for (path, bytes) in *files {
            let mut digester = Digester::new([Algorithm::Sha256]);
            digester.update(bytes);
            let inside = format!("data/{work}/{path}");
            let digests = digester.finish();
            let (_, digest) = digests.first().ok_or(io::ErrorKind::InvalidData)?;
            manifest.extend(manifest_line(digest, inside.as_bytes()));
            put(&mut zip, &format!("{work}.bag/{inside}"), bytes)?;
        }
        put(&mut zip, &format!("{work}.bag/bagit.txt"), DECLARATION.as_bytes())?;
        put(&mut zip, &format!("{work}.bag/manifest-sha256.txt"), &manifest)?;
    }
    zip.finish()
}

/// A zip with these files, and no bag.
pub fn plain_zip(files: &[WorkFile<'_>]) -> io::Result<Vec<u8>> {
    let mut zip = Writer::new(Vec::new());
    for (path, bytes) in files {
        put(&mut zip, path, bytes)?;
    }
    zip.finish()
}

fn put(zip: &mut Writer<Vec<u8>>, path: &str, bytes: &[u8]) -> io::Result<()> {
    let method = if bytes.len() > 1000 { Method::Deflated } else { Method::Stored };
    let head = Head { path: path.as_bytes(), size: bytes.len() as u64, method, mtime: 0, executable: false };
    let mut entry = zip.file(head)?;
    entry.write_all(bytes)?;
    entry.finish()
}
