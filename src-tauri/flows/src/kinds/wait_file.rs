//! `wait.file`: waits until files are there and grow no more. It looks now and then, and at once where the system tells of a change.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use longshore_catalogue::PathBytes;
use longshore_engine::{Fault, Millis};
use longshore_transfer::hash::{Hashes, hex};
use longshore_transfer::storage::{Kind, Listed, Meta, is_part, join};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::defaults::half_a_minute;
use crate::attempt::{blocking, count};
use crate::faults::ToldAt as _;
use crate::kind::{Context, Done, Level, Need, Services, TypedKind};
use crate::location::Location;
use crate::pattern;
use crate::span::Span;
use crate::told::Told;
use crate::used_up;

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
    /// They settle each by itself: those that have are enough, whatever else comes or grows. Without it all wait for one another.
    #[serde(default)]
    pub each: bool,
    /// The folder that what is found goes to (`file.claim`): what lies in it was found already. Once `folder.clean_up` has taken it away, a task
    /// that is cleared fails at once, and does not wait for something else.
    #[serde(default)]
    pub taken_to: Option<String>,
    /// Time from look to look while there is nothing. On a disk of this machine it looks at once when something changes.
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
    /// With `each`: how each file looked, and since when it looks so.
    #[serde(default)]
    each: BTreeMap<String, Millis>,
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
        // Watched before it is looked at: what comes in between is heard of.
        let watch = Watch::begin();
        let looked = context.clone();
        let (done, watch) = blocking(move || look(&with, &looked, watch)).await?;
        if let (Done::Deferred { until }, Some(watch)) = (&done, watch) {
            tokio::spawn(watch.wake(context, *until));
        }
        Ok(done)
    }
}

/// Watchers at a time, over all task runs: the system has few. Who gets none looks now and then.
static WATCHERS: Semaphore = Semaphore::const_new(16);
/// After a change, nothing may have changed for this long before it is looked at: many files come one after the other.
const QUIET: Duration = Duration::from_millis(200);

/// Hears of changes in the folders that were looked at.
struct Watch {
    told: Told,
    place: SemaphorePermit<'static>,
}

impl Watch {
    fn begin() -> Option<Self> {
        let place = WATCHERS.try_acquire().ok()?;
        Some(Self { told: Told::new().ok()?, place })
    }

    /// Wakes the task run after the first change. It looks by itself then, so nothing is to be heard after that.
    async fn wake(mut self, context: Context, until: Millis) {
        let clock = context.services.clock.clone();
        let heard = async {
            self.told.next().await?;
            // Until it is quiet, or it would look by itself.
            while let Ok(told) = tokio::time::timeout(QUIET, self.told.next()).await {
                told?;
            }
            Ok::<_, std::io::Error>(())
        };
        tokio::select! {
            heard = heard => if heard.is_ok() { context.host.waker()() },
            () = clock.sleep_until(until) => {}
        }
        drop(self.place);
    }
}

/// Files by their path.
type Files = Vec<(Vec<u8>, Meta)>;

type Looked = (Done<Output>, Option<Watch>);

fn look(with: &With, context: &Context, watch: Option<Watch>) -> Result<Looked, Fault> {
    let now = context.services.clock.now();
    let place = Location::read(context.services.storages.as_ref(), &with.path)?;
    let mut looking =
        Looking { context, place: &place, told: watch.as_ref().map(|watch| &watch.told), found: Vec::new() };
    let (folder, names) = pattern::split(&place.path);
    if let Some(taken) = taken(with, context, &folder)? {
        return Ok((output(with, &place, &taken).into(), None));
    }
    looking.within(&folder, &names)?;
    let mut found = looking.found;
    found.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    if found.len() < with.at_least.max(1) as usize {
        context.forget_checkpoint()?;
        return Ok((Done::Deferred { until: now + with.every.0 }, watch));
    }
    if with.each {
        return each(with, context, &place, found);
    }
    let look = digest(&found);
    let saved = context.host.checkpoint().and_then(|saved| serde_json::from_value::<Saved>(saved).ok());
    let since = saved.filter(|saved| saved.look == look).map_or(now, |saved| saved.since);
    if now - since < with.settled.0 {
        let text =
            format!("There: {}. Waiting until nothing changes any more.", count(found.len() as u64, "file", "files"));
        context.host.log(Level::Debug, &text);
        context.save(&Saved { look, since, each: BTreeMap::new() })?;
        // What is there and grows is looked at when it may have settled, and not at each change of it.
        return Ok((Done::Deferred { until: since + with.settled.0 }, None));
    }
    Ok((output(with, &place, &found).into(), None))
}

