//! The shapes in which a bag is made: a folder, a zip, a tar. All are written once, in order, under a name that is not the final one.

use std::io::{self, BufWriter, Read, Write};

use longshore_engine::Fault;
use longshore_formats::bagit::{Algorithm, Digester};
use longshore_formats::tar;
use longshore_formats::zip::{self, Head, Method};
use longshore_transfer::storage::{Finish, ReadOptions, Storage, Writer, join};

use super::make::Form;
use super::report::of_io;
use super::source::{Bytes, carried};
use super::staging::Staging;
use super::unpack::Digests;
use crate::faults::{self, ToldAt as _};

/// Bytes that are read at a time, and gathered before they are written.
const CHUNK: usize = 1 << 20;

/// A storage's writer as a stream, with the checksum of what went through it where that is asked for.
pub(super) struct Out(Box<dyn Writer>, Digester);

impl Out {
    /// Without a checksum.
    pub(super) fn plain(writer: Box<dyn Writer>) -> Self {
        Self(writer, Digester::new([]))
    }

    /// The writer.
    pub(super) fn into_inner(self) -> Box<dyn Writer> {
        self.0
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(carried)?;
        self.1.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A bag being written.
pub(super) enum Shape<'a> {
    /// In a staging folder.
    Folder(&'a Staging),
    /// Below this folder of a zip.
    Zip { zip: zip::Writer<BufWriter<Out>>, top: Vec<u8>, method: Method },
    /// Below this folder of a tar.
    Tar { out: BufWriter<Out>, top: Vec<u8> },
}

/// A file that goes into it.
#[derive(Clone, Copy)]
pub(super) struct Content<'c> {
    pub(super) path: &'c [u8],
    pub(super) size: u64,
    pub(super) mtime: i64,
    pub(super) executable: bool,
    pub(super) algorithms: &'c [Algorithm],
}

impl<'a> Shape<'a> {
    /// Begins an archive at a path, or a folder in a staging folder.
    pub(super) fn begin(
        form: Form,
        storage: &dyn Storage,
        path: &[u8],
        top: &[u8],
        staging: &'a Staging,
    ) -> Result<Self, Fault> {
        if form == Form::Folder {
            return Ok(Self::Folder(staging));
        }
        let writer = storage.write(path, None).told_at(storage.name())?;
        let out = BufWriter::with_capacity(CHUNK, Out(writer, Digester::new([Algorithm::Sha256])));
        let top = top.to_vec();
        let told = |error| of_io(error, storage.name());
        if form == Form::Tar {
            let mut out = out;
            let folder = tar::Entry { path: &top, kind: tar::Kind::Folder, mode: 0o755, mtime: (0, 0) };
            out.write_all(&tar::header(&folder)).map_err(told)?;
            return Ok(Self::Tar { out, top });
        }
        let method = if form == Form::ZipDeflated { Method::Deflated } else { Method::Stored };
        let mut zip = zip::Writer::new(out);
        // There are readers that find a bag by the entry of its folder.
        zip.folder(&top, 0).map_err(told)?;
        Ok(Self::Zip { zip, top, method })
    }

    /// Writes a file and takes its checksums. `each` is told how many more bytes were read.
    pub(super) fn file(
        &mut self,
        content: &Content<'_>,
        reader: &mut dyn Read,
        each: &mut dyn FnMut(u64) -> Result<(), Fault>,
    ) -> Result<Digests, Fault> {
        match self {
            Self::Folder(staging) => {
                let place = staging.storage.name();
                let mut out = BufWriter::with_capacity(CHUNK, Out::plain(staging.write(content.path).told_at(place)?));
                let digests = content.pour(reader, &mut out, place, each)?;
                let out = out.into_inner().map_err(|error| of_io(error.into_error(), place))?;
                Staging::close(out.0, content.executable).told_at(place)?;
                Ok(digests)
            }
            Self::Zip { zip, top, method } => {
                let told = |error| of_io(error, "the zip");
                let (path, Content { size, mtime, executable, .. }) = (join(top, content.path), *content);
                let head = Head { path: &path, size, method: *method, mtime, executable };
                let mut entry = zip.file(head).map_err(told)?;
                let digests = content.pour(reader, &mut entry, "the zip", each)?;
                entry.finish().map_err(told)?;
                Ok(digests)
            }
            Self::Tar { out, top } => {
                let told = |error| of_io(error, "the tar");
                let path = join(top, content.path);
                let (kind, mode) =
                    (tar::Kind::File { size: content.size }, if content.executable { 0o755 } else { 0o644 });
                let header = tar::header(&tar::Entry { path: &path, kind, mode, mtime: (content.mtime, 0) });
                out.write_all(&header).map_err(told)?;
                let digests = content.pour(reader, out, "the tar", each)?;
                let padding = usize::try_from(tar::padded(content.size) - content.size).unwrap_or(0);
                out.write_all(&[0; tar::BLOCK][..padding]).map_err(told)?;
                Ok(digests)
            }
        }
    }

