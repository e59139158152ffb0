//! Reading and searching: packed lines first, they are the older ones.

use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension, named_params};

use super::{LogFilter, LogRecord, chunk};
use crate::error::Work;
use crate::page;
use crate::table::task_run::column;

/// Levels, the gravest last.
const LEVELS: [&str; 4] = ["debug", "info", "warning", "error"];
/// Lines of one run that a search finds at most before it goes on with the next call.
const OF_RUN: u32 = 1_000;

/// What to search for in the logs of all runs.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// Text; ASCII letters in either case.
    pub text: String,
    /// This level or a graver one.
    pub level: Option<String>,
    /// Go on from where an earlier search stopped.
    pub from: Option<Place>,
    /// Lines wanted, at most 1,000; 0 means 100.
    pub limit: u32,
}

/// Where a search stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// In this run.
    pub run: String,
    /// After this line.
    pub after: i64,
}

/// What a search found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Lines, each with its run.
    pub lines: Vec<(String, LogRecord)>,
    /// Where to go on; none if all was searched.
    pub next: Option<Place>,
}

/// A filter, made ready.
struct Sieve<'a> {
    filter: &'a LogFilter,
    levels: &'static [&'static str],
    text: Option<String>,
}

impl<'a> Sieve<'a> {
    fn new(filter: &'a LogFilter) -> Self {
        let from = filter.level.as_ref().and_then(|level| LEVELS.iter().position(|known| known == level));
        Self {
            filter,
            levels: &LEVELS[from.unwrap_or(0)..],
            text: filter.text.as_ref().map(|text| text.to_ascii_lowercase()),
        }
    }

    fn passes(&self, record: &LogRecord) -> bool {
        let (line, filter) = (&record.line, self.filter);
        record.seq > filter.after
            && filter.task.as_ref().is_none_or(|task| *task == line.task)
            && filter.index.is_none_or(|index| line.index == Some(index))
            && filter.attempt.is_none_or(|attempt| line.attempt == attempt)
            && (self.levels.len() == LEVELS.len() || self.levels.contains(&line.level.as_str()))
            && self.text.as_ref().is_none_or(|text| line.text.to_ascii_lowercase().contains(text))
    }
}

/// A page of a run's lines.
pub(super) fn page(sql: &Connection, run: &str, filter: &LogFilter) -> Work<Vec<LogRecord>> {
    let key = sql.prepare_cached("SELECT key FROM run WHERE id = ?")?.query_row([run], |row| row.get(0)).optional()?;
    let Some(key): Option<i64> = key else { return Ok(Vec::new()) };
    let (sieve, limit) = (Sieve::new(filter), page::limit(filter.limit) as usize);
    let mut found = packed(sql, key, &sieve, limit)?;
    if found.len() < limit {
        unpacked(sql, key, &sieve, limit, &mut found)?;
    }
    Ok(found)
}

fn packed(sql: &Connection, run: i64, sieve: &Sieve<'_>, limit: usize) -> Work<Vec<LogRecord>> {
    let mut statement = sql.prepare_cached("SELECT data FROM chunk WHERE run = ? AND last > ? ORDER BY last")?;
    let mut rows = statement.query((run, sieve.filter.after))?;
    let mut found = Vec::new();
    while found.len() < limit {
        let Some(row) = rows.next()? else { break };
        let lines = chunk::unpack(row.get_ref(0)?.as_blob()?)?;
        found.extend(lines.into_iter().filter(|line| sieve.passes(line)));
    }
    found.truncate(limit);
    Ok(found)
}

fn unpacked(sql: &Connection, run: i64, sieve: &Sieve<'_>, limit: usize, found: &mut Vec<LogRecord>) -> Work<()> {
    let filter = sieve.filter;
    let mut statement = sql.prepare_cached(
        "SELECT seq, at, task, idx, attempt, level, text FROM line WHERE run = :run AND seq > :after
         AND (:task IS NULL OR task = :task) AND (:idx IS NULL OR idx = :idx)
         AND (:attempt IS NULL OR attempt = :attempt) ORDER BY seq",
    )?;
    let index = filter.index.map(|index| column(Some(index)));
    let mut rows = statement.query(named_params! {
        ":run": run, ":after": filter.after, ":task": filter.task, ":idx": index, ":attempt": filter.attempt,
    })?;
    while found.len() < limit {
        let Some(row) = rows.next()? else { break };
        found.extend(Some(chunk::of_row(row)?).filter(|line| sieve.passes(line)));
    }
    Ok(())
}

/// Searches all runs, the newest first.
pub(super) fn search(sql: &Connection, search: &Search, time: Duration) -> Work<Found> {
    let (begun, limit) = (Instant::now(), page::limit(search.limit) as usize);
    let mut found = Found::default();
    let from = search.from.as_ref();
    let mut statement = sql.prepare_cached(
        "SELECT id FROM run WHERE key <= coalesce((SELECT key FROM run WHERE id = ?), 9223372036854775807) ORDER BY key DESC",
    )?;
    let mut runs = statement.query([from.map(|from| &from.run)])?;
    while let Some(row) = runs.next()? {
        let run: String = row.get(0)?;
        let after = from.filter(|from| from.run == run).map_or(0, |from| from.after);
        if begun.elapsed() >= time || found.lines.len() >= limit {
            found.next = Some(Place { run, after });
            return Ok(found);
        }
        let wanted = u32::try_from(limit - found.lines.len()).unwrap_or(OF_RUN).min(OF_RUN);
        let (text, level) = (Some(search.text.clone()), search.level.clone());
        let lines = page(sql, &run, &LogFilter { text, level, after, limit: wanted, ..LogFilter::default() })?;
        let last = lines.last().map(|line| line.seq);
        let full = lines.len() >= wanted as usize;
        found.lines.extend(lines.into_iter().map(|line| (run.clone(), line)));
        if let Some(after) = last.filter(|_| full) {
            found.next = Some(Place { run, after });
            return Ok(found);
        }
    }
    Ok(found)
}
