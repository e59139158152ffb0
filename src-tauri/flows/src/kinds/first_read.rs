//! Files that are read for the first time when they are packed: their checksums are held against what SciCat knows, and kept.

use longshore_catalogue::{Catalogue, Dataset, Digests, EntryId};
use longshore_engine::Fault;
use longshore_transfer::hash::hex;
use longshore_transfer::pack::Packed;

use crate::faults::Told as _;
use crate::kind::Context;

/// Takes over the checksums of those files of a batch that had none.
pub(super) fn take(context: &Context, dataset: &Dataset, batch: &[Packed]) -> Result<(), Fault> {
    let digests = |one: &Packed| Some((one.id, Digests { sha256: one.sha256?, md5: one.md5? }));
    let read: Vec<(EntryId, Digests)> = batch.iter().filter_map(digests).collect();
    let (Some((first, _)), Some((last, _))) = (read.first(), read.last()) else { return Ok(()) };
    let catalogue = &context.services.catalogue;
    for (id, wanted) in catalogue.expected(*first, *last).told()? {
        // What was packed comes by ascending keys.
        let Ok(at) = read.binary_search_by_key(&id, |(read, _)| *read) else { continue };
        let (_, found) = &read[at];
        if wanted != found.md5 && wanted != found.sha256 {
            return Err(differs(catalogue.as_ref(), dataset, id, &wanted, found)?);
        }
    }
    catalogue.record_landed(dataset.id, &read).told()
}

/// The operator's and the scientist's error.
fn differs(
    catalogue: &dyn Catalogue,
    dataset: &Dataset,
    id: EntryId,
    wanted: &[u8],
    found: &Digests,
) -> Result<Fault, Fault> {
    let entry = catalogue.entries_after(dataset.id, id - 1, 1).told()?.pop();
    let path = entry.map(|entry| entry.path.to_text()).unwrap_or_default();
    let (wanted, found) = (hex(wanted), if wanted.len() == 32 { hex(&found.sha256) } else { hex(&found.md5) });
    let what = format!("The files of {} are not those that SciCat knows", dataset.name);
    let why = format!("1 has another checksum ({path}): {found}, and not {wanted}");
    Ok(Fault::permanent("scicat.files_differ", what, why)
        .now("Upload the file that belongs there, or correct what is registered, and retry.")
        .on_dataset(&dataset.pid)
        .on_file(path))
}
