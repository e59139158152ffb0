//! Entries together with what the ledger holds of each: checksums, place in a datablock, proof, release.

use longshore_catalogue::{
    Copied, DatasetId, Digests, Entry, EntryId, EntryKind, FoundEntry, LandingState, Mtime, PathBytes,
};
use rusqlite::{Connection, OptionalExtension, Params, Row};

use crate::error::{Result, Work, missing};
use crate::page::{self, Page};
use crate::store::Store;
use crate::table::{block, copy, dataset, entry, folder};
use crate::words::kind_of;

/// An entry as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryRecord {
    /// The entry.
    pub entry: Entry,
    /// Files at any depth below a folder, else 0.
    pub files: u64,
    /// Bytes of a file; of all files at any depth below a folder.
    pub bytes: u64,
    /// Number of its datablock, once it has a place in one.
    pub block: Option<u32>,
    /// What its last verification found instead of it, if that failed.
    pub damage: Option<String>,
}

/// An entry as a search across datasets finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundRecord {
    /// Its dataset.
    pub pid: String,
    /// The entry.
    pub record: EntryRecord,
}

/// All tables hang on the entry's key and are walked side by side, so that a page of entries is a page of each.
const SELECT: &str = "
    SELECT e.id, e.parent, e.kind, e.name, e.size, e.mode, e.secs, e.nanos, e.source, e.link,
           d.sha256, d.md5, c.block, c.header, c.gap, p.at, r.entry IS NOT NULL
    FROM entry e LEFT JOIN digest d ON d.entry = e.id LEFT JOIN copy c ON c.entry = e.id
    LEFT JOIN proof p ON p.entry = e.id LEFT JOIN released r ON r.entry = e.id";

/// Rows of [`SELECT`] with a condition, as entries.
fn select(sql: &Connection, condition: &str, params: impl Params) -> Work<Vec<Entry>> {
    let mut statement = sql.prepare_cached(&format!("{SELECT} {condition}"))?;
    let mut rows = statement.query(params)?;
    let mut entries = Vec::new();
    let mut folder: Option<(EntryId, PathBytes)> = None;
    while let Some(row) = rows.next()? {
        let parent = row.get(1)?;
        if folder.as_ref().is_none_or(|(known, _)| *known != parent) {
            folder = Some((parent, PathBytes::new(folder::path(sql, parent)?)));
        }
        if let Some((_, path)) = &folder {
            entries.push(of_row(row, path)?);
        }
    }
    Ok(entries)
}

fn of_row(row: &Row<'_>, folder: &PathBytes) -> Work<Entry> {
    let sha256: Option<[u8; 32]> = row.get(10)?;
    let digests = match sha256 {
        Some(sha256) => Some(Digests { sha256, md5: row.get(11)? }),
        None => None,
    };
    let landing = match (&digests, row.get(16)?) {
        (None, _) => LandingState::Absent,
        (Some(_), false) => LandingState::Present,
        (Some(_), true) => LandingState::Released,
    };
    let link: Option<Vec<u8>> = row.get(9)?;
    Ok(Entry {
        id: row.get(0)?,
        path: folder.join(row.get_ref(3)?.as_blob()?),
        source: row.get(8)?,
        kind: kind_of(row.get(2)?)?,
        size: row.get(4)?,
        mode: row.get(5)?,
        mtime: Mtime { secs: row.get(6)?, nanos: row.get(7)? },
        link: PathBytes::new(link.unwrap_or_default()),
        digests,
        landing,
        copy: place(row)?,
        proved_at: row.get(15)?,
    })
}

fn place(row: &Row<'_>) -> Work<Option<Copied>> {
    let Some(block) = row.get(12)? else { return Ok(None) };
    let (header, gap): (u64, u64) = (row.get(13)?, row.get(14)?);
    Ok(Some(Copied { block, header, data: header + gap }))
}

