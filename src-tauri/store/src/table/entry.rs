//! Entries: what the listing found. A row is not changed any more once its file landed.

use longshore_catalogue::{DatasetId, EntryId, EntryKind, Mtime, NewEntry, PathBytes};
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};

use crate::error::{Abort, Work, missing, refused};
use crate::schema::Migration;
use crate::table::{dataset, digest, folder};
use crate::words::{kind_number, kind_of};

/// The index finds an entry by its path, and holds a folder's page in the order in which it is shown.
pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    to: 1,
    sql: "CREATE TABLE entry (
            id INTEGER PRIMARY KEY,
            parent INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            name BLOB NOT NULL,
            size INTEGER NOT NULL,
            mode INTEGER NOT NULL,
            secs INTEGER NOT NULL,
            nanos INTEGER NOT NULL,
            source INTEGER NOT NULL,
            link BLOB
          ) STRICT;
          CREATE UNIQUE INDEX entry_place ON entry (parent, kind, name);",
}];

/// Adds entries behind those that are there. A batch, or its beginning, that is there already is passed over.
pub(crate) fn add(sql: &Connection, dataset: DatasetId, entries: &[NewEntry]) -> Work<()> {
    let listed = dataset::listed(sql, dataset)?;
    let rest = &entries[known(sql, dataset, entries)?..];
    if rest.is_empty() {
        return Ok(());
    }
    if listed {
        return refused("the listing of this dataset is finished; nothing can be added");
    }
    let mut id = last(sql, dataset)?;
    let mut open = folder::Open::after(sql, dataset, id)?;
    for entry in rest {
        let next = id.unwrap_or(dataset::top(dataset)) + 1;
        append(sql, &mut open, next, entry)?;
        id = Some(next);
    }
    Ok(())
}

/// How many of the first entries are there already, just as they are given.
fn known(sql: &Connection, dataset: DatasetId, entries: &[NewEntry]) -> Work<usize> {
    for (at, entry) in entries.iter().enumerate() {
        let Some((id, _)) = locate(sql, dataset, entry.path.as_bytes())? else { return Ok(at) };
        if !same(sql, id, entry)? {
            return refused(format!("{} is listed already, and was another then", entry.path));
        }
    }
    Ok(entries.len())
}

fn same(sql: &Connection, id: EntryId, entry: &NewEntry) -> Work<bool> {
    let mut statement = sql.prepare_cached(
        "SELECT 1 FROM entry WHERE id = ? AND kind = ? AND size = ? AND mode = ? AND secs = ? AND nanos = ?
         AND source = ? AND link IS ?",
    )?;
    Ok(statement.exists(params![
        id,
        kind_number(entry.kind),
        entry.size,
        entry.mode,
        entry.mtime.secs,
        entry.mtime.nanos,
        entry.source,
        link(entry),
    ])?)
}

fn link(entry: &NewEntry) -> Option<&[u8]> {
    (entry.kind == EntryKind::Link).then(|| entry.link.as_bytes())
}

fn append(sql: &Connection, open: &mut folder::Open, id: EntryId, entry: &NewEntry) -> Work<()> {
    let name = entry.path.file_name();
    let folder = entry.path.as_bytes().strip_suffix(name).unwrap_or_default();
    let Some(parent) = open.enter(folder.strip_suffix(b"/").unwrap_or(folder)) else {
        return refused(format!("{} is listed out of order: its folder is not open at this point", entry.path));
    };
    if name.is_empty() || parent == dataset::top(dataset::of_entry(id)) && child(sql, parent, name)?.is_some() {
        return refused(format!("{} is listed twice", entry.path));
    }
    let done = sql.prepare_cached("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?.execute(params![
        id,
        parent,
        kind_number(entry.kind),
        name,
        entry.size,
        entry.mode,
        entry.mtime.secs,
        entry.mtime.nanos,
        entry.source,
        link(entry),
    ]);
    match done {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            return refused(format!("{} is listed twice", entry.path));
        }
        done => done?,
    };
    if entry.kind == EntryKind::Folder {
        folder::add(sql, id, entry.path.as_bytes())?;
        open.push(id, entry.path.clone());
    }
    Ok(())
}

