//! The requests of WebDAV.

use std::io::{BufReader, Read};
use std::sync::{MutexGuard, PoisonError};

use bytes::Bytes;
use longshore_transfer::hash::unhex;
use longshore_transfer::storage::{Algorithm, Error, Kind, Meta, Result, Status};
use reqwest::{Method, Response, StatusCode, Url};
use tokio::sync::mpsc;

use super::reply::{self, Entry};
use super::{Dav, Vendor};
use crate::bridge;
use crate::http::{Ask, Tries, Trouble, encoded, wait};
use crate::local::walk;

const PROPERTIES: &str = r#"<?xml version='1.0' encoding='utf-8'?><D:propfind xmlns:D="DAV:"><D:prop><D:resourcetype/><D:getcontentlength/><D:getlastmodified/></D:prop></D:propfind>"#;
const QUOTA: &str = r#"<?xml version='1.0' encoding='utf-8'?><D:propfind xmlns:D="DAV:"><D:prop><D:quota-available-bytes/><D:quota-used-bytes/></D:prop></D:propfind>"#;

/// A method that HTTP itself does not have.
fn method(name: &'static str) -> Method {
    Method::from_bytes(name.as_bytes()).unwrap_or(Method::OPTIONS)
}

impl Dav {
    /// Asks for properties of an address and, with depth 1, of what lies in it; gives each entry.
    fn propfind(
        &self,
        verb: &str,
        path: &[u8],
        (url, depth, body): (Url, &str, &'static str),
        each: &mut dyn FnMut(Entry) -> Result<()>,
    ) -> Result<()> {
        let place = self.site.place(path);
        let ask = Ask::new(method("PROPFIND"), url).with("depth", depth).with("content-type", "application/xml");
        let answer = wait(&place, verb, self.site.ask(&ask.body(body)))?;
        let wrong = |why: String| {
            Trouble::permanent("webdav.reply", format!("its reply cannot be read: {why}")).at(&place, verb)
        };
        if answer.status() != StatusCode::MULTI_STATUS {
            return Err(wrong(format!("it is {}, and no list", answer.status())));
        }
        reply::read(BufReader::new(self.body(answer).map_err(|error| wrong(error.to_string()))?), each)
            .map_err(wrong)?
    }

    /// The body of an answer, as it comes.
    fn body(&self, mut answer: Response) -> std::io::Result<Body> {
        let (give, given) = mpsc::channel(16);
        let site = self.site.clone();
        bridge::handle()?.spawn(async move {
            loop {
                let piece = site.in_time(answer.chunk()).await;
                let last = !matches!(piece, Ok(Some(_)));
                if give.send(piece).await.is_err() || last {
                    return;
                }
            }
        });
        Ok(Body { given, held: Bytes::new() })
    }

    pub(super) fn look(&self, verb: &str, path: &[u8]) -> Result<Meta> {
        self.one(verb, path, PROPERTIES).map(|entry| entry.meta())
    }

    pub(super) fn quota(&self) -> Result<Entry> {
        self.one("Measuring", b"", QUOTA)
    }

    fn one(&self, verb: &str, path: &[u8], properties: &'static str) -> Result<Entry> {
        let url = self.site.url(verb, path)?;
        let mut found = None;
        self.propfind(verb, path, (url, "0", properties), &mut |entry| {
            found.get_or_insert(entry);
            Ok(())
        })?;
        found.ok_or_else(|| Trouble::permanent("file.missing", "it is not there").at(&self.site.place(path), verb))
    }

    /// What lies in a folder, by name.
    pub(super) fn entries(&self, path: &[u8], each: &mut dyn FnMut(&[u8], &Entry) -> Result<()>) -> Result<()> {
        let url = self.site.folder_url("Listing", path)?;
        let own = reply::decoded(url.path().trim_end_matches('/')).unwrap_or_default();
        let place = self.site.place(path);
        let mut seen = Ok(());
        self.propfind("Listing", path, (url, "1", PROPERTIES), &mut |entry| {
            if entry.path == own {
                if entry.meta().kind != Kind::Folder {
                    seen = Err(Trouble::permanent("path.not_folder", "it is a file").at(&place, "Listing"));
                }
                return Ok(());
            }
            let (above, name) = walk::split(&entry.path);
            if above != own || walk::check(name).is_err() || name.is_empty() {
                let why =
                    "the server lists what does not lie there: is the address of the connection the server's own?";
                return Err(Trouble::permanent("webdav.reply", why).at(&place, "Listing"));
            }
            each(name, &entry)
        })?;
        seen
    }

    /// Makes a folder and those above it; each is asked for once.
    pub(super) fn make(&self, path: &[u8]) -> Result<()> {
        if path.is_empty() || self.made().contains(path) {
            return Ok(());
        }
        let (verb, place) = ("Making the folder", self.site.place(path));
        let ask = Ask::new(method("MKCOL"), self.site.folder_url(verb, path)?);
        let mut made = wait(&place, verb, self.site.ask(&ask)).map(drop);
        // 409: the folder above is not there (RFC 4918, 9.3.1); some servers say 404.
        if made.as_ref().is_err_and(|error| matches!(error.code, "http.status" | "file.missing")) {
            self.make(walk::split(path).0)?;
            made = wait(&place, verb, self.site.ask(&ask)).map(drop);
        }
        match made {
            Ok(()) => {}
            // 405: something is there.
            Err(error) if error.code == "http.not_offered" => {
                if self.look(verb, path)?.kind != Kind::Folder {
                    return Err(Trouble::permanent("path.not_folder", "a file of that name is there").at(&place, verb));
                }
            }
            Err(error) => return Err(error),
        }
        self.made().insert(path.to_vec());
        Ok(())
    }

    pub(super) fn made(&self) -> MutexGuard<'_, std::collections::HashSet<Vec<u8>>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Deletes what lies at an address, if something does.
    pub(super) fn remove(&self, verb: &str, path: &[u8], url: Url) -> Result<()> {
        match self.whole(verb, path, &Ask::new(Method::DELETE, url)) {
            Err(error) if error.code != "file.missing" => Err(error),
            _ => Ok(()),
        }
    }

    /// Lets the server take a file's checksum; `None` where it does not.
    pub(super) fn recalculate(
        &self,
        verb: &str,
        path: &[u8],
        url: Url,
        algorithm: Algorithm,
    ) -> Result<Option<Vec<u8>>> {
        let (name, bytes) = match algorithm {
            Algorithm::Md5 => ("md5", 16),
            Algorithm::Sha256 => ("sha256", 32),
        };
        let ask = Ask::new(Method::PATCH, url).with("x-recalculate-hash", name);
        let answer = match wait(&self.site.place(path), verb, self.site.ask(&ask)) {
            Ok(answer) => answer,
            Err(error) if error.code == "file.missing" || error.status != Status::Permanent => return Err(error),
            // An older one, or another program behind the same address.
            Err(_) => return Ok(None),
        };
        let told = answer.headers().get("oc-checksum").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let sum = told.split_once(':').filter(|(kind, _)| kind.eq_ignore_ascii_case(name)).map(|(_, sum)| sum.trim());
        Ok(sum.and_then(unhex).filter(|sum| sum.len() == bytes))
    }

    /// Copies a file.
    pub(super) fn copy(&self, verb: &str, (from, to): (Url, Url), path: &[u8]) -> Result<()> {
        let ask = Ask::new(method("COPY"), from).with("destination", to.as_str());
        self.whole(verb, path, &ask.with("overwrite", "T"))
    }

    /// Gives what lies somewhere a name that nobody has. It is asked once: whether it was done when the answer is lost, is seen by looking.
    pub(super) fn move_new(&self, verb: &str, (from, to): (Url, Url), path: &[u8]) -> Result<()> {
        let place = self.site.place(path);
        let ask = Ask::new(method("MOVE"), from).with("destination", to.as_str()).with("overwrite", "F");
        wait(&place, verb, async { Ok(self.once(&ask).await) })?.map_err(|trouble| trouble.at(&place, verb))
    }

    /// Gives the temporary file of a path, which has `size` bytes, its final name; at once for all who look.
    ///
    /// After a failure it is looked for before it is moved again: where the answer alone was lost, it lies there already, and a server may
    /// delete what has the final name before it sees that there is nothing to move (RFC 4918, 9.9.3).
    pub(super) fn name_part(&self, path: &[u8], size: u64, replace: bool) -> Result<()> {
        let (verb, place) = ("Naming", self.site.place(path));
        let (part, named) = (self.part(verb, path)?, self.site.url(verb, path)?);
        let ask = Ask::new(method("MOVE"), part).with("destination", named.as_str());
        let ask = ask.with("overwrite", if replace { "T" } else { "F" });
        let mut tries = Tries::new(self.site.patience.tries);
        loop {
            let Err(trouble) = wait(&place, verb, async { Ok(self.once(&ask).await) })? else { return Ok(()) };
            if !self.has_part(verb, path)? {
                let found = self.look(verb, path);
                return match found {
                    Ok(found) if found.kind == Kind::File && found.size == size => Ok(()),
                    _ => Err(Trouble { status: Status::Transient, ..trouble }.at(&place, verb)),
                };
            }
            let pause = tries.after(trouble).map_err(|trouble| trouble.at(&place, verb))?;
            wait(&place, verb, async {
                tokio::time::sleep(pause).await;
                Ok(())
            })?;
        }
    }

    /// Whether there is a temporary file of a path.
    fn has_part(&self, verb: &str, path: &[u8]) -> Result<bool> {
        match self.propfind(verb, path, (self.part(verb, path)?, "0", PROPERTIES), &mut |_| Ok(())) {
            Err(error) if error.code == "file.missing" => Ok(false),
            found => found.map(|()| true),
        }
    }

    /// A request that is made once.
    async fn once(&self, ask: &Ask) -> std::result::Result<(), Trouble> {
        let answer = self.site.reply(ask).await?.answer;
        if !answer.status().is_success() {
            return Err(Trouble::of_answer(answer).await);
        }
        in_whole(&answer)
    }

    /// A request that does all or nothing: a list of what failed in between (207) is a failure.
    fn whole(&self, verb: &str, path: &[u8], ask: &Ask) -> Result<()> {
        let place = self.site.place(path);
        let answer = wait(&place, verb, self.site.ask(ask))?;
        in_whole(&answer).map_err(|trouble| trouble.at(&place, verb))
    }

    /// The address of the temporary file of a path.
    pub(super) fn part(&self, verb: &str, path: &[u8]) -> Result<Url> {
        let mut url = self.site.url(verb, path)?;
        let (above, name) = walk::split(path);
        let part = longshore_transfer::storage::join(above, &longshore_transfer::storage::part_name(name));
        url.set_path(&format!("{}{}", self.site.base.path(), encoded(&part)));
        Ok(url)
    }

    /// Whether modification times are taken with uploads, and room is told.
    pub(super) fn extended(&self) -> bool {
        self.vendor != Vendor::Other
    }

    pub(super) fn unsupported(&self, verb: &str, path: &[u8]) -> Error {
        self.site.cannot(verb, path, "storage.unsupported", "WebDAV cannot do that")
    }
}

fn in_whole(answer: &Response) -> std::result::Result<(), Trouble> {
    if answer.status() == StatusCode::MULTI_STATUS {
        return Err(Trouble::transient("http.server", "the server did a part of it only (207 Multi-Status)"));
    }
    Ok(())
}

/// A body that is read by a thread which waits for it.
struct Body {
    given: mpsc::Receiver<std::result::Result<Option<Bytes>, Trouble>>,
    held: Bytes,
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.held.is_empty() {
            match self.given.blocking_recv() {
                Some(Ok(Some(bytes))) => self.held = bytes,
                Some(Err(trouble)) => return Err(std::io::Error::other(trouble.why)),
                Some(Ok(None)) | None => return Ok(0),
            }
        }
        let count = self.held.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.held.split_to(count));
        Ok(count)
    }
}
