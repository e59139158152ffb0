//! Stores in temporary folders, and datasets to put into them.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "each test uses some of it")]

use longshore_catalogue::{
    Catalogue, Copied, Dataset, DatasetId, Digests, Entry, EntryId, EntryKind, Mtime, NewBlock, NewDataset, NewEntry,
    PathBytes, Proof,
};
use longshore_store::{Options, Store};
use tempfile::TempDir;

/// Rows in a batch, as the tasks send them.
pub const BATCH: usize = 1_000;

/// A store and the folder that it lies in.
pub struct Place {
    pub folder: TempDir,
    pub store: Store,
}

impl Place {
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let store = Store::open(&folder.path().join("longshore.db"), &Options::default()).unwrap();
        Self { folder, store }
    }

    pub fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("longshore.db")
    }
}

/// A dataset without entries.
pub fn dataset(store: &Store, pid: &str) -> Dataset {
    let new = NewDataset {
        pid: pid.into(),
        name: format!("Dataset {pid}"),
        sources: vec![PathBytes::from("/data/source")],
        created_at: 1_000,
    };
    store.create_dataset(&new).unwrap()
}

/// An entry to list.
pub fn entry(path: &str, kind: EntryKind, size: u64) -> NewEntry {
    NewEntry {
        path: PathBytes::from(path),
        source: 0,
        kind,
        size,
        mode: 0o644,
        mtime: Mtime { secs: 1_700_000_000, nanos: 123_456_789 },
        link: PathBytes::from(if kind == EntryKind::Link { "elsewhere" } else { "" }),
    }
}

/// A tree of this many entries in all: folders of 99 files each, in one folder.
pub fn tree(entries: usize) -> impl Iterator<Item = NewEntry> {
    (0..entries).map(|at| match at {
        0 => entry("data", EntryKind::Folder, 0),
        at if at % 100 == 1 => entry(&format!("data/folder-{:06}", at / 100), EntryKind::Folder, 0),
        at => entry(&format!("data/folder-{:06}/image_{at:08}.tif", (at - 1) / 100), EntryKind::File, 20_000),
    })
}

/// Lists a tree.
pub fn list(store: &Store, id: DatasetId, entries: usize) -> Dataset {
    let mut batch = Vec::with_capacity(BATCH);
    for entry in tree(entries) {
        batch.push(entry);
        if batch.len() == BATCH {
            store.add_entries(id, &batch).unwrap();
            batch.clear();
        }
    }
    store.add_entries(id, &batch).unwrap();
    store.finish_listing(id, 0).unwrap()
}

/// Checksums that belong to a key.
pub fn digests(id: EntryId) -> Digests {
    let mut sha256 = [0; 32];
    sha256[..8].copy_from_slice(&id.to_le_bytes());
    let mut md5 = [1; 16];
    md5[..8].copy_from_slice(&id.to_le_bytes());
    Digests { sha256, md5 }
}

/// Walks the pages of a dataset's entries.
pub fn pages(
    mut page: impl FnMut(EntryId) -> longshore_catalogue::Result<Vec<Entry>>,
    mut each: impl FnMut(&[Entry]),
) -> usize {
    let (mut after, mut seen) = (0, 0);
    loop {
        let entries = page(after).unwrap();
        let Some(last) = entries.last() else { return seen };
        after = last.id;
        seen += entries.len();
        each(&entries);
    }
}

/// Lands every file.
pub fn land(store: &Store, id: DatasetId) -> usize {
    let next = |after| store.unlanded_after(id, after, BATCH);
    pages(next, |entries| {
        let landed: Vec<_> = entries.iter().map(|entry| (entry.id, digests(entry.id))).collect();
        store.record_landed(id, &landed).unwrap();
    })
}

/// One datablock of the whole dataset.
pub fn whole_block(store: &Store, dataset: &Dataset) -> longshore_catalogue::Block {
    let first = store.entries_after(dataset.id, 0, 1).unwrap()[0].id;
    let totals = dataset.totals;
    let entries = totals.files + totals.folders + totals.links;
    let plan = NewBlock {
        number: 0,
        name: format!("{}_0.tar", dataset.pid),
        first,
        last: first + i64::try_from(entries).unwrap() - 1,
        files: totals.files,
        bytes: totals.bytes,
        size: totals.bytes + entries * 1_024,
    };
    store.plan_blocks(dataset.id, "lts", &[plan]).unwrap().remove(0)
}

/// Writes a datablock.
pub fn write(store: &Store, block: &longshore_catalogue::Block) {
    let mut at = 0;
    let next = |after| store.entries_after(block.dataset, after, BATCH);
    pages(next, |entries| {
        let mut copies = Vec::new();
        for entry in entries {
            copies.push((entry.id, Copied { block: block.id, header: at, data: at + 512 }));
            at += 512 + entry.size.next_multiple_of(512);
        }
        store.record_copies(&copies).unwrap();
    });
    store.block_written(block.id, &PathBytes::from("pid/pid_0.tar"), &[7; 32]).unwrap();
}

/// Proves every entry of a datablock.
pub fn prove(store: &Store, block: &longshore_catalogue::Block, at: i64) {
    let next = |after| store.entries_after(block.dataset, after, BATCH);
    pages(next, |entries| {
        let proofs: Vec<_> = entries.iter().map(|entry| Proof { entry: entry.id, at }).collect();
        store.record_proofs(block.id, &proofs).unwrap();
    });
}
