//! The walk through the files of a dataset: each against what SciCat knows of it, and against what the ledger does.

use longshore_catalogue::{Dataset, Digests, Entry, EntryKind, Error, LandingState, PathBytes};
use longshore_engine::Fault;
use longshore_transfer::hash::{Hashes, hex};
use longshore_transfer::storage::{Algorithm, ReadOptions, Storage, join};

use super::compare::{Expected, Files};
use super::listing::Listing;
use super::origdatablocks::{Output, With};
use crate::attempt::{PAGE, pages};
use crate::faults::{Told as _, ToldAt as _, of_catalogue};
use crate::kind::{Context, Progress};
use crate::landing;
use crate::location::Location;
use crate::plan::folder::ChildKind;
use crate::tree::{Found, Tree};

/// Bytes that are read at a time.
const BUFFER: usize = 1 << 20;

/// What the checksums of SciCat are held against.
enum Against<'a> {
    /// What lies there, read.
    Bytes,
    /// The ledger.
    Ledger(&'a Dataset),
    /// What lies there is being listed; it is read when it is packed.
    Listing(Box<Listing<'a>>),
}

/// Compares, and lists a dataset that is to be listed. Nothing is listed for good unless all is right.
pub(super) fn compare(with: &With, files: Option<Files>, context: &Context) -> Result<Output, Fault> {
    let dataset = with.dataset.as_deref().map(|own| context.services.dataset(own)).transpose()?;
    let against = match &dataset {
        None => Against::Bytes,
        Some(dataset) if landing::was_found(dataset) && !dataset.listed => {
            Against::Listing(Box::new(Listing::begin(context, dataset)?))
        }
        Some(dataset) => Against::Ledger(dataset),
    };
    if files.is_none() && !matches!(against, Against::Listing(_)) {
        return Ok(Output::default());
    }
    let place = Location::read(context.services.storages.as_ref(), &with.folder)?;
    let (count, bytes) = files.as_ref().map(Files::totals).unwrap_or_default();
    let total = files.as_ref().map(|_| (count, bytes));
    let done = Progress { files_total: total.map(|all| all.0), bytes_total: total.map(|all| all.1), ..<_>::default() };
    let mut walk = Walk { with, context, place: &place, files, against, done, checksums: 0 };
    walk.tree()?;
    let checksums = walk.checksums;
    let compared = walk.end()?;
    Ok(Output { compared, files: count, bytes, checksums })
}

struct Walk<'a> {
    with: &'a With,
    context: &'a Context,
    place: &'a Location,
    files: Option<Files>,
    against: Against<'a>,
    done: Progress,
    checksums: u64,
}

