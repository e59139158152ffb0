//! Datasets, datablocks and entries.

use longshore_catalogue::{Block, BlockState, DatasetState, EntryKind, HistoryLine, LandingState, Mtime, ProofMethod};
use longshore_store::StorageRecord;
use longshore_store::{DatasetSummary, EntryRecord};

use crate::wire::{BlockRow, DatasetRow, DatasetStateText, EntryRow, HistoryRow};

/// A dataset in a list.
pub(crate) fn dataset(summary: DatasetSummary) -> DatasetRow {
    let DatasetSummary { dataset, proved_files, proved_bytes, landing_files, blocks, archived_at, run, .. } = summary;
    DatasetRow {
        pid: dataset.pid,
        name: dataset.name,
        state: dataset_state_text(dataset.state),
        files: dataset.totals.files,
        bytes: dataset.totals.bytes,
        proved_bytes,
        proved_files,
        landing_files,
        blocks,
        created_at: dataset.created_at,
        archived_at,
        run,
    }
}

/// A state as it is told.
pub(crate) fn dataset_state_text(state: DatasetState) -> DatasetStateText {
    match state {
        DatasetState::Landing => DatasetStateText::Landing,
        DatasetState::Landed => DatasetStateText::Landed,
        DatasetState::Archiving => DatasetStateText::Archiving,
        DatasetState::Archived => DatasetStateText::Archived,
        DatasetState::Damaged => DatasetStateText::Damaged,
    }
}

/// The state that a filter asks for.
pub(crate) fn dataset_state(text: DatasetStateText) -> DatasetState {
    match text {
        DatasetStateText::Landing => DatasetState::Landing,
        DatasetStateText::Landed => DatasetState::Landed,
        DatasetStateText::Archiving => DatasetState::Archiving,
        DatasetStateText::Archived => DatasetState::Archived,
        DatasetStateText::Damaged => DatasetState::Damaged,
    }
}

/// A datablock, and the storage that it is on.
pub(crate) fn block(block: &Block, storage: Option<&StorageRecord>) -> BlockRow {
    let written = block.state != BlockState::Planned;
    let path = storage.filter(|_| written).map(|storage| storage.place_of(&block.path));
    BlockRow {
        number: block.plan.number,
        name: block.plan.name.clone(),
        state: block_word(block.state).to_owned(),
        storage: block.storage.clone(),
        path,
        files: block.plan.files,
        size: block.plan.size,
        sha256: block.sha256.map(|digest| hex(&digest)),
        verified_at: block.verified_at,
        method: block.method.map(|method| method_word(method).to_owned()),
    }
}

/// The word of a datablock's state on the wire.
pub(in super::super) fn block_word(state: BlockState) -> &'static str {
    match state {
        BlockState::Planned => "planned",
        BlockState::Written => "written",
        BlockState::Proved => "proved",
        BlockState::Damaged => "damaged",
    }
}

/// The word of how bytes were read back.
pub(in super::super) fn method_word(method: ProofMethod) -> &'static str {
    match method {
        ProofMethod::Medium => "medium",
        ProofMethod::Cache => "cache",
        ProofMethod::Server => "server",
    }
}

/// An entry with what the ledger holds of it.
pub(crate) fn entry(record: EntryRecord) -> EntryRow {
    let EntryRecord { entry, files, bytes, block, .. } = record;
    let (sha256, md5) = match &entry.digests {
        Some(digests) => (Some(hex(&digests.sha256)), Some(hex(&digests.md5))),
        None => (None, None),
    };
    EntryRow {
        id: entry.id,
        path: entry.path.to_text(),
        name: longshore_catalogue::PathBytes::new(entry.path.file_name()).to_text(),
        kind: kind_word(entry.kind).to_owned(),
        size: bytes,
        files,
        mode: format!("{:04o}", entry.mode),
        mtime: millis(entry.mtime),
        link: (entry.kind == EntryKind::Link).then(|| entry.link.to_text()),
        md5,
        sha256,
        landing: landing(entry.landing).to_owned(),
        block,
        offset: entry.copy.map(|copy| copy.data),
        proved_at: entry.proved_at,
    }
}

/// The word of a kind of entry on the wire.
pub(in super::super) fn kind_word(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::File => "file",
        EntryKind::Folder => "folder",
        EntryKind::Link => "link",
    }
}

fn landing(state: LandingState) -> &'static str {
    match state {
        LandingState::Absent => "absent",
        LandingState::Present => "present",
        LandingState::Released => "released",
    }
}

fn millis(mtime: Mtime) -> i64 {
    mtime.secs.saturating_mul(1000).saturating_add(i64::from(mtime.nanos / 1_000_000))
}

/// A line of a history.
pub(crate) fn history(line: HistoryLine) -> HistoryRow {
    HistoryRow { at: line.at, event: line.event, text: line.text, run: line.run }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