/// Which entries of a dataset to read in the order of their keys.
#[derive(Clone, Copy)]
pub(crate) enum Which {
    /// All.
    All,
    /// Files whose landing copy is not there yet.
    Unlanded,
    /// Files in the landing zone that are proved, in a datablock that is proved as a whole.
    Releasable,
}

impl Which {
    fn condition(self) -> &'static str {
        match self {
            Self::All => "WHERE e.id > ? AND e.id <= ? ORDER BY e.id LIMIT ?",
            Self::Unlanded => {
                "WHERE e.id > ? AND e.id <= ? AND e.kind = 1
                 AND NOT EXISTS (SELECT 1 FROM digest WHERE entry = e.id) ORDER BY e.id LIMIT ?"
            }
            Self::Releasable => {
                "WHERE e.id > ? AND e.id <= ? AND e.kind = 1 AND EXISTS (SELECT 1 FROM digest WHERE entry = e.id)
                 AND EXISTS (SELECT 1 FROM proof WHERE entry = e.id) AND NOT EXISTS (SELECT 1 FROM released WHERE entry = e.id)
                 AND (SELECT state FROM block WHERE id = (SELECT block FROM copy WHERE entry = e.id)) = 'proved'
                 ORDER BY e.id LIMIT ?"
            }
        }
    }
}

/// At most `limit` entries of a dataset after a key.
pub(crate) fn after(sql: &Connection, id: DatasetId, which: Which, after: EntryId, limit: usize) -> Work<Vec<Entry>> {
    dataset::listed(sql, id)?;
    let from = after.max(dataset::top(id));
    select(sql, which.condition(), (from, dataset::top(id + 1) - 1, limit))
}

/// The entry at a path.
pub(crate) fn at(sql: &Connection, id: DatasetId, path: &PathBytes) -> Work<Entry> {
    let (entry, _) = entry::at(sql, id, path)?;
    by_key(sql, entry)?.ok_or_else(|| missing("entry", path))
}

fn by_key(sql: &Connection, entry: EntryId) -> Work<Option<Entry>> {
    Ok(select(sql, "WHERE e.id = ?", [entry])?.pop())
}

/// The entry at a path and all below it, after a key.
pub(crate) fn below(
    sql: &Connection,
    id: DatasetId,
    path: &PathBytes,
    after: EntryId,
    limit: usize,
) -> Work<Vec<Entry>> {
    let (first, kind) = entry::at(sql, id, path)?;
    let last = match kind {
        _ if first == dataset::top(id) => dataset::top(id + 1) - 1,
        EntryKind::Folder => finished(sql, id).and_then(|()| folder::below(sql, first))?.last,
        EntryKind::File | EntryKind::Link => first,
    };
    select(sql, Which::All.condition(), (after.max(first - 1), last, limit))
}

fn finished(sql: &Connection, id: DatasetId) -> Work<()> {
    if dataset::listed(sql, id)? { Ok(()) } else { crate::error::refused("this dataset is still being listed") }
}

/// What a search looks for.
enum Sought {
    /// Files of a SHA-256 or MD5.
    Checksum(&'static str, Vec<u8>),
    /// Entries whose name holds this, as a pattern.
    Name(Vec<u8>),
}

impl Sought {
    /// A whole checksum in hex, or else a part of a name in the text form of paths.
    fn of(text: &str) -> Self {
        match (text.len(), unhex(text)) {
            (64, Some(bytes)) => Self::Checksum("sha256", bytes),
            (32, Some(bytes)) => Self::Checksum("md5", bytes),
            _ => {
                let bytes = PathBytes::from_text(text).map_or_else(|_| text.as_bytes().to_vec(), PathBytes::into_bytes);
                Self::Name(page::anywhere(&bytes))
            }
        }
    }

