//! `copy`: a file or a folder from any place to any other, proved by the storage or by reading the copy back.

mod batch;
mod choice;
mod extra;
mod measure;
mod named;
mod not_copied;
pub(super) mod prove;
mod settle;
pub(super) mod standing;
mod tree;

use async_trait::async_trait;
use longshore_engine::Fault;
use longshore_transfer::storage::Kind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::attempt::blocking;
use crate::faults::ToldAt as _;
use crate::kind::{Context, Done, Need, Services, Storages, TypedKind};
use crate::location::Location;
use crate::size::Size;
use crate::span::Span;
use crate::temporary::{Given, opened, opened_for_plan};

pub use measure::{CopyMeasure, Measured, measure};

/// Parameters of `copy`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// What to copy: STORAGE:PATH, CONNECTION:PATH, or an absolute path of this machine. A file, or a folder with all that is in it.
    pub from: String,
    /// Where to, as `from`: the path that the copy has.
    pub to: String,
    /// What to do where another file lies. A file that is the same is taken as copied.
    #[serde(default)]
    pub if_exists: IfExists,
    /// When a file that lies there is the same.
    #[serde(default)]
    pub compare: Compare,
    /// Prove each copy: by the storage's own checksum where it takes one of what it stored, else by reading the copy back from its
    /// medium. Without it a copy counts as unverified.
    #[serde(default = "yes")]
    pub verify: bool,
    /// Of a folder, only files that fit one of these: `*.tif` fits a name, `raw/**/*.tif` a path below the folder.
    #[serde(default)]
    pub include: Vec<String>,
    /// Of a folder, no files that fit one of these, and nothing in folders that do.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Of a folder, only files that changed later: a time in RFC 3339, or how long ago, such as `2d`.
    #[serde(default)]
    pub newer_than: Option<String>,
    /// Of a folder, only files of at least this size.
    #[serde(default)]
    pub min_size: Option<Size>,
    /// Of a folder, only files of at most this size.
    #[serde(default)]
    pub max_size: Option<Size>,
    /// Afterwards delete what lies at the target and not at the source, among the files that the filters speak of. Nothing is deleted
    /// after a failure, nor ever in a landing zone or on an LTS.
    #[serde(default)]
    pub delete_extra: bool,
    /// To an object storage: give names that an earlier copy from one had to change (`~longshore-...`) back the keys that they stand for.
    #[serde(default)]
    pub restore_names: bool,
    /// Connections that are there for this run only, in memory and nowhere else, and gone when it ends.
    #[serde(default)]
    pub connections: Vec<Given>,
    /// Leave files alone that have changed within this time, by their modification time or from look to look: they are looked at again, and
    /// copied once they have settled. 0 copies at once. A file that changes while it is read is waited for in any case.
    #[serde(default = "at_once")]
    pub settle: Span,
}

fn at_once() -> Span {
    Span::seconds(0)
}

fn yes() -> bool {
    true
}

/// What to do where another file lies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IfExists {
    /// Leave it; the task fails when all others are copied.
    #[default]
    Fail,
    /// Leave it, and say how many were left.
    Skip,
    /// Replace it.
    Overwrite,
    /// Leave it, and give the copy a name with a number.
    Rename,
}

/// When two files are the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Compare {
    /// Their bytes are, by a checksum that the storages take or by reading both.
    #[default]
    Content,
    /// Their size and their modification time to the second are. Where a storage keeps no times, their bytes.
    SizeAndTime,
    /// Never: every file is copied.
    Never,
}

/// Output of `copy`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Output {
    /// Where the copy lies.
    pub to: String,
    /// Files that were to be copied, those that lay there already included.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Files that lay there already, the same.
    pub already: u64,
    /// Files that were not copied because something else lies there.
    pub left: u64,
    /// Files whose copy has another name because something else lies there.
    pub renamed: u64,
    /// Files that were deleted at the target because the source has none such.
    pub deleted: u64,
    /// Copies that were proved by reading them back.
    pub read_back: u64,
    /// Copies that were proved by a checksum that the storage took of what it stored.
    pub by_server: u64,
    /// Whether every copy was proved.
    pub verified: bool,
    /// Pipes, sockets and devices that were left out, the first hundred.
    pub left_out: Vec<String>,
    /// Files whose copy has another name because theirs can be none there, or because such a name was given back what it stood for.
    pub mapped: u64,
    /// The first hundred of them, each with both names.
    pub mapped_names: Vec<String>,
}

/// `copy`.
pub struct Copy;

#[async_trait]
impl TypedKind for Copy {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "copy";
    const TITLE: &'static str = "Copies a file or a folder, and proves the copy";
    const PAUSES: bool = true;

    async fn plan(&self, with: With, services: &Services) -> Result<Need, Fault> {
        let mut services = services.clone();
        blocking(move || {
            services.storages = opened_for_plan(services.storages, &with.connections)?;
            plan(&with, &services)
        })
        .await
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || copy(&with, &context)).await
    }
}

/// The two ends of a copy.
struct Ends {
    from: Location,
    to: Location,
    /// Whether a folder is copied.
    folder: bool,
}

impl Ends {
    fn of(with: &With, storages: &dyn Storages) -> Result<Self, Fault> {
        let (from, mut to) = (Location::read(storages, &with.from)?, Location::read(storages, &with.to)?);
        let kind = from.storage.stat(&from.path).told_at(from.storage.name())?.kind;
        let refused = |why: &str| Err(Fault::permanent("copy.refused", format!("{} was not copied", with.from), why));
        if !matches!(kind, Kind::File | Kind::Folder) {
            return refused("it is neither a file nor a folder");
        }
        if to.path.is_empty() && kind == Kind::File {
            return refused("the target is a folder: give the path that the copy shall have");
        }
        if to.is_within(&from, storages) || (kind == Kind::File && from.is_within(&to, storages)) {
            return refused("the target is, or lies in, what is copied");
        }
        to.belongs_to(&["landing", "lts"], storages);
        let kept = matches!(to.name.as_deref(), Some("landing" | "lts"));
        let kept = kept || to.holds(&["landing", "lts"], storages).is_some();
        if kept && (with.delete_extra || with.if_exists == IfExists::Overwrite) {
            return refused("a copy replaces and deletes nothing in the landing zone and on the LTS");
        }
        Ok(Self { from, to, folder: kind == Kind::Folder })
    }
}

fn plan(with: &With, services: &Services) -> Result<Need, Fault> {
    let found = measure::measure(with, services.storages.as_ref(), services.clock.now(), &|| false)?;
    Ok(Need { files: Some(found.files), bytes: Some(found.bytes), space: [(found.place, found.space)].into() })
}

fn copy(with: &With, context: &Context) -> Result<Done<Output>, Fault> {
    let storages = opened(context.services.storages.clone(), &with.connections)?;
    let ends = Ends::of(with, storages.as_ref())?;
    let done = tree::copy(&ends, with, context)?;
    if ends.folder {
        // Folders and links; files are synced one by one or by the window.
        ends.to.storage.sync_all().told_at(ends.to.storage.name())?;
    }
    Ok(done)
}
