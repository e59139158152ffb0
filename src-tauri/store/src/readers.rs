//! A small pool of connections that only read.

use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;

use crate::error::{Abort, Error, Result, Work};
use crate::open::{self, Options};

/// Connections that only read, made when first needed.
pub(crate) struct Readers {
    path: PathBuf,
    busy: Duration,
    cache_kib: u32,
    most: usize,
    pool: Mutex<Pool>,
    returned: Condvar,
}

struct Pool {
    idle: Vec<Connection>,
    made: usize,
    closed: bool,
}

impl Readers {
    /// A pool of connections to a database that a writer has open.
    pub(crate) fn new(path: &Path, options: &Options) -> Self {
        Self {
            path: path.into(),
            busy: options.busy,
            cache_kib: options.cache_kib / 8,
            most: options.readers.max(1),
            pool: Mutex::new(Pool { idle: Vec::new(), made: 0, closed: false }),
            returned: Condvar::new(),
        }
    }

    /// Reads in one snapshot. Blocks while all connections are in use.
    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> Work<T>) -> Result<T> {
        let sql = self.take()?;
        let outcome = snapshot(&sql, work);
        self.give_back(sql);
        outcome.map_err(Error::from)
    }

    fn lock(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Result<Connection> {
        let mut pool = self.lock();
        loop {
            if pool.closed {
                return Err(Error::Closed);
            }
            if let Some(sql) = pool.idle.pop() {
                return Ok(sql);
            }
            if pool.made < self.most {
                pool.made += 1;
                drop(pool);
                return self.make();
            }
            pool = self.returned.wait(pool).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn make(&self) -> Result<Connection> {
        open::reader(&self.path, self.busy, self.cache_kib).inspect_err(|_| {
            self.lock().made -= 1;
            self.returned.notify_one();
        })
    }

    fn give_back(&self, sql: Connection) {
        let mut pool = self.lock();
        if pool.closed || !sql.is_autocommit() {
            // A connection whose transaction would not end is not used again.
            pool.made -= 1;
        } else {
            pool.idle.push(sql);
        }
        drop(pool);
        self.returned.notify_all();
    }

    /// Closes all connections, waiting for those in use.
    pub(crate) fn close(&self) {
        let mut pool = self.lock();
        pool.closed = true;
        pool.made -= pool.idle.len();
        pool.idle.clear();
        self.returned.notify_all();
        while pool.made > 0 {
            pool = self.returned.wait(pool).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn snapshot<T>(sql: &Connection, work: impl FnOnce(&Connection) -> Work<T>) -> Work<T> {
    sql.prepare_cached("BEGIN")?.execute([])?;
    let outcome = work(sql);
    let ended = sql.prepare_cached("COMMIT").and_then(|mut end| end.execute([]));
    let value = outcome?;
    ended.map_err(Abort::from)?;
    Ok(value)
}