    /// Keys found between two, in ascending order.
    fn keys(&self, sql: &Connection, range: (EntryId, EntryId), limit: u64, offset: u64) -> Work<Vec<EntryId>> {
        let (query, bytes) = match self {
            Self::Checksum(column, bytes) => (
                format!("SELECT entry FROM digest WHERE entry BETWEEN ? AND ? AND {column} = ? ORDER BY entry LIMIT ? OFFSET ?"),
                bytes,
            ),
            Self::Name(pattern) => (
                "SELECT id FROM entry WHERE id BETWEEN ? AND ? AND name LIKE ? ESCAPE '\\' ORDER BY id LIMIT ? OFFSET ?".into(),
                pattern,
            ),
        };
        let mut statement = sql.prepare_cached(&query)?;
        let keys = statement.query_map((range.0, range.1, bytes, limit, offset), |row| row.get(0))?;
        Ok(keys.collect::<rusqlite::Result<_>>()?)
    }

    fn count(&self, sql: &Connection, range: (EntryId, EntryId)) -> Work<u64> {
        let (query, bytes) = match self {
            Self::Checksum(column, bytes) => {
                (format!("SELECT count(*) FROM digest WHERE entry BETWEEN ? AND ? AND {column} = ?"), bytes)
            }
            Self::Name(pattern) => {
                ("SELECT count(*) FROM entry WHERE id BETWEEN ? AND ? AND name LIKE ? ESCAPE '\\'".into(), pattern)
            }
        };
        Ok(sql.prepare_cached(&query)?.query_row((range.0, range.1, bytes), |row| row.get(0))?)
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() {
        return None;
    }
    let digits = text.as_bytes().chunks(2).map(|two| std::str::from_utf8(two).ok());
    digits.map(|two| two.and_then(|two| u8::from_str_radix(two, 16).ok())).collect()
}

/// Entries across all datasets by part of a name or by checksum.
pub(crate) fn find(sql: &Connection, text: &str, limit: usize) -> Work<Vec<FoundEntry>> {
    let mut found = Vec::new();
    for key in Sought::of(text).keys(sql, (1, EntryId::MAX), limit as u64, 0)? {
        if let Some(entry) = by_key(sql, key)? {
            found.push(FoundEntry { pid: dataset::pid(sql, dataset::of_entry(key))?, entry });
        }
    }
    Ok(found)
}

fn record(sql: &Connection, entry: Entry) -> Work<EntryRecord> {
    let (files, bytes) = match entry.kind {
        EntryKind::Folder => folder::below(sql, entry.id).map(|below| (below.files, below.bytes))?,
        EntryKind::File | EntryKind::Link => (0, entry.size),
    };
    let block = entry.copy.map(|copy| block::number(sql, copy.block)).transpose()?;
    Ok(EntryRecord { files, bytes, block, damage: copy::damage(sql, entry.id)?, entry })
}

fn records(sql: &Connection, entries: Vec<Entry>) -> Work<Vec<EntryRecord>> {
    entries.into_iter().map(|entry| record(sql, entry)).collect()
}

impl Store {
    /// A page of what lies directly in a folder, folders first, each kind by name in bytes. The empty path is the top.
    pub fn folder_page(
        &self,
        pid_or_name: &str,
        folder: &PathBytes,
        offset: u64,
        limit: u32,
    ) -> Result<Page<EntryRecord>> {
        self.read(|sql| {
            let id = dataset::id_of(sql, pid_or_name)?;
            let (parent, _) = entry::at(sql, id, folder)?;
            let total = sql
                .prepare_cached("SELECT count(*) FROM entry WHERE parent = ?")?
                .query_row([parent], |row| row.get(0))?;
            let page = "WHERE e.parent = ? ORDER BY e.kind, e.name LIMIT ? OFFSET ?";
            Ok(Page { rows: records(sql, select(sql, page, (parent, page::limit(limit), offset))?)?, total })
        })
    }

