//! Datasets. Their state is never stored: it is read off their entries' and datablocks' facts.

use longshore_catalogue::{Dataset, DatasetId, DatasetState, NewDataset, PathBytes, Totals};
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use crate::error::{Error, Result, Work, missing, refused};
use crate::page::{self, Page};
use crate::schema::Migration;
use crate::store::Store;
use crate::table::described;
use crate::words::Word;

/// `landed` and `released` are counts of rows of `digest` and `released`, kept by the transactions that write those.
pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    to: 1,
    sql: "CREATE TABLE dataset (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            pid TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL UNIQUE,
            created_at INTEGER NOT NULL,
            touched_at INTEGER NOT NULL,
            listed INTEGER NOT NULL DEFAULT 0,
            files INTEGER NOT NULL DEFAULT 0,
            folders INTEGER NOT NULL DEFAULT 0,
            links INTEGER NOT NULL DEFAULT 0,
            bytes INTEGER NOT NULL DEFAULT 0,
            special INTEGER NOT NULL DEFAULT 0,
            landed INTEGER NOT NULL DEFAULT 0,
            released INTEGER NOT NULL DEFAULT 0
          ) STRICT;
          CREATE TABLE source (
            dataset INTEGER NOT NULL REFERENCES dataset, number INTEGER NOT NULL, path BLOB NOT NULL,
            PRIMARY KEY (dataset, number)
          ) STRICT, WITHOUT ROWID;",
}];

/// A dataset in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetSummary {
    /// The dataset.
    pub dataset: Dataset,
    /// Files proved on the LTS. A datablock's files count once its verification has ended.
    pub proved_files: u64,
    /// Their bytes.
    pub proved_bytes: u64,
    /// Files in the landing zone.
    pub landing_files: u64,
    /// Number of datablocks.
    pub blocks: u32,
    /// When its last datablock was proved, if all are.
    pub archived_at: Option<i64>,
    /// When anything last happened to it, in milliseconds since the epoch.
    pub touched_at: i64,
    /// Its newest run.
    pub run: Option<String>,
}

/// Which datasets to list.
#[derive(Debug, Clone, Default)]
pub struct DatasetFilter {
    /// Part of a name or pid, ASCII letters in either case.
    pub search: Option<String>,
    /// One state.
    pub state: Option<DatasetState>,
    /// Those touched last first, instead of the newest first.
    pub by_touch: bool,
    /// Rows to pass over.
    pub offset: u64,
    /// Rows wanted, at most 1,000; 0 means 100.
    pub limit: u32,
}

/// Entries of different datasets never mix: the upper half of an entry's key is its dataset, the lower its number from 1.
/// Keys so stay below 2^53 for the first two million datasets, which is what JavaScript can hold.
const MOST_DATASETS: i64 = 1 << 21;

/// The key of the folder that is the dataset's top; it has no entry of its own.
pub(crate) fn top(dataset: DatasetId) -> i64 {
    dataset << 32
}

/// The dataset of an entry's key.
pub(crate) fn of_entry(entry: i64) -> DatasetId {
    entry >> 32
}

/// Datasets, those that a condition names, with what is derived of their state.
fn select(which: &str, rest: &str) -> String {
    format!("{} SELECT {rest}", STATED.replace("{which}", which))
}

const STATED: &str = "
    WITH standing AS (
      SELECT d.*, count(b.id) AS blocks, coalesce(sum(b.state = 'damaged'), 0) AS damaged,
             coalesce(sum(b.state <> 'planned'), 0) AS written,
             coalesce(sum(CASE WHEN b.state = 'proved' THEN b.last - b.first + 1 END), 0) AS proved_entries,
             coalesce(sum(b.proved_files), 0) AS proved_files, coalesce(sum(b.proved_bytes), 0) AS proved_bytes,
             max(b.verified_at) AS verified_at
      FROM dataset d LEFT JOIN block b ON b.dataset = d.id
      WHERE {which}
      GROUP BY d.id
    ), stated AS (
      SELECT *, CASE
          WHEN damaged > 0 THEN 'damaged'
          WHEN listed AND blocks > 0 AND proved_entries = files + folders + links THEN 'archived'
          WHEN written > 0 THEN 'archiving'
          WHEN listed AND landed = files THEN 'landed'
          ELSE 'landing' END AS state
      FROM standing
    )";

const SEARCH: &str = ":search IS NULL OR d.name LIKE :search ESCAPE '\\' OR d.pid LIKE :search ESCAPE '\\'";

