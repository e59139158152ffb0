//! [`Storage`] for [`Dav`].

use std::any::Any;
use std::sync::Arc;

use longshore_transfer::level::Standing;
use longshore_transfer::storage::{
    Algorithm, Capabilities, Finish, Kind, Known, Listed, Meta, ReadOptions, Reader, Result, Space, Storage, Writer,
};

use super::write::DavWriter;
use super::{Dav, Vendor};
use crate::http::{HttpReader, Source, Trouble, reserved};
use crate::local::walk;

impl Dav {
    fn writer(&self, path: &[u8], resume: Option<u64>, known: Option<Known>) -> Result<Box<dyn Writer>> {
        self.site.url("Writing", path)?;
        reserved(&self.site.name, path)?;
        if resume.is_some() {
            let why = "an upload that broke off left nothing to go on with";
            return Err(self.site.cannot("Going on with writing", path, "file.missing", why));
        }
        let (size, mtime) = (known.map(|known| known.size), known.and_then(|known| known.mtime));
        Ok(Box::new(DavWriter::new(self.again(), path, size, mtime)?))
    }

    /// The same storage, for a writer that outlives the call.
    fn again(&self) -> Self {
        Self { site: Arc::clone(&self.site), vendor: self.vendor, made: Arc::clone(&self.made) }
    }
}

impl Storage for Dav {
    fn name(&self) -> &str {
        &self.site.name
    }

    fn capabilities(&self) -> Capabilities {
        let extended = self.extended();
        Capabilities { folders: true, times: extended, space: extended, ..Capabilities::default() }
    }

    /// By the quota of the top (RFC 4331). Negative numbers are Nextcloud's for no bound, and for one that it does not know.
    fn space(&self) -> Result<Space> {
        let found = self.quota()?;
        let Some(available) = found.available else {
            return Err(self.site.cannot(
                "Measuring",
                b"",
                "storage.space_unknown",
                "the server does not say how much room there is",
            ));
        };
        let free = u64::try_from(available).unwrap_or(i64::MAX.unsigned_abs());
        let total = free.saturating_add(found.used.unwrap_or_default());
        Ok(Space { total, free, pool: format!("webdav {}", self.site.base), read_only: false })
    }

    fn stat(&self, path: &[u8]) -> Result<Meta> {
        self.look("Looking at", path)
    }

    fn list(&self, folder: &[u8], each: &mut dyn FnMut(Listed) -> Result<()>) -> Result<()> {
        self.entries(folder, &mut |name, entry| each(Listed::new(name.to_vec(), entry.meta())))
    }

    fn read(&self, path: &[u8], options: ReadOptions) -> Result<Box<dyn Reader>> {
        let url = if options.part { self.part("Opening", path)? } else { self.site.url("Opening", path)? };
        let source = Source { site: Arc::clone(&self.site), place: self.site.place(path), url };
        Ok(Box::new(HttpReader::open(source, options.offset)?))
    }

    fn write(&self, path: &[u8], resume: Option<u64>) -> Result<Box<dyn Writer>> {
        self.writer(path, resume, None)
    }

    fn write_sized(&self, path: &[u8], resume: Option<u64>, known: Known) -> Result<Box<dyn Writer>> {
        self.writer(path, resume, Some(known))
    }

    /// What a broken upload left cannot be gone on with: it counts as nothing.
    fn partial(&self, path: &[u8]) -> Result<Option<u64>> {
        self.site.url("Looking at", path).map(|_| None)
    }

    fn discard(&self, path: &[u8]) -> Result<()> {
        let verb = "Taking away the unfinished";
        self.remove(verb, path, self.part(verb, path)?)
    }

    fn publish(&self, path: &[u8], _replace: bool) -> Result<()> {
        Err(self.unsupported("Naming", path))
    }

    fn reflink_from(&self, _: &dyn Storage, _: &[u8], _: &[u8], _: &Finish) -> Result<bool> {
        Ok(false)
    }

