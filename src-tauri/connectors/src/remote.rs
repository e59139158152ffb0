//! Systems whose files are reached through an interface of their own: what they offer is said by [`Shelf`], and all else of a
//! storage they cannot do.

use std::any::Any;

use longshore_transfer::level::Standing;
use longshore_transfer::storage::{
    Algorithm, Capabilities, Error, Finish, Kind, Known, Listed, Meta, ReadOptions, Reader, Receipt, Result, Space,
    Status, Storage, UNKNOWN_SIZE, Writer,
};
use md5::{Digest as _, Md5};
use reqwest::Response;

use crate::http::{HttpReader, Sent, Site, Source, reserved};
use crate::place::Place;

/// What a system offers of its files. Paths were checked.
pub(crate) trait Shelf: Send + Sync + 'static {
    /// Where it is.
    fn site(&self) -> &Site;
    /// In the operator's words: "a record".
    fn words(&self) -> &'static str;
    /// See [`Storage::stat`].
    fn stat(&self, path: &[u8]) -> Result<Meta>;
    /// See [`Storage::list`].
    fn list(&self, folder: &[u8], each: &mut dyn FnMut(Listed) -> Result<()>) -> Result<()>;
    /// See [`Storage::read`].
    fn open(&self, path: &[u8], offset: u64) -> Result<Box<dyn Reader>>;
    /// See [`Storage::checksum`].
    fn checksum(&self, _path: &[u8], _algorithm: Algorithm) -> Result<Option<Vec<u8>>> {
        Ok(None)
    }
    /// Begins a file of so many bytes, if they are known.
    fn write(&self, path: &[u8], _size: Option<u64>) -> Result<Box<dyn Writer>> {
        Err(self.cannot("Writing", path))
    }
    /// See [`Storage::make_folder`].
    fn make_folder(&self, _path: &[u8]) -> Result<()> {
        Ok(())
    }
    /// See [`Storage::discard`].
    fn discard(&self, _path: &[u8]) -> Result<()> {
        Ok(())
    }
    /// See [`Storage::delete_folder`].
    fn delete_folder(&self, path: &[u8]) -> Result<bool> {
        Err(self.cannot("Deleting the folder", path))
    }
    /// See [`Storage::delete`].
    fn delete(&self, path: &[u8]) -> Result<()> {
        Err(self.cannot("Deleting", path))
    }
    /// What it cannot do.
    fn cannot(&self, verb: &str, path: &[u8]) -> Error {
        let why = format!("that cannot be done with {}", self.words());
        self.site().cannot(verb, path, "storage.unsupported", &why)
    }
}

/// Such a system as a storage.
pub(crate) struct Remote<T>(pub(crate) T);

/// The system that a storage is, if it is of this kind.
pub(crate) fn behind<T: Shelf>(storage: &dyn Storage) -> Option<&T> {
    storage.as_any().downcast_ref::<Remote<T>>().map(|remote| &remote.0)
}

impl<T: Shelf> Remote<T> {
    fn check(&self, verb: &str, path: &[u8]) -> Result<()> {
        self.0.site().url(verb, path).map(drop)
    }

    fn writer(&self, path: &[u8], resume: Option<u64>, size: Option<u64>) -> Result<Box<dyn Writer>> {
        self.check("Writing", path)?;
        reserved(&self.0.site().name, path)?;
        if resume.is_some() {
            let why = "an upload that broke off left nothing to go on with";
            return Err(self.0.site().cannot("Going on with writing", path, "file.missing", why));
        }
        self.0.write(path, size)
    }
}

impl<T: Shelf> Storage for Remote<T> {
    fn name(&self) -> &str {
        &self.0.site().name
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { folders: true, ..Capabilities::default() }
    }

    fn space(&self) -> Result<Space> {
        let why = "it does not say how much room there is";
        Err(self.0.site().cannot("Measuring", b"", "storage.space_unknown", why))
    }

    fn stat(&self, path: &[u8]) -> Result<Meta> {
        self.check("Looking at", path)?;
        self.0.stat(path)
    }

