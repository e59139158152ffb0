//! The log of a process, set up once for all programs; and the owner's own log, in the workspace: lines of JSON in `logs/longshore.log`, begun anew when it is long or a day old, and a few of the
//! older ones kept.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt};

use crate::Hiding;
use crate::events::lock;

/// Bytes at which a file is full.
const FULL: u64 = 16 << 20;
/// Age at which a file is closed.
const AGE: Duration = Duration::from_hours(24);
/// Older files that are kept: with the one that is written, at most 128 MiB.
const KEPT: u32 = 7;

/// Where lines go while this process owns a workspace.
static SINK: Mutex<Option<Rolling>> = Mutex::new(None);

/// Begins the log of this process: what `LONGSHORE_LOG` asks for, or else `unasked` (as in `LONGSHORE_LOG=debug`), goes to `process`, which
/// shall hide secrets with [`Hiding`]; while it owns a workspace, what an operator may want to know later also goes to that workspace's log.
pub fn begin_log<W>(unasked: &str, process: W)
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let asked = EnvFilter::try_from_env("LONGSHORE_LOG").unwrap_or_else(|_| EnvFilter::new(unasked));
    let process = fmt::layer().with_ansi(false).with_target(false).with_writer(process).with_filter(asked);
    let workspace = fmt::layer().json().with_writer(|| Hiding(WorkspaceLog)).with_filter(EnvFilter::new("info"));
    tracing_subscriber::registry().with(process).with(workspace).init();
}

/// Writes to the log of the workspace that this process owns; to nothing while it owns none.
struct WorkspaceLog;

impl Write for WorkspaceLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut *lock(&SINK) {
            Some(rolling) => rolling.write(bytes),
            None => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// From now on lines go to this folder. One that cannot be written is left: the owner works without its log.
pub(crate) fn begin(folder: &Path) {
    match Rolling::open(folder, FULL) {
        Ok(rolling) => *lock(&SINK) = Some(rolling),
        Err(error) => tracing::warn!(%error, "the log of this process is not kept in the workspace"),
    }
}

/// No more lines from now on.
pub(crate) fn end() {
    *lock(&SINK) = None;
}

/// A file that is begun anew.
struct Rolling {
    path: PathBuf,
    file: File,
    size: u64,
    full: u64,
    begun: SystemTime,
}

impl Rolling {
    fn open(folder: &Path, full: u64) -> io::Result<Self> {
        let path = folder.join("longshore.log");
        let file = OpenOptions::new().append(true).create(true).open(&path)?;
        let meta = file.metadata()?;
        // Where the file system knows no time of creation, a file counts as new at each start.
        let begun = meta.created().unwrap_or_else(|_| SystemTime::now());
        Ok(Self { path, file, size: meta.len(), full, begun })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.size > 0 && (self.size + bytes.len() as u64 > self.full || self.old()) {
            self.roll()?;
        }
        let written = self.file.write(bytes)?;
        self.size += written as u64;
        Ok(written)
    }

    fn old(&self) -> bool {
        self.begun.elapsed().is_ok_and(|age| age > AGE)
    }

    /// Gives every file the next number; the last one goes.
    fn roll(&mut self) -> io::Result<()> {
        let numbered = |number: u32| self.path.with_added_extension(number.to_string());
        for number in (1..KEPT).rev() {
            rename(&numbered(number), &numbered(number + 1))?;
        }
        rename(&self.path, &numbered(1))?;
        let folder = self.path.parent().unwrap_or(Path::new(".")).to_owned();
        *self = Self { begun: SystemTime::now(), ..Self::open(&folder, self.full)? };
        Ok(())
    }
}

/// A file that is not there need not be renamed.
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    match std::fs::rename(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn it_is_begun_anew_when_it_is_full_and_the_oldest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let mut rolling = Rolling::open(folder.path(), 100).unwrap();
        for number in 0..200 {
            let line = format!("{{\"line\":{number:03}}}\n");
            assert_eq!(rolling.write(line.as_bytes()).unwrap(), line.len());
        }
        let mut files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|one| one.unwrap()).collect();
        files.sort_by_key(std::fs::DirEntry::file_name);
        assert_eq!(files.len(), KEPT as usize + 1);
        assert!(files.iter().all(|file| file.metadata().unwrap().len() <= 100));
        let newest = std::fs::read_to_string(folder.path().join("longshore.log")).unwrap();
        assert!(newest.ends_with("{\"line\":199}\n"), "{newest}");
        let before = std::fs::read_to_string(folder.path().join("longshore.log.1")).unwrap();
        assert!(before < newest && before.ends_with("}\n"), "{before}");
    }

    #[test]
    fn a_file_that_is_a_day_old_is_closed() {
        let folder = tempfile::tempdir().unwrap();
        let mut rolling = Rolling::open(folder.path(), 1_000).unwrap();
        rolling.write(b"yesterday\n").unwrap();
        rolling.begun = SystemTime::now() - AGE - Duration::from_secs(1);
        rolling.write(b"today\n").unwrap();
        assert_eq!(std::fs::read_to_string(folder.path().join("longshore.log")).unwrap(), "today\n");
        assert_eq!(std::fs::read_to_string(folder.path().join("longshore.log.1")).unwrap(), "yesterday\n");
    }
}
