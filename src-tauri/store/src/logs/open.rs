//! Opening the database of logs; a damaged one is put aside.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use crate::error::{Abort, Error, Result, Work};

/// Version of this database's schema. One of another version is put aside like a damaged one: a log is not state.
const VERSION: u32 = 1;
/// Pages in the WAL before they are carried into the file: 16 MiB.
const WAL_PAGES: u32 = 4_096;

/// `ended_at` is empty while the run works; `bytes` counts what it keeps. A row of `part` tells where the beginning of an attempt's log
/// ends (`note`, the line that says what was left out) and how long beginning and end are.
const SCHEMA: &str = "
    CREATE TABLE run (key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, bytes INTEGER NOT NULL DEFAULT 0, ended_at INTEGER) STRICT;
    CREATE INDEX run_unpacked ON run (key) WHERE ended_at IS NULL;
    CREATE INDEX run_packed ON run (ended_at) WHERE ended_at IS NOT NULL;
    CREATE TABLE line (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      run INTEGER NOT NULL,
      task TEXT NOT NULL,
      idx INTEGER NOT NULL,
      attempt INTEGER NOT NULL,
      at INTEGER NOT NULL,
      level TEXT NOT NULL,
      text TEXT NOT NULL
    ) STRICT;
    CREATE INDEX line_of ON line (run);
    CREATE TABLE part (
      run INTEGER NOT NULL, task TEXT NOT NULL, idx INTEGER NOT NULL, attempt INTEGER NOT NULL,
      head INTEGER NOT NULL, tail INTEGER NOT NULL, left_lines INTEGER NOT NULL, left_bytes INTEGER NOT NULL, note INTEGER,
      PRIMARY KEY (run, task, idx, attempt)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE chunk (run INTEGER NOT NULL, last INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (run, last)) STRICT;";

/// Where the logs of the workspace with this database lie.
pub(super) fn path(database: &Path) -> PathBuf {
    database.parent().unwrap_or(Path::new(".")).join("logs").join("tasks.db")
}

/// Opens it for writing, making it if need be.
pub(super) fn open(path: &Path, busy: Duration) -> Result<Connection> {
    let denied = |error: std::io::Error| Error::Denied(format!("{}: {error}", path.display()));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(denied)?;
    }
    match prepare(path, busy).map_err(Error::from) {
        Err(Error::Corrupt(why)) => {
            tracing::error!(why, "the task logs are damaged; they are put aside and begun anew");
            put_aside(path).map_err(denied)?;
            Ok(prepare(path, busy)?)
        }
        opened => opened,
    }
}

fn put_aside(path: &Path) -> std::io::Result<()> {
    for end in ["-wal", "-shm", ""] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        let mut aside = path.as_os_str().to_owned();
        aside.push(".damaged");
        aside.push(end);
        match std::fs::rename(name, aside) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn prepare(path: &Path, busy: Duration) -> Work<Connection> {
    let sql = Connection::open(path)?;
    sql.busy_timeout(busy)?;
    let found: u32 = sql.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found == 0 {
        // In a file that has it already this would be a write, and three syncs with it, at each start.
        sql.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    }
    let _: String = sql.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    // After a power cut the last lines may be missing; the file is sound in any case.
    sql.pragma_update(None, "synchronous", "NORMAL")?;
    sql.pragma_update(None, "wal_autocheckpoint", WAL_PAGES)?;
    sql.pragma_update(None, "journal_size_limit", i64::from(WAL_PAGES) * 4_096)?;
    sql.set_prepared_statement_cache_capacity(50);
    match found {
        VERSION => {}
        0 => {
            sql.execute_batch(&format!("BEGIN; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT"))?;
        }
        other => return Err(Abort::Told(Error::Corrupt(format!("the schema of the task logs is of version {other}")))),
    }
    sql.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    Ok(sql)
}