    fn list(&self, path: &[u8], each: &mut dyn FnMut(Listed) -> Result<()>) -> Result<()> {
        self.check("Listing", path)?;
        self.0.list(path, each)
    }

    fn read(&self, path: &[u8], options: ReadOptions) -> Result<Box<dyn Reader>> {
        self.check("Opening", path)?;
        if options.part {
            return Err(self.0.cannot("Reading the unfinished", path));
        }
        self.0.open(path, options.offset)
    }

    fn write(&self, path: &[u8], resume: Option<u64>) -> Result<Box<dyn Writer>> {
        self.writer(path, resume, None)
    }

    fn write_sized(&self, path: &[u8], resume: Option<u64>, known: Known) -> Result<Box<dyn Writer>> {
        self.writer(path, resume, Some(known.size))
    }

    fn partial(&self, path: &[u8]) -> Result<Option<u64>> {
        self.check("Looking at", path).map(|()| None)
    }

    fn discard(&self, path: &[u8]) -> Result<()> {
        self.check("Taking away the unfinished", path)?;
        self.0.discard(path)
    }

    fn publish(&self, path: &[u8], _replace: bool) -> Result<()> {
        Err(self.0.cannot("Naming", path))
    }

    fn reflink_from(&self, _: &dyn Storage, _: &[u8], _: &[u8], _: &Finish) -> Result<bool> {
        Ok(false)
    }

    fn make_folder(&self, path: &[u8]) -> Result<()> {
        self.check("Making the folder", path)?;
        self.0.make_folder(path)
    }

    fn make_link(&self, path: &[u8], _target: &[u8]) -> Result<()> {
        Err(self.0.cannot("Making the link", path))
    }

    fn set_meta(&self, path: &[u8], _mode: Option<u32>, _mtime: Option<(i64, u32)>) -> Result<()> {
        Err(self.0.cannot("Setting mode and time of", path))
    }

    fn delete(&self, path: &[u8]) -> Result<()> {
        self.check("Deleting", path)?;
        self.0.delete(path)
    }

    fn delete_folder(&self, path: &[u8]) -> Result<bool> {
        self.check("Deleting the folder", path)?;
        self.0.delete_folder(path)
    }

    fn sync_all(&self) -> Result<()> {
        Ok(())
    }

    fn checksum(&self, path: &[u8], algorithm: Algorithm) -> Result<Option<Vec<u8>>> {
        self.check("Taking the checksum of", path)?;
        self.0.checksum(path, algorithm)
    }

