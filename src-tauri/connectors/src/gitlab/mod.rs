//! Repositories of GitLab, read-only: `PROJECT@REF/PATH`, where the slashes of the project and of the ref are written `%2F`, as GitLab's
//! own interface wants them. Without a ref the project's default branch is meant, and without a project (`@REF`) that of the connection.
//!
//! Sizes and checksums are those that the server tells apart from the bytes. A file of Git LFS is what its pointer stands for.

mod commit;
mod options;
mod probe;
mod tree;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::{StreamExt as _, TryStreamExt as _};
use longshore_transfer::storage::{Algorithm, Error, Kind as Sort, Listed, Meta, Reader, Result, Storage};
use reqwest::Url;

use crate::http::{HttpReader, Site, Source, Trouble, unencoded, wait};
use crate::local::walk;
use crate::remote::{Remote, Shelf, Stated, Told, behind, file, folder};
use crate::shelf_kind::ShelfKind;
use crate::{Connection, schema_of};

pub use commit::Commit;
pub use options::Options;

use tree::{Blob, Line, What};

/// Files of which something is remembered, at most.
const MOST: usize = 100_000;

/// Files of a folder that are asked about at once.
const AT_ONCE: usize = 8;

/// A GitLab.
pub struct GitLab {
    site: Arc<Site>,
    project: Option<String>,
    /// What is known of files, by path.
    known: Mutex<HashMap<Vec<u8>, Blob>>,
}

/// A place in a repository.
struct At {
    project: String,
    /// Branch, tag or commit; `HEAD` for the default branch.
    reference: String,
    path: String,
}

impl GitLab {
    /// The GitLab that a connection leads to. It is not asked yet.
    pub fn open(name: &str, connection: &Connection) -> Result<Self> {
        let (site, project) = connection.options::<Options>()?.site(name, connection)?;
        Ok(Self { site: Arc::new(site), project, known: Mutex::default() })
    }

    /// The GitLab that a storage is, if it is one.
    pub fn behind(storage: &dyn Storage) -> Option<&Self> {
        behind(storage)
    }

    fn missing(&self, verb: &str, path: &[u8]) -> Error {
        Trouble::permanent("file.missing", "it is not there").at(&self.site.place(path), verb)
    }

    fn at(&self, verb: &str, path: &[u8]) -> Result<At> {
        let none = || Trouble::permanent("file.missing", "it names no project").at(&self.site.place(path), verb);
        let text = std::str::from_utf8(path).map_err(|_| self.missing(verb, path))?;
        let (top, path) = text.split_once('/').unwrap_or((text, ""));
        let (project, reference) = top.split_once('@').unwrap_or((top, "HEAD"));
        let plain = |part: &str| String::from_utf8(unencoded(part)).map_err(|_| none());
        let (mut project, reference) = (plain(project)?, plain(reference)?);
        if project.is_empty() {
            project = self.project.clone().ok_or_else(none)?;
        }
        if reference.is_empty() { Err(none()) } else { Ok(At { project, reference, path: path.to_owned() }) }
    }

    /// The bytes of a file: as Git keeps it, or, of one of Git LFS, what its pointer stands for.
    fn raw(&self, at: &At, lfs: bool) -> std::result::Result<Url, Trouble> {
        let mut url = self.site.address(&["projects", &at.project, "repository", "files", &at.path, "raw"])?;
        url.query_pairs_mut().append_pair("ref", &at.reference);
        if lfs {
            url.query_pairs_mut().append_pair("lfs", "true");
        }
        Ok(url)
    }

    /// What is known of a file, asked for now.
    fn look(&self, verb: &str, path: &[u8], at: &At) -> Result<Blob> {
        let blob = wait(&self.site.place(path), verb, self.blob(at))?;
        self.remember(path, blob);
        Ok(blob)
    }

    /// What was known of a file when it was last listed or looked at.
    fn known(&self, verb: &str, path: &[u8], at: &At) -> Result<Blob> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(path).copied();
        known.map_or_else(|| self.look(verb, path, at), Ok)
    }

    fn remember(&self, path: &[u8], blob: Blob) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(path.to_vec(), blob);
    }

    /// What lies at a place.
    fn seen(&self, verb: &str, path: &[u8], at: &At) -> Result<Meta> {
        if !at.path.is_empty() {
            match self.look(verb, path, at) {
                Err(error) if error.code == "file.missing" => {}
                blob => return blob.map(|blob| blob.meta()),
            }
        }
        let lines = wait(&self.site.place(path), verb, self.tree(at))?;
        // A folder without anything is none in Git; a repository may be one.
        if lines.is_empty() && !at.path.is_empty() { Err(self.missing(verb, path)) } else { Ok(folder()) }
    }

    /// What a line of a folder's tree is.
    async fn entry(&self, folder_at: &At, line: &Line) -> std::result::Result<(Meta, Option<Blob>), Trouble> {
        let below =
            if folder_at.path.is_empty() { line.name.clone() } else { format!("{}/{}", folder_at.path, line.name) };
        let at = At { project: folder_at.project.clone(), reference: folder_at.reference.clone(), path: below };
        let elsewhere = Meta { kind: Sort::Special, ..folder() };
        Ok(match line.what() {
            What::Folder => (folder(), None),
            What::Elsewhere => (elsewhere, None),
            What::Link => {
                let to = self.small(&at).await?;
                let leads = Meta { kind: Sort::Link, link: to.clone().into_bytes(), ..folder() };
                (if stays(&at.path, &to) { leads } else { elsewhere }, None)
            }
            What::File => {
                let blob = self.blob(&at).await?;
                (blob.meta(), Some(blob))
            }
        })
    }
}

