//! `file.claim` and `folder.feed`: files go from one folder of this machine to another, each as a whole and once, whoever else watches.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use async_trait::async_trait;
use longshore_engine::{Class, Fault};
use longshore_transfer::storage::is_part;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::attempt::{blocking, count};
use crate::kind::{Context, Done, Level, Need, Services, TypedKind};
use crate::location::local_path;
use crate::span::Span;
use crate::used_up;

/// Parameters of `file.claim`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// The file: an absolute path, or STORAGE:PATH of a storage on this machine.
    #[serde(default)]
    pub file: Option<String>,
    /// Files of which one is taken: the first that nobody else has taken.
    #[serde(default)]
    pub files: Vec<String>,
    /// The folder that it goes to, on the same file system; it is made if it is not there. One of the run's own lets nobody else find the file.
    pub into: String,
}

/// Output of `file.claim`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Where the file lies now: an absolute path.
    pub file: String,
    /// Its name.
    pub name: String,
}

/// `file.claim`.
pub struct FileClaim;

#[async_trait]
impl TypedKind for FileClaim {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "file.claim";
    const TITLE: &'static str = "Takes a file out of a watched folder, unless somebody else has";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || claim(&with, &context)).await
    }
}

fn claim(with: &With, context: &Context) -> Result<Done<Output>, Fault> {
    let into = local_path(&context.services, &with.into)?;
    let mut files = Vec::new();
    for file in with.file.iter().chain(&with.files) {
        let path = local_path(&context.services, file)?;
        let Some(name) = path.file_name().map(ToOwned::to_owned) else {
            let why = format!("{file} names no file");
            return Err(Fault::permanent("task.with", "The parameters of file.claim are wrong", why));
        };
        files.push((path, into.join(&name), name));
    }
    let output = |to: &Path, name: &OsStr| Output { file: to.display().to_string(), name: name.display().to_string() };
    // An earlier attempt moved it, and did not come to say so; or the task was cleared, and the run has its file still.
    if let Some((_, to, name)) = files.iter().find(|(_, to, _)| to.exists()) {
        return Ok(output(to, name).into());
    }
    if used_up::is_used_up(context, &with.into)? {
        return Err(used_up::used_up("The file of this run", "See the outputs of its other tasks for where it went."));
    }
    fs::create_dir_all(&into).map_err(|error| failed(&into, &error))?;
    for (from, to, name) in &files {
        context.go_on()?;
        match moved(from, to) {
            Ok(()) => return Ok(output(to, name).into()),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(failed(from, &error)),
        }
    }
    // The folders were made for a file that does not come.
    let own = into.parent().filter(|parent| parent.ends_with(&context.run));
    for folder in [Some(into.as_path()), own].into_iter().flatten() {
        fs::remove_dir(folder).ok();
    }
    Ok(Done::Skipped(match files.as_slice() {
        [(from, ..)] => format!("{} is gone: somebody else has taken it", from.display()),
        _ => "the files are gone: somebody else has taken them".to_owned(),
    }))
}

/// Gives a file another path, at which nothing may lie, and has both folders kept.
fn moved(from: &Path, to: &Path) -> io::Result<()> {
    renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)?;
    for folder in [from.parent(), to.parent()].into_iter().flatten() {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn failed(path: &Path, error: &io::Error) -> Fault {
    let class = match error.kind() {
        ErrorKind::CrossesDevices | ErrorKind::AlreadyExists | ErrorKind::PermissionDenied => Class::Permanent,
        _ => Class::Transient,
    };
    Fault::new(class, "file.not_moved", format!("{} was not moved", path.display()), error.to_string())
        .now("Both folders must lie on one file system, and the target must not hold a file of that name.")
}

/// Parameters of `folder.feed`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FeedWith {
    /// The folder that files wait in: an absolute path, or STORAGE:PATH of a storage on this machine.
    pub from: String,
    /// The folder that is watched, on the same file system.
    pub ready: String,
    /// Files that it holds at most.
    #[serde(default = "one")]
    pub most: u32,
    /// Files that have changed within this time are left alone.
    #[serde(default = "a_minute")]
    pub settled: Span,
}

fn one() -> u32 {
    1
}

fn a_minute() -> Span {
    Span::seconds(60)
}

/// Output of `folder.feed`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FeedOutput {
    /// Names of the files that went over.
    pub moved: Vec<String>,
    /// Files that lie ready now.
    pub ready: u64,
    /// Files that wait.
    pub waiting: u64,
}

/// `folder.feed`.
pub struct FolderFeed;

#[async_trait]
impl TypedKind for FolderFeed {
    type With = FeedWith;
    type Output = FeedOutput;
    const NAME: &'static str = "folder.feed";
    const TITLE: &'static str = "Moves the oldest files to a watched folder, up to a number of them";

    async fn plan(&self, _: FeedWith, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: FeedWith, context: Context) -> Result<Done<FeedOutput>, Fault> {
        blocking(move || feed(&with, &context)).await
    }
}

fn feed(with: &FeedWith, context: &Context) -> Result<Done<FeedOutput>, Fault> {
    let from = local_path(&context.services, &with.from)?;
    let to = local_path(&context.services, &with.ready)?;
    fs::create_dir_all(&to).map_err(|error| failed(&to, &error))?;
    let waiting = files(&from)?;
    let mut ready = files(&to)?.len();
    let now = SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(context.services.now().unsigned_abs());
    // What an earlier attempt moved is told too.
    let saved = context.host.checkpoint().and_then(|saved| serde_json::from_value::<Vec<String>>(saved).ok());
    let (mut names, mut gone) = (saved.unwrap_or_default(), 0);
    for (changed, path) in &waiting {
        context.go_on()?;
        if ready >= with.most as usize {
            break;
        }
        // The oldest go first: what comes after is younger still.
        if now.duration_since(*changed).unwrap_or_default() < with.settled.0 {
            break;
        }
        let Some(name) = path.file_name() else { continue };
        match moved(path, &to.join(name)) {
            Ok(()) => {
                gone += 1;
                names.push(name.display().to_string());
                context.save(&names)?;
            }
            Err(error) if error.kind() == ErrorKind::NotFound => gone += 1,
            // It is ready when the one of its name is gone from there.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(failed(path, &error)),
        }
        ready = files(&to)?.len();
    }
    let left = waiting.len() - gone;
    context
        .host
        .log(Level::Info, &format!("{} made ready, {left} waiting", count(names.len() as u64, "file", "files")));
    Ok(FeedOutput { ready: ready as u64, waiting: left as u64, moved: names }.into())
}

/// The files in a folder, the one that changed first at the beginning; no hidden ones, and no unfinished ones of Longshore.
fn files(folder: &Path) -> Result<Vec<(SystemTime, PathBuf)>, Fault> {
    let read = || -> io::Result<Vec<(SystemTime, PathBuf)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let (name, meta) = (entry.file_name(), entry.metadata()?);
            let bytes = name.as_encoded_bytes();
            if meta.is_file() && !bytes.starts_with(b".") && !is_part(bytes) {
                found.push((meta.modified()?, entry.path()));
            }
        }
        found.sort();
        Ok(found)
    };
    read().map_err(|error| failed(folder, &error))
}
