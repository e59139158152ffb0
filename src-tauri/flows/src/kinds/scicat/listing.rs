//! A dataset that lay in the landing zone before it was known here, on its way into the catalogue.

use longshore_catalogue::{Dataset, DatasetId, EntryId, NewEntry, PathBytes};
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
    batch: Batch,
    files: u64,
}

/// Entries on their way into the catalogue, with the checksums that SciCat has of them.
pub(in crate::kinds) struct Batch {
    context: Context,
    dataset: DatasetId,
    entries: Vec<NewEntry>,
    wanted: Vec<Option<String>>,
    /// The last entry of the batches before.
    last: EntryId,
}

impl Batch {
    /// Begins a listing anew; what an earlier attempt has left is forgotten.
    pub(in crate::kinds) fn begin(context: &Context, dataset: &Dataset) -> Result<Self, Fault> {
        context.services.catalogue.clear_listing(dataset.id).told()?;
        Ok(Self { context: context.clone(), dataset: dataset.id, entries: Vec::new(), wanted: Vec::new(), last: 0 })
    }

    /// Takes in an entry, with the checksum in hex that it must have, if one is known.
    pub(in crate::kinds) fn add(&mut self, entry: NewEntry, wanted: Option<String>) -> Result<(), Fault> {
        self.entries.push(entry);
        self.wanted.push(wanted);
        if self.entries.len() >= PAGE { self.flush() } else { Ok(()) }
    }

    /// Writes what is left.
    pub(in crate::kinds) fn flush(&mut self) -> Result<(), Fault> {
        let (catalogue, dataset) = (&self.context.services.catalogue, self.dataset);
        catalogue.add_entries(dataset, &self.entries).told()?;
        let added = catalogue.entries_after(dataset, self.last, self.entries.len()).told()?;
        let with_wanted = added.iter().zip(&self.wanted);
        let expected: Vec<_> =
            with_wanted.filter_map(|(entry, wanted)| Some((entry.id, bytes_of(wanted.as_ref()?)))).collect();
        catalogue.expect(dataset, &expected).told()?;
        self.last = added.last().map_or(self.last, |entry| entry.id);
        self.entries.clear();
        self.wanted.clear();
        Ok(())
    }
}

impl<'a> Listing<'a> {
    /// Begins anew; what an earlier attempt has left is forgotten.
    pub(super) fn begin(context: &'a Context, dataset: &'a Dataset) -> Result<Self, Fault> {
        Ok(Self { context, dataset, batch: Batch::begin(context, dataset)?, files: 0 })
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
        self.files += u64::from(child.kind == ChildKind::File);
        let entry = NewEntry { path, source: 0, kind, size, mode, mtime, link };
        self.batch.add(entry, wanted.map(|(_, text)| text))
    }

    /// Everything is listed, and as it should be.
    pub(super) fn finish(mut self) -> Result<(), Fault> {
        if self.files == 0 {
            let what = format!("{} cannot be archived", self.dataset.name);
            let fault = Fault::permanent("dataset.empty", what, "There is not a single file in it");
            return Err(fault.now("Upload its files, then retry.").on_dataset(&self.dataset.pid));
        }
        self.batch.flush()?;
        let dataset = self.context.services.catalogue.finish_listing(self.dataset.id, 0).told()?;
        let totals = dataset.totals;
        let text =
            format!("{}, {}, found in the landing zone", count(totals.files, "file", "files"), bytes(totals.bytes));
        self.context.history(&dataset, "found", text)
    }
}