impl Blob {
    fn meta(&self) -> Meta {
        let mode = self.runs.map(|runs| if runs { 0o755 } else { 0o644 });
        Meta { mode, ..file(self.size, 0) }
    }
}

/// Whether a link at a path leads to something below the same top.
fn stays(path: &str, to: &str) -> bool {
    let mut depth = path.matches('/').count();
    for part in to.split('/') {
        match part {
            "" | "." => {}
            ".." if depth == 0 => return false,
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    !to.is_empty() && !to.starts_with('/')
}

impl Shelf for GitLab {
    fn site(&self) -> &Site {
        &self.site
    }

    fn words(&self) -> &'static str {
        "a repository of GitLab"
    }

    fn stat(&self, path: &[u8]) -> Result<Meta> {
        let verb = "Looking at";
        if path.is_empty() { Ok(folder()) } else { self.seen(verb, path, &self.at(verb, path)?) }
    }

    fn list(&self, path: &[u8], each: &mut dyn FnMut(Listed) -> Result<()>) -> Result<()> {
        let (verb, place) = ("Listing", self.site.place(path));
        let at = self.at(verb, path)?;
        let found = wait(&place, verb, async {
            let lines = self.tree(&at).await?;
            all_fit(&lines)?;
            let entries = futures::stream::iter(&lines)
                .map(|line| async { Ok::<_, Trouble>((line.name.clone().into_bytes(), self.entry(&at, line).await?)) });
            entries.buffered(AT_ONCE).try_collect::<Vec<_>>().await
        })?;
        if found.is_empty() && !at.path.is_empty() {
            return Err(self.missing(verb, path));
        }
        for (name, (meta, blob)) in found {
            if let Some(blob) = blob {
                self.remember(&[path, b"/", &name].concat(), blob);
            }
            each(Listed::new(name, meta))?;
        }
        Ok(())
    }

    /// One request a file: of large ones GitLab answers a few a minute, and parts would be requests of their own.
    fn open(&self, path: &[u8], offset: u64) -> Result<Box<dyn Reader>> {
        let (verb, place) = ("Opening", self.site.place(path));
        let at = self.at(verb, path)?;
        if at.path.is_empty() {
            return Err(Trouble::permanent("file.is_folder", "it is a folder").at(&place, verb));
        }
        let blob = self.known(verb, path, &at)?;
        let url = self.raw(&at, true).map_err(|trouble| trouble.at(&place, verb))?;
        let reader = HttpReader::in_one(Source { site: self.site.clone(), place: place.clone(), url }, offset)?;
        let stated = Stated { md5: None, sha256: blob.sha256 };
        Ok(Box::new(Told::of(reader, &place, blob.meta(), stated)?))
    }

    /// GitLab takes it of what Git keeps; Git LFS names its files by it.
    fn checksum(&self, path: &[u8], algorithm: Algorithm) -> Result<Option<Vec<u8>>> {
        let verb = "Looking at";
        if algorithm != Algorithm::Sha256 {
            return Ok(None);
        }
        Ok(self.known(verb, path, &self.at(verb, path)?)?.sha256.map(Vec::from))
    }
}

/// Refuses a folder with names that are none, and with one that stands for two things: a link and a folder, and what is copied goes astray.
fn all_fit(lines: &[Line]) -> std::result::Result<(), Trouble> {
    let mut names = std::collections::HashSet::new();
    for Line { name, .. } in lines {
        fit(name)?;
        if !names.insert(name) {
            let why = format!("the repository names {name:?} twice in one folder");
            return Err(Trouble::permanent("record.name", why));
        }
    }
    Ok(())
}

/// Refuses names that are no name in a folder: they would lead out of the one that they are copied to.
fn fit(name: &str) -> std::result::Result<(), Trouble> {
    let control = name.chars().any(char::is_control);
    if name.is_empty() || name.contains('/') || control || walk::check(name.as_bytes()).is_err() {
        let why =
            format!("the repository has an entry of the name {name:?}, which is none that a file in a folder can have");
        return Err(Trouble::permanent("record.name", why));
    }
    Ok(())
}

/// GitLab.
pub(crate) const KIND: ShelfKind = ShelfKind {
    kind: "gitlab",
    aliases: &[],
    title: "GitLab",
    schema: schema_of::<Options>,
    topless: "a GitLab has no folder that could be the top; name the project",
    open: |name, connection| Ok(Arc::new(Remote(GitLab::open(name, connection)?))),
    test: probe::run,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_one_if_it_stays_below_the_top() {
        for (path, to) in [("a", "b"), ("x/y", "../z"), ("x/y/z", "../../a/b"), ("a", "./b")] {
            assert!(stays(path, to), "{path} -> {to}");
        }
        for (path, to) in [("a", "../b"), ("x/y", "../../z"), ("a", "/etc/passwd"), ("a", "b/../../c"), ("a", "")] {
            assert!(!stays(path, to), "{path} -> {to}");
        }
    }

    #[test]
    fn names_that_lead_out_are_refused() {
        for name in ["..", ".", "", "a/b", "/etc", "a\nb", "a\0"] {
            assert_eq!(fit(name).err().map(|trouble| trouble.code), Some("record.name"), "{name:?}");
        }
        assert!(fit("..a").is_ok() && fit("\u{fc} b").is_ok());
    }
}
