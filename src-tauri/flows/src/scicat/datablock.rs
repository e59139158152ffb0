//! A datablock as SciCat is told of it, from the ledger.

use longshore_catalogue::{Block, BlockId, BlockState, Catalogue, Entry, EntryKind, Mtime};
use longshore_connectors::scicat::{DataFile, NewDatablock};
use longshore_engine::Fault;
use longshore_transfer::hash::hex;

use crate::attempt::PAGE;
use crate::faults::Told as _;

/// Version of the form of our datablocks: a POSIX tar.
const VERSION: &str = "1.0.0";

/// What is in a datablock that is proved. Its name in the archive is its path on the LTS, which no other has.
pub(super) fn of(catalogue: &dyn Catalogue, id: BlockId) -> Result<NewDatablock, Fault> {
    let block = catalogue.block(id).told()?;
    if block.state != BlockState::Proved {
        let what = format!("The datablock {} was not registered in SciCat", block.plan.name);
        return Err(Fault::permanent("dataset.not_proved", what, "It is not proved on the LTS"));
    }
    let files = files(catalogue, &block)?;
    Ok(NewDatablock {
        archive_id: block.path.to_text(),
        size: files.iter().map(|file| file.size).sum(),
        packed_size: block.plan.size,
        version: VERSION.to_owned(),
        chk_alg: Some("md5".to_owned()),
        data_file_list: files,
    })
}

fn files(catalogue: &dyn Catalogue, block: &Block) -> Result<Vec<DataFile>, Fault> {
    let (mut files, mut after) = (Vec::new(), block.plan.first - 1);
    loop {
        let page = catalogue.entries_after(block.dataset, after, PAGE).told()?;
        let Some(last) = page.last() else { return Ok(files) };
        after = last.id;
        let within = page.iter().filter(|entry| entry.id <= block.plan.last && entry.kind == EntryKind::File);
        files.extend(within.map(file));
        if after >= block.plan.last {
            return Ok(files);
        }
    }
}

pub(super) fn file(entry: &Entry) -> DataFile {
    DataFile {
        path: entry.path.to_text(),
        size: entry.size,
        time: time(entry.mtime),
        chk: entry.digests.map(|digests| hex(&digests.md5)),
        perm: Some(format!("{:o}", entry.mode)),
        ..DataFile::default()
    }
}

/// As SciCat writes times. One that no calendar has is that of the epoch: a file system may hold anything.
fn time(mtime: Mtime) -> String {
    let at = jiff::Timestamp::new(mtime.secs, i32::try_from(mtime.nanos).unwrap_or(0)).unwrap_or_default();
    format!("{at:.3}")
}
