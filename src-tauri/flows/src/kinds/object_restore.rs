//! `object.restore`: has archived objects restored, and waits until they can be read.

use async_trait::async_trait;
use longshore_catalogue::{PathBytes, WorkNote, WorkStep};
use longshore_connectors::s3::{Restoration, S3, Speed};
use longshore_engine::Fault;
use longshore_transfer::Fail;
use longshore_transfer::crew::{side_by_side, width};
use longshore_transfer::storage::{Kind, join};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::defaults;
use crate::attempt::{PAGE, blocking, count, cut_short};
use crate::faults::{self, Told as _, ToldAt as _};
use crate::kind::{Context, Done, Level, Need, Progress, Services, Storages, TypedKind};
use crate::location::Location;
use crate::place::not_s3;
use crate::plan::folder::ChildKind;
use crate::span::Span;
use crate::temporary::{Given, opened, opened_for_plan};
use crate::tree::Tree;

/// Parameters of `object.restore`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// An object on S3, or a folder with all that is in it: STORAGE:PATH or CONNECTION:PATH.
    pub from: String,
    /// For how many days the restored copies are kept, 1 at least.
    #[serde(default = "a_week")]
    pub days: u32,
    /// How fast, and how dear.
    #[serde(default)]
    pub speed: Speed,
    /// Id of the work that it is, whose progress is taken down.
    #[serde(default)]
    pub work: Option<String>,
    /// Time from look to look.
    #[serde(default = "defaults::ten_minutes")]
    pub every: Span,
    /// Connections that are there for this run only, in memory and nowhere else, and gone when it ends.
    #[serde(default)]
    pub connections: Vec<Given>,
}

fn a_week() -> u32 {
    7
}

/// Output of `object.restore`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Output {
    /// Objects that can be read.
    pub objects: u64,
    /// Those of them that were archived.
    pub restored: u64,
    /// When the first of the restored copies expires, in milliseconds since the epoch, where the server says.
    pub until: Option<i64>,
}

/// What is saved: how far every object can be read, and whether all others were asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Saved {
    /// The last object of those that can be read: its path below `from`.
    after: Option<PathBytes>,
    done: Output,
    asked: bool,
}

/// `object.restore`.
pub struct ObjectRestore;

#[async_trait]
impl TypedKind for ObjectRestore {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "object.restore";
    const TITLE: &'static str = "Has archived objects restored, and waits for them";

    async fn plan(&self, with: With, services: &Services) -> Result<Need, Fault> {
        let storages = services.storages.clone();
        blocking(move || {
            let storages = opened_for_plan(storages, &with.connections)?;
            let at = Location::read(storages.as_ref(), &with.from)?;
            s3(&at).map(|_| Need::default())
        })
        .await
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || {
            let storages = opened(context.services.storages.clone(), &with.connections)?;
            let looked = look(&with, storages.as_ref(), &context);
            note(&with, &looked, &context)?;
            looked
        })
        .await
    }
}

fn s3(at: &Location) -> Result<&S3, Fault> {
    at.storage.as_any().downcast_ref::<S3>().ok_or_else(|| not_s3(at))
}

/// Looks at all objects that could not be read the last time, as far as the first that cannot be read now; the first time, all of them are
/// looked at and asked for.
fn look(with: &With, storages: &dyn Storages, context: &Context) -> Result<Done<Output>, Fault> {
    let at = Location::read(storages, &with.from)?;
    let (s3, name) = (s3(&at)?, at.storage.name());
    let saved = context.host.checkpoint().and_then(|saved| serde_json::from_value(saved).ok());
    let mut looking = Looking { with, context, s3, at: &at, saved: saved.unwrap_or_default(), waits: 0 };
    if at.storage.stat(&at.path).told_at(name)?.kind == Kind::File {
        looking.page(&[Vec::new()])?;
    } else {
        looking.tree()?;
    }
    let Looking { mut saved, waits, .. } = looking;
    if waits == 0 {
        return Ok(saved.done.into());
    }
    saved.asked = true;
    context.save(&saved)?;
    let text = format!("{} to be restored still", count(waits, "object has", "objects or more have"));
    context.host.log(Level::Info, &text);
    Ok(Done::Deferred { until: context.services.clock.now() + with.every.0 })
}

