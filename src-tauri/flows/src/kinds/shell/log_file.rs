//! A file that has what a program writes, for who looks for logs where they were before.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use longshore_engine::Fault;

use crate::kind::{Context, Level};
use crate::secrets::known;

/// A file that lines are appended to. Clones are the same file.
#[derive(Clone)]
pub(in crate::kinds) struct LogFile {
    path: PathBuf,
    /// None once it could not be written to: the attempt's own log goes on.
    file: Arc<Mutex<Option<File>>>,
}

impl LogFile {
    /// Opens it, or makes it; `%Y-%m-%d` and the like in its path stand for the time.
    pub(super) fn open(path: &str, context: &Context) -> Result<Self, Fault> {
        let failed = |why: String| {
            Fault::permanent("shell.log_file", format!("The log file {path} was not opened"), why)
                .now("Give an absolute path in a folder that may be written to, or leave `log_file` away.")
        };
        let now = Timestamp::from_millisecond(context.services.now()).map_err(|error| failed(error.to_string()))?;
        let now = now.to_zoned(TimeZone::system());
        let path = PathBuf::from(jiff::fmt::strtime::format(path, &now).map_err(|error| failed(error.to_string()))?);
        if !path.is_absolute() {
            return Err(failed("it is no absolute path".into()));
        }
        let open = || {
            fs::create_dir_all(path.parent().unwrap_or(Path::new("/")))?;
            OpenOptions::new().append(true).create(true).open(&path)
        };
        let file = open().map_err(|error| failed(error.to_string()))?;
        Ok(Self { path, file: Arc::new(Mutex::new(Some(file))) })
    }

    /// Appends a line, without the secrets that the process has known.
    pub(in crate::kinds) fn line(&self, line: &str, context: &Context) {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(open) = file.as_mut() else { return };
        let text = format!("{}\n", known().mask(line));
        if let Err(error) = open.write_all(text.as_bytes()) {
            let text = format!("{} is written to no more: {error}", self.path.display());
            context.host.log(Level::Warning, &text);
            *file = None;
        }
    }
}
