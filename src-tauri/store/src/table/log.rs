//! Log lines of attempts. Bounded: an attempt that says too much is cut, and the cut is said.

use rusqlite::{Connection, OptionalExtension, named_params, params};

use crate::error::{Result, Work};
use crate::page;
use crate::schema::Migration;
use crate::store::Store;
use crate::table::journal;
use crate::table::task_run::{column, index};

/// `log_tail` counts the lines of each attempt.
pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    to: 1,
    sql: "CREATE TABLE log (
            seq INTEGER PRIMARY KEY,
            run INTEGER NOT NULL REFERENCES run_id,
            task TEXT NOT NULL,
            idx INTEGER NOT NULL,
            attempt INTEGER NOT NULL,
            at INTEGER NOT NULL,
            level TEXT NOT NULL,
            text TEXT NOT NULL
          ) STRICT;
          CREATE INDEX log_of ON log (run);
          CREATE TABLE log_tail (
            run INTEGER NOT NULL, task TEXT NOT NULL, idx INTEGER NOT NULL, attempt INTEGER NOT NULL, lines INTEGER NOT NULL,
            PRIMARY KEY (run, task, idx, attempt)
          ) STRICT, WITHOUT ROWID;",
}];

/// Lines kept of one attempt; one more says that the rest is not kept.
pub const MAX_LINES: u32 = 10_000;
/// Bytes kept of one line; `…` stands for the rest.
pub const MAX_LINE_BYTES: usize = 4_096;

/// A line to log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When, in milliseconds since the epoch.
    pub at: i64,
    /// Task.
    pub task: String,
    /// Map index.
    pub index: Option<u32>,
    /// Attempt.
    pub attempt: u32,
    /// `debug`, `info`, `warning`, `error`.
    pub level: String,
    /// Text.
    pub text: String,
}

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRecord {
    /// Number of the line; ascends over all runs.
    pub seq: i64,
    /// The line.
    pub line: LogLine,
}

/// Which lines of a run to read, in order.
#[derive(Debug, Clone, Default)]
pub struct LogFilter {
    /// One task.
    pub task: Option<String>,
    /// One map index.
    pub index: Option<u32>,
    /// One attempt.
    pub attempt: Option<u32>,
    /// After this line; 0 for the first.
    pub after: i64,
    /// Lines wanted, at most 1,000; 0 means 100.
    pub limit: u32,
}

fn append(sql: &Connection, run: &str, lines: &[LogLine]) -> Work<()> {
    let key = journal::key_of(sql, run)?;
    let of_one = |a: &LogLine, b: &LogLine| (&a.task, a.index, a.attempt) == (&b.task, b.index, b.attempt);
    for same in lines.chunk_by(of_one) {
        append_of_attempt(sql, key, same)?;
    }
    Ok(())
}

/// Appends lines of one attempt.
fn append_of_attempt(sql: &Connection, run: i64, lines: &[LogLine]) -> Work<()> {
    let Some(first) = lines.first() else { return Ok(()) };
    let attempt = params![run, first.task, column(first.index), first.attempt];
    let mut tail =
        sql.prepare_cached("SELECT lines FROM log_tail WHERE run = ? AND task = ? AND idx = ? AND attempt = ?")?;
    let there: u32 = tail.query_row(attempt, |row| row.get(0)).optional()?.unwrap_or(0);
    let room = MAX_LINES.saturating_sub(there) as usize;
    for line in lines.iter().take(room) {
        insert(sql, run, line, &cut(&line.text))?;
    }
    if room > 0 && lines.len() >= room {
        let said = format!("The log of this attempt is cut here: it has {MAX_LINES} lines.");
        insert(sql, run, &LogLine { level: "warning".into(), ..lines[room - 1].clone() }, &said)?;
    }
    let now = there.saturating_add(u32::try_from(lines.len()).unwrap_or(u32::MAX)).min(MAX_LINES);
    sql.prepare_cached(
        "INSERT INTO log_tail VALUES (?, ?, ?, ?, ?) ON CONFLICT (run, task, idx, attempt) DO UPDATE SET lines = excluded.lines",
    )?
    .execute(params![run, first.task, column(first.index), first.attempt, now])?;
    Ok(())
}

fn insert(sql: &Connection, run: i64, line: &LogLine, text: &str) -> Work<()> {
    sql.prepare_cached("INSERT INTO log (run, task, idx, attempt, at, level, text) VALUES (?, ?, ?, ?, ?, ?, ?)")?
        .execute(params![run, line.task, column(line.index), line.attempt, line.at, line.level, text])?;
    Ok(())
}

fn cut(text: &str) -> std::borrow::Cow<'_, str> {
    if text.len() <= MAX_LINE_BYTES {
        return text.into();
    }
    format!("{}…", &text[..text.floor_char_boundary(MAX_LINE_BYTES)]).into()
}

impl Store {
    /// Appends lines to the logs of a run; blocks until they survive a crash and a power cut. Of each attempt
    /// [`MAX_LINES`] are kept, of each line [`MAX_LINE_BYTES`].
    pub fn log(&self, run: &str, lines: &[LogLine]) -> Result<()> {
        let (run, lines) = (run.to_owned(), lines.to_vec());
        self.write(move |sql| append(sql, &run, &lines))
    }

    /// A page of the logs of a run, in order.
    pub fn log_page(&self, run: &str, filter: &LogFilter) -> Result<Vec<LogRecord>> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached(
                "SELECT seq, at, task, idx, attempt, level, text FROM log WHERE run = :run AND seq > :after
                 AND (:task IS NULL OR task = :task) AND (:idx IS NULL OR idx = :idx)
                 AND (:attempt IS NULL OR attempt = :attempt) ORDER BY seq LIMIT :limit",
            )?;
            let rows = statement.query_map(
                named_params! {
                    ":run": journal::key_of(sql, run)?, ":after": filter.after, ":task": filter.task, ":idx": filter.index,
                    ":attempt": filter.attempt, ":limit": page::limit(filter.limit),
                },
                record,
            )?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

fn record(row: &rusqlite::Row<'_>) -> rusqlite::Result<LogRecord> {
    let line = LogLine {
        at: row.get(1)?,
        task: row.get(2)?,
        index: index(row.get(3)?),
        attempt: row.get(4)?,
        level: row.get(5)?,
        text: row.get(6)?,
    };
    Ok(LogRecord { seq: row.get(0)?, line })
}
