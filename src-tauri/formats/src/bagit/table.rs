//! The lines of all manifests of a kind, held compactly: a million of them take little more than their bytes.

use std::hash::{BuildHasher as _, RandomState};

use hashbrown::HashTable;
use sha2::{Digest as _, Sha256};

use super::Algorithm;

/// Bytes of a digest that are kept. A longer one is kept as its SHA-256, which is equal where it is and nowhere else.
const KEPT: usize = 32;

/// Columns at most: one for each algorithm.
const COLUMNS: usize = Algorithm::ALL.len();

/// What is known of a listed file beside its digests, as bits above those of the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// It is there.
    Present,
    /// Its bytes were compared with the digests.
    Proved,
    /// `fetch.txt` names it.
    Fetch,
}

impl Mark {
    fn bit(self) -> u16 {
        1 << (COLUMNS + self as usize)
    }
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entered {
    /// The path stands in this manifest for the first time.
    First,
    /// It stands in it twice, with the same digest or with another.
    Again {
        /// The digests are the same.
        same: bool,
    },
}

/// Paths with their digests.
pub(super) struct Table {
    paths: Vec<u8>,
    /// Where each path ends.
    ends: Vec<u64>,
    marks: Vec<u16>,
    columns: Vec<Column>,
    index: HashTable<u32>,
    hasher: RandomState,
}

struct Column {
    algorithm: Algorithm,
    digests: Vec<u8>,
}

impl Table {
    pub(super) fn new() -> Self {
        let (paths, ends, marks, columns) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { paths, ends, marks, columns, index: HashTable::new(), hasher: RandomState::new() }
    }

    /// Paths in it.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn path(&self, at: usize) -> &[u8] {
        path_at(&self.paths, &self.ends, at)
    }

    /// The algorithms of its manifests.
    pub(super) fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        self.columns.iter().map(|column| column.algorithm)
    }

    /// The algorithms of the manifests that list this path.
    pub(super) fn listed(&self, at: usize) -> impl Iterator<Item = Algorithm> {
        let marks = self.marks[at];
        self.columns
            .iter()
            .enumerate()
            .filter(move |(column, _)| marks & (1 << column) != 0)
            .map(|(_, column)| column.algorithm)
    }

    pub(super) fn find(&self, path: &[u8]) -> Option<usize> {
        let hash = self.hasher.hash_one(path);
        self.index.find(hash, |at| self.path(*at as usize) == path).map(|at| *at as usize)
    }

    pub(super) fn has(&self, at: usize, mark: Mark) -> bool {
        self.marks[at] & mark.bit() != 0
    }

    pub(super) fn mark(&mut self, at: usize, mark: Mark) {
        self.marks[at] |= mark.bit();
    }

    /// Opens the column of an algorithm, so that it counts although no line follows.
    pub(super) fn column(&mut self, algorithm: Algorithm) -> usize {
        if let Some(at) = self.columns.iter().position(|column| column.algorithm == algorithm) {
            return at;
        }
        self.columns.push(Column { algorithm, digests: Vec::new() });
        self.columns.len() - 1
    }

    /// Takes in a line, and says where. `None` where there are too many.
    pub(super) fn enter(&mut self, column: usize, path: &[u8], digest: &[u8]) -> Option<(usize, Entered)> {
        let at = match self.find(path) {
            Some(at) => at,
            None => self.append(path)?,
        };
        let digest = kept(digest);
        let width = digest.len();
        let digests = &mut self.columns[column].digests;
        if digests.len() < (at + 1) * width {
            digests.resize((at + 1) * width, 0);
        }
        let place = &mut digests[at * width..(at + 1) * width];
        let entered = if self.marks[at] & (1 << column) == 0 {
            place.copy_from_slice(&digest);
            Entered::First
        } else {
            Entered::Again { same: place == digest }
        };
        self.marks[at] |= 1 << column;
        Some((at, entered))
    }

    fn append(&mut self, path: &[u8]) -> Option<usize> {
        let at = self.ends.len();
        let number = u32::try_from(at).ok()?;
        self.paths.extend_from_slice(path);
        self.ends.push(self.paths.len() as u64);
        self.marks.push(0);
        let hash = self.hasher.hash_one(path);
        let (paths, ends, hasher) = (&self.paths, &self.ends, &self.hasher);
        self.index.insert_unique(hash, number, |at| hasher.hash_one(path_at(paths, ends, *at as usize)));
        Some(at)
    }

    /// The first of these digests that is not what the manifest has.
    pub(super) fn differs(&self, at: usize, found: &[(Algorithm, Vec<u8>)]) -> Option<Algorithm> {
        let listed = self.columns.iter().enumerate().filter(|(column, _)| self.marks[at] & (1 << column) != 0);
        let differs = listed.map(|(_, column)| column).find(|column| {
            let found = found.iter().find(|(algorithm, _)| *algorithm == column.algorithm);
            found.is_none_or(|(_, digest)| {
                let digest = kept(digest);
                column.digests.get(at * digest.len()..(at + 1) * digest.len()) != Some(&digest[..])
            })
        });
        differs.map(|column| column.algorithm)
    }
}