    fn level(&self) -> Option<Standing> {
        Some(self.0.site().level.standing())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// What becomes of an upload whose bytes are all sent.
pub(crate) trait Taken: Send {
    /// Before the last bytes go out: whether the file may have its name.
    fn may(&mut self, finish: &Finish) -> Result<()>;
    /// The server has answered; `md5` is that of what was sent.
    fn taken(&mut self, answer: Response, written: u64, md5: [u8; 16]) -> Result<Receipt>;
    /// The upload was broken off: takes away what the server has of it, if that has a name.
    fn given_up(&mut self) -> Result<()> {
        Ok(())
    }
}

/// A file being sent, with its MD5.
pub(crate) struct RemoteWriter<T> {
    pub(crate) sent: Sent,
    pub(crate) md5: Md5,
    pub(crate) then: T,
}

impl<T: Taken> Writer for RemoteWriter<T> {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.md5.update(bytes);
        self.sent.write(bytes)
    }

    fn written(&self) -> u64 {
        self.sent.written()
    }

    /// An upload that breaks begins anew: there is nothing to make safe.
    fn sync(&mut self) -> Result<()> {
        Ok(())
    }

    fn commit(self: Box<Self>, finish: &Finish) -> Result<Receipt> {
        let Self { sent, md5, mut then } = *self;
        then.may(finish)?;
        let written = sent.written();
        then.taken(sent.finish()?, written, md5.finalize().into())
    }

    fn settle(self: Box<Self>, finish: &Finish) -> Result<()> {
        self.commit(finish).map(drop)
    }

    fn abort(self: Box<Self>) -> Result<()> {
        let Self { sent, mut then, .. } = *self;
        // Breaks the request off first.
        drop(sent);
        then.given_up()
    }
}

/// A folder, of which nothing else is known.
pub(crate) fn folder() -> Meta {
    Meta { kind: Kind::Folder, size: 0, mode: None, mtime: (0, 0), link: Vec::new(), names: 1 }
}

/// A file of so many bytes and this time, in seconds since the epoch.
pub(crate) fn file(size: u64, time: i64) -> Meta {
    Meta { kind: Kind::File, size, mode: None, mtime: (time, 0), link: Vec::new(), names: 1 }
}

/// Gives what lies in a folder, of a list of all paths: files by their size and time, folders once.
pub(crate) fn children<'p>(
    folder_path: &[u8],
    files: impl Iterator<Item = (&'p [u8], u64, i64)>,
    each: &mut dyn FnMut(Listed) -> Result<()>,
) -> Result<u64> {
    let (mut folders, mut found) = (std::collections::BTreeSet::new(), 0);
    for (path, size, time) in files {
        let rest = if folder_path.is_empty() {
            Some(path)
        } else {
            path.strip_prefix(folder_path).and_then(|rest| rest.strip_prefix(b"/"))
        };
        let Some(rest) = rest else { continue };
        found += 1;
        match rest.iter().position(|byte| *byte == b'/') {
            Some(at) => drop(folders.insert(rest[..at].to_vec())),
            None => each(Listed::new(rest.to_vec(), file(size, time)))?,
        }
    }
    folders.into_iter().try_for_each(|name| each(Listed::new(name, folder())))?;
    Ok(found)
}

/// A file being read, whose size was told before.
pub(crate) struct Told {
    pub(crate) reader: HttpReader,
    pub(crate) meta: Meta,
    pub(crate) stated: Stated,
}

/// Checksums that a system states of a file, apart from its bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Stated {
    pub(crate) md5: Option<[u8; 16]>,
    pub(crate) sha256: Option<[u8; 32]>,
}

impl Told {
    /// Opens a file that has so many bytes; an answer of another length is not of it.
    pub(crate) fn open(source: Source, offset: u64, meta: Meta, md5: Option<[u8; 16]>) -> Result<Self> {
        let place = source.place.clone();
        Self::of(HttpReader::open(source, offset)?, &place, meta, Stated { md5, sha256: None })
    }

    /// The same, of a file that is open.
    pub(crate) fn of(reader: HttpReader, place: &Place, meta: Meta, stated: Stated) -> Result<Self> {
        let size = reader.meta()?.size;
        if size != UNKNOWN_SIZE && size != meta.size {
            let why = format!("it is listed with {} bytes, and the server gives {size}", meta.size);
            return Err(place.told("Reading", "file.not_as_stated", Status::Permanent, why));
        }
        Ok(Self { reader, meta, stated })
    }
}

impl Reader for Told {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        self.reader.read(buf)
    }

    /// As it is listed: an answer of another state is refused where it is read.
    fn meta(&self) -> Result<Meta> {
        Ok(self.meta.clone())
    }

    fn reads_medium(&self) -> bool {
        false
    }

    fn stated_md5(&self) -> Option<[u8; 16]> {
        self.stated.md5
    }

    fn stated_sha256(&self) -> Option<[u8; 32]> {
        self.stated.sha256
    }
}

/// A text as a file.
pub(crate) struct Text {
    text: Vec<u8>,
    at: usize,
}

impl Text {
    pub(crate) fn new(text: String, offset: u64) -> Self {
        let at = usize::try_from(offset).unwrap_or(usize::MAX).min(text.len());
        Self { text: text.into_bytes(), at }
    }
}

impl Reader for Text {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let rest = &self.text[self.at..];
        let count = rest.len().min(buf.len());
        buf[..count].copy_from_slice(&rest[..count]);
        self.at += count;
        Ok(count)
    }

    fn meta(&self) -> Result<Meta> {
        Ok(file(self.text.len() as u64, 0))
    }

    fn reads_medium(&self) -> bool {
        false
    }
}
