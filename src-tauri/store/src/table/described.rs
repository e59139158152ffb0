//! What is said of datasets beside their files, and where these stand in SciCat.

use longshore_catalogue::{Dataset, DatasetId, Described, Metadata, PathBytes};
use rusqlite::{Connection, OptionalExtension as _};

use crate::error::{Error, Result, Work, refused};
use crate::schema::Migration;
use crate::store::Store;
use crate::table::dataset;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    to: 12,
    sql: "CREATE TABLE described (
            dataset INTEGER PRIMARY KEY REFERENCES dataset,
            pid TEXT UNIQUE,
            folder BLOB,
            metadata TEXT NOT NULL
          ) STRICT;",
}];

/// Says what a dataset is. A pid that it has already stays unless another was chosen.
pub(crate) fn describe(sql: &Connection, id: DatasetId, metadata: &Metadata) -> Work<()> {
    free(sql, id, metadata.pid.as_deref())?;
    sql.prepare_cached(
        "INSERT INTO described (dataset, pid, metadata) VALUES (?1, ?2, ?3)
         ON CONFLICT (dataset) DO UPDATE SET pid = coalesce(?2, pid), metadata = ?3",
    )?
    .execute((id, &metadata.pid, serde_json::to_string(metadata)?))?;
    Ok(())
}

/// Refuses a pid that another dataset has.
fn free(sql: &Connection, id: DatasetId, pid: Option<&str>) -> Work<()> {
    let Some(pid) = pid else { return Ok(()) };
    if of_pid(sql, pid)?.is_some_and(|other| other != id) {
        return Err(Error::Taken { what: "pid", value: pid.to_owned() }.into());
    }
    Ok(())
}

/// The dataset that SciCat knows by this pid.
pub(crate) fn of_pid(sql: &Connection, pid: &str) -> Work<Option<DatasetId>> {
    let mut statement = sql.prepare_cached("SELECT dataset FROM described WHERE pid = ?")?;
    Ok(statement.query_row([pid], |row| row.get(0)).optional()?)
}

/// Where a dataset stands, if it has metadata.
pub(crate) fn of(sql: &Connection, id: DatasetId) -> Work<Option<Described>> {
    let mut statement = sql.prepare_cached("SELECT pid, folder FROM described WHERE dataset = ?")?;
    let standing = statement.query_row([id], |row| {
        Ok(Described { pid: row.get(0)?, folder: row.get::<_, Option<Vec<u8>>>(1)?.map(PathBytes::new) })
    });
    Ok(standing.optional()?)
}

/// What is said of a dataset.
pub(crate) fn metadata(sql: &Connection, id: DatasetId) -> Work<Option<Metadata>> {
    let mut statement = sql.prepare_cached("SELECT metadata FROM described WHERE dataset = ?")?;
    let text: Option<String> = statement.query_row([id], |row| row.get(0)).optional()?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

/// Changes one column of a dataset that has metadata.
fn change(sql: &Connection, statement: &str, values: impl rusqlite::Params) -> Work<()> {
    if sql.prepare_cached(statement)?.execute(values)? == 0 {
        return refused("the dataset has no metadata");
    }
    Ok(())
}

/// SciCat knows a dataset by this pid.
pub(crate) fn registered(sql: &Connection, id: DatasetId, pid: &str) -> Work<()> {
    free(sql, id, Some(pid))?;
    change(sql, "UPDATE described SET pid = ?2 WHERE dataset = ?1", (id, pid))
}

/// The files of a dataset lie in this folder, unless they lie in one already.
pub(crate) fn lands_in(sql: &Connection, id: DatasetId, folder: &PathBytes) -> Work<Dataset> {
    let keep = "UPDATE described SET folder = coalesce(folder, ?2) WHERE dataset = ?1";
    change(sql, keep, (id, folder.as_bytes()))?;
    dataset::by_id(sql, id)
}

impl Store {
    /// What was said last of any dataset.
    pub fn last_metadata(&self) -> Result<Option<Metadata>> {
        self.read(|sql| {
            let mut last = sql.prepare_cached("SELECT max(dataset) FROM described")?;
            let id: Option<DatasetId> = last.query_row([], |row| row.get(0))?;
            id.map_or(Ok(None), |id| metadata(sql, id))
        })
    }
}
