//! The folder of the operator's flows, watched: a file that settled is read again.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use longshore_flows::told::Told;
use longshore_runner::Scheduler;

use crate::events::Bus;
use crate::wire::{Event, Tag};

use super::shelf::Shelf;

/// A file is taken up when nothing has changed for this long.
const SETTLED: Duration = Duration::from_millis(200);
/// Between two looks at the folder, for what the system did not tell of.
const LOOK: Duration = Duration::from_secs(10);

/// Watches a folder from now on: to be done before it is first read, so that no change is missed.
pub(super) fn folder(folder: &Path) -> Option<Changes> {
    Changes::of(folder)
        .inspect_err(
            |error| tracing::warn!(%error, "the folder of flows is not watched; they are read at the start only"),
        )
        .ok()
}

/// Reads the flows again whenever the folder has changed and settled, for as long as it is polled.
pub(super) async fn flows(mut changes: Changes, shelf: Arc<Shelf>, bus: Bus, scheduler: Option<Arc<Scheduler>>) {
    while changes.next().await.is_ok() {
        while let Ok(Ok(())) = tokio::time::timeout(SETTLED, changes.next()).await {}
        let shelf = shelf.clone();
        match tokio::task::spawn_blocking(move || shelf.reload()).await {
            Ok(Ok(())) => {
                bus.send(&Event::Changed { tags: vec![Tag::Flows, Tag::Schedules] });
                if let Some(scheduler) = &scheduler {
                    scheduler.look_again();
                }
            }
            Ok(Err(fault)) => tracing::warn!(%fault, "the flows could not be read again"),
            Err(error) => tracing::error!(%error, "reading the flows broke off"),
        }
    }
}

/// Names, sizes and times of the files of a folder.
type Look = Vec<(PathBuf, u64, Option<SystemTime>)>;

/// Changes of one folder: told by the system where it does so, and found by looking where it does not, as on another machine's disk.
pub(super) struct Changes {
    folder: PathBuf,
    told: Option<Told>,
    seen: Look,
}

impl Changes {
    fn of(folder: &Path) -> io::Result<Self> {
        let told = Told::new().and_then(|told| told.add(folder).map(|()| told));
        let told =
            told.inspect_err(|error| tracing::info!(%error, "the folder of flows is looked at now and then only"));
        Ok(Self { folder: folder.to_owned(), told: told.ok(), seen: look(folder)? })
    }

    /// Resolves when something changed since the last call.
    async fn next(&mut self) -> io::Result<()> {
        loop {
            let told = async {
                match &mut self.told {
                    Some(told) => told.next().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                told = told => return told,
                () = tokio::time::sleep(LOOK) => {}
            }
            // A folder that is away for a while has not changed.
            let Ok(now) = look(&self.folder) else { continue };
            if std::mem::replace(&mut self.seen, now) != self.seen {
                return Ok(());
            }
        }
    }
}

fn look(folder: &Path) -> io::Result<Look> {
    let entry = |entry: io::Result<std::fs::DirEntry>| {
        let entry = entry?;
        let meta = entry.metadata().ok();
        Ok((entry.path(), meta.as_ref().map_or(0, std::fs::Metadata::len), meta.and_then(|meta| meta.modified().ok())))
    };
    let mut seen = std::fs::read_dir(folder)?.map(entry).collect::<io::Result<Vec<_>>>()?;
    seen.sort();
    Ok(seen)
}
