//! Task logs as they lay in this database before they got one of their own; what is found here is carried over there.

use rusqlite::Connection;

use crate::error::{Result, Work};
use crate::logs::LogLine;
use crate::schema::Migration;
use crate::store::Store;
use crate::table::task_run::index;

/// Lines carried over at a time.
const BATCH: u32 = 5_000;

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
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
    },
    Migration { to: 4, sql: "DROP TABLE log_tail;" },
];

/// The first lines that are left, with the number of the last and the run of each.
fn some(sql: &Connection) -> Work<(i64, Vec<(String, LogLine)>)> {
    let mut statement = sql.prepare(
        "SELECT l.seq, r.id, l.task, l.idx, l.attempt, l.at, l.level, l.text FROM log l JOIN run_id r ON r.key = l.run
         ORDER BY l.seq LIMIT ?",
    )?;
    let mut rows = statement.query([BATCH])?;
    let (mut last, mut lines) = (0, Vec::new());
    while let Some(row) = rows.next()? {
        last = row.get(0)?;
        let line = LogLine {
            task: row.get(2)?,
            index: index(row.get(3)?),
            attempt: row.get(4)?,
            at: row.get(5)?,
            level: row.get(6)?,
            text: row.get(7)?,
        };
        lines.push((row.get(1)?, line));
    }
    Ok((last, lines))
}

/// Carries all lines over. Cut off in between it may carry some of them twice.
pub(crate) fn carry_over(store: &Store) -> Result<()> {
    loop {
        let (last, lines) = store.read(some)?;
        if lines.is_empty() {
            return Ok(());
        }
        for of_run in lines.chunk_by(|a, b| a.0 == b.0) {
            let all: Vec<LogLine> = of_run.iter().map(|(_, line)| line.clone()).collect();
            store.log(&of_run[0].0, &all)?;
        }
        store.write(move |sql| Ok(sql.execute("DELETE FROM log WHERE seq <= ?", [last]).map(drop)?))?;
    }
}