/// Takes a file as it is now, if it has not landed; the sums of the folders around it and of the dataset follow.
pub(crate) fn relist(
    sql: &Connection,
    dataset: DatasetId,
    id: EntryId,
    size: u64,
    mode: u32,
    mtime: Mtime,
) -> Work<()> {
    expect(sql, dataset, id, EntryKind::File)?;
    if digest::of(sql, id)?.is_some() {
        return refused(format!("entry {id} landed already; it stays as it was listed"));
    }
    let mut read = sql.prepare_cached("SELECT parent, size FROM entry WHERE id = ?")?;
    let (parent, before): (EntryId, i64) = read.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    sql.prepare_cached("UPDATE entry SET size = ?, mode = ?, secs = ?, nanos = ? WHERE id = ?")?.execute((
        size,
        mode,
        mtime.secs,
        mtime.nanos,
        id,
    ))?;
    let growth = i64::try_from(size).unwrap_or(i64::MAX) - before;
    if growth == 0 || !dataset::listed(sql, dataset)? {
        return Ok(());
    }
    dataset::add_bytes(sql, dataset, growth)?;
    let mut folder = parent;
    while folder != dataset::top(dataset) {
        folder::add_bytes(sql, folder, growth)?;
        folder = read.query_row([folder], |row| row.get(0))?;
    }
    Ok(())
}

/// The key of the last entry of a dataset.
pub(crate) fn last(sql: &Connection, dataset: DatasetId) -> Work<Option<EntryId>> {
    let mut statement = sql.prepare_cached("SELECT max(id) FROM entry WHERE id > ? AND id < ?")?;
    Ok(statement.query_row((dataset::top(dataset), dataset::top(dataset + 1)), |row| row.get(0))?)
}

/// The entry of this name in a folder.
fn child(sql: &Connection, parent: EntryId, name: &[u8]) -> Work<Option<(EntryId, EntryKind)>> {
    let mut statement =
        sql.prepare_cached("SELECT id, kind FROM entry WHERE parent = ? AND kind IN (0, 1, 2) AND name = ?")?;
    let found = statement.query_row((parent, name), |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    found.map(|(id, kind)| Ok((id, kind_of(kind)?))).transpose()
}

/// The entry at a path of a dataset; the top, given as the empty path, is a folder.
pub(crate) fn locate(sql: &Connection, dataset: DatasetId, path: &[u8]) -> Work<Option<(EntryId, EntryKind)>> {
    let mut at = (dataset::top(dataset), EntryKind::Folder);
    if path.is_empty() {
        return Ok(Some(at));
    }
    for name in path.split(|byte| *byte == b'/') {
        match child(sql, at.0, name)? {
            Some(found) if at.1 == EntryKind::Folder => at = found,
            _ => return Ok(None),
        }
    }
    Ok(Some(at))
}

/// Like [`locate`]; no entry is an error.
pub(crate) fn at(sql: &Connection, dataset: DatasetId, path: &PathBytes) -> Work<(EntryId, EntryKind)> {
    locate(sql, dataset, path.as_bytes())?.ok_or_else(|| missing("entry", path))
}

/// Refuses an entry that is not of this dataset and kind.
pub(crate) fn expect(sql: &Connection, dataset: DatasetId, id: EntryId, kind: EntryKind) -> Work<()> {
    let mut statement = sql.prepare_cached("SELECT kind FROM entry WHERE id = ?")?;
    let found: Option<i64> = statement.query_row([id], |row| row.get(0)).optional()?;
    match found {
        Some(found) if dataset::of_entry(id) == dataset && kind_of(found)? == kind => Ok(()),
        Some(_) => refused(format!("entry {id} is not a {} of this dataset", word(kind))),
        None => Err(missing("entry", id)) as std::result::Result<(), Abort>,
    }
}

fn word(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::File => "file",
        EntryKind::Folder => "folder",
        EntryKind::Link => "link",
    }
}
