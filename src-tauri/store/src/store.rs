//! The store: one writer, a few readers.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;

use crate::error::{Error, Result, Work};
use crate::logs::Logs;
use crate::open::{self, Options};
use crate::readers::Readers;
use crate::table::log_before;
use crate::writer::Writer;

/// A workspace's database. Clones share it.
///
/// Methods block unless they are `async`; what blocks is to be called off the async threads, for instance through
/// [`Store::ask`]. What each call guarantees stands at the top of the crate.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    logs: Logs,
    readers: Readers,
    writer: Writer,
}

impl Store {
    /// Opens the database at this path, creating it or bringing its schema up to date first.
    ///
    /// `database.newer` and `database.foreign` are found by reading the file's header alone: nothing is touched then.
    pub fn open(path: &Path, options: &Options) -> Result<Self> {
        let writer = Writer::start(open::writer(path, options)?)?;
        let (readers, logs) = (Readers::new(path, options), Logs::open(path, options)?);
        let store = Self { shared: Arc::new(Shared { path: path.to_owned(), logs, readers, writer }) };
        log_before::carry_over(&store)?;
        Ok(store)
    }

    /// Writes what stands in line, carries the WAL into the file and closes it: the file alone is then the whole database.
    /// Every later call fails with `database.closed`. Dropping the last clone does the same and says nothing of errors.
    pub fn close(&self) -> Result<()> {
        self.shared.close()
    }

    /// Runs blocking calls on a thread where they may block.
    pub async fn ask<T: Send + 'static>(&self, calls: impl FnOnce(&Self) -> Result<T> + Send + 'static) -> Result<T> {
        let store = self.clone();
        let asked = tokio::task::spawn_blocking(move || calls(&store)).await;
        asked.unwrap_or_else(|error| Err(crate::Error::Failed(format!("a query broke off (a bug): {error}"))))
    }

    /// Where the database lies.
    pub(crate) fn path(&self) -> &Path {
        &self.shared.path
    }

    /// The database of logs.
    pub(crate) fn logs(&self) -> &Logs {
        &self.shared.logs
    }

    /// Reads the whole file and says what is wrong with it; nothing, if it is sound. Takes about a second a GiB.
    pub fn check(&self) -> Result<Vec<String>> {
        self.read(|sql| {
            let mut statement = sql.prepare("PRAGMA integrity_check(100)")?;
            let lines =
                statement.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(lines.into_iter().filter(|line| line != "ok").collect())
        })
    }

    /// Reads in one snapshot.
    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> Work<T>) -> Result<T> {
        self.shared.readers.read(work)
    }

    /// Writes; returns after the commit.
    pub(crate) fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Work<T> + Send + 'static,
    ) -> Result<T> {
        self.shared.writer.blocking(work)
    }

    /// Reads where changes are made. A task that walks a dataset page by page and writes between two pages does so with this: each
    /// commit drops the page cache of every reader but not the writer's own, so that it reads each row of the file once and
    /// not once for every stage. For pages of a thousand rows, which keep the writer for about a millisecond.
    pub(crate) fn walk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Work<T> + Send + 'static,
    ) -> Result<T> {
        self.shared.writer.blocking(work)
    }

    /// Does something outside of any transaction, while no other write goes on.
    pub(crate) fn alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Work<T> + Send + 'static,
    ) -> Result<T> {
        self.shared.writer.alone(work)
    }

    /// Writes; resolves after the commit.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Work<T> + Send + 'static,
    ) -> Result<T> {
        self.shared.writer.change(work).await
    }
}

impl Shared {
    fn close(&self) -> Result<()> {
        // Readers first: the checkpoint at the end needs the WAL for itself.
        self.readers.close();
        std::thread::scope(|scope| {
            // Each carries its own WAL into its file, and mostly waits for the disk.
            let logs = scope.spawn(|| self.logs.close());
            let state = self.writer.stop();
            let logs = logs.join().unwrap_or_else(|_| Err(Error::Failed("the logs broke off (a bug)".into())));
            state.and(logs)
        })
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::error!(%error, "the database did not close cleanly; it will recover at the next start");
        }
    }
}
