//! [`Storage`] for [`Http`].

use std::any::Any;
use std::sync::Arc;

use longshore_transfer::level::Standing;
use longshore_transfer::storage::{
    Capabilities, Error, Finish, Kind, Known, Listed, Meta, ReadOptions, Reader, Receipt, Result, Space, Storage,
    Writer, is_part,
};
use reqwest::{Method, header};

use super::range::Version;
use super::read::is_folder;
use super::{Ask, Http, HttpReader, Sent, Source, Trouble, Upload, wait};
use crate::local::walk;
use crate::place;

impl Http {
    fn source(&self, verb: &str, path: &[u8]) -> Result<Source> {
        Ok(Source { url: self.site.url(verb, path)?, place: self.site.place(path), site: Arc::clone(&self.site) })
    }

    fn unsupported(&self, verb: &str, path: &[u8]) -> Error {
        self.site.cannot(verb, path, "storage.unsupported", "a server of plain HTTP cannot do that")
    }

    fn writer(&self, path: &[u8], resume: Option<u64>, size: Option<u64>) -> Result<Box<dyn Writer>> {
        let url = self.site.url("Writing", path)?;
        reserved(&self.site.name, path)?;
        if resume.is_some() {
            let why = "an upload that broke off left nothing to go on with";
            return Err(self.site.cannot("Going on with writing", path, "file.missing", why));
        }
        let method = match self.upload {
            Upload::Put => Method::PUT,
            Upload::Post => Method::POST,
        };
        let ask = Ask::new(method, url);
        let sent = Sent::new(Arc::clone(&self.site), self.site.place(path), ask, size);
        let source = self.source("Looking at", path)?;
        Ok(Box::new(HttpWriter { sent, source }))
    }
}

/// Refuses a path whose last name is one that temporary files have.
pub(crate) fn reserved(storage: &Arc<str>, path: &[u8]) -> Result<()> {
    if !is_part(walk::split(path).1) {
        return Ok(());
    }
    let why = "the name is one that Longshore gives to its own temporary files";
    Err(Error { code: "path.reserved", ..place::bad_path(storage, "Writing", path, why) })
}

/// What lies at an address; a folder by the redirection that its address is answered with.
async fn look(source: &Source) -> std::result::Result<Meta, Trouble> {
    let ask = Ask::new(Method::HEAD, source.url.clone());
    let answer = match source.site.ask(&ask).await {
        Ok(answer) => answer,
        // Some servers, and addresses that are signed for GET alone, know no HEAD.
        Err(trouble) if matches!(trouble.code, "http.not_offered" | "http.denied" | "http.status") => {
            return glance(source).await;
        }
        Err(trouble) => return Err(trouble),
    };
    if is_folder(&source.url, answer.url()) {
        return Ok(folder());
    }
    source.is_file(&answer)?;
    let version = Version::of(answer.status(), answer.headers());
    if version.size.is_some() { Ok(version.meta()) } else { glance(source).await }
}

async fn glance(source: &Source) -> std::result::Result<Meta, Trouble> {
    match source.glance().await {
        Err(trouble) if trouble.code == "file.is_folder" => Ok(folder()),
        seen => Ok(seen?.meta()),
    }
}

fn folder() -> Meta {
    Meta { kind: Kind::Folder, size: 0, mode: None, mtime: (0, 0), link: Vec::new(), names: 1 }
}

