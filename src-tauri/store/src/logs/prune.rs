//! Keeping all logs together within their bound.

use rusqlite::{Connection, OptionalExtension};

use crate::error::Work;

/// Lines of a run that works which are let go of at a time, where nothing else is left to let go of.
const LINES: u32 = 10_000;
/// Pages given back to the file system at a time.
const PAGES: u32 = 2_000;

/// Bytes of all logs.
pub(super) fn total(sql: &Connection) -> Work<u64> {
    Ok(sql.prepare_cached("SELECT coalesce(sum(bytes), 0) FROM run")?.query_row([], |row| row.get(0))?)
}

/// Lets go of the log that ended first, if all together are more than the bound. `true` if there may be more to do.
pub(super) fn prune(sql: &Connection, bound: u64) -> Work<bool> {
    if total(sql)? <= bound {
        return give_back(sql);
    }
    let mut oldest = sql.prepare_cached(
        "SELECT key FROM run WHERE ended_at IS NOT NULL AND bytes > 0 ORDER BY ended_at, key LIMIT 1",
    )?;
    match oldest.query_row([], |row| row.get(0)).optional()? {
        Some(key) => empty(sql, key)?,
        None => shorten(sql)?,
    }
    Ok(true)
}

/// Gives free pages back to the file system; `true` if some are left.
fn give_back(sql: &Connection) -> Work<bool> {
    let free = |sql: &Connection| sql.pragma_query_value(None, "freelist_count", |row| row.get::<_, u32>(0));
    if free(sql)? < PAGES {
        return Ok(false);
    }
    let mut vacuum = sql.prepare(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
    let mut rows = vacuum.query([])?;
    while rows.next()?.is_some() {}
    drop(rows);
    Ok(free(sql)? >= PAGES)
}

/// Lets go of a run's log and says so in it.
fn empty(sql: &Connection, run: i64) -> Work<()> {
    for table in ["chunk", "line", "part"] {
        sql.prepare_cached(&format!("DELETE FROM {table} WHERE run = ?"))?.execute([run])?;
    }
    sql.prepare_cached(
        "INSERT INTO line (run, task, idx, attempt, at, level, text)
         SELECT key, '', -1, 0, ended_at, 'warning', 'The log of this run was let go of, so that all logs stay within their bound.'
         FROM run WHERE key = ?",
    )?
    .execute([run])?;
    sql.prepare_cached("UPDATE run SET bytes = 0 WHERE key = ?")?.execute([run])?;
    Ok(())
}

/// Lets go of the oldest lines of the run that has most, all of them being at work.
fn shorten(sql: &Connection) -> Work<()> {
    let mut largest = sql.prepare_cached("SELECT key FROM run ORDER BY bytes DESC LIMIT 1")?;
    let Some(run): Option<i64> = largest.query_row([], |row| row.get(0)).optional()? else { return Ok(()) };
    let oldest = "FROM (SELECT seq, octet_length(text) + 48 AS size FROM line WHERE run = ? ORDER BY seq LIMIT ?)";
    let (first, last, bytes): (Option<i64>, Option<i64>, i64) = sql
        .prepare_cached(&format!("SELECT min(seq), max(seq), coalesce(sum(size), 0) {oldest}"))?
        .query_row((run, LINES), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let (Some(first), Some(last)) = (first, last) else {
        // What is left of it is packed, from before it was taken up again.
        return empty(sql, run);
    };
    let text = "Earlier lines of this run were let go of, so that all logs stay within their bound.";
    sql.prepare_cached("UPDATE line SET level = 'warning', text = ? WHERE seq = ?")?.execute((text, first))?;
    sql.prepare_cached("DELETE FROM line WHERE run = ? AND seq > ? AND seq <= ?")?.execute((run, first, last))?;
    sql.prepare_cached("UPDATE run SET bytes = max(0, bytes - ?) WHERE key = ?")?.execute((bytes, run))?;
    Ok(())
}

/// Forgets a run.
pub(super) fn forget(sql: &Connection, run: &str) -> Work<()> {
    for table in ["chunk", "line", "part"] {
        let delete = format!("DELETE FROM {table} WHERE run = (SELECT key FROM run WHERE id = ?)");
        sql.prepare_cached(&delete)?.execute([run])?;
    }
    sql.prepare_cached("DELETE FROM run WHERE id = ?")?.execute([run])?;
    Ok(())
}