/// Takes down how far the work is, if it is one.
fn note(with: &With, looked: &Result<Done<Output>, Fault>, context: &Context) -> Result<(), Fault> {
    let Some(work) = &with.work else { return Ok(()) };
    let (step, until, trouble) = match looked {
        Ok(Done::Output(output)) => (Some(WorkStep::Restored), output.until, None),
        Ok(_) => (Some(WorkStep::Requested), None, None),
        Err(_) if context.host.cancelled() => return Ok(()),
        Err(fault) => (None, None, Some(format!("{}: {fault}", fault.code))),
    };
    let (at, run) = (context.services.now(), context.run.clone());
    let note = WorkNote { work: work.clone(), place: Some(with.from.clone()), step, at, until, trouble, run };
    context.services.catalogue.note_works(&[note]).told()
}

struct Looking<'a> {
    with: &'a With,
    context: &'a Context,
    s3: &'a S3,
    at: &'a Location,
    saved: Saved,
    /// Objects that were seen and cannot be read yet.
    waits: u64,
}

impl Looking<'_> {
    fn tree(&mut self) -> Result<(), Fault> {
        let after = self.saved.after.clone();
        let after = after.as_ref().map(|path| (path.as_bytes(), false));
        let mut tree = Tree::begin(self.at.storage.as_ref(), &self.at.path, after)?;
        let mut page = Vec::new();
        while let Some(found) = tree.next()? {
            self.context.go_on()?;
            if found.child.kind != ChildKind::File {
                continue;
            }
            page.push(found.path);
            if page.len() == PAGE {
                self.page(&page)?;
                page.clear();
                // The others were asked for; whether they are there is looked at once these are.
                if self.waits > 0 && self.saved.asked {
                    return Ok(());
                }
            }
        }
        self.page(&page)
    }

    /// Some objects, by their paths below `from`: asks for those that nobody has asked for, or that have expired since.
    fn page(&mut self, paths: &[Vec<u8>]) -> Result<(), Fault> {
        let storage = self.at.storage.as_ref();
        let whole = |path: &Vec<u8>| if path.is_empty() { self.at.path.clone() } else { join(&self.at.path, path) };
        let (s3, with, context) = (self.s3, self.with, self.context);
        let stand = |&mut (): &mut (), path: &Vec<u8>| {
            let path = whole(path);
            match s3.restoration(&path).map_err(Fail::from)? {
                Restoration::Archived => s3.restore(&path, with.days, with.speed).map_err(Fail::from),
                stands => Ok(stands),
            }
        };
        let (stands, outcome) = side_by_side(width([storage, storage]), paths, || (), stand, |_| cut_short(context));
        outcome.map_err(|fail| faults::of_transfer(fail, [storage.name(), storage.name()]))?;
        for (path, stands) in paths.iter().zip(stands.into_iter().flatten()) {
            self.take(path, stands);
        }
        let Output { objects, .. } = self.saved.done;
        context.host.progress(Progress { files: objects, ..Progress::default() });
        Ok(())
    }

    fn take(&mut self, path: &[u8], stands: Restoration) {
        let until = match stands {
            Restoration::Archived | Restoration::Ongoing => {
                self.waits += 1;
                return;
            }
            // It is looked at again once those before it are there.
            _ if self.waits > 0 => return,
            Restoration::NotNeeded => None,
            Restoration::Restored(until) => Some(until.map(|until| until.saturating_mul(1000))),
        };
        let done = &mut self.saved.done;
        done.objects += 1;
        done.restored += u64::from(until.is_some());
        done.until = [done.until, until.flatten()].into_iter().flatten().min();
        self.saved.after = Some(PathBytes::new(path));
    }
}
