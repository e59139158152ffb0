//! A dataset that lay in the landing zone before it was known here, on its way into the catalogue.

use longshore_catalogue::{Dataset, EntryId, NewEntry, PathBytes};
use longshore_engine::Fault;
use longshore_transfer::storage::Algorithm;

use super::compare::bytes_of;
use crate::attempt::{PAGE, bytes, count};
use crate::faults::Told as _;
use crate::kind::Context;
use crate::plan::folder::ChildKind;
use crate::tree::Found;

/// The listing, as far as it is. What is wrong with it is found out before it ends; until then it can be begun anew.
pub(super) struct Listing<'a> {
    context: &'a Context,
    dataset: &'a Dataset,
    batch: Vec<NewEntry>,
    /// Checksums that SciCat has, of entries of the batch.
    wanted: Vec<Option<String>>,
    /// The last entry of the batches before.
    last: EntryId,
    files: u64,
}

impl<'a> Listing<'a> {
    /// Begins anew; what an earlier attempt has left is forgotten.
    pub(super) fn begin(context: &'a Context, dataset: &'a Dataset) -> Result<Self, Fault> {
        context.services.catalogue.clear_listing(dataset.id).told()?;
        Ok(Self { context, dataset, batch: Vec::new(), wanted: Vec::new(), last: 0, files: 0 })
    }

    /// Takes in what was found, with the checksum in hex that it must have, if one is known.
    pub(super) fn add(&mut self, found: &Found, wanted: Option<(Algorithm, String)>) -> Result<(), Fault> {
        let child = &found.child;
        let link = match &child.kind {
            ChildKind::Link(target) => PathBytes::new(target.to_vec()),
            _ => PathBytes::default(),
        };
        let (path, kind) = (PathBytes::new(found.path.clone()), child.entry_kind());
        let (size, mode, mtime) = (child.size, child.mode, child.mtime);
        self.batch.push(NewEntry { path, source: 0, kind, size, mode, mtime, link });
        self.wanted.push(wanted.map(|(_, text)| text));
        self.files += u64::from(child.kind == ChildKind::File);
        if self.batch.len() >= PAGE { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Fault> {
        let (catalogue, dataset) = (&self.context.services.catalogue, self.dataset.id);
        catalogue.add_entries(dataset, &self.batch).told()?;
        let added = catalogue.entries_after(dataset, self.last, self.batch.len()).told()?;
        let with_wanted = added.iter().zip(&self.wanted);
        let expected: Vec<_> =
            with_wanted.filter_map(|(entry, wanted)| Some((entry.id, bytes_of(wanted.as_ref()?)))).collect();
        catalogue.expect(dataset, &expected).told()?;
        self.last = added.last().map_or(self.last, |entry| entry.id);
        self.batch.clear();
        self.wanted.clear();
        Ok(())
    }

    /// Everything is listed, and as it should be.
    pub(super) fn finish(mut self) -> Result<(), Fault> {
        if self.files == 0 {
            let what = format!("{} cannot be archived", self.dataset.name);
            let fault = Fault::permanent("dataset.empty", what, "There is not a single file in it");
            return Err(fault.now("Upload its files, then retry.").on_dataset(&self.dataset.pid));
        }
        self.flush()?;
        let dataset = self.context.services.catalogue.finish_listing(self.dataset.id, 0).told()?;
        let totals = dataset.totals;
        let text =
            format!("{}, {}, found in the landing zone", count(totals.files, "file", "files"), bytes(totals.bytes));
        self.context.history(&dataset, "found", text)
    }
}