impl Storage for Http {
    fn name(&self) -> &str {
        &self.site.name
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    fn space(&self) -> Result<Space> {
        Err(self.unsupported("Measuring", b""))
    }

    fn stat(&self, path: &[u8]) -> Result<Meta> {
        let source = self.source("Looking at", path)?;
        if path.is_empty() {
            return Ok(folder());
        }
        wait(&source.place, "Looking at", look(&source))
    }

    fn list(&self, path: &[u8], _each: &mut dyn FnMut(Listed) -> Result<()>) -> Result<()> {
        let why = "a server of plain HTTP has no listing that could be relied on; name the files, or use WebDAV or S3";
        Err(self.site.cannot("Listing", path, "storage.no_listing", why))
    }

    fn read(&self, path: &[u8], options: ReadOptions) -> Result<Box<dyn Reader>> {
        let source = self.source("Opening", path)?;
        if options.part {
            return Err(self.unsupported("Reading the unfinished", path));
        }
        Ok(Box::new(HttpReader::open(source, options.offset)?))
    }

    fn write(&self, path: &[u8], resume: Option<u64>) -> Result<Box<dyn Writer>> {
        self.writer(path, resume, None)
    }

    fn write_sized(&self, path: &[u8], resume: Option<u64>, known: Known) -> Result<Box<dyn Writer>> {
        self.writer(path, resume, Some(known.size))
    }

    fn partial(&self, path: &[u8]) -> Result<Option<u64>> {
        self.site.url("Looking at", path).map(|_| None)
    }

    fn discard(&self, path: &[u8]) -> Result<()> {
        self.site.url("Taking away the unfinished", path).map(drop)
    }

    fn publish(&self, path: &[u8], _replace: bool) -> Result<()> {
        Err(self.unsupported("Naming", path))
    }

    fn reflink_from(&self, _: &dyn Storage, _: &[u8], _: &[u8], _: &Finish) -> Result<bool> {
        Ok(false)
    }

    fn make_folder(&self, path: &[u8]) -> Result<()> {
        self.site.url("Making the folder", path).map(drop)
    }

    fn make_link(&self, path: &[u8], _target: &[u8]) -> Result<()> {
        Err(self.unsupported("Making the link", path))
    }

    fn set_meta(&self, path: &[u8], _mode: Option<u32>, _mtime: Option<(i64, u32)>) -> Result<()> {
        Err(self.unsupported("Setting mode and time of", path))
    }

    fn delete(&self, path: &[u8]) -> Result<()> {
        let ask = Ask::new(Method::DELETE, self.site.url("Deleting", path)?);
        match wait(&self.site.place(path), "Deleting", self.site.ask(&ask)) {
            Err(error) if error.code != "file.missing" => Err(error),
            _ => Ok(()),
        }
    }

    fn delete_folder(&self, path: &[u8]) -> Result<bool> {
        self.site.url("Deleting the folder", path).map(|_| true)
    }

    fn sync_all(&self) -> Result<()> {
        Ok(())
    }

    fn level(&self) -> Option<Standing> {
        Some(self.site.level.standing())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A file being sent.
struct HttpWriter {
    sent: Sent,
    source: Source,
}

impl Writer for HttpWriter {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.sent.write(bytes)
    }

    fn written(&self) -> u64 {
        self.sent.written()
    }

    /// An upload that breaks begins anew: there is nothing to make safe.
    fn sync(&mut self) -> Result<()> {
        Ok(())
    }

    fn commit(mut self: Box<Self>, finish: &Finish) -> Result<Receipt> {
        if !finish.replace {
            let place = &self.source.place;
            match wait(place, "Looking at", look(&self.source)) {
                Err(error) if error.code == "file.missing" => {}
                Err(error) => return Err(error),
                Ok(_) => {
                    return Err(Trouble::permanent("file.exists", "something of that name is there already")
                        .at(place, "Writing"));
                }
            }
            if let Some(ask) = self.sent.unsent() {
                // Some servers compare this with the writing itself; for the others it was looked for just now.
                *ask = ask.clone().with(header::IF_NONE_MATCH, "*");
            }
        }
        self.sent.finish()?;
        Ok(Receipt::default())
    }

    fn settle(self: Box<Self>, _finish: &Finish) -> Result<()> {
        let Source { site, place, .. } = &self.source;
        Err(site.cannot(
            "Settling",
            &place.path,
            "storage.unsupported",
            "a server of plain HTTP has no temporary names",
        ))
    }

    fn abort(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}
