//! Told by the system that something changed in one of several folders. Not every file system tells (those of other machines do
//! not), so nobody relies on it alone.

use std::collections::BTreeSet;
use std::path::PathBuf;

/// The folders that are watched.
#[derive(Default)]
pub(super) struct Notices {
    folders: BTreeSet<PathBuf>,
    told: Option<system::Told>,
}

impl Notices {
    /// Watches these folders and no others.
    pub(super) fn watch(&mut self, folders: impl Iterator<Item = PathBuf>) {
        let folders: BTreeSet<PathBuf> = folders.filter(|folder| folder.is_dir()).collect();
        if folders == self.folders {
            return;
        }
        self.told = if folders.is_empty() { None } else { system::Told::of(&folders) };
        self.folders = folders;
    }

    /// Resolves when something changed; never where the system does not tell.
    pub(super) async fn next(&mut self) {
        if let Some(told) = &mut self.told
            && told.next().await.is_ok()
        {
            return;
        }
        self.told = None;
        std::future::pending::<()>().await;
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::collections::BTreeSet;
    use std::io;
    use std::path::PathBuf;

    use rustix::fs::inotify;
    use tokio::net::unix::pipe::Receiver;

    /// Not a pipe, but read like one; what is read is not looked at.
    pub(super) struct Told(Receiver);

    impl Told {
        pub(super) fn of(folders: &BTreeSet<PathBuf>) -> Option<Self> {
            let told = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK).ok()?;
            let kinds = inotify::WatchFlags::CLOSE_WRITE | inotify::WatchFlags::MOVED_TO | inotify::WatchFlags::CREATE;
            for folder in folders {
                if let Err(error) = inotify::add_watch(&told, folder, kinds) {
                    tracing::warn!(folder = %folder.display(), %error, "the folder is looked at now and then only");
                }
            }
            Receiver::from_owned_fd_unchecked(told).ok().map(Self)
        }

        pub(super) async fn next(&mut self) -> io::Result<()> {
            let mut buffer = [0; 4096];
            loop {
                self.0.readable().await?;
                match self.0.try_read(&mut buffer) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    read => return read.map(drop),
                }
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::collections::BTreeSet;
    use std::io;
    use std::path::PathBuf;

    /// Nothing: the folders are looked at now and then.
    pub(super) struct Told;

    impl Told {
        pub(super) fn of(_: &BTreeSet<PathBuf>) -> Option<Self> {
            None
        }

        pub(super) async fn next(&mut self) -> io::Result<()> {
            std::future::pending().await
        }
    }
}