/// Creates a dataset; one that is there already with the very same values is given back.
pub(crate) fn create(sql: &Connection, new: &NewDataset) -> Work<Dataset> {
    if let Some(dataset) = clash(sql, new)? {
        return Ok(dataset);
    }
    sql.prepare_cached("INSERT INTO dataset (pid, name, created_at, touched_at) VALUES (?1, ?2, ?3, ?3)")?
        .execute((&new.pid, &new.name, new.created_at))?;
    let id = sql.last_insert_rowid();
    if id >= MOST_DATASETS {
        return refused("this workspace has two million datasets; open another");
    }
    let mut statement = sql.prepare_cached("INSERT INTO source VALUES (?, ?, ?)")?;
    for (number, path) in (0_u32..).zip(&new.sources) {
        statement.execute((id, number, path.as_bytes()))?;
    }
    super::run::belong(sql, &new.pid, &new.name)?;
    by_id(sql, id)
}

fn clash(sql: &Connection, new: &NewDataset) -> Work<Option<Dataset>> {
    let Some(id) = find(sql, "pid", &new.pid)? else {
        let taken = || Error::Taken { what: "name", value: new.name.clone() }.into();
        return find(sql, "name", &new.name)?.map_or(Ok(None), |_| Err(taken()));
    };
    let there = by_id(sql, id)?;
    if there.name == new.name && there.sources == new.sources && there.created_at == new.created_at {
        return Ok(Some(there));
    }
    Err(Error::Taken { what: "pid", value: new.pid.clone() }.into())
}

fn find(sql: &Connection, column: &str, value: &str) -> Work<Option<DatasetId>> {
    let mut statement = sql.prepare_cached(&format!("SELECT id FROM dataset WHERE {column} = ?"))?;
    Ok(statement.query_row([value], |row| row.get(0)).optional()?)
}

/// The key of a dataset by pid, or else by name, or else by its pid in SciCat; none if there is none.
fn found(sql: &Connection, asked: &str) -> Work<Option<DatasetId>> {
    for column in ["pid", "name"] {
        let id = find(sql, column, asked)?;
        if id.is_some() {
            return Ok(id);
        }
    }
    described::of_pid(sql, asked)
}

/// The same of one that must be there.
pub(crate) fn id_of(sql: &Connection, asked: &str) -> Work<DatasetId> {
    found(sql, asked)?.ok_or_else(|| missing("dataset", asked))
}

/// The pid of the dataset of this pid, name or pid in SciCat, if there is one.
pub(crate) fn find_pid(sql: &Connection, asked: &str) -> Work<Option<String>> {
    found(sql, asked)?.map(|id| pid(sql, id)).transpose()
}

/// The pid of a dataset.
pub(crate) fn pid(sql: &Connection, id: DatasetId) -> Work<String> {
    let mut statement = sql.prepare_cached("SELECT pid FROM dataset WHERE id = ?")?;
    statement.query_row([id], |row| row.get(0)).optional()?.ok_or_else(|| missing("dataset", id))
}

/// A dataset by key.
pub(crate) fn by_id(sql: &Connection, id: DatasetId) -> Work<Dataset> {
    Ok(summary_by_id(sql, id)?.dataset)
}

fn summary_by_id(sql: &Connection, id: DatasetId) -> Work<DatasetSummary> {
    let mut statement = sql.prepare_cached(&select("d.id = ?", "* FROM stated"))?;
    let mut rows = statement.query([id])?;
    match rows.next()? {
        Some(row) => summary(sql, row),
        None => Err(missing("dataset", id)),
    }
}

fn summary(sql: &Connection, row: &Row<'_>) -> Work<DatasetSummary> {
    let id = row.get("id")?;
    let pid: String = row.get("pid")?;
    let state = DatasetState::of(row.get_ref("state")?.as_str()?)?;
    let (landed, released): (u64, u64) = (row.get("landed")?, row.get("released")?);
    let archived_at = if state == DatasetState::Archived { row.get("verified_at")? } else { None };
    Ok(DatasetSummary {
        proved_files: row.get("proved_files")?,
        proved_bytes: row.get("proved_bytes")?,
        landing_files: landed.saturating_sub(released),
        blocks: row.get("blocks")?,
        archived_at,
        touched_at: row.get("touched_at")?,
        run: super::run::newest_of_dataset(sql, &pid)?,
        dataset: Dataset {
            id,
            name: row.get("name")?,
            state,
            totals: totals(row)?,
            listed: row.get("listed")?,
            sources: sources(sql, id)?,
            created_at: row.get("created_at")?,
            described: described::of(sql, id)?,
            pid,
        },
    })
}