    fn make_folder(&self, path: &[u8]) -> Result<()> {
        self.site.url("Making the folder", path)?;
        self.make(path)
    }

    fn make_link(&self, path: &[u8], _target: &[u8]) -> Result<()> {
        Err(self.unsupported("Making the link", path))
    }

    fn set_meta(&self, path: &[u8], _mode: Option<u32>, _mtime: Option<(i64, u32)>) -> Result<()> {
        Err(self.unsupported("Setting mode and time of", path))
    }

    /// A server deletes a folder with all that lies in it, so what lies there is looked at before.
    fn delete(&self, path: &[u8]) -> Result<()> {
        match self.look("Deleting", path) {
            Err(error) if error.code == "file.missing" => Ok(()),
            Err(error) => Err(error),
            Ok(found) if found.kind == Kind::Folder => {
                Err(Trouble::permanent("file.is_folder", "it is a folder").at(&self.site.place(path), "Deleting"))
            }
            Ok(_) => self.remove("Deleting", path, self.site.url("Deleting", path)?),
        }
    }

    /// WebDAV has no word for deleting a folder only if it is empty. It is looked for before: what somebody else puts there between
    /// that and the deletion is deleted too.
    fn delete_folder(&self, path: &[u8]) -> Result<bool> {
        let verb = "Deleting the folder";
        if path.is_empty() {
            return Err(self.site.cannot(verb, path, "path.refused", "it is the root"));
        }
        let mut empty = true;
        let listed = self.entries(path, &mut |_, _| {
            empty = false;
            Ok(())
        });
        match listed {
            Err(error) if error.code == "file.missing" => return Ok(true),
            listed => listed?,
        }
        if empty {
            let below = [path, b"/"].concat();
            self.made().retain(|made| made != path && !made.starts_with(&below));
            self.remove(verb, path, self.site.folder_url(verb, path)?)?;
        }
        Ok(empty)
    }

    fn sync_all(&self) -> Result<()> {
        Ok(())
    }

    fn copy_within(&self, from: &[u8], to: &[u8], finish: &Finish) -> Result<bool> {
        let verb = "Copying";
        let (source, part) = (self.site.url(verb, from)?, self.part(verb, to)?);
        let size = self.look(verb, from)?.size;
        self.make(walk::split(to).0)?;
        // Not all servers copy at once: a copy that breaks off must not have the final name.
        self.copy(verb, (source, part), from)?;
        if let Err(error) = self.name_part(to, size, finish.replace) {
            // The failure is what matters; what stays under a temporary name is swept later.
            let _ = self.discard(to);
            return Err(error);
        }
        Ok(true)
    }

    fn rename(&self, from: &[u8], to: &[u8]) -> Result<bool> {
        let verb = "Moving";
        let folder = self.look(verb, from)?.kind == Kind::Folder;
        // RFC 4918, section 5.2: the address of a collection ends with a slash.
        let url = |path| if folder { self.site.folder_url(verb, path) } else { self.site.url(verb, path) };
        self.make(walk::split(to).0)?;
        if folder {
            let below = [from, b"/"].concat();
            self.made().retain(|made| made != from && !made.starts_with(&below));
        }
        self.move_new(verb, (url(from)?, url(to)?), to)?;
        Ok(true)
    }

    fn level(&self) -> Option<Standing> {
        Some(self.site.level.standing())
    }

    /// Nextcloud reads a file and takes its checksum when it is asked to (its `ChecksumUpdatePlugin`, since version 21). What is kept of
    /// an upload there is only what the client said.
    fn checksum(&self, path: &[u8], algorithm: Algorithm) -> Result<Option<Vec<u8>>> {
        let verb = "Taking the checksum of";
        let url = self.site.url(verb, path)?;
        if self.vendor == Vendor::Nextcloud { self.recalculate(verb, path, url, algorithm) } else { Ok(None) }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
