//! `wait.file`: waits until files are there and grow no more.

use async_trait::async_trait;
use longshore_catalogue::PathBytes;
use longshore_engine::{Fault, Millis};
use longshore_transfer::hash::{Hashes, hex};
use longshore_transfer::storage::{Kind, Listed, Meta, Storage, is_part, join};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::defaults::half_a_minute;
use crate::attempt::{blocking, count};
use crate::faults::ToldAt as _;
use crate::kind::{Context, Done, Level, Need, Services, TypedKind};
use crate::location::Location;
use crate::pattern;
use crate::span::Span;

/// Files that are given as the output; more are counted.
const GIVEN: usize = 1000;

/// Parameters of `wait.file`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// What to wait for: STORAGE:PATH, or an absolute path of this machine. `*` and `?` stand for parts of a name, `**` for any
    /// folders. Files only, and no unfinished ones of Longshore.
    pub path: String,
    /// How many files there must be.
    #[serde(default = "one")]
    pub at_least: u32,
    /// They must stay as they are for this long: none more, none less, none of another size or time.
    #[serde(default = "five_seconds")]
    pub settled: Span,
    /// Time from look to look while there is nothing.
    #[serde(default = "half_a_minute")]
    pub every: Span,
}

fn one() -> u32 {
    1
}

fn five_seconds() -> Span {
    Span::seconds(5)
}

/// Output of `wait.file`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// The first thousand of them, by path.
    pub files: Vec<File>,
    /// How many there are.
    pub count: u64,
    /// Bytes of all of them.
    pub bytes: u64,
}

/// A file that is there.
#[derive(Debug, Serialize, JsonSchema)]
pub struct File {
    /// Its place, written as `path` was.
    pub path: String,
    /// Its name.
    pub name: String,
    /// Bytes.
    pub bytes: u64,
}

/// What is saved: how all of it looked, and since when it looks so.
#[derive(Debug, Serialize, Deserialize)]
struct Saved {
    look: String,
    since: Millis,
}

/// `wait.file`.
pub struct WaitFile;

#[async_trait]
impl TypedKind for WaitFile {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "wait.file";
    const TITLE: &'static str = "Waits for files";

    async fn plan(&self, with: With, services: &Services) -> Result<Need, Fault> {
        let services = services.clone();
        blocking(move || Location::read(services.storages.as_ref(), &with.path).map(|_| Need::default())).await
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || look(&with, &context)).await
    }
}

fn look(with: &With, context: &Context) -> Result<Done<Output>, Fault> {
    let now = context.services.clock.now();
    let place = Location::read(context.services.storages.as_ref(), &with.path)?;
    let mut looking = Looking { context, storage: place.storage.as_ref(), found: Vec::new() };
    let (folder, names) = pattern::split(&place.path);
    looking.within(&folder, &names)?;
    let mut found = looking.found;
    found.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    if found.len() < with.at_least.max(1) as usize {
        context.forget_checkpoint()?;
        return Ok(Done::Deferred { until: now + with.every.0 });
    }
    let look = digest(&found);
    let saved = context.host.checkpoint().and_then(|saved| serde_json::from_value::<Saved>(saved).ok());
    let since = saved.filter(|saved| saved.look == look).map_or(now, |saved| saved.since);
    if now - since < with.settled.0 {
        let text =
            format!("There: {}. Waiting until nothing changes any more.", count(found.len() as u64, "file", "files"));
        context.host.log(Level::Debug, &text);
        context.save(&Saved { look, since })?;
        return Ok(Done::Deferred { until: since + with.settled.0 });
    }
    Ok(output(with, &place, &found).into())
}

/// A text that is another as soon as anything is.
fn digest(found: &[(Vec<u8>, Meta)]) -> String {
    let mut hashes = Hashes::new(false);
    for (path, meta) in found {
        hashes.update(path);
        hashes.update(format!("\0{}\0{:?}\0", meta.size, meta.mtime).as_bytes());
    }
    hex(&hashes.finish().sha256)
}

fn output(with: &With, place: &Location, found: &[(Vec<u8>, Meta)]) -> Output {
    let file = |(path, meta): &(Vec<u8>, Meta)| File {
        path: place.written(&with.path, path),
        name: PathBytes::new(PathBytes::new(path.clone()).file_name()).to_text(),
        bytes: meta.size,
    };
    let bytes = found.iter().map(|(_, meta)| meta.size).sum();
    Output { files: found.iter().take(GIVEN).map(file).collect(), count: found.len() as u64, bytes }
}

struct Looking<'a> {
    context: &'a Context,
    storage: &'a dyn Storage,
    found: Vec<(Vec<u8>, Meta)>,
}

impl Looking<'_> {
    /// Finds what fits these names in a folder.
    fn within(&mut self, folder: &[u8], names: &[Vec<u8>]) -> Result<(), Fault> {
        self.context.go_on()?;
        let Some((name, rest)) = names.split_first() else { return Ok(()) };
        let any_depth = name == b"**";
        let mut below = Vec::new();
        for Listed { name: here, meta } in self.list(folder)? {
            let path = join(folder, &here);
            match meta.kind {
                Kind::Folder if any_depth => below.push((path, names)),
                Kind::Folder if !rest.is_empty() && pattern::fits(name, &here) => below.push((path, rest)),
                Kind::File if rest.is_empty() && pattern::fits(name, &here) && !is_part(&here) => {
                    self.found.push((path, meta));
                }
                _ => {}
            }
        }
        if any_depth && !rest.is_empty() {
            self.within(folder, rest)?;
        }
        below.into_iter().try_for_each(|(path, names)| self.within(&path, names))
    }

    /// What lies in a folder; nothing if it is not there, or goes meanwhile.
    fn list(&self, folder: &[u8]) -> Result<Vec<Listed>, Fault> {
        let mut all = Vec::new();
        let listed = self.storage.list(folder, &mut |one| {
            all.push(one);
            Ok(())
        });
        match listed {
            Err(error) if matches!(error.code, "file.missing" | "path.not_folder") => Ok(Vec::new()),
            other => other.told_at(self.storage.name()).map(|()| all),
        }
    }
}
