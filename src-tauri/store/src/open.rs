//! Opening and closing the file: a look that touches nothing, then creation or migration, then WAL.
//!
//! Schema changes are made in rollback-journal mode, so that the version in the file's header is always the true one and
//! a look at a hundred bytes is enough to leave a newer database alone, its WAL included.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::care::backup;
use crate::error::{Abort, Error, Result, Work};
use crate::schema;

/// `LSHR`, in the header of every database of Longshore.
const APPLICATION: u32 = 0x4C53_4852;
/// Pages in the WAL before they are carried into the file: 16 MiB. Fewer would write a page that many commits
/// touch again and again; more would make the first reader after a crash wait.
const WAL_PAGES: u32 = 4_096;
/// Prepared statements kept by a connection.
const STATEMENTS: usize = 200;

/// How to open a store.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long to wait for another process's lock before [`Error::Locked`].
    pub busy: Duration,
    /// Connections that read at the same time.
    pub readers: usize,
    /// Page cache of the writer, in KiB. Each reader has an eighth of it.
    pub cache_kib: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { busy: Duration::from_secs(2), readers: 4, cache_kib: 16 * 1024 }
    }
}

/// Opens the file for writing, creating or migrating it first if need be.
pub(crate) fn writer(path: &Path, options: &Options) -> Result<Connection> {
    if !look(path)? {
        create(path, options).map_err(|error| named(path, error))?;
    }
    let opened = || -> Work<Connection> {
        let sql =
            Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        prepare(&sql, path, options)?;
        Ok(sql)
    };
    opened().map_err(|error| named(path, error))
}

/// Makes an empty database under another name first: a half one never has the final name.
fn create(path: &Path, options: &Options) -> Work<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let new = PathBuf::from(name);
    let told = |error: std::io::Error| Error::Denied(error.to_string());
    if new.exists() {
        // Left by a creation that was cut off; its rollback journal, if any, is SQLite's to ignore once the file is empty.
        File::create(&new).map_err(told)?;
    }
    let sql = Connection::open(&new)?;
    sql.busy_timeout(options.busy)?;
    migrate(&sql, 0)?;
    sql.close().map_err(|(_, error)| error)?;
    std::fs::rename(&new, path).map_err(told)?;
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(told)?;
    Ok(())
}

/// Opens the file for reading only; a writer has it open.
pub(crate) fn reader(path: &Path, busy: Duration, cache_kib: u32) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = || -> Work<Connection> {
        let sql = Connection::open_with_flags(path, flags)?;
        sql.busy_timeout(busy)?;
        sql.pragma_update(None, "cache_size", -i64::from(cache_kib))?;
        sql.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(sql)
    };
    opened().map_err(|error| named(path, error))
}

/// Carries the WAL into the file and closes it, so that the file alone is the whole database.
pub(crate) fn close(sql: Connection) -> Result<()> {
    let carried = sql.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    let closed = sql.close().map_err(|(_, error)| error);
    carried.and(closed).map_err(|error| Abort::from(error).into())
}

/// Whether there is a database, and it is one that this program may use. Reads the header with plain file calls: SQLite is not
/// asked to open what is not ours, so that nothing is created or changed beside it.
fn look(path: &Path) -> Result<bool> {
    let mut header = Vec::with_capacity(100);
    match File::open(path) {
        Ok(file) => file.take(100).read_to_end(&mut header).map_err(|error| denied(path, &error))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(denied(path, &error)),
    };
    if header.is_empty() {
        return Ok(false);
    }
    let foreign = |why: &str| Error::Foreign { path: path.into(), why: why.into() };
    if !header.starts_with(b"SQLite format 3\0") || header.len() < 100 {
        return Err(foreign("it does not begin as a SQLite database"));
    }
    if number_at(&header, 68) != APPLICATION {
        return Err(foreign("it is a SQLite database of another program"));
    }
    let (found, known) = (number_at(&header, 60), schema::version());
    if found > known { Err(Error::Newer { path: path.into(), found, known }) } else { Ok(true) }
}

/// The schema version of a database of Longshore that is closed.
pub(crate) fn version_of(path: &Path) -> Result<u32> {
    if !look(path)? {
        return Err(Error::Foreign { path: path.into(), why: "there is no such file, or it is empty".into() });
    }
    let mut header = [0; 100];
    File::open(path).and_then(|mut file| file.read_exact(&mut header)).map_err(|error| denied(path, &error))?;
    Ok(number_at(&header, 60))
}

fn number_at(header: &[u8], at: usize) -> u32 {
    header[at..at + 4].iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

fn denied(path: &Path, error: &std::io::Error) -> Error {
    Error::Denied(format!("{}: {error}", path.display()))
}

/// The error, naming the file where that helps.
fn named(path: &Path, abort: Abort) -> Error {
    match Error::from(abort) {
        Error::Denied(why) => Error::Denied(format!("{}: {why}", path.display())),
        Error::Corrupt(why) => Error::Corrupt(format!("{}: {why}", path.display())),
        other => other,
    }
}

fn prepare(sql: &Connection, path: &Path, options: &Options) -> Work<()> {
    sql.busy_timeout(options.busy)?;
    sql.set_prepared_statement_cache_capacity(STATEMENTS);
    sql.pragma_update(None, "cache_size", -i64::from(options.cache_kib))?;
    let (found, known): (u32, u32) =
        (sql.pragma_query_value(None, "user_version", |row| row.get(0))?, schema::version());
    if found > known {
        // Only the WAL says so, which no Longshore leaves behind, but a tool may: even then nothing is carried over.
        sql.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        return Err(Error::Newer { path: path.into(), found, known }.into());
    }
    if found < known {
        backup::before_migration(sql, path, found)?;
        migrate(sql, found)?;
    }
    let mode: String = sql.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        return Err(Error::Failed(format!("the file system does not allow SQLite's WAL (mode {mode})")).into());
    }
    sql.pragma_update(None, "synchronous", "FULL")?;
    sql.pragma_update(None, "wal_autocheckpoint", WAL_PAGES)?;
    sql.pragma_update(None, "journal_size_limit", i64::from(WAL_PAGES) * 4_096)?;
    // Another process's lock, and damage to the schema, show here and not in the middle of a run.
    sql.execute_batch("BEGIN IMMEDIATE; SELECT count(*) FROM sqlite_schema; COMMIT")?;
    Ok(())
}

/// Brings the schema up to date, all or nothing.
fn migrate(sql: &Connection, found: u32) -> Work<()> {
    let _: String = sql.pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get(0))?;
    sql.pragma_update(None, "synchronous", "FULL")?;
    sql.execute_batch("BEGIN EXCLUSIVE")?;
    let done = schema::apply(sql, found).and_then(|()| {
        sql.pragma_update(None, "application_id", APPLICATION)?;
        sql.pragma_update(None, "user_version", schema::version())?;
        Ok(sql.execute_batch("COMMIT")?)
    });
    if done.is_err() && !sql.is_autocommit() {
        // What went wrong is told below; the rollback leaves the file as it was, now or at the next opening.
        let _ = sql.execute_batch("ROLLBACK");
    }
    done
}