    /// Ends an archive, reads it back and gives it its name. A folder is left where it is: its bag is proved there.
    pub(super) fn end(self, storage: &dyn Storage, path: &[u8], replace: bool) -> Result<(), Fault> {
        let place = storage.name();
        let told = |error| of_io(error, place);
        let out = match self {
            Self::Folder(_) => return Ok(()),
            Self::Zip { zip, .. } => zip.finish().map_err(told)?,
            Self::Tar { mut out, .. } => {
                out.write_all(&tar::TRAILER).map_err(told)?;
                out
            }
        };
        let Out(mut writer, digester) = out.into_inner().map_err(|error| told(error.into_error()))?;
        let (sent, finish) = (digester.finish(), Finish { replace, durable: true, ..Finish::default() });
        // Where what is unfinished can be read, it is proved before it has its name.
        let early = storage.capabilities().posix;
        if early {
            writer.sync().told_at(place)?;
            read_back(storage, path, true, &sent)?;
        }
        writer.commit(&finish).told_at(place)?;
        if early { Ok(()) } else { read_back(storage, path, false, &sent) }
    }
}

/// Compares what lies on the medium with what was sent.
fn read_back(storage: &dyn Storage, path: &[u8], part: bool, sent: &Digests) -> Result<(), Fault> {
    let place = storage.name();
    let options = ReadOptions { part, medium: true, ..ReadOptions::default() };
    let mut reader = Bytes(storage.read(path, options).told_at(place)?);
    let mut digester = Digester::new([Algorithm::Sha256]);
    let mut chunk = vec![0; CHUNK];
    loop {
        match reader.read(&mut chunk).map_err(|error| of_io(error, place))? {
            0 => break,
            count => digester.update(&chunk[..count]),
        }
    }
    if digester.finish() == *sent {
        return Ok(());
    }
    let why = "What was read back from it has another SHA-256 than what was written";
    Err(Fault::transient("fixity.mismatch", "The bag that was made is not what was sent", why).at_place(place))
}

impl Content<'_> {
    fn pour(
        &self,
        reader: &mut dyn Read,
        out: &mut dyn Write,
        place: &str,
        each: &mut dyn FnMut(u64) -> Result<(), Fault>,
    ) -> Result<Digests, Fault> {
        let mut digester = Digester::new(self.algorithms.iter().copied()).apart();
        let mut chunk = vec![0; CHUNK.min(usize::try_from(self.size).unwrap_or(CHUNK) + 1)];
        let mut read = 0;
        loop {
            let count = reader.read(&mut chunk).map_err(|error| of_io(error, "the source"))?;
            if count == 0 {
                break;
            }
            read += count as u64;
            if read > self.size {
                break;
            }
            each(count as u64)?;
            digester.update(&chunk[..count]);
            out.write_all(&chunk[..count]).map_err(|error| of_io(error, place))?;
        }
        if read == self.size {
            return Ok(digester.finish());
        }
        let why = format!("it had {} bytes when it was listed", self.size);
        let fail = longshore_transfer::Fail::Changed { path: self.path.to_vec(), why };
        Err(faults::of_transfer(fail, ["the source", place]))
    }
}
