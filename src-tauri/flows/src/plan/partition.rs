//! Cutting a dataset into datablocks, as its entries stream past.

use longshore_catalogue::{Entry, EntryId, EntryKind, NewBlock, NewEntry};
use longshore_formats::tar::{self, Sizer};

/// An entry as the partition sees it.
#[derive(Debug, Clone, Copy)]
pub struct Item<'a> {
    /// Key; ascending.
    pub id: EntryId,
    /// How it lies in a tar.
    pub tar: tar::Entry<'a>,
}

impl<'a> Item<'a> {
    /// Of an entry of the catalogue.
    pub fn of(entry: &'a Entry) -> Self {
        let kind = kind(entry.kind, entry.size, entry.link.as_bytes());
        let mtime = (entry.mtime.secs, entry.mtime.nanos);
        Self { id: entry.id, tar: tar::Entry { path: entry.path.as_bytes(), kind, mode: entry.mode, mtime } }
    }

    /// Of an entry that is not in the catalogue yet, under the key that it would have.
    pub fn of_new(id: EntryId, entry: &'a NewEntry) -> Self {
        let kind = kind(entry.kind, entry.size, entry.link.as_bytes());
        let mtime = (entry.mtime.secs, entry.mtime.nanos);
        Self { id, tar: tar::Entry { path: entry.path.as_bytes(), kind, mode: entry.mode, mtime } }
    }

    fn is_file(&self) -> bool {
        matches!(self.tar.kind, tar::Kind::File { .. })
    }

    fn has_content(&self) -> bool {
        !matches!(self.tar.kind, tar::Kind::Folder)
    }
}

fn kind(kind: EntryKind, size: u64, target: &[u8]) -> tar::Kind<'_> {
    match kind {
        EntryKind::File => tar::Kind::File { size },
        EntryKind::Folder => tar::Kind::Folder,
        EntryKind::Link => tar::Kind::Link { target },
    }
}

/// Cuts a stream of entries into datablocks of about a target size, headers and trailer included. Every entry comes into exactly one,
/// in order. A file larger than the target gets a datablock with no other file; the folders just above it may share it, so
/// that no datablock holds folders alone only because a large file follows.
#[derive(Debug)]
pub struct Partition {
    pid: String,
    target: u64,
    number: u32,
    open: Option<Open>,
}

/// The datablock being filled.
#[derive(Debug)]
struct Open {
    first: EntryId,
    last: EntryId,
    files: u64,
    bytes: u64,
    /// Holds a file or link.
    content: bool,
    sizer: Sizer,
}

impl Partition {
    /// Of no entries yet. `target` in bytes.
    pub fn new(pid: &str, target: u64) -> Self {
        Self { pid: pid.into(), target, number: 0, open: None }
    }

    /// Takes the next entry; gives the datablock that it did not fit into.
    pub fn push(&mut self, item: &Item<'_>) -> Option<NewBlock> {
        let full = self.open.as_ref().is_some_and(|open| {
            let joins = !open.content && item.is_file();
            !joins && open.sizer.size_with(&item.tar) > self.target
        });
        let closed = if full { self.close() } else { None };
        self.open.get_or_insert_with(|| Open::at(item.id)).take(item);
        closed
    }

    /// The last datablock.
    pub fn finish(mut self) -> Option<NewBlock> {
        self.close()
    }

    fn close(&mut self) -> Option<NewBlock> {
        let Open { first, last, files, bytes, sizer, .. } = self.open.take()?;
        let number = self.number;
        self.number += 1;
        let name = format!("{}_{number}.tar", self.pid);
        Some(NewBlock { number, name, first, last, files, bytes, size: sizer.size() })
    }
}

impl Open {
    fn at(first: EntryId) -> Self {
        Self { first, last: first, files: 0, bytes: 0, content: false, sizer: Sizer::new() }
    }

    fn take(&mut self, item: &Item<'_>) {
        self.last = item.id;
        self.files += u64::from(item.is_file());
        self.bytes += item.tar.content();
        self.content |= item.has_content();
        self.sizer.push(&item.tar);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TARGET: u64 = 40_000;

    /// Kinds and sizes in order: `None` for a folder.
    fn entries() -> impl Strategy<Value = Vec<(Option<u64>, usize)>> {
        let size = prop_oneof![4 => 0..3000_u64, 1 => 0..100_000_u64, 1 => Just(TARGET)];
        prop::collection::vec((prop::option::weighted(0.7, size), 1..300_usize), 1..700)
    }

    fn cut(entries: &[(Option<u64>, usize)]) -> Vec<NewBlock> {
        let mut partition = Partition::new("ds", TARGET);
        let mut blocks = Vec::new();
        for (id, (size, length)) in (1..).zip(entries) {
            let path = vec![b'x'; *length];
            let kind = size.map_or(tar::Kind::Folder, |size| tar::Kind::File { size });
            blocks.extend(
                partition.push(&Item { id, tar: tar::Entry { path: &path, kind, mode: 0o644, mtime: (0, 0) } }),
            );
        }
        blocks.extend(partition.finish());
        blocks
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_entry_is_in_exactly_one_datablock(entries in entries()) {
            let blocks = cut(&entries);
            let mut next = 1;
            for (number, block) in (0..).zip(&blocks) {
                prop_assert_eq!((block.number, block.first), (number, next));
                prop_assert!(block.last >= block.first, "an empty datablock");
                next = block.last + 1;
            }
            prop_assert_eq!(usize::try_from(next), Ok(entries.len() + 1));
            prop_assert_eq!(blocks.iter().map(|b| b.files).sum::<u64>(), entries.iter().filter(|e| e.0.is_some()).count() as u64);
            prop_assert_eq!(blocks.iter().map(|b| b.bytes).sum::<u64>(), entries.iter().filter_map(|e| e.0).sum::<u64>());
        }

        #[test]
        fn only_a_single_large_file_goes_beyond_the_target(entries in entries()) {
            for block in cut(&entries) {
                prop_assert!(block.size <= TARGET || block.files == 1, "{block:?}");
            }
        }

        #[test]
        fn the_cut_does_not_waste_datablocks(entries in entries()) {
            let blocks = cut(&entries);
            for pair in blocks.windows(2) {
                let next = &entries[usize::try_from(pair[1].first).unwrap_or(1) - 1];
                let least = pair[0].size + next.0.unwrap_or(0) + 3 * 512;
                prop_assert!(least + 512 > TARGET, "{pair:?} could have been larger");
            }
        }
    }

    #[test]
    fn a_file_larger_than_the_target_follows_no_empty_datablock() {
        let folder = (None, 5);
        let blocks = cut(&[folder, folder, (Some(TARGET * 3), 10), (Some(1), 10)]);
        assert_eq!(blocks.iter().map(|b| (b.first, b.last, b.files)).collect::<Vec<_>>(), [(1, 3, 1), (4, 4, 1)]);
        let blocks = cut(&[(Some(TARGET * 3), 10)]);
        assert_eq!(blocks.len(), 1);
        assert_eq!(blocks[0].name, "ds_0.tar");
    }
}