    /// A page of all entries of a dataset in listing order; with `search`, those whose name holds it or whose checksum it is.
    pub fn entry_page(
        &self,
        pid_or_name: &str,
        search: Option<&str>,
        offset: u64,
        limit: u32,
    ) -> Result<Page<EntryRecord>> {
        self.read(|sql| {
            let id = dataset::id_of(sql, pid_or_name)?;
            let range = (dataset::top(id) + 1, dataset::top(id + 1) - 1);
            let limit = page::limit(limit);
            let Some(text) = search.filter(|text| !text.is_empty()) else {
                // Keys are without gaps, so that no page is farther away than another.
                let total = entry::last(sql, id)?.map_or(0, |last| last.abs_diff(dataset::top(id)));
                let before = dataset::top(id).saturating_add_unsigned(offset.min(total));
                let rows = after(sql, id, Which::All, before, limit as usize)?;
                return Ok(Page { rows: records(sql, rows)?, total });
            };
            let sought = Sought::of(text);
            let mut rows = Vec::new();
            for key in sought.keys(sql, range, limit.into(), offset)? {
                rows.extend(by_key(sql, key)?);
            }
            // A page that is not full is the last one: no need to read everything again for the total.
            let last = rows.len() < limit as usize && (offset == 0 || !rows.is_empty());
            let total = if last { offset + rows.len() as u64 } else { sought.count(sql, range)? };
            Ok(Page { rows: records(sql, rows)?, total })
        })
    }

    /// One entry by its path.
    pub fn entry_record(&self, pid_or_name: &str, path: &PathBytes) -> Result<EntryRecord> {
        self.read(|sql| record(sql, at(sql, dataset::id_of(sql, pid_or_name)?, path)?))
    }

    /// Entries across all datasets whose name holds the text, or whose checksum (hex, SHA-256 or MD5) it is.
    pub fn find_records(&self, text: &str, limit: u32) -> Result<Vec<FoundRecord>> {
        self.read(|sql| {
            let found = find(sql, text, page::limit(limit) as usize)?;
            found
                .into_iter()
                .map(|found| Ok(FoundRecord { pid: found.pid, record: record(sql, found.entry)? }))
                .collect()
        })
    }

    /// Bytes and files at or below some paths of a dataset, and the datablocks in which they lie; all of it for no path at all.
    pub fn selection(&self, pid_or_name: &str, paths: &[PathBytes]) -> Result<Selection> {
        self.read(|sql| {
            let id = dataset::id_of(sql, pid_or_name)?;
            finished(sql, id)?;
            let top = [PathBytes::default()];
            let mut selection = Selection::default();
            for path in if paths.is_empty() { &top[..] } else { paths } {
                selection.add(sql, id, path)?;
            }
            Ok(selection)
        })
    }
}

/// What some paths of a dataset come to. Paths that overlap count twice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Numbers of the datablocks that hold them.
    pub blocks: std::collections::BTreeSet<u32>,
}

impl Selection {
    fn add(&mut self, sql: &Connection, id: DatasetId, path: &PathBytes) -> Work<()> {
        let (first, kind) = entry::at(sql, id, path)?;
        let (last, files, bytes) = if first == dataset::top(id) {
            let totals = dataset::by_id(sql, id)?.totals;
            (dataset::top(id + 1) - 1, totals.files, totals.bytes)
        } else if kind == EntryKind::Folder {
            let below = folder::below(sql, first)?;
            (below.last, below.files, below.bytes)
        } else {
            let size = sql.prepare_cached("SELECT size FROM entry WHERE id = ?")?.query_row([first], |row| row.get(0));
            (first, u64::from(kind == EntryKind::File), size.optional()?.unwrap_or(0))
        };
        self.files += files;
        self.bytes += bytes;
        let mut statement =
            sql.prepare_cached("SELECT number FROM block WHERE dataset = ? AND last >= ? AND first <= ?")?;
        for number in statement.query_map((id, first, last), |row| row.get(0))? {
            self.blocks.insert(number?);
        }
        Ok(())
    }
}
