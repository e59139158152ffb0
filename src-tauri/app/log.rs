//! The window's own log: on stderr, and in a file that outlives a crash. It lies outside the workspace, because a workspace
//! that is refused is not to be touched. `$XDG_STATE_HOME/longshore/desktop.log`, else under `~/.local/state`.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use longshore_api::Hiding;
use tracing_subscriber::fmt::writer::MakeWriterExt as _;

/// Bytes at which the log starts anew; the one before is kept as `desktop.log.1`.
const FULL: u64 = 4 << 20;

/// Starts the log, and with it that of the workspace. Without a folder for the file, stderr alone.
pub(crate) fn start() {
    let stderr = || Hiding(io::stderr());
    match folder().ok_or_else(|| io::Error::other("neither XDG_STATE_HOME nor HOME is set")).and_then(|at| file(&at)) {
        Ok(file) => longshore_api::begin_log("info", stderr.and(Mutex::new(Hiding(file)))),
        Err(error) => {
            longshore_api::begin_log("info", stderr);
            tracing::warn!("the log is not kept in a file: {error}");
        }
    }
    record_panics();
}

/// A panic is a bug; where it was must not be lost with the terminal that nobody looked at.
fn record_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tracing::error!("{panic}");
        usual(panic);
    }));
}

fn folder() -> Option<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/state")));
    state.map(|state| state.join("longshore"))
}

fn file(folder: &Path) -> io::Result<File> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join("desktop.log");
    if std::fs::metadata(&path).is_ok_and(|meta| meta.len() > FULL) {
        std::fs::rename(&path, folder.join("desktop.log.1"))?;
    }
    OpenOptions::new().append(true).create(true).open(path)
}
