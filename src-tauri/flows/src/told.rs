//! Told by the system that something changed in one of several folders. Not every file system tells (those of other machines do
//! not), so nobody relies on it alone.

pub use system::Told;

#[cfg(target_os = "linux")]
mod system {
    use std::io;
    use std::path::Path;

    use rustix::fs::inotify;
    use tokio::net::unix::pipe::Receiver;

    /// Tells of changes. Of the kernel's, each user has some hundreds at most.
    ///
    /// Not a pipe, but read like one; what is read is not looked at.
    pub struct Told(Receiver);

    impl Told {
        /// Of no folder yet. To be made where async work can be begun.
        pub fn new() -> io::Result<Self> {
            let told = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)?;
            Ok(Self(Receiver::from_owned_fd_unchecked(told)?))
        }

        /// Of this folder too, from now on.
        pub fn add(&self, folder: &Path) -> io::Result<()> {
            let kinds = inotify::WatchFlags::CLOSE_WRITE
                | inotify::WatchFlags::MOVE
                | inotify::WatchFlags::CREATE
                | inotify::WatchFlags::DELETE;
            inotify::add_watch(&self.0, folder, kinds).map(drop).map_err(io::Error::from)
        }

        /// Resolves when something changed since the last call.
        pub async fn next(&mut self) -> io::Result<()> {
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
    use std::io;
    use std::path::Path;

    /// Nothing: folders are looked at now and then.
    pub struct Told;

    impl Told {
        /// There is none.
        pub fn new() -> io::Result<Self> {
            Err(io::ErrorKind::Unsupported.into())
        }

        /// Never of any.
        pub fn add(&self, _: &Path) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }

        /// Never.
        pub async fn next(&mut self) -> io::Result<()> {
            std::future::pending().await
        }
    }
}
