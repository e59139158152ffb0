//! A watched folder: which of its files are new, and which of those are whole.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use longshore_catalogue::PathBytes;
use longshore_engine::schedule::{Pattern, Watch};
use longshore_engine::{Fault, Millis};
use longshore_store::SeenFile;

/// Between two looks at whether something was put into the folder, where the system does not tell.
const POLL: Duration = Duration::from_secs(10);
/// Between two looks at every file, for those that were changed in place and of which the system did not tell.
const EVERY_FILE: Duration = Duration::from_mins(10);

/// What is known of a watched folder.
pub(super) struct Folder {
    /// Digest of the schedule that watches it.
    digest: String,
    path: PathBuf,
    pattern: Pattern,
    settle: Duration,
    /// Files that have had their runs: size and time of change.
    seen: HashMap<Vec<u8>, (u64, i64)>,
    /// Files that are new, and since when each has been as it is.
    growing: HashMap<Vec<u8>, (SeenFile, Millis)>,
    /// When the folder itself was last changed, as of the last look at its files.
    changed: Option<i64>,
    /// When its files were last looked at.
    looked: Option<Millis>,
    noticed: bool,
}

impl Folder {
    /// A folder of whose files these have had their runs.
    pub(super) fn new(watch: &Watch, digest: &str, seen: Vec<SeenFile>) -> Result<Self, Fault> {
        let path =
            PathBytes::from_text(&watch.folder).map_err(|error| unreadable(&watch.folder, &error.to_string()))?;
        Ok(Self {
            digest: digest.to_owned(),
            path: PathBuf::from(OsStr::from_bytes(path.as_bytes())),
            pattern: watch.pattern.clone(),
            settle: watch.settle,
            seen: seen.into_iter().map(|file| (file.name, (file.size, file.changed))).collect(),
            growing: HashMap::new(),
            changed: None,
            looked: None,
            noticed: true,
        })
    }

    pub(super) fn digest(&self) -> &str {
        &self.digest
    }

    pub(super) fn path(&self) -> PathBuf {
        self.path.clone()
    }

    /// The path of one of its files, in its text form.
    pub(super) fn file(&self, name: &[u8]) -> String {
        PathBytes::new(self.path.join(OsStr::from_bytes(name)).as_os_str().as_bytes()).to_text()
    }

    /// Something changed in it.
    pub(super) fn noticed(&mut self) {
        self.noticed = true;
    }

    /// When to look again.
    pub(super) fn next(&self, now: Millis) -> Millis {
        let settled = self.growing.values().map(|(_, since)| *since + self.settle).min();
        settled.map_or(now + POLL, |settled| settled.min(now + POLL))
    }

    /// A file has had its run.
    pub(super) fn done(&mut self, file: &SeenFile) {
        self.growing.remove(&file.name);
        self.seen.insert(file.name.clone(), (file.size, file.changed));
    }

    /// Every file that is there now, whole or not. Blocks.
    pub(super) fn all(&self) -> Result<Vec<SeenFile>, Fault> {
        files(&self.path, &self.pattern)
    }

    /// The files that are new and whole. Blocks.
    pub(super) fn settled(&mut self, now: Millis) -> Result<Vec<SeenFile>, Fault> {
        if !self.wants_a_look(now) {
            return Ok(Vec::new());
        }
        let changed = changed_at(&self.path);
        let found = self.all()?;
        (self.changed, self.looked, self.noticed) = (changed, Some(now), false);
        let mut settled = Vec::new();
        let mut growing = HashMap::new();
        for file in found {
            if self.seen.get(&file.name) == Some(&(file.size, file.changed)) {
                continue;
            }
            let same = self.growing.remove(&file.name).filter(|(known, _)| *known == file);
            let since = same.map_or(now, |(_, since)| since);
            if now - since >= self.settle {
                settled.push(file.clone());
            }
            growing.insert(file.name.clone(), (file, since));
        }
        self.growing = growing;
        settled.sort_by(|a, b| (a.changed, &a.name).cmp(&(b.changed, &b.name)));
        Ok(settled)
    }

    fn wants_a_look(&self, now: Millis) -> bool {
        let long_ago = self.looked.is_none_or(|looked| now - looked >= EVERY_FILE || now < looked);
        self.noticed || !self.growing.is_empty() || long_ago || changed_at(&self.path) != self.changed
    }
}

fn files(folder: &Path, pattern: &Pattern) -> Result<Vec<SeenFile>, Fault> {
    let wrong = |error: std::io::Error| unreadable(&folder.display().to_string(), &error.to_string());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(wrong)? {
        let entry = entry.map_err(wrong)?;
        let name = entry.file_name();
        if !pattern.fits(&PathBytes::new(name.as_bytes()).to_text()) {
            continue;
        }
        // One that is gone again, or cannot be looked at yet, is looked at the next time.
        let Ok(meta) = std::fs::metadata(entry.path()) else { continue };
        if meta.is_file() {
            let name = name.as_bytes().to_vec();
            found.push(SeenFile { name, size: meta.len(), changed: nanos(&meta) });
        }
    }
    Ok(found)
}

fn nanos(meta: &std::fs::Metadata) -> i64 {
    meta.mtime().saturating_mul(1_000_000_000).saturating_add(meta.mtime_nsec())
}

fn changed_at(folder: &Path) -> Option<i64> {
    std::fs::metadata(folder).ok().map(|meta| nanos(&meta))
}

fn unreadable(folder: &str, why: &str) -> Fault {
    Fault::transient("schedule.folder", format!("The watched folder {folder} cannot be read"), why)
        .now("See that it is there and may be read. It is tried again by itself.")
        .on_file(folder)
}