/// What lies in the folder that files are taken to, as it lay where it was found; a refusal where that folder is used up.
fn taken(with: &With, context: &Context, folder: &[u8]) -> Result<Option<Files>, Fault> {
    let Some(text) = &with.taken_to else { return Ok(None) };
    if used_up::is_used_up(context, text)? {
        return Err(used_up::used_up("The file of this run", "See the outputs of its other tasks for where it went."));
    }
    let into = Location::read(context.services.storages.as_ref(), text)?;
    let mut files = Vec::new();
    let listed = into.storage.list(&into.path, &mut |one| {
        if one.meta.kind == Kind::File && !is_part(&one.name) {
            files.push((join(folder, &one.name), one.meta));
        }
        Ok(())
    });
    match listed {
        Err(error) if matches!(error.code, "file.missing" | "path.not_folder") => Ok(None),
        listed => listed.told_at(into.storage.name()).map(|()| Some(files).filter(|files| !files.is_empty())),
    }
}

/// The files that have settled, each by itself; looked at are the first thousand.
fn each(with: &With, context: &Context, place: &Location, mut found: Files) -> Result<Looked, Fault> {
    found.truncate(GIVEN);
    let now = context.services.clock.now();
    let saved = context.host.checkpoint().and_then(|saved| serde_json::from_value::<Saved>(saved).ok());
    let before = saved.map(|saved| saved.each).unwrap_or_default();
    let mut seen = BTreeMap::new();
    let (mut settled, mut soonest) = (Vec::new(), now + with.settled.0);
    for file in found {
        let look = digest(std::slice::from_ref(&file));
        let since = before.get(&look).copied().unwrap_or(now);
        if now - since >= with.settled.0 {
            settled.push(file);
        } else {
            soonest = soonest.min(since + with.settled.0);
        }
        seen.insert(look, since);
    }
    if settled.len() >= with.at_least.max(1) as usize {
        return Ok((output(with, place, &settled).into(), None));
    }
    context.save(&Saved { look: String::new(), since: now, each: seen })?;
    Ok((Done::Deferred { until: soonest }, None))
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
    place: &'a Location,
    told: Option<&'a Told>,
    found: Vec<(Vec<u8>, Meta)>,
}

impl Looking<'_> {
    /// Finds what fits these names in a folder.
    fn within(&mut self, folder: &[u8], names: &[Vec<u8>]) -> Result<(), Fault> {
        self.context.go_on()?;
        let Some((name, rest)) = names.split_first() else { return Ok(()) };
        let any_depth = name == b"**";
        let mut below = Vec::new();
        for Listed { name: here, meta, .. } in self.list(folder)? {
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
        self.watch(folder);
        let (mut all, storage) = (Vec::new(), &self.place.storage);
        let listed = storage.list(folder, &mut |one| {
            all.push(one);
            Ok(())
        });
        match listed {
            Err(error) if matches!(error.code, "file.missing" | "path.not_folder") => Ok(Vec::new()),
            other => other.told_at(storage.name()).map(|()| all),
        }
    }

    /// Hears of changes in a folder from now on; of one that is not there, in the one above it that is. Where the system does not
    /// tell, it is looked at now and then.
    fn watch(&self, folder: &[u8]) {
        let here = self.place.here(folder, self.context.services.storages.as_ref());
        let (Some(told), Some(here)) = (self.told, here) else { return };
        let there = here.ancestors().find(|folder| folder.is_dir());
        if let Some(Err(error)) = there.map(|folder| told.add(folder)) {
            tracing::debug!(%error, "a folder is looked at now and then only");
        }
    }
}
