//! The members of a datablock that another archiver wrote, against the entries that SciCat lists of it.

use longshore_catalogue::{Block, Copied, Dataset, Digests, Entry, EntryId, EntryKind, Error, Mtime, PathBytes};
use longshore_engine::Fault;
use longshore_formats::tar::{Found, FoundKind};
use longshore_transfer::hash;

use crate::attempt::{PAGE, entries_in};
use crate::faults::{Told as _, of_catalogue};
use crate::kind::Context;
use crate::kinds::scicat::compare::Differences;

/// What was found so far. Members come in the order of the entries.
pub(super) struct Members<'a> {
    context: &'a Context,
    dataset: &'a Dataset,
    block: &'a Block,
    /// Entries that come next.
    next: std::vec::IntoIter<Entry>,
    /// The last entry that was passed.
    last: EntryId,
    copies: Vec<(EntryId, Copied)>,
    digests: Vec<(EntryId, Digests)>,
    wrong: Differences,
    /// A file of which SciCat has no checksum: nothing says that it is right.
    unproved: Option<String>,
}

impl<'a> Members<'a> {
    pub(super) fn of(context: &'a Context, dataset: &'a Dataset, block: &'a Block) -> Self {
        let (last, next) = (block.plan.first - 1, Vec::new().into_iter());
        let (copies, digests) = (Vec::new(), Vec::new());
        Self { context, dataset, block, next, last, copies, digests, wrong: Differences::default(), unproved: None }
    }

    /// A member that was read. SciCat lists files alone, so that a folder is nobody's.
    pub(super) fn found(&mut self, found: &Found, digests: hash::Digests) -> Result<(), Fault> {
        if found.kind == FoundKind::Folder {
            return Ok(());
        }
        let path = found.path.strip_prefix(b"./").unwrap_or(&found.path);
        if !self.is_listed(path)? {
            self.wrong.unknown(path);
            return Ok(());
        }
        let place = Copied { block: self.block.id, header: found.header, data: found.data };
        while let Some(entry) = self.entry()? {
            if entry.path.as_bytes() == path && entry.kind == EntryKind::File {
                return self.file(&entry, found, place, digests);
            }
            self.passed(&entry, place);
        }
        // It was listed, and passed: the files lie in another order in it.
        Err(self.disordered(path))
    }

    /// Whether SciCat lists it in this datablock.
    fn is_listed(&self, path: &[u8]) -> Result<bool, Fault> {
        if self.next.as_slice().iter().any(|entry| entry.path.as_bytes() == path) {
            return Ok(true);
        }
        match self.context.services.catalogue.entry_at(self.dataset.id, &PathBytes::new(path)) {
            Ok(entry) => Ok((self.block.plan.first..=self.block.plan.last).contains(&entry.id)),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(of_catalogue(&error)),
        }
    }

    fn entry(&mut self) -> Result<Option<Entry>, Fault> {
        if self.next.len() == 0 {
            let catalogue = self.context.services.catalogue.as_ref();
            self.next = entries_in(catalogue, self.block, self.last)?.into_iter();
        }
        let entry = self.next.next();
        self.last = entry.as_ref().map_or(self.last, |entry| entry.id);
        Ok(entry)
    }

    /// An entry before the one that was found: a folder around it, or a file that is not there.
    fn passed(&mut self, entry: &Entry, before: Copied) {
        match entry.kind {
            EntryKind::Folder => self.copies.push((entry.id, Copied { data: before.header, ..before })),
            EntryKind::File | EntryKind::Link => self.wrong.missing(entry.path.as_bytes()),
        }
    }

    fn file(&mut self, entry: &Entry, found: &Found, place: Copied, read: hash::Digests) -> Result<(), Fault> {
        let path = entry.path.as_bytes();
        if found.kind != FoundKind::File || found.size != entry.size {
            self.wrong.other_size(path);
            return Ok(());
        }
        let catalogue = &self.context.services.catalogue;
        let md5 = read.md5.unwrap_or_default();
        match catalogue.expected(entry.id, entry.id).told()?.first() {
            Some((_, wanted)) if *wanted == md5 || *wanted == read.sha256 => {}
            Some(_) => {
                self.wrong.other_checksum(path);
                return Ok(());
            }
            None => {
                self.unproved.get_or_insert_with(|| entry.path.to_text());
                return Ok(());
            }
        }
        let mtime = Mtime { secs: found.mtime.0, nanos: found.mtime.1 };
        if entry.digests.is_none() && (entry.mode, entry.mtime) != (found.mode, mtime) {
            // The file's own: SciCat may have been told when it was archived.
            catalogue.relist_file(self.dataset.id, entry.id, entry.size, found.mode, mtime).told()?;
        }
        self.copies.push((entry.id, place));
        self.digests.push((entry.id, Digests { sha256: read.sha256, md5 }));
        if self.digests.len() >= PAGE { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Fault> {
        let catalogue = &self.context.services.catalogue;
        catalogue.record_copies(&self.copies).told()?;
        catalogue.record_landed(self.dataset.id, &self.digests).told()?;
        self.copies.clear();
        self.digests.clear();
        Ok(())
    }

    /// The datablock has been read.
    pub(super) fn end(mut self) -> Result<(), Fault> {
        let end = Copied { block: self.block.id, header: self.block.plan.size, data: self.block.plan.size };
        while let Some(entry) = self.entry()? {
            self.passed(&entry, end);
        }
        let (told, name) = (self.wrong.told(), &self.block.plan.name);
        if let (true, Some(path)) = (told.is_empty(), &self.unproved) {
            return Err(self.unproved(path));
        }
        if told.is_empty() {
            return self.flush();
        }
        let what = format!("The files in {name} are not those that SciCat knows");
        self.context.history(self.dataset, "damage", format!("{what}: {told}"))?;
        let fault = Fault::permanent("adopt.differs", what, told)
            .now("Restore the datablock from another copy, or correct what is registered, then retry.")
            .on_dataset(&self.dataset.pid)
            .at_place(&self.block.storage);
        Err(match self.wrong.first() {
            Some(path) => fault.on_file(path),
            None => fault,
        })
    }

    fn unproved(&self, path: &str) -> Fault {
        let what = format!("{} cannot be taken in", self.block.plan.name);
        Fault::permanent(
            "adopt.no_checksum",
            what,
            "SciCat has no MD5 or SHA-256 of a file in it, so that nothing proves it",
        )
        .now("Register the checksums of its files in SciCat, then retry; or copy the datablock from the LTS as a file.")
        .on_dataset(&self.dataset.pid)
        .on_file(path)
    }

    fn disordered(&self, path: &[u8]) -> Fault {
        let what = format!("{} cannot be taken in", self.block.plan.name);
        Fault::permanent("adopt.order", what, "Its files lie in another order in it than SciCat lists them")
            .now("Copy its datablocks from the LTS as files, unpack them, and archive what is in them anew.")
            .on_dataset(&self.dataset.pid)
            .on_file(PathBytes::new(path).to_text())
    }
}
