//! The beginning and the end of a listing, which may be of millions of entries and so take several transactions.

use longshore_catalogue::{Dataset, DatasetId, EntryId, EntryKind, Totals};
use rusqlite::Connection;

use crate::error::{Result, Work, refused};
use crate::store::Store;
use crate::table::folder::{self, Below};
use crate::table::{dataset, entry};
use crate::words::kind_of;

/// Entries read at once.
const PAGE: u32 = 10_000;
/// Rows changed in one transaction.
const BATCH: u32 = 5_000;

/// Forgets an unfinished listing, from its end to its beginning: what a crash leaves is a shorter listing.
pub(crate) fn clear(store: &Store, id: DatasetId) -> Result<()> {
    while store.write(move |sql| clear_some(sql, id))? {}
    Ok(())
}

/// Forgets some entries; `false` once none is left.
fn clear_some(sql: &Connection, id: DatasetId) -> Work<bool> {
    if dataset::listed(sql, id)? {
        return refused("the listing of this dataset is finished; it is not forgotten any more");
    }
    let Some(last) = entry::last(sql, id)? else { return Ok(false) };
    let from = (last - i64::from(BATCH)).max(dataset::top(id));
    for table in ["entry WHERE id", "folder_path WHERE entry", "digest WHERE entry", "expected WHERE entry"] {
        let delete = format!("DELETE FROM {table} > ?1 AND {} <= ?2", table.rsplit(' ').next().unwrap_or_default());
        let deleted = sql.prepare_cached(&delete)?.execute((from, last))?;
        if table.starts_with("digest") {
            sql.prepare_cached("UPDATE dataset SET landed = landed - ? WHERE id = ?")?.execute((deleted, id))?;
        }
    }
    Ok(true)
}

/// Closes the listing. What lies below each folder is found in one pass over the entries and written in batches; only the last
/// transaction makes the listing a finished one.
pub(crate) fn finish(store: &Store, id: DatasetId, special: u64) -> Result<Dataset> {
    let there = store.read(|sql| dataset::by_id(sql, id))?;
    if there.listed {
        if there.totals.special != special {
            return Err(crate::Error::Refused(
                "the listing of this dataset is finished already, with other totals".into(),
            ));
        }
        return Ok(there);
    }
    let mut tally = Tally { totals: Totals { special, ..Totals::default() }, ..Tally::default() };
    let mut after = dataset::top(id);
    loop {
        let page = store.read(|sql| page(sql, id, after))?;
        let Some(end) = page.last() else { break };
        after = end.id;
        for row in &page {
            tally.take(row);
        }
        tally.write(store, false)?;
    }
    tally.close_until(dataset::top(id));
    tally.write(store, true)?;
    let totals = tally.totals;
    store.write(move |sql| {
        if entry::last(sql, id)?.unwrap_or(dataset::top(id)) != after {
            return refused("entries were added while the listing was being finished");
        }
        dataset::set_listed(sql, id, &totals)?;
        dataset::by_id(sql, id)
    })
}

/// What the pass needs of an entry.
struct Listed {
    id: EntryId,
    parent: EntryId,
    kind: EntryKind,
    size: u64,
}

fn page(sql: &Connection, id: DatasetId, after: EntryId) -> Work<Vec<Listed>> {
    let mut statement =
        sql.prepare_cached("SELECT id, parent, kind, size FROM entry WHERE id > ? AND id < ? ORDER BY id LIMIT ?")?;
    let mut rows = statement.query((after, dataset::top(id + 1), PAGE))?;
    let mut page = Vec::new();
    while let Some(row) = rows.next()? {
        page.push(Listed { id: row.get(0)?, parent: row.get(1)?, kind: kind_of(row.get(2)?)?, size: row.get(3)? });
    }
    Ok(page)
}

/// Sums up folders while the entries pass by in pre-order. Holds the open folders only, and those not yet written.
#[derive(Default)]
struct Tally {
    totals: Totals,
    last: EntryId,
    open: Vec<Below>,
    closed: Vec<Below>,
}

impl Tally {
    fn take(&mut self, row: &Listed) {
        self.close_until(row.parent);
        self.last = row.id;
        match row.kind {
            EntryKind::Folder => {
                self.totals.folders += 1;
                self.open.push(Below { entry: row.id, last: row.id, files: 0, bytes: 0 });
            }
            EntryKind::Link => self.totals.links += 1,
            EntryKind::File => {
                self.totals.files += 1;
                self.totals.bytes += row.size;
                if let Some(folder) = self.open.last_mut() {
                    folder.files += 1;
                    folder.bytes += row.size;
                }
            }
        }
    }

    /// Closes the open folders down to this one, each adding what lies below it to the one around it.
    fn close_until(&mut self, folder: EntryId) {
        while self.open.last().is_some_and(|open| open.entry != folder) {
            let Some(mut closed) = self.open.pop() else { return };
            closed.last = self.last;
            if let Some(around) = self.open.last_mut() {
                around.files += closed.files;
                around.bytes += closed.bytes;
            }
            self.closed.push(closed);
        }
    }

    /// Writes closed folders in whole batches, and with `all` the rest too.
    fn write(&mut self, store: &Store, all: bool) -> Result<()> {
        while self.closed.len() >= BATCH as usize || all && !self.closed.is_empty() {
            let rest = self.closed.split_off((BATCH as usize).min(self.closed.len()));
            let batch = std::mem::replace(&mut self.closed, rest);
            store.write(move |sql| folder::set_below(sql, &batch))?;
        }
        Ok(())
    }
}