impl Walk<'_> {
    fn tree(&mut self) -> Result<(), Fault> {
        let mut tree = match Tree::begin(self.place.storage.as_ref(), &self.place.path, None) {
            Ok(tree) => tree,
            // There is no such folder, and so none of them.
            Err(fault) if fault.code == "file.missing" => return Ok(()),
            Err(fault) => return Err(fault),
        };
        while let Some(found) = tree.next()? {
            self.context.go_on()?;
            self.found(&found)?;
        }
        Ok(())
    }

    fn found(&mut self, found: &Found) -> Result<(), Fault> {
        let is_file = found.child.kind == ChildKind::File;
        let files = self.files.as_mut().filter(|_| is_file);
        let expected = files.and_then(|files| files.found(&found.path, found.child.size));
        let wanted = expected.filter(|_| self.with.checksums).and_then(|file| file.checksum);
        if let Against::Listing(listing) = &mut self.against {
            self.checksums += u64::from(wanted.is_some());
            listing.add(found, wanted)?;
        } else if let Some(wanted) = wanted {
            self.checksum(&found.path, wanted)?;
        }
        if is_file {
            (self.done.files, self.done.bytes) = (self.done.files + 1, self.done.bytes + found.child.size);
            self.done.now = PathBytes::new(found.path.clone()).to_text();
            self.context.host.progress(self.done.clone());
        }
        Ok(())
    }

    fn checksum(&mut self, path: &[u8], (algorithm, wanted): (Algorithm, String)) -> Result<(), Fault> {
        self.checksums += 1;
        let right = if let Against::Ledger(dataset) = self.against {
            self.in_ledger(dataset, path, algorithm, &wanted)?
        } else {
            let storage = self.place.storage.as_ref();
            checksum(storage, &join(&self.place.path, path), algorithm, self.context)? == wanted
        };
        if let Some(files) = self.files.as_mut().filter(|_| !right) {
            files.wrong.other_checksum(path);
        }
        Ok(())
    }

    /// Whether the ledger holds this checksum of a file, or, where the file was not read yet, will ask for it. A file that came after
    /// the dataset was listed is in no datablock, and so not right.
    fn in_ledger(&self, dataset: &Dataset, path: &[u8], by: Algorithm, wanted: &str) -> Result<bool, Fault> {
        let catalogue = &self.context.services.catalogue;
        match catalogue.entry_at(dataset.id, &PathBytes::new(path)) {
            Ok(Entry { digests: Some(digests), .. }) => Ok(of_digests(&digests, by) == wanted),
            Ok(entry) => {
                catalogue.expect(dataset.id, &[(entry.id, super::compare::bytes_of(wanted))]).told().map(|()| true)
            }
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(of_catalogue(&error)),
        }
    }

    /// The verdict. Says whether there was anything to compare with.
    fn end(mut self) -> Result<bool, Fault> {
        if let Against::Ledger(dataset) = self.against {
            self.released(dataset)?;
        }
        let compared = self.files.is_some();
        if let Some(files) = self.files {
            files.end().judge(self.with.pid.as_deref().unwrap_or_default())?;
        }
        if let Against::Listing(listing) = self.against {
            listing.finish()?;
        }
        Ok(compared)
    }

    /// Files that the landing zone held and that were deleted against their proofs.
    fn released(&mut self, dataset: &Dataset) -> Result<(), Fault> {
        let Some(files) = &mut self.files else { return Ok(()) };
        let catalogue = &self.context.services.catalogue;
        pages(
            |after| catalogue.entries_after(dataset.id, after, PAGE).told(),
            |page| {
                let gone =
                    page.iter().filter(|one| one.kind == EntryKind::File && one.landing == LandingState::Released);
                for entry in gone {
                    let expected = files.found(entry.path.as_bytes(), entry.size);
                    let wanted = expected.and_then(|Expected { checksum, .. }| checksum).zip(entry.digests);
                    if wanted.is_some_and(|((by, wanted), digests)| of_digests(&digests, by) != wanted) {
                        files.wrong.other_checksum(entry.path.as_bytes());
                    }
                }
                Ok(())
            },
        )
    }
}

fn of_digests(digests: &Digests, algorithm: Algorithm) -> String {
    match algorithm {
        Algorithm::Md5 => hex(&digests.md5),
        Algorithm::Sha256 => hex(&digests.sha256),
    }
}

/// The checksum of a file in hex: as the storage has kept it, else of the bytes as they are read.
fn checksum(storage: &dyn Storage, path: &[u8], algorithm: Algorithm, context: &Context) -> Result<String, Fault> {
    let name = storage.name();
    if let Some(kept) = storage.checksum(path, algorithm).told_at(name)? {
        return Ok(hex(&kept));
    }
    let mut reader = storage.read(path, ReadOptions::default()).told_at(name)?;
    let (mut hashes, mut buffer) = (Hashes::new(matches!(algorithm, Algorithm::Md5)), vec![0; BUFFER]);
    loop {
        context.go_on()?;
        let count = reader.read(&mut buffer).told_at(name)?;
        if count == 0 {
            break;
        }
        hashes.update(&buffer[..count]);
    }
    let digests = hashes.finish();
    Ok(digests.md5.map_or_else(|| hex(&digests.sha256), |md5| hex(&md5)))
}