fn path_at<'p>(paths: &'p [u8], ends: &[u64], at: usize) -> &'p [u8] {
    let place = |at: usize| usize::try_from(ends[at]).unwrap_or(usize::MAX);
    let start = at.checked_sub(1).map_or(0, place);
    &paths[start..place(at)]
}

fn kept(digest: &[u8]) -> Vec<u8> {
    if digest.len() > KEPT { Sha256::digest(digest).to_vec() } else { digest.to_vec() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_again_in_each_manifest() {
        let mut table = Table::new();
        let (short, long) = (table.column(Algorithm::Md5), table.column(Algorithm::Sha512));
        for number in 0..1000_u32 {
            let path = format!("data/{number}");
            let entered = table.enter(short, path.as_bytes(), &[1; 16]);
            assert_eq!(entered, Some((number as usize, Entered::First)));
        }
        assert_eq!(table.enter(long, b"data/7", &[2; 64]), Some((7, Entered::First)));
        assert_eq!(table.enter(long, b"data/7", &[2; 64]), Some((7, Entered::Again { same: true })));
        assert_eq!(table.enter(short, b"data/7", &[2; 16]), Some((7, Entered::Again { same: false })));
        assert_eq!(table.find(b"data/999"), Some(999));
        assert_eq!(table.find(b"data/1000"), None);
        assert_eq!(table.listed(7).collect::<Vec<_>>(), [Algorithm::Md5, Algorithm::Sha512]);
        assert_eq!(table.listed(8).collect::<Vec<_>>(), [Algorithm::Md5]);
        let right = vec![(Algorithm::Md5, vec![1; 16]), (Algorithm::Sha512, vec![2; 64])];
        assert_eq!(table.differs(7, &right), None);
        let mut wrong = right.clone();
        wrong[1].1[63] ^= 1;
        assert_eq!(table.differs(7, &wrong), Some(Algorithm::Sha512), "its last byte counts");
        assert_eq!(table.differs(7, &right[..1]), Some(Algorithm::Sha512), "what was not taken proves nothing");
    }

    #[test]
    fn marks_stay_apart() {
        let mut table = Table::new();
        for algorithm in Algorithm::ALL {
            let column = table.column(algorithm);
            table.enter(column, b"a", &vec![3; algorithm.width()]);
        }
        assert_eq!(table.listed(0).count(), 6);
        for mark in [Mark::Present, Mark::Proved, Mark::Fetch] {
            assert!(!table.has(0, mark));
            table.mark(0, mark);
            assert!(table.has(0, mark));
        }
        assert_eq!(table.listed(0).count(), 6);
    }
}
