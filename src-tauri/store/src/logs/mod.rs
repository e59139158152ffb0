//! Log lines of attempts, in a database of their own beside the workspace's.
//!
//! A log is not state. Kept apart, it takes no part in the journal's commits, need not be synced with each of them, is not copied with
//! every backup, and where it is damaged it is put aside and begun anew.
//!
//! Lines are rows while a run works; once it has ended they are packed, a few hundred KiB at a time. Of each attempt the beginning and
//! the end are kept ([`Bounds::attempt`]), and of all runs as much as [`Bounds::all`] allows: the logs of those that ended first go first.

mod append;
mod chunk;
mod open;
mod prune;
mod read;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::Connection;

use crate::error::{Result, Work};
use crate::open::Options;
use crate::readers::Readers;
use crate::store::Store;
use crate::writer::Writer;

pub use read::{Found, Place, Search};

/// Bytes kept of one line; `…` stands for the rest.
pub const MAX_LINE_BYTES: usize = 16 * 1024;

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
    /// This level or a graver one.
    pub level: Option<String>,
    /// With this in the text; ASCII letters in either case.
    pub text: Option<String>,
    /// After this line; 0 for the first.
    pub after: i64,
    /// Lines wanted, at most 1,000; 0 means 100.
    pub limit: u32,
}

/// How much is kept, in bytes of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Of one attempt: half of it from its beginning, half of it from its end.
    pub attempt: u64,
    /// Of all runs, packed ones as they lie on the disk.
    pub all: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { attempt: 16 << 20, all: 2 << 30 }
    }
}

/// The database of logs.
pub(crate) struct Logs {
    readers: Readers,
    writer: Writer,
    attempt: AtomicU64,
    all: AtomicU64,
}

impl Logs {
    /// Opens it, beside the workspace's database.
    pub(crate) fn open(database: &Path, options: &Options) -> Result<Self> {
        let path = open::path(database);
        let writer = Writer::start(open::open(&path, options.busy)?)?;
        let Bounds { attempt, all } = Bounds::default();
        let options = Options { readers: 2, ..options.clone() };
        Ok(Self { readers: Readers::new(&path, &options), writer, attempt: attempt.into(), all: all.into() })
    }

    pub(crate) fn close(&self) -> Result<()> {
        self.readers.close();
        self.writer.stop()
    }

    fn read<T>(&self, work: impl FnOnce(&Connection) -> Work<T>) -> Result<T> {
        self.readers.read(work)
    }

    fn write<T: Send + 'static>(&self, work: impl FnOnce(&Connection) -> Work<T> + Send + 'static) -> Result<T> {
        self.writer.blocking(work)
    }

    fn bounds(&self) -> Bounds {
        Bounds { attempt: self.attempt.load(Ordering::Relaxed), all: self.all.load(Ordering::Relaxed) }
    }
}

impl Store {
    /// Appends lines to the logs of a run. They survive the end of the process at once, and a power cut after a moment.
    pub fn log(&self, run: &str, lines: &[LogLine]) -> Result<()> {
        let (run, lines, bounds) = (run.to_owned(), lines.to_vec(), self.logs().bounds());
        self.logs().write(move |sql| append::append(sql, &run, &lines, bounds.attempt))
    }

    /// A page of the logs of a run, in order.
    pub fn log_page(&self, run: &str, filter: &LogFilter) -> Result<Vec<LogRecord>> {
        self.logs().read(|sql| read::page(sql, run, filter))
    }

    /// Lines with a text, over all runs, the newest run first. Ends when it has as many as are wanted, or when the time is up.
    pub fn search_logs(&self, search: &Search, time: Duration) -> Result<Found> {
        self.logs().read(|sql| read::search(sql, search, time))
    }

    /// How much is kept from now on.
    pub fn set_log_bounds(&self, bounds: Bounds) {
        self.logs().attempt.store(bounds.attempt, Ordering::Relaxed);
        self.logs().all.store(bounds.all, Ordering::Relaxed);
    }

    /// Runs whose lines are not packed, oldest first.
    pub fn unpacked_logs(&self) -> Result<Vec<String>> {
        self.logs().read(chunk::unpacked)
    }

    /// Packs some lines of a run that has ended, up to about a MiB of text. `false` once none is left.
    pub fn pack_log(&self, run: &str, ended_at: i64) -> Result<bool> {
        let run = run.to_owned();
        self.logs().write(move |sql| chunk::pack_some(sql, &run, ended_at))
    }

    /// Lets go of what is more than the bound allows, a run at a time. `true` if there may be more to let go.
    pub fn prune_logs(&self) -> Result<bool> {
        let all = self.logs().bounds().all;
        self.logs().write(move |sql| prune::prune(sql, all))
    }

    /// Forgets the logs of a run.
    pub fn forget_log(&self, run: &str) -> Result<()> {
        let run = run.to_owned();
        self.logs().write(move |sql| prune::forget(sql, &run))
    }

    /// Bytes of all logs that are kept.
    pub fn log_bytes(&self) -> Result<u64> {
        self.logs().read(prune::total)
    }
}
