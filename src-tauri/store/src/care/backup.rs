//! Copies of the database: online, before a migration, and back.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OpenFlags};

use crate::error::{Error, Result, Work};
use crate::open;
use crate::store::Store;

/// Backups from before migrations that are kept.
const KEPT: usize = 3;

impl Store {
    /// Copies the database into a new file while it is in use: whole, as of one moment, compact, read back and synced before it gets its
    /// name. A file that is there is never replaced.
    pub fn backup(&self, to: &Path) -> Result<u64> {
        let sql = open::reader(self.path(), Duration::from_secs(5), 2_048)?;
        copy(&sql, to)
    }

    /// Gives what was deleted back to the file system. No other write goes on meanwhile; takes some seconds a GiB.
    pub fn vacuum(&self) -> Result<()> {
        self.alone(|sql| {
            sql.execute_batch("VACUUM")?;
            sql.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            Ok(())
        })
    }
}

fn told(path: &Path) -> impl Fn(std::io::Error) -> Error + use<'_> {
    move |error| Error::Denied(format!("{}: {error}", path.display()))
}

/// Copies what a connection sees; gives the copy's size.
pub(crate) fn copy(sql: &Connection, to: &Path) -> Result<u64> {
    if to.exists() {
        return Err(Error::Taken { what: "file", value: to.display().to_string() });
    }
    let half = with_end(to, ".part");
    match std::fs::remove_file(&half) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(told(&half)(error)),
        _ => {}
    }
    let Some(name) = half.to_str() else {
        return Err(Error::Denied(format!("{}: the name of a backup must be UTF-8", to.display())));
    };
    let copied = || -> Work<()> {
        sql.execute("VACUUM INTO ?", [name])?;
        Ok(())
    };
    let done = copied().map_err(Error::from).and_then(|()| sound(&half)).and_then(|_| {
        File::open(&half).and_then(|file| file.sync_all()).map_err(told(&half))?;
        std::fs::rename(&half, to).map_err(told(to))?;
        sync_folder(to)
    });
    if done.is_err() {
        // What is half is of no use to anybody; the error that is told is the first.
        let _ = std::fs::remove_file(&half);
    }
    done?;
    Ok(std::fs::metadata(to).map_err(told(to))?.len())
}

/// Refuses a file that is no sound database of this version or an older one; gives its version.
fn sound(path: &Path) -> Result<u32> {
    let found = open::version_of(path)?;
    let check = || -> Work<String> {
        let sql =
            Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        Ok(sql.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?)
    };
    match check().map_err(Error::from)? {
        ok if ok == "ok" => Ok(found),
        wrong => Err(Error::Corrupt(format!("{}: {wrong}", path.display()))),
    }
}

/// Copies the database before its schema is changed, and lets go of older such copies.
pub(crate) fn before_migration(sql: &Connection, database: &Path, found: u32) -> Result<()> {
    let folder = database.parent().unwrap_or(Path::new(".")).join("backups");
    std::fs::create_dir_all(&folder).map_err(told(&folder))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let to = (0..100_u32)
        .map(|n| folder.join(format!("before-migration-{now:012}-{n:02}-v{found}.db")))
        .find(|to| !to.exists());
    let to = to.unwrap_or_else(|| folder.join("before-migration.db"));
    let bytes = copy(sql, &to)?;
    tracing::info!(backup = %to.display(), bytes, "the database was copied before its schema is changed");
    let mut kept: Vec<PathBuf> = std::fs::read_dir(&folder)
        .map_err(told(&folder))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("before-migration-")))
        .collect();
    kept.sort();
    for old in kept.iter().rev().skip(KEPT) {
        std::fs::remove_file(old).map_err(told(old))?;
    }
    Ok(())
}

/// Puts a backup in the place of the database, which must not be open. What was there is kept; gives its new name, if there was one.
pub fn restore(database: &Path, from: &Path) -> Result<Option<PathBuf>> {
    sound(from)?;
    let new = with_end(database, ".restoring");
    std::fs::copy(from, &new).map_err(told(&new))?;
    File::open(&new).and_then(|file| file.sync_all()).map_err(told(&new))?;
    let replaced = put_aside(database)?;
    std::fs::rename(&new, database).map_err(told(database))?;
    sync_folder(database)?;
    Ok(replaced)
}

/// Gives the database, and what SQLite has beside it, another name.
fn put_aside(database: &Path) -> Result<Option<PathBuf>> {
    if !database.exists() {
        return Ok(None);
    }
    let aside = (1..10_000_u32).map(|n| with_end(database, &format!(".replaced-{n}"))).find(|aside| !aside.exists());
    let Some(aside) = aside else {
        return Err(Error::Denied(format!("{}: too many databases lie beside it", database.display())));
    };
    // The WAL first: without the database it is nothing, while a new database beside an old WAL would be damaged.
    for end in ["-shm", "-wal", ""] {
        let (from, to) = (with_end(database, end), with_end(&aside, end));
        match std::fs::rename(&from, &to) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(told(&from)(error)),
            _ => {}
        }
    }
    Ok(Some(aside))
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

fn sync_folder(path: &Path) -> Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(told(folder))
}
