//! The folder of the operator's flows, watched: a file that settled is read again.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use longshore_runner::Scheduler;

use crate::events::Bus;
use crate::wire::{Event, Tag};

use super::shelf::Shelf;
pub(super) use system::Changes;

/// A file is taken up when nothing has changed for this long.
const SETTLED: Duration = Duration::from_millis(200);

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

/// What differs between systems.
#[cfg(target_os = "linux")]
mod system {
    use std::io;
    use std::path::Path;

    use rustix::fs::inotify;
    use tokio::net::unix::pipe::Receiver;

    /// Changes of one folder, as the kernel tells them.
    pub(in super::super) struct Changes {
        /// Not a pipe, but read like one; what is read is not looked at.
        told: Receiver,
    }

    impl Changes {
        pub(super) fn of(folder: &Path) -> io::Result<Self> {
            let told = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)?;
            let kinds = inotify::WatchFlags::CLOSE_WRITE
                | inotify::WatchFlags::MOVE
                | inotify::WatchFlags::CREATE
                | inotify::WatchFlags::DELETE;
            inotify::add_watch(&told, folder, kinds)?;
            Ok(Self { told: Receiver::from_owned_fd_unchecked(told)? })
        }

        /// Resolves when something changed since the last call.
        pub(super) async fn next(&mut self) -> io::Result<()> {
            let mut buffer = [0; 4096];
            loop {
                self.told.readable().await?;
                match self.told.try_read(&mut buffer) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    read => return read.map(drop),
                }
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::io;
    use std::path::{Path, PathBuf};
    use std::time::{Duration, SystemTime};

    /// Changes of one folder, found by looking.
    pub(in super::super) struct Changes {
        folder: PathBuf,
        seen: Vec<(PathBuf, Option<SystemTime>)>,
    }

    impl Changes {
        pub(super) fn of(folder: &Path) -> io::Result<Self> {
            Ok(Self { folder: folder.to_owned(), seen: look(folder)? })
        }

        pub(super) async fn next(&mut self) -> io::Result<()> {
            loop {
                tokio::time::sleep(Duration::from_secs(2)).await;
                let now = look(&self.folder)?;
                if std::mem::replace(&mut self.seen, now) != self.seen {
                    return Ok(());
                }
            }
        }
    }

    fn look(folder: &Path) -> io::Result<Vec<(PathBuf, Option<SystemTime>)>> {
        let entry = |entry: io::Result<std::fs::DirEntry>| {
            let entry = entry?;
            Ok((entry.path(), entry.metadata().and_then(|meta| meta.modified()).ok()))
        };
        let mut seen = std::fs::read_dir(folder)?.map(entry).collect::<io::Result<Vec<_>>>()?;
        seen.sort();
        Ok(seen)
    }
}
