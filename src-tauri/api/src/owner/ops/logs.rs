//! Task logs: read, searched, written to a file.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use longshore_catalogue::PathBytes;
use longshore_engine::Fault;
use longshore_store::{LogFilter, LogPlace, Search};

use super::super::Owner;
use super::super::dispatch::Answer;
use super::super::rows;
use crate::fault::{local, of_store};
use crate::wire::{
    FileWritten, LogHit, LogHits, LogPlaceRow, LogRow, LogSave, LogSaveArgs, LogSearch, LogSearchArgs, RunLogs,
    RunLogsArgs,
};

/// Lines of a page of logs at most.
const LINES: u32 = 1000;
/// How long one call searches. What is not searched by then is for the next call.
const SEARCHING: Duration = Duration::from_millis(300);

impl Answer<RunLogs> for Owner {
    async fn answer(self: &Arc<Self>, args: RunLogsArgs) -> Result<Vec<LogRow>, Fault> {
        self.ask(move |owner| {
            let RunLogsArgs { run, task, index, attempt, level, text, after, limit } = args;
            let limit = if limit == 0 { 100 } else { limit.min(LINES) };
            owner.store.run_state(&run).map_err(of_store)?;
            let filter = LogFilter { task, index, attempt, level, text, after, limit };
            let page = owner.store.log_page(&run, &filter).map_err(of_store)?;
            Ok(page.into_iter().map(rows::log).collect())
        })
        .await
    }
}

impl Answer<LogSearch> for Owner {
    async fn answer(self: &Arc<Self>, args: LogSearchArgs) -> Result<LogHits, Fault> {
        let LogSearchArgs { text, level, from, limit } = args;
        let from = from.map(|LogPlaceRow { run, after }| LogPlace { run, after });
        self.ask(move |owner| {
            let found = owner.store.search_logs(&Search { text, level, from, limit }, SEARCHING)?;
            let hits = found.lines.into_iter().map(|(run, line)| LogHit { run, line: rows::log(line) }).collect();
            Ok(LogHits { hits, next: found.next.map(|LogPlace { run, after }| LogPlaceRow { run, after }) })
        })
        .await
    }
}

impl Answer<LogSave> for Owner {
    async fn answer(self: &Arc<Self>, args: LogSaveArgs) -> Result<FileWritten, Fault> {
        self.ask(move |owner| save(owner, &args)).await
    }
}

/// A path that was given for a new file.
pub(super) fn new_file(given: &str) -> Result<std::path::PathBuf, Fault> {
    let refused = |why: String| Fault::permanent("file.path", format!("{given} was not written"), why);
    let path = PathBytes::from_text(given).map(|path| local(&path)).map_err(|error| refused(error.to_string()))?;
    if !path.is_absolute() {
        return Err(refused("it is not an absolute path".to_owned()));
    }
    if path.exists() {
        return Err(refused("there is a file already".to_owned()).now("Choose another name."));
    }
    Ok(path)
}

/// Writes a new file, which has its name once all of it is on the disk. Gives its bytes.
pub(super) fn write_new<E: From<std::io::Error>>(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<u64, E> {
    let half = path.with_added_extension("part");
    let write = || {
        let mut buffered = std::io::BufWriter::new(std::fs::File::create_new(&half)?);
        content(&mut buffered)?;
        let done = buffered.into_inner().map_err(std::io::Error::from)?;
        done.sync_all()?;
        let bytes = done.metadata()?.len();
        std::fs::rename(&half, path)?;
        Ok(bytes)
    };
    let written = write();
    if written.is_err() {
        // The error that is told is the first one.
        let _ = std::fs::remove_file(&half);
    }
    written
}

fn save(owner: &Owner, args: &LogSaveArgs) -> Result<FileWritten, Fault> {
    let path = new_file(&args.path)?;
    owner.store.run_state(&args.run).map_err(of_store)?;
    let failed =
        |error: std::io::Error| Fault::fatal("file.path", format!("{} was not written", args.path), error.to_string());
    let bytes = write_new(&path, |file| fill(owner, args, file)).map_err(failed)?;
    Ok(FileWritten { path: args.path.clone(), bytes })
}

fn fill(owner: &Owner, args: &LogSaveArgs, file: &mut dyn Write) -> std::io::Result<()> {
    let LogSaveArgs { task, index, attempt, .. } = args.clone();
    let mut filter = LogFilter { task, index, attempt, limit: LINES, ..LogFilter::default() };
    loop {
        let page = owner.store.log_page(&args.run, &filter).map_err(std::io::Error::other)?;
        let Some(last) = page.last() else { return Ok(()) };
        filter.after = last.seq;
        for record in page {
            file.write_all(rows::log_in_words(&rows::log(record)).as_bytes())?;
        }
    }
}