fn totals(row: &Row<'_>) -> rusqlite::Result<Totals> {
    Ok(Totals {
        files: row.get("files")?,
        folders: row.get("folders")?,
        links: row.get("links")?,
        bytes: row.get("bytes")?,
        special: row.get("special")?,
    })
}

fn sources(sql: &Connection, id: DatasetId) -> Work<Vec<PathBytes>> {
    let mut statement = sql.prepare_cached("SELECT path FROM source WHERE dataset = ? ORDER BY number")?;
    let paths = statement.query_map([id], |row| Ok(PathBytes::new(row.get::<_, Vec<u8>>(0)?)))?;
    Ok(paths.collect::<rusqlite::Result<_>>()?)
}

/// Whether the listing is complete.
pub(crate) fn listed(sql: &Connection, id: DatasetId) -> Work<bool> {
    let mut statement = sql.prepare_cached("SELECT listed FROM dataset WHERE id = ?")?;
    statement.query_row([id], |row| row.get(0)).optional()?.ok_or_else(|| missing("dataset", id))
}

/// Ends the listing with these totals.
pub(crate) fn set_listed(sql: &Connection, id: DatasetId, totals: &Totals) -> Work<()> {
    sql.prepare_cached(
        "UPDATE dataset SET listed = 1, files = ?, folders = ?, links = ?, bytes = ?, special = ? WHERE id = ?",
    )?
    .execute(params![totals.files, totals.folders, totals.links, totals.bytes, totals.special, id])?;
    Ok(())
}

/// A file has changed its size by this.
pub(crate) fn add_bytes(sql: &Connection, id: DatasetId, more: i64) -> Work<()> {
    sql.prepare_cached("UPDATE dataset SET bytes = bytes + ? WHERE id = ?")?.execute((more, id))?;
    Ok(())
}

/// Moves the counts of landed and released files.
pub(crate) fn count(sql: &Connection, id: DatasetId, landed: usize, released: usize) -> Work<()> {
    if landed + released > 0 {
        sql.prepare_cached("UPDATE dataset SET landed = landed + ?, released = released + ? WHERE id = ?")?
            .execute((landed, released, id))?;
    }
    Ok(())
}

/// Notes that something happened.
pub(crate) fn touch(sql: &Connection, id: DatasetId, at: i64) -> Work<()> {
    sql.prepare_cached("UPDATE dataset SET touched_at = ?2 WHERE id = ?1 AND touched_at < ?2")?.execute((id, at))?;
    Ok(())
}

impl Store {
    /// A page of datasets.
    pub fn datasets(&self, filter: &DatasetFilter) -> Result<Page<DatasetSummary>> {
        self.read(|sql| {
            let search = filter.search.as_deref().map(page::anywhere_text);
            let state = filter.state.map(Word::word);
            let order = if filter.by_touch { "touched_at DESC, id DESC" } else { "id DESC" };
            let wanted = "stated WHERE :state IS NULL OR state = :state";
            let total = sql
                .prepare_cached(&select(SEARCH, &format!("count(*) FROM {wanted}")))?
                .query_row(named_params! {":search": search, ":state": state}, |row| row.get(0))?;
            let page = format!("* FROM {wanted} ORDER BY {order} LIMIT :limit OFFSET :offset");
            let mut statement = sql.prepare_cached(&select(SEARCH, &page))?;
            let mut found = statement.query(named_params! {
                ":search": search, ":state": state, ":limit": page::limit(filter.limit), ":offset": filter.offset,
            })?;
            let mut rows = Vec::new();
            while let Some(row) = found.next()? {
                rows.push(summary(sql, row)?);
            }
            Ok(Page { rows, total })
        })
    }

    /// How many datasets with this part of a name or pid are in which state.
    pub fn dataset_states(&self, search: Option<&str>) -> Result<Vec<(DatasetState, u64)>> {
        self.read(|sql| {
            let search = search.map(page::anywhere_text);
            let counted = "state, count(*) FROM stated GROUP BY state ORDER BY state";
            let mut statement = sql.prepare_cached(&select(SEARCH, counted))?;
            let mut rows = statement.query(named_params! {":search": search})?;
            let mut counts = Vec::new();
            while let Some(row) = rows.next()? {
                counts.push((DatasetState::of(row.get_ref(0)?.as_str()?)?, row.get(1)?));
            }
            Ok(counts)
        })
    }

    /// One dataset by pid, or else by name, or else by its pid in SciCat.
    pub fn dataset_summary(&self, pid_or_name: &str) -> Result<DatasetSummary> {
        self.read(|sql| summary_by_id(sql, id_of(sql, pid_or_name)?))
    }
}
